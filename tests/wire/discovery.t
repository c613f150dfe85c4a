#!/bin/sh
# SPDX-License-Identifier: ISC
# -a with an address that no account has: servers by SRV records (RFC 6186, 8314), and none that a forged answer could slip in.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dns.sh"
need unbound perl openssl

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x -addext subjectAltName=DNS:localhost \
	-keyout "$TMP/key.pem" -out "$TMP/cert.pem" 2>/dev/null
PEER_CERT=$TMP/cert.pem PEER_KEY=$TMP/key.pem
export PEER_CERT PEER_KEY
# The only name that needs no resolver is localhost: it is domain and host here.
server sends 127.0.0.1 --tls <<'X'
S: 220 mx
C: EHLO us.example
S: 250-mx
S: 250 AUTH PLAIN
C: AUTH PLAIN AGFubkBsb2NhbGhvc3QAc2VjcmV0
S: 235 welcome
C: MAIL FROM:<ann@localhost>
S: 250 ok
C: RCPT TO:<bob@example.net>
S: 250 ok
C: DATA
S: 354 go on
C~ ^Date:
C~ ^From: ann@localhost$
C~ ^Message-ID:
C: 
C: hello
C: .
S: 250 taken
C: QUIT
X
MX_PORT_SMTP=$MX_PORT MX_PORT=0
server pops 127.0.0.1 --tls <<'X'
S: +OK pop
S! stall
X
MX_PORT_POP=$MX_PORT MX_PORT=0
server imaps 127.0.0.1 --tls <<'X'
S: * OK imap
S! stall
X
MX_PORT_IMAP=$MX_PORT

P6=$(free_port)
start_dns <<X
    interface: ::1@$P6
    do-ip6: yes
    local-zone: "localhost." static
    local-data: "_submissions._tcp.localhost. SRV 0 1 $MX_PORT_SMTP localhost."
    local-data: "_submission._tcp.localhost. SRV 0 1 1 localhost."
    local-data: "_pop3s._tcp.localhost. SRV 0 1 $MX_PORT_POP localhost."
    local-data: "_imaps._tcp.localhost. SRV 0 1 $MX_PORT_IMAP localhost."
    local-data: "_submission._tcp.start.example. SRV 0 1 587 mail.start.example."
    local-data: "_submissions._tcp.away.example. SRV 0 1 465 mail.evil.example."
    local-data: "_submissions._tcp.none.example. SRV 0 0 0 ."
    local-zone: "broken.example." refuse
X
hi() { echo hello | msend -o helo=us.example -o tls-ca="$TMP/cert.pem" -o "resolver=$RESOLVER" "$@"; }

exits 0 'msend finds its server, and logs in with the whole address' hi -a ann@localhost -o 'password=!echo secret' bob@example.net
is "$(cat "$TMP/out" "$TMP/err")" '' 'in silence'
peer_ok sends

MX_PORT=$MX_PORT_SMTP
server sends 127.0.0.1 --tls <<'X'
S: 220 mx
C: EHLO us.example
S: 250-mx
S: 250 AUTH PLAIN
C: QUIT
X
exits 0 'msend -C with an address shows its server, without a password' msend -C -o helo=us.example -o tls-ca="$TMP/cert.pem" \
	-o "resolver=$RESOLVER" ann@localhost
like "$(cat "$TMP/out")" "^found	smtps://localhost:$MX_PORT_SMTP, by the SRV records of localhost" 'and how it was found'
peer_ok sends

more="-o resolver=$RESOLVER -o tls-ca=$TMP/cert.pem -o timeout=1"
exits 75 'mpop finds its server' mpop -v -a ann@localhost $more -o 'password=!echo secret' -l
like "$(cat "$TMP/err")" '^S: \+OK pop' 'which answers'
exits 75 'mimap finds its server' mimap -v -a ann@localhost $more -o 'password=!echo secret' ls
like "$(cat "$TMP/err")" '^S: \* OK imap' 'which answers'

exits 0 '-n shows what is found' hi -n -a ann@start.example bob@example.net
like "$(cat "$TMP/out")" '^via	smtp://mail.start.example' 'STARTTLS where there is nothing better'
like "$(cat "$TMP/out")" '^from	ann@start.example' 'and the sender'

exits 0 'a resolver that is reached by IPv6' hi -n -o "resolver=[::1]:$P6" -a ann@start.example bob@example.net
like "$(cat "$TMP/out")" '^via	smtp://mail.start.example' 'answers too'

# fails CODE ERE ADDRESS
fails() {
	exits "$1" "$1: $3" hi -a "$3" bob@example.net
	like "$(cat "$TMP/err")" "$2" "  says $2"
}
fails 77 'not within it, and nothing proves that; if it is right, use -a smtps://ann%40away.example@mail.evil.example:465' ann@away.example
fails 78 'none.example names no server for it .SRV records _submissions._tcp and _submission._tcp' ann@none.example
fails 78 'nosuch.example names no server for it' ann@nosuch.example
fails 75 "broken.example can't be looked up" ann@broken.example
fails 64 'not an address' 'ann@'

# Without a name server the mail waits, and is queued where that is wanted.
exits 75 '-C without a name server' msend -C -o "resolver=$RESOLVER" ann@broken.example
exits 0 '-q without a name server' hi -q -a ann@broken.example bob@example.net
exits 0 '-Q' hi -Q -a ann@start.example bob@example.net
is "$(mqueue ls | grep -c .)" 2 'both are in the queue'
is "$(mqueue ls -l | grep -c 'ann@broken.example')" 1 'from the address'

# An account that has the address comes first; what stands before the first account holds.
mkdir -p "$XDG_CONFIG_HOME/pennypost"
cat >"$XDG_CONFIG_HOME/pennypost/config" <<X
resolver $RESOLVER
account mine
	from ann@start.example
	send smtps://mail.example.org
account bob@start.example
	send smtps://other.example.org
X
exits 0 'an account has the address' msend -n -a ann@start.example bob@example.net </dev/null -s x
like "$(cat "$TMP/out")" '^via	smtps://mail.example.org' 'it is used'
exits 0 'an account has the name' msend -n -a bob@start.example bob@example.net </dev/null -s x
like "$(cat "$TMP/out")" '^via	smtps://other.example.org' 'it is used'
exits 0 'none has' msend -n -a carol@start.example bob@example.net </dev/null -s x
like "$(cat "$TMP/out")" '^via	smtp://mail.start.example' 'the resolver of the configuration is asked'
done_testing
