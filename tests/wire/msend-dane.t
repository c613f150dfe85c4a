#!/bin/sh
# SPDX-License-Identifier: ISC
# DANE (RFC 7672) with a signed zone of our own and a resolver that validates it: TLSA records make TLS and the certificate a must.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dns.sh"
need unbound ldns-keygen ldns-signzone perl openssl

# An authority, a certificate that it signed, and one that nobody did.
cd "$TMP" || exit 1
new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'
openssl req -x509 $new -subj /CN=authority -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem 2>/dev/null
openssl req $new -subj /CN=x -keyout issued.key -out issued.csr 2>/dev/null
printf 'subjectAltName=DNS:mx.signed.example\n' >ext
openssl x509 -req -in issued.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out leaf.pem 2>/dev/null
cat leaf.pem ca.pem >issued.pem
openssl req -x509 $new -subj /CN=unnamed -keyout key.pem -out cert.pem 2>/dev/null
sha256() { openssl dgst -sha256 -r | cut -c 1-64; }
key_digest=$(openssl x509 -in cert.pem -pubkey -noout | openssl pkey -pubin -outform der | sha256)
ca_digest=$(openssl x509 -in ca.pem -outform der | sha256)
PEER_CERT=$TMP/cert.pem PEER_KEY=$TMP/key.pem
export PEER_CERT PEER_KEY

wrong=0000000000000000000000000000000000000000000000000000000000000000
{
	printf 'signed.example. 60 IN SOA ns.signed.example. root.signed.example. 1 60 60 600 60\n'
	printf 'signed.example. 60 IN NS ns.signed.example.\nns.signed.example. 60 IN A 127.0.0.1\n'
	while read -r name tlsa; do
		printf '%s.signed.example. 60 IN MX 10 mx.%s.signed.example.\nmx.%s.signed.example. 60 IN A 127.0.0.2\n' "$name" "$name" "$name"
		[ -z "$tlsa" ] || printf '_25._tcp.mx.%s.signed.example. 60 IN TLSA %s\n' "$name" "$tlsa"
	done <<-X
		key 3 1 1 $key_digest
		wrong 3 1 1 $wrong
		odd 3 1 9 $wrong
		pkix 1 1 1 $wrong
		broken 3 1 1 $key_digest
		without
		dup 3 1 1 $wrong
	X
	printf '_25._tcp.mx.dup.signed.example. 60 IN TLSA 3 1 1 %s\n' "$key_digest"
	printf 'authority.signed.example. 60 IN MX 10 mx.signed.example.\nmx.signed.example. 60 IN A 127.0.0.2\n'
	printf '_25._tcp.mx.signed.example. 60 IN TLSA 2 0 1 %s\n' "$ca_digest"
	printf 'bare.signed.example. 60 IN A 127.0.0.2\n_25._tcp.bare.signed.example. 60 IN TLSA 3 1 1 %s\n' "$key_digest"
	printf 'out.signed.example. 60 IN MX 10 mx.open.example.\n'
} >zone
key=$(ldns-keygen -a ECDSAP256SHA256 -k signed.example) && ldns-signzone -o signed.example -f zone.signed zone "$key" || exit 1
# One record is changed after it was signed.
sed "/^_25._tcp.mx.broken.signed.example.*TLSA.*3 1 1/s/3 1 1 .*/3 1 1 $wrong/" zone.signed >zone.changed

DNS_MODULES='validator iterator' start_dns <<X
    trust-anchor-file: "$TMP/$key.ds"
    local-zone: "signed.example." transparent
    local-data: "open.example. MX 10 mx.open.example."
    local-data: "mx.open.example. A 127.0.0.2"
    local-data: "_25._tcp.mx.open.example. TLSA 3 1 1 $wrong"
auth-zone:
    name: "signed.example."
    zonefile: "$TMP/zone.changed"
    for-downstream: no
    for-upstream: yes
X

cat >message <<'X'
From: Ann <ann@example.org>
Date: Sun, 22 Nov 2026 10:00:00 +0000
Message-ID: <1@example.org>

hello
X
send() {
	msend -a mx: -f ann@example.org -o helo=us.example -o "resolver=$RESOLVER" -o "mx-port=$MX_PORT" -o timeout=10 "$@" <"$TMP/message"
}
offer='S: 220 mx.example ESMTP
C: EHLO us.example
S: 250-mx.example
S: 250 STARTTLS'
tls='C: STARTTLS
S: 220 go on
S! starttls'
again='C: EHLO us.example
S: 250 mx.example'
# to ADDRESS: a transaction that succeeds, and the session's end
to() {
	printf 'C: MAIL FROM:<ann@example.org>\nS: 250 ok\nC: RCPT TO:<%s>\nS: 250 ok\nC: DATA\nS: 354 go on\n' "$1"
	sed 's/^/C: /' "$TMP/message"
	printf 'C: .\nS: 250 taken\nC: QUIT\n'
}

# taken ADDRESS WHY
taken() {
	server mx 127.0.0.2 <<X
$offer
$tls
$again
$(to "$1")
X
	exits 0 "$2: sent" send "$1"
	is "$(cat "$TMP/err")" '' '  in silence'
	peer_ok mx
}
# kept ADDRESS WHY ERE: nothing of the message leaves
kept() {
	server mx 127.0.0.2 <<X
$offer
$tls
X
	exits 77 "$2: kept" send "$1"
	like "$(cat "$TMP/err")" "$3" "  says $3"
	unlike "$(cat "$TMP/mx.peer.result")" 'MAIL' '  and nothing was sent'
}
taken bob@key.signed.example 'usage 3, the key matches'
taken bob@dup.signed.example 'usage 3, one of two matches'
taken bob@bare.signed.example 'no MX record, the domain is the host'
taken bob@odd.signed.example 'no usable record: TLS with any certificate'
taken bob@pkix.signed.example 'usage 1 only: TLS with any certificate'
taken bob@without.signed.example 'no record: TLS with any certificate'
taken bob@open.example 'an answer that is not validated does not count'
taken bob@out.signed.example 'nor one about a host in such a zone'
kept bob@wrong.signed.example 'usage 3, the key does not match' 'no matching DANE TLSA records'

server mx 127.0.0.2 --cert issued.pem --key issued.key <<X
$offer
$tls
$again
$(to bob@authority.signed.example)
X
exits 0 'usage 2, the authority and the name match: sent' send bob@authority.signed.example
peer_ok mx
kept bob@authority.signed.example 'usage 2, another authority' 'no matching DANE TLSA records'

server mx 127.0.0.2 <<'X'
S: 220 mx.example ESMTP
C: EHLO us.example
S: 250 mx.example
C: QUIT
X
exits 75 'TLSA, but STARTTLS is gone: kept' send bob@key.signed.example
like "$(cat "$TMP/err")" 'offers no STARTTLS, which its TLSA record demands, so nothing was sent' '  and it is said'
peer_ok mx

server mx 127.0.0.2 <<X
$offer
C: STARTTLS
S: 454 not now
C: QUIT
X
exits 75 'TLSA, but STARTTLS is refused: kept' send bob@key.signed.example
peer_ok mx

exits 75 'a TLSA record that is forged: the host is not called' send bob@broken.signed.example
like "$(cat "$TMP/err")" "_25._tcp.mx.broken.signed.example can't be looked up" '  and it is said'

server mx 127.0.0.2 <<X
$offer
$(to bob@wrong.signed.example)
X
exits 0 'tls=off counts more' send -o tls=off bob@wrong.signed.example
peer_ok mx

# REQUIRETLS (RFC 8689): validated exchangers, a certificate that is right, and the offer.
server mx 127.0.0.2 <<X
$offer
$tls
C: EHLO us.example
S: 250-mx.example
S: 250 REQUIRETLS
$(to bob@key.signed.example | sed 's/^C: MAIL.*/& REQUIRETLS/')
X
exits 0 'require-tls: all that it takes is there' send -o require-tls=on bob@key.signed.example
peer_ok mx
server mx 127.0.0.2 <<X
$offer
$tls
$again
C: QUIT
X
exits 69 'require-tls: not offered' send -o require-tls=on bob@key.signed.example
like "$(cat "$TMP/err")" 'does not offer REQUIRETLS, so nothing was sent' '  nothing is sent, and it is said'
peer_ok mx
sed -i '1i TLS-Required: No' message
taken bob@wrong.signed.example 'TLS-Required: No, where no certificate would do otherwise'
done_testing
