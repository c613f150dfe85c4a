#!/bin/sh
# SPDX-License-Identifier: ISC
# mqueue run with the real msend against a scripted server, and with an msend that misbehaves.
. "$(dirname "$0")/../lib.sh"

Q=$PENNYPOST_QUEUE
add() {		# SUBJECT ARGUMENT…: prints the id
	subject=$1
	shift
	printf 'Subject: %s\n\n%s\n' "$subject" "$subject" | mqueue add -f ann@example.org "$@"
}
ids() { mqueue ls | cut -f1; }
state() { mqueue ls | awk -F '\t' -v id="$1" '$1 == id { print $4 }'; }
replies() { mqueue ls -l | cut -f7-9; }
tries() { sed -n 's/^Penny-Tries: 0*\([0-9]\)/\1/p' "$Q"/new/*."$1".*; }
clear_queue() { rm -f "$Q"/new/* "$Q"/cur/* "$Q/destinations"; }
make_due() { for f in "$Q"/new/*; do sed -i 's/^Penny-Next: .*/Penny-Next: 0000000000000/' "$f"; done; }

exits 0 'an unused queue is nothing to do' mqueue run
is "$(cat "$TMP/out" "$TMP/err")" '' '… and nothing to say'

# Two messages, one connection; one recipient of the second comes later, one is refused.
peer partial <<'EOT'
S: 220 mail.example.net
C~ EHLO .+
S: 250-mail.example.net
S: 250-PIPELINING
S: 250 ENHANCEDSTATUSCODES
C: MAIL FROM:<ann@example.org>
C: RCPT TO:<bob@example.net>
C: DATA
S: 250 2.1.0 ok
S: 250 2.1.5 ok
S: 354 go
C: Subject: first
C~ Date: .+
C: From: ann@example.org
C~ Message-ID: .+
C: 
C: first
C: .
S: 250 2.0.0 taken as 1
C: MAIL FROM:<ann@example.org>
C: RCPT TO:<bob@example.net>
C: RCPT TO:<carl@example.net>
C: RCPT TO:<dora@example.net>
C: DATA
S: 250 2.1.0 ok
S: 250 2.1.5 ok
S: 450 4.2.1 mailbox busy
S: 550 5.1.1 no such user
S: 354 go
C: Subject: second
C~ Date: .+
C: From: ann@example.org
C~ Message-ID: .+
C: 
C: second
C: .
S: 250 2.0.0 taken as 2
C: QUIT
S: 221 bye
EOT
add first -a "$PEER" bob@example.net >/dev/null
id=$(add second -a "$PEER" -N never bob@example.net carl@example.net dora@example.net)
exits 0 'run: one delivered, one in part' mqueue run
peer_ok partial
is "$(cat "$TMP/out" "$TMP/err")" '' 'nothing to say'
is "$(ids)" "$id" 'the delivered one is gone'
is "$(replies)" 'bob@example.net	sent	250 2.0.0 taken as 2
carl@example.net	waiting	450 4.2.1 mailbox busy
dora@example.net	bounced	550 5.1.1 no such user' 'each recipient has its fate and reply'
is "$(state "$id") $(tries "$id")" 'waiting 1' 'the rest waits'
exits 0 'a run with nothing due' mqueue run
is "$(cat "$TMP/err")" '' '… is silent'

peer rest <<'EOT'
S: 220 mail.example.net
C~ EHLO .+
S: 250 mail.example.net
C: MAIL FROM:<ann@example.org>
S: 250 2.1.0 ok
C: RCPT TO:<carl@example.net>
S: 250 2.1.5 ok
C: DATA
S: 354 go
C: Subject: second
C~ Date: .+
C: From: ann@example.org
C~ Message-ID: .+
C: 
C: second
C: .
S: 250 2.0.0 taken
C: QUIT
S: 221 bye
EOT
cp "$TMP/rest.peer" "$TMP/partial.peer"
exits 0 'run -f sends only to who waits' mqueue run -f
rm -f "$TMP/rest.peer.result"; mv "$TMP/partial.peer.result" "$TMP/rest.peer.result"
peer_ok rest
is "$(cat "$TMP/err") $(ids)" ' ' 'then it is gone'

# Nobody listens, and after five days.
id=$(add down -a smtp://127.0.0.1:1 bob@example.net)
exits 0 'nobody listens: the mail waits' mqueue run
is "$(cat "$TMP/err")" '' '… in silence'
is "$(state "$id") $(tries "$id")" 'waiting 1' '… and one try is counted'
like "$(replies)" '^bob@example.net	waiting	.*127.0.0.1.*Connection refused' '… with the reason'
next=$(sed -n 's/^Penny-Next: 0*//p' "$Q"/new/*)
ok 'the next try is in five minutes, more or less' test "$next" -gt $(($(date +%s) + 200)) -a "$next" -lt $(($(date +%s) + 400))
sed -i 's/^Penny-Arrived: .*/Penny-Arrived: 0001700000000/; s/^Penny-Tries: .*/Penny-Tries: 0004/' "$Q"/new/*
exits 0 'after five days it is given up' mqueue run -f
is "$(mqueue ls | cut -f6,7)" '<>	ann@example.org' '… and the sender told'
grep -A 1 '^Status' "$Q"/new/* >"$TMP/status"
like "$(cat "$TMP/status")" '^Status: 4.4.7$' '… why'
like "$(cat "$TMP/status")" '^Diagnostic-Code: x-pennypost; .*Connection refused' '… and what the last try met'
clear_queue
id=$(add down -a smtp://127.0.0.1:1 bob@example.net)
exits 0 'retry and expire are settings' mqueue -o expire=4w -o 'retry=2h 3h' run
next=$(sed -n 's/^Penny-Next: 0*//p' "$Q"/new/*)
ok 'the next try is in two hours' test "$next" -gt $(($(date +%s) + 6000)) -a "$next" -lt $(($(date +%s) + 8200))
clear_queue

# The clock jumps: forward by a year nothing is given up at once, and back again nothing waits for a year.
id=$(add clock -N never -a smtp://127.0.0.1:1 bob@example.net)
year=$(($(date +%s) - 31536000)) ahead=$(($(date +%s) + 31536000))
sed -i "s/^Penny-Arrived: .*/Penny-Arrived: 000$year/" "$Q"/new/*
exits 0 'the clock went forward by a year' mqueue run -f
is "$(state "$id") $(mqueue ls | wc -l)" 'waiting 1' '… nothing is given up'
sed -i "s/^Penny-Arrived: .*/Penny-Arrived: 000$ahead/; s/^Penny-Next: .*/Penny-Next: 000$ahead/; s/^Penny-Tried: .*/Penny-Tried: 000$ahead 0000031536000/" "$Q"/new/*
rm -f "$Q/destinations"
is "$(state "$id")" due 'it went back again: the message is due'
exits 0 'run' mqueue run
is "$(tries "$id") $(sed -n 's/^Penny-Arrived: 000//p' "$Q"/new/* | awk -v now="$(date +%s)" '{ print ($1 <= now && $1 > now - 60) }')" '2 1' '… is tried, and its time begins now'
next=$(sed -n 's/^Penny-Next: 0*//p' "$Q"/new/*)
ok 'the next try is in five minutes, more or less' test "$next" -gt $(($(date +%s) + 200)) -a "$next" -lt $(($(date +%s) + 400))
clear_queue

# --- An msend of our own making, beside a copy of mqueue. It delivers into $TMP/sent, as $FAKE tells.
mkdir "$TMP/fake"
cp "$BUILD/mqueue" "$TMP/fake/mqueue"
cat >"$TMP/fake/msend" <<'EOT'
#!/bin/sh
# The Nth path gets what line N of $FAKE says, the last one for all that follow.
echo "$@" >>"$TMP/args"
n=0
while IFS= read -r path; do
	n=$((n + 1))
	does=$(sed -n "${n}p;\$p" "$FAKE" | head -n 1)
	to=$(sed -n 's/^Penny-To: w <\(.*\)>$/\1/p' "$path")
	case $does in
	ok) echo "$path" >>"$TMP/sent"; for a in $to; do printf '%s\t%s\tok\t250\t2.0.0\tok\n' "$path" "$a"; done ;;
	later) for a in $to; do printf '%s\t%s\tlater\t\t\tnot now\n' "$path" "$a"; done ;;
	halves) for a in $to; do printf '%s\t%s' "$path" "$a"; printf '\tok\t250\t\tok\n'; done; echo "$path" >>"$TMP/sent" ;;
	die) kill -KILL $$ ;;
	exit*) exit "${does#exit}" ;;
	garbage) echo 'Segmentation fault?' ;;
	control) printf '%s\t%s\tok\t250\t\tx\033[2J\n' "$path" "$to" ;;
	unasked) printf '/somewhere/else\tbob@example.net\tok\t250\t\tok\n' ;;
	stranger) printf '%s\teve@example.com\tok\t250\t\tok\n' "$path" ;;
	twice) printf '%s\t%s\tok\t250\t\tok\n%s\t%s\trefused\t550\t\tno\n' "$path" "$to" "$path" "$to"; echo "$path" >>"$TMP/sent" ;;
	torn) printf '%s\t%s\tok\t250\t\tis that al' "$path" "$to"; exit 0 ;;
	long) yes | tr -d '\n' | head -c 1000000; echo ;;
	unreadable) printf '%s\t-\tlater\t\t\topen: Permission denied\n' "$path" ;;
	wait) : >"$TMP/waiting"; while [ ! -e "$TMP/go" ]; do sleep 0.02; done; echo "$path" >>"$TMP/sent"; printf '%s\t%s\tok\t250\t\tok\n' "$path" "$to" ;;
	quiet) ;;
	esac
done
EOT
chmod +x "$TMP/fake/msend"
export FAKE=$TMP/does
run() { "$TMP/fake/mqueue" run "$@"; }
does() { printf '%s\n' "$@" >"$FAKE"; : >"$TMP/args"; : >"$TMP/sent"; clear_queue; }
four() { for i in 1 2 3 4; do add "$i" bob@example.net; done >"$TMP/ids"; }
nth() { sed -n "$1p" "$TMP/ids"; }

does ok
four
exits 0 'four messages' run
is "$(wc -l <"$TMP/sent") $(ids)" '4 ' 'all sent, none left'
is "$(cat "$TMP/args")" '-B' 'one msend'

does ok
for a in '' '-a one' '-a two' '-a one' '' '-a two'; do
	# shellcheck disable=SC2086
	add x $a bob@example.net >/dev/null
done
exits 0 'three accounts' run
is "$(sort "$TMP/args")" '-B
-B -a one
-B -a two' 'one msend each'
is "$(wc -l <"$TMP/sent") $(ids)" '6 ' 'all sent'

does halves
four
exits 0 'lines that come in pieces' run
is "$(wc -l <"$TMP/sent") $(ids)" '4 ' 'all sent'

does ok
for i in $(seq 50); do add "$i" bob@example.net; done >/dev/null
exits 0 'more than are handed over at a time' run
is "$(wc -l <"$TMP/sent") $(sort -u "$TMP/sent" | wc -l) $(ids)" '50 50 ' 'each sent once'
is "$(sed 's/.*\///' "$TMP/sent" | sort -c 2>&1)" '' 'the oldest first'

does ok later ok
four
exits 0 '-v tells what becomes of each' run -v
is "$(cat "$TMP/err")" "mqueue: $(nth 1) to <bob@example.net> delivered: ok
mqueue: $(nth 2) to <bob@example.net> later: not now
mqueue: $(nth 3) to <bob@example.net> delivered: ok
mqueue: $(nth 4) to <bob@example.net> delivered: ok" '… in order'

does ok die ok
four
exits 70 'msend is killed' run
like "$(cat "$TMP/err")" '^mqueue: msend was killed by signal 9 and did not answer for 3 of its messages; they wait$' '… which is said'
is "$(ids)" "$(sed 1d "$TMP/ids")" 'the one it had answered for is gone'
is "$(tries "$(nth 2)") $(tries "$(nth 3)") $(tries "$(nth 4)")" '1 0 0' 'the one it had in hand counts a try'
is "$(state "$(nth 2)") $(state "$(nth 3)")" 'waiting due' 'so it does not stop the others'

for case in exit0:70 exit3:70 exit78:78; do
	does "${case%:*}"
	four
	exits "${case#*:}" "msend: ${case%:*} at once" run
	like "$(cat "$TMP/err")" "^mqueue: msend ended with exit code [0-9]* and did not answer for 4 of its messages; they wait\$" '… which is said'
	is "$(mqueue ls | cut -f4 | sort | uniq -c | tr -s ' ')" ' 4 due' 'nothing was changed'
done

# What is no answer: reported once, the rest still listened to, what is not answered left.
for case in 'garbage|what is no result: "Segmentation fault[?]"' 'control|what is no result' 'unasked|a result for what it was not asked: "/somewhere/else' \
    'stranger|a result for what it was not asked' 'long|what is no result: "yyyy' 'torn|what is no result'; do
	what=${case%%|*}
	does ok "$what" "$what" ok
	four
	exits 76 "$what" run
	like "$(cat "$TMP/err")" "^mqueue: msend (said|gave) ${case#*|}" '… is reported'
	is "$(grep -c -e 'no result' -e 'not asked' "$TMP/err")" 1 '… once'
	like "$(cat "$TMP/err")" '^mqueue: msend ended with exit code 0 and did not answer for [23] of its messages; they wait$' '… and what is left open too'
	unlike "$(cat "$TMP/err")" "$(printf '\033')" '… harmlessly'
	want=$(sed -n '2,3p' "$TMP/ids")
	[ "$what" != torn ] || want=$(sed 1d "$TMP/ids")
	is "$(ids)" "$want" 'what was answered is gone, the rest is there'
done
does twice
id=$(add x bob@example.net)
exits 76 'a second answer for one recipient' run
is "$(ids)" '' 'the first one counts'

does unreadable ok
four
exits 0 'msend could not read a file' run
is "$(ids) $(tries "$(nth 1)")" "$(nth 1) 1" 'that one waits, the others are sent'
like "$(replies)" 'waiting	open: Permission denied$' '… and says why'

does ok
id=$(add x bob@example.net)
mkdir "$TMP/alone" && cp "$BUILD/mqueue" "$TMP/alone/mqueue"
exits 78 'no msend anywhere' env PATH=/nowhere "$TMP/alone/mqueue" run
like "$(cat "$TMP/err")" '^mqueue: start msend, which is neither beside mqueue nor in PATH: No such file or directory$' '… says so'
is "$(state "$id")" due '… and changes nothing'
exits 0 'one in PATH is as good' env PATH="$TMP/fake:$PATH" "$TMP/alone/mqueue" run
is "$(ids)" '' '… and sends it'

# Foreign files: said once, left alone, and the others are sent.
does ok
four
printf 'Subject: x\n\nbody\n' >"$Q/new/1795344000.M1P2Q3.host"
printf 'Penny-Queue: 1 0000000612\nPenny-State: act' >"$Q/new/1795344000.0abcdefg.host"
: >"$Q/new/1795344000.0abcdefh.host"
find "$Q" -name '1795344000.*' -exec cksum {} + | sort >"$TMP/before"
exits 65 'foreign and broken files' run
is "$(wc -l <"$TMP/err")" 3 '… are each named once'
is "$(wc -l <"$TMP/sent")" 4 '… and hold nobody up'
find "$Q" -name '1795344000.*' -exec cksum {} + | sort >"$TMP/after"
same "$TMP/before" "$TMP/after" '… and are as they were'

# An entry whose recipients all have it, as a crash before its removal leaves it, goes unsent.
does ok
id=$(add x bob@example.net)
sed -i 's/^Penny-To: w /Penny-To: s /' "$Q"/new/*
exits 0 'a finished entry' run
is "$(ids) $(cat "$TMP/sent" "$TMP/args")" ' ' '… goes, and is not sent again'
id=$(add x bob@example.net eve@example.com)
sed -i 's/^Penny-To: w <bob/Penny-To: s <bob/; s/^Penny-To: w <eve/Penny-To: r <eve/' "$Q"/new/*
exits 0 'a refusal that the sender was not told of before a crash' run
is "$(mqueue ls) $(wc -l <"$TMP/sent")" ' 1' '… is told'

# A maildir reader moves an entry while it is sent: it is not sent again.
does ok
id=$(add x bob@example.net)
for f in "$Q"/new/*; do mv "$f" "$Q/cur/$(basename "$f"):2,S"; done
exits 0 'an entry in cur/' run
is "$(wc -l <"$TMP/sent") $(ids)" '1 ' '… is sent as others are'

# Two at once: the first has its hands full, the second takes the rest.
does wait
rm -f "$TMP/go" "$TMP/waiting"
for i in $(seq 30); do add "$i" bob@example.net; done >"$TMP/ids"
"$TMP/fake/mqueue" run 2>"$TMP/first.err" &
first=$!
await 10 test -e "$TMP/waiting"
exits 0 'what one run has in hand' mqueue ls
is "$(cut -f4 "$TMP/out" | sort | uniq -c | tr -s ' ' | tr '\n' ';')" ' 14 due; 16 sending;' '… is seen to be sent'
exits 75 'rm of what is being sent' mqueue rm "$(nth 1)"
is "$(cat "$TMP/err")" "mqueue: $(nth 1) is being sent" '… is refused'
exits 75 'hold of it' mqueue hold "$(nth 1)"
exits 0 'rm of one that is not yet in hand' mqueue rm "$(nth 30)"
exits 0 'hold of another' mqueue hold "$(nth 29)"
sed 's/.*/ok/' "$FAKE" >"$TMP/ok"
exits 0 'a second run' env FAKE="$TMP/ok" "$TMP/fake/mqueue" run
is "$(wc -l <"$TMP/sent")" 12 '… sends the others'
: >"$TMP/go"
wait "$first"
is "$? $(cat "$TMP/first.err")" '0 ' 'the first run ends well'
is "$(wc -l <"$TMP/sent") $(sort -u "$TMP/sent" | wc -l)" '28 28' 'each was sent once'
is "$(ids)" "$(nth 29)" 'the held one is left'

# The runner dies: so does its msend, and the entries are free again.
does wait
rm -f "$TMP/go" "$TMP/waiting"
add x bob@example.net >"$TMP/ids"
"$TMP/fake/mqueue" run &
first=$!
await 10 test -e "$TMP/waiting"
kill -KILL "$first"
wait "$first" 2>/dev/null
if [ "$(uname)" = Linux ]; then
	ok 'an entry is free when its runner was killed' await 5 mqueue hold "$(nth 1)"
	: >"$TMP/go"
	is "$(cat "$TMP/sent")" '' 'and its msend did not go on'
else
	skip 'msend ends with its runner' 'only on Linux at once'
fi

done_testing
