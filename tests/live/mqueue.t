#!/bin/sh
# SPDX-License-Identifier: ISC
# mqueue and msend against Dovecot's LMTP: what is queued while the server is away arrives byte for byte when it is back.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"

live_dovecot
live_config
{
	printf 'From: Ann Example <ann@example.org>\nTo: bob@example.org\nDate: Sun, 22 Nov 2026 10:00:00 +0000\n'
	printf 'Message-ID: <live-1@example.org>\nSubject: folded\n =?UTF-8?Q?s=C3=BCbject?=\nMIME-Version: 1.0\n'
	printf 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n'
	printf '.\n..\n.a\n\nFrom here \n\tGr\303\274\303\237e  \nPenny-Queue: 1 0000000612\n\n'
	head -c 990 /dev/zero | tr '\0' x
	printf '\n.\n'
} >"$TMP/message"

# arrived USER FILE: the one message there is that one; it is taken away
arrived() {
	live_arrived "$1" 1
	is "$(live_mail "$1" | wc -l)" 1 "$1 has one message"
	live_body "$(live_mail "$1")" | sed '/^Received: /,/^[^ \t]/{/^Received: /d;/^[ \t]/d;}' >"$TMP/arrived"
	same "$2" "$TMP/arrived" '… byte for byte'
	find "$MAILROOT/$1/Maildir/new" "$MAILROOT/$1/Maildir/cur" -type f -exec rm {} +
}

live_dovecot_stop
exits 0 'the server is away: add' mqueue add -a ann bob@example.org ann@example.org <"$TMP/message"
id=$(cat "$TMP/out")
exits 0 'run' mqueue run
is "$(cat "$TMP/out" "$TMP/err")" '' '… is silent'
is "$(mqueue ls | cut -f1,4)" "$id	waiting" '… and the message waits'
live_dovecot_start
exits 0 'the server is back, the time not yet there' mqueue run
is "$(mqueue ls | cut -f1)" "$id" '… so it waits on'
exits 0 'retry' mqueue retry "$id"
exits 0 'run' mqueue run
is "$(cat "$TMP/out" "$TMP/err")" '' '… is silent'
is "$(mqueue ls)" '' 'nothing is left in the queue'
arrived bob "$TMP/message"
arrived ann "$TMP/message"

exits 0 'one recipient that there is, one that there is not' mqueue add -a ann bob@example.org nobody@example.org <"$TMP/message"
id=$(cat "$TMP/out")
exits 0 'run' mqueue run
is "$(cat "$TMP/out" "$TMP/err")" '' '… says nothing'
arrived bob "$TMP/message"
is "$(mqueue ls)" '' '… and leaves nothing'
live_arrived ann 1
like "$(cat $(live_mail ann))" '^Content-Type: multipart/report; report-type=delivery-status;' 'the sender has a notice'
like "$(cat $(live_mail ann))" '^Status: 5[.]1[.]1' '… why'
like "$(cat $(live_mail ann))" '^Final-Recipient: rfc822; nobody@example.org' '… for whom'
like "$(cat $(live_mail ann))" '^Message-ID: <live-1@example.org>' '… with the message'
find "$MAILROOT/ann/Maildir/new" "$MAILROOT/ann/Maildir/cur" -type f -exec rm {} +

for i in $(seq 60); do sed "s/live-1/live-$i/" "$TMP/message" | mqueue add -a ann bob@example.org >/dev/null; done
mqueue run 2>"$TMP/first" &
first=$!
exits 0 'two runs at once' mqueue run
wait "$first"
is "$? $(cat "$TMP/first")" '0 ' '… are both content'
exits 0 'a third has nothing to do' mqueue run
live_arrived bob 60
is "$(cat $(live_mail bob) | grep -c '^Message-ID: ') $(cat $(live_mail bob) | grep '^Message-ID: ' | sort -u | wc -l)" '60 60' 'each of 60 messages arrived once'
find "$MAILROOT/bob/Maildir/new" "$MAILROOT/bob/Maildir/cur" -type f -exec rm {} +

# A hundred megabytes.
peak() {	# NAME command…
	peak_name=$1
	shift
	if grep -q __asan_init "$BUILD/mqueue"; then
		exits 0 "$peak_name, with a sanitizer" "$@"
	elif [ -x /usr/bin/time ]; then
		exits 0 "$peak_name" /usr/bin/time -f %M -o "$TMP/rss" "$@"
		ok "in less than 8 MiB ($(cat "$TMP/rss") KiB)" test "$(cat "$TMP/rss")" -lt 8192
	else
		exits 0 "$peak_name, with 4 MiB of heap" sh -c 'ulimit -d 4096; exec "$@"' sh "$@"
	fi
}
{ sed '/^$/q' "$TMP/message"; perl -e 'print "x" x 75, "\n" for 1 .. 1380000'; } >"$TMP/big"
peak '100 MB: add' mqueue add -a ann bob@example.org <"$TMP/big"
exits 0 '100 MB: run' mqueue run
arrived bob "$TMP/big"

ok 'mqueue needs no cryptography' sh -c '! ldd "$1" | grep -q -e libssl -e libcrypto' sh "$BUILD/mqueue"

done_testing
