#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap and a real Dovecot: folders, searches, a thousand messages byte for byte, turns, flags, memory, and one line for each thing
# that may be wrong.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mpop.sh"

live_dovecot
live_config

through() {	# REPORT OPTIONS…: a proxy before imaps, its port in $PORT
	rm -f "$TMP/port"
	turns_report=$1
	shift
	"$BUILD/tests/tools/turns" --to "127.0.0.1:$IMAPS" --report "$turns_report" --connections 1 "$@" >"$TMP/port" &
	turns_pid=$!
	at_exit "kill $turns_pid 2>/dev/null"
	await 10 test -s "$TMP/port"
	PORT=$(cat "$TMP/port")
}
turns() { await 10 test -s "$1"; sed 's/turns=\([0-9]*\).*/\1/' "$1"; }
at_most() {	# TURNS NAME verb…: through the proxy, with the account's settings
	at_most=$1 at_most_name=$2
	shift 2
	through "$TMP/turns" --delay 40
	exits 0 "$at_most_name" mimap -a "imaps://ann@localhost:$PORT" -o 'password=!echo secret' "$@"
	at_most_got=$(turns "$TMP/turns")
	rm -f "$TMP/turns"
	ok "$at_most_name: in at most $at_most turns (it was $at_most_got)" test "$at_most_got" -le "$at_most"
}
message() {	# NAME SUBJECT [HEADER]: one into ann's maildir; its body is on stdin
	{
		printf 'From: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>\nSubject: %s\n%s\n' "$2" "${3:+$3
}"
		cat
	} >"$MAILROOT/ann/Maildir/new/1700000000.$1.test"
}

# --- A thousand messages.
fill 1000 1
sums "$MAILROOT/ann/Maildir/new" >"$TMP/sent"
at_most 6 'a thousand messages, SCRAM' fetch -d "$TMP/M" 1:1000
sums "$TMP/M/new" >"$TMP/got"
same "$TMP/got" "$TMP/sent" 'byte for byte'
is "$(mimap search seen)" '' 'and none is marked as seen'
at_most 4 'a thousand messages, PLAIN' -o auth=plain fetch -d "$TMP/M2"
is "$(stored "$TMP/M2")" 1000 'are there'
exits 0 'again into the maildir of the account' mimap fetch -p
is "$(wc -l <"$TMP/out" | tr -d ' ')" 1000 'a thousand paths'
# shellcheck disable=SC2046
ok 'each a file' test -f $(tail -n 1 "$TMP/out")
exits 0 'a second time' mimap fetch -p
is "$(wc -c <"$TMP/out" | tr -d ' ') $(stored "$HOME/Mail")" '0 1000' 'fetches nothing and doubles nothing'
rm "$(find "$HOME/Mail/new" -type f | head -n 1)"
exits 0 'what was deleted here' mimap fetch -p
is "$(wc -c <"$TMP/out" | tr -d ' ')" 0 'does not come back by itself'
exits 0 'but when it is asked for' mimap fetch -p 1:1000
is "$(wc -l <"$TMP/out" | tr -d ' ')" 1 'alone'
exits 0 'an mbox of all' mimap fetch -d -
is "$(grep -c '^From MAILER-DAEMON ' "$TMP/out")" 1000 'has a thousand messages'
exits 0 'imap:// secures itself by STARTTLS' mimap -v -a "imap://ann@localhost:$IMAP" -o 'password=!echo secret' fetch -H 7
like "$(cat "$TMP/err")" '^C: A1 STARTTLS' 'it did'
unlike "$(cat "$TMP/err")" 'secret' 'and shows no secret'
like "$(cat "$TMP/out")" '^Subject: message 7$' 'a header'

# --- Folders.
for folder in 'Entw&APw-rfe' 'Lists' 'Lists.c' 'a&-b' 'Gr&APwA3w-e.&ZeVnLIqe-'; do
	mkdir -p "$MAILROOT/ann/Maildir/.$folder/cur" "$MAILROOT/ann/Maildir/.$folder/new" "$MAILROOT/ann/Maildir/.$folder/tmp"
done
printf 'Subject: in a list\n\nhello\n' >"$MAILROOT/ann/Maildir/.Lists.c/new/1700000000.M1.test"
[ "$(id -un)" = "$live_user" ] || chown -R "$live_user" "$MAILROOT/ann"
exits 0 'ls' mimap ls
is "$(cat "$TMP/out")" 'INBOX
Entwürfe
Grüße
Grüße/日本語
Lists
Lists/c
a&b' 'UTF-8, with / between the levels'
exits 0 'ls -l of some' mimap ls -l 'Lists*' 'Gr??e/*'
is "$(cut -f 1,2,4,5 "$TMP/out")" '0	0	-	Grüße/日本語
0	0	-	Lists
1	1	-	Lists/c' 'with counts'
is "$(mimap -m Lists/c search subject:list)" 1 'a mailbox below another'
is "$(mimap -m 'Grüße/日本語' search)" '' 'one by its name'
exits 69 'one that is not there' mimap -m Nope search
like "$(cat "$TMP/err")" '^mimap: .* refused to open the mailbox Nope: ' 'is named'
at_most 6 'ls -l' ls -l

# --- Two hundred folders, counted.
for folder in $(seq 200); do
	mkdir -p "$MAILROOT/ann/Maildir/.many.$folder/cur" "$MAILROOT/ann/Maildir/.many.$folder/new" "$MAILROOT/ann/Maildir/.many.$folder/tmp"
done
[ "$(id -un)" = "$live_user" ] || chown -R "$live_user" "$MAILROOT/ann"
exits 0 'ls -l' mimap ls -l	# makes the indexes
ok 'all of them' test "$(wc -l <"$TMP/out")" -ge 207
at_most 4 'ls -l of 200' -o auth=plain ls -l
at_most 5 'without LIST-STATUS' -o auth=plain -o imap-without=LIST-STATUS ls -l
rm -rf "$MAILROOT"/ann/Maildir/.many*

# --- Searches.
rm -rf "$MAILROOT"/ann/Maildir/new/* "$MAILROOT"/ann/Maildir/cur/* "$MAILROOT"/ann/Maildir/dovecot*
echo 'hello world' | message M1 'big plan'
echo 'Viele Grüße' | message M2 '=?utf-8?b?R3LDvMOfZQ==?=' 'Content-Type: text/plain; charset=utf-8'
perl -e 'print "x" x 70, "\n" for 1 .. 1000' | message M3 'small plan' 'List-Id: <plans.example.org>'
[ "$(id -un)" = "$live_user" ] || chown -R "$live_user" "$MAILROOT/ann"
found() {	# UIDS query…
	found_want=$1
	shift
	is "$(mimap search "$@" 2>&1 | tr '\n' ' ')" "${found_want:+$found_want }" "search $*"
}
mimap flag +flagged 1
found '1 2 3'
found '1 2 3' all
found '1' subject:'big plan'
found '1 3' subject:plan
found '2' subject:Grüße
found '2' Grüße
found '2' body:Grüße
found '1 2 3' from:Jörg
found '1' flagged
found '2 3' unflagged
found '2 3' unflagged -subject:nothing
found '3' -- -flagged subject:small
found '3' larger:20k
found '1 2' smaller:20k
found '1 3' 'or(subject:"big plan" header:List-Id=plans)'
found '2' 'not(subject:plan)'
found '1 2 3' newer:1d
found '' older:1d
found '1 2 3' since:2020-01-01
found '' before:2020-01-01
found '1 2 3' on:today
found '2 3' uid:2:9
found '1' raw:'OR FLAGGED (SUBJECT "x y")'
found '' keyword:foo
found '1' 'hello world'
exits 0 'search -l' mimap search -l Grüße
like "$(cat "$TMP/out")" '^2	20..-..-..T..:..:..\+0000	[0-9]+	-	Jörg <joerg@example\.org>	Grüße$' 'a line in UTF-8'
exits 0 'search -j' mimap search -j flagged
like "$(cat "$TMP/out")" '^\{"uid":1,"date":"[^"]+","size":[0-9]+,"flags":\["flagged"\],"from":"Jörg <joerg@example.org>","subject":"big plan"[,}]' 'a JSON line'
at_most 4 'search -l' -o auth=plain search -l

# --- Flags, pipes.
exits 0 'search | flag' sh -c 'mimap search subject:plan | mimap flag +seen,answered -flagged "+\$Forwarded" +foo -'
is "$(mimap search -l | cut -f 1,4 | sed 's/\$Forwarded/F/' | while read -r uid flags; do
	echo "$uid $(echo "$flags" | tr , '\n' | sort | tr '\n' ' ')"
done)" '1 F answered foo seen 
2 - 
3 F answered foo seen ' 'flags and keywords are set'
rm -rf "$TMP/M"
exits 0 'search | fetch' sh -c 'mimap search seen | mimap fetch -p -d "$0" -' "$TMP/M"
is "$(sed 's/.*://' "$TMP/out" | sort -u)" '2,PRS' 'with flags as letters'
exits 0 '= sets flags' mimap flag =flagged 1:3
is "$(mimap search -l | cut -f 4 | sort -u)" flagged 'all of them'
exits 0 'and none' mimap flag = 1:2
found '3' flagged
is "$(mimap fetch -d - 1 | tail -n 1)" 'hello world' 'fetch of one is as it is'
exits 69 'fetch of one that is not there' mimap fetch -d - 99
exits 0 'an empty search is no work' sh -c 'mimap search subject:nothing | mimap fetch -'

# --- Changed UIDVALIDITY: the mailbox was made anew, its messages have used UIDs.
rm -rf "$MAILROOT"/ann/Maildir/dovecot*
rm -rf "$TMP/M"
mimap fetch -d "$TMP/M"
sed -i 's/^\([+][0-9]*\)\//+1\//' "$TMP"/M/.pennypost-mimap-*
exits 0 'another UIDVALIDITY' mimap fetch -p -d "$TMP/M" 1:3
is "$(wc -l <"$TMP/out" | tr -d ' ')" 3 'everything comes again'
exits 0 'and then no more' mimap fetch -p -d "$TMP/M" 1:3
is "$(cat "$TMP/out")" '' 'nothing'

# --- A hundred megabytes.
perl -e 'print "Subject: big\n\n"; print "x" x 75, "\n" for 1 .. 1380000' >"$MAILROOT/ann/Maildir/new/1700000001.M9.test"
[ "$(id -un)" = "$live_user" ] || chown -R "$live_user" "$MAILROOT/ann"
cp "$MAILROOT/ann/Maildir/new/1700000001.M9.test" "$TMP/big"
if grep -q __asan_init "$BUILD/mimap"; then
	exits 0 '100 MB, with a sanitizer' mimap fetch -d "$TMP/B" 4
	exits 0 'to stdout' sh -c 'mimap fetch -d - 4 >"$0"' "$TMP/B.out"
elif [ -x /usr/bin/time ]; then
	exits 0 '100 MB' /usr/bin/time -f %M -o "$TMP/rss" mimap fetch -d "$TMP/B" 4
	ok "in less than 12 MiB ($(cat "$TMP/rss") KiB)" test "$(cat "$TMP/rss")" -lt 12288
	exits 0 'to stdout' sh -c '/usr/bin/time -f %M -o "$1" mimap fetch -d - 4 >"$0"' "$TMP/B.out" "$TMP/rss"
	ok "in less than 12 MiB too ($(cat "$TMP/rss") KiB)" test "$(cat "$TMP/rss")" -lt 12288
else
	exits 0 '100 MB, with 16 MiB of heap' sh -c 'ulimit -d 16384; exec mimap fetch -d "$0" 4' "$TMP/B"
	exits 0 'to stdout' sh -c 'ulimit -d 16384; exec mimap fetch -d - 4 >"$0"' "$TMP/B.out"
fi
same "$(find "$TMP/B/new" -type f)" "$TMP/big" 'as it was'
same "$TMP/B.out" "$TMP/big" 'on stdout as well'
rm -rf "$TMP/B" "$TMP/B.out" "$TMP/big"

# --- What may be wrong: exit code, one line, and what to do.
wrong() {	# CODE ERE NAME command…
	wrong_code=$1 wrong_ere=$2 wrong_name=$3
	shift 3
	exits "$wrong_code" "$wrong_name" "$@"
	like "$(cat "$TMP/err")" "$wrong_ere" "$wrong_name: says so"
	is "$(wc -l <"$TMP/err" | tr -d ' ')" 1 "$wrong_name: in one line"
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Other CA' -keyout "$TMP/other.key" -out "$TMP/other.pem" 2>/dev/null
wrong 77 "^mimap: authentication as ann refused by localhost port $IMAPS: \".*\"; check the user and password of account ann\$" \
	'a wrong password' mimap -o 'password=!echo wrong' search
wrong 77 '^mimap: .*127\.1 .*certificate' 'a certificate for another host' mimap -a "imaps://ann@127.1:$IMAPS" -o 'password=!echo secret' search
wrong 77 '^mimap: .*certificate' 'a certificate nobody trusts' mimap -o "tls-ca=$TMP/other.pem" search
wrong 68 '^mimap: .*nowhere\.invalid' 'no such host' mimap -a imaps://ann@nowhere.invalid search
read -r free <<EOT
$(live_ports 1)
EOT
wrong 75 "^mimap: .*localhost port $free.*refused" 'nobody listening' mimap -a "imaps://ann@localhost:$free" search
wrong 78 '^mimap: no configuration: write .*/\.config/pennypost/config' 'no configuration' env XDG_CONFIG_HOME=/nonexistent mimap ls
wrong 78 '^mimap: no account bob in ' 'no such account' mimap -a bob ls
wrong 73 '^mimap: /etc/passwd' 'a maildir that can not be' mimap fetch -d /etc/passwd/M
if [ -c /dev/full ]; then
	wrong 74 '^mimap: write standard output: No space left on device' 'a full disk' sh -c 'exec mimap fetch -d - 1 >/dev/full'
	wrong 74 '^mimap: write standard output: No space left on device' 'a full disk below a listing' sh -c 'exec mimap search >/dev/full'
fi
done_testing
