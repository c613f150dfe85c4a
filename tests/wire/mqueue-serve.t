#!/bin/sh
# SPDX-License-Identifier: ISC
# mqueue serve: the dialogue from the client's side, what is stored, what is refused, and clients that mean harm.
. "$(dirname "$0")/../lib.sh"

Q=$PENNYPOST_QUEUE
serve() { mqueue -o serve-domains='example.org example.net' "$@" serve; }
# talk OPTION…: what stands on stdin, LF becoming CR LF, is said; the replies are in $TMP/said. $with: the environment; $vouch: -T
with= vouch=
talk() {
	# shellcheck disable=SC2086
	sed "s/\$/$(printf '\r')/" | env $with mqueue -o serve-domains='example.org example.net' "$@" serve $vouch >"$TMP/out" 2>"$TMP/err"
	talk_code=$?
	tr -d '\r' <"$TMP/out" >"$TMP/said"
}
codes() { grep -v '^250-' "$TMP/said" | cut -c1-3 | tr '\n' ' '; }
clear_queue() { rm -f "$Q"/new/* "$Q"/cur/*; }
stored() { cat "$Q"/new/*; }
entries() { find "$Q/new" "$Q/cur" "$Q/tmp" -type f 2>/dev/null | wc -l; }

talk <<'EOT'
EHLO client.example.com
MAIL FROM:<eve@example.com> SIZE=100 BODY=8BITMIME
RCPT TO:<bob@example.org>
DATA
Subject: hello

..a dot
two..
.
QUIT
EOT
is "$talk_code $(codes)" '0 220 250 250 250 354 250 221 ' 'a message is taken'
is "$(sed -n 3,10p "$TMP/said" | cut -c5-)" "PIPELINING
SIZE 52428800
8BITMIME
SMTPUTF8
CHUNKING
DSN
ENHANCEDSTATUSCODES
HELP" 'what EHLO offers'
id=$(sed -n 's/^250 2.0.0 queued as //p' "$TMP/said")
is "$(mqueue ls | cut -f1,6,7)" "$id	eve@example.com	bob@example.org" '… under the id that was told'
stored | sed '1,/^Penny-Reply: .*/d' >"$TMP/message"
like "$(head -n 1 "$TMP/message")" '^Received: from client\.example\.com$' 'Received tells who'
like "$(sed -n 2p "$TMP/message")" "^	by [^ ]+ with ESMTP id $id\$" '… to whom and under which id'
like "$(sed -n 3p "$TMP/message")" '^	for <bob@example\.org>; [A-Z][a-z]{2}, [0-9]+ [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} [+-][0-9]{4}$' '… for whom and when'
is "$(tail -n +4 "$TMP/message")" 'Subject: hello

.a dot
two..' 'the text is as it was sent'
clear_queue

# Two ways at once, duplicates, DSN, postmaster, a source route, the null sender.
vouch=-T
talk -o serve-local=maildir:/var/mail/all <<'EOT'
ehlo client.example.com
mail from:<> ret=hdrs envid=QQ+2B1
rcpt to:<@a.example,@b.example:bob@EXAMPLE.org> notify=success,DELAY orcpt=rfc822;Bob@example.org
rcpt to:<Postmaster>
rcpt to:<"a b"@example.com>
rcpt to:<bob@EXAMPLE.org>
rcpt to:<carl@example.com> NOTIFY=NEVER
data
Subject: two ways

x
.
quit
EOT
is "$(codes)" '220 250 250 250 250 250 250 250 354 250 221 ' 'one for us and for others'
is "$(mqueue ls | wc -l)" 2 '… is two entries'
is "$(cat "$Q"/new/* | grep -E '^Penny-(From|Account|Ret|Envid|To|Notify|Orcpt)' | sort)" 'Penny-Account: maildir:/var/mail/all
Penny-Envid: QQ+2B1
Penny-Envid: QQ+2B1
Penny-From: <>
Penny-From: <>
Penny-Notify: never
Penny-Notify: success,delay
Penny-Orcpt: rfc822;Bob@example.org
Penny-Ret: hdrs
Penny-Ret: hdrs
Penny-To: w <"a b"@example.com>
Penny-To: w <Postmaster@example.org>
Penny-To: w <bob@EXAMPLE.org>
Penny-To: w <carl@example.com>' '… with what the sender wants to hear'
is "$(grep -l '^Penny-Account' "$Q"/new/* | xargs grep -c '^Penny-To')" 2 '… and ours go to the account for them'
unlike "$(stored)" '^	for <' 'Received names nobody where there are several'
clear_queue

# Who may relay.
relays() { talk "$@" <<'EOT'
HELO x
MAIL FROM:<ann@example.org>
RCPT TO:<bob@example.com>
RCPT TO:<bob@example.org>
QUIT
EOT
codes; }
vouch=
is "$(relays)" '220 250 250 550 250 221 ' 'nobody may relay'
like "$(cat "$TMP/said")" '^550 5\.7\.1 ' '… and is told'
is "$(relays -o serve-relay=loopback)" '220 250 250 550 250 221 ' 'nor who is not known'
with='TCPREMOTEIP=127.0.0.1'
is "$(relays)" '220 250 250 550 250 221 ' 'nor the own machine, unless it is named'
is "$(relays -o serve-relay=loopback)" '220 250 250 250 250 221 ' '… as it is here'
with='REMOTE_ADDR=::1'
is "$(relays -o serve-relay=loopback)" '220 250 250 250 250 221 ' '… in either family'
with='TCPREMOTEIP=192.0.3.1'
is "$(relays -o serve-relay='loopback, 192.0.2.0/24')" '220 250 250 550 250 221 ' 'one beside the network'
is "$(relays -o serve-relay='loopback, 192.0.2.0/23')" '220 250 250 250 250 221 ' 'one in it'
with='TCPREMOTEIP=2001:db8::7'
is "$(relays -o serve-relay='192.0.2.0/24 2001:db8::/32')" '220 250 250 250 250 221 ' 'and of IPv6'
with='TCPREMOTEIP=::ffff:192.0.2.9'
is "$(relays -o serve-relay=192.0.2.0/24)" '220 250 250 250 250 221 ' 'and of IPv4 in IPv6'
with='RELAYCLIENT='
is "$(relays)" '220 250 250 250 250 221 ' 'the launcher vouches by RELAYCLIENT'
with=
vouch=-T
is "$(relays)" '220 250 250 250 250 221 ' '… or -T'
vouch=
relays -o serve-relay=192.0.2.0/33 >/dev/null
is "$talk_code $(cat "$TMP/said")" '78 421 4.3.0 no service now' 'a wrong list is no list'
like "$(cat "$TMP/err")" 'serve-relay: "192.0.2.0/33" is neither loopback nor a network' '… and said'
with='TCPREMOTEIP=192.0.2.9'
talk <<'EOT'
HELO client.example.com
MAIL FROM:<ann@example.org>
RCPT TO:<bob@example.org>
DATA

.
QUIT
EOT
with=
like "$(stored)" '^Received: from client\.example\.com \(\[192\.0\.2\.9\]\)$' 'Received has the address'
like "$(stored)" '^	by .* with SMTP id' '… and that it was plain SMTP'
clear_queue

# What is wrong, one by one: line TAB reply, each in a session that stands after MAIL and RCPT.
while IFS='	' read -r line want; do
	printf 'EHLO x\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.org>\r\n%b\r\nNOOP\r\nQUIT\r\n' "$line" | serve >"$TMP/out" 2>"$TMP/err"
	is "$(grep -v '^250-' "$TMP/out" | tr -d '\r' | sed -n 5p | cut -c1-9)" "$want" "$line"
done <<'EOT'
MAIL FROM:<ann@example.org>	503 5.5.1
RCPT TO:bob@example.org	501 5.1.7
RCPT TO:<bob@example.org	501 5.1.7
RCPT TO:<bob>	553 5.1.3
RCPT TO:<>	553 5.1.3
RCPT TO:<bob@>	553 5.1.3
RCPT TO:<@example.org>	553 5.1.3
RCPT TO:<bob@example.org> X=1	555 5.5.4
RCPT TO:<bob@example.org> SIZE=1	501 5.5.4
RCPT TO:<bob@example.org> NOTIFY=NEVER,DELAY	501 5.5.4
RCPT TO:<bob@example.org> NOTIFY=DELAY NOTIFY=DELAY	501 5.5.4
RCPT TO:<bob@example.org> ORCPT=bob	501 5.5.4
RCPT TO:<bob@example.org>NOTIFY=DELAY	501 5.5.4
RCPT TO:<b\0303\0266b@example.org>	553 5.6.7
RCPT FROM:<bob@example.org>	501 5.5.4
RCPT	501 5.5.4
RCPT TO:<bob@example.com>	550 5.7.1
DATA now	501 5.5.4
BDAT	501 5.5.4
BDAT -1	501 5.5.4
BDAT 99999999999999999999 LAST	501 5.5.4
BDAT 10 FIRST	501 5.5.4
BDAT 1000000000000	552 5.3.4
VRFY	501 5.5.4
VRFY bob	252 2.5.0
HELP	214 2.0.0
RSET	250 2.0.0
AUTH PLAIN AAAA	502 5.5.1
STARTTLS	502 5.5.1
EXPN all	502 5.5.1
GET / HTTP/1.1	500 5.5.1
\0303\0266	500 5.5.1
NOOP\01x	500 5.5.2
NOOP\0000x	500 5.5.2
EHLO	501 5.5.4
EHLO a b	501 5.5.4
EOT
while IFS='	' read -r line want; do
	printf 'EHLO x\r\n%b\r\nQUIT\r\n' "$line" | serve >"$TMP/out"
	is "$(grep -v '^250-' "$TMP/out" | tr -d '\r' | sed -n 3p | cut -c1-9)" "$want" "$line"
done <<'EOT'
MAIL FROM:<>	250 2.1.0
MAIL FROM: <ann@example.org>	250 2.1.0
MAIL FROM:<ann@example.org> 	250 2.1.0
MAIL FROM:<ann@example.org> SMTPUTF8	250 2.1.0
MAIL FROM:<\0303\0244nn@example.org> SMTPUTF8	250 2.1.0
MAIL FROM:<\0303\0244nn@example.org>	553 5.6.7
MAIL FROM:<ann@example.org> SIZE=52428800	250 2.1.0
MAIL FROM:<ann@example.org> SIZE=52428801	552 5.3.4
MAIL FROM:<ann@example.org> SIZE=	501 5.5.4
MAIL FROM:<ann@example.org> SIZE	501 5.5.4
MAIL FROM:<ann@example.org> BODY=BINARYMIME	501 5.5.4
MAIL FROM:<ann@example.org> NOTIFY=DELAY	501 5.5.4
MAIL FROM:<ann@example.org> ENVID=a=b	501 5.5.4
MAIL FROM:<ann@example.org> AUTH=<>	555 5.5.4
MAIL FROM:<ann>	553 5.1.7
MAIL TO:<ann@example.org>	501 5.5.4
RCPT TO:<bob@example.org>	503 5.5.1
DATA	503 5.5.1
EOT
printf 'MAIL FROM:<>\r\nQUIT\r\n' | serve >"$TMP/out"
like "$(cat "$TMP/out")" '^503 5\.5\.1 ' 'MAIL before EHLO'
printf 'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<x@example.com>\r\nDATA\r\nBDAT 6 LAST\r\nNOOP\r\nNOOP\r\nQUIT\r\n' | serve >"$TMP/out"
is "$(grep -v '^250-' "$TMP/out" | cut -c1-9 | tail -n +5 | tr '\n' ',')" '554 5.5.1,554 5.5.1,250 2.0.0,221 2.0.0,' 'no valid recipient; what BDAT brings is passed over'
is "$(entries)" 0 'nothing of all that is stored'

# CHUNKING.
printf 'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nBDAT 12\r\nSubject: a\r\nBDAT 9\r\n\r\n.\r\n..\r\nBDAT 3 LAST\r\nendQUIT\r\n' | serve >"$TMP/out"
is "$(grep -v '^250-' "$TMP/out" | cut -c1-3 | tr '\n' ' ')" '220 250 250 250 250 250 250 221 ' 'a message in chunks'
is "$(stored | sed '1,/; .* [+-][0-9]*$/d')" 'Subject: a

.
..
end' '… dots and all, its last line ended'
clear_queue
printf 'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nBDAT 3\r\na\r\nDATA\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nBDAT 0 LAST\r\nQUIT\r\n' | serve >"$TMP/out"
is "$(grep -v '^250-' "$TMP/out" | cut -c1-3 | tr '\n' ' ')" '220 250 250 250 250 503 250 250 250 250 221 ' 'DATA amid chunks is none; RSET ends them'
is "$(stored | grep -c '^a')" 0 '… and what came before it is gone'
clear_queue

# Sizes, loops, numbers.
long() { printf 'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\n'; "$@"; printf 'NOOP\r\nQUIT\r\n'; }
many() { perl -e 'print "RCPT TO:<b$_\@example.org>\r\n" for 1 .. 1000'; }
long many | serve >"$TMP/out"
is "$(grep -c '^250 2.1.5' "$TMP/out") $(grep -c '^452 4.5.3' "$TMP/out")" '1000 1' 'a thousand recipients, no more'
line() { perl -e 'print "NOOP ", "x" x ($ARGV[0] - 5), "\r\n"' "$1"; }
long line 2048 | serve >"$TMP/out"
unlike "$(cat "$TMP/out")" '^5' 'a line of 2048 octets'
long line 2049 | serve >"$TMP/out"
is "$(grep -c '^500 5.5.2 the line is too long' "$TMP/out") $(grep -c '^221' "$TMP/out")" '1 1' 'one of 2049, and the session goes on'
perl -e 'print "EHLO x\r\n", "x" x 10000000' | serve >"$TMP/out"
is "$(tail -n 1 "$TMP/out" | cut -c1-9)" '521 5.5.2' 'a line without end'
perl -e 'print "EHLO x\r\n", "FOO\r\n" x 1000' | serve >"$TMP/out"
is "$(grep -c '^500' "$TMP/out") $(tail -n 1 "$TMP/out" | cut -c1-9)" '20 421 4.7.0' 'twenty errors are enough'
perl -e 'print "EHLO x\r\n", "NOOP\r\n" x 1000' | serve >"$TMP/out"
is "$(grep -c '^250 2.0.0' "$TMP/out") $(tail -n 1 "$TMP/out" | cut -c1-9)" '99 421 4.7.0' 'and so is a hundred idle commands'
text() { printf 'DATA\r\n'; perl -e 'print "Subject: x\r\n\r\n", ("x" x 98 . "\r\n") x $ARGV[0]' "$1"; printf '.\r\n'; }
long text 100 | mqueue -o serve-domains=example.org -o serve-size=10014 serve >"$TMP/out"
is "$(grep -c '^250 2.0.0 queued' "$TMP/out") $(entries)" '1 1' 'a message of the size that is allowed'
clear_queue
long text 100 | mqueue -o serve-domains=example.org -o serve-size=10013 serve >"$TMP/out"
is "$(grep -c '^552 5.3.4' "$TMP/out") $(grep -c '^221' "$TMP/out") $(entries)" '1 1 0' 'one octet more'
long text 1000 | mqueue -o serve-domains=example.org -o serve-size=10013 serve >"$TMP/out"
is "$(tail -n 1 "$TMP/out" | cut -c1-9) $(entries)" '552 5.3.4 0' 'ten times as much is not waited for'
hops() { printf 'DATA\r\n'; perl -e 'print "received: from a by b\r\n\tid c\r\n" x $ARGV[0], "\r\nReceived: in the text\r\n"' "$1"; printf '.\r\n'; }
long hops 50 | serve >"$TMP/out"
is "$(grep -c '^250 2.0.0 queued' "$TMP/out")" 1 'fifty hops'
long hops 51 | serve >"$TMP/out"
is "$(grep -c '^554 5.4.6' "$TMP/out")" 1 'fifty-one are a loop'
clear_queue
nul() { printf 'DATA\r\nSubject: x\r\n\r\na\0b\r\n.\r\n'; }
long nul | serve >"$TMP/out"
is "$(stored | tail -n 1 | od -An -c | tr -s ' ')" ' a \0 b \n' 'a NUL in the text stays'
clear_queue

# A client that goes away leaves nothing; one that talks before the greeting is none.
for cut in '' 'EHLO x\r\n' 'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nSubj' 'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nx\r\n.\r' \
    'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nBDAT 10 LAST\r\nabc'; do
	printf "$cut" | serve >"$TMP/out" 2>"$TMP/err"
	is "$? $(entries) $(cat "$TMP/err")" '0 0 ' "cut off after $(printf "$cut" | wc -c) octets: nothing is stored"
done
perl -MIO::Socket -e '
	socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0); syswrite $a, "EHLO x\r\n";
	if (!fork) { open STDIN, "<&", $b; open STDOUT, ">&", $b; open STDERR, ">&", $b; exec "mqueue", "serve" }
	close $b; local $/; print <$a>' >"$TMP/out"
is "$(cut -c1-9 "$TMP/out")" '554 5.5.1' 'who speaks before the greeting is turned away'

# Time: who says nothing, who drips, and who takes no replies. The client writes an octet whenever it has waited a while for the server.
cat >"$TMP/slow" <<'EOT'
use strict; use IO::Socket; use IO::Select;
my ($before, $drop) = @ARGV; $before =~ s/\\r\\n/\r\n/g;
socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0);
if (!fork) { open STDIN, "<&", $b; open STDOUT, ">&", $b; close $a; exec "mqueue", "-o", "serve-domains=example.org", "-o", "serve-timeout=1s", "serve" }
close $b; $SIG{PIPE} = "IGNORE"; my $s = IO::Select->new($a); my $said = "";
sysread $a, $said, 4096;
syswrite $a, $before;
while (1) {
	if ($s->can_read(0.1)) { sysread($a, my $x, 4096) or last; $said .= $x } elsif ($drop ne "") { syswrite $a, $drop }
}
print $said; wait; exit($? >> 8);
EOT
slow() {	# NAME FIRST DROP
	ok "$1" perl "$TMP/slow" "$2" "$3"
	is "$(tail -n 1 "$TMP/.ok" | cut -c1-9) $(entries)" '421 4.4.2 0' '… is told that time is over, and nothing is stored'
}
slow 'who says nothing' '' ''
slow 'who drips a command, octet by octet' 'EHLO x\r\n' x
slow 'who stops after RCPT' 'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\n' ''
slow 'who drips the text of a message' 'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nSubject: x\r\n' x
slow 'who drips a chunk' 'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nBDAT 100000 LAST\r\nSubject: x\r\n' x
slow 'who drips a chunk that nobody wants' 'EHLO x\r\nBDAT 100000 LAST\r\n' x
mkfifo "$TMP/clog"
exits 0 'who takes no replies' sh -c 'exec 3<>"$TMP/clog"
	perl -e "print qq{EHLO x\r\n}, (qq{MAIL FROM:<a\@example.org>\r\n}, qq{RSET\r\n}, map qq{RCPT TO:<b\$_\@example.org>\r\n}, 1 .. 999) x 50" |
		mqueue -o serve-domains=example.org -o serve-timeout=1s serve >"$TMP/clog" 2>"$TMP/clogged"'

# What goes wrong here is told to the operator, and not to the client where standard error is its connection.
rm -rf "$Q"; : >"$Q"
perl -MIO::Socket -e '
	socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0);
	if (!fork) { open STDIN, "<&", $b; open STDOUT, ">&", $b; open STDERR, ">&", $b; exec "mqueue", "serve" }
	close $b; local $/; print <$a>' >"$TMP/out"
is "$(tr -d '\r' <"$TMP/out")" '421 4.3.0 no service now' 'no queue, no service'
rm -f "$Q"

# Smuggling: every text of up to four of CR, LF, dot and a, after "DATA", followed by an end. What is stored is what the rules say, or the
# session ends: a CR or LF alone is never let pass, and nothing but CR LF . CR LF ends a text.
perl -e '
	use strict; my ($q, @c, $bad, $n) = ($ENV{PENNYPOST_QUEUE}, "\r", "\n", ".", "a", 0); @c = ("\r", "\n", ".", "a"); ($bad, $n) = (0, 0);
	my @all = (""); my @last = (""); for (1 .. 4) { @last = map { my $x = $_; map { "$x$_" } @c } @last; push @all, @last }
	for my $t (@all) {
		my $in = "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob\@example.org>\r\nDATA\r\n$t\r\n.\r\nQUIT\r\n";
		open my $f, ">", "$ENV{TMP}/in"; print $f $in; close $f;
		my $out = `mqueue -o serve-domains=example.org serve <"\$TMP/in"`;
		# The oracle: the lines between the CR LF before the text and the first CR LF . CR LF, each less its first dot.
		my $raw = "\r\n$t\r\n.\r\n"; my $end = index $raw, "\r\n.\r\n"; my @lines = $end == 0 ? () : split /\r\n/, substr($raw, 2, $end - 2), -1;
		@lines = ("") if $end == 2;
		my $want = grep(/[\r\n]/, @lines) ? undef : join "", map { s/^\.//; "$_\n" } @lines;
		my @f = glob "$q/new/*"; my $got;
		if (@f == 1) { local $/; open my $g, "<", $f[0]; $got = <$g>; $got =~ s/^.*?\n\tfor [^\n]*\n//s; }
		my $what = join " ", map { sprintf "%02x", ord } split //, $t; $n++;
		if (@f > 1 || defined $got != defined $want || (defined $got && $got ne $want) || (!defined $want && $out !~ /^521 5\.5\.2[^\n]*\n\z/m)) { $bad++; print STDERR "# $what\n" }
		unlink @f;
	}
	print "$n $bad\n"' >"$TMP/smuggled"
is "$(cat "$TMP/smuggled")" '341 0' 'of 341 texts none smuggles anything, and each is stored as it should be'
for line in 'NOOP\n' 'NOOP\rNOOP\r\n' '\nNOOP\r\n' 'MAIL FROM:<a@example.org>\nRCPT TO:<bob@example.org>\r\n'; do
	printf "EHLO x\r\n${line}QUIT\r\n" | serve >"$TMP/out"
	is "$(tail -n 1 "$TMP/out" | cut -c1-9)" '521 5.5.2' "bare CR or LF in a command: $line"
done

# The real msend is the client.
printf 'Subject: from msend\n\n.dot\nlast\n' >"$TMP/message"
exits 0 'msend hands a message over' msend -a "exec:mqueue -o serve-domains=example.org serve" -f ann@example.org bob@example.org <"$TMP/message"
is "$(stored | sed '1,/^$/d')" '.dot
last' '… and it is stored'
clear_queue
exits 69 'msend hears that it may not relay' msend -a "exec:mqueue -o serve-domains=example.org serve" -f ann@example.org bob@example.com <"$TMP/message"
like "$(cat "$TMP/err")" '550 5\.7\.1 not ours' '… in its words'
if command -v swaks >/dev/null 2>&1; then
	ok 'swaks is content' swaks --pipe 'mqueue -o serve-domains=example.org serve' --from ann@example.org --to bob@example.org --ehlo client.example.com --silent 3
	is "$(entries)" 1 '… and its message is there'
else
	skip 'swaks' 'not installed'
fi

done_testing
