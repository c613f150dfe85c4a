#!/bin/sh
# SPDX-License-Identifier: ISC
# What mpop says to servers that offer more or less than usual: APOP, UTF8, what -C shows.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/mpop.sh"

# apop CODE NAME GREETING <<the rest of the dialogue
apop() {
	{ printf 'S: +OK ready %s\nC: CAPA\nS: +OK\nS: PIPELINING\nS: SASL PLAIN\nS: USER\nS: .\n' "$3"; cat; } | peer apop
	PEER="exec:$BUILD/tests/tools/peer $TMP/apop.peer"
	exits "$1" "$2" mpop -a "$PEER" -o user=mrose -o 'password=!echo tanstaaf' -o auth=apop "$TMP/M.apop"
	peer_ok apop
}
apop 0 'APOP where it is asked for' '<1896.697170952@dbc.mtview.ca.us>' <<EOT
C: APOP mrose c4c9334bac560ecc979e58001b3e22fb
S: +OK
C: UIDL
C: LIST
S: +OK
S: .
S: +OK
S: .
$bye
EOT
apop 77 'APOP refused' '<1896.697170952@dbc.mtview.ca.us>' <<EOT
C: APOP mrose c4c9334bac560ecc979e58001b3e22fb
S: -ERR no
EOT
like "$(cat "$TMP/err")" 'refused by .*check the user and password' 'and says what to check'
apop 77 'no challenge: nothing else is tried' '' </dev/null
like "$(cat "$TMP/err")" 'without a challenge for APOP' 'and says so'
apop 77 'a challenge that is no message-id' '<1896\x80\x90@dbc.example.org>' </dev/null

peer noapop <<EOT
S: +OK ready <1896.697170952@dbc.mtview.ca.us>
C: CAPA
S: -ERR
C: USER ann
S: +OK
C: PASS secret
S: +OK
C: UIDL
S: +OK
S: .
C: LIST
S: +OK
S: .
$bye
EOT
exits 0 'APOP is not used unasked' mpop -a "$PEER" "$TMP/M.noapop"
peer_ok noapop

peer utf8 <<EOT
S: +OK ready
C: CAPA
S: +OK
S: PIPELINING
S: UTF8 USER
S: .
C: UTF8
C+ USER ann
C+ PASS secret
S: +OK
S: +OK
S: +OK
$(lists aa:20)
C: RETR 1
S: +OK
S: Subject: gr\xc3\xbc\xc3\x9fe
S:
S: .
C: DELE 1
C: QUIT
S: +OK
S: +OK
EOT
exits 0 'UTF8 where it is offered, in the flight of the login' mpop -a "$PEER" "$TMP/M.utf8"
peer_ok utf8
is "$(cat "$(new "$TMP/M.utf8")")" "$(printf 'Subject: gr\303\274\303\237e\n\n')" 'the message as it is'

peer utf8slow <<EOT
S: +OK ready
C: CAPA
S: +OK
S: UTF8
S: .
C: UTF8
S: -ERR not today
C: USER ann
S: +OK
C: PASS secret
S: +OK
C: UIDL
S: +OK
S: .
C: LIST
S: +OK
S: .
$bye
EOT
exits 0 'refused, and without PIPELINING: the mail is fetched all the same' mpop -a "$PEER" "$TMP/M.utf8slow"
peer_ok utf8slow

peer check <<'EOT'
S: +OK ready
C: CAPA
S: +OK
S: PIPELINING
S: USER
S: EXPIRE USER
S: LOGIN-DELAY 900
S: SASL PLAIN
S: .
C: AUTH PLAIN AGFubgBzZWNyZXQ=
S: +OK
C: CAPA
S: +OK
S: PIPELINING
S: UIDL
S: EXPIRE 60
S: IMPLEMENTATION Post\x1boffice 1
S: .
C: STAT
S: +OK 3 1234
C: QUIT
S: +OK
EOT
exits 0 '-C shows what the server offers' mpop -C -a "$PEER"
peer_ok check
is "$(cat "$TMP/out")" "$(printf 'software\tPost\\^[office 1\nexpire\t60\nlogin-delay\t900\nsasl\tPLAIN\npipelining\tyes\nuidl\tyes\ntop\tno\nutf8\tno\nmessages\t3\noctets\t1234')" \
	'a line each, nothing alive in it; what is said after the login counts'
done_testing
