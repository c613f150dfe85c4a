#!/bin/sh
# SPDX-License-Identifier: ISC
# What a queue file says that its sender wants to hear goes along (RFC 3461), the result lines tell who spoke, and that nobody could.
. "$(dirname "$0")/../lib.sh"

mkdir -p "$XDG_CONFIG_HOME/pennypost"
cat >"$XDG_CONFIG_HOME/pennypost/config" <<X
helo client.example.org
account with
	send exec:$BUILD/tests/tools/peer $TMP/with.peer
account without
	send exec:$BUILD/tests/tools/peer $TMP/without.peer
account nameless
	send mx:
	resolver 127.0.0.1:1
account far
	send smtp://192.0.2.1
	tls off
X
add() { printf 'Date: x\nFrom: y@z\nMessage-ID: <1@z>\n\nm\n' | mqueue add -f ann@example.org "$@" >/dev/null; }
batch() {
	for f in "$PENNYPOST_QUEUE"/new/*; do echo "$f"; done | msend -B >"$TMP/out" 2>"$TMP/err"
	cut -f2- "$TMP/out"
	rm -f "$PENNYPOST_QUEUE"/new/*
}
tabs() { printf "$1"; }

# dialogue NAME OFFERS MAIL RCPT1 RCPT2
dialogue() {
	peer "$1" <<X
S: 220 mx
C: EHLO client.example.org
S: 250-mx
$2S: 250 PIPELINING
C: MAIL FROM:<ann@example.org>$3
C: RCPT TO:<bob@example.net>$4
C: RCPT TO:<eve@example.net>$5
C: DATA
S: 250 ok
S: 250 ok
S: 550 5.1.1 no
S: 354 go
C: Date: x
C: From: y@z
C: Message-ID: <1@z>
C: 
C: m
C: .
S: 250 2.0.0 taken
C: QUIT
S: 221 bye
X
}
dialogue with 'S: 250-DSN
' ' RET=HDRS ENVID=a+2Bb' ' NOTIFY=SUCCESS,DELAY ORCPT=rfc822;robert@example.org' ' NOTIFY=SUCCESS,DELAY'
add -a with -N delay,success -R hdrs -V a+b bob@example.net eve@example.net
file=$(echo "$PENNYPOST_QUEUE"/new/*)
awk 'NR == 1 { print "Penny-Queue: 1 " sprintf("%010d", $3 + length("Penny-Orcpt: rfc822;robert@example.org\n")); next }
	{ print } /^Penny-Notify/ && !n++ { print "Penny-Orcpt: rfc822;robert@example.org" }' "$file" >"$TMP/entry"
cat "$TMP/entry" >"$file"
is "$(batch)" "$(tabs 'bob@example.net\tok\t250\t2.0.0\t250 2.0.0 taken\t\tdsn\neve@example.net\trefused\t550\t5.1.1\t550 5.1.1 no\t\tdsn')" 'a server that offers DSN is told, and the lines say so'
peer_ok with

dialogue without '' '' '' ''
add -a without -N delay,success -R hdrs -V a+b bob@example.net eve@example.net
is "$(batch)" "$(tabs 'bob@example.net\tok\t250\t2.0.0\t250 2.0.0 taken\neve@example.net\trefused\t550\t5.1.1\t550 5.1.1 no')" 'one that does not is not'
peer_ok without

# On TCP the server has a name.
cat >"$TMP/tcp.peer" <<'X'
S: 220 mx
C~ EHLO .*
S: 250 mx
C: MAIL FROM:<ann@example.org>
S: 250 ok
C: RCPT TO:<bob@example.net>
S: 550 5.1.1 no
C: QUIT
X
"$BUILD/tests/tools/peer" --listen "$TMP/tcp.peer" >"$TMP/port" &
await 10 test -s "$TMP/port"
add -a "smtp://localhost:$(cat "$TMP/port")" bob@example.net
set -- "$PENNYPOST_QUEUE"/new/*
is "$(echo "$1" | msend -o tls=off -B | cut -f3-)" "$(tabs 'refused\t550\t5.1.1\t550 5.1.1 no\tlocalhost')" 'who has spoken is named'
rm -f "$1"
wait

# Offline.
add -a nameless bob@example.net
like "$(batch)" "$(tabs '^bob@example.net\tlater\t\t4.4.3\t.*gives no answer')" 'no name server at all: 4.4.3, without a code'
if unshare -rn true 2>/dev/null; then
	add -a far bob@example.net
	alone=$(for f in "$PENNYPOST_QUEUE"/new/*; do echo "$f"; done | unshare -rn "$BUILD/msend" -B | cut -f2-)
	like "$alone" "$(tabs '^bob@example.net\tlater\t\t4.4.3\tconnect to 192.0.2.1.*unreachable')" 'no route: the same'
	rm -f "$PENNYPOST_QUEUE"/new/*
else
	skip 'no route' 'no network namespaces here'
fi
add -a smtp://127.0.0.1:1 bob@example.net
like "$(batch)" "$(tabs '^bob@example.net\tlater\t\t\tconnect to 127.0.0.1 .*refused')" 'nobody listening is something else'

done_testing
