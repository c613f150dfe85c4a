#!/bin/sh
# SPDX-License-Identifier: ISC
# BINARYMIME (RFC 3030 3): a message with binary parts goes octet for octet where that is offered, else in base64.
. "$(dirname "$0")/../lib.sh"

send() {
	msend -a "$PEER" -f ann@example.org -o helo=client.example.org bob@example.net <"$TMP/message"
}
# session NAME OFFERS PARAMETERS FILE: what the client must send is in FILE
session() {
	peer "$1" <<X
S: 220 mx
C: EHLO client.example.org
S: 250-mx
$2
S: 250 PIPELINING
C: MAIL FROM:<ann@example.org>$3
C: RCPT TO:<bob@example.net>
C: BDAT $(wc -c <"$4" | tr -d ' ') LAST
C* $(wc -c <"$4" | tr -d ' ')
C: QUIT
S: 250 ok
S: 250 ok
S: 250 taken
X
	PEER="exec:tee $TMP/wire | $BUILD/tests/tools/peer $TMP/$1.peer"
}
# The message as it stood on the wire.
sent() { perl -0777 -ne 's/^.*?BDAT \d+ LAST\r\n//s; s/QUIT\r\n$//; print' "$TMP/wire"; }
all=$(printf 'S: 250-8BITMIME\nS: 250-BINARYMIME\nS: 250-CHUNKING')

head='Subject: b\nDate: x\nFrom: y@z\nMessage-ID: <1@z>\nMIME-Version: 1.0\n'
octets='\n\000\r.\n\377\r\nx\n.\r\001'
multi="${head}Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: binary\n\n--b\n\ntext\n--b
Content-Type: application/octet-stream\nContent-Transfer-Encoding: binary\n\n"
printf "$multi$octets" >"$TMP/message"
printf '\n--b--\n' >>"$TMP/message"

{
	printf "$multi" | sed 's/$/\r/'
	printf "$octets"
	printf '\r\n--b--\r\n'
} >"$TMP/want"
session exact "$all" ' BODY=BINARYMIME' "$TMP/want"
exits 0 'a multipart message, BINARYMIME offered' send
sent >"$TMP/got"
same "$TMP/got" "$TMP/want" 'the part goes octet for octet, all else with CRLF'
peer_ok exact

{
	printf "$multi" | perl -0pe 's/: binary/: 7bit/; s/: binary/: base64/'
	printf "$octets" | openssl base64 -A; echo
	printf -- '--b--\n'
} | sed 's/$/\r/' >"$TMP/want"
session encoded "$(printf 'S: 250-8BITMIME\nS: 250-CHUNKING')" '' "$TMP/want"
exits 0 'not offered' send
sent >"$TMP/got"
same "$TMP/got" "$TMP/want" 'the part goes in base64, and the message says so'
peer_ok encoded

# One part, no end of line; and one larger than what is held of a line.
{ printf "${head}Content-Type: application/octet-stream\nContent-Transfer-Encoding: binary\n\n"; printf "$octets"; head -c 70000 /dev/urandom; } >"$TMP/message"
{ sed '/^$/q' "$TMP/message" | sed 's/$/\r/'; printf "$octets"; tail -c 70000 "$TMP/message"; } >"$TMP/want"
session single "$all" ' BODY=BINARYMIME' "$TMP/want"
exits 0 'a message that is one binary part' send
sent >"$TMP/got"
same "$TMP/got" "$TMP/want" 'octet for octet'
peer_ok single

{
	sed '/^$/q; s/: binary$/: base64/' "$TMP/message"
	{ printf "$octets"; tail -c 70000 "$TMP/message"; } | openssl base64 -A | fold -w 76; echo
} | sed 's/$/\r/' >"$TMP/want"
session lone "$(printf 'S: 250-8BITMIME\nS: 250-CHUNKING')" '' "$TMP/want"
exits 0 'the same, not offered' send
sent >"$TMP/got"
same "$TMP/got" "$TMP/want" 'in base64'
peer_ok lone

done_testing
