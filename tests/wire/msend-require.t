#!/bin/sh
# SPDX-License-Identifier: ISC
# REQUIRETLS (RFC 8689): asked for by the require-tls key, refused where it can't be had; TLS-Required: No by mx:.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dns.sh"
need unbound perl openssl

start_dns <<'X'
    local-data: "bare.example. A 127.0.0.2"
    local-data: "two.example. MX 10 a.two.example."
    local-data: "two.example. MX 20 b.two.example."
    local-data: "a.two.example. A 127.0.0.2"
    local-data: "b.two.example. A 127.0.0.3"
X
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout "$TMP/key.pem" -out "$TMP/cert.pem" >"$TMP/log" 2>&1 || skip_all 'no certificate can be made'
export PEER_CERT="$TMP/cert.pem" PEER_KEY="$TMP/key.pem"

cat >"$TMP/message" <<'X'
From: Ann <ann@example.org>
Date: Sun, 22 Nov 2026 10:00:00 +0000
Message-ID: <1@example.org>

hello
X
# script NAME OFFER PARAMETER: a session by TLS
dialogue() {
	echo 'S: 220 mx'
	echo 'C: EHLO us.example'
	echo 'S: 250-mx'
	echo "S: 250-$1"
	echo 'S: 250 PIPELINING'
	[ $# -lt 2 ] || cat <<-X
		C: MAIL FROM:<ann@example.org>$2
		C: RCPT TO:<bob@example.net>
		C: DATA
		S: 250 ok
		S: 250 ok
		S: 354 go on
	X
	[ $# -lt 2 ] || sed 's/^/C: /' "$TMP/message"
	[ $# -lt 2 ] || printf 'C: .\nC: QUIT\nS: 250 taken\n'
	[ $# -ge 2 ] || echo 'C: QUIT'
}
listen() {
	cat >"$TMP/$1.peer"
	rm -f "$TMP/$1.peer.result" "$TMP/$1.port"
	"$BUILD/tests/tools/peer" --listen --tls "$TMP/$1.peer" >"$TMP/$1.port" &
	at_exit "kill $! 2>/dev/null"
	await 5 test -s "$TMP/$1.port"
	PORT=$(cat "$TMP/$1.port")
}
send() {
	msend -a "smtps://localhost:$PORT" -o tls-ca="$TMP/cert.pem" -o helo=us.example -f ann@example.org "$@" bob@example.net <"$TMP/message"
}

dialogue REQUIRETLS ' REQUIRETLS' >"$TMP/script"
listen asks <"$TMP/script"
cp "$TMP/script" "$TMP/again"
exits 0 'require-tls, offered' send -o require-tls=on
peer_ok asks

dialogue REQUIRETLS '' >"$TMP/script"
listen offered <"$TMP/script"
exits 0 'offered, and not asked for' send
peer_ok offered

dialogue 8BITMIME >"$TMP/script"
listen lacks <"$TMP/script"
exits 69 'require-tls, not offered: nothing is sent' send -o require-tls=on
like "$(cat "$TMP/err")" 'does not offer REQUIRETLS, so nothing was sent' 'and it is said'
peer_ok lacks

peer clear <<X
$(dialogue REQUIRETLS)
X
exits 69 'offered in clear: that is no TLS' sh -c 'msend -a "$1" -o require-tls=on -o helo=us.example -f ann@example.org bob@example.net <"$2"' sh "$PEER" "$TMP/message"
like "$(cat "$TMP/err")" 'not reached by TLS, which require-tls demands' 'and it is said'
peer_ok clear

mkdir -p "$XDG_CONFIG_HOME/pennypost" "$TMP/bin"
ln -s "$BUILD/msend" "$TMP/bin/sendmail"
listen asks <"$TMP/again"
printf 'send smtps://localhost:%s\ntls-ca %s\nhelo us.example\n' "$PORT" "$TMP/cert.pem" >"$XDG_CONFIG_HOME/pennypost/config"
exits 0 'sendmail -O requiretls' sh -c '"$1" -O requiretls -f ann@example.org bob@example.net <"$2"' sh "$TMP/bin/sendmail" "$TMP/message"
peer_ok asks
exits 75 'what can not be sent now' sh -c '"$1" -O requiretls -f ann@example.org bob@example.net <"$2"' sh "$TMP/bin/sendmail" "$TMP/message"
like "$(cat "$TMP/err")" 'not queued: the queue would forget require-tls' 'is not queued'

exits 64 'require-tls=perhaps' send -o require-tls=perhaps

# Between servers.
mx() {
	msend -a mx: -f ann@example.org -o helo=us.example -o "resolver=$RESOLVER" -o "mx-port=$MX_PORT" -o timeout=10 "$@" <"$TMP/message"
}
server first 127.0.0.2 <<'X'
S: 220 mx
X
exits 69 'mx: whose exchangers nobody vouches for' mx -o require-tls=on bob@two.example
like "$(cat "$TMP/err")" 'neither validated by DNSSEC nor told by an MTA-STS policy' 'nothing is sent, and it is said'
ok 'nobody was called' test ! -e "$TMP/first.peer.result"

done_testing
