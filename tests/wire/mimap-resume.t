#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap fetch after a connection that broke in the middle of a message: what another connection must say to go on with it.
. "$(dirname "$0")/../lib.sh"
need perl

mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\ntls off\n' >"$XDG_CONFIG_HOME/pennypost/config"

# A server for two connections. The first one is cut after 30,000 octets of a message of 50,000; the second one has that UIDVALIDITY,
# and answers the request for the rest with that item and so many octets. What it was asked is in $TMP/asked.
cat >"$TMP/server" <<'EOF'
use IO::Socket::INET;
my ($validity, $item, $octets) = @ARGV;
$| = 1;
alarm 20;
my $listener = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1") or die $!;
print $listener->sockport, "\n";
my $message = join "", map { sprintf "line %04d, of forty-eight octets and no more....\r\n", $_ } 1 .. 1000;
for my $turn (1, 2) {
	my $c = $listener->accept or die;
	print $c "* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n";
	while (my $line = <$c>) {
		print STDERR $line;
		my ($tag, $command) = split " ", $line;
		if ($line =~ /EXAMINE/) {
			print $c "* 1 EXISTS\r\n* OK [UIDVALIDITY ", $turn == 1 ? 7 : $validity, "]\r\n* OK [UIDNEXT 6]\r\n";
		} elsif ($line =~ /FETCH/) {
			my $n = $turn == 1 ? length $message : $octets;
			my $data = $turn == 1 ? substr($message, 0, 30000) : substr($message, 30000, $n);
			print $c "* 1 FETCH (UID 5 FLAGS (\\Seen) ", $turn == 1 ? "BODY[]" : $item, " {$n}\r\n$data";
			last if $turn == 1;
			print $c ")\r\n";
		}
		print $c "$tag OK done\r\n";
		last if $line =~ /LOGOUT/;
	}
	close $c;
}
EOF
serve() {	# UIDVALIDITY ITEM OCTETS
	rm -f "$TMP/port"
	perl "$TMP/server" "$@" >"$TMP/port" 2>"$TMP/asked" &
	server=$!
	at_exit "kill $server 2>/dev/null"
	await 5 test -s "$TMP/port"
	PEER=imap://127.0.0.1:$(cat "$TMP/port")
	rm -rf "$TMP/M"
}
stored() { find "$TMP/M/new" "$TMP/M/cur" "$TMP/M/tmp" -type f | wc -l | tr -d ' '; }

serve 7 'BODY[]<30000>' 20000
exits 0 'a cut message' mimap -a "$PEER" fetch -p -d "$TMP/M" 5
perl -e 'printf "line %04d, of forty-eight octets and no more....\n", $_ for 1 .. 1000' >"$TMP/want"
same "$(cat "$TMP/out")" "$TMP/want" 'is whole'
is "$(tr -d '\r' <"$TMP/asked" | grep FETCH)" 'A2 UID FETCH 5 (UID FLAGS INTERNALDATE BODY.PEEK[])
A2 UID FETCH 5 (UID FLAGS INTERNALDATE BODY.PEEK[]<30000.20000>)' 'only the rest was asked for'
serve 7 'BODY[]<30000>' 20000
exits 0 'to standard output' mimap -a "$PEER" fetch -d - 5
same "$TMP/out" "$TMP/want" 'the same'
serve 8 'BODY[]<30000>' 20000
exits 75 'the mailbox is another one now' mimap -a "$PEER" fetch -d "$TMP/M" 5
like "$(cat "$TMP/err")" 'has made INBOX anew while messages were fetched from it$' 'says so'
is "$(stored)" 0 'half a message is none'
serve 7 'BODY[]<30000>' 19998
exits 76 'the rest has another size' mimap -a "$PEER" fetch -d "$TMP/M" 5
like "$(cat "$TMP/err")" 'now tells another size of the message with UID 5$' 'says so'
is "$(stored)" 0 'nothing is kept'
serve 7 'BODY[]<0>' 20000
exits 76 'the wrong part of it' mimap -a "$PEER" fetch -d "$TMP/M" 5
is "$(stored)" 0 'is not taken for the right one'
serve 7 'BODY[]' 20000
exits 0 'all of it again, which has another size' mimap -a "$PEER" fetch -p -d "$TMP/M" 5
is "$(stored)" 1 'stands alone'
is "$(wc -c <"$(cat "$TMP/out")" | tr -d ' ')" "$(tail -c +29401 "$TMP/want" | head -c 19600 | wc -c | tr -d ' ')" 'and is not joined to what came before'
done_testing
