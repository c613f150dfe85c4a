#!/bin/sh
# SPDX-License-Identifier: ISC
# The queue on a machine that fails: mqueue is killed at each call that changes a file, and each such call fails with ENOSPC and EIO.
# add: exit code 0 means that the entry is complete and is sent once; otherwise it is complete or not to be seen at all.
# run: nothing is lost, and nothing is sent twice but where SMTP itself can't tell, between the server's answer and our record. The
# sender of what is refused is told, once.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-fault.sh"
fault_need

Q=$PENNYPOST_QUEUE
mkdir "$TMP/fake"
cp "$BUILD/mqueue" "$TMP/fake/mqueue"
# Delivers by appending to $TMP/sent how many lines of the message there are, and the recipient; refuses eve.
cat >"$TMP/fake/msend" <<'EOT'
#!/bin/sh
while IFS= read -r path; do
	sum=$(sed '1,/^Penny-Reply: .*/d' "$path" | grep -c '^line ')
	for to in $(sed -n 's/^Penny-To: w <\(.*\)>$/\1/p' "$path"); do
		case $to in
		eve*) printf '%s\t%s\trefused\t550\t5.1.1\tno\n' "$path" "$to" ;;
		*) echo "$sum $to" >>"$TMP/sent"; printf '%s\t%s\tok\t250\t2.0.0\tok\n' "$path" "$to" ;;
		esac
	done
done
EOT
chmod +x "$TMP/fake/msend"
run() { "$TMP/fake/mqueue" run -f; }
: >"$TMP/sent"

# Four buffers long, so that there is more than one write.
{
	printf 'Subject: faults\nDate: Sun, 22 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.org>\nFrom: ann@example.org\n\n'
	seq 1 20000 | sed 's/^/line /'
} >"$TMP/message"
lines=$(grep -c '^line ' "$TMP/message")
add() { mqueue add -f ann@example.org bob@example.net <"$TMP/message"; }
fresh() { rm -rf "$Q"; : >"$TMP/sent"; }

# After an add that ended with code $1: what can be seen is complete, and is sent once.
check_add() {	# CODE WHAT
	entries=$(find "$Q/new" -type f 2>/dev/null | wc -l)
	[ "$1" -ne 0 ] || [ "$entries" -eq 1 ] || { result 1 "$2: exit 0" "$entries entries" 1; return; }
	[ "$entries" -le 1 ] || { result 1 "$2" "$entries entries" '0 or 1'; return; }
	: >"$TMP/sent"
	run 2>"$TMP/run.err" || { result 1 "$2: a run afterwards" "exit $?: $(cat "$TMP/run.err")" 'exit 0'; return; }
	want=
	[ "$entries" -eq 0 ] || want="$lines bob@example.net"
	is "$(cat "$TMP/sent")$(find "$Q/new" -type f 2>/dev/null)" "$want" "$2 (exit $1, $entries there)"
}

for start in 'a new queue' 'a queue'; do
	setup() { fresh; [ "$start" = 'a new queue' ] || mkdir -p -m 700 "$Q/tmp" "$Q/new" "$Q/cur"; }
	setup
	fault_points "$FAULT_FILE" -- mqueue add -f ann@example.org bob@example.net <"$TMP/message" >"$TMP/points"
	while read -r call n <&3; do
		setup
		fault_kill "$call" "$n" -- mqueue add -f ann@example.org bob@example.net <"$TMP/message" >"$TMP/id" 2>/dev/null
		code=$?
		[ "$code" -eq 137 ] || result 1 "the kill at $call $n" "$code" 137
		check_add "$code" "$start: add killed at $call $n"
		for error in ENOSPC EIO; do
			setup
			fault_errno "$call" "$n" "$error" -- mqueue add -f ann@example.org bob@example.net <"$TMP/message" >"$TMP/id" 2>"$TMP/err"
			code=$?
			check_add "$code" "$start: $error from $call $n"
			left=$(find "$Q/tmp" -type f 2>/dev/null | wc -l)
			if [ "$code" -ne 0 ]; then
				is "$left" 0 '… leaves nothing behind'
				like "$code $(cat "$TMP/err")" '^7[34] mqueue: ' '… and says so with 73 or 74'
			fi
		done
	done 3<"$TMP/points"
done

# --- add -m: what was told to be queued is there and complete, whatever is struck, and nothing is there in part. Ten go by one flush.
mkdir "$TMP/many"
for i in 0 1 2 3 4 5 6 7 8 9; do cp "$TMP/message" "$TMP/many/$i"; done
again() { fresh; mkdir -p -m 700 "$Q/tmp" "$Q/new" "$Q/cur"; }
check_many() {	# WHAT
	: >"$TMP/sent"
	told=$(grep -c "	$TMP/many/" "$TMP/id")
	mqueue ls 2>&1 | cut -f1 | sort >"$TMP/there"
	lost=$(cut -f1 "$TMP/id" | sort | comm -23 - "$TMP/there" | wc -l)
	run 2>"$TMP/run.err" || { result 1 "$1: a run afterwards" "exit $?: $(cat "$TMP/run.err")" 'exit 0'; return; }
	is "$lost $(sort -u "$TMP/sent" | grep -v "^$lines bob@example.net$")" '0 ' "$1 ($told told, $(wc -l <"$TMP/sent") sent)"
}
again
find "$TMP/many" -type f >"$TMP/paths"
fault_points "$FAULT_FILE" -- mqueue add -m -f ann@example.org bob@example.net <"$TMP/paths" >"$TMP/points"
ok 'ten messages by one flush' grep -q '^syncfs 1$' "$TMP/points"
unlike "$(cat "$TMP/points")" '^fsync 2$' '… and one sync of the directory'
grep -v -e '^write [3-9]$' -e '^write [0-9][0-9]' "$TMP/points" >"$TMP/some"
while read -r call n <&3; do
	again
	fault_kill "$call" "$n" -- mqueue add -m -f ann@example.org bob@example.net <"$TMP/paths" >"$TMP/id" 2>/dev/null
	check_many "add -m killed at $call $n"
	for error in ENOSPC EIO; do
		again
		fault_errno "$call" "$n" "$error" -- mqueue add -m -f ann@example.org bob@example.net <"$TMP/paths" >"$TMP/id" 2>"$TMP/err"
		check_many "$error from $call $n in add -m"
	done
done 3<"$TMP/some"

# --- run. Three entries: one recipient; two recipients; one of two is refused, of which ann is told. Only mqueue's own calls are struck.
printf 'Subject: x\nDate: Sun, 22 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.org>\nFrom: ann@example.org\n\nline 1\n' >"$TMP/message"
setup_run() {
	fresh
	for to in bob 'bob carl' 'dora eve'; do
		# shellcheck disable=SC2046
		mqueue add -f ann@example.org $(printf '%s@example.net ' $to) <"$TMP/message" >/dev/null
	done
}
struck() { ASAN_OPTIONS=detect_leaks=0 strace -qq -o "$TMP/strace" -e signal=none "$@" "$TMP/fake/mqueue" run >/dev/null 2>"$TMP/err"; }
want='1 ann@example.org
1 bob@example.net
1 bob@example.net
1 carl@example.net
1 dora@example.net'
calls=$(echo ",$FAULT_FILE" | sed 's/,/,?/g; s/^,//')
setup_run
struck -e trace="$calls"
sed 's/(.*//' "$TMP/strace" | grep '^[a-z0-9_]*$' | awk '{ print $0, ++n[$0] }' >"$TMP/points"
ok 'a run records what it does' grep -q '^fdatasync 3$' "$TMP/points"
ok '… and makes the notice safe' grep -q '^renameat2 1$' "$TMP/points"

# Runs again until nothing waits. Each recipient must have got it; who got it twice is counted, and may be no more than ALLOWED.
doubles=0 trials=0
check_run() {	# ALLOWED WHAT
	for again in 1 2 3; do run >/dev/null 2>"$TMP/run.err"; done
	trials=$((trials + 1))
	twice=$(($(wc -l <"$TMP/sent") - 5))
	notices=$(grep -c 'ann@' "$TMP/sent")
	doubles=$((doubles + twice))
	sort "$TMP/sent" | uniq >"$TMP/sorted"
	missing=$(echo "$want" | uniq | comm -23 - "$TMP/sorted")
	is "$missing $((twice >= 0 && twice <= $1 && notices - 1 <= twice)) $(mqueue ls | cut -f4,7)" ' 1 ' "$2 ($twice twice)"
}

# The kill comes before the call: what msend has delivered and we have not recorded is sent again. All three are handed over at once.
while read -r call n <&3; do
	setup_run
	struck -e trace="$call" -e inject="$call:signal=KILL:when=$n"
	check_run 4 "run killed at $call $n"
	for error in ENOSPC EIO; do
		setup_run
		struck -e trace="$call" -e inject="$call:error=$error:when=$n"
		check_run 0 "$error from $call $n in run"
	done
done 3<"$TMP/points"
note "sent twice: $doubles of $((trials * 5)) deliveries in $trials trials"

# --- Five entries that are answered in one go are removed together, with one sync: the same.
mkdir "$TMP/together"
cp "$BUILD/mqueue" "$TMP/together/mqueue"
cat >"$TMP/together/msend" <<'EOT'
#!/bin/sh
while IFS= read -r path; do
	for to in $(sed -n 's/^Penny-To: w <\(.*\)>$/\1/p' "$path"); do
		echo "$to" >>"$TMP/sent"
		printf '%s\t%s\tok\t250\t2.0.0\tok\n' "$path" "$to" >>"$TMP/said.$$"
	done
done
cat "$TMP/said.$$"
EOT
chmod +x "$TMP/together/msend"
five() { fresh; for i in 1 2 3 4 5; do mqueue add -f ann@example.org "bob$i@example.net" <"$TMP/message" >/dev/null; done; }
together() { ASAN_OPTIONS=detect_leaks=0 strace -qq -o "$TMP/strace" -e signal=none "$@" "$TMP/together/mqueue" run >/dev/null 2>"$TMP/err"; }
five
together -e trace="$calls"
sed 's/(.*//' "$TMP/strace" | grep '^[a-z0-9_]*$' | awk '{ print $0, ++n[$0] }' >"$TMP/points"
is "$(grep -c '^unlinkat' "$TMP/points") $(grep -c sync "$TMP/points")" '5 1' 'five are answered in one go: one sync'
while read -r call n <&3; do
	for how in signal=KILL error=ENOSPC error=EIO; do
		five
		together -e trace="$call" -e inject="$call:$how:when=$n"
		"$TMP/together/mqueue" run -f >/dev/null 2>&1
		twice=$(($(wc -l <"$TMP/sent") - 5))
		is "$(sort -u "$TMP/sent" | wc -l) $((twice == 0 || (twice <= 5 && ${#how} == 11)))$(mqueue ls)" '5 1' "together: $how at $call $n ($twice twice)"
	done
done 3<"$TMP/points"

# A disk that can't be written to any more: nobody is lost, and the runner stops.
setup_run
struck -e trace=pwrite64 -e inject=pwrite64:error=EIO:when=1+
is $? 74 'nothing can be recorded: exit 74'
like "$(cat "$TMP/err")" "^mqueue: what became of .* to <bob@example.net> can't be recorded, it may be sent again: write to a queue file: Input/output error\$" '… says so'
check_run 2 'every pwrite64 fails'

done_testing
