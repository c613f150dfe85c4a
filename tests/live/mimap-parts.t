#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap fetch -P on a real Dovecot: sections, the text, attachments by name, a hundred megabytes.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"

live_dovecot
live_config

head -c 5000 /dev/urandom >"$TMP/data"
cat >"$TMP/letter" <<EOF
From: ann@example.org
Subject: parts
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: multipart/alternative; boundary=i

--i
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe, =
and more

--i
Content-Type: text/html

<p>Hello</p>

--i--

--o
Content-Type: application/pdf; name="plan.pdf"
Content-Disposition: attachment; filename="../../.plan.pdf"
Content-Transfer-Encoding: base64

$(base64 "$TMP/data")

--o
Content-Type: application/octet-stream
Content-Disposition: attachment; filename*=utf-8''na%C3%AFve.PDF
Content-Transfer-Encoding: base64

$(base64 "$TMP/data")

--o
Content-Type: message/rfc822

Subject: inner

inner text

--o--
EOF
is "$(mimap put "$TMP/letter" "$TMP/letter")" '1
2' 'two messages with parts'
exits 0 'the text' mimap fetch -P text 1
is "$(cat "$TMP/out")" 'Grüße, and more' 'decoded'
exits 0 'a section' mimap fetch -P 1.2 1
is "$(cat "$TMP/out")" '<p>Hello</p>' 'the HTML'
exits 0 'a binary one' mimap fetch -P 2 1
same "$TMP/out" "$TMP/data" 'octet for octet'
exits 0 'in a message within' mimap fetch -P 4.1 1
is "$(cat "$TMP/out")" 'inner text' 'its text'
exits 0 'of several messages' mimap fetch -P 1.2 1:2
is "$(wc -l <"$TMP/out" | tr -d ' ')" 2 'one after the other'
exits 69 'a section that there is not' mimap fetch -P 9 1
like "$(cat "$TMP/err")" '^mimap: the message with UID 1 has no part 9$' 'is an error'
exits 69 'of a message that there is not' mimap fetch -P 1 7
mkdir "$TMP/D"
exits 0 'attachments by name' mimap fetch -p -d "$TMP/D" -P '*.pdf' 1:2
is "$(sed "s,$TMP/D/,," "$TMP/out" | tr '\n' ' ')" '_plan.pdf naïve.PDF _plan-1.pdf naïve-1.PDF ' 'safe names, none twice'
same "$TMP/D/naïve-1.PDF" "$TMP/data" 'octet for octet'
exits 0 'in the working directory' sh -c 'cd "$0" && rm ./* && mimap fetch -P "na*" 1 && ls' "$TMP/D"
is "$(cat "$TMP/out")" 'naïve.PDF' 'where there is no -d'
exits 0 'no such attachment' mimap fetch -P '*.doc' 1
exits 73 'a directory that is not there' mimap fetch -d "$TMP/nothing" -P '*.pdf' 1
exits 64 'no UIDs' mimap fetch -P 1
is "$(mimap search seen)" '' 'nothing is marked as seen'
exits 0 'a message that is no multipart' sh -c 'printf "Subject: x\n\nplain\n" | mimap put'
is "$(mimap fetch -P text "$(cat "$TMP/out")")" plain 'is its own text'

perl -e 'print "Subject: big\nMIME-Version: 1.0\nContent-Type: application/x\nContent-Disposition: attachment; filename=big\nContent-Transfer-Encoding: base64\n\n",
	"QUJD" x 19, "\n" for 1; print "QUJD" x 19, "\n" for 2 .. 1380000' >"$TMP/big"
big=$(mimap put "$TMP/big")
if grep -q __asan_init "$BUILD/mimap" || [ ! -x /usr/bin/time ]; then
	skip 'memory' 'it can not be measured here'
else
	exits 0 '100 MB' /usr/bin/time -f %M -o "$TMP/rss" mimap fetch -d "$TMP/D" -P big "$big"
	ok "in less than 12 MiB ($(cat "$TMP/rss") KiB)" test "$(cat "$TMP/rss")" -lt 12288
	is "$(wc -c <"$TMP/D/big" | tr -d ' ')" 78660000 'all of it'
	exits 0 'to standard output' sh -c '/usr/bin/time -f %M -o "$1" mimap fetch -P 1 "$0" | cksum' "$big" "$TMP/rss"
	is "$(cat "$TMP/out")" "$(cksum <"$TMP/D/big")" 'the same'
	exits 0 'decoded here' sh -c '/usr/bin/time -f %M -o "$1" mimap -o imap-without=BINARY fetch -P 1 "$0" | cksum' "$big" "$TMP/rss"
	is "$(cat "$TMP/out")" "$(cksum <"$TMP/D/big")" 'the same'
	ok "in less than 12 MiB too ($(cat "$TMP/rss") KiB)" test "$(cat "$TMP/rss")" -lt 12288
fi
done_testing
