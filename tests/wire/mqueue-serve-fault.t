#!/bin/sh
# SPDX-License-Identifier: ISC
# mqueue serve on a machine that fails: killed at each call that changes a file or says something, and each such call fails. A client that
# has heard 250 has its message in the queue, complete; what is in the queue is complete always; of two entries (ours and others')
# neither is acknowledged without the other.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-fault.sh"
fault_need

Q=$PENNYPOST_QUEUE
{
	printf 'EHLO x\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.org>\r\nRCPT TO:<carl@example.com>\r\nDATA\r\nSubject: faults\r\n\r\n'
	seq 1 20000 | sed "s/.*/line &$(printf '\r')/"
	printf '.\r\nQUIT\r\n'
} >"$TMP/session"
serve="mqueue -o serve-domains=example.org serve -T"
entries() { find "$Q/new" -type f 2>/dev/null | wc -l; }

check() {	# WHAT
	broken=0
	for f in "$Q"/new/*; do
		[ ! -e "$f" ] || [ "$(grep -c '^line ' "$f")" -eq 20000 ] || broken=1
	done
	[ "$broken" -eq 0 ] || result 1 "$1: all that can be seen is complete" 'a part' 'the whole'
	mqueue ls >"$TMP/ls" 2>&1 || result 1 "$1: the queue can be read" "$(cat "$TMP/ls")" ''
	if grep -q '^250 2.0.0 queued' "$TMP/out"; then
		is "$(entries)" 2 "$1: acknowledged, and both are there"
	else
		ok "$1: not acknowledged, $(entries) there" test "$(entries)" -le 2
	fi
}

# shellcheck disable=SC2086
for start in 'a new queue' 'a queue'; do
	setup() { rm -rf "$Q"; [ "$start" = 'a new queue' ] || mkdir -p -m 700 "$Q/tmp" "$Q/new" "$Q/cur"; : >"$TMP/out"; }
	setup
	fault_points "$FAULT_FILE" -- $serve <"$TMP/session" >"$TMP/points"
	ok "$start: the calls are known" grep -q '^renameat2 2$' "$TMP/points"
	while read -r call n <&3; do
		setup
		fault_kill "$call" "$n" -- $serve <"$TMP/session" >"$TMP/out" 2>/dev/null
		check "$start: killed at $call $n"
		for error in ENOSPC EIO; do
			setup
			fault_errno "$call" "$n" "$error" -- $serve <"$TMP/session" >"$TMP/out" 2>"$TMP/err"
			check "$start: $error from $call $n"
			if ! grep -q '^250 2.0.0 queued' "$TMP/out" && grep -q '^221' "$TMP/out"; then
				is "$(grep -c '^451 4.3.0' "$TMP/out") $(entries) $(find "$Q/tmp" -type f 2>/dev/null | wc -l)" '1 0 0' '… the client hears 451, nothing is left behind'
			fi
		done
	done 3<"$TMP/points"
done

done_testing
