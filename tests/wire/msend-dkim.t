#!/bin/sh
# SPDX-License-Identifier: ISC
# Signatures (RFC 6376, 8463) over what really leaves: each message is caught on the wire and judged by another implementation, dkimpy.
. "$(dirname "$0")/../lib.sh"
need perl openssl

umask 077
openssl genrsa -out "$TMP/rsa.pem" 2048 2>/dev/null
openssl genpkey -algorithm ed25519 -out "$TMP/ed.pem" 2>/dev/null

# A server that keeps each message as it came, dots undone, and offers what $OFFER says.
cat >"$TMP/sink" <<'X'
$| = 1;
binmode STDIN; binmode STDOUT;
sub say_line { print "$_[0]\r\n" }
my $data = '';
sub keep { open my $f, '>:raw', $ENV{CAUGHT} or die; print $f $data; close $f; say_line('250 ok') }
say_line('220 sink');
while (<STDIN>) {
	if (/^EHLO/) { say_line("250-$_") for split ' ', $ENV{OFFER} // ''; say_line('250 PIPELINING') }
	elsif (/^DATA/) {
		say_line('354 go on');
		$data = '';
		while (defined($_ = <STDIN>) && $_ ne ".\r\n") { s/^\.//; $data .= $_ }
		keep();
	}
	elsif (/^BDAT (\d+) LAST/) { read(STDIN, $data, $1) == $1 or die; keep() }
	elsif (/^QUIT/) { say_line('221 bye'); exit }
	else { say_line('250 ok') }
}
X
export CAUGHT="$TMP/caught" OFFER=8BITMIME

# Prints pass or fail for each signature.
cat >"$TMP/judge.py" <<'X'
import base64, subprocess, sys
import dkim
tmp = sys.argv[1]
def public(name):
	der = subprocess.run(['openssl', 'pkey', '-in', tmp + '/' + name + '.pem', '-pubout', '-outform', 'DER'], stdout=subprocess.PIPE, check=True).stdout
	return base64.b64encode(der[-32:] if name == 'ed' else der)
keys = {b'r1._domainkey.example.org.': b'v=DKIM1; k=rsa; p=' + public('rsa'),
	b'e1._domainkey.example.org.': b'v=DKIM1; k=ed25519; p=' + public('ed')}
with open(tmp + '/caught', 'rb') as f:
	message = f.read()
n = message.count(b'DKIM-Signature: v=1;')
results = []
for i in range(n):
	try:
		results.append('pass' if dkim.DKIM(message).verify(idx=i, dnsfunc=lambda name, timeout=5: keys[name]) else 'fail')
	except dkim.DKIMException as e:
		results.append('fail')
print(' '.join(results))
X
for python in python3 /usr/bin/python3 none; do
	[ "$python" = none ] || ! "$python" -c 'import dkim, nacl' 2>/dev/null || break
done
judged() {	# WANT NAME
	if [ "$python" = none ]; then
		skip "$2" 'python3-dkim is not installed'
	else
		is "$("$python" "$TMP/judge.py" "$TMP" 2>&1)" "$1" "$2"
	fi
}

mkdir -p "$XDG_CONFIG_HOME/pennypost"
cat >"$XDG_CONFIG_HOME/pennypost/config" <<X
account both
	from           Ann <ann@example.org>
	send           exec:perl $TMP/sink
	dkim-domain    example.org
	dkim-selector  r1 e1
	dkim-key       $TMP/rsa.pem	$TMP/ed.pem
account rsa
	from           Ann <ann@example.org>
	send           exec:perl $TMP/sink
	dkim-domain    example.org
	dkim-selector  r1
	dkim-key       $TMP/rsa.pem
X

# signs NAME [ARG…]: the message in $TMP/message is sent, caught and judged; wire is its text with LF.
signs() {
	signs_name=$1
	shift
	rm -f "$CAUGHT"
	exits 0 "$signs_name: sent" msend -a both "$@" bob@example.net <"$TMP/message" || note "$(cat "$TMP/err")"
	judged 'pass pass' "$signs_name: both signatures hold"
	tr -d '\r' <"$CAUGHT" >"$TMP/wire"
}

head='From: Ann <ann@example.org>
To: bob@example.net
Subject: one
 two	three  
Date: Sun, 22 Nov 2026 10:00:00 +0000
Message-ID: <1@example.org>
'
printf '%s\nhello\n.\n..dot\n' "$head" >"$TMP/message"
signs 'a plain message'
like "$(cat "$TMP/wire")" '^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;$' 'the first is RSA'
like "$(cat "$TMP/wire")" '^	d=example.org; s=e1; t=[0-9]+;$' 'the second has the second selector'
like "$(tr -d '\n\t' <"$TMP/wire")" 'h=from:from:to:to:cc:reply-to:subject:subject:date:date:message-id:message-id:mime-version:content-type:content-transfer-encoding;' \
	'what is there is listed, and once more'
is "$(awk 'length > 78' "$TMP/wire")" '' 'lines stay short'
# What is shown and kept is what leaves, but for the moment in the signature.
timeless() { sed 's/ t=[0-9]*;$//; /^	b=/,/^[^	]/{/^	/d;}' "$1"; }
exits 0 '-n' msend -n -a both bob@example.net <"$TMP/message"
sed '1,/^$/d' "$TMP/out" >"$TMP/shown"
sed 's/$/\r/' "$TMP/shown" >"$CAUGHT"
judged 'pass pass' '-n shows signatures that hold'
is "$(timeless "$TMP/shown")" "$(timeless "$TMP/wire")" 'on the same message'
signs 'with a copy' -S "$TMP/copies"
cat "$TMP"/copies/cur/* >"$TMP/copy"
is "$(timeless "$TMP/copy")" "$(timeless "$TMP/wire")" '-S keeps it signed'
exits 0 '-n for a maildir' msend -n -a "maildir:$TMP/box" -o dkim-domain=example.org -o dkim-selector=r1 -o dkim-key="$TMP/rsa.pem" \
	bob@example.net <"$TMP/message"
unlike "$(cat "$TMP/out")" DKIM-Signature 'shows none'
exits 78 '-n without the key' msend -n -a both -o dkim-key="$TMP/none $TMP/none" bob@example.net <"$TMP/message"

printf '%s\n' "$head" >"$TMP/message"
signs 'an empty body'
printf '%s\n\n\n\n' "$head" >"$TMP/message"
signs 'nothing but empty lines'
printf '%s\n a \t b \t\n \t\nx\n\n \n\n' "$head" >"$TMP/message"
signs 'white space at each end'
printf '%s\nno end' "$head" >"$TMP/message"
signs 'an unfinished line'
printf '%s\na\r\nb\rc\n\rd\r' "$head" >"$TMP/message"
signs 'line ends of all kinds'
printf 'Subject: x' >"$TMP/message"
signs 'a header alone'
printf '%s\nGr\303\274\303\237e\n' "$head" >"$TMP/message"
OFFER=SIZE
signs 'a server without 8BITMIME'
OFFER=8BITMIME
like "$(cat "$TMP/wire")" 'Gr=C3=BC=C3=9Fe' 'it is encoded before it is signed'
perl -e 'print $ARGV[0], "\n", "x y " x 400, "\n"' "$head" >"$TMP/message"
signs 'a long line'
like "$(cat "$TMP/wire")" '^Content-Transfer-Encoding: quoted-printable$' 'it is encoded before it is signed'
perl -e 'print $ARGV[0], "\n", "line $_ \t of many\n" x 3, "\n" x 9000 for 1' "$head" >"$TMP/message"
OFFER=CHUNKING
signs 'by BDAT, with thousands of empty lines'
OFFER=8BITMIME
perl -e 'print $ARGV[0], "\n"; print "line $_  of many\n\n" for 1 .. 60000' "$head" >"$TMP/message"
signs 'a message larger than memory'
perl -e 'print "To: a\@example.net\n" x 30, $ARGV[0], "\nx\n"' "$head" >"$TMP/message"
signs 'thirty of one field'
printf 'hello\n' >"$TMP/message"
signs 'a composed message' -s 'Grüße' -A "$TMP/ed.pem" -H 'List-Unsubscribe: <mailto:x@example.org>'
like "$(tr -d '\n\t' <"$TMP/wire")" 'h=[a-z:-]*:list-unsubscribe;' 'its extra field is signed'

printf '%s\nhello\n' "$head" >"$TMP/message"
exits 0 'one key' msend -a rsa bob@example.net <"$TMP/message"
judged pass 'one signature, which holds'
for change in 's/hello/hullo/' 's/^Subject: one/Subject: two/' 's/^From:/Subject: another\r\nFrom:/' 's/^From:/From: Eve <eve@example.org>\r\nFrom:/' \
	's/^From:/Content-Type: text\/html\r\nFrom:/' 's/^From:/Cc: eve@example.org\r\nFrom:/'; do
	cp "$CAUGHT" "$TMP/kept"
	sed "$change" "$TMP/kept" >"$CAUGHT"
	judged fail "changed by $change, it fails"
	cp "$TMP/kept" "$CAUGHT"
done
sed 's/^From:/Received: by a server\r\nX-Other: x\r\nFrom:/; s/^Subject: one/SUBJECT:   one /' "$TMP/kept" >"$CAUGHT"
judged pass 'what servers may change, they may'

rm -f "$CAUGHT"
exits 0 'into the queue' msend -Q -a both bob@example.net <"$TMP/message"
ok 'nothing left yet' test ! -e "$CAUGHT"
exits 0 'out of the queue' mqueue run
judged 'pass pass' 'it is signed when it leaves'

exits 64 'a queue knows no options' msend -Q -a "exec:perl $TMP/sink" -f ann@example.org -o dkim-domain=example.org -o dkim-selector=r1 -o dkim-key="$TMP/rsa.pem" \
	bob@example.net <"$TMP/message"
like "$(cat "$TMP/err")" '^msend: -o dkim-domain: a queued message is signed as its account says; put it into the configuration$' 'and says so'

# unsigned ERE NAME ARG…: nothing leaves, and the reason is told.
unsigned() {
	unsigned_want=$1 unsigned_name=$2
	shift 2
	rm -f "$CAUGHT"
	exits 78 "$unsigned_name" msend -a rsa "$@" bob@example.net <"$TMP/message"
	like "$(cat "$TMP/err")" "$unsigned_want" "$unsigned_name: why"
	ok "$unsigned_name: nothing left" test ! -e "$CAUGHT"
}
why='^msend: not sent, since it can.t be signed: dkim-key: '
unsigned "$why$TMP/none: No such file" 'no key' -o dkim-key="$TMP/none"
cp "$TMP/rsa.pem" "$TMP/open.pem" && chmod 640 "$TMP/open.pem"
unsigned "$why$TMP/open.pem is a private key and others can get at it: chmod 600 $TMP/open.pem$" 'a key that others can read' -o dkim-key="$TMP/open.pem"
unsigned "$why$TMP/message holds no private key in PEM" 'no PEM' -o dkim-key="$TMP/message"
openssl pkey -in "$TMP/rsa.pem" -aes256 -passout pass:x -out "$TMP/locked.pem"
unsigned "$why$TMP/locked.pem has a passphrase" 'a passphrase' -o dkim-key="$TMP/locked.pem"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$TMP/ec.pem" 2>/dev/null
unsigned "$why$TMP/ec.pem is a key for neither RSA nor Ed25519" 'another kind of key' -o dkim-key="$TMP/ec.pem"
openssl genrsa -out "$TMP/short.pem" 512 2>/dev/null
unsigned "$why$TMP/short.pem is an RSA key of 512 bits" 'a key too short' -o dkim-key="$TMP/short.pem"
unsigned 'each selector has one key' 'fewer keys than selectors' -o 'dkim-selector=r1 e1'
unsigned 'each selector has one key' 'more keys than selectors' -o 'dkim-selector=r1 e1' -o "dkim-key=$TMP/rsa.pem $TMP/ed.pem $TMP/ed.pem"
unsigned 'dkim-domain: "example.org; x=1" is no name in the DNS' 'a domain that is none' -o 'dkim-domain=example.org; x=1'
unsigned 'dkim-selector: "b;c" is no name' 'a selector that is none' -o 'dkim-selector=b;c'
exits 78 'a key alone' msend -a "exec:perl $TMP/sink" -f ann@example.org -o dkim-key="$TMP/rsa.pem" bob@example.net <"$TMP/message"
like "$(cat "$TMP/err")" 'used together: there is no dkim-domain$' 'a key alone: why'
perl -e 'print "To: a\@example.net\n" x 600, "\nx\n"' >"$TMP/many"
exits 65 'too many fields' msend -a rsa bob@example.net <"$TMP/many"
like "$(cat "$TMP/err")" "can.t be signed: its header repeats to too often" 'too many fields: why'
done_testing
