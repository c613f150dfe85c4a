#!/bin/sh
# SPDX-License-Identifier: ISC
# What can go wrong before a server is reached: each its own line and its exit code. Local delivery; command lines.
. "$(dirname "$0")/../lib.sh"

me=$(id -un)
say() { printf 'Subject: x\n\nhello\n' | msend "$@"; }

# wrong CODE ERE ARG…: say ARG… fails with that code, and its one line matches
wrong() {
	wrong_code=$1 wrong_text=$2
	shift 2
	exits "$wrong_code" "$wrong_code: msend $(printf '%s ' "$@" | tr -d '\000-\037' | cut -c 1-60)" say "$@"
	like "$(head -n 1 "$TMP/err")" "$wrong_text" "  says $wrong_text"
}

wrong 64 'no recipients: give addresses, or -t'
wrong 64 'the message has none in To, Cc and Bcc' -t
wrong 65 'read the address' 'a b@example.net <'
wrong 65 'control character' "a@example.net
RCPT TO:<b@example.net>"
wrong 65 'control character' -s "x
Bcc: evil@example.net" bob
wrong 65 'control character' -H "X-A: x
Bcc: evil@example.net" bob
wrong 64 '-H wants' -H 'no colon' bob
wrong 64 'Content-Transfer-Encoding' -H 'Content-Transfer-Encoding: 8bit' bob
wrong 65 '-f: control character' -f "a@example.org
x" bob
wrong 65 'attach .*No such file' -A /nonexistent bob
wrong 65 'it is a directory' -A / bob
wrong 64 'no such key' -o nonsense=1 bob
wrong 64 'others could see it' -o password=secret bob
wrong 64 '-B takes no addresses' -B bob
wrong 64 '-C wants a server' -C
wrong 78 'no account work: there is no configuration; write' -a work bob
wrong 78 'example.net is not on this machine, and there is no account' bob@example.net
wrong 67 "no user nobodyhere on this machine" nobodyhere
wrong 75 'Connection refused' -a smtp://127.0.0.1:1 bob@example.net
wrong 68 'no.such.host.invalid' -a smtps://no.such.host.invalid bob@example.net
wrong 78 'is no endpoint' -a imaps://localhost bob@example.net
exits 65 'nothing on stdin' sh -c 'msend bob </dev/null'
is "$(cat "$TMP/err")" 'msend: empty message' 'is an empty message'
exits 64 'an unknown option' msend -Z
like "$(cat "$TMP/err")" '^usage: msend ' 'shows the usage'
exits 0 '--help' msend --help
like "$(cat "$TMP/out")" '^usage: msend ' 'shows it on stdout'
if [ "$(id -u)" -ne 0 ]; then
	wrong 77 "only root may put mail into root's ~/Maildir" root
fi

# Local delivery needs no configuration.
exits 0 'to ourselves' say "$me"
is "$(cat "$TMP/out" "$TMP/err")" '' 'in silence'
is "$(find "$HOME/Maildir/new" -type f | grep -c .)" 1 'into ~/Maildir'
like "$(cat "$HOME"/Maildir/new/*)" "^Return-Path: <$me@" 'with Return-Path'
like "$(cat "$HOME"/Maildir/new/*)" "^Delivered-To: $me\$" 'and Delivered-To'
exits 0 'user@localhost is one of us' say "$me@localhost"
exits 67 'one recipient of two is unknown' say "$me" nobodyhere
is "$(find "$HOME/Maildir/new" -type f | grep -c .)" 3 'and the other has the message'
exits 0 'a maildir as account' say -a "maildir:$TMP/there" bob@example.net carol@example.net
is "$(find "$TMP/there/new" -type f | grep -c .)" 1 'gets one copy'
exits 0 'a copy is kept' say -S "$TMP/sent" "$me"
is "$(find "$TMP/sent/cur" -name '*:2,S' | grep -c .)" 1 'as a message already seen'
exits 67 'nothing sent' say -S "$TMP/sent" nobodyhere
is "$(find "$TMP/sent" -type f | grep -c .)" 1 'no copy, and none half made'

# -t: Bcc goes, a Resent- block wins.
printf 'To: x@example.net\nBcc: y@example.net\nCc: "Q, R" <z@example.net>,\n w@example.net\n\nhi\n' >"$TMP/m"
exits 0 '-t' sh -c 'msend -n -t v@example.net <"$1"' sh "$TMP/m"
is "$(sed -n 's/^to	//p' "$TMP/out" | tr '\n' ' ')" 'v@example.net x@example.net y@example.net z@example.net w@example.net ' 'all of To, Cc, Bcc and the arguments'
unlike "$(cat "$TMP/out")" '^Bcc' 'no Bcc leaves'
{ printf 'Resent-To: r@example.net\nResent-From: a@a\nResent-Bcc: s@example.net\nResent-To: old@example.net\n'; cat "$TMP/m"; } >"$TMP/r"
sed -i 's/^Resent-To: old/Resent-From: b@b\n&/' "$TMP/r"
exits 0 '-t with Resent- blocks' sh -c 'msend -n -t <"$1"' sh "$TMP/r"
is "$(sed -n 's/^to	//p' "$TMP/out" | tr '\n' ' ')" 'r@example.net s@example.net ' 'the newest block counts alone'
exits 0 'doubles' say -n a@example.net,b@example.net a@example.net
is "$(grep -c '^to' "$TMP/out")" 2 'are sent once'

# The temporary file.
mkdir "$TMP/ro"
head -c 400000 /dev/zero | tr '\0' x | fold >"$TMP/big"
exits 73 'no place for the temporary file' sh -c 'cat "$1" | TMPDIR=$2 msend -n bob' sh "$TMP/big" "$TMP/nonexistent"
like "$(cat "$TMP/err")" "temporary file in $TMP/nonexistent \(see .TMPDIR\): No such file" 'names it'
exits 74 'a full disk' sh -c 'ulimit -f 100; trap "" XFSZ; cat "$1" | TMPDIR=$2 msend -n bob' sh "$TMP/big" "$TMP"
like "$(cat "$TMP/err")" "write a temporary file in $TMP" 'is named'
exits 0 'a regular file needs none' sh -c 'TMPDIR=/nonexistent msend -n bob <"$1"' sh "$TMP/big"

# -Q and -q.
exits 0 '-Q' say -Q -a smtps://ann@mail.example.net bob@example.net
is "$(cat "$TMP/out" "$TMP/err")" '' 'queues in silence'
ok 'the account is noted' grep -q '^Penny-Account: smtps://ann@mail.example.net' "$PENNYPOST_QUEUE"/new/*
exits 0 '-q' say -q -a smtp://127.0.0.1:1 carol@example.net
is "$(mqueue ls | grep -c .)" 2 'queues what nobody took'
exits 0 '-q, and the host is not known' say -q -a smtps://no.such.host.invalid carol@example.net
like "$(cat "$TMP/err")" "^msend: queued, since it can't be sent now: .*no.such.host.invalid" 'is queued, but told'
wrong 78 'example.net is not on this machine' -q bob@example.net
is "$(mqueue ls | grep -c .)" 3 'what a missing configuration stops is not queued'
exits 69 '-Q without mqueue' sh -c 'cp "$BUILD/msend" "$TMP/msend"; echo x | PATH=/bin "$TMP/msend" -Q bob'
like "$(cat "$TMP/err")" 'no mqueue beside msend' 'says so'

done_testing
