#!/bin/sh
# SPDX-License-Identifier: ISC
# Through a SOCKS proxy, from a chosen address: every client the same way; names are the proxy's to resolve.
. "$(dirname "$0")/../lib.sh"
need perl

# proxy.pl PORT [USER:PASSWORD]: takes one connection, whatever host it is for, to that port here; what it was told goes to $TMP/told.
cat >"$TMP/proxy.pl" <<'EOT'
use strict; use IO::Socket::INET; use IO::Select;
$SIG{PIPE} = 'IGNORE'; alarm 60; $| = 1;
my ($port, $login) = @ARGV;
my $l = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die; print $l->sockport, "\n"; close STDOUT;
my $c = $l->accept or die;
sub get { my ($n, $b) = (shift, ''); while (length $b < $n) { sysread $c, $b, $n - length $b, length $b or exit } $b }
sub text { get(ord get(1)) }
open my $told, '>', "$ENV{TMP}/told"; select((select($told), $| = 1)[0]);
my (undef, $n) = unpack 'CC', get(2); get($n);
syswrite $c, defined $login ? "\5\2" : "\5\0";
if (defined $login) {
	get(1); my $as = text() . ':' . text(); print $told "$as\n";
	syswrite $c, $as eq $login ? "\1\0" : "\1\1"; exit if $as ne $login;
}
my (undef, undef, undef, $type) = unpack 'C4', get(4);
my $host = $type == 3 ? text() : join '.', unpack 'C*', get($type == 1 ? 4 : 16);
print $told "$type $host ", unpack('n', get(2)), ' from ', $c->peerhost, "\n";
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
syswrite $c, $s ? "\5\0\0\1\0\0\0\0\0\0" : "\5\5\0\1\0\0\0\0\0\0"; exit if !$s;
my $both = IO::Select->new($c, $s);
while (my @ready = $both->can_read) {
	for my $from (@ready) { my $got = sysread $from, my $b, 65536; exit if !$got; syswrite $from == $c ? $s : $c, $b }
}
EOT
export TMP
serve() {	# NAME [USER:PASSWORD], the transcript on stdin: $P is the proxy's port
	cat >"$TMP/$1.peer"
	rm -f "$TMP/port" "$TMP/told" "$TMP/$1.peer.result"
	"$BUILD/tests/tools/peer" --listen "$TMP/$1.peer" >"$TMP/port" &
	await 5 test -s "$TMP/port"
	server=$(cat "$TMP/port")
	rm -f "$TMP/port"
	perl "$TMP/proxy.pl" "$server" ${2+"$2"} >"$TMP/port" &
	await 5 test -s "$TMP/port"
	P=$(cat "$TMP/port")
}
# A proxy that goes away leaves its server waiting for ever.
let_go() { perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => shift)' "$server"; }
mail='S: 220 mx
C: EHLO me.example.org
S: 250 mx
C: MAIL FROM:<ann@example.org>
S: 550 5.7.1 no
C: QUIT'
send() {
	echo hello | msend -a smtp://mail.invalid -o tls=off -o helo=me.example.org -f ann@example.org -o "proxy=socks5://$PROXY" "$@" bob@example.net
}

serve smtp <<EOT
$mail
EOT
PROXY=127.0.0.1:$P
exits 69 'msend, to a host that only the proxy could know' send
is "$(cat "$TMP/told")" '3 mail.invalid 587 from 127.0.0.1' 'name and port go to the proxy'
peer_ok smtp

serve pop3 <<EOT
S: +OK ready
C: CAPA
S: -ERR
EOT
exits 77 'mpop: a proxy on loopback makes no connection local, so no password goes in clear' \
	mpop -a pop3://ann@192.0.2.1:1110 -o tls=off -o "proxy=socks5://localhost:$P" -o 'password=!echo secret' "$TMP/M"
like "$(cat "$TMP/err")" 'no password is sent' 'and it is said'
is "$(cat "$TMP/told")" '1 192.0.2.1 1110 from 127.0.0.1' 'an address goes as one'

serve imap <<EOT
S: * PREAUTH [CAPABILITY IMAP4rev1] hello
C: A1 LIST "" "*"
S: A1 OK
C: A2 LOGOUT
S: * BYE
S: A2 OK
EOT
exits 0 'mimap' mimap -a imap://ann@mail.invalid -o tls=off -o "proxy=socks5://127.0.0.1:$P" ls
is "$(cat "$TMP/told")" '3 mail.invalid 143 from 127.0.0.1' 'likewise'

# A proxy with a login; its password is the netrc file's.
serve login 'carl:open sesame' <<EOT
$mail
EOT
printf 'machine 127.0.0.1 login carl password "open sesame"\n' >"$TMP/netrc"
chmod 600 "$TMP/netrc"
export NETRC="$TMP/netrc"
PROXY=carl@127.0.0.1:$P
exits 69 'a proxy that wants a login' send
is "$(cat "$TMP/told")" 'carl:open sesame
3 mail.invalid 587 from 127.0.0.1' 'gets it'
serve login 'carl:other' <<EOT
$mail
EOT
PROXY=carl@127.0.0.1:$P
exits 77 'a proxy that refuses the login' send -v
like "$(cat "$TMP/err")" 'refuses the user carl or the password' 'is said to'
unlike "$(cat "$TMP/err")" 'sesame' 'without the password'
let_go
unset NETRC
exits 78 'a proxy with a user and no password anywhere' send
like "$(cat "$TMP/err")" 'no password of carl for the proxy' 'is a mistake'

exits 75 'a proxy that is not there' send -o proxy=socks5://127.0.0.1:1
like "$(cat "$TMP/err")" 'the proxy: connect to 127.0.0.1 port 1: Connection refused' 'is named'
exits 64 'a proxy of another kind' send -o proxy=http://127.0.0.1
like "$(cat "$TMP/err")" 'proxy is written as socks5://host:port' 'is a mistake'
exits 64 'a source that is no address' send -o source=eth0
like "$(cat "$TMP/err")" 'source is an address of this machine' 'likewise'

if [ "$(uname)" = Linux ]; then
	serve source <<-EOT
	$mail
	EOT
	PROXY=127.0.0.1:$P
	exits 69 'from an address of ours' send -o source=127.0.0.3
	is "$(cat "$TMP/told")" '3 mail.invalid 587 from 127.0.0.3' 'it is used'
fi
done_testing
