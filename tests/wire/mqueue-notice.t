#!/bin/sh
# SPDX-License-Identifier: ISC
# What the sender of a queued message is told, and when nobody is: bounces, warnings, word of success, the null sender, storms; and
# that being offline is no try.
. "$(dirname "$0")/../lib.sh"

Q=$PENNYPOST_QUEUE
mkdir "$TMP/fake"
cp "$BUILD/mqueue" "$TMP/fake/mqueue"
# Answers as $FAKE says, but for the recipients of notices as $FAKE2 does: they wait, to be looked at, where a test does not say more.
cat >"$TMP/fake/msend" <<'EOT'
#!/bin/sh
while IFS= read -r path; do
	for to in $(sed -n 's/^Penny-To: w <\(.*\)>$/\1/p' "$path"); do
		does=$FAKE
		grep -q '^Penny-From: <>$' "$path" && does=${FAKE2-later}
		case $does in
		ok) printf '%s\t%s\tok\t250\t2.0.0\tok\tmx.example.net\n' "$path" "$to" ;;
		dsn) printf '%s\t%s\tok\t250\t2.0.0\tok\tmx.example.net\tdsn\n' "$path" "$to" ;;
		local) printf '%s\t%s\tok\t\t\tdelivered\n' "$path" "$to" ;;
		later) printf '%s\t%s\tlater\t451\t4.7.1\tcome back later\tmx.example.net\n' "$path" "$to" ;;
		offline) printf '%s\t%s\tlater\t\t4.4.3\tno name server answers\n' "$path" "$to" ;;
		refused) printf '%s\t%s\trefused\t550\t5.1.1\tno such user\tmx.example.net\n' "$path" "$to" ;;
		esac
	done
done
EOT
chmod +x "$TMP/fake/msend"
export FAKE
run() { "$TMP/fake/mqueue" "$@" run -f; }
fresh() { rm -rf "$Q"; }
notices() { grep -l '^Penny-From: <>$' "$Q"/new/* 2>/dev/null; }
notice() { cat $(notices); }
field() { mqueue ls | cut -f"$1"; }
message() { printf 'Subject: hello\nFrom: ann@example.org\nDate: Sun, 22 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.org>\n\nline one\n'; }
add() { message | mqueue add -f ann@example.org "$@"; }
set_line() { sed -i "s/^Penny-$1: .*/Penny-$1: $2/" "$Q"/new/*; }

# A refusal.
FAKE=refused
add -a work -V 'a b=1' bob@example.net carl@example.net >/dev/null
exits 0 'refused' run
is "$(cat "$TMP/out" "$TMP/err")" '' 'nothing is said'
is "$(field 4,6,7)" 'waiting	<>	ann@example.org' 'the message is gone, a notice to its sender is there'
notice >"$TMP/notice"
is "$(sed -n 's/^Penny-\(Account\|Notify\): //p' "$TMP/notice" | tr '\n' ' ')" 'work never ' '… by the same account, and never the cause of another'
for line in 'Auto-Submitted: auto-replied' 'Content-Type: multipart/report; report-type=delivery-status;' 'To: ann@example.org' \
    'References: <1@example.org>' 'Original-Envelope-Id: a b=1' 'Final-Recipient: rfc822; bob@example.net' 'Final-Recipient: rfc822; carl@example.net' \
    'Action: failed' 'Status: 5.1.1' 'Remote-MTA: dns; mx.example.net' 'Diagnostic-Code: smtp; 550 5.1.1 no such user' \
    'Content-Type: message/delivery-status' 'Content-Type: message/rfc822' 'Subject: hello' 'line one'; do
	ok "it has: $line" grep -qxF "$line" "$TMP/notice"
done
boundary=$(sed -n 's/^	boundary="\(.*\)"$/\1/p' "$TMP/notice")
is "$(grep -c -x -F -e "--$boundary" "$TMP/notice") $(tail -n 1 "$TMP/notice")" "3 --$boundary--" 'three parts'
if python3 -c '' 2>/dev/null; then
	is "$(sed '1,/^Penny-Notify/d' "$TMP/notice" | python3 -c 'import sys, email, email.policy
m = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
t, s, r = m.iter_parts()
blocks = s.get_payload()
print(m.get_content_type(), len(blocks), blocks[0]["Reporting-MTA"] is not None, blocks[2]["Status"], r.get_payload(0).get_payload().strip())')" \
	    'multipart/report 3 True 5.1.1 line one' 'another reader of mail reads it so'
else
	skip 'another reader of mail' 'no python3'
fi
FAKE2=ok
export FAKE2
exits 0 'the next run' run
is "$(field 1)" '' 'sends it, and that is all'
add bob@example.net >/dev/null
exits 0 'a run' run
is "$(field 1)" '' 'sends what it has made itself'
unset FAKE2

# What is returned.
fresh
add -R hdrs bob@example.net >/dev/null
run
is "$(notice | grep -c -e '^Content-Type: text/rfc822-headers$' -e '^Subject: hello$') $(notice | grep -c 'line one')" '2 0' 'RET=HDRS: only the header comes back'
fresh
add bob@example.net >/dev/null
run -o bounce-size=10
is "$(notice | grep -c '^Content-Type: text/rfc822-headers$')" 1 'so it does where the message is too large'
fresh
{ message; printf '\303\244\n'; } | mqueue add -f ann@example.org bob@example.net >/dev/null
run
is "$(notice | grep -c '^Content-Transfer-Encoding: 8bit$')" 2 '8-bit octets are declared'

# NOTIFY.
fresh
add -N never bob@example.net >/dev/null
add -N success,delay bob@example.net >/dev/null
exits 0 'refused, and the sender does not want to hear' run
is "$(field 1)" '' '… nothing is left'
FAKE=ok
add bob@example.net >/dev/null
add -N failure,delay bob@example.net >/dev/null
run
is "$(field 1)" '' 'no word of success where none was asked for'
add -N success bob@example.net >/dev/null
run
is "$(notice | grep -e '^Action' -e '^Status' -e '^Content-Type: text/rfc')" 'Action: relayed
Status: 2.0.0
Content-Type: text/rfc822-headers' 'word of success'
is "$(field 1 | wc -l)" 1 '… and the message is gone'
fresh
FAKE=dsn
add -N success bob@example.net >/dev/null
run
is "$(field 1)" '' '… not where the server gives it'
FAKE=local
add -N success bob@example.net >/dev/null
run
is "$(notice | grep -e '^Action')" 'Action: delivered' '… delivered on this machine'
fresh

# A delay: after four hours, once.
FAKE=later
id=$(add bob@example.net)
run
is "$(notices)" '' 'no warning at first'
old=$(printf %013d $(($(date +%s) - 5 * 3600)))
set_line Arrived "$old"
run -o warn=off
is "$(notices)" '' '… nor where it is switched off'
run -o warn=6h
is "$(notices)" '' '… nor before its time'
run
is "$(notice | grep -e '^Action' -e '^Status' -e '^Diag' -e '^Content-Type: text/rfc')" 'Action: delayed
Status: 4.7.1
Diagnostic-Code: smtp; 451 4.7.1 come back later
Content-Type: text/rfc822-headers' 'after four hours there is one'
like "$(notice)" '^Will-Retry-Until: ' '… that tells until when it is tried'
FAKE2=ok
export FAKE2
run
is "$(notices)" '' 'it is sent'
run
unset FAKE2
is "$(field 1)" "$id" 'and there is no second'
sed -i 's/^Penny-Warned: y/Penny-Warned: n/; s/^Penny-To: w <bob/Penny-Xo: w <bob/' "$Q"/new/*
rm -f "$Q"/new/*
add -N failure bob@example.net >/dev/null
set_line Arrived "$old"
run
is "$(notices)" '' 'no warning to who does not want it'
set_line Arrived 0001700000000
set_line Tries 0004
run
is "$(notice | grep -e '^Action' -e '^Status' -e '^Diag')" 'Action: failed
Status: 4.4.7
Diagnostic-Code: smtp; 451 4.7.1 come back later' 'after five days it is given up'
fresh

# The operator gives it up.
FAKE=later
id=$(add bob@example.net)
run
exits 0 'expire' mqueue expire "$id"
is "$(field 1,4,7)" "$id	due	bob@example.net" 'the next run will tell'
"$TMP/fake/mqueue" run
is "$(field 1,7 | cut -f2)" 'ann@example.org' '… and does so'
is "$(notice | grep -e '^Action' -e '^Status' -e '^Remote' -e '^Diag')" 'Action: failed
Status: 4.4.7
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 451 4.7.1 come back later' '… with the last reply, and whose it was in that earlier run'
fresh
id=$(add bob@example.net)
mqueue hold "$id"
exits 0 'expire of one that is held, by recipient' mqueue expire -r @example.net
"$TMP/fake/mqueue" run
like "$(notice)" '^Diagnostic-Code: x-pennypost; not tried$' '… tells that it was not tried'
fresh

# Nobody to tell.
FAKE2=refused
export FAKE2
message | mqueue add -f '<>' bob@example.net >"$TMP/id"
exits 69 'the null sender' run
like "$(cat "$TMP/err")" "^mqueue: $(cat "$TMP/id") to <bob@example.net> refused: 550 5.1.1 no such user; it is held until you remove or release it\$" '… is reported'
is "$(field 4)" refused '… and held'
fresh
FAKE=refused
add bob@example.net >/dev/null
exits 69 'a notice that is refused itself' run
is "$(field 4,6,7)" 'refused	<>	ann@example.org' '… is held'
exits 0 'the next run' run
is "$(cat "$TMP/err")" '' '… says nothing of it'
is "$(field 1 | wc -l)" 1 '… and makes nothing of it'
unset FAKE2
fresh

# A storm ends.
for i in 1 2 3 4 5; do add "$i@example.net" >/dev/null; done
exits 69 'more notices than the limit' run -o bounce-limit=3
is "$(notices | wc -l) $(field 4 | grep -c refused)" '3 2' 'three are made, two messages are held'
like "$(cat "$TMP/err")" '; it is held until you remove or release it$' '… and reported'
field 1,4 | sed -n 's/	refused//p' | xargs "$TMP/fake/mqueue" release
exits 69 'within the hour' run -o bounce-limit=3
printf '%013d %09d\n' $(($(date +%s) - 4000)) 3 >"$Q/notices"
field 1,4 | sed -n 's/	refused//p' | xargs "$TMP/fake/mqueue" release
exits 0 'an hour later' run -o bounce-limit=3
is "$(field 4 | grep -c refused)" 0 '… nothing is held'
echo garbage >"$Q/notices"
add bob@example.net >/dev/null
exits 0 'a broken count' run
fresh

# A crash between the notice and its record: the same notice is made again, and is there already.
id=$(add bob@example.net)
cp "$Q"/new/* "$TMP/before"
name=$(basename "$Q"/new/*)
run
sed 's/^Penny-To: w /Penny-To: r /' "$TMP/before" >"$Q/new/$name"
is "$(field 1 | wc -l)" 2 'both are there, and nothing is recorded'
mqueue hold "$(field 1,6 | sed -n 's/	<>//p')"
exits 0 'a run' run
is "$(field 6)" '<>' 'one notice, no message'
fresh

# Offline.
FAKE=offline
id=$(add bob@example.net)
set_line Arrived 0001700000000
set_line Tried '0001700000100 0000000000000'
exits 0 'offline' run
is "$(field 1,4)" "$id	waiting" 'it waits, however old it is'
is "$(sed -n 's/^Penny-Tries: //p' "$Q"/new/*)" 0000 'no try is counted'
FAKE=later
run
is "$(field 1,4) $(sed -n 's/^Penny-Tries: //p' "$Q"/new/*)" "$id	waiting 0001" 'nor is the time: it is not given up, and nobody is warned'
fresh

# The real thing: no configuration, a user of this machine writes to one that is not there, and finds the notice in his mailbox.
user=$(id -un)
message | mqueue add -f "$user@localhost" nobody-of-that-name@localhost >/dev/null
exits 0 'a local recipient that does not exist' mqueue run
exits 0 'the next run' mqueue run
is "$(field 1)" '' '… leaves nothing'
grep -h -e '^Return-Path' -e '^Status' -e '^Final' "$HOME"/Maildir/new/* >"$TMP/mailbox"
is "$(cat "$TMP/mailbox")" 'Return-Path: <>
Final-Recipient: rfc822; nobody-of-that-name@localhost
Status: 5.1.1' '… but a notice in the sender'\''s mailbox'
fresh

# What add refuses.
while IFS='|' read -r want args; do
	# shellcheck disable=SC2086
	exits 64 "add $args" mqueue add $args bob@example.net <"$TMP/before"
	like "$(cat "$TMP/err")" "$want" '… says why'
done <<'EOT'
-N is never, or of success,failure,delay; not "sometimes"|-N sometimes
-N is never, or of success|-N never,delay
-R is full or hdrs, not "half"|-R half
EOT
exits 64 'a long envelope id' mqueue add -V "$(printf %0101d 0)" bob@example.net <"$TMP/before"

# -m and -t.
mkdir "$TMP/out.d"
for i in 1 2 3 4 5 6 7 8 9; do printf 'To: <bob%s@example.net>, Carl <carl@example.net>\nSubject: %s\n\n%s\n' $i $i $i >"$TMP/out.d/$i"; done
: >"$TMP/out.d/empty"
printf 'Resent-To: x@example.org\nTo: bob@example.net\n\nx\n' >"$TMP/out.d/resent"
for f in "$TMP/out.d/"* "$TMP/none"; do echo "$f"; done >"$TMP/paths"
mqueue add -mt -f ann@example.org <"$TMP/paths" >"$TMP/added" 2>"$TMP/err"
is $? 65 'some of many can not be taken'
is "$(wc -l <"$TMP/err")" 3 'each of them is said'
is "$(cut -f2 "$TMP/added" | tr '\n' ' ')" "$(printf "$TMP/out.d/%s " 1 2 3 4 5 6 7 8 9)" 'the others are added, in order'
is "$(cut -f1 "$TMP/added" | sort)" "$(field 1 | sort)" '… by the ids that are told'
is "$(field 7 | sort | head -n 1)" 'bob1@example.net,carl@example.net' '… for whom the header names'
is "$(ls "$Q/tmp")" '' 'nothing is left behind'
fresh
mqueue add -m -f ann@example.org eve@example.com <"$TMP/paths" >"$TMP/added" 2>"$TMP/err"
is "$(field 7 | sort -u)" eve@example.com '-m alone: for whom the command line names'
is "$(field 7 | wc -l)" 10 '… all that are messages'
exits 65 '-t and nobody named' sh -c 'printf "Subject: x\n\nx\n" | mqueue add -t'

done_testing
