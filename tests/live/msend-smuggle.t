#!/bin/sh
# SPDX-License-Identifier: ISC
# No smuggling (RFC 5321 2.3.8, 4.5.2): every string of at most three octets over { CR LF . a }, each alone as the body of a message, goes to
# Postfix over one connection, by DATA and by BDAT. What left is looked at octet by octet, and what arrived line by line.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"

live_dovecot
live_postfix 'smtpd_discard_ehlo_keywords = chunking, etrn
smtpd_tls_security_level = none
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject'

# Between msend and Postfix: notes what the client says in $TMP/said.
cat >"$TMP/tap" <<'X'
use IO::Socket::INET; use IO::Select;
my ($port, $said) = @ARGV;
$SIG{PIPE} = 'IGNORE';
my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die;
open my $log, '>>:raw', $said or die;
my $both = IO::Select->new($server, \*STDIN);
while (my @ready = $both->can_read) {
	for my $from (@ready) {
		my $got = sysread $from, my $b, 65536;
		exit if !$got;
		if ($from == $server) { syswrite STDOUT, $b } else { print $log $b; $log->flush; syswrite $server, $b }
	}
}
X
mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'account tap\n\tfrom ann@example.org\n\thelo client.example.org\n\tsend "exec:perl %s/tap %s %s/said"\n' "$TMP" "$SMTP" "$TMP" >"$XDG_CONFIG_HOME/pennypost/config"

# The messages in the queue, and what each is as lines in $TMP/want/N.
mkdir "$TMP/want" "$TMP/got" "$TMP/messages"
perl -e '
	my @l = ("\r", "\n", ".", "a"); my @all = ("");
	for my $n (1 .. 3) { push @all, map { my $x = $_; map { "$x$_" } @l } grep { length == $n - 1 } @all }
	for my $i (0 .. $#all) {
		open my $f, ">:raw", "$ENV{TMP}/messages/$i" or die;
		print $f "From: Ann <ann\@example.org>\nTo: bob\@example.org\nSubject: $i\nDate: Sun, 22 Nov 2026 10:00:00 +0000\nMessage-ID: <$i\@example.org>\n\n$all[$i]";
		(my $lf = $all[$i]) =~ s/\r\n|\r/\n/g;
		$lf .= "\n" if $lf ne "" && $lf !~ /\n\z/;
		open $f, ">:raw", "$ENV{TMP}/want/$i" or die; print $f $lf;
	}'
count=$(find "$TMP/want" -type f | wc -l | tr -d ' ')
is "$count" 85 'that many there are'
for m in "$TMP"/messages/*; do mqueue add -a tap -f ann@example.org bob@example.org <"$m" || note "not queued: $m"; done >"$TMP/ids"

# What msend said, taken apart as RFC 5321 and 3030 have it: messages with CRLF to $TMP/said.d/N, by their subject; anything amiss is told.
cat >"$TMP/judge" <<'X'
my ($said, $to) = @ARGV;
open my $f, '<:raw', $said or die; local $/; my $all = <$f>;
my ($n, $mail) = (0, 0);
print "a bare CR or LF\n" if $all =~ /\r(?!\n)|(?<!\r)\n/;
sub keep { my ($m) = @_; $m =~ /^Subject: (\d+)\r$/m or print "no subject\n"; open my $f, '>:raw', "$to/$1" or die; print $f $m; $n++ }
while ($all =~ s/^([^\r\n]*)\r\n//) {
	my $command = $1;
	$mail++ if $command =~ /^MAIL FROM:/;
	if ($command eq 'DATA') {
		$all =~ s/^(.*?\r\n)\.\r\n//s or print "no end\n";
		my $m = $1;
		print "a dot is not stuffed\n" if $m =~ /^\.(?!\.)/m;
		$m =~ s/^\.\././mg;
		keep($m);
	} elsif ($command =~ /^BDAT (\d+) LAST$/) {
		keep(substr $all, 0, $1, '');
	} elsif ($command !~ /^(EHLO|MAIL|RCPT|RSET|QUIT)\b/) {
		print "not said by us: $command\n";
	}
}
print "$n of $mail\n";
X

# run NAME: all of them, by what Postfix offers now
run() {
	rm -rf "$TMP/said" "$TMP/said.d"
	mkdir "$TMP/said.d"
	exits 0 "$1: sent" sh -c 'ls -d "$PENNYPOST_QUEUE"/new/* | msend -B'
	is "$(cut -f3 "$TMP/out" | sort | uniq -c | sed 's/^ *//')" "$count ok" '  all are taken'
	is "$(grep -ac '^EHLO' "$TMP/said")" 1 '  over one connection'
	is "$(perl "$TMP/judge" "$TMP/said" "$TMP/said.d")" "$count of $count" '  what left has CRLF only, dots stuffed, and one end each'
	live_arrived bob "$count"
	is "$(live_mail bob | wc -l | tr -d ' ')" "$count" '  as many arrive'
	rm -f "$TMP"/got/*
	for m in $(live_mail bob); do
		n=$(sed -n 's/^Subject: //p' "$m")
		sed '1,/^$/d' "$m" >"$TMP/got/$n"
		rm "$m"
	done
	is "$(diff -r "$TMP/want" "$TMP/got" 2>&1 | head -n 5)" '' '  each with its lines'
	bad=
	for m in "$TMP"/said.d/*; do
		sed '1,/^.$/d; s/.$//' "$m" | cmp -s - "$TMP/want/${m##*/}" || bad="$bad ${m##*/}"
	done
	is "$bad" '' '  which are those that left'
}
run DATA
like "$(cat "$TMP/said")" '^DATA' '  by DATA'
live_postfix_stop
sed -i 's/^smtpd_discard_ehlo_keywords.*/smtpd_discard_ehlo_keywords = etrn/' "$TMP/p/etc/main.cf"
live_postfix_start
run BDAT
like "$(cat "$TMP/said")" '^BDAT' '  by BDAT'
done_testing
