#!/bin/sh
# SPDX-License-Identifier: ISC
# mx: - RFC 5321 5.1 with a name server of our own: which exchanger gets the mail, what bounces, and what waits.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dns.sh"
need unbound perl openssl

start_dns <<'X'
    local-data: "two.example. MX 10 a.two.example."
    local-data: "two.example. MX 20 b.two.example."
    local-data: "a.two.example. A 127.0.0.2"
    local-data: "b.two.example. A 127.0.0.3"
    local-data: "pair.example. A 127.0.0.2"
    local-data: "xn--bcher-kva.example. MX 10 b.two.example."
    local-data: "pair.example. A 127.0.0.3"
    rrset-roundrobin: no
    local-data: "other.example. MX 5 b.two.example."
    local-data: "null.example. MX 0 ."
    local-data: "bare.example. A 127.0.0.2"
    local-data: "empty.example. TXT nothing"
    local-data: "lost.example. MX 10 nowhere.example."
    local-data: "loop.example. MX 10 us.example."
    local-data: "loop.example. MX 20 b.two.example."
    local-data: "backup.example. MX 10 a.two.example."
    local-data: "backup.example. MX 20 us.example."
    local-data: "backup.example. MX 30 b.two.example."
    local-data: "mixed.example. MX 10 host.broken.example."
    local-data: "mixed.example. MX 20 nowhere.example."
    local-zone: "broken.example." refuse
    local-zone: "servfail.example." transparent
auth-zone:
    name: "servfail.example."
    primary: 127.0.0.1@1
    fallback-enabled: no
X

cat >"$TMP/message" <<'X'
From: Ann <ann@example.org>
Date: Sun, 22 Nov 2026 10:00:00 +0000
Message-ID: <1@example.org>

hello
X
send() {
	msend -a mx: -f ann@example.org -o helo=us.example -o "resolver=$RESOLVER" -o "mx-port=$MX_PORT" -o timeout=10 "$@" <"$TMP/message"
}
hello='S: 220 mx.example ESMTP
C: EHLO us.example
S: 250-mx.example
S: 250 PIPELINING'
# to ADDRESS…: a transaction that succeeds, and the session's end
to() {
	echo 'C: MAIL FROM:<ann@example.org>'
	for rcpt; do echo "C: RCPT TO:<$rcpt>"; done
	echo 'C: DATA'
	echo 'S: 250 ok'
	for rcpt; do echo 'S: 250 ok'; done
	echo 'S: 354 go on'
	sed 's/^/C: /' "$TMP/message"
	printf 'C: .\nC: QUIT\nS: 250 taken\nS: 221 bye\n'
}

server first 127.0.0.2 <<X
$hello
$(to bob@two.example carol@Two.Example)
X
exits 0 'the best exchanger gets the mail, one transaction for one domain' send bob@two.example carol@Two.Example
is "$(cat "$TMP/out" "$TMP/err")" '' 'in silence'
peer_ok first

server second 127.0.0.3 <<X
$hello
$(to bob@two.example)
X
exits 0 'nobody listens at the first: the second' send bob@two.example
peer_ok second

# Domains in other scripts: as the domain name system has them, and no SMTPUTF8 for that.
server second 127.0.0.3 <<X
$hello
$(to bob@xn--bcher-kva.example)
X
exits 0 'a domain beyond ASCII' send bob@Bücher.example
peer_ok second
server second 127.0.0.3 <<X
S: 220 mx
C: EHLO us.example
S: 250-mx
S: 250-8BITMIME
S: 250 SMTPUTF8
C: MAIL FROM:<ann@example.org> SMTPUTF8
S: 250 ok
C: RCPT TO:<zoë@bücher.example>
S: 250 ok
C: DATA
S: 354 go on
$(sed 's/^/C: /' "$TMP/message")
C: .
S: 250 taken
C: QUIT
X
exits 0 'a user beyond ASCII, too' send zoë@bücher.example
peer_ok second

for says in 'S: 554 no mail today' 'S: 421 4.3.2 busy' 'S! drop' 'S: hello?'; do
	server first 127.0.0.2 <<X
$says
X
	server second 127.0.0.3 <<X
$hello
$(to bob@two.example)
X
	exits 0 "the first greets with \"$says\": the second" send bob@two.example
	peer_ok second
done

# Half-way through: who was not sent goes to the next host, who was refused stays refused.
server first 127.0.0.2 <<X
S: 220 mx
C: EHLO us.example
S: 250 mx
C: MAIL FROM:<ann@example.org>
S: 250 ok
C: RCPT TO:<bob@two.example>
S: 550 5.1.1 no bob
C: RCPT TO:<carol@two.example>
S! drop
X
server second 127.0.0.3 <<X
$hello
$(to carol@two.example)
X
exits 67 'dropped after one was refused' send bob@two.example carol@two.example
is "$(cat "$TMP/err")" 'msend: server refused <bob@two.example>: "550 5.1.1 no bob"' 'he is not asked for again, the other is served'
peer_ok second

server first 127.0.0.2 <<X
$hello
$(to bob@two.example | sed '/^S: 250 taken/,$d')
S! drop
X
exits 75 'dropped after the dot: it may have been delivered' send bob@two.example
like "$(cat "$TMP/err")" 'it may have been delivered' 'so no other host gets it'
peer_ok first

server first 127.0.0.2 <<X
$hello
$(to bob@two.example)
X
server second 127.0.0.3 <<X
$hello
$(to dan@other.example eve@other.example)
X
exits 0 'two domains, two exchangers' send dan@other.example bob@two.example eve@other.example
peer_ok first
peer_ok second

server first 127.0.0.2 <<X
$hello
$(to bob@bare.example)
X
exits 0 'no MX record: the domain'"'"'s own address' send bob@bare.example
peer_ok first

server first 127.0.0.2 <<X
$hello
$(to 'bob@[127.0.0.2]')
X
exits 0 'an address in brackets' send 'bob@[127.0.0.2]'
peer_ok first

server first 127.0.0.2 <<X
$hello
$(to bob@backup.example)
X
exits 0 'we are a backup: the better host gets it' send bob@backup.example
peer_ok first
exits 75 'and nobody else, not even where it is down' send bob@backup.example
like "$(cat "$TMP/err")" '^msend: connect to a.two.example port [0-9]*: Connection refused' 'which is said'

# TLS where it is offered, whoever signed the certificate.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=elsewhere.example -addext subjectAltName=DNS:elsewhere.example \
	-keyout "$TMP/key.pem" -out "$TMP/cert.pem" 2>/dev/null
PEER_CERT=$TMP/cert.pem PEER_KEY=$TMP/key.pem
export PEER_CERT PEER_KEY
offer='S: 220 mx.example ESMTP
C: EHLO us.example
S: 250-mx.example
S: 250-STARTTLS
S: 250 PIPELINING'
secured='C: STARTTLS
S: 220 go on
S! starttls
C: EHLO us.example
S: 250-mx.example
S: 250 PIPELINING'

server first 127.0.0.2 <<X
$offer
$secured
$(to bob@bare.example)
X
exits 0 'STARTTLS is offered: it is used, with any certificate' send bob@bare.example
peer_ok first

server first 127.0.0.2 <<X
$offer
C: STARTTLS
S: 454 4.7.0 not now
$(to bob@bare.example)
X
exits 0 'STARTTLS is offered but refused: the session goes on in clear' send bob@bare.example
peer_ok first

server first 127.0.0.2 <<X
$offer
C: STARTTLS
S: 220 go on
S! drop
X
server second 127.0.0.3 <<X
$hello
$(to bob@pair.example)
X
exits 0 'the handshake fails: the other address of the host' send bob@pair.example
peer_ok first
peer_ok second

# in_turn ADDRESS SCRIPT...: a server that plays one after the other, a connection each
in_turn() {
	rm -f "$TMP/up"
	perl -MIO::Socket::INET -e '
		my ($address, $port, $peer, @scripts) = @ARGV;
		my $l = IO::Socket::INET->new(Listen => 5, LocalAddr => $address, LocalPort => $port, ReuseAddr => 1) or die;
		$| = 1;
		print "up\n";
		for my $script (@scripts) {
			my $c = $l->accept;
			next if fork;
			open STDIN, "<&", $c;
			open STDOUT, ">&", $c;
			exec $peer, $script;
		}' "$1" "$MX_PORT" "$BUILD/tests/tools/peer" "$2" "$3" >"$TMP/up" &
	in_turn_pid=$!
	at_exit "kill $in_turn_pid 2>/dev/null"
	await 5 test -s "$TMP/up"
}
cp "$TMP/first.peer" "$TMP/shut.peer"
peer clear <<X
$offer
$(to bob@bare.example)
X
in_turn 127.0.0.2 "$TMP/shut.peer" "$TMP/clear.peer"
exits 0 'the handshake fails: once more, in clear' send bob@bare.example
peer_ok shut
peer_ok clear
wait "$in_turn_pid"

for says in 'S: 554 no mail today' 'S: 421 4.3.2 busy' 'S! drop' 'S: hello?' 'S: 220 mx
C: EHLO us.example
S: 554 5.7.1 go away'; do
	server first 127.0.0.2 <<X
$says
X
	server second 127.0.0.3 <<X
$hello
$(to bob@pair.example)
X
	exits 0 "one address of a host says $(echo "$says" | tail -n 1): the other" send bob@pair.example
	peer_ok second
done

server first 127.0.0.2 <<X
$offer
$(to bob@bare.example)
X
exits 0 'tls=off: never' send -o tls=off bob@bare.example
peer_ok first

server first 127.0.0.2 <<X
$hello
C: QUIT
X
exits 75 'tls=on, not offered: nothing is sent' send -o tls=on bob@bare.example
like "$(cat "$TMP/err")" 'offers no STARTTLS, which the tls key demands, so nothing was sent' 'and it is said'
peer_ok first

server first 127.0.0.2 <<X
$offer
C: STARTTLS
S: 220 go on
S! drop
X
server second 127.0.0.3 <<X
$offer
C: STARTTLS
S: 220 go on
S! drop
X
exits 75 'tls=on, the handshake fails everywhere: nothing in clear' send -o tls=on bob@pair.example
peer_ok first
peer_ok second

# fails EXIT ERE ADDRESS
fails() {
	exits "$1" "$1: $3" send "$3"
	like "$(cat "$TMP/err")" "$2" "  says $2"
	is "$(grep -c . "$TMP/err")" 1 '  in one line'
}
fails 67 'null.example takes no mail' bob@null.example
fails 68 'there is no domain nosuch.example; is it spelled right' bob@nosuch.example
fails 68 'host empty.example has no address' bob@empty.example
fails 68 'host nowhere.example has no address' bob@lost.example
fails 69 'would come back to this machine' bob@loop.example
fails 75 "broken.example can't be looked up" bob@broken.example
fails 75 "servfail.example can't be looked up" bob@servfail.example
fails 75 'connect to b.two.example .*Connection refused' bob@two.example
fails 68 'no domain for mail: "\[300.1.2.3\]"' 'bob@[300.1.2.3]'

# What a queue is told: only facts are refusals.
verdicts() {
	mkdir -p "$XDG_CONFIG_HOME/pennypost"
	printf 'account direct\n\tsend mx:\n\tresolver %s\n\tmx-port %s\n\thelo us.example\n' "$RESOLVER" "$MX_PORT" >"$XDG_CONFIG_HOME/pennypost/config"
	mqueue add -f ann@example.org -a direct -- "$@" <"$TMP/message" >/dev/null
	find "$PENNYPOST_QUEUE/new" -type f | msend -B 2>"$TMP/err" | cut -f 2-5 | tr '\t' ' '
}
is "$(verdicts a@null.example b@nosuch.example c@empty.example d@lost.example e@loop.example f@broken.example g@servfail.example \
    h@two.example i@mixed.example)" 'a@null.example refused 556 5.1.10
b@nosuch.example refused 550 5.1.2
c@empty.example refused 550 5.4.4
d@lost.example refused 550 5.4.4
e@loop.example refused 550 5.4.6
f@broken.example later  
g@servfail.example later  
h@two.example later  
i@mixed.example later  ' 'what does not exist is refused, what is not known waits'

# A batch: one session for the messages to a domain, and no second call to hosts that are down.
rm -rf "$PENNYPOST_QUEUE"
for to in a@two.example b@two.example c@other.example d@other.example; do
	mqueue add -f ann@example.org -a direct -- "$to" <"$TMP/message" >"$TMP/id"
	find "$PENNYPOST_QUEUE/new" -name "*$(cat "$TMP/id")*" >>"$TMP/paths"
done
server first 127.0.0.2 <<X
$hello
$(to a@two.example | sed '/^C: QUIT/d; /^S: 221/d')
$(to b@two.example | sed '/^C: QUIT/d; /^S: 221/d')
C: QUIT
X
msend -B <"$TMP/paths" 2>"$TMP/err" | cut -f 2-5 | tr '\t' ' ' >"$TMP/out"
is "$(cat "$TMP/out")" 'a@two.example ok 250 
b@two.example ok 250 
c@other.example later  
d@other.example later  ' 'several messages of a batch'
peer_ok first

exits 75 'a name server that does not answer' msend -a mx: -f ann@example.org -o resolver=127.0.0.1:1 bob@two.example <"$TMP/message"
exits 78 'a resolver that is no address' msend -a mx: -f ann@example.org -o resolver=localhost bob@two.example <"$TMP/message"
exits 64 'a port that is none' msend -a mx: -f ann@example.org -o mx-port=0 bob@two.example <"$TMP/message"
exits 75 'of two exchangers one is not known now, and one is none' msend -a mx: -f ann@example.org -o "resolver=$RESOLVER" bob@mixed.example <"$TMP/message"

# Answers that do not fit a datagram: by TCP, and not for ever.
{
	for i in 1 2 3 4 5 6 7 8 9; do
		for j in 1 2 3 4 5; do
			echo "local-data: \"big.example. MX 20 a-rather-long-name-of-an-exchanger-$i-$j.nowhere-at-all.example.\""
			echo "local-data: \"a-rather-long-name-of-an-exchanger-$i-$j.nowhere-at-all.example. A 127.0.0.3\""
		done
	done
	echo 'local-data: "big.example. MX 10 b.two.example."'
	echo 'local-data: "b.two.example. A 127.0.0.3"'
} >"$TMP/big"
start_dns <"$TMP/big"
exits 75 'more exchangers than fit a datagram' send -o mx-port=1 bob@big.example
like "$(cat "$TMP/err")" 'Connection refused' 'are known'
perl -MIO::Socket::INET -e '
	my $udp = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Proto => "udp") or die;
	my $tcp = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $udp->sockport, Proto => "tcp", Listen => 5) or die;
	$| = 1;
	print $udp->sockport, "\n";
	while (my $from = $udp->recv(my $q, 4096)) {
		substr($q, 2, 2) = "\x83\x80";
		$udp->send($q, 0, $from);
	}' >"$TMP/cut" &
at_exit "kill $! 2>/dev/null"
await 10 test -s "$TMP/cut"
RESOLVER=127.0.0.1:$(cat "$TMP/cut")
exits 75 'a name server that says by TCP that it says nothing' send -o deadline=1 bob@big.example
like "$(cat "$TMP/err")" 'big.example.*: timed out' 'is not waited for'
done_testing
