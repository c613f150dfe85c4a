#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap sync is killed at each call that changes a file, the call fails for want of space or a broken disc, and the connection is
# cut at each octet, either way; then normal runs. Both sides must end as after an uninterrupted run: nothing lost, nothing doubled.
# By default a sample of the points; SYNC_SWEEP=1 takes all of them, SYNC_SWEEP=20 each 20th octet, and each call.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-fault.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sync.sh"

live_dovecot 'ssl = yes'
live_config

# The connection: a child that passes octets on, until so many have gone up (to the server) or down. One name, whatever is cut.
cat >"$TMP/cut" <<'EOT'
use strict; use IO::Socket::INET; use IO::Select;
my ($port, $file) = @ARGV;
open my $f, "<", $file or die; my ($way, $n) = split " ", <$f>;
my $s = IO::Socket::INET->new("127.0.0.1:$port") or die;
my %to = (fileno STDIN, $s, fileno $s, \*STDOUT); my %left = (up => 1e12, down => 1e12); $left{$way} = $n;
my $select = IO::Select->new(\*STDIN, $s);
while (1) {
	for my $in ($select->can_read) {
		my $got = sysread $in, my ($data), 65536; exit 0 if !$got;
		my $which = $in == $s ? "down" : "up"; my $part = substr $data, 0, $left{$which};
		my $at = 0; while ($at < length $part) { my $w = syswrite $to{fileno $in}, $part, length($part) - $at, $at; exit 0 if !$w; $at += $w; }
		exit 0 if length($part) < length $data || ($left{$which} -= length $part) == 0;
	}
}
EOT
echo none 0 >"$TMP/cut.at"
run() { mimap -o "imap=exec:perl $TMP/cut $IMAP $TMP/cut.at" -o user=ann sync -d "$M"; }

# The start: messages on both sides in step; then each side has new ones, changed flags, removals and a move.
for i in 1 2 3 4 5 6 7 8; do message "$i" | mimap put -f seen; done >/dev/null
mimap mkdir Work
message 9 | mimap -m Work put >/dev/null
run || note 'the first run fails'
mimap flag +flagged 1
mimap rm -f 2
mimap mv 3 Work
message 10 | mimap put >/dev/null
message 11 | mimap -m Work put -f flagged >/dev/null
file() { grep -l "^Subject: $1\$" "$M"/*/new/* "$M"/*/cur/* 2>/dev/null; }
mv "$(file 4)" "$(file 4 | sed 's/:2,.*//'):2,RS"
rm "$(file 5)"
mv "$(file 6)" "$M/Work/cur/"
message 12 >"$M/INBOX/new/1700000000.12.test"
message 13 >"$M/Work/cur/1700000000.13.test:2,S"
await 5 live_idle
cp -a "$M" "$TMP/here.start"
cp -a "$MAILROOT/ann" "$TMP/there.start"

restore() {
	rm -rf "$M" "$MAILROOT/ann"
	cp -a "$TMP/here.start" "$M"
	cp -a "$TMP/there.start" "$MAILROOT/ann"
}
live_idle() { ! pgrep -f "imap: \[ann" >/dev/null 2>&1; }

restore
exits 0 'an uninterrupted run' run
sync_equal 'makes both sides equal'
cp "$TMP/here" "$TMP/want"
is "$(cut -f 1,2 "$TMP/want" | uniq -c | tr -s ' ' | tr '\t\n' ' ;')" \
	' 2 INBOX ; 1 INBOX FS; 1 INBOX RS; 2 INBOX S; 1 Work ; 1 Work F; 3 Work S;' 'as it should'

# after HOW: what is wrong after normal runs, added to $wrong.
after() {
	run 2>"$TMP/after" || run 2>"$TMP/after" || wrong="$wrong; $1: then exit $?, $(cat "$TMP/after")"
	sync_server >"$TMP/there"
	sync_state "$M" >"$TMP/here"
	cmp -s "$TMP/here" "$TMP/there" && cmp -s "$TMP/here" "$TMP/want" && return
	run 2>/dev/null
	sync_server >"$TMP/there"
	sync_state "$M" >"$TMP/here"
	cmp -s "$TMP/here" "$TMP/there" || wrong="$wrong; $1: the sides differ: $(diff "$TMP/here" "$TMP/there" | grep '^[<>]' | tr '\n\t' '  ')"
	cmp -s "$TMP/here" "$TMP/want" || wrong="$wrong; $1: not as wanted: $(diff "$TMP/here" "$TMP/want" | grep '^[<>]' | tr '\n\t' '  ')"
}

step=6 octets=977
[ -z "${SYNC_SWEEP-}" ] || step=1 octets=$SYNC_SWEEP

# Cut.
cuts() {	# up | down, OCTETS
	wrong='' at=1
	while [ "$at" -lt "$2" ]; do
		restore
		echo "$1 $at" >"$TMP/cut.at"
		run >/dev/null 2>&1
		echo none 0 >"$TMP/cut.at"
		after "cut $1 at $at"
		at=$((at + octets))
	done
	is "$wrong" '' "after a cut on the way $1 nothing is lost, doubled or left undone"
}
restore
cuts down 8000
cuts up 3500

# Killed, and failing.
fault_need
restore
fault_points "$FAULT_FILE" -- mimap -o "imap=exec:perl $TMP/cut $IMAP $TMP/cut.at" -o user=ann sync -d "$M" >"$TMP/all" 2>"$TMP/err" ||
	note "$(cat "$TMP/err")"
awk -v step="$step" 'NR % step == 1 || step == 1' "$TMP/all" >"$TMP/points"
ok "there are calls to fail ($(wc -l <"$TMP/all" | tr -d ' '))" test "$(wc -l <"$TMP/all")" -gt 40
wrong='' struck=0
while read -r call n <&3; do
	restore
	fault_kill "$call" "$n" -- mimap -o "imap=exec:perl $TMP/cut $IMAP $TMP/cut.at" -o user=ann sync -d "$M" >/dev/null 2>&1
	[ $? -eq 137 ] && struck=$((struck + 1))
	after "killed at $call $n"
done 3<"$TMP/points"
is "$wrong" '' 'killed at each of them: nothing is lost or doubled'
ok "most kills struck ($struck)" test "$struck" -gt $(($(wc -l <"$TMP/points") / 2))
for error in ENOSPC EIO; do
	wrong=''
	while read -r call n <&3; do
		restore
		fault_errno "$call" "$n" "$error" -- mimap -o "imap=exec:perl $TMP/cut $IMAP $TMP/cut.at" -o user=ann sync -d "$M" >/dev/null 2>"$TMP/err"
		code=$?
		case $code in
		0 | 65 | 73 | 74 | 75 | 76) ;;
		*) wrong="$wrong; $call $n: exit $code" ;;
		esac
		[ "$code" -eq 0 ] || [ "$call" = write ] || [ -s "$TMP/err" ] || wrong="$wrong; $call $n: exit $code and not a word"
		after "$error at $call $n"
	done 3<"$TMP/points"
	is "$wrong" '' "$error at each of them: nothing is lost or doubled"
done
done_testing
