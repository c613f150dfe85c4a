#!/bin/sh
# SPDX-License-Identifier: ISC
# Random histories on both sides of mimap sync: deliver, flag, move, delete, make and rename folders, with runs that are killed or
# cut off in between. After two quiet runs both sides must be equal; no message may be lost or doubled that nobody removed.
# SYNC_HISTORIES: how many (10). To play one again: SYNC_SEED, SYNC_WITHOUT for the extensions that are not used, SYNC_TRACE=1 for
# the dialogues. Kills strike by the clock, so a history need not end the same way again.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sync.sh"

live_dovecot 'ssl = yes'
live_config
seed=${SYNC_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
note "the first seed is $seed"
cat >"$TMP/model.pl" <<'EOT'
use strict; use warnings;
use IO::Socket::INET; use File::Path; use Time::HiRes qw(usleep);
my ($port, $here, $there, $log, $seed, $without) = @ARGV;
srand $seed;
my @boxes = ("INBOX", "Work", "Lists/c");
my (%state, $next);		# id → { here, there: touched since the last sync }
my $imap; my $tag = 0;
sub say_ { open my $l, ">>", $log or die; print $l "@_\n"; }
sub imap {
	my $line = shift; my @got = ();
	$tag++; print $imap "T$tag $line\r\n";
	while (1) {
		my $l = <$imap>; die "connection lost after $line" unless defined $l;
		$l =~ s/\r\n$//;
		while ($l =~ /\{(\d+)\}$/) { read $imap, my ($x), $1; $l .= $x; my $m = <$imap>; $m =~ s/\r\n$//; $l .= $m; }
		return (\@got, $l) if $l =~ /^T$tag /;
		push @got, $l;
	}
}
sub dial {
	$imap = IO::Socket::INET->new("127.0.0.1:$port") or die; $imap->autoflush(1);
	my $hello = <$imap>; imap("LOGIN ann secret");
}
sub wire { my $n = shift; $n =~ tr,/,.,; "\"$n\"" }
sub text { my $id = shift; "From: a\@example.org\r\nMessage-ID: <$id.$seed\@example.org>\r\nSubject: $id\r\n\r\nbody of $id\r\n" . ("x" x ($id % 50)) . "\r\n" }
sub there_list {	# box → [uid, id]
	my $box = shift; my ($ok) = imap("SELECT " . wire($box)); my ($l) = imap("UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
	map { /UID (\d+).*Subject: (\d+)/s && !/\\Deleted/ ? [$1, $2] : () } @$l
}
sub here_list {
	my $box = shift; my @l;
	for my $f (glob("$here/$box/new/* $here/$box/cur/*")) {
		next if $f =~ /:2,.*T/;
		open my $h, "<", $f or next; local $/; my $t = <$h>;
		push @l, [$f, $1] if $t =~ /^Subject: (\d+)/m;
	}
	@l
}
sub touch { my ($id, $side, $what) = @_; $state{$id}{$what}{$side}++; }
sub pick { my @l = @_; @l ? $l[rand @l] : undef }
my $n = 0;
sub act_there {
	my $op = int rand 10; my $box = pick(@boxes);
	if ($op < 3) {
		my $id = ++$next; my $t = text($id);
		my $flags = rand() < .3 ? " (\\Seen)" : "";
		$tag++; print $imap "T$tag APPEND " . wire($box) . "$flags {" . length($t) . "+}\r\n$t\r\n";
		while (<$imap>) { last if /^T$tag /; }
		$state{$id} = {}; say_("there: $id in $box");
	} else {
		my $m = pick(there_list($box)) or return; my ($uid, $id) = @$m;
		if ($op < 6) {
			my $f = pick("\\Seen", "\\Flagged", "\\Answered", "\$Label1", "\$Forwarded", "Work$box" =~ s/\W//gr);
			my $sign = rand() < .6 ? "+" : "-";
			imap("UID STORE $uid ${sign}FLAGS ($f)"); touch($id, "there", "flag"); say_("there: $sign$f on $id in $box");
		} elsif ($op < 8) {
			my $to = pick(grep { $_ ne $box } @boxes); imap("UID MOVE $uid " . wire($to));
			touch($id, "there", "move"); say_("there: $id from $box to $to");
		} else {
			imap("UID STORE $uid +FLAGS (\\Deleted)"); imap("UID EXPUNGE $uid"); touch($id, "there", "remove"); say_("there: $id removed from $box");
		}
	}
}
sub act_here {
	my $op = int rand 10; my $box = pick(@boxes);
	mkpath([map { "$here/$box/$_" } qw(cur new tmp)]);
	if ($op < 3) {
		my $id = ++$next; (my $t = text($id)) =~ s/\r\n/\n/g;
		my $name = "1700000000.$id.$seed"; my $f = rand() < .5 ? "new/$name" : "cur/$name:2," . pick("", "S", "FS");
		open my $h, ">", "$here/$box/$f" or die; print $h $t; close $h;
		$state{$id} = {}; say_("here: $id in $box as $f");
	} else {
		my $m = pick(here_list($box)) or return; my ($file, $id) = @$m;
		my ($dir, $name) = $file =~ m,^(.*)/(?:new|cur)/([^/]*)$,; my ($base, $flags) = split /:2,/, $name; $flags //= "";
		if ($op < 6) {
			my $l = pick(qw(S F R P)); my $new = index($flags, $l) >= 0 ? $flags =~ s/$l//r : join "", sort split //, "$flags$l";
			rename $file, "$dir/cur/$base:2,$new"; touch($id, "here", "flag"); say_("here: $flags to $new on $id in $box");
		} elsif ($op < 8) {
			my $to = pick(grep { $_ ne $box } @boxes); mkpath([map { "$here/$to/$_" } qw(cur new tmp)]);
			(my $std = $flags) =~ tr/a-z//d;
			rename $file, "$here/$to/cur/$base:2,$std"; touch($id, "here", "move"); say_("here: $id from $box to $to");
		} else {
			unlink $file; touch($id, "here", "remove"); say_("here: $id removed from $box");
		}
	}
}
sub sync {
	my ($how) = @_; my $pid = fork // die;
	if (!$pid) {
		open STDERR, ">>", $log; open STDOUT, ">>", $log;
		exec "mimap", ($ENV{SYNC_TRACE} ? "-v" : ()), "-o", "imap=imap://ann\@127.0.0.1:$port", qw(-o tls=off), ($without ? ("-o", "imap-without=$without") : ()), qw(sync --force -d), $here;
	}
	if ($how eq "kill") { usleep(8000 + rand 60000); kill KILL => $pid; }
	waitpid $pid, 0; my $code = $?;
	say_("sync $how: $code");
	return $code;
}
dial();
imap("CREATE " . wire($_)) for @boxes[1, 2];
my %quiet;
for my $epoch (1 .. 3 + rand 3) {
	# what is touched on both sides between two quiet states is a conflict, in which a message may be in two places
	for (1 .. 4 + rand 10) { rand() < .5 ? act_there() : act_here(); }
	sync("kill") if rand() < .6;
	sync("kill") if rand() < .3;
	if (rand() < .5) { sync("plain"); }
}
my $first = sync("quiet"); my $second = sync("quiet");
my (%h, %t);
for my $box (@boxes) {
	$h{$_->[1]}++ for here_list($box);
	$t{$_->[1]}++ for there_list($box);
}
my $bad = "";
$bad .= " exit codes $first $second;" if $first || $second;
for my $id (sort { $a <=> $b } keys %state) {
	my $s = $state{$id}; my $count = $h{$id} // 0;
	$bad .= " $id: $count here, " . ($t{$id} // 0) . " there;" if $count != ($t{$id} // 0);
	my $both = grep { $s->{$_}{here} || $s->{$_}{there} } qw(move);
	my $conflict = ($s->{move}{here} && ($s->{move}{there} || $s->{remove}{there} || $s->{flag}{there})) || ($s->{move}{there} && ($s->{remove}{here} || $s->{flag}{here} || $s->{move}{here}));
	$bad .= " $id is lost;" if $count == 0 && !$s->{remove};
	$bad .= " $id is there $count times;" if $count > 1 && !$conflict;
}
print $bad eq "" ? "fine\n" : "seed $seed without '$without':$bad\n";
EOT
chmod 755 "$TMP"
histories=${SYNC_HISTORIES:-10}
set -- '' QRESYNC QRESYNC,CONDSTORE MOVE MOVE,UIDPLUS UIDPLUS LITERAL+ ESEARCH,QRESYNC LIST-STATUS SPECIAL-USE,LIST-EXTENDED
[ -z "${SYNC_WITHOUT+x}" ] || set -- "$SYNC_WITHOUT"
wrong=0 i=0
while [ "$i" -lt "$histories" ]; do
	rm -rf "$M" "$MAILROOT/ann/Maildir"
	: >"$TMP/history"
	said=$(perl "$TMP/model.pl" "$IMAP" "$M" "$MAILROOT/ann/Maildir" "$TMP/history" "$((seed + i))" "$1" 2>&1)
	w=$1
	shift
	set -- "$@" "$w"
	sync_server | awk -F '\t' '$2 !~ /T/' >"$TMP/there"	# without UIDPLUS they stay, marked
	sync_state "$M" | awk -F '\t' '$2 !~ /T/' >"$TMP/here"
	cmp -s "$TMP/here" "$TMP/there" || said="$said; $(diff "$TMP/here" "$TMP/there" | head -n 6)"
	if [ "$said" != fine ]; then
		wrong=$((wrong + 1))
		note "seed $((seed + i)) without '$w': $said"
		[ -z "${SYNC_SEED-}" ] || note "$(cat "$TMP/history")"
	fi
	i=$((i + 1))
done
is "$wrong" 0 "$histories histories end with both sides equal, nothing lost and nothing doubled"
done_testing
