#!/bin/sh
# SPDX-License-Identifier: ISC
# Each way to log in, by all three clients: what the mechanism says is sasl's unit tests' matter, how it is carried is this one's.
. "$(dirname "$0")/../lib.sh"
need openssl

b64() { printf "$@" | openssl base64 -A; }
challenge='PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+'	# RFC 2195
cram='dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw'
bearer=$(b64 'n,a=tim,\001auth=Bearer tok.en\001\001')
xoauth2=$(b64 'user=tim\001auth=Bearer tok.en\001\001')
no=$(b64 '{"status":"invalid_token","scope":"mail"}')

# One dialogue in three dialects. What it is made of:
#	START mechanisms…   what each server says until AUTH (SASL-IR, and no PIPELINING)
#	auth MECH [INITIAL]   more CHALLENGE   answer TEXT   yes   refuse   end: a message sent, an empty mailbox, a list of folders
dialect=msend
start() {
	case $dialect in
	msend) printf 'S: 220 mx\nC: EHLO me.example.org\nS: 250-mx\nS: 250 AUTH %s\n' "$*" ;;
	mpop) printf 'S: +OK ready\nC: CAPA\nS: +OK\nS: SASL %s\nS: .\n' "$*" ;;
	mimap) printf 'S: * OK [CAPABILITY IMAP4rev1 SASL-IR'; printf ' AUTH=%s' "$@"; printf '] ready\n' ;;
	esac
	tag=0
}
auth() {
	tag=$((tag + 1))
	case $dialect in
	mimap) printf 'C: A%d AUTHENTICATE %s\n' "$tag" "$*" ;;
	*) printf 'C: AUTH %s\n' "$*" ;;
	esac
}
more() {
	case $dialect in
	msend) printf 'S: 334 %s\n' "$1" ;;
	*) printf 'S: + %s\n' "$1" ;;
	esac
}
answer() { printf 'C: %s\n' "$1"; }
yes() {
	case $dialect in
	msend) echo 'S: 235 welcome' ;;
	mpop) echo 'S: +OK welcome' ;;
	mimap) printf 'S: A%d OK [CAPABILITY IMAP4rev1] welcome\n' "$tag" ;;
	esac
}
refuse() {
	case $dialect in
	msend) echo 'S: 535 5.7.8 no' ;;
	mpop) echo 'S: -ERR no' ;;
	mimap) printf 'S: A%d NO no\n' "$tag" ;;
	esac
}
end() {
	case $dialect in
	msend) printf 'C: MAIL FROM:<tim@example.org>\nS: 550 5.7.1 not today\nC: QUIT\n' ;;
	mpop) printf 'C: UIDL\nS: +OK\nS: .\nC: LIST\nS: +OK\nS: .\nC: QUIT\nS: +OK\n' ;;
	mimap) printf 'C: A%d LIST "" "*"\nS: A%d OK\nC: A%d LOGOUT\nS: * BYE\nS: A%d OK\n' $((tag + 1)) $((tag + 1)) $((tag + 2)) $((tag + 2)) ;;
	esac
}
gone() {	# only msend says good-bye after a refusal
	case $dialect in
	msend) echo 'C: QUIT' ;;
	esac
}
run() {
	case $dialect in
	msend) echo hello | msend -a "$PEER" -f tim@example.org -o helo=me.example.org "$@" bob@example.net ;;
	mpop) mpop -a "$PEER" "$@" "$TMP/M" ;;
	mimap) mimap -a "$PEER" "$@" ls ;;
	esac
}

# try CODE NAME options…: the dialogue is a function of that name with _ for blanks, minus or digits left as they are
try() {
	try_code=$1 try_name=$2
	shift 2
	for dialect in msend mpop mimap; do
		"dialogue_$try_name" >"$TMP/script"
		peer "$dialect-$try_name" <"$TMP/script"
		try_want=$try_code
		# what the mail's own refusal makes of a login that went well
		[ "$dialect" != msend ] || [ "$try_code" != 0 ] || try_want=69
		exits "$try_want" "$dialect: $try_name" run -v -o user=tim "$@"
		peer_ok "$dialect-$try_name"
		unlike "$(cat "$TMP/err")" 'tanstaaf|tok\.en|'"$bearer|$xoauth2|$cram" "$dialect: $try_name: no secret in the trace"
	done
}
said() {	# ERE NAME
	like "$(cat "$TMP/err")" "$1" "$2"
}
password='password=!echo tanstaaftanstaaf' token='token=!echo tok.en'

dialogue_cram_md5() { start CRAM-MD5 PLAIN; auth CRAM-MD5; more "$challenge"; answer "$cram"; yes; end; }
try 0 cram_md5 -o "$password"

dialogue_scram_sha_1() {
	start SCRAM-SHA-1 PLAIN
	auth SCRAM-SHA-1 X | sed 's/^C: \(.*\) X$/C~ ^\1 biwsbj10aW0scj[A-Za-z0-9+\/=]*$/'
	tag=1
	refuse
	auth PLAIN "$(b64 '\000tim\000tanstaaftanstaaf')"
	yes
	end
}
try 0 scram_sha_1 -o "$password"

dialogue_oauthbearer() { start PLAIN XOAUTH2 OAUTHBEARER; auth OAUTHBEARER "$bearer"; yes; end; }
try 0 oauthbearer -o "$token"
dialogue_xoauth2() { start PLAIN XOAUTH2 OAUTHBEARER; auth XOAUTH2 "$xoauth2"; yes; end; }
try 0 xoauth2 -o "$token" -o auth=xoauth2

dialogue_token_refused() { start PLAIN XOAUTH2 OAUTHBEARER; auth OAUTHBEARER "$bearer"; more "$no"; answer 'AQ=='; refuse; gone; }
try 77 token_refused -o "$token"
said 'check the user and token \(invalid_token\) of account' 'and says why'
dialogue_xoauth2_refused() { start XOAUTH2 PLAIN; auth XOAUTH2 "$xoauth2"; more "$no"; answer ''; refuse; gone; }
try 77 xoauth2_refused -o "$token"
said 'check the user and token \(invalid_token\) of account' 'and says why'

dialogue_no_token_wanted() { start PLAIN LOGIN CRAM-MD5; gone; }
try 77 no_token_wanted -o "$token"
said 'token' 'a token is no password'
dialogue_only_tokens() { start XOAUTH2 OAUTHBEARER; gone; }
for dialect in msend mpop; do	# mimap: LOGIN may still do
	dialogue_only_tokens >"$TMP/script"
	peer only-tokens <"$TMP/script"
	exits 77 "$dialect: a password is no token" run -o user=tim -o "$password"
	peer_ok only-tokens
done

dialogue_external() { start EXTERNAL PLAIN; auth EXTERNAL "$(b64 tim)"; yes; end; }
try 0 external -o auth=external
dialogue_not_external() { start EXTERNAL PLAIN; auth PLAIN "$(b64 '\000tim\000tanstaaftanstaaf')"; yes; end; }
try 0 not_external -o "$password"

# Under TLS: bound to it where the server offers that, else told that we could have been.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout "$TMP/key.pem" -out "$TMP/cert.pem" 2>/dev/null || exit 1
export PEER_CERT="$TMP/cert.pem" PEER_KEY="$TMP/key.pem"
secure() {
	echo hello | msend -a "$PEER" -f tim@example.org -o helo=me.example.org -o user=tim -o tls=on -o tls-ca="$TMP/cert.pem" "$@" bob@example.net
}
hello='S: 220 mx
C: EHLO me.example.org
S: 250-mx
S: 250 STARTTLS
C: STARTTLS
S: 220 go
S! starttls
C: EHLO me.example.org
S: 250-mx'
peer plus <<EOT
$hello
S: 250 AUTH PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS
C~ ^AUTH SCRAM-SHA-256-PLUS cD10bHMtZXhwb3J0ZXIsL
S: 535 5.7.8 not by that binding
C~ ^AUTH SCRAM-SHA-256-PLUS cD10bHMtc2VydmVyLWVuZC1wb2lud
S: 535 5.7.8 nor by that
C~ ^AUTH SCRAM-SHA-256 biws
S: 535 5.7.8 nor by none
C: AUTH PLAIN $(b64 '\000tim\000tanstaaftanstaaf')
S: 535 5.7.8 nor
C: QUIT
EOT
exits 77 'channel binding: tls-exporter, tls-server-end-point, none' secure -o "$password"
peer_ok plus
peer insist <<EOT
$hello
S: 250 AUTH PLAIN SCRAM-SHA-256
C: QUIT
EOT
exits 77 'channel binding can be insisted on' secure -o "$password" -o auth=scram-sha-256-plus
said 'does not offer scram-sha-256-plus' 'and it is said'
peer_ok insist
peer downgrade <<EOT
$hello
S: 250 AUTH PLAIN SCRAM-SHA-256
C~ ^AUTH SCRAM-SHA-256 eSws
S: 535 5.7.8 no
C~ ^AUTH PLAIN
S: 535 5.7.8 no
C: QUIT
EOT
exits 77 'a server that offers no binding is told that it could have been' secure -o "$password"
peer_ok downgrade

# A client certificate, and no password: EXTERNAL where it is offered, and nobody is asked for a password.
peer certificate <<EOT
$hello
S: 250 AUTH PLAIN EXTERNAL
C: AUTH EXTERNAL $(b64 tim)
S: 535 5.7.8 unknown
C: QUIT
EOT
exits 77 'a certificate and no password: EXTERNAL' secure -o tls-cert="$TMP/cert.pem" -o tls-key="$TMP/key.pem"
said 'check the user and client certificate' 'and it is said'
peer_ok certificate

done_testing
