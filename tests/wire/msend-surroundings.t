#!/bin/sh
# SPDX-License-Identifier: ISC
# What msend may find around it: closed descriptors, no home, no user, a full disk, a reader that has gone, a signal at each step, itself.
. "$(dirname "$0")/../lib.sh"
need perl

printf 'From: ann@example.org\nDate: x\nMessage-ID: <1@x>\n\nhello\n' >"$TMP/message"
relay='-f ann@example.org -o helo=client.example.org'
# with SCRIPT [ARG…]: a shell script that calls msend, with $1… and the message as its standard input
with() {
	with_script=$1
	shift
	sh -c "$with_script" sh "$@" <"$TMP/message"
}
dialogue() {	# NAME: a whole one, of this message
	peer "$1" <<-'X'
		S: 220 mx
		C: EHLO client.example.org
		S: 250 mx
		C: MAIL FROM:<ann@example.org>
		S: 250 ok
		C: RCPT TO:<bob@example.net>
		S: 250 ok
		C: DATA
		S: 354 go on
		C: From: ann@example.org
		C: Date: x
		C: Message-ID: <1@x>
		C: 
		C: hello
		C: .
		S: 250 taken
		C: QUIT
	X
}

# Standard descriptors that are closed: what we say goes nowhere, not into a socket or file that took their place.
dialogue silent
exits 0 'a trace without standard error' with 'msend -v '"$relay"' -a "$1" bob@example.net 2>&-' "$PEER"
peer_ok silent
dialogue deaf
exits 0 'no descriptor but standard input' with 'msend -v '"$relay"' -a "$1" bob@example.net >&- 2>&-' "$PEER"
peer_ok deaf
exits 0 'into a maildir, likewise' with 'msend -a "maildir:$TMP/box" '"$relay"' bob@example.net >&- 2>&-'
is "$(cat "$TMP"/box/new/*)" "Return-Path: <ann@example.org>
$(cat "$TMP/message")" 'with nothing else in it'
exits 0 'into the queue, likewise' with 'msend -Q -v '"$relay"' bob@example.net >&- 2>&-'
is "$(mqueue ls | grep -c .)" 1 'which has it'
for fd in 0 1; do
	exits 74 "-n with descriptor $fd closed" with "msend -n $relay -s x bob@example.net $fd>&-"
	like "$(cat "$TMP/err")" 'Bad file descriptor' 'is an error'
done
if [ -w /dev/full ]; then
	exits 74 '-n to a full disk' with 'msend -n '"$relay"' bob@example.net >/dev/full'
	like "$(cat "$TMP/err")" '^msend: write standard output: No space left on device$' 'is told'
else
	skip '-n to a full disk' 'no /dev/full'
fi
yes 'a line' | head -n 200000 >"$TMP/large"
exits 0 '-n to a reader that goes' sh -c 'msend -n '"$relay"' -s x bob@example.net <"$TMP/large" | head -n 1'
is "$(cat "$TMP/err")" '' 'says nothing'

# Homes and users.
for unset in HOME 'HOME -u XDG_CONFIG_HOME -u XDG_STATE_HOME -u PENNYPOST_QUEUE'; do
	exits 0 "without $unset" with 'env -u '"$unset"' msend -n -a lmtp+unix:/nowhere '"$relay"' bob@example.net'
done
exits 0 'without any environment' with 'env -i "$BUILD/msend" -n -a lmtp+unix:/nowhere '"$relay"' bob@example.net'
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	nobody='setpriv --reuid 54321 --regid 54321 --clear-groups'
	mkdir -p "$TMP/open/tests/tools"	# what is built may lie where only its owner can go
	cp "$BUILD/msend" "$BUILD/mqueue" "$TMP/open" && cp "$BUILD/tests/tools/peer" "$TMP/open/tests/tools"
	built=$BUILD BUILD=$TMP/open
	dialogue nobody
	chmod 777 "$TMP"
	exits 0 'a user who is none' with 'env HOME=/nonexistent '"$nobody"' "$BUILD/msend" '"$relay"' -a "$1" bob@example.net' "$PEER"
	peer_ok nobody
	exits 0 'his address' with "$nobody"' "$BUILD/msend" -n -a lmtp+unix:/nowhere -o domain=example.org bob@example.net'
	like "$(cat "$TMP/out")" '^from	nobody@example.org$' 'is nobody'
	exits 75 'and he has no queue' with "env -u PENNYPOST_QUEUE -u XDG_STATE_HOME HOME=/nonexistent $nobody "'"$BUILD/msend" -q -a lmtp+unix:/nowhere '"$relay"' bob@example.net'
	like "$(cat "$TMP/err")" 'not queued: mqueue ended with exit code 73' 'which is told'
	mkdir "$TMP/sealed" && chown 54321 "$TMP/sealed" && chmod 500 "$TMP/sealed"
	exits 73 'a copy where nothing can be written' with "$nobody"' "$BUILD/msend" -S "$1" -a lmtp+unix:/nowhere '"$relay"' bob@example.net' "$TMP/sealed/box"
	like "$(cat "$TMP/err")" '^msend: not sent, since no copy can be kept: .*Permission denied$' 'stops the message'
	BUILD=$built
else
	skip 'a user who is none' 'needs root'
fi

# Full disks: nothing half, and nothing lost.
full() { printf 'trap "" XFSZ; ulimit -f %s; ' "$1"; }
exits 74 'a maildir on a full disk' sh -c "$(full 50)"'msend -a "maildir:$TMP/fullbox" '"$relay"' -s x bob@example.net <"$TMP/large"'
like "$(cat "$TMP/err")" 'File too large' 'is told'
is "$(find "$TMP/fullbox" -type f 2>/dev/null)" '' 'and nothing is left'
exits 74 'a copy on a full disk' sh -c "$(full 50)"'msend -S "$TMP/fullbox" -a lmtp+unix:/nowhere '"$relay"' -t bob@example.net <"$TMP/large"'
like "$(cat "$TMP/err")" '^msend: not sent, since no copy can be kept' 'nothing is sent'
exits 74 'an attachment on a full disk' sh -c "$(full 50)"'msend -n -A "$TMP/large" '"$relay"' bob@example.net <"$TMP/message"'
like "$(cat "$TMP/err")" 'write a temporary file in .*TMPDIR' 'is told where'
rm -rf "$PENNYPOST_QUEUE"
sh -c "$(full 50)"'msend -Q '"$relay"' -t bob@example.net <"$TMP/large"' >"$TMP/out" 2>"$TMP/err"
isnt "$?" 0 'a queue on a full disk'
like "$(cat "$TMP/err")" 'not queued' 'is told'
is "$(mqueue ls)" '' 'and nothing is in it'

# A signal while it waits, at each step: it is gone, with nothing half behind it.
step=0
for says in '' 'S: 220 mx
C: EHLO client.example.org' 'S: 250 mx
C: MAIL FROM:<ann@example.org>' 'S: 250 ok
C: RCPT TO:<bob@example.net>' 'S: 250 ok
C: DATA' 'S: 354 go on
C: From: ann@example.org
C: Date: x
C: Message-ID: <1@x>
C: 
C: hello
C: .'; do
	step=$((step + 1))
	printf '%s\n' "$says" >>"$TMP/steps"
	for signal in INT TERM; do
		rm -f "$TMP/reached"
		{ cat "$TMP/steps"; echo 'S! stall'; } >"$TMP/script"
		peer stalls <"$TMP/script"
		is "$(perl -e '
			my ($signal, $message, $lines, @command) = @ARGV;
			my $pid = fork // die;
			if (!$pid) {
				$SIG{INT} = "DEFAULT";
				open STDIN, "<", $message; open STDERR, ">", "$ENV{TMP}/trace"; open STDOUT, ">", "/dev/null"; exec @command;
			}
			# It waits once it has said all that the transcript has of it.
			for (1 .. 1000) {
				open my $f, "<", "$ENV{TMP}/trace"; my $said = grep { /^C: / } $f ? <$f> : ();
				last if $said >= $lines;
				select undef, undef, undef, 0.01;
			}
			kill $signal, $pid; waitpid $pid, 0;
			print $? & 127' "$signal" "$TMP/message" "$(grep -c '^C: [EMRD]' "$TMP/steps" | awk '{ print $1 > 5 ? 5 : $1 }')" \
			msend -v $relay -q -S "$TMP/sent" -a "$PEER" bob@example.net)" "$([ $signal = INT ] && echo 2 || echo 15)" \
			"step $step: ended by SIG$signal"
		is "$(mqueue ls)$(find "$TMP/sent/new" "$TMP/sent/cur" -type f 2>/dev/null)" '' '  nothing was queued or kept'
	done
done

# What reads a message from us never takes a part for the whole.
mkdir "$TMP/own"
cp "$BUILD/msend" "$TMP/own/msend"
cat >"$TMP/own/mqueue" <<'X'
#!/usr/bin/env perl
my ($dir) = $0 =~ m{^(.*)/own/};
open my $f, '>', "$dir/reads.new"; print $f "$$\n"; close $f; rename "$dir/reads.new", "$dir/reads";
for (1 .. 1000) { last if -e "$dir/go"; select undef, undef, undef, 0.01 }
my $n = 0;
while (my $got = sysread STDIN, my $chunk, 65536) { $n += $got }
open $f, '>', "$dir/got.new"; print $f "$n\n"; close $f; rename "$dir/got.new", "$dir/got";
X
chmod 755 "$TMP/own/mqueue"
printf 'slow: |%s/own/mqueue\n' "$TMP" >"$TMP/aliases"
chmod 777 "$TMP"
# hit SIGNAL ARG…: while it is read
hit() {
	hit_signal=$1
	shift
	rm -f "$TMP/reads" "$TMP/go" "$TMP/got"
	"$TMP/own/msend" -o aliases="$TMP/aliases" -f ann@example.org -H 'Date: x' -H 'Message-ID: <1@x>' "$@" <"$TMP/large" 2>/dev/null &
	hit_pid=$!
	await 10 test -e "$TMP/reads"
	kill -"$hit_signal" "$hit_pid"
	[ "$hit_signal" = TERM ] || await 10 ended "$hit_pid"
	touch "$TMP/go"
	wait "$hit_pid" 2>/dev/null
	hit_status=$?
}
ended() { ! kill -0 "$1" || grep -qs '^State:.Z' "/proc/$1/status"; }
gone() { ended "$(cat "$TMP/reads")"; }
whole=$(msend -n -f ann@example.org -H 'Date: x' -H 'Message-ID: <1@x>' bob@example.net <"$TMP/large" | sed '1,/^$/d' | wc -c | tr -d ' ')
for to in '-Q bob@example.net' slow; do
	hit TERM $to
	is "$hit_status" 143 "$to: ended by SIGTERM"
	ok "$to: and all of the message was given to it, or it ended too" await 10 eval \
		'[ "$(cat "$TMP/got" 2>/dev/null || echo 0)" -ge $((whole - 100)) ] || { gone && [ ! -e "$TMP/got" ]; }'
	if [ "$(uname)" = Linux ]; then
		hit KILL $to
		is "$hit_status" 137 "$to: ended by SIGKILL"
		ok "$to: so is the reader" await 10 gone
		ok "$to: which has no part for the whole" test ! -e "$TMP/got"
	fi
done

# Two at once, to one maildir and one log.
for i in 1 2 3 4 5 6 7 8; do
	msend -o log="$TMP/log" -a "maildir:$TMP/both" -f ann@example.org -s "number $i" bob@example.net <"$TMP/message" &
done
wait
is "$(cat "$TMP"/both/new/* | sed -n 's/^Subject: number //p' | sort | tr '\n' ' ')" '1 2 3 4 5 6 7 8 ' 'eight at once are eight messages'
is "$(grep -c 'exitcode=EX_OK$' "$TMP/log")" 8 'and eight lines'

# Names by which it is called.
for name in sendmail mailq newaliases; do ln -s "$BUILD/msend" "$TMP/$name"; done
exits 0 'sendmail by a path' with '"$TMP/../${TMP##*/}/sendmail" -odq -f ann@example.org bob@example.net'
exits 0 'mailq by a path' "$TMP/mailq"
like "$(cat "$TMP/out")" 'bob@example.net' 'lists the queue'
exits 0 'newaliases by a path' "$TMP/newaliases"
exits 64 'with no words at all' perl -e 'exec { $ARGV[0] } "x" or die' "$BUILD/msend"
exits 64 'with an empty name' perl -e 'exec { $ARGV[0] } "" or die' "$BUILD/msend"
exits 0 'by another name' with 'perl -e '\''exec { $ENV{BUILD} . "/msend" } "sendmail2", @ARGV or die'\'' -- -n '"$relay"' bob@example.net'
done_testing
