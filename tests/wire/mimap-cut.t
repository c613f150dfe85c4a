#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap and connections that end or crawl: TLS without a good-bye, an octet now and then, no answer to LOGOUT. What is not whole is not
# stored, and every wait has an end.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../live/lib.sh"
need openssl perl
live_certificate
PEER_CERT=$TMP/tls/cert.pem PEER_KEY=$TMP/tls/key.pem
export PEER_CERT PEER_KEY

# over_tls NAME <<transcript: $FAR is its URL
over_tls() {
	cat >"$TMP/$1.peer"
	rm -f "$TMP/$1.peer.result" "$TMP/$1.port"
	"$BUILD/tests/tools/peer" --listen --tls "$TMP/$1.peer" >"$TMP/$1.port" &
	over_pid=$!
	at_exit "kill $over_pid 2>/dev/null"
	await 5 test -s "$TMP/$1.port"
	FAR="imaps://ann@localhost:$(cat "$TMP/$1.port")"
}
fetch='S: * PREAUTH [CAPABILITY IMAP4rev1] ready
C: A1 EXAMINE "INBOX"
C: A2 UID FETCH 5:6 (UID FLAGS INTERNALDATE BODY.PEEK[])
S: * 2 EXISTS
S: * OK [UIDVALIDITY 7] valid
S: A1 OK
S: * 1 FETCH (UID 5 FLAGS () BODY[] {5}
S- five\n)\r\n'
stored() { find "$1/new" "$1/cur" -type f 2>/dev/null | wc -l | tr -d ' '; }

for way in drop eof; do
	over_tls "literal.$way" <<-EOT
		$fetch
		S: * 2 FETCH (UID 6 BODY[] {100}
		S- half
		S! $way
	EOT
	exits 75 "TLS ends inside a message ($way)" mimap -a "$FAR" -o tls-ca="$CA" -o timeout=2 -o deadline=3 fetch -d "$TMP/M.$way" 5:6
	is "$(stored "$TMP/M.$way") $(ls "$TMP/M.$way/tmp" | wc -l | tr -d ' ')" '1 0' 'only what is whole is stored'
done
over_tls between <<EOT
$fetch
S! drop
EOT
exits 75 'TLS ends without close_notify between messages' mimap -a "$FAR" -o tls-ca="$CA" -o timeout=2 -o deadline=3 fetch -d "$TMP/M.between" 5:6
is "$(wc -l <"$TMP/err" | tr -d ' ')" 1 'which is told in a line'

# A server that says an octet every quarter of a second never runs into the time-out of a single read.
cat >"$TMP/drip" <<'EOT'
use IO::Handle;
STDOUT->autoflush(1);
print "* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n";
<STDIN>;
print "* OK ";
$SIG{PIPE} = sub { exit };
while (1) { print "x"; select undef, undef, undef, 0.25 }
EOT
exits 75 'a reply that drips' mimap -a "exec:perl $TMP/drip" -o timeout=1 ls
like "$(cat "$TMP/err")" 'timed out' 'is found out'
exits 75 'and where each wait may be long' mimap -a "exec:perl $TMP/drip" -o timeout=1h -o deadline=1 ls
like "$(cat "$TMP/err")" 'timed out' 'the whole run has its end'

peer logout <<EOT
$fetch
S: * 2 FETCH (UID 6 FLAGS () BODY[] {4}
S- six\n)\r\n
S: A2 OK
C: A3 LOGOUT
S! stall
EOT
exits 0 'LOGOUT is never answered' mimap -a "$PEER" -o deadline=2 fetch -d "$TMP/M.logout" 5:6
is "$(stored "$TMP/M.logout")" 2 'which matters to nobody'
done_testing
