#!/bin/sh
# SPDX-License-Identifier: ISC
# msend -C: what is printed, in what form, and that nothing is sent.
. "$(dirname "$0")/../lib.sh"
need openssl

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 10 -subj '/O=Example, Inc./CN=mx' \
	-addext subjectAltName=DNS:localhost,DNS:mx.example.net -keyout "$TMP/key.pem" -out "$TMP/cert.pem" 2>/dev/null || exit 1
sha256=$(openssl x509 -in "$TMP/cert.pem" -outform DER | openssl sha256 -r | cut -d ' ' -f 1 | tr a-f A-F)
export PEER_CERT="$TMP/cert.pem" PEER_KEY="$TMP/key.pem"
check() { msend -C -a "$PEER" -o helo=me.example.org "$@"; }
hello='S: 220 mx
C: EHLO me.example.org'

peer plain <<EOT
$hello
S: 250-mx
S: 250-PIPELINING
S: 250-SIZE 52428800
S: 250-LIMITS RCPTMAX=100 MAILMAX=20
S: 250-AUTH PLAIN SCRAM-SHA-256
S: 250 X-ODD \x1b[31m
C: AUTH PLAIN AGFubgBzZWNyZXQ=
S: 235 ok
C: QUIT
EOT
exits 0 'in clear, through a command' check -o user=ann -o 'password=!echo secret' -o auth=plain
cat >"$TMP/want" <<EOT
server	command $BUILD/tests/tools/peer $TMP/plain.peer
tls	off
offers	PIPELINING
offers	SIZE 52428800
offers	LIMITS RCPTMAX=100 MAILMAX=20
offers	AUTH PLAIN SCRAM-SHA-256
offers	X-ODD \\^[[31m
limit	RCPTMAX=100
limit	MAILMAX=20
size	52428800
auth	PLAIN
auth	SCRAM-SHA-256
authenticated	ann
EOT
same "$TMP/out" "$TMP/want" 'all that it offers, made safe for a terminal'
peer_ok plain

peer tls <<EOT
$hello
S: 250-mx
S: 250 STARTTLS
C: STARTTLS
S: 220 go
S! starttls
C: EHLO me.example.org
S: 250-mx
S: 250 AUTH PLAIN
C: AUTH PLAIN AGFubgB3cm9uZw==
S: 535 5.7.8 no
C: QUIT
EOT
exits 77 'under TLS, with a wrong password' check -o tls=on -o tls-ca="$TMP/cert.pem" -o user=ann -o 'password=!echo wrong'
out=$(cat "$TMP/out")
like "$out" '^tls	TLSv1\.3 TLS_' 'the version'
like "$out" '^cert-subject	O=Example. Inc\., CN=mx$|^cert-subject	O="Example, Inc\.", CN=mx$' 'the certificate: whose'
like "$out" '^cert-names	localhost, mx\.example\.net$' 'for which hosts'
like "$out" '^cert-until	20[0-9][0-9]-[01][0-9]-[0-3][0-9]$' 'until when'
like "$out" "^cert-sha256	$sha256\$" 'its digest'
like "$out" '^cert-trust	authority ' 'why it is believed'
like "$out" '^advice	the certificate expires in (9|10) days$' 'a certificate that ends soon'
like "$out" '^advice	without PIPELINING' 'other advice'
unlike "$out" '^authenticated' 'not that we were let in'
like "$(cat "$TMP/err")" '535 5\.7\.8 no' 'but why not'
peer_ok tls

peer pinned <<EOT
$hello
S: 250-mx
S: 250 STARTTLS
C: STARTTLS
S: 220 go
S! starttls
C: EHLO me.example.org
S: 250 mx
C: QUIT
EOT
exits 0 'the digest serves as tls-pin' check -o tls=on -o tls-pin="$sha256"
like "$(cat "$TMP/out")" '^cert-trust	tls-pin$' 'and is said to'
peer_ok pinned

peer unknown <<EOT
$hello
S: 250-mx
S: 250 STARTTLS
C: STARTTLS
S: 220 go
S! starttls
EOT
exits 77 'a certificate that nobody here signed' check -o tls=on -o tls-ca=/etc/ssl/certs
like "$(cat "$TMP/err")" "set tls-ca or tls-pin \(its SHA-256 is $sha256\)" 'is shown with its digest'
done_testing
