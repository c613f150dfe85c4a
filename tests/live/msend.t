#!/bin/sh
# SPDX-License-Identifier: ISC
# msend against Postfix and Dovecot: what arrives is what was sent, in how many turns, in how much memory.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"

live_dovecot
live_postfix
live_config
opts="-o helo=client.example.org"

# A message with all that could go wrong on the way: dots, 8-bit letters, trailing blanks, long lines within the limit.
{
	printf 'From: Ann Example <ann@example.org>\nTo: bob@example.org\nDate: Sun, 22 Nov 2026 10:00:00 +0000\n'
	printf 'Message-ID: <live@example.org>\nSubject: folded\n =?UTF-8?Q?s=C3=BCbject?=\nMIME-Version: 1.0\n'
	printf 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n'
	printf '.\n..\n.a\n\nFrom here \n\tGr\303\274\303\237e  \n\n'
	head -c 990 /dev/zero | tr '\0' x
	printf '\n.\n'
} >"$TMP/message"

# arrived USER: the one message there, which is taken away, less what Postfix and Dovecot put before it
arrived() {
	live_arrived "$1" 1
	await 5 taken "$1" || note "$1 has more than one message"
	awk 'body { print; next } /^From: Ann/ { body = 1; print }' "$TMP/arrived.raw"
}
# The server may still be renaming the file: it has gone when none is left.
taken() {
	[ -z "$(live_mail "$1")" ] || { cat "$(live_mail "$1")" >"$TMP/arrived.raw" && rm "$(live_mail "$1")"; }
	[ -z "$(live_mail "$1")" ]
}

# sends NAME ARG…: the message to bob, and what arrived is compared
sends() {
	sends_name=$1
	shift
	exits 0 "$sends_name" sh -c 'm=$1; shift; msend "$@" <"$m"' sh "$TMP/message" $opts "$@" bob@example.org
	is "$(cat "$TMP/out" "$TMP/err")" '' '  in silence'
	arrived bob >"$TMP/arrived"
	same "$TMP/message" "$TMP/arrived" '  byte for byte'
}

sends 'Postfix: STARTTLS and AUTH'
sends 'Postfix: smtps' -a ann -o "send=smtps://ann@localhost:$SMTPS"
sends 'Postfix: AUTH LOGIN' -o auth=login
sends 'Dovecot: LMTP over its socket' -a "lmtp+unix:$LMTP_SOCK"
sends 'Dovecot: LMTP over TCP in clear' -a "lmtp://127.0.0.1:$LMTP" -o tls=off

sed 's/$/\r/' "$TMP/message" >"$TMP/crlf"
exits 0 'the same with CRLF' sh -c 'msend "$@" <"$0"' "$TMP/crlf" $opts bob@example.org
arrived bob >"$TMP/arrived"
same "$TMP/message" "$TMP/arrived" 'arrives as the same'
exits 0 'the same from a pipe' sh -c 'cat "$0" | msend "$@"' "$TMP/message" $opts bob@example.org
arrived bob >"$TMP/arrived"
same "$TMP/message" "$TMP/arrived" 'arrives as the same'

# Every string of at most 3 octets over { CR LF . a }, each on its own in one message: no smuggling, the same lines.
perl -e '
	my @l = ("\r", "\n", ".", "a"); my @all = ("");
	for my $n (1 .. 3) { push @all, map { my $x = $_; map { "$x$_" } @l } grep { length == $n - 1 } @all }
	my ($in, $out) = ("", "");
	for (@all) { $in .= "<\n$_>\n"; (my $lf = $_) =~ s/\r\n|\r/\n/g; $out .= "<\n$lf>\n"; }
	open my $f, ">", "$ENV{TMP}/all" or die; print $f "From: Ann\n\n$in"; close $f;
	open $f, ">", "$ENV{TMP}/all.want" or die; print $f $out; close $f'
exits 0 'all strings over CR, LF, dot and a letter' sh -c 'msend "$@" <"$0"' "$TMP/all" $opts bob@example.org
arrived bob | sed '1,/^$/d' >"$TMP/arrived"
same "$TMP/arrived" "$TMP/all.want" 'arrive as the same lines'
is "$(live_mail bob)" '' 'and as one message'

# Composition, read by others.
head -c 300000 /dev/urandom >"$TMP/picture.png"
exits 0 'a composed message with an attachment' sh -c 'printf "Gr\303\274\303\237e\n" | msend "$@"' sh $opts -s 'Zählerstände' \
    -A "$TMP/picture.png" -c 'Zoë <ann@example.org>' bob@example.org
live_arrived ann 1
arrived bob >"$TMP/arrived"
sed -n '/^Content-Type: image\/png/,/^--/p' "$TMP/arrived" | sed '1,/^$/d;/^--/d' | openssl base64 -d >"$TMP/got.png"
same "$TMP/got.png" "$TMP/picture.png" 'the attachment arrives byte for byte'
like "$(cat "$TMP/arrived")" '^Subject: =\?UTF-8\?' 'the subject is encoded'

# What must not work.
wrong() {	# CODE ERE ARG…
	wrong_code=$1 wrong_text=$2
	shift 2
	exits "$wrong_code" "$wrong_code: $*" sh -c 'm=$1; shift; msend "$@" <"$m"' sh "$TMP/message" $opts "$@"
	like "$(cat "$TMP/err")" "$wrong_text" "  says $wrong_text"
	is "$(grep -c . "$TMP/err")" 1 '  in one line'
}
wrong 77 "^msend: authentication as ann refused by localhost port $SMTP: \"535 5.7.8 .*\"; check the user and password of account ann\$" \
    -o 'password=!echo wrong' bob@example.org
wrong 67 '^msend: server refused <nobody@example.org>: "550 5.1.1 .*"$' nobody@example.org
wrong 69 '^msend: server refused <x@example.net>: "554 5.7.1 .*"$' -a "smtp://localhost:$SMTP" x@example.net
wrong 77 'certificate' -a "smtps://ann@127.1:$SMTPS" -o 'password=!echo secret' bob@example.org
wrong 77 'certificate' -o tls-ca=/etc/ssl/certs bob@example.org
wrong 75 'Connection refused' -a ann -o send=smtp://ann@localhost:1 bob@example.org
is "$(live_mail bob)" '' 'none of these arrived'
exits 67 'one unknown recipient of two' sh -c 'm=$1; shift; msend "$@" <"$m"' sh "$TMP/message" $opts bob@example.org nobody@example.org
arrived bob >"$TMP/arrived"
same "$TMP/message" "$TMP/arrived" 'the other one has it'
# -C, -q
exits 0 '-C' msend -C
like "$(cat "$TMP/out")" '^tls	TLSv1.3' 'shows the encryption'
like "$(cat "$TMP/out")" '^offers	PIPELINING' 'and the offers'
live_postfix_stop
exits 0 'nobody listens, -q' sh -c 'm=$1; shift; msend "$@" <"$m"' sh "$TMP/message" $opts -q bob@example.org
is "$(mqueue ls | grep -c .)" 1 'the message is queued'
live_postfix_start
exits 0 'mqueue run' mqueue run -f
arrived bob >"$TMP/arrived"
same "$TMP/message" "$TMP/arrived" 'then it arrives, byte for byte'

# Turns.
# turns MOST NAME PORT SCHEME: at most so many turns through a proxy to that port
turns() {
	turns_most=$1 turns_name=$2 turns_port=$3 turns_scheme=$4
	rm -f "$TMP/port" "$TMP/report"
	"$BUILD/tests/tools/turns" --to "127.0.0.1:$turns_port" --delay 60 --report "$TMP/report" --connections 1 >"$TMP/port" &
	await 5 test -s "$TMP/port"
	exits 0 "$turns_name, through the proxy" sh -c 'm=$1; shift; msend "$@" <"$m"' sh "$TMP/message" $opts \
	    -o auth=plain -o "send=$turns_scheme://ann@localhost:$(cat "$TMP/port")" bob@example.org
	await 5 test -s "$TMP/report"
	turns_got=$(sed 's/turns=\([0-9]*\).*/\1/' "$TMP/report")
	arrived bob >"$TMP/arrived"
	ok "$turns_name: at most $turns_most turns, $turns_got" test "$turns_got" -le "$turns_most"
}
turns 5 'smtps, AUTH PLAIN, CHUNKING' "$SMTPS" smtps
turns 7 'STARTTLS, AUTH PLAIN, CHUNKING' "$SMTP" smtp
live_postfix_stop
echo 'smtpd_discard_ehlo_keywords = chunking' >>"$TMP/p/etc/main.cf"
live_postfix_start
turns 6 'smtps, AUTH PLAIN, DATA' "$SMTPS" smtps
turns 8 'STARTTLS, AUTH PLAIN, DATA' "$SMTP" smtp

# 100 MB, in place and from a pipe.
{ sed '/^$/q' "$TMP/message"; head -c 75000000 /dev/urandom | openssl base64; } >"$TMP/large"
rss() {		# NAME COMMAND…: runs it, and bounds its peak memory
	rss_name=$1
	shift
	exits 0 "$rss_name" /usr/bin/time -f %M -o "$TMP/rss" "$@"
	ok "  below 16 MiB: $(tail -n 1 "$TMP/rss") kB" test "$(tail -n 1 "$TMP/rss")" -lt 16384
}
if ldd "$BUILD/msend" | grep -q 'lib[at]san'; then
	skip '100 MB' 'a sanitizer needs memory of its own'
elif /usr/bin/time -f %M true 2>/dev/null; then
	rss '100 MB from a file' sh -c 'exec msend "$@" <"$0"' "$TMP/large" $opts bob@example.org
	arrived bob >"$TMP/arrived"
	same "$TMP/large" "$TMP/arrived" '  it arrives byte for byte'
	rss '100 MB from a pipe' sh -c 'cat "$0" | (exec msend "$@")' "$TMP/large" $opts bob@example.org
	arrived bob >"$TMP/arrived"
	same "$TMP/large" "$TMP/arrived" '  it arrives byte for byte'
else
	skip '100 MB' 'no GNU time'
fi

done_testing
