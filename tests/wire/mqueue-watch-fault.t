#!/bin/sh
# SPDX-License-Identifier: ISC
# mqueue watch, when what works for it is killed at each call that matters: it goes on by itself, the message is sent, and twice only where
# SMTP itself can't tell. When it is killed itself, the queue is as it was.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-fault.sh"
fault_need

Q=$PENNYPOST_QUEUE
mkdir "$TMP/fake"
cp "$BUILD/mqueue" "$TMP/fake/mqueue"
cat >"$TMP/fake/msend" <<'EOT'
#!/bin/sh
while IFS= read -r path; do
	for to in $(sed -n 's/^Penny-To: w <\(.*\)>$/\1/p' "$path"); do
		echo "$to" >>"$TMP/sent"
		printf '%s\t%s\tok\t250\t2.0.0\tok\n' "$path" "$to"
	done
done
EOT
chmod +x "$TMP/fake/msend"
add() { printf 'Subject: x\n\nx\n' | mqueue add -f ann@example.org bob@example.net carl@example.net >/dev/null; }
empty() { [ -z "$(mqueue ls)" ]; }
attached() { strace_said=$(cat "$TMP/strace.err"); case $strace_said in *attached*) return 0 ;; esac; return 1; }
listens() { readlink "/proc/$watch/fd/"* 2>/dev/null | grep -q inotify; }
killed() { grep -q 'killed by SIGKILL' "$TMP/strace"; }
mkdir -p -m 700 "$Q/tmp" "$Q/new" "$Q/cur"

twice=0 trials=0
for point in 'fcntl 1' 'pipe2 1' 'write 1' 'pwrite64 1' 'pwrite64 2' 'fdatasync 1' 'unlinkat 1' 'wait4 1'; do
	call=${point% *} n=${point#* }
	: >"$TMP/sent"
	: >"$TMP/strace"
	"$TMP/fake/mqueue" watch 2>"$TMP/watch.err" &
	watch=$!
	at_exit "kill -KILL $watch 2>/dev/null"
	await 10 listens
	ASAN_OPTIONS=detect_leaks=0 strace -f -o "$TMP/strace" -e trace="$call" -e inject="$call:signal=KILL:when=$n" \
		-p "$watch" 2>"$TMP/strace.err" &
	tracer=$!
	await 2 attached
	add
	if await 5 killed; then
		kill "$tracer" 2>/dev/null
		wait "$tracer" 2>/dev/null
		kill -0 "$watch" 2>/dev/null || { "$TMP/fake/mqueue" watch 2>"$TMP/watch.err" & watch=$!; at_exit "kill -KILL $watch 2>/dev/null"; }
		ok "killed at $call $n: all is sent" await 20 empty
		trials=$((trials + 1))
	else
		kill "$tracer" 2>/dev/null
		wait "$tracer" 2>/dev/null
		ok "$call $n is not come to: all is sent" await 20 empty
	fi
	is "$(sort -u "$TMP/sent" | tr '\n' ' ')" 'bob@example.net carl@example.net ' '… to both'
	more=$(($(wc -l <"$TMP/sent") - 2))
	ok "… $more of them twice" test "$more" -le 2
	twice=$((twice + more))
	kill "$watch"
	wait "$watch"
	is $? 0 '… and it ends well'
done
ok "it was killed at $trials calls" test "$trials" -ge 6
note "sent twice: $twice deliveries in $trials trials"

done_testing
