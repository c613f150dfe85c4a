#!/bin/sh
# SPDX-License-Identifier: ISC
# STARTTLS (RFC 3207) and AUTH (RFC 4954): nothing leaves before they are done, secrets are never shown.
. "$(dirname "$0")/../lib.sh"

send() {
	echo hello | msend -a "$PEER" -f ann@example.org -o helo=client.example.org "$@" bob@example.net
}
login() {
	send -o user=ann -o 'password=!echo secret' "$@"
}

hello='S: 220 mx.example.net ESMTP
C: EHLO client.example.org'
mail='C: MAIL FROM:<ann@example.org>
C: RCPT TO:<bob@example.net>
C: DATA
S: 250 ok
S: 250 ok
S: 354 go on
C~ ^Date: 
C~ ^From: ann@example.org
C~ ^Message-ID: 
C: 
C: hello
C: .
C: QUIT
S: 250 taken
S: 221 bye'

peer stripped <<X
$hello
S: 250-mx
S: 250 PIPELINING
C: QUIT
X
exits 69 'STARTTLS stripped: nothing is sent' send -o tls=on
like "$(cat "$TMP/err")" 'offers no STARTTLS, so nothing was sent' 'and it is said'
peer_ok stripped

for code in 454 502; do
	peer tls-refused <<X
$hello
S: 250-mx
S: 250 STARTTLS
C: STARTTLS
S: $code no
C: QUIT
X
	exits $([ $code = 454 ] && echo 75 || echo 69) "STARTTLS refused with $code: nothing is sent" send -o tls=on
	like "$(cat "$TMP/err")" "STARTTLS refused, so nothing was sent: \"$code no\"" 'and it is said'
	peer_ok tls-refused
done

peer injected <<X
$hello
S: 250-mx
S: 250 STARTTLS
C: STARTTLS
S- 220 go\r\n250 injected\r\n
X
exits 76 'words in clear behind the answer to STARTTLS: nothing is sent' send -o tls=on

peer plain <<X
$hello
S: 250-mx
S: 250-PIPELINING
S: 250 AUTH PLAIN LOGIN
C: AUTH PLAIN AGFubgBzZWNyZXQ=
S: 235 2.7.0 welcome
$mail
X
exits 0 'PLAIN with its initial response' login
peer_ok plain
exits 0 'the trace' login -v
unlike "$(cat "$TMP/err")" 'AGFubgBzZWNyZXQ|secret' 'does not show the secret'
like "$(cat "$TMP/err")" '^C: AUTH PLAIN \*+' 'but asterisks'

peer login <<X
$hello
S: 250-mx
S: 250-PIPELINING
S: 250 AUTH LOGIN
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: YW5u
S: 334 UGFzc3dvcmQ6
C: c2VjcmV0
S: 235 ok
$mail
X
exits 0 'LOGIN' login
peer_ok login

peer next <<X
$hello
S: 250-mx
S: 250-PIPELINING
S: 250 AUTH LOGIN SCRAM-SHA-256 PLAIN
C~ ^AUTH SCRAM-SHA-256 
S: 535 5.7.8 not this one
C: AUTH PLAIN AGFubgBzZWNyZXQ=
S: 504 5.5.4 nor this
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: YW5u
S: 334 UGFzc3dvcmQ6
C: c2VjcmV0
S: 235 ok
$mail
X
exits 0 'a refused mechanism is followed by the next' login
peer_ok next

peer only <<X
$hello
S: 250-mx
S: 250-PIPELINING
S: 250 AUTH LOGIN SCRAM-SHA-256 PLAIN
C: AUTH PLAIN AGFubgBzZWNyZXQ=
S: 535 5.7.8 wrong
C: QUIT
X
exits 77 'the mechanism the account names is the only one; a wrong password' login -o auth=plain
like "$(cat "$TMP/err")" '^msend: authentication as ann refused by .*: "535 5.7.8 wrong"; check the user and password of account' 'says what to do'
peer_ok only

peer later <<X
$hello
S: 250-mx
S: 250 AUTH PLAIN
C: AUTH PLAIN AGFubgBzZWNyZXQ=
S: 454 4.7.0 not now
C: QUIT
X
exits 75 'authentication put off' login
peer_ok later

peer none <<X
$hello
S: 250 mx
C: QUIT
X
exits 77 'a user, and no AUTH offered' login
like "$(cat "$TMP/err")" 'offers no authentication' 'is told'
peer_ok none

peer scram <<X
$hello
S: 250-mx
S: 250 AUTH SCRAM-SHA-256
C~ ^AUTH SCRAM-SHA-256 
S: 235 2.7.0 welcome, whoever you are
C: QUIT
X
exits 77 'SCRAM: yes without the signature is no' login
peer_ok scram

peer cancel <<X
$hello
S: 250-mx
S: 250 AUTH SCRAM-SHA-256
C~ ^AUTH SCRAM-SHA-256 
S: 334 bm9uc2Vuc2U=
C: *
C: QUIT
X
exits 76 'SCRAM: a challenge that is none is answered by *' login

done_testing
