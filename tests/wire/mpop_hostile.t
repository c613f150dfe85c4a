#!/bin/sh
# SPDX-License-Identifier: ISC
# mpop against servers that lie, stop, flood or tamper: the exit code, what is said, what is on disk, and that nothing secret left.
. "$(dirname "$0")/../lib.sh"
need openssl

mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\npassword secret\ntls-ca %s\n' "$TMP/cert.pem" >"$XDG_CONFIG_HOME/pennypost/config"
chmod 600 "$XDG_CONFIG_HOME/pennypost/config"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout "$TMP/key.pem" -out "$TMP/cert.pem" 2>/dev/null
PEER_CERT=$TMP/cert.pem PEER_KEY=$TMP/key.pem
export PEER_CERT PEER_KEY

n=0
# try CODE NAME [OPTION…] with a transcript on stdin: a mailbox and a maildir of its own each time, $M; what is said must match $SAYS.
try() {
	try_code=$1 try_name=$2
	shift 2
	n=$((n + 1))
	M=$TMP/M$n
	peer "p$n"
	exits "$try_code" "$try_name" mpop -a "$PEER" "$@" "$M"
	peer_ok "p$n"
	[ -z "$SAYS" ] || like "$(cat "$TMP/err")" "$SAYS" "$try_name: the message"
	unlike "$(cat "$TMP/err")" "$(printf '[\033\177\001-\010\013-\037]')" "$try_name: nothing alive in it"
	ok "$try_name: one line" test "$(wc -l <"$TMP/err")" -le "${LINES_MAX:-1}"
	[ ! -d "$M" ] || is "$(ls "$M/tmp")" '' "$try_name: nothing is left in tmp"
}
count() { find "$M/new" -type f 2>/dev/null | wc -l | tr -d ' '; }

open='S: +OK ready
C: CAPA
S: +OK
S: PIPELINING
S: .
C: USER ann
C: PASS secret
S: +OK
S: +OK'
lists='C: UIDL
C: LIST'
one='S: +OK
S: 1 aa
S: .
S: +OK
S: 1 20
S: .'

# TLS that is asked for and not given.
SAYS='offers no STLS'
try 69 'STLS stripped' -o tls=on <<EOT
S: +OK ready
C: CAPA
S: +OK
S: USER
S: .
EOT
SAYS='STLS refused by'
try 69 'STLS refused' -o tls=on <<EOT
S: +OK ready
C: CAPA
S: +OK
S: STLS
S: .
C: STLS
S: -ERR not now
EOT
try 69 'no CAPA, and STLS refused' -o tls=on <<EOT
S: +OK ready
C: CAPA
S: -ERR
C: STLS
S: -ERR what
EOT
SAYS='sent data before TLS began'
try 76 'words injected before TLS' -o tls=on <<EOT
S: +OK ready
C: CAPA
S: +OK
S: STLS
S: .
C: STLS
S- +OK go\r\n+OK injected\r\n
EOT
SAYS=
try 0 'STLS: what was said in clear is forgotten, CAPA asked again' -o tls=on <<EOT
S: +OK ready
C: CAPA
S: +OK
S: STLS
S: SASL LOGIN
S: .
C: STLS
S: +OK
S! starttls
C: CAPA
S: +OK
S: USER
S: .
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
C: QUIT
S: +OK
EOT

# Logging in.
plain=$(printf '\0ann\0secret' | openssl base64)
sasl='S: +OK ready
C: CAPA
S: +OK
S: PIPELINING
S: SASL PLAIN LOGIN X-OTHER
S: USER
S: .'
nothing='C: UIDL
C: LIST
S: +OK
S: .
S: +OK
S: .
C: QUIT
S: +OK'
try 0 'AUTH with an initial response' <<EOT
$sasl
C: AUTH PLAIN $plain
S: +OK
$nothing
EOT
try 0 'AUTH refused without a reason: the next mechanism' <<EOT
$sasl
C: AUTH PLAIN $plain
S: -ERR no
C: AUTH LOGIN
S: + VXNlcm5hbWU6
C: YW5u
S: + UGFzc3dvcmQ6
C: c2VjcmV0
S: +OK
$nothing
EOT
SAYS='^mpop: authentication as ann refused by .*: "\[AUTH\] Authentication failed\."; check the user and password of account '
try 77 'a wrong password is not tried twice' <<EOT
$sasl
C: AUTH PLAIN $plain
S: -ERR [AUTH] Authentication failed.
EOT
SAYS='^mpop: authentication as ann refused by .*"nor this"'
try 77 'all refused: USER is not tried as well' <<EOT
$sasl
C: AUTH PLAIN $plain
S: -ERR no
C: AUTH LOGIN
S: -ERR nor this
EOT
SAYS='put off by .*"\[IN-USE\] locked"'
try 75 'the mailbox is locked' <<EOT
$sasl
C: AUTH PLAIN $plain
S: -ERR [IN-USE] locked
EOT
SAYS='put off by .*"\[LOGIN-DELAY\] wait"'
try 75 'too early' <<EOT
$sasl
C: AUTH PLAIN $plain
S: -ERR [LOGIN-DELAY] wait
EOT
SAYS=
try 0 'nothing known offered, but USER' <<EOT
S: +OK ready
C: CAPA
S: +OK
S: SASL X-OTHER
S: USER
S: .
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
C: QUIT
S: +OK
EOT
SAYS='does not offer plain'
try 77 'only auth=plain will do' -o auth=plain <<EOT
S: +OK ready
C: CAPA
S: +OK
S: SASL X-OTHER
S: USER
S: .
EOT
SAYS='refused by .*"no such user"'
try 77 'USER refused' <<EOT
S: +OK ready
C: CAPA
S: -ERR
C: USER ann
S: -ERR no such user
EOT
SAYS=
n=$((n + 1)) M=$TMP/M$n
peer "p$n" <<EOT
S: +OK ready
C: CAPA
S: +OK
S: SASL SCRAM-SHA-256
S: .
C~ ^AUTH SCRAM-SHA-256 biwsbj1hbm4scj[0-9A-Za-z+/]+=*\$
S: +OK welcome
EOT
exits 77 'SCRAM: success without the signature' mpop -a "$PEER" "$M"
peer_ok "p$n"

# The greeting, and lines that are none.
SAYS='session refused by .*"\[SYS/TEMP\] busy'
try 75 'refused for now' <<EOT
C: CAPA
S: -ERR [SYS/TEMP] busy \\x1b[2J\\x9b
EOT
SAYS='session refused by .*"go away"'
try 69 'refused for good' <<EOT
C: CAPA
S: -ERR go away
EOT
SAYS='no POP3 reply: "220 smtp.example.org ESMTP"'
try 76 'another protocol' <<EOT
C: CAPA
S: 220 smtp.example.org ESMTP
EOT
SAYS='a line of more than 8192 octets'
try 76 'a greeting of 64 KB' <<EOT
C: CAPA
S- +OK
S* 65536 x
S:
EOT
try 76 'a UID of 64 KB' <<EOT
$open
$lists
S: +OK
S- 1 x
S* 65536 x
S:
EOT
SAYS='not a line of UIDL: "0 a"'
try 76 'message 0' <<EOT
$open
$lists
S: +OK
S: 0 a
EOT
SAYS='not a line of LIST'
try 76 'a number too big' <<EOT
$open
$lists
S: +OK
S: .
S: +OK
S: 4294967296 20
EOT
SAYS='lists more than 256 capabilities'
{
	printf 'S: +OK\nC: CAPA\nS: +OK\n'
	i=0
	while [ $i -lt 300 ]; do
		echo "S: X$i"
		i=$((i + 1))
	done
} >"$TMP/caps"
try 76 'capabilities without end' <"$TMP/caps"

# Listings that contradict themselves.
SAYS=
try 0 'UIDL knows more than LIST, out of order; a NUL in a UID, a path in another' <<EOT
$open
$lists
S: +OK 2000000000 messages
S: 3 ../../../../tmp/x
S: 1 a\\0b
S: 2 bb
S: .
S: +OK 0
S: 1 99999999999999999999999999
S: .
C: RETR 1
C: RETR 2
C: RETR 3
S: +OK
S: one
S: .
S: +OK
S: two
S: .
S: +OK
S: three
S: .
C: DELE 1
C: DELE 2
C: DELE 3
C: QUIT
S: +OK
S: +OK
S: +OK
S: +OK
EOT
is "$(count)" 3 'all three are there'
is "$(find "$TMP" -name x)" '' 'and nothing anywhere else'
try 0 'two UIDs for one number' <<EOT
$open
$lists
S: +OK
S: 1 aa
S: 1 bb
S: .
S: +OK
S: 1 3
S: 1 4
S: .
C: RETR 1
S: +OK
S: one
S: .
C: DELE 1
C: QUIT
S: +OK
S: +OK
EOT
is "$(count)" 1 'one message, once'
is "$(grep -c '^+u:' "$M"/.pennypost-mpop-*)" 0 'recorded under neither'

try 0 'more UIDs than messages, and fewer; -n as small as it gets' -n 1 <<EOT
$open
$lists
S: +OK 1 messages
S: 1 aa
S: 2 bb
S: .
S: +OK 3 messages
S: 3 20
S: 1 20
S: 2 20
S: .
C: RETR 1
S: +OK
S: one
S: .
C: DELE 1
C: QUIT
S: +OK
S: +OK
EOT

many=$(seq 103)
SAYS='^mpop: 3 more messages stay on the server$' LINES_MAX=101
try 69 'more is listed than there is' <<EOT
$open
$lists
S: +OK
$(for i in $many; do echo "S: $i u$i"; done)
S: .
S: +OK
$(for i in $many; do echo "S: $i 20"; done)
S: .
$(for i in $many; do echo "C: RETR $i"; done)
$(for i in $many; do echo 'S: -ERR no such message'; done)
C: QUIT
S: +OK
EOT
LINES_MAX=

# Bodies that nobody asked for.
SAYS='says more than it was asked'
try 76 'a body more than was asked for' <<EOT
$open
$lists
S: +OK
S: 1 aa
S: 2 bb
S: .
S: +OK
S: 1 20
S: 2 20
S: .
C: RETR 1
C: RETR 2
S- +OK\r\none\r\n.\r\n+OK\r\nother\r\n.\r\n+OK\r\ntwo\r\n.\r\n
EOT
is "$(count)$(cat "$M"/.pennypost-mpop-* | grep -c '^+u:')" 00 'nothing is delivered, recorded or deleted'
try 76 'a list more than was asked for' <<EOT
$open
$lists
S: +OK
S: 1 aa
S: .
S- +OK\r\n1 20\r\n.\r\n+OK\r\n1 20\r\n.\r\n
EOT
is "$(count)" 0 'is not taken for a message'
try 76 'a body more than was asked for, one by one' <<EOT
S: +OK ready
C: CAPA
S: +OK
S: USER
S: .
C: USER ann
S: +OK
C: PASS secret
S: +OK
C: UIDL
S: +OK
S: 1 aa
S: 2 bb
S: .
C: LIST
S: +OK
S: 1 20
S: 2 20
S: .
C: RETR 1
S- +OK\r\none\r\n.\r\n+OK\r\nother\r\n.\r\n
EOT
is "$(count)" 0 'and again nothing is delivered'
SAYS='did not confirm the deletion' LINES_MAX=2
try 75 'the server has had enough of waiting' <<EOT
$open
$lists
$one
C: RETR 1
S- +OK\r\none\r\n.\r\n-ERR too long idle\r\n
S! drop
EOT
is "$(count)" 1 'what was fetched is delivered'
SAYS= LINES_MAX=
try 0 'a header with a body' -H <<EOT
$open
$lists
$one
C: RETR 1
S: +OK
S: Subject: one
S:
S: body
S: .
C: QUIT
S: +OK
EOT
is "$(cat "$M"/new/*)" 'Subject: one' 'the body is left out'
SAYS='a line of more than 8192 octets'
try 76 'a reply to RETR of 64 KB' <<EOT
$open
$lists
$one
C: RETR 1
S- +OK
S* 65536 x
S:
EOT

# Message bodies.
SAYS=
try 0 'octets announced are not believed' <<EOT
$open
$lists
$one
C: RETR 1
S: +OK 4294967296 octets
S- a\\0b\nc\rd\r\n..\r\n.x\r\n\n.\r\r\n.\r\n
C: DELE 1
C: QUIT
S: +OK
S: +OK
EOT
printf 'a\0b\nc\rd\n.\nx\n\n.\r\n' >"$TMP/want"
same "$(find "$M/new" -type f)" "$TMP/want" 'NUL, bare CR and LF come through'
try 0 'an empty message' <<EOT
$open
$lists
$one
C: RETR 1
S: +OK
S: .
C: DELE 1
C: QUIT
S: +OK
S: +OK
EOT
is "$(wc -c <"$(find "$M/new" -type f)" | tr -d ' ')" 0 'is a message'

# The connection ends: at each step, and within a message.
SAYS='closed the connection| lost: '
i=0
for script in 'S! drop' 'S: +OK ready
C: CAPA
S! drop' 'S: +OK ready
C: CAPA
S: +OK
S: PIPELINING
S! drop' 'S: +OK ready
C: CAPA
S: -ERR
C: USER ann
S! drop' 'S: +OK ready
C: CAPA
S: -ERR
C: USER ann
S: +OK
C: PASS secret
S! drop' "$open
$lists
S! drop" "$open
$lists
S: +OK
S: 1 aa
S! drop" "$open
$lists
$one
C: RETR 1
S! drop" "$open
$lists
$one
C: RETR 1
S: +OK
S: Subject: one
S:
S- half a lin
S! drop" "$open
$lists
$one
C: RETR 1
S: +OK
S: Subject: one
S- .
S! drop"; do
	i=$((i + 1))
	try 75 "cut at step $i" <<EOT
$script
EOT
	is "$(count)" 0 "cut at step $i: nothing is stored"
done
SAYS='^mpop: 1 safe here, but the server did not confirm'
for script in 'S! drop' 'C: DELE 1
C: QUIT
S! drop' 'C: DELE 1
C: QUIT
S: +OK
S! drop'; do
	i=$((i + 1))
	try 75 "cut at step $i" <<EOT
$open
$lists
$one
C: RETR 1
S: +OK
S: one
S: .
$script
EOT
	is "$(count)" 1 "cut at step $i: what came in is stored"
	n=$((n - 1))
	SAVED=$SAYS SAYS=
	try 0 "after step $i" <<EOT
$open
$lists
$one
C: DELE 1
C: QUIT
S: +OK
S: +OK
EOT
	is "$(count)" 1 "after step $i: once"
	SAYS=$SAVED
done

# Silence: a second, at each step that waits.
SAYS='timed out'
for script in 'S! stall' "$open
$lists
S! stall" "$open
$lists
$one
C: RETR 1
S: +OK
S- half
S! stall" "$open
$lists
$one
C: RETR 1
S: +OK
S: one
S: .
C: DELE 1
C: QUIT
S: +OK
S! stall"; do
	i=$((i + 1))
	try 75 "silence at step $i" -o timeout=1 <<EOT
$script
EOT
done
done_testing
