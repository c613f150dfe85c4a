#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap fetch is killed at each call that changes a file, or the call fails for want of space or a broken disk; then a normal run.
# Every message must be in the maildir once and whole.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-fault.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mpop.sh"

fault_need
live_dovecot
live_config
M=$HOME/Mail
MESSAGES=5
fill "$MESSAGES" 1
sums "$MAILROOT/ann/Maildir/new" >"$TMP/sent"
mimap flag +seen 2,4	# so that new/ and cur/ both have some

# after HOW: what is wrong after a normal run, added to $wrong. Orphans in tmp are allowed: what was not yet recorded, any maildir
# reader removes after 36 hours.
after() {
	# shellcheck disable=SC2086
	mimap fetch $uids 2>"$TMP/after" || wrong="$wrong; $1: then exit $?, $(cat "$TMP/after")"
	sums "$M/new" "$M/cur" >"$TMP/got"
	cmp -s "$TMP/got" "$TMP/sent" || wrong="$wrong; $1: $(wc -l <"$TMP/got") messages, $(comm -13 "$TMP/got" "$TMP/sent" | wc -l) missing"
	[ "$(stored_in new) $(stored_in cur)" = '3 2' ] || wrong="$wrong; $1: flags are wrong"
}
stored_in() { find "$M/$1" -type f | wc -l | tr -d ' '; }

sweep() {	# NAME
	rm -rf "$M"
	# shellcheck disable=SC2086
	fault_points "$FAULT_FILE" -- mimap fetch $uids >"$TMP/points" 2>"$TMP/err" || note "$(cat "$TMP/err")"
	points=$(wc -l <"$TMP/points" | tr -d ' ')
	ok "$1: there are calls to fail ($points)" test "$points" -gt 20
	wrong='' struck=0
	while read -r call n <&3; do
		rm -rf "$M"
		# shellcheck disable=SC2086
		fault_kill "$call" "$n" -- mimap fetch $uids >/dev/null 2>&1
		[ $? -eq 137 ] && struck=$((struck + 1))
		after "killed at $call $n"
	done 3<"$TMP/points"
	is "$wrong" '' "$1: killed at each of them: nothing lost, doubled or partial"
	ok "$1: most kills struck ($struck)" test "$struck" -gt $((points * 3 / 4))
	for error in ENOSPC EIO; do
		wrong='' struck=0
		while read -r call n <&3; do
			rm -rf "$M"
			# shellcheck disable=SC2086
			fault_errno "$call" "$n" "$error" -- mimap fetch $uids >/dev/null 2>"$TMP/err"
			code=$?
			[ "$code" -eq 0 ] || struck=$((struck + 1))
			case $code in
			0 | 73 | 74 | 75 | 76) ;;
			*) wrong="$wrong; $call $n: exit $code" ;;
			esac
			[ "$code" -eq 0 ] || [ -s "$TMP/err" ] || wrong="$wrong; $call $n: exit $code and not a word"
			after "$error at $call $n"
		done 3<"$TMP/points"
		is "$wrong" '' "$1: $error at each of them: nothing lost, doubled or partial"
		ok "$1: most errors are told ($struck)" test "$struck" -gt $((points / 2))
	done
}
uids=
sweep 'what was not fetched before'
uids=1:5
sweep 'chosen messages'

# A message that finds no room is named; the others come.
rm -rf "$M"
exits 74 'no space for one message' fault_errno write 1 ENOSPC -- mimap fetch
like "$(cat "$TMP/err")" '^mimap: message with UID 1 not fetched: .*No space left on device$' 'it is named'
is "$(wc -l <"$TMP/err" | tr -d ' ') $(stored "$M")" "1 $((MESSAGES - 1))" 'in one line, and the others are there'
exits 0 'the next run' mimap fetch -p
is "$(wc -l <"$TMP/out" | tr -d ' ') $(stored "$M")" "1 $MESSAGES" 'brings it'
done_testing
