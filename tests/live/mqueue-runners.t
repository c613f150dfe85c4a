#!/bin/sh
# SPDX-License-Identifier: ISC
# Four runners on one queue directory, each on a "host" of its own: its own host name, process ids and /proc, so nothing tells
# one of the others but the locks. One of them is killed, with all its processes, while it holds messages: the others send
# those. Each message arrives once; twice only what the receiver had taken from the one that died, and that one had not
# recorded (RFC 1047).
. "$(dirname "$0")/../lib.sh"
need unshare perl
[ "$(uname)" = Linux ] || skip_all 'process namespaces are of Linux'
[ "$(id -u)" -eq 0 ] || skip_all 'process namespaces need root'

on() {		# HOST command…: on a host of that name; what it starts ends with it
	on_host=$1
	shift
	# shellcheck disable=SC2016
	exec unshare --uts --pid --mount --fork --mount-proc --kill-child sh -c '
		echo "$0" >/proc/sys/kernel/hostname && exec "$@"' "$on_host" "$@"
}
[ "$( (on probe.example uname -n) 2>"$TMP/err")" = probe.example ] || skip_all "no process namespaces: $(head -n 1 "$TMP/err")"

# The receiver: a process a client. It answers no EHLO before four hosts have said theirs, so that all have messages in hand, and
# writes down who brought which message. When the host $STALL has brought four it takes another's text and then says nothing more:
# "before" it has written that down, or "after".
cat >"$TMP/receiver" <<'EOT'
use strict; use IO::Socket::INET;
my ($dir, $stall, $when) = @ARGV;
$SIG{CHLD} = "IGNORE";
my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 50) or die "listen: $!";
sub put { my ($file, $text) = @_; open my $f, ">>", "$dir/$file" or die "$file: $!"; syswrite $f, $text; close $f }
put("port.new", $l->sockport . "\n");
rename "$dir/port.new", "$dir/port";
while (1) {
	my $c = $l->accept or next;
	if (fork) { close $c; next }
	my ($host, $id, $taken) = ("", "", 0);
	$c->autoflush(1);
	print $c "220 receiver.example\r\n";
	while (defined(my $line = <$c>)) {
		if ($line =~ /^EHLO (\S+)/) {
			$host = $1;
			put("ehlo-$host", "");
			for (my $n = 0; $n < 1000 && (() = glob "$dir/ehlo-*") < 4; $n++) { select undef, undef, undef, 0.02 }
			print $c "250-receiver.example\r\n250 PIPELINING\r\n";
		} elsif ($line =~ /^DATA/) {
			print $c "354 go\r\n";
			while (defined($line = <$c>) && $line ne ".\r\n") { $id = $1 if $line =~ /^Subject: (\d+)\r\n/ }
			exit unless defined $line;
			my $stalls = $host eq $stall && $taken == 4;
			put("taken", "$id $host\n") unless $stalls && $when eq "before";
			if ($stalls) { put("stalled", "$id\n"); 1 while defined <$c>; exit }
			$taken++;
			print $c "250 taken\r\n";
		} elsif ($line =~ /^QUIT/) { print $c "221 bye\r\n"; exit }
		else { print $c "250 ok\r\n" }
	}
	exit;
}
EOT

count=200
jobs='' two='' three=''	# pids
stop() {
	for job in $jobs; do kill -KILL "$job" 2>/dev/null; done
	wait 2>/dev/null
	jobs=
}
at_exit stop

left() { mqueue ls | wc -l; }
empty() { [ "$(left)" -eq 0 ]; }
taken() { cut -d ' ' -f1 "$R/taken"; }
all_but_in_hand() { mqueue ls >"$TMP/ls" && [ "$(cut -f4 "$TMP/ls" | sort -u)" = sending ] && [ "$(wc -l <"$TMP/ls")" -le 16 ]; }
has_brought() { [ "$(grep -c " $1\$" "$R/taken")" -ge "$2" ]; }
sum() { mqueue ls | cut -f1 | sort | cksum; }

# begin NAME STALL WHEN: 200 messages, the receiver, and the four; two stay, two come again and again.
# shellcheck disable=SC2016
begin() {
	R=$TMP/$1
	mkdir "$R"
	perl "$TMP/receiver" "$R" "$2" "$3" 2>"$R/receiver.err" &
	jobs=$!
	await 10 test -e "$R/port" || note "$(cat "$R/receiver.err")"
	mkdir -p "$XDG_CONFIG_HOME/pennypost"
	printf 'account out\n\tsend smtp://127.0.0.1:%s\n\ttls off\n' "$(cat "$R/port")" >"$XDG_CONFIG_HOME/pennypost/config"
	mkdir "$R/messages"
	for i in $(seq "$count"); do
		printf 'Subject: %d\n\ntext\n' "$i" >"$R/messages/$i"
	done
	ok "$count messages are queued" sh -c 'find "$1" -type f | mqueue add -m -f ann@example.org bob@example.net' sh "$R/messages"
	for host in one two; do
		(on "$host.example" mqueue watch) 2>"$R/$host.err" &
		eval "$host=\$!"
		jobs="$jobs $!"
	done
	for host in three four; do
		(on "$host.example" sh -c 'while sleep 0.02; do mqueue run -f || echo "exit $?" >&2; done') 2>"$R/$host.err" &
		eval "$host=\$!"
		jobs="$jobs $!"
	done
}

# end: what holds after each.
end() {
	ok 'the others send what it held' await 30 empty
	stop
	is "$(taken | sort -un | wc -l)" "$count" 'every message has arrived'
	is "$(cut -d ' ' -f2 "$R/taken" | sort -u | tr '\n' ' ')" 'four.example one.example three.example two.example ' \
		'all four have sent some'
	taken | sort -n | uniq -d >"$R/twice"
	is "$(find "$PENNYPOST_QUEUE/tmp" "$PENNYPOST_QUEUE/new" -type f)" '' 'the queue has nothing left'
	is "$(cat "$R"/*.err)" '' 'nobody complains'
	note "arrived twice: $(wc -l <"$R/twice") of $count"
}

# The receiver has not taken what it stalls on.
begin before three.example before
ok 'the third has messages in hand, and gets no answer' await 20 test -s "$R/stalled"
ok 'the others send all but those' await 20 all_but_in_hand
is "$(taken | sort | uniq -d)" '' '… and none of them twice'
held=$(wc -l <"$TMP/ls")
is "$(($(taken | wc -l) + held))" "$count" "… $held are left"
before=$(sum)
ok 'a run elsewhere leaves them alone' mqueue run -f
is "$(sum)" "$before" '… all of them'
kill -KILL "$three"
end
is "$(cat "$R/twice")" '' 'no message arrives twice'

# It has, but the runner does not hear of it.
begin after two.example after
ok 'the second, which watches, has a message taken and does not hear of it' await 20 test -s "$R/stalled"
ok 'the others send all but what it holds' await 20 all_but_in_hand
is "$(taken | sort | uniq -d)" '' '… and none of them twice'
kill -KILL "$two"
end
same "$R/stalled" "$R/twice" 'that one arrives twice, no other does'

# Killed in the middle of the work.
begin amid nobody.example before
ok 'the third is at work' await 20 has_brought three.example 5
kill -KILL "$three"
end
ok 'at most what it had in hand arrives twice' test "$(wc -l <"$R/twice")" -le 16
grep -wFf "$R/twice" "$R/taken" >"$R/who"
is "$(awk '{ by[$1] = by[$1] $2 } END { for (i in by) if (by[i] !~ /three/) print i }' "$R/who")" '' '… and only from it'

done_testing
