#!/bin/sh
# SPDX-License-Identifier: ISC
# The queue where things are odd: files that are none, a directory that is taken away, no room, no right to write, no inotify, ten thousand
# recipients. What can go on does, nothing is lost, and it is said once.
. "$(dirname "$0")/../lib.sh"

Q=$PENNYPOST_QUEUE
mkdir "$TMP/fake"
cp "$BUILD/mqueue" "$TMP/fake/mqueue"
cat >"$TMP/fake/msend" <<'EOT'
#!/bin/sh
while IFS= read -r path; do
	perl -e 'my $p = shift; open my $f, "<", $p or die; while (<$f>) { last unless /^Penny/; print "$p\t$1\tok\t250\t2.0.0\tok\n" if /^Penny-To: w <(.*)>$/ }' "$path"
	echo "$path" >>"$TMP/sent"
done
EOT
chmod +x "$TMP/fake/msend"
: >"$TMP/sent"
chmod 666 "$TMP/sent"
chmod 711 "$TMP"
run() { "$TMP/fake/mqueue" run; }
add() { printf 'Subject: x\n\nx\n' | mqueue add -f ann@example.org "$@"; }
sent() { wc -l <"$TMP/sent"; }
empty() { [ -z "$(mqueue ls 2>/dev/null)" ]; }
fresh() { rm -rf "$Q"; : >"$TMP/sent"; }

# --- Recipients without number.
seq 10000 | sed 's/.*/user&@example.net/' >"$TMP/many"
# shellcheck disable=SC2046
exits 0 'ten thousand recipients' add $(cat "$TMP/many")
exits 0 'are sent to' run
is "$(sent) $(mqueue ls)" '1 ' '… all of them'
# shellcheck disable=SC2046
exits 64 'one more' add $(cat "$TMP/many") more@example.net
is "$(mqueue ls)" '' '… is too many'

# --- What is no entry.
fresh
add bob@example.net >/dev/null
n=$Q/new/1795344000.aaaaaaa
ln -s /etc/passwd "${n}a.host"; mkfifo "${n}b.host"; mkdir "${n}c.host"; ln -s /nowhere "$Q/cur/1795344000.aaaaaaad.host"
perl -e 'print "Penny-Queue: 1 0008388608\n", "x" x 8388608' >"${n}e.host"
exits 65 'links, pipes, directories and noise with an entry'\''s name' run
is "$(grep -c 'is no regular file' "$TMP/err") $(grep -c 'a broken queue file' "$TMP/err") $(wc -l <"$TMP/err")" '4 1 5' '… are each named once'
is "$(sent)" 1 '… and hold nobody up'
exits 65 'rm of them all' mqueue rm -A 0
is "$(find "$Q/new" "$Q/cur" ! -type d -o -name '*.host' | wc -l)" 5 '… removes none'
fresh

# --- watch, and the directory goes.
"$TMP/fake/mqueue" watch 2>"$TMP/watch.err" &
watch=$!
at_exit "kill -KILL $watch 2>/dev/null"
listens() { [ "$(grep -c '^inotify wd' /proc/"$watch"/fdinfo/* 2>/dev/null | awk -F: '{ n += $2 } END { print n }')" -ge "$1" ]; }
if [ "$(uname)" = Linux ]; then
	await 10 listens 3
	mv "$Q" "$Q.old"
	add bob@example.net >/dev/null
	ok 'another directory in its place: what comes there is sent' await 20 empty
	rm -rf "$Q"
	await 20 test -d "$Q/new"
	add bob@example.net >/dev/null
	ok 'the directory removed: it is made anew, and what comes is sent' await 20 empty
	rm -rf "$Q/new"
	add bob@example.net >/dev/null
	ok 'a part of it removed: the same' await 20 empty
	is "$(sent)" 3 '… each once'
else
	skip 'a directory that goes' 'only on Linux is it heard'
fi
kill "$watch"
wait "$watch"
is "$? $(cat "$TMP/watch.err")" '0 ' 'and nobody complains'
fresh

# --- No inotify to be had: it looks by itself, and on a signal.
if unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_inotify_instances' 2>/dev/null; then
	add bob@example.net >/dev/null
	# shellcheck disable=SC2016
	unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_inotify_instances; exec "$TMP/fake/mqueue" watch' 2>"$TMP/watch.err" &
	watch=$!
	at_exit "kill -KILL $watch 2>/dev/null"
	ok 'without inotify: what waits is sent' await 20 empty
	add bob@example.net >/dev/null
	kill -HUP "$watch"
	ok '… on SIGHUP' await 20 empty
	kill "$watch"
	wait "$watch"
	is "$? $(cat "$TMP/watch.err")" '0 ' '… and it ends well'
else
	skip 'without inotify' 'no user namespaces'
fi
fresh

# --- No room, and no right. Each in a mount namespace.
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	cat >"$TMP/full" <<-'EOT'
		mount --make-rprivate / && mkdir -p "$PENNYPOST_QUEUE" && mount -t tmpfs -o size=256k none "$PENNYPOST_QUEUE" || exit 99
		head -c 60000 /dev/zero | tr '\0' x | fold -w 70 | sed '1s/^/Subject: x\n\n/' >"$TMP/message"
		code=0
		while [ "$code" -eq 0 ]; do
			mqueue add -f ann@example.org bob@example.net <"$TMP/message" >>"$TMP/ids" 2>"$TMP/err" || code=$?
		done
		echo "$code $(wc -l <"$TMP/ids") $(mqueue ls | wc -l) $(find "$PENNYPOST_QUEUE/tmp" -type f | wc -l)"
		cat "$TMP/err"
		{ printf 'EHLO x\nMAIL FROM:<>\nRCPT TO:<bob@example.org>\nDATA\n'; cat "$TMP/message"; printf '\n.\nQUIT\n'; } | sed 's/$/\r/' |
			mqueue -o serve-domains=example.org serve 2>/dev/null | grep '^4'
		head -c 300000 /dev/zero >"$PENNYPOST_QUEUE/filled" 2>/dev/null
		"$TMP/fake/mqueue" run 2>&1
		echo "$? $(mqueue ls | wc -l)"
	EOT
	unshare -m sh "$TMP/full" >"$TMP/said" 2>&1
	read -r code ids entries parts <"$TMP/said"
	is "$code $((ids == entries && ids > 1)) $parts" '74 1 0' "a full disk: add ends with 74, what it said is there ($ids messages), no part of another"
	like "$(sed -n 2p "$TMP/said")" "^mqueue: queue $Q: .*No space left on device\$" '… and says why'
	like "$(sed -n 3p "$TMP/said")" '^451 4\.3\.0 ' '… serve asks for a later try'
	is "$(tail -n 1 "$TMP/said") $(sent)" "0 0 $(wc -l <"$TMP/ids")" '… and run sends what is there, each once'
	fresh
	add bob@example.net >/dev/null
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --make-rprivate / && mount --bind "$PENNYPOST_QUEUE" "$PENNYPOST_QUEUE" && mount -o remount,ro,bind "$PENNYPOST_QUEUE" &&
		mqueue ls | wc -l; "$TMP/fake/mqueue" run 2>&1; echo $?' >"$TMP/said" 2>&1
	is "$(sed -n 1p "$TMP/said") $(tail -n 1 "$TMP/said") $(sent)" '1 73 0' 'a queue that can only be read is listed, and nothing of it is sent'
	like "$(cat "$TMP/said")" 'Read-only file system' '… which is said'
	# Another user's files: those are named, the own ones go.
	fresh
	add theirs@example.net >/dev/null
	chmod 777 "$Q" "$Q/new" "$Q/tmp" "$Q/cur"
	nobody="setpriv --reuid nobody --regid $(id -g nobody) --clear-groups"
	if $nobody test -x "$TMP/." -a -x "$BUILD/mqueue" 2>/dev/null; then
		# shellcheck disable=SC2016
		$nobody sh -c 'printf "Subject: x\n\nx\n" | mqueue add -f ann@example.org ours@example.net' >/dev/null
		exits 73 'a run amid another user'\''s files' $nobody "$TMP/fake/mqueue" run
		like "$(cat "$TMP/err")" 'Permission denied' '… names them'
		is "$(sent) $(mqueue ls | cut -f7)" '1 theirs@example.net' '… and sends its own'
	else
		skip 'another user'\''s files' 'nobody can get there'
	fi
else
	skip 'no room' 'mount namespaces need root'
fi

done_testing
