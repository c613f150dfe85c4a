#!/bin/sh
# SPDX-License-Identifier: ISC
# The private servers that the live tests rely on: they answer, they take and store mail, and nothing of them is left afterwards.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"

# In a child, so that its end can be watched from here. It prints what it used.
if [ "${1-}" = child ]; then
	live_dovecot
	[ "$2" = dovecot ] || live_postfix
	echo "$TMP $dovecot_pid ${postfix_pid:-$dovecot_pid}"
	[ "$2" != killed ] || { kill -TERM $$; exit 0; }
	exit 7
fi

need dovecot openssl perl

tls() {	# PORT [options]: a dialogue from stdin; lines end in CRLF
	tls_port=$1
	shift
	openssl s_client -quiet -crlf -CAfile "$CA" -verify_return_error -verify_hostname localhost -servername localhost \
		-connect "127.0.0.1:$tls_port" "$@" 2>"$TMP/s_client"
}
ends() {	# HOW WANTED-EXIT NAME
	sh "$0" child "$1" >"$TMP/child" 2>"$TMP/child.err"
	is $? "$2" "$3: the exit code is the test's own" || note "$(cat "$TMP/child.err")"
	read -r dir dpid ppid <"$TMP/child"
	ok "$3: Dovecot is gone" live_gone "${dpid:-1}"
	ok "$3: Postfix is gone" live_gone "${ppid:-1}"
	is "$(ls -d "$dir" 2>/dev/null)" '' "$3: the directory is gone"
}
postfix=
if live_can_postfix; then
	postfix=1
fi
live_sudo=$postfix_sudo
kinds=${postfix:+both}
ends "${kinds:-dovecot}" 7 'a failing test'
[ -z "$postfix" ] || ends killed 143 'a test told to end'

live_dovecot
like "$(printf '%s\n' 'a1 LOGIN ann secret' 'a2 LIST "" *' 'a3 LOGOUT' | tls "$IMAPS")" '^a1 OK' 'imaps: ann logs in'
like "$(printf 'a1 CAPABILITY\na2 LOGOUT\n' | tls "$IMAP" -starttls imap)" 'AUTH=SCRAM-SHA-256' 'imap: STARTTLS, and SCRAM is offered'
like "$(printf 'USER bob\nPASS secret\nSTAT\nQUIT\n' | tls "$POPS")" '^\+OK 0 0' 'pop3s: bob logs in and has no mail'
like "$(printf 'USER ann\nPASS wrong\nQUIT\n' | tls "$POP" -starttls pop3)" '^-ERR \[AUTH\]' 'pop3: STLS; a wrong password is refused'
perl -MIO::Socket::UNIX -e '
	my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die $!;
	print $s join "\r\n", "LHLO x", "MAIL FROM:<>", "RCPT TO:<ann\@example.org>", "DATA", "Subject: hello", "", "body", ".", "QUIT", "";
	print while <$s>' "$LMTP_SOCK" >"$TMP/lmtp"
like "$(cat "$TMP/lmtp")" '^250 2\.0\.0 <ann@example.org>' 'lmtp: a message is taken'
ok 'it is in the maildir' live_arrived ann 1
live_body "$(live_mail ann)" | tr -d '\r' >"$TMP/got"
printf 'Subject: hello\n\nbody\n' >"$TMP/sent"
same "$TMP/got" "$TMP/sent" 'as it was sent'

live_dovecot_stop
ok 'stopped, nobody listens' eval '! live_greets "$IMAP" OK'
ok 'started again on the same ports' live_dovecot_start
like "$(printf 'USER ann\nPASS secret\nSTAT\nQUIT\n' | tls "$POPS")" '^\+OK 1 ' 'the mail is still there'

if [ -z "$postfix" ]; then
	skip 'smtp' 'Postfix needs to be installed, and root or sudo'
	done_testing
fi
# The dialogues below say everything at once.
live_postfix 'smtpd_forbid_unauth_pipelining = no'
auth=$(printf '\0ann\0secret' | openssl base64)
dialogue() {	# PORT [options]
	printf '%s\n' 'EHLO x' "AUTH PLAIN $auth" 'MAIL FROM:<bob@example.org>' 'RCPT TO:<ann@example.org>' 'RCPT TO:<nobody@example.org>' \
		DATA 'Subject: by post' '' two . QUIT | tls "$@"
}
dialogue "$SMTP" -starttls smtp >"$TMP/smtp"
like "$(cat "$TMP/smtp")" '^235' 'smtp: STARTTLS and AUTH'
like "$(cat "$TMP/smtp")" '^250 2\.0\.0 Ok: queued' 'a message is taken' || note "$(cat "$TMP/smtp" "$TMP/p/log")"
like "$(cat "$TMP/smtp")" '^550 5\.1\.1 <nobody@example.org>' 'an unknown user is refused'
dialogue "$SMTPS" >"$TMP/smtp"
like "$(cat "$TMP/smtp")" '^250 2\.0\.0 Ok: queued' 'smtps: the same'
ok 'both arrive' live_arrived ann 3 || note "$(cat "$TMP/p/log")"
like "$(printf '%s\n' 'EHLO x' 'MAIL FROM:<bob@example.org>' 'RCPT TO:<ann@example.org>' QUIT | tls "$SMTPS")" '^554 5\.7\.1' \
	'without a password, no mail'
live_config
ok 'a configuration is written' test -s "$XDG_CONFIG_HOME/pennypost/config"
done_testing
