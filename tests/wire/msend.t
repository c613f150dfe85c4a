#!/bin/sh
# SPDX-License-Identifier: ISC
# msend's dialogue with a server, RFC 5321 and 2920: in how few flights, what each reply leads to, and the exit code.
. "$(dirname "$0")/../lib.sh"

cat >"$TMP/message" <<'X'
From: Ann <ann@example.org>
To: bob@example.net
Date: Sun, 22 Nov 2026 10:00:00 +0000
Message-ID: <1@example.org>

hello
.
..dot
X

# send ARG…: the message, to $PEER
send() {
	msend -a "$PEER" -f ann@example.org -o helo=client.example.org "$@" <"$TMP/message"
}

hello='S: 220 mx.example.net ESMTP
C: EHLO client.example.org'
offer='S: 250-mx.example.net
S: 250-PIPELINING
S: 250-SIZE 10000000
S: 250-8BITMIME
S: 250 ENHANCEDSTATUSCODES'
body='C: From: Ann <ann@example.org>
C: To: bob@example.net
C: Date: Sun, 22 Nov 2026 10:00:00 +0000
C: Message-ID: <1@example.org>
C: 
C: hello
C: ..
C: ...dot'

peer happy <<X
$hello
$offer
C: MAIL FROM:<ann@example.org> SIZE=137
C+ RCPT TO:<bob@example.net>
C+ RCPT TO:<carol@example.net>
C+ DATA
S: 250 2.1.0 ok
S: 250 2.1.5 ok
S: 250 2.1.5 ok
S: 354 go on
$body
C+ .
C+ QUIT
S: 250 2.0.0 taken
S: 221 2.0.0 bye
X
exits 0 'pipelined: accepted' send bob@example.net,carol@example.net
is "$(cat "$TMP/out" "$TMP/err")" '' 'success is silent'
peer_ok happy

peer plain <<X
S: 220 mx.example.net
C: EHLO client.example.org
S: 250 mx.example.net
C: MAIL FROM:<ann@example.org>
S: 250 ok
C: RCPT TO:<bob@example.net>
S: 250 ok
C: DATA
S: 354 go on
$body
C: .
S: 250 taken
C: QUIT
X
exits 0 'not pipelined: accepted' send bob@example.net
peer_ok plain

peer helo <<X
$hello
S: 502 what?
C: HELO client.example.org
S: 250 mx.example.net
C: MAIL FROM:<>
S: 250 ok
C: RCPT TO:<bob@example.net>
S: 250 ok
C: DATA
S: 354 go on
$body
C: .
S: 250 taken
C: QUIT
X
exits 0 'HELO where EHLO is not known; the null sender' send -f '' bob@example.net
peer_ok helo

peer chunking <<X
$hello
S: 250-mx.example.net
S: 250-PIPELINING
S: 250 CHUNKING
C: MAIL FROM:<ann@example.org>
C+ RCPT TO:<bob@example.net>
C+ BDAT 137 LAST
C: From: Ann <ann@example.org>
C: To: bob@example.net
C: Date: Sun, 22 Nov 2026 10:00:00 +0000
C: Message-ID: <1@example.org>
C: 
C: hello
C: .
C: ..dot
C+ QUIT
S: 250 ok
S: 250 ok
S: 250 taken
S: 221 bye
X
exits 0 'CHUNKING: everything in one flight, dots as they are' send bob@example.net
peer_ok chunking

peer chunking-refused <<X
$hello
S: 250-mx.example.net
S: 250-PIPELINING
S: 250 CHUNKING
C: MAIL FROM:<ann@example.org>
C: RCPT TO:<bob@example.net>
C: BDAT 137 LAST
C* 137
C: QUIT
S: 250 ok
S: 550 5.1.1 no bob
S: 503 5.5.1 nobody to take it
S: 221 bye
X
exits 67 'CHUNKING with nobody taken: no such user' send bob@example.net
is "$(cat "$TMP/err")" 'msend: server refused <bob@example.net>: "550 5.1.1 no bob"' 'the reply to RCPT is shown, not that to BDAT'
peer_ok chunking-refused

peer partial <<X
$hello
$offer
C: MAIL FROM:<ann@example.org> SIZE=137
C: RCPT TO:<bob@example.net>
C: RCPT TO:<nobody@example.net>
C: RCPT TO:<full@example.net>
C: DATA
S: 250 ok
S: 250 ok
S: 550-5.1.1 no such
S: 550 5.1.1 user
S: 452 4.2.2 mailbox full
S: 354 go on
$body
C: .
S: 250 taken
C: MAIL FROM:<ann@example.org> SIZE=137
C: RCPT TO:<full@example.net>
C: DATA
S: 250 ok
S: 452 4.2.2 mailbox full
S: 554 no recipients
C: RSET
S: 250
X
sed -i -e 's/^C: RSET/C: QUIT/' -e '/^S: 250$/d' "$TMP/partial.peer"
exits 75 'good recipients are served: what can be tried again decides' send bob@example.net nobody@example.net full@example.net
is "$(cat "$TMP/err")" 'msend: server refused <nobody@example.net>: "550 5.1.1 no such user"
msend: server did not take <full@example.net>: "452 4.2.2 mailbox full"' 'a line for each that failed'
peer_ok partial

peer toomany <<X
$hello
$offer
C: MAIL FROM:<ann@example.org> SIZE=137
C: RCPT TO:<a@example.net>
C: RCPT TO:<b@example.net>
C: DATA
S: 250 ok
S: 250 ok
S: 452 4.5.3 too many
S: 354 go on
$body
C: .
S: 250 taken
C: MAIL FROM:<ann@example.org> SIZE=137
C: RCPT TO:<b@example.net>
C: DATA
S: 250 ok
S: 250 ok
S: 354 go on
$body
C: .
C: QUIT
S: 250 taken
X
exits 0 'more recipients than the server takes at once: another transaction' send a@example.net b@example.net
peer_ok toomany

peer refused <<X
$hello
$offer
C: MAIL FROM:<ann@example.org> SIZE=137
C: RCPT TO:<a@example.net>
C: RCPT TO:<b@example.net>
C: DATA
S: 250 ok
S: 550 no such user
S: 553 5.1.3 bad address
S: 354 go on
C: .
S: 554 5.5.1 no valid recipients
C: QUIT
X
exits 67 '354 with nobody taken: a lone dot, and no message' send a@example.net b@example.net
peer_ok refused

peer relay <<X
$hello
$offer
C: MAIL FROM:<ann@example.org> SIZE=137
C: RCPT TO:<a@example.net>
C: DATA
S: 250 ok
S: 554 5.7.1 relay access denied
S: 503 no
C: QUIT
X
exits 69 'refused for another reason than the address' send a@example.net
peer_ok relay

peer mail-refused <<X
$hello
$offer
C: MAIL FROM:<ann@example.org> SIZE=137
C: RCPT TO:<a@example.net>
C: RCPT TO:<b@example.net>
C: DATA
S: 451 4.7.1 greylisted
S: 503 no
S: 503 no
S: 503 no
C: QUIT
X
exits 75 'MAIL refused: its reply is what counts for everybody' send a@example.net b@example.net
is "$(grep -c greylisted "$TMP/err")" 2 'and is told for everybody'
peer_ok mail-refused

peer data-refused <<X
$hello
$offer
C: MAIL FROM:<ann@example.org> SIZE=137
C: RCPT TO:<a@example.net>
C: DATA
S: 250 ok
S: 250 ok
S: 354 go on
$body
C: .
C: QUIT
S: 554 5.6.0 spam
S: 221 bye
X
exits 69 'the message refused after the dot' send a@example.net
is "$(cat "$TMP/err")" 'msend: server refused <a@example.net>: "554 5.6.0 spam"' 'in the server'"'"'s words'
peer_ok data-refused

peer toolarge <<X
$hello
S: 250-mx
S: 250 SIZE 100
C: QUIT
X
exits 69 'larger than the server says it takes: not tried' send a@example.net
like "$(cat "$TMP/err")" '137 octets, the server takes at most 100' 'both sizes are named'
peer_ok toolarge

peer utf8 <<X
$hello
$offer
C: MAIL FROM:<ann@example.org> SIZE=137
C: RCPT TO:<bob@example.net>
C: DATA
S: 250 ok
S: 250 ok
S: 354 go on
$body
C: .
C: QUIT
S: 250 taken
X
exits 69 'an address beyond ASCII needs SMTPUTF8, the others go' send bob@example.net zoë@example.net
like "$(cat "$TMP/err")" '<zoë@example.net>.*SMTPUTF8' 'and it is said'
peer_ok utf8

peer smtputf8 <<X
$hello
S: 250-mx
S: 250-8BITMIME
S: 250 SMTPUTF8
C: MAIL FROM:<ann@example.org> SMTPUTF8
S: 250 ok
C: RCPT TO:<zoë@example.net>
S: 250 ok
C: DATA
S: 354 go on
$body
C: .
S: 250 taken
C: QUIT
X
exits 0 'SMTPUTF8 asked for where an address needs it' send zoë@example.net
peer_ok smtputf8

for reply in '250-ok
S: 251 other code' '25x what' '600 what' 'hello' '250-
S: hello'; do
	peer broken <<X
$hello
S: $reply
X
	exits 76 "no reply: $(printf %s "$reply" | head -n 1)" send bob@example.net
done

peer longline <<X
$hello
S- 250-
S* 65536 a
X
exits 76 'a line of 64 KiB' send bob@example.net
like "$(cat "$TMP/err")" 'line of more than' 'is called that'

{
	printf '%s\n' "$hello"
	i=0
	while [ $i -lt 513 ]; do echo 'S: 250-X'; i=$((i + 1)); done
	echo 'S: 250 X'
} >"$TMP/script"
peer lines <"$TMP/script"
exits 76 'a reply of 514 lines' send bob@example.net

peer control <<X
$hello
$offer
C: MAIL FROM:<ann@example.org> SIZE=137
C: RCPT TO:<bob@example.net>
C: DATA
S: 250 ok
S: 550 5.1.1 \x1b[2Jno\x9b bob
S: 503 no
C: QUIT
X
exits 67 'control octets in a reply' send bob@example.net
ok 'do not reach the terminal' sh -c '! LC_ALL=C grep -q "[[:cntrl:]]" "$1"' sh "$TMP/err"

# A line end of any kind leaves as CRLF.
printf 'A: b\n\ncr\rlf\ncrlf\r\n.\rx' >"$TMP/ends"
peer ends <<X
$hello
S: 250 mx
C: MAIL FROM:<ann@example.org>
S: 250 ok
C: RCPT TO:<bob@example.net>
S: 250 ok
C: DATA
S: 354 go on
C~ ^A: b
C~ ^Date: 
C~ ^From: ann@example.org
C~ ^Message-ID: <.*>
C: 
C: cr
C: lf
C: crlf
C: ..
C: x
C: .
S: 250 taken
C: QUIT
X
exits 0 'LF, CR and CRLF' sh -c 'msend -a "$1" -f ann@example.org -o helo=client.example.org bob@example.net <"$2"' sh "$PEER" "$TMP/ends"
peer_ok ends

# What the server can't take is encoded anew, where that is possible.
printf 'Subject: x\nDate: y\nFrom: z@z\nMessage-ID: <1@z>\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGr\303\274\303\237e = da\n' >"$TMP/eight"
peer eight <<X
$hello
S: 250 mx
C: MAIL FROM:<ann@example.org>
S: 250 ok
C: RCPT TO:<bob@example.net>
S: 250 ok
C: DATA
S: 354 go on
C: Subject: x
C: Date: y
C: From: z@z
C: Message-ID: <1@z>
C: Content-Type: text/plain; charset=utf-8
C: MIME-Version: 1.0
C: Content-Transfer-Encoding: quoted-printable
C: 
C: Gr=C3=BC=C3=9Fe =3D da
C: .
S: 250 taken
C: QUIT
X
cp "$TMP/message" "$TMP/save"
cp "$TMP/eight" "$TMP/message"
exits 0 '8-bit text to a server without 8BITMIME' send bob@example.net
peer_ok eight
peer eightbit <<X
$hello
S: 250-mx
S: 250 8BITMIME
C: MAIL FROM:<ann@example.org> BODY=8BITMIME
S: 250 ok
C: RCPT TO:<bob@example.net>
S: 250 ok
C: DATA
S: 354 go on
C* 141
C: .
S: 250 taken
C: QUIT
X
exits 0 '8-bit text to a server with 8BITMIME' send bob@example.net
peer_ok eightbit
{ printf 'Subject: x\nDate: y\nFrom: z@z\nMessage-ID: <1@z>\n\n'; head -c 2000 /dev/zero | tr '\0' a; echo; } >"$TMP/message"
peer long <<X
$hello
S: 250 mx
C: MAIL FROM:<ann@example.org>
S: 250 ok
C: RCPT TO:<bob@example.net>
S: 250 ok
C: DATA
S: 354 go on
C: Subject: x
C: Date: y
C: From: z@z
C: Message-ID: <1@z>
C: MIME-Version: 1.0
C: Content-Type: text/plain; charset=us-ascii
C: Content-Transfer-Encoding: quoted-printable
C: 
$(i=0; while [ $i -lt 26 ]; do printf 'C: %075d=\n' 0 | tr 0 a; i=$((i + 1)); done)
C~ ^a{50}\$
C: .
S: 250 taken
C: QUIT
X
exits 0 'a line of 2000 octets' send bob@example.net
peer_ok long

# Attachments: types by name or content, a message as it is.
printf 'Subject: inner\n\nhi\n' >"$TMP/inner.eml"
printf 'Subject: inner\n\n\303\274\n' >"$TMP/eight.eml"
printf '%%PDF-1.7\n' >"$TMP/document"
exits 0 'attachments' sh -c 'cat "$0/document" | msend -n -a lmtp+unix:/nowhere -s x -A "$0/inner.eml" -A "$0/eight.eml" -A "$0/document" -A /dev/fd/3 \
    -f ann@example.org bob@example.net 3<"$0/inner.eml" </dev/null' "$TMP"
is "$(grep -A 1 '^Content-Type: [^m]\|^Content-Type: message' "$TMP/out" | grep '^Content')" 'Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit
Content-Type: message/rfc822
Content-Transfer-Encoding: 7bit
Content-Type: message/rfc822
Content-Transfer-Encoding: 8bit
Content-Type: application/pdf
Content-Transfer-Encoding: base64
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: base64' 'types and encodings'
like "$(cat "$TMP/out")" '^Subject: inner$' 'a message as it is'

# A last line that nothing ends: only the end of the input tells whether it is of the header.
printf 'no header at all' >"$TMP/body"
exits 0 'a body without header and line end, from a pipe' sh -c 'cat "$0" | msend -n -a lmtp+unix:/nowhere -f ann@example.org bob@example.net' "$TMP/body"
is "$(tail -n 2 "$TMP/out")" "
no header at all" '… is a body'
exits 0 'and from a file' sh -c 'msend -n -a lmtp+unix:/nowhere -f ann@example.org bob@example.net <"$0"' "$TMP/body"
is "$(tail -n 2 "$TMP/out")" "
no header at all" '… is a body'

done_testing
