#!/bin/sh
# SPDX-License-Identifier: ISC
# LMTP (RFC 2033): LHLO, and a reply for each recipient after the dot.
. "$(dirname "$0")/../lib.sh"

# listen NAME <<transcript: $PEER is then lmtp:// to it
listen() {
	cat >"$TMP/$1.peer"
	rm -f "$TMP/$1.peer.result"
	"$BUILD/tests/tools/peer" --listen "$TMP/$1.peer" >"$TMP/$1.port" &
	listener=$!
	at_exit "kill $listener 2>/dev/null"
	await 5 test -s "$TMP/$1.port"
	PEER=lmtp://127.0.0.1:$(cat "$TMP/$1.port")
}

send() {
	echo hello | msend -a "$PEER" -o tls=off -f ann@example.org -o helo=client.example.org "$@"
}

begin='S: 220 mx LMTP
C: LHLO client.example.org
S: 250-mx
S: 250-CHUNKING
S: 250 PIPELINING
C: MAIL FROM:<ann@example.org>
C+ RCPT TO:<a@example.net>
C+ RCPT TO:<b@example.net>
C+ RCPT TO:<c@example.net>
C+ DATA'
body='C~ ^Date: 
C~ ^From: 
C~ ^Message-ID: 
C: 
C: hello
C: .
C: QUIT'

listen each <<X
$begin
S: 250 ok
S: 250 ok
S: 550 5.1.1 no such user
S: 250 ok
S: 354 go on
$body
S: 250 2.0.0 delivered
S: 452 4.2.2 full
S: 221 bye
X
exits 75 'each recipient has its own reply' send a@example.net b@example.net c@example.net
is "$(cat "$TMP/err")" 'msend: server refused <b@example.net>: "550 5.1.1 no such user"
msend: server did not take <c@example.net>: "452 4.2.2 full"' 'after RCPT, or after the dot'
peer_ok each

listen lost <<X
$begin
S: 250 ok
S: 250 ok
S: 250 ok
S: 250 ok
S: 354 go on
$body
S: 250 2.0.0 delivered
S! drop
X
exits 75 'dropped between the replies' send a@example.net b@example.net c@example.net
is "$(grep -c 'may have been delivered' "$TMP/err")" 2 'for those that have none nobody knows'
unlike "$(cat "$TMP/err")" '<a@example.net>' 'and the first is delivered'

listen nohello <<X
S: 220 mx ESMTP
C: LHLO client.example.org
S: 500 what?
C: QUIT
X
exits 69 'a server that does not know LHLO is none of LMTP' send a@example.net
peer_ok nohello

done_testing
