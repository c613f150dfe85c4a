#!/bin/sh
# SPDX-License-Identifier: ISC
# mqueue's commands on the queue itself: what goes in, what is shown, what is refused. Nothing is sent here.
. "$(dirname "$0")/../lib.sh"

Q=$PENNYPOST_QUEUE
ids() { mqueue ls | cut -f1; }
field() { mqueue ls | cut -f"$1"; }
clear_queue() { rm -rf "$Q"; }
message() { printf 'Subject: %s\n\n%s\n' "$1" "$1"; }

exits 0 'an unused queue lists as empty' mqueue ls
is "$(cat "$TMP/out" "$TMP/err")" '' '… and says nothing'
exits 0 'mailq says so' sh -c 'cp "$BUILD/mqueue" "$TMP/mailq" && "$TMP/mailq"'
is "$(cat "$TMP/out")" 'Mail queue is empty' '… in its own words'
ok 'neither made the directory' test ! -e "$Q"

message one >"$TMP/one"
exits 0 'add takes a message' mqueue add -f ann@example.org bob@example.net eve@example.com <"$TMP/one"
id=$(cat "$TMP/out")
like "$id" '^[0-9a-z]{8}$' '… and prints its id'
is "$(cat "$TMP/err")" '' '… and nothing else'
is "$(ids)" "$id" 'ls shows it'
is "$(field 4-7 | cut -f1,3,4)" "due	ann@example.org	bob@example.net,eve@example.com" '… due, with sender and recipients'
is "$(find "$Q/tmp" "$Q/cur" -type f)" '' 'tmp/ and cur/ are empty'
is "$(stat -c %a "$Q" "$Q/new" "$Q"/new/* | sort -u | tr '\n' ' ')" '600 700 ' 'nobody else can read it'
file=$(echo "$Q"/new/*)
is "$(basename "$file" | cut -d. -f2)" "$id" 'the id is in the name of the file'
is "$(sed -n '/^Subject/,$p' "$file" | grep -v -e '^Date: ' -e '^Message-ID: ')" "Subject: one
From: ann@example.org

one" 'the message follows its envelope'
is "$(grep -c '^Date: [A-Z][a-z][a-z], .* [-+][0-9]*$' "$file") $(grep -c '^Message-ID: <.*@.*>$' "$file")" '1 1' 'Date and Message-ID are there'

exits 0 'show' mqueue show "$id"
like "$(cat "$TMP/out")" "^file +$file\$" 'show names the file'
like "$(cat "$TMP/out")" '^to +<bob@example.net> waiting$' '… each recipient'
sed '1,/^$/d' "$TMP/out" >"$TMP/shown"
sed -n '/^Subject/,$p' "$file" >"$TMP/message"
same "$TMP/shown" "$TMP/message" '… and then the message, byte for byte'
ok 'an id in upper case is the same' mqueue show "$(echo "$id" | tr a-z A-Z)"
ok 'so is the name of the file' mqueue show "$file"

exits 0 'hold' mqueue hold "$id"
is "$(field 4)" held '… holds it'
exits 69 'retry does not undo that' mqueue retry "$id"
like "$(cat "$TMP/err")" "^mqueue: $id is held; release it\$" '… and says what would'
exits 0 'release' mqueue release "$id"
is "$(field 4)" due '… lets it go'
exits 0 'rm' mqueue rm "$id"
is "$(ids)" '' '… removes it'
exits 65 'rm of what is not there' mqueue rm "$id"
like "$(cat "$TMP/err")" "^mqueue: $id: no such message in the queue\$" '… says so'

# What a submission must have, and what it must not show.
{
	printf 'From ann Sun Nov 22 10:00:00 2026\nFrom: Ann <ann@example.org>\nBcc: eve@example.com,\n eve2@example.com\nDate: Sun, 22 Nov 2026 10:00:00 +0000\n'
	printf 'Message-ID: <1@example.org>\nTo: bob@example.net\n\nFrom here\n.\n'
} | mqueue add -f '<>' bob@example.net bob@example.net >/dev/null
is "$(sed '1,/^Penny-Reply/d' "$Q"/new/*)" 'From: Ann <ann@example.org>
Date: Sun, 22 Nov 2026 10:00:00 +0000
Message-ID: <1@example.org>
To: bob@example.net

From here
.' 'Bcc and an mbox line go, what is there stays'
is "$(field 6,7)" '<>	bob@example.net' 'the null sender, and each recipient once'
clear_queue

printf 'no header at all' | mqueue add -f ann@example.org bob@example.net >/dev/null
is "$(tail -n 2 "$Q"/new/*)" "
no header at all" 'a body without a header gets one'
clear_queue

printf 'Subject: only a header' | mqueue add -f ann@example.org bob@example.net >/dev/null
is "$(sed -n '/^Subject/,$p' "$Q"/new/* | sed -n '1p;$p')" 'Subject: only a header' 'a header without a body ends in an empty line'
clear_queue

# The configured sender is taken where -f gives none; an account of that name has its own.
mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'from Root <root@example.org>\naccount one\nfrom One <one@example.org>\naccount two\nfrom two@example.org\n' >"$XDG_CONFIG_HOME/pennypost/config"
message x | mqueue add bob@example.net >/dev/null
is "$(field 6) $(grep ^From: "$Q"/new/*)" 'one@example.org From: One <one@example.org>' 'the sender is the first account'\''s'
clear_queue
message x | mqueue add -a two bob@example.net >/dev/null
is "$(field 6) $(grep ^Penny-Account: "$Q"/new/*)" 'two@example.org Penny-Account: two' '-a chooses another, by name'
clear_queue

# Settings.
table() {
	while IFS='|' read -r code what want args; do
		# shellcheck disable=SC2086
		exits "$code" "$what" mqueue $args <"$TMP/one"
		like "$(cat "$TMP/err")" "$want" '… says why'
	done
}
printf 'expire soon\n' >"$XDG_CONFIG_HOME/pennypost/config"
table <<'EOT'
78|a bad value in the configuration|^mqueue: .*/pennypost/config:1: .*soon|ls
EOT
printf 'retry 10m 2h\nexpire 3d\nsomething else\naccount x\nsend smtps://x@example.org\n' >"$XDG_CONFIG_HOME/pennypost/config"
ok 'other programs'\'' keys are theirs' mqueue ls
rm "$XDG_CONFIG_HOME/pennypost/config"
table <<'EOT'
64|no command|^usage: mqueue|
64|an unknown command|^mqueue: no such command$|frobnicate
64|no recipient|^mqueue: no recipient given$|add
64|no id|^mqueue: no id given$|show
64|nothing to remove|^mqueue: no id given, and no -s, -r or -A$|rm
64|a bad age|^mqueue: -A: .*soon|ls -A soon
64|too many arguments|^mqueue: too many arguments$|run x
64|an unknown option|^mqueue: -x is no option here|ls -x
64|an option without its argument|^mqueue: -a is no option here, or lacks its argument$|add -a
64|an unknown key|^mqueue: -o: frob is no key of mqueue; it has queue, from|-o frob=1 ls
64|a key without a value|^mqueue: -o frob: write -o key=value$|-o frob ls
64|a bad span|^mqueue: -o: expire: "5x" is no span|-o expire=5x run
65|a bad recipient|^mqueue: "bob@" is no address$|add bob@
65|a recipient that would be a command|is no address$|add <bob@example.org>DATA
65|a bad sender|^mqueue: -f: "ann@@" is no address$|add -f ann@@ bob@example.org
78|an account with a secret in it|password|add -a smtps://ann:secret@example.org bob@example.org
65|a queue that is not there|^mqueue: .*/queue: there is no queue yet$|show 7k2mx9bq
EOT
exits 65 'an empty message' mqueue add bob@example.net </dev/null
is "$(cat "$TMP/err")" 'mqueue: the message on standard input is empty' '… says so'
exits 65 'a control character in a recipient' mqueue add "bob@example.net
RCPT TO:<eve@example.com>" <"$TMP/one"
unlike "$(cat "$TMP/err")" '^RCPT' '… and it does not reach the terminal alive'
exits 64 'a control character in the account' mqueue add -a "a	b" bob@example.net <"$TMP/one"
exits 65 'an address of 513 octets' mqueue add "$(printf '%0501d' 0)@example.org" <"$TMP/one"
exits 65 'a header that does not end' sh -c 'yes "X: y" | head -c 1100000 | mqueue add bob@example.net'
exits 0 'a long header that does' sh -c '{ yes "X: y" | head -c 1000000; printf "\n\nbody\n"; } | mqueue add bob@example.net'
long=$(cat "$TMP/out")
exits 65 'a strange id' mqueue show ../../etc/passwd
like "$(cat "$TMP/err")" '^mqueue: ../../etc/passwd: no such message in the queue$' '… is just not there'
exits 0 'and that one can be removed' mqueue rm "$long"
is "$(find "$Q" -type f)" '' 'none of those left anything behind'

# Places: -q before -o queue before the environment before the configuration.
exits 0 '-q' sh -c 'mqueue -q "$TMP/a queue" -o queue="$TMP/other" add bob@example.net <"$TMP/one"'
ok '… is where it went' test -n "$(ls "$TMP/a queue/new")"
exits 0 '-o queue' sh -c 'mqueue -o queue="$TMP/other" add bob@example.net <"$TMP/one"'
ok '… is where it went' test -n "$(ls "$TMP/other/new")"
printf 'queue ~/mailqueue\n' >"$XDG_CONFIG_HOME/pennypost/config"
exits 0 'the key' env -u PENNYPOST_QUEUE mqueue add bob@example.net <"$TMP/one"
ok '… is where it went' test -n "$(ls "$HOME/mailqueue/new")"
rm "$XDG_CONFIG_HOME/pennypost/config"
if [ "$(id -u)" -ne 0 ]; then
	exits 0 'no setting at all' env -u PENNYPOST_QUEUE mqueue add bob@example.net <"$TMP/one"
	ok 'the state directory it is' test -n "$(ls "$XDG_STATE_HOME/pennypost/queue/new")"
else
	skip 'the state directory' 'root has another'
fi
mkdir "$TMP/documents" && : >"$TMP/documents/letter"
exits 73 'a directory with other things in it' mqueue -q "$TMP/documents" add bob@example.net <"$TMP/one"
: >"$TMP/plain"
exits 73 'a file' mqueue -q "$TMP/plain" add bob@example.net <"$TMP/one"
exits 78 'a path that would break lines' mqueue -q "$TMP/two
lines" add bob@example.net <"$TMP/one"

# Listings.
message two | mqueue add -f ann@example.org -a work bob@example.net eve@example.com >"$TMP/id"
message three | mqueue add -f ann@example.org bob@example.net >>"$TMP/id"
is "$(ids)" "$(cat "$TMP/id")" 'the oldest comes first'
is "$(mqueue ls -l | cut -f1,7,8)" "$(set -- $(cat "$TMP/id"); printf '%s\tbob@example.net\twaiting\n%s\teve@example.com\twaiting\n%s\tbob@example.net\twaiting' "$1" "$1" "$2")" \
	'ls -l has a line for each recipient'
mqueue ls -j >"$TMP/json"
is "$(wc -l <"$TMP/json")" 2 'ls -j has a line for each message'
if command -v python3 >/dev/null; then
	is "$(python3 -c '
import json, sys
for line in sys.stdin:
	m = json.loads(line)
	print(m["queue_name"], m["queue_id"], m["sender"], m.get("account"), *[r["address"] for r in m["recipients"]])' <"$TMP/json")" \
	"$(set -- $(cat "$TMP/id"); echo "active $1 ann@example.org work bob@example.net eve@example.com"; echo "active $2 ann@example.org None bob@example.net")" \
		'… and each is JSON'
else
	skip 'ls -j is JSON' 'no python3'
fi
exits 0 'mailq' "$TMP/mailq"
like "$(tail -n 1 "$TMP/out")" '^-- 1 Kbytes in 2 Requests\.$' '… ends with the summary that monitors read'
is "$(head -n 3 "$TMP/out" | sed 's/ *$//; 2s/[A-Z][a-z][a-z] [A-Z][a-z][a-z] .. ..:..:../TIME/')" "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------
$(head -n 1 "$TMP/id")        $(mqueue ls | sed -n 1p | cut -f2) TIME  ann@example.org
                                         bob@example.net" '… in the columns that they know'
exits 0 'mailq -l' "$TMP/mailq" -l
like "$(head -n 1 "$TMP/out")" '^ID +SIZE +AGE +NEXT +SENDER +RECIPIENTS$' '… is our own table'

# By address, and all; nothing is due after that but what was asked for.
for f in "$Q"/new/*; do sed -i "s/^Penny-Next: .*/Penny-Next: 000$(($(date +%s) + 3600))/" "$f"; done
is "$(field 4 | sort -u)" waiting 'an entry whose time has not come waits'
exits 0 'retry by address' mqueue retry EVE@example.com
is "$(mqueue ls | awk -F '\t' '$4 == "due" { print $1 }')" "$(head -n 1 "$TMP/id")" '… makes that one due'
exits 0 'retry of all' mqueue retry
is "$(field 4 | sort -u)" due '… makes all due'

# A maildir reader moves what it has seen to cur/; it is still ours.
mv "$Q"/new/*."$(head -n 1 "$TMP/id")".* "$Q/cur/$(basename "$Q"/new/*."$(head -n 1 "$TMP/id")".*):2,S"
is "$(ids)" "$(cat "$TMP/id")" 'an entry in cur/ is listed'
exits 0 'and held' mqueue hold "$(head -n 1 "$TMP/id")"
exits 0 'and removed' mqueue rm "$(head -n 1 "$TMP/id")"

# Selections.
mkdir -p "$TMP/sel"
sel() { mqueue -q "$TMP/sel" "$@"; }
message a | sel add -f ann@example.org bob@example.net >"$TMP/a"
message b | sel add -f ann@example.org eve@example.com >"$TMP/b"
message c | sel add -f carl@example.org eve@example.com >"$TMP/c"
a=$(cat "$TMP/a") b=$(cat "$TMP/b") c=$(cat "$TMP/c")
chosen() { sel ls "$@" | cut -f1 | tr '\n' ' '; }
is "$(chosen -s ann@example.org)" "$a $b " 'ls of a sender'
is "$(chosen -r @EXAMPLE.com)" "$b $c " '… of a recipient'\''s domain'
is "$(chosen -s @example.org -r eve@example.com)" "$b $c " '… of both'
is "$(chosen "$c" "$a")" "$c $a " '… of ids, in their order'
is "$(chosen -A 1h)" '' '… of an age'
sed -i 's/^Penny-Arrived: .*/Penny-Arrived: 0001700000000/' "$TMP/sel/new"/*."$b".*
is "$(chosen -A 1h)" "$b " '… that one has'
exits 65 'ls of an id that is not there' mqueue -q "$TMP/sel" ls 00000000
states() { sel ls | cut -f1,4 | sort | tr '\t\n' '= '; }
exits 0 'hold by recipient' mqueue -q "$TMP/sel" hold -r eve@example.com
is "$(states)" "$(printf '%s\n' "$a=due" "$b=held" "$c=held" | sort | tr '\n' ' ')" '… holds those'
exits 0 'release by sender' mqueue -q "$TMP/sel" release -s carl@example.org
is "$(states)" "$(printf '%s\n' "$a=due" "$b=held" "$c=due" | sort | tr '\n' ' ')" '… releases those'
for f in "$TMP/sel/new"/*; do sed -i "s/^Penny-Next: .*/Penny-Next: 000$(($(date +%s) + 3600))/" "$f"; done
exits 0 'retry by domain' mqueue -q "$TMP/sel" retry @example.net
is "$(states)" "$(printf '%s\n' "$a=due" "$b=held" "$c=waiting" | sort | tr '\n' ' ')" '… makes those due'
exits 0 'rm by age' mqueue -q "$TMP/sel" rm -A 1h
exits 0 'an id that does not fit the selection' mqueue -q "$TMP/sel" rm -s nobody@example.org "$a"
is "$(chosen)" "$a $c " '… is left'
exits 0 'rm of all' mqueue -q "$TMP/sel" rm -A 0
is "$(chosen)" '' '… leaves nothing'

# Foreign and broken files are said, and left alone.
message x >"$Q/new/1795344000.M1P2Q3.host"
name=1795344000.0abcdefg.host
for case in 'empty|' 'none of ours|Subject: x\n\nbody\n' 'cut short|Penny-Queue: 1 0000000612\nPenny-State: active\n' \
    'another version|Penny-Queue: 2 0000000612\n' 'much too long|Penny-Queue: 1 9999999999\n'; do
	printf "${case#*|}" >"$Q/new/$name"
	cp "$Q/new/$name" "$TMP/copy"
	exits 65 "${case%|*}: ls" mqueue ls
	like "$(cat "$TMP/err")" "^mqueue: $name in $Q: " '… names it'
	is "$(wc -l <"$TMP/out")" 1 '… and lists the others'
	exits 65 "${case%|*}: rm" mqueue rm 0abcdefg
	exits 65 "${case%|*}: hold" mqueue hold 0abcdefg
	exits 65 "${case%|*}: show" mqueue show 0abcdefg
	same "$Q/new/$name" "$TMP/copy" '… and it is as it was'
done
mkfifo "$Q/new/1795344000.0abcdefh.host"
ln -s /etc/passwd "$Q/new/1795344000.0abcdefj.host"
mkdir "$Q/new/1795344000.0abcdefk.host"
exits 65 'a pipe, a link and a directory hold nobody up' mqueue ls
is "$(wc -l <"$TMP/err")" 5 '… each is named once'
rm -rf "$Q"/new/1795344000.*

# Two with one id: the name tells them apart.
cp "$(echo "$Q"/new/*)" "$Q/new/1795344000.$(tail -n 1 "$TMP/id").other"
exits 65 'an id that two have' mqueue rm "$(tail -n 1 "$TMP/id")"
like "$(cat "$TMP/err")" 'more than one message has this id; use the file' '… says what to do'
exits 0 'by name it goes' mqueue rm "1795344000.$(tail -n 1 "$TMP/id").other"
exits 0 'and then the id does for the other' mqueue rm "$(tail -n 1 "$TMP/id")"

done_testing
