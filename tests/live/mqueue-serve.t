#!/bin/sh
# SPDX-License-Identifier: ISC
# mqueue serve, with Postfix as the client: what it hands over arrives as it was, over connections as Postfix makes them; what is refused
# is Postfix's to tell of.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
live_can_postfix || skip_all 'Postfix needs to be installed, and root or sudo'

# A tiny inetd: a process a client.
cat >"$TMP/inetd" <<'EOT'
use strict; use IO::Socket::INET; $SIG{CHLD} = "IGNORE";
my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 50) or die "listen: $!";
open my $f, ">", "$ENV{TMP}/port.new"; print $f $l->sockport, "\n"; close $f; rename "$ENV{TMP}/port.new", "$ENV{TMP}/port";
while (1) {
	my $c = $l->accept or next;
	if (!fork) { open STDIN, "<&", $c; open STDOUT, ">&", $c; open STDERR, ">>", "$ENV{TMP}/serve.err"; exec "mqueue", "-o", "serve-domains=example.net", "-o", "serve-size=200k", "serve" }
	close $c;
}
EOT
perl "$TMP/inetd" &
inetd=$!
at_exit 'kill "$inetd" 2>/dev/null'
await 10 test -e "$TMP/port"
live_dovecot
live_postfix "default_transport = smtp:[127.0.0.1]:$(cat "$TMP/port")
smtp_tls_security_level = none
bounce_queue_lifetime = 1d"
echo 'smtp unix - - n - - smtp' >>"$TMP/p/etc/master.cf"
live_signal HUP "$postfix_pid"
live_config

Q=$PENNYPOST_QUEUE
queued() { [ "$(find "$Q/new" -type f 2>/dev/null | wc -l)" -ge "$1" ]; }
hand() { msend -a "smtp://ann@localhost:$SMTP" -o tls-ca="$CA" -o 'password=!echo secret' -f ann@example.org "$@"; }	# to Postfix
{
	printf 'From: ann@example.org\nTo: bob@example.net\nDate: Sun, 22 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.org>\nSubject: =?utf-8?Q?gr=C3=BC=C3=9Fe?=\n'
	printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n.\n..\n.a\nGr\303\274\303\237e\n\n'
	seq 1 10000
	printf '.\n'
} >"$TMP/message"
exits 0 'a message for two, by Postfix' hand bob@example.net carl@example.net <"$TMP/message"
ok '… is in the queue' await 20 queued 1
is "$(mqueue ls | cut -f6,7)" 'ann@example.org	bob@example.net,carl@example.net' '… for both'
sed '1,/^Penny-Reply: .*/d' "$Q"/new/* | sed '1,/^From: ann/{/^From: ann/!d;}' | sed '1,/^Penny-/{/^Penny-/d;}' >"$TMP/got"
same "$TMP/message" "$TMP/got" '… and is as it was, byte for byte'
like "$(cat "$Q"/new/*)" '^Received: from localhost\.example\.org \(\[127\.0\.0\.1\]\)$' '… with the trace of it'
rm -f "$Q"/new/*

for i in $(seq 30); do printf 'Subject: %d\nMessage-ID: <m%d@example.org>\n\n.\n' "$i" "$i" | hand bob@example.net; done
ok 'thirty messages' await 30 queued 30
is "$(cat "$Q"/new/* | grep -c '^Message-ID: <m[0-9]*@example.org>$') $(cat "$Q"/new/* | grep '^Message-ID: <m' | sort -u | wc -l)" '30 30' '… are there once each'
rm -f "$Q"/new/*

{ printf 'Subject: large\n\n'; seq 1 50000; } >"$TMP/large"
exits 0 'a message that is too large here' hand bob@example.net <"$TMP/large"
ok '… comes back to its sender' live_arrived ann 1
like "$(cat $(live_mail ann))" '(552|SIZE|size limit|too large|exceeds)' '… who hears why'
exits 0 'one for a domain that is not ours' hand bob@example.com <"$TMP/message"
ok '… comes back as well' live_arrived ann 2
like "$(cat $(live_mail ann))" '550 5\.7\.1 not ours, and not relayed for you' '… with our words'
is "$(find "$Q/new" "$Q/tmp" -type f) $(cat "$TMP/serve.err" 2>/dev/null)" ' ' 'nothing of them is here, and nobody complains'

done_testing
