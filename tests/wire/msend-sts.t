#!/bin/sh
# SPDX-License-Identifier: ISC
# MTA-STS (RFC 8461): a policy fetched over HTTPS, kept, renewed; what enforce keeps from leaving, and what a missing policy does not.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dns.sh"
need unbound perl openssl

cd "$TMP" || exit 1
new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'
openssl req -x509 $new -subj /CN=authority -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem 2>/dev/null
openssl req $new -subj /CN=x -keyout good.key -out good.csr 2>/dev/null
names=DNS:mx.good.example
for domain in good test gone html long odd other none; do names=$names,DNS:mta-sts.$domain.example; done
printf 'subjectAltName=%s\n' "$names" >ext
openssl x509 -req -in good.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out good.pem 2>/dev/null
openssl req -x509 $new -subj /CN=x -addext subjectAltName="$names" -keyout self.key -out self.pem 2>/dev/null

{
	for domain in good test gone html long odd other none forged from; do
		printf '    local-data: "%s.example. MX 10 mx.good.example."\n' $domain
		printf '    local-data: "mta-sts.%s.example. A 127.0.0.4"\n' $domain
		printf "    local-data: '_mta-sts.%s.example. TXT \"v=STSv1; id=1;\"'\n" $domain
	done
	printf "    local-data: '_mta-sts.none.example. TXT \"unrelated\"'\n"
	printf '    local-data: "mx.good.example. A 127.0.0.2"\n'
	printf '    local-data: "twice.example. MX 10 mx.good.example."\n'
	printf "    local-data: '_mta-sts.twice.example. TXT \"v=STSv1; id=1;\"'\n"
	printf "    local-data: '_mta-sts.twice.example. TXT \"v=STSv1; id=2;\"'\n"
} >records
start_dns <records

cat >message <<'X'
From: Ann <ann@example.org>
Date: Sun, 22 Nov 2026 10:00:00 +0000
Message-ID: <1@example.org>

hello
X
STS_PORT=1
send() {
	msend -a mx: -f ann@example.org -o helo=us.example -o "resolver=$RESOLVER" -o "mx-port=$MX_PORT" -o "mta-sts=$STS_PORT" \
	    -o tls-ca="$TMP/ca.pem" -o timeout=10 "$@" <"$TMP/message"
}
offer='S: 220 mx.example ESMTP
C: EHLO us.example
S: 250-mx.example
S: 250 STARTTLS'
tls='C: STARTTLS
S: 220 go on
S! starttls
C: EHLO us.example
S: 250 mx.example'
clear='S: 220 mx.example ESMTP
C: EHLO us.example
S: 250 mx.example'
# to ADDRESS: a transaction that succeeds, and the session's end
to() {
	printf 'C: MAIL FROM:<ann@example.org>\nS: 250 ok\nC: RCPT TO:<%s>\nS: 250 ok\nC: DATA\nS: 354 go on\n' "$1"
	sed 's/^/C: /' "$TMP/message"
	printf 'C: .\nS: 250 taken\nC: QUIT\n'
}
# mx [OPTION…] <<transcript: the exchanger
mx() { server mx 127.0.0.2 "$@"; }
# policy DOMAIN [OPTION…]: a web server that gives the reply in the file of that name, S: lines
policy() {
	policy_domain=$1
	shift
	{
		printf 'C: GET /.well-known/mta-sts.txt HTTP/1.0\nC: Host: mta-sts.%s\nC: Accept: text/plain\nC: \n' "$policy_domain"
		cat reply
	} >policy.script
	saved_port=$MX_PORT MX_PORT=0
	server policy 127.0.0.4 --tls "$@" <policy.script
	STS_PORT=$MX_PORT MX_PORT=$saved_port
}
good="--cert good.pem --key good.key"
# text MODE [MX]: a policy as a server says it
text() {
	printf 'S: HTTP/1.1 200 OK\nS: Content-Type: text/plain; charset=utf-8\nS: \n'
	printf 'S: version: STSv1\nS: mode: %s\nS: max_age: 86400\nS: mx: %s\nS! drop\n' "$1" "${2:-mx.good.example}"
}
# with_length: the same, its length told, since a plain end of file proves nothing
with_length() {
	text "$@" | sed -n 's/^S: //p' | sed 1,3d | sed 's/$/\r/' >body
	text "$@" | sed "s/^S: Content-Type.*/&\nS: Content-Length: $(wc -c <body | tr -d ' ')/"
}
kept=$XDG_CACHE_HOME/pennypost/mta-sts

with_length enforce >reply
policy good.example $good
mx $good <<X
$offer
$tls
$(to bob@good.example)
X
exits 0 'enforce, all is well: sent under TLS' send bob@good.example
is "$(cat "$TMP/err")" '' '  in silence'
peer_ok policy
peer_ok mx
like "$(cat "$kept/good.example")" '^mode: enforce' 'the policy is kept'

mx <<X
$clear
C: QUIT
X
exits 75 'enforce, kept from before; STARTTLS is gone: not sent' send bob@good.example
like "$(cat "$TMP/err")" "offers no STARTTLS, which the domain's MTA-STS policy demands, so nothing was sent" '  and it is said'
peer_ok mx
mx --cert self.pem --key self.key <<X
$offer
C: STARTTLS
S: 220 go on
S! starttls
X
exits 77 'enforce, a certificate from nobody: not sent' send bob@Good.Example
like "$(cat "$TMP/err")" 'signed by no authority' '  and it is said'

mx <<X
$clear
$(to bob@good.example)
X
exits 0 'mta-sts=off: no policy counts' send -o mta-sts=off bob@good.example
peer_ok mx

# The record has changed, but nobody serves the policy: what was kept holds. Once it has expired it does not.
sed 's/^id: .*/id: 0/' "$kept/good.example" >changed && cp changed "$kept/good.example"
STS_PORT=1
mx <<X
$clear
C: QUIT
X
exits 75 'the new policy is kept from us: the old one holds' send bob@good.example
peer_ok mx
sed 's/^until: .*/until: 1/' changed >"$kept/good.example"
with_length none >reply
policy good.example $good
mx <<X
$clear
$(to bob@good.example)
X
exits 0 'expired, and the new one says none: in clear' send bob@good.example
peer_ok policy
peer_ok mx
like "$(cat "$kept/good.example")" '^mode: none' 'the new one is kept'

with_length enforce '*.other.example' >reply
policy other.example $good
exits 77 'an exchanger that the policy does not name is not called' send bob@other.example
like "$(cat "$TMP/err")" 'mx.good.example is no exchanger that the MTA-STS policy of other.example names, so nothing was sent there' '  and it is said'
peer_ok policy

# in_clear DOMAIN WHY: nothing is demanded
in_clear() {	# DOMAIN WHY [ARG…]
	mx <<X
$clear
$(to "bob@$1")
X
	in_clear_to=$1 in_clear_why=$2
	shift 2
	exits 0 "$in_clear_why: in clear" send "$@" "bob@$in_clear_to"
	is "$(cat "$TMP/err")" '' '  in silence'
	peer_ok mx
}
with_length testing >reply
policy test.example $good
in_clear test.example 'testing'
peer_ok policy
printf 'S: HTTP/1.1 404 Not Found\nS: \nS! eof\n' >reply
policy gone.example $good
in_clear gone.example 'the policy is not there'
STS_PORT=1
in_clear gone.example 'and it is not looked for again at once'
like "$(cat "$kept/gone.example")" '^max_age: 300' 'but after five minutes'
with_length enforce | sed 's,text/plain,text/html,' >reply
policy html.example $good
in_clear html.example 'the policy is no plain text'
printf 'S: HTTP/1.1 200 OK\nS: Content-Type: text/plain\nS: \nS: version: STSv1\nS* 70000 x\nS! eof\n' >reply
policy long.example $good
in_clear long.example 'the policy is too long'
with_length enforce >reply
policy odd.example --cert self.pem --key self.key
in_clear odd.example 'the certificate of the policy server is nobody'"'"'s'
with_length enforce >reply
policy forged.example $good
in_clear forged.example 'or for another host'
in_clear twice.example 'two records are none'
with_length enforce >reply
policy none.example $good
mx $good <<X
$offer
$tls
$(to bob@none.example)
X
exits 0 'other TXT records do no harm' send bob@none.example
peer_ok policy
# From the address that the account says, as all else.
perl -MIO::Socket::INET -e 'my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.4", Listen => 1) or die;
	open my $f, ">", "web.port"; print $f $l->sockport; close $f; alarm 30;
	my $c = $l->accept; open $f, ">", "web.peer"; print $f $c->peerhost; close $f' &
web=$!
at_exit "kill $web 2>/dev/null"
await 10 test -s web.port
STS_PORT=$(cat web.port)
in_clear from.example 'the policy server hangs up' -o source=127.0.0.9
is "$(cat web.peer)" 127.0.0.9 'the policy is asked for from the address of source'
exits 78 'through a proxy' send -o proxy=socks5://127.0.0.1:1 -o resolver=127.0.0.1:1 bob@good.example
like "$(cat "$TMP/err")" "mx: can't go through a proxy" 'nothing goes, and no name is looked up'
exits 64 'a bad value of the key' send -o mta-sts=maybe bob@good.example
done_testing
