#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap and a server that is not on this machine, as far as it can tell: an address of its own in a network of its own. Where compression
# pays, and how watch hears that the network has changed.
if [ "$1" != inside ]; then
	{ unshare -rn ip link set lo up; } 2>/dev/null || { echo '1..0 # SKIP no network namespaces here'; exit 0; }
	exec unshare -rn "$0" inside
fi
. "$(dirname "$0")/../lib.sh"
ip link set lo up
ip addr add 192.0.2.1/32 dev lo

# far NAME <<transcript: $FAR is its URL
far() {
	cat >"$TMP/$1.peer"
	rm -f "$TMP/$1.peer.result" "$TMP/$1.port"
	"$BUILD/tests/tools/peer" --listen --address 192.0.2.1 "$TMP/$1.peer" >"$TMP/$1.port" &
	far_pid=$!
	at_exit "kill $far_pid 2>/dev/null"
	await 5 test -s "$TMP/$1.port"
	FAR="imap://ann@192.0.2.1:$(cat "$TMP/$1.port")"
}
ready='S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE COMPRESS=DEFLATE] ready'

if "$BUILD/tests/unit/deflate" | grep -q 'SKIP built without zlib'; then
	skip 'compression' 'built without zlib'
else
	far many <<-EOT
		$ready
		C: A1 EXAMINE "INBOX"
		C+ A2 COMPRESS DEFLATE
		S: * 1 EXISTS
		S: * OK [UIDVALIDITY 7] valid
		S: A1 OK
		S: A2 OK
		S! deflate
		C: A3 UID FETCH 1:200 (UID FLAGS INTERNALDATE BODY.PEEK[])
		S: * 1 FETCH (UID 5 FLAGS () BODY[] {5}
		S- five\n)\r\n
		S: A3 OK
		C: A4 LOGOUT
		S: A4 OK
	EOT
	exits 0 'many messages are fetched' mimap -a "$FAR" -o tls=off fetch -d "$TMP/M" 1:200
	peer_ok many
	is "$(cat "$TMP"/M/new/*)" five 'compressed'
fi
far few <<EOT
$ready
C: A1 EXAMINE "INBOX"
C+ A2 UID FETCH 5 (UID FLAGS INTERNALDATE BODY.PEEK[])
S: * 1 EXISTS
S: * OK [UIDVALIDITY 7] valid
S: A1 OK
S: * 1 FETCH (UID 5 FLAGS () BODY[] {5}
S- five\n)\r\n
S: A2 OK
C: A3 LOGOUT
S: A3 OK
EOT
exits 0 'few are, without another turn' mimap -a "$FAR" -o tls=off fetch -d "$TMP/M2" 5
peer_ok few

# --- The network changes: the server is asked whether it is there, long before it would be.
far change <<EOT
$ready
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH ALL
S: * OK [UIDVALIDITY 7] valid
S: A1 OK
S: * SEARCH
S: A2 OK
C: A3 IDLE
S: + idling
C: DONE
S: A3 OK
C: A4 IDLE
S: + idling
S: * 1 EXISTS
C: DONE
C: A5 UID FETCH 1:* (UID FLAGS)
S: A4 OK
S: * 1 FETCH (UID 1 FLAGS ())
S: A5 OK
S! drop
EOT
mimap -v -a "$FAR" -o tls=off -o deadline=20 watch -1 >"$TMP/out" 2>"$TMP/err" &
watch_pid=$!
at_exit "kill $watch_pid 2>/dev/null"
await 10 grep -q '^S: + idling' "$TMP/err"
ip link add pp0 type dummy 2>/dev/null && ip link set pp0 up && ip addr add 198.51.100.1/24 dev pp0 || ip addr add 192.0.2.9/24 dev lo
wait "$watch_pid"
is "$?" 0 'watch goes on after a change of the network'
peer_ok change
is "$(cut -f 1-3 "$TMP/out")" 'INBOX	new	1' 'and tells what happens'
done_testing
