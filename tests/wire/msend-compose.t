#!/bin/sh
# SPDX-License-Identifier: ISC
# Composed messages (RFC 2045 to 2047, 2231, 5322), read back by another implementation, Python's: texts, names and files of all kinds;
# what can be attached and what can't; what no option may hold.
. "$(dirname "$0")/../lib.sh"
need openssl

printf 'hello\n' >"$TMP/text"
# shows NAME ARG…: what would be sent, header and body in $TMP/message
shows() {
	shows_name=$1
	shift
	exits 0 "$shows_name" msend -n -a lmtp+unix:/nowhere -f ann@example.org "$@" <"$TMP/text" || note "$(cat "$TMP/err")"
	sed '1,/^$/d' "$TMP/out" >"$TMP/message"
}
# wrong CODE ERE NAME ARG…: refused
wrong() {
	wrong_code=$1 wrong_ere=$2 wrong_name=$3
	shift 3
	exits "$wrong_code" "$wrong_name" msend -n -a lmtp+unix:/nowhere -f ann@example.org "$@" <"$TMP/text"
	like "$(cat "$TMP/err")" "$wrong_ere" '  and why'
	is "$(cat "$TMP/out")" '' '  nothing is shown'
}
head_field() { sed -n "/^\$/q; s/^$1: //p" "$TMP/message"; }

# What one octet string in thousands breaks: random ones, the same each time, and each compared.
cat >"$TMP/judge.py" <<'X'
import email, email.header, email.policy, email.utils, os, random, re, subprocess, sys
tmp = sys.argv[1]
random.seed(20261122)
pieces = ['a', 'b', ' ', '  ', 'é', 'ß', '日', '本', '😀', '👨\u200d👩\u200d👧', '"', '\\', '(', ')', '<', '>', '@', ',', ';', ':', '.', '=?', '?=', '_', '\t',
	'ا', 'ש', 'ё', 'z' * 20, 'w' * 100, "'", '%', '&', '=', '-', '\u0301', 'a=?utf-8?q?x?=']
octets = [b'a', b'\n', b'\r', b'\r\n', b'.', b'\n.\n', b'From ', b'\nFrom ', 'ä'.encode(), b'\xff', b'\0', b' ', b'\t', b' \n', b'=', b'x' * 80, b'y' * 1000,
	b'\n--', '😀'.encode() * 30, b'\xe2\x82']
def text(most): return ''.join(random.choice(pieces) for _ in range(random.choice([1, 2, 5, 20, most])))
def run(args, body=b'x\n'):
	p = subprocess.run(['msend', '-n', '-a', 'lmtp+unix:/nowhere', '-f', 'me@example.org'] + args + ['b@example.net'], input=body,
		stdout=subprocess.PIPE, stderr=subprocess.PIPE)
	assert p.returncode == 0, (args, p.stderr)
	return p.stdout.partition(b'\n\n')[2]
def same(what, got, want): assert got == want, '%s: got %r, want %r' % (what, got, want)
def plain(s): return ' '.join(s.split())
def decoded(s): return plain(str(email.header.make_header(email.header.decode_header(s.replace('\n', '')))))
def lines(message, most=78):
	for line in message.partition(b'\n\n')[0].split(b'\n'):
		assert line.strip() != b'', 'a blank line in the header'
		assert len(line) <= most or b' ' not in line[1:].rstrip(), 'long: %r' % line
		assert all(c == 9 or 32 <= c < 127 for c in line), 'octets: %r' % line
def subject(i):
	s = text(60)
	m = run(['-s', s])
	lines(m)
	same('subject', decoded(email.message_from_bytes(m)['Subject'] or ''), plain(s))
def name(i):
	s = text(40).replace('\t', ' ')
	m = run(['-H', 'Reply-To: "%s" <c@example.net>' % s.replace('\\', '\\\\').replace('"', '\\"')])
	lines(m, 998)
	pairs = email.utils.getaddresses([email.message_from_bytes(m)['Reply-To'].replace('\n', '')])
	same('address', [a for n, a in pairs], ['c@example.net'])
	if '=?utf-8?q?' not in s: same('name', decoded(pairs[0][0]), plain(s))	# Python decodes what is quoted, too
def file(i):
	s = ('f' + text(60).replace('/', '') + 'f').encode()[:200].decode('utf-8', 'ignore')
	data = os.urandom(random.choice([0, 1, 57, 58, 100, 5000]))
	path = os.path.join(tmp, 'files', s)
	with open(path, 'wb') as f: f.write(data)
	m = run(['-A', path])
	lines(m)
	part = list(email.message_from_bytes(m, policy=email.policy.default).iter_attachments())[0]
	same('file name', part.get_filename().rstrip(), s.replace('\t', '_').rstrip())
	same('file', part.get_payload(decode=True), data)
	os.unlink(path)
def body(i):
	b = b''.join(random.choice(octets if i % 2 else octets[:6] + octets[8:9]) for _ in range(random.choice([0, 1, 2, 5, 20])))
	path = os.path.join(tmp, 'any')
	with open(path, 'wb') as f: f.write(b)
	message = run(['-s', 'x', '-A', path], b)
	m = email.message_from_bytes(message)
	ends = lambda t: re.sub(b'[\r\n]+', b'\n', t)	# a bare CR is a line end or stays, by the encoding
	same('defects', m.defects, [])
	same('attachment', m.get_payload()[1].get_payload(decode=True), b)
	same('text', ends(m.get_payload()[0].get_payload(decode=True)), ends(b))
	assert max(map(len, message.split(b'\n'))) <= 998 and all(0 < c < 128 for c in message), 'lines or octets'
os.mkdir(os.path.join(tmp, 'files'))
for i in range(int(sys.argv[3])): globals()[sys.argv[2]](i)
X
for python in python3 /usr/bin/python3 none; do
	[ "$python" = none ] || ! "$python" -c 'import email.policy' 2>/dev/null || break
done
for what in subject name file body; do
	rm -rf "$TMP/files"
	if [ "$python" = none ]; then
		skip "random: $what" 'python3 is not installed'
	else
		exits 0 "random: $what" "$python" "$TMP/judge.py" "$TMP" "$what" 60 || note "$(tail -n 1 "$TMP/err")"
	fi
done

# What can be attached.
: >"$TMP/empty"
shows 'an empty file' -A "$TMP/empty" bob@example.net
is "$(sed '1,/filename=/d' "$TMP/message" | sed 's/^--=_.*/--/')" "

--" 'is a part without octets'
mkfifo "$TMP/fifo"
printf 'from a pipe\n' >"$TMP/fifo" &
shows 'a pipe' -A "$TMP/fifo" bob@example.net
like "$(cat "$TMP/message")" "^$(printf 'from a pipe\n' | openssl base64)\$" 'is read'
printf 'a\rb\r\nc\n\rd\r' >"$TMP/cr.txt"
shows 'line ends of all kinds' -A "$TMP/cr.txt" bob@example.net
sed '1,/filename=/d; /^--/,$d' "$TMP/message" | openssl base64 -d >"$TMP/got"
same "$TMP/got" "$TMP/cr.txt" 'stay as they are'
wrong 65 '^msend: attach .*: it is a directory; pack it first' 'a directory' -A "$TMP" bob@example.net
wrong 65 '^msend: attach .*/nothing: No such file or directory$' 'no file' -A "$TMP/nothing" bob@example.net
if [ "$(id -u)" -ne 0 ]; then
	chmod 0 "$TMP/empty"
	wrong 65 '^msend: attach .*/empty: Permission denied$' 'one that we may not read' -A "$TMP/empty" bob@example.net
fi
[ ! -e /proc/self/mem ] || wrong 74 '^msend: read /proc/self/mem: Input/output error$' 'one that can not be read' -A /proc/self/mem bob@example.net

# Messages: as they are, whatever their size; as octets only where no line of SMTP holds them.
inner() { printf 'Subject: inner\nContent-Type: text/plain; charset=utf-8\n\n'; }
attached() { grep -A 1 '^Content-Type: [am][^u]' "$TMP/message" | tr '\n' ' '; }	# application or message
{ inner; yes 'a plain line' | head -n 20000; } >"$TMP/large.eml"
shows 'a large message' -A "$TMP/large.eml" bob@example.net
is "$(attached)" 'Content-Type: message/rfc822 Content-Transfer-Encoding: 7bit ' 'is a message'
sed -n '/^Subject: inner/,/^--=_/p' "$TMP/message" | sed '$d' | sed '$d' >"$TMP/got"
same "$TMP/got" "$TMP/large.eml" 'with all of it'
{ inner; yes "$(printf 'Gr\303\274\303\237e')" | head -n 20000; } >"$TMP/eight.eml"
shows 'one with 8-bit octets at its end' -A "$TMP/large.eml" -A "$TMP/eight.eml" bob@example.net
is "$(attached)" 'Content-Type: message/rfc822 Content-Transfer-Encoding: 7bit -- Content-Type: message/rfc822 Content-Transfer-Encoding: 8bit ' 'is one too'
is "$(head_field Content-Transfer-Encoding)" 8bit 'and the whole says so'
{ inner; printf 'a\0b\n'; } >"$TMP/nul.eml"
shows 'one with a NUL' -A "$TMP/nul.eml" bob@example.net
is "$(attached)" 'Content-Type: application/octet-stream Content-Transfer-Encoding: base64 ' 'is octets'
peer seven <<'X'
S: 220 mx
C~ ^EHLO
S: 250 mx
C~ ^MAIL FROM:<ann@example.org>$
S: 250 ok
C: RCPT TO:<bob@example.net>
S: 250 ok
C: DATA
S: 354 go on
C: From: ann@example.org
C: To: bob@example.net
C: MIME-Version: 1.0
C~ ^Content-Type: multipart/mixed; boundary="
C~ ^Date:
C~ ^Message-ID:
C: Content-Transfer-Encoding: 7bit
C: 
C~ ^--=_
C: Content-Type: text/plain; charset=us-ascii
C: Content-Transfer-Encoding: 7bit
C: 
C: hello
C: 
C~ ^--=_
C: Content-Type: message/rfc822
C: Content-Disposition: attachment;
C~ ^	filename="small.eml"$
C: Content-Transfer-Encoding: 7bit
C: 
C: Subject: inner
C: Content-Type: text/plain; charset=utf-8
C: Content-Transfer-Encoding: quoted-printable
C: 
C: Gr=C3=BC=C3=9Fe
C: 
C~ ^--=_.*--$
C: .
S: 250 ok
C: QUIT
X
{ inner; printf 'Gr\303\274\303\237e\n'; } >"$TMP/small.eml"
exits 0 'to a server of 7 bits' msend -a "$PEER" -f ann@example.org -A "$TMP/small.eml" bob@example.net <"$TMP/text" || note "$(cat "$TMP/err")"
peer_ok seven

# Headers.
shows 'headers of one name' -H 'X-A: 1' -H 'X-A: 2' -s one bob@example.net
is "$(head_field X-A | tr '\n' ' ')" '1 2 ' 'are all there'
shows 'Date, Message-ID, From, Subject and To given' -H 'Date: Sun, 22 Nov 2026 10:00:00 +0000' -H 'Message-ID: <1@example.org>' -H 'From: Zoë <z@example.org>' \
	-H 'Subject: two' -s one -H 'To: all of you: ;' bob@example.net
is "$(sed '/^$/q' "$TMP/message" | grep -Ec '^(Date|Message-ID|From|Subject|To):')" 5 'are not made again'
is "$(head_field From)" '=?UTF-8?Q?Zo=C3=AB?= <z@example.org>' 'and encoded'
is "$(sed -n 's/^from	//p' "$TMP/out")" ann@example.org 'the envelope stays'
shows 'a type of its own' -H 'Content-Type: text/html' bob@example.net
is "$(head_field Content-Type)" 'text/html' 'stays'
printf '<p>Gr\303\274\303\237e\n' >"$TMP/text"
shows 'one without a charset, and a text that needs one' -H 'Content-Type: text/html' bob@example.net
is "$(head_field Content-Type)" 'text/html; charset=utf-8' 'gets it'
shows 'one with a charset' -H 'Content-Type: text/html; Charset=x' bob@example.net
is "$(head_field Content-Type)" 'text/html; Charset=x' 'keeps it'
shows 'one that is no text' -H 'Content-Type: application/json' bob@example.net
is "$(head_field Content-Type)" 'application/json' 'has none'
printf 'hello\n' >"$TMP/text"
shows 'blind copies only' -b bob@example.net -s x
is "$(head_field To)$(head_field Bcc)" 'undisclosed-recipients:;' 'disclose nobody'
shows 'a group' -c 'friends: bob@example.net, Carol <carol@example.net>;, dan@example.net' bob@example.net
is "$(sed -n 's/^to	//p' "$TMP/out" | tr '\n' ' ')" 'bob@example.net carol@example.net dan@example.net ' 'is its members'
shows 'domains beyond ASCII' -f ann@straße.example -c 'Zoë <zoë@bücher.example>' 'Bob <bob@bücher.example>'
is "$(sed '/^$/q; s/	/ /' "$TMP/out" | sed 1d | tr '\n' ';')" \
	'from ann@xn--strae-oqa.example;to bob@xn--bcher-kva.example;to zoë@bücher.example;;' 'are as the domain name system has them, where the user is ASCII'
is "$(head_field To), $(head_field From)" 'Bob <bob@xn--bcher-kva.example>, ann@xn--strae-oqa.example' 'in the header as well'
printf 'x\0y\n' >"$TMP/text"
shows 'a NUL in the text' -s x bob@example.net
is "$(head_field Content-Transfer-Encoding) $(sed '1,/^$/d' "$TMP/message")" "base64 $(printf 'x\0y\r\n' | openssl base64)" 'survives'

newline='
'
cr=$(printf '\r') escape=$(printf '\033')
for c in "$newline" "$cr" "$escape"; do
	shown=$(printf %s "$c" | od -An -tx1)
	wrong 65 'control character' "$shown in the subject" -s "a${c}Bcc: x@example.net" bob@example.net
	wrong 65 'control character' "$shown in a header" -H "X-A: a${c}Bcc: x@example.net" bob@example.net
	wrong 64 'wants "Name: value"' "$shown in a header's name" -H "X${c}A: a" bob@example.net
	wrong 65 'control character|not an address|read the address' "$shown in a recipient" "bob@example.net${c}RCPT TO:<x@example.net>"
	wrong 65 'control character' "$shown in a copy's" -c "bob@example.net${c}" bob@example.net
	wrong 65 'control character' "$shown in the sender" -f "ann@example.org${c}x" bob@example.net
done
wrong 64 'it follows from the text' 'a transfer encoding' -H 'Content-Transfer-Encoding: 8bit' bob@example.net
wrong 64 'needs? |wants "Name: value"' 'a header without a name' -H ': x' bob@example.net

# A list of thousands on one line.
{ printf 'To: '; seq -f 'user%g@example.org,' 1 2000 | tr '\n' ' '; printf 'last@example.org\nSubject: x\n\nx\n'; } >"$TMP/many"
exits 0 'a list of 2001 addresses on one line' msend -n -t -a lmtp+unix:/nowhere -f ann@example.org <"$TMP/many"
is "$(grep -c '^to	' "$TMP/out")" 2001 'all are recipients'
is "$(sed '1,/^$/d' "$TMP/out" | awk 'length > 78' | wc -l | tr -d ' ')" 0 'and it is folded'
done_testing
