#!/bin/sh
# SPDX-License-Identifier: ISC
# mpop is killed at each call that changes a file, or the call fails for want of space or a broken disk; then a normal run. Every
# message must be there once and whole, and none left on the server (or all, with -k).
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-fault.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mpop.sh"

fault_need
live_dovecot
live_config
M=$HOME/Mail
MESSAGES=5

fresh() {
	rm -rf "$M" "$MAILROOT/ann/Maildir"
	fill "$MESSAGES" "$seed"
	seed=$((seed + 1))
	sums "$MAILROOT/ann/Maildir/new" >"$TMP/sent"
}
seed=1

# after HOW LEFT: what is wrong after a normal run, added to $wrong. Orphans in tmp are allowed: what was not yet recorded, any maildir
# reader removes after 36 hours.
after() {
	# shellcheck disable=SC2086
	mpop $keep 2>"$TMP/after" || wrong="$wrong; $1: then exit $?, $(cat "$TMP/after")"
	sums "$M/new" >"$TMP/got"
	cmp -s "$TMP/got" "$TMP/sent" || wrong="$wrong; $1: $(wc -l <"$TMP/got") messages, $(comm -13 "$TMP/got" "$TMP/sent" | wc -l) missing"
	[ "$(on_server)" = "$2" ] || wrong="$wrong; $1: $(on_server) on the server"
}

sweep() {	# NAME LEFT
	fresh
	# shellcheck disable=SC2086
	fault_points "$FAULT_FILE" -- mpop $keep >"$TMP/points" 2>"$TMP/err" || note "$(cat "$TMP/err")"
	points=$(wc -l <"$TMP/points" | tr -d ' ')
	ok "$1: there are calls to fail ($points)" test "$points" -gt 20
	wrong='' struck=0
	while read -r call n <&3; do
		fresh
		# shellcheck disable=SC2086
		fault_kill "$call" "$n" -- mpop $keep >/dev/null 2>&1
		[ $? -eq 137 ] && struck=$((struck + 1))
		after "killed at $call $n" "$2"
	done 3<"$TMP/points"
	is "$wrong" '' "$1: killed at each of them: nothing lost, doubled or partial"
	ok "$1: most kills struck ($struck)" test "$struck" -gt $((points * 3 / 4))
	for error in ENOSPC EIO; do
		wrong='' struck=0
		while read -r call n <&3; do
			fresh
			# shellcheck disable=SC2086
			fault_errno "$call" "$n" "$error" -- mpop $keep >/dev/null 2>"$TMP/err"
			code=$?
			[ "$code" -eq 0 ] || struck=$((struck + 1))
			case $code in
			0 | 73 | 74 | 75 | 76) ;;
			*) wrong="$wrong; $call $n: exit $code" ;;
			esac
			[ "$code" -eq 0 ] || [ -s "$TMP/err" ] || wrong="$wrong; $call $n: exit $code and not a word"
			after "$error at $call $n" "$2"
		done 3<"$TMP/points"
		is "$wrong" '' "$1: $error at each of them: nothing lost, doubled or partial"
		ok "$1: most errors are told ($struck)" test "$struck" -gt $((points / 2))
	done
}

keep=
sweep 'fetch and delete' 0
keep=-k
sweep 'keep' "$MESSAGES"

# A message that finds no room is named, and stays; the others go on.
keep=
fresh
exits 74 'no space for one message' fault_errno write 1 ENOSPC -- mpop
like "$(cat "$TMP/err")" '^mpop: message 1 \(UID [0-9a-f]+\) stays on the server: write .*: No space left on device$' 'it is named'
is "$(wc -l <"$TMP/err" | tr -d ' ')" 1 'in one line'
is "$(stored "$M") $(on_server)" "$((MESSAGES - 1)) 1" 'it stays, the others are fetched and deleted'
fresh
exits 74 'no space for the record' fault_errno pwrite64 1 ENOSPC -- mpop
like "$(cat "$TMP/err")" '^mpop: write .*/Mail/\.pennypost-mpop-ann@localhost:[0-9]+: No space left on device$' 'it is named'
is "$(stored "$M") $(on_server)" "0 $MESSAGES" 'nothing is delivered and nothing deleted'
done_testing
