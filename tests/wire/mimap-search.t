#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap search: charsets that a server does not know, threads, sorting, several mailboxes; what is sent together, and what comes out.
. "$(dirname "$0")/../lib.sh"

mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\n' >"$XDG_CONFIG_HOME/pennypost/config"
play() {	# NAME CAPABILITIES: a session after login; the transcript is on stdin
	{
		printf 'S: * PREAUTH [CAPABILITY IMAP4rev1 %s] ready\n' "$2"
		cat
	} | peer "$1"
	PEER="exec:$BUILD/tests/tools/peer $TMP/$1.peer"
}
bye() { printf 'C: A%d LOGOUT\nS: * BYE bye\nS: A%d OK done\n' "$1" "$1"; }
run() { exits "$@" || note "$(cat "$TMP/err")"; }
found() { is "$(tr '\n' ' ' <"$TMP/out" | sed 's/ $//')" "$1" "finds ${1:-nothing}"; }
examine='S: * 9 EXISTS
S: A1 OK [READ-ONLY] open'

# --- Charsets: UTF-8, then one that the server names, then by ourselves.
play named 'LITERAL+' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH CHARSET UTF-8 SUBJECT {7+}
C* 7
C: 
$examine
S: A2 NO [BADCHARSET (US-ASCII KOI8-R ISO-8859-1)] not that
C: A3 UID SEARCH CHARSET ISO-8859-1 SUBJECT {5+}
C* 5
C: 
S: * SEARCH 3
S: A3 OK
$(bye 4)
EOT
run 0 'a charset that the server names' mimap -a "$PEER" search subject:Grüße
peer_ok named
found 3
play none 'LITERAL+ ESEARCH' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH RETURN (ALL) CHARSET UTF-8 (UNSEEN SUBJECT {7+}
C* 7
C: )
$examine
S: A2 NO [BADCHARSET (US-ASCII)] not that
C: A3 UID SEARCH RETURN (ALL) UNSEEN
S: * ESEARCH (TAG "A3") UID ALL 3:5
S: A3 OK
C: A4 UID FETCH 3:5 (UID BODY.PEEK[HEADER.FIELDS ("SUBJECT")])
S: * 3 FETCH (UID 3 BODY[HEADER.FIELDS ("SUBJECT")] {38}
S: Subject: =?iso-8859-1?q?GR=DCSSE?=
S: 
S: )
S: * 4 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {46}
S: Subject: viele =?utf-8?q?gr=C3=BC=C3=9Fe?=
S: 
S:  UID 4)
S: * 5 FETCH (UID 5 BODY[HEADER.FIELDS (SUBJECT)] "")
S: * 9 FETCH (UID 9 BODY[HEADER.FIELDS (SUBJECT)] {18}
S: Subject: Gr\xc3\xbc\xc3\x9fe
S: )
S: A4 OK
$(bye 5)
EOT
run 0 'no charset but US-ASCII: headers are searched here' mimap -a "$PEER" search unseen subject:Grüße
peer_ok none
found 4
play body 'LITERAL+' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH CHARSET UTF-8 BODY {7+}
C* 7
C: 
$examine
S: A2 BAD what is a charset
C: A3 UID SEARCH ALL
S: * SEARCH 1 2
S: A3 OK
C: A4 UID FETCH 1:2 (UID BODYSTRUCTURE)
S: * 1 FETCH (UID 1 BODYSTRUCTURE (("text" "plain" ("charset" "iso-8859-1") NIL NIL "quoted-printable" 20 1) ("image" "png" NIL NIL NIL "base64" 9) "mixed"))
S: * 2 FETCH (UID 2 BODYSTRUCTURE ("text" "plain" ("charset" "utf-8") NIL NIL "base64" 16 1))
S: A4 OK
C: A5 UID FETCH 1 (UID BODY.PEEK[1])
C+ A6 UID FETCH 2 (UID BODY.PEEK[1])
S: * 1 FETCH (UID 1 BODY[1] {15}
S: viele gr=FC=DFe)
S: A5 OK
S: * 2 FETCH (UID 2 BODY[1] "R3JpZXNz")
S: A6 OK
$(bye 7)
EOT
run 0 'the body, part by part' mimap -a "$PEER" search body:GRÜßE
peer_ok body
found 1
play said 'LITERAL+' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH CHARSET UTF-8 SUBJECT {7+}
C* 7
C: 
$examine
S: A2 NO [INUSE] too busy
$(bye 3)
EOT
run 75 'a refusal for another reason stands' mimap -a "$PEER" search subject:Grüße
peer_ok said
play pretend '' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH ALL
$examine
S: * SEARCH
S: A2 OK
$(bye 3)
EOT
run 0 'imap-without=CHARSET: UTF-8 is not even tried' mimap -a "$PEER" -o imap-without=CHARSET search subject:Grüße
peer_ok pretend

# --- Threads.
play refs 'THREAD=REFERENCES THREAD=REFS ESEARCH' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH RETURN (ALL) FROM "ann"
$examine
S: * ESEARCH (TAG "A2") UID ALL 6
S: A2 OK
C: A3 UID THREAD REFS UTF-8 ALL
S: * THREAD (2)(3 6 (4 23)(44 7 96))((8)(9))
S: A3 OK
$(bye 4)
EOT
run 0 'thread()' mimap -a "$PEER" search 'thread(from:ann)'
peer_ok refs
found '3 4 6 7 23 44 96'
play nest 'THREAD=REFERENCES' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH UNSEEN
$examine
S: * SEARCH 1 2 8
S: A2 OK
C: A3 UID SEARCH UID 8
S: * SEARCH 8
S: A3 OK
C: A4 UID THREAD REFERENCES UTF-8 ALL
S: * THREAD (1 (((((((((((((((((((((((((((((((((((((((((8)))))))))))))))))))))))))))))))))))))))))(9))(2)
S: A4 OK
$(bye 5)
EOT
run 0 'thread: by UID, and another term; nesting has no limit' mimap -a "$PEER" search thread:8 unseen
peer_ok nest
found '1 8'
play here '' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH UID 2
$examine
S: * SEARCH 2
S: A2 OK
C: A3 UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES)])
S: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES)] "Message-ID: <a@x>")
S: * 2 FETCH (UID 2 BODY[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES)] {42}
S: Message-ID: <b@x>
S: In-Reply-To: <gone@x>
S: )
S: * 3 FETCH (UID 3 BODY[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES)] "References: <a@x> <gone@x>")
S: * 4 FETCH (UID 4 BODY[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES)] "")
S: A3 OK
$(bye 4)
EOT
run 0 'threads without THREAD: by what messages refer to' mimap -a "$PEER" search thread:2
peer_ok here
found '1 2 3'
play odd 'THREAD=REFS' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH UID 2
$examine
S: * SEARCH 2
S: A2 OK
C: A3 UID THREAD REFS UTF-8 ALL
S: * THREAD (2 {3}
EOT
run 76 'a literal among threads' mimap -a "$PEER" search thread:2
exits 64 'thread: takes UIDs' mimap -a imap://nobody.invalid search thread:ann

# --- Sorting.
play sort 'SORT ESEARCH' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SORT (REVERSE SIZE FROM) US-ASCII UNSEEN
$examine
S: * SORT 5 3 9 3
S: A2 OK
$(bye 3)
EOT
run 0 'SORT' mimap -a "$PEER" search --sort=-size,from unseen
peer_ok sort
found '5 3 9'
row() { printf 'S: * %d FETCH (UID %d FLAGS () INTERNALDATE "22-Nov-2026 10:00:0%d +0000" RFC822.SIZE 5 ENVELOPE (%s "%s" (("A" NIL "%s" "x")) NIL NIL NIL NIL NIL NIL NIL))\n' "$1" "$1" "$1" "$2" "$3" "$4"; }
items='(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)'
play sortlist 'SORT LITERAL+ ESEARCH SEARCHRES' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SORT (DATE) UTF-8 SUBJECT {2+}
C* 2
C: 
$examine
S: * SORT 2 1
S: A2 OK
C: A3 UID FETCH 1:2 $items
$(row 1 NIL one a; row 2 NIL two b)
S: A3 OK
$(bye 4)
EOT
run 0 'SORT and -l' mimap -a "$PEER" search -l --sort date subject:ü
peer_ok sortlist
is "$(cut -f 1,6 "$TMP/out")" '2	two
1	one' 'lines in that order'
play here2 '' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH ALL
$examine
S: * SEARCH 1 2 3 4
S: A2 OK
C: A3 UID FETCH 1:4 $items
$(row 1 '"Sun, 22 Nov 2026 12:00:00 +0100"' 'Re: [list] plan' b; row 2 '"22 Nov 2026 11:30 EST"' 'plan (fwd)' A; row 3 NIL 'Fwd: [Fwd: a question]' b; row 4 '"nonsense"' ' ' c)
S: A3 OK
$(bye 4)
EOT
run 0 'sorting without SORT' mimap -a "$PEER" search --sort date
peer_ok here2
found '3 4 1 2'
for keys in 'subject,-arrival|4 3 2 1' 'subject|4 3 1 2' 'from,reverse,date|2 1 3 4'; do
	run 0 "by ${keys%|*}" mimap -a "$PEER" search --sort "${keys%|*}"
	found "${keys#*|}"
done
for keys in '' colour 'date,' ,date - reverse; do
	exits 64 "--sort '$keys'" mimap -a imap://nobody.invalid search --sort "$keys"
done
exits 64 'no key to --sort' mimap -a imap://nobody.invalid search --sort
like "$(cat "$TMP/err")" '^mimap: search: --sort needs a key' 'says so'

# --- Several mailboxes: one flight; each line says which.
play several 'ESEARCH' <<EOT
C: A1 LIST "" "*"
S: * LIST (\\Noselect) "." "Lists"
S: * LIST () "." "Lists.b"
S: * LIST () "." "Lists.a c"
S: * LIST () "." INBOX
S: A1 OK
C: A2 EXAMINE "INBOX"
C+ A3 UID SEARCH RETURN (ALL) UNSEEN
C+ A4 EXAMINE "Lists.a c"
C+ A5 UID SEARCH RETURN (ALL) UNSEEN
C+ A6 EXAMINE "Lists.b"
C+ A7 UID SEARCH RETURN (ALL) UNSEEN
S: * 9 EXISTS
S: A2 OK
S: * ESEARCH (TAG "A3") UID ALL 2,4
S: A3 OK
S: * 0 EXISTS
S: A4 NO not today
S: * ESEARCH (TAG "A5") UID ALL 7
S: A5 BAD no mailbox
S: * 3 EXISTS
S: A6 OK
S: * ESEARCH (TAG "A7") UID ALL 1
S: A7 OK
$(bye 8)
EOT
run 69 'one of several can not be opened' mimap -a "$PEER" -m INBOX -m 'Lists/*' -m INBOX search unseen
peer_ok several
is "$(cat "$TMP/out")" 'INBOX	2
INBOX	4
Lists/b	1' 'the others are searched, and named'
like "$(cat "$TMP/err")" '^mimap: .* refused to open the mailbox Lists/a c: "not today"$' 'which, and why'
play listed 'ESEARCH' <<EOT
C: A1 EXAMINE "a"
C+ A2 UID SEARCH RETURN (ALL) ALL
C+ A3 EXAMINE "b"
C+ A4 UID SEARCH RETURN (ALL) ALL
S: * 9 EXISTS
S: A1 OK
S: * ESEARCH (TAG "A2") UID ALL 2
S: A2 OK
S: * 9 EXISTS
S: A3 OK
S: * ESEARCH (TAG "A4") UID ALL 2
S: A4 OK
C: A5 EXAMINE "a"
C+ A6 UID FETCH 2 $items
C+ A7 EXAMINE "b"
C+ A8 UID FETCH 2 $items
S: A5 OK
$(row 2 NIL one x)
S: A6 OK
S: A7 OK
$(row 2 NIL two x)
S: A8 OK
$(bye 9)
EOT
run 0 'several, -l' mimap -a "$PEER" -m a -m b search -l
peer_ok listed
is "$(cut -f 1,2,7 "$TMP/out")" 'a	2	one
b	2	two' 'two flights'
run 0 'several, -j' mimap -a "$PEER" -m a -m b search -j
like "$(cat "$TMP/out")" '^\{"mailbox":"a","uid":2,.*"subject":"one"\}$' 'JSON names it too'
play nothing '' <<EOT
C: A1 LIST "" "*"
S: * LIST () "/" INBOX
S: A1 OK
$(bye 2)
EOT
run 69 'a pattern that nothing matches' mimap -a "$PEER" -m 'Lists/*' search
peer_ok nothing
like "$(cat "$TMP/err")" 'has no mailbox that matches Lists/\*$' 'is named'
exits 64 'a set of UIDs of several mailboxes' mimap -a imap://nobody.invalid -m a -m b flag +seen 7

# --- What search printed, as the messages to work on.
play piped 'MOVE' <<EOT
C: A1 SELECT "a b"
C+ A2 UID STORE 2,4:5 +FLAGS.SILENT (\\Seen)
S: A1 OK
S: A2 OK
C: A3 SELECT "7"
C+ A4 UID STORE 9 +FLAGS.SILENT (\\Seen)
S: A3 OK [READ-ONLY] open
S: A4 OK
$(bye 5)
EOT
run 77 'records of several mailboxes' sh -c 'printf "a b\t2\n7\t9\t2026-11-22\na b\t4:5\tx\n" | mimap -a "$0" flag +seen -' "$PEER"
peer_ok piped
like "$(cat "$TMP/err")" 'lets nobody change the mailbox 7$' 'what holds for one mailbox does not hold for the next'
play rows '' <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID STORE 2:5 -FLAGS.SILENT (\\Seen)
S: A1 OK
S: A2 OK
$(bye 3)
EOT
run 0 'records of search -l' sh -c 'printf "2\t2026-11-22\t5\n\n3:4 5\n" | mimap -a "$0" flag -seen -' "$PEER"
peer_ok rows
play query '' <<EOT
C: A1 SELECT "a"
C+ A2 UID SEARCH SEEN
S: A1 OK
S: * SEARCH
S: A2 OK
C: A3 SELECT "b"
C+ A4 UID SEARCH SEEN
S: * 3 EXISTS
S: A3 OK
S: * SEARCH 3
S: A4 OK
C: A5 UID STORE 3 -FLAGS.SILENT (\\Seen)
S: A5 OK
$(bye 6)
EOT
run 0 'a query in several mailboxes' mimap -a "$PEER" -m a -m b flag -seen seen
peer_ok query

# --- Long sets of UIDs.
long=$(seq -s , 1 2 6001)
play long 'ESEARCH' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH RETURN (ALL) UNSEEN
S: * 7000 EXISTS
S: A1 OK
S: * ESEARCH (TAG "A2") UID ALL 1:4,6001:6009
S: A2 OK
C: A3 UID SEARCH RETURN (ALL) ALL
S: * ESEARCH (TAG "A3") UID ALL 1:7000
S: A3 OK
$(bye 4)
EOT
exits 0 'a set too long for a line' mimap -a "$PEER" search unseen "uid:$long,9000:*" 2>/dev/null
peer_ok long
found '1 3 6001'

# --- What else a server tells.
play extra 'PREVIEW OBJECTID SAVEDATE X-GM-EXT-1' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH X-GM-RAW "has:attachment (a)"
$examine
S: * SEARCH 1
S: A2 OK
C: A3 UID FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE PREVIEW X-GM-LABELS EMAILID THREADID SAVEDATE)
S: * 1 FETCH (UID 1 FLAGS (\\Seen) INTERNALDATE "22-Nov-2026 10:00:00 +0000" RFC822.SIZE 5 ENVELOPE (NIL "s" NIL NIL NIL NIL NIL NIL NIL "<a@x>") PREVIEW "Hello \\"you\\"" X-GM-LABELS (\\Inbox "Gr&APwA3w-e" a,b) EMAILID (M1) THREADID NIL SAVEDATE "22-Nov-2026 11:00:00 +0000")
S: A3 OK
$(bye 4)
EOT
run 0 'gmail:' mimap -a "$PEER" search -j 'gmail:has:attachment (a)'
peer_ok extra
is "$(cat "$TMP/out")" '{"uid":1,"date":"2026-11-22T10:00:00+0000","size":5,"flags":["seen","label:\\Inbox","label:Grüße","label:a b"],"from":null,"subject":"s","preview":"Hello \"you\"","emailid":"M1","saved":"2026-11-22T11:00:00+0000","messageid":"<a@x>"}' 'all in the JSON line'
play nogmail '' <<EOT
C: A1 EXAMINE "INBOX"
$examine
$(bye 2)
EOT
run 69 'gmail: elsewhere' mimap -a "$PEER" search gmail:x
like "$(cat "$TMP/err")" "^mimap: gmail: only Gmail's servers know that" 'says so'

# --- Servers that lie.
liar() {	# NAME CODE ERE CAPABILITIES search argument…; what it says is on stdin
	liar_name=$1 liar_code=$2 liar_ere=$3 liar_caps=$4
	shift 4
	play "$liar_name" "$liar_caps"
	exits "$liar_code" "$liar_name" mimap -a "$PEER" -o timeout=2 search "$@"
	like "$(cat "$TMP/err")" "$liar_ere" "$liar_name: says so"
	is "$(wc -l <"$TMP/err" | tr -d ' ')" 1 "$liar_name: in one line"
}
liar too_many 76 'finds more messages than INBOX holds' 'ESEARCH' all <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH RETURN (ALL) ALL
$examine
S: * ESEARCH (TAG "A2") UID ALL 1:4294967295
EOT
liar no_set 76 'a search result that is no set' 'ESEARCH' all <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH RETURN (ALL) ALL
$examine
S: * ESEARCH (TAG "A2") UID ALL (1 2)
EOT
liar thread_zero 76 'sent: ' 'THREAD=REFS' thread:1 <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH UID 1
$examine
S: * SEARCH 1
S: A2 OK
C: A3 UID THREAD REFS UTF-8 ALL
S: * THREAD (0 1)
EOT
liar thread_open 76 'a list without its end' 'THREAD=REFS' thread:1 <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH UID 1
$examine
S: * SEARCH 1
S: A2 OK
C: A3 UID THREAD REFS UTF-8 ALL
S: * THREAD (1 (2)
EOT
liar cut 75 'closed the connection' SORT --sort date <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID SORT (DATE) US-ASCII ALL
$examine
S! eof
EOT
play strays 'SORT' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SORT (DATE) US-ASCII ALL
$examine
S: * SORT 3 0 3 1
S: * SEARCH 3 1
S: * ESEARCH (TAG "A9") UID
$(row 7 NIL unasked x)
S: A2 OK
C: A3 UID FETCH 1,3 $items
$(row 3 NIL three x; row 3 NIL twice x; row 9 NIL unasked x; row 1 NIL one x)
S: * 4 FETCH (FLAGS (\\Seen))
S: A3 OK
$(bye 4)
EOT
run 0 'what comes twice or unasked' mimap -a "$PEER" search -l --sort date
peer_ok strays
is "$(cut -f 1,6 "$TMP/out")" '3	three
1	one' 'is left out'
play gone 'SORT' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SORT (DATE) US-ASCII ALL
$examine
S: * SORT 3 1
S: A2 OK
C: A3 UID FETCH 1,3 $items
$(row 1 NIL one x)
S: A3 OK
$(bye 4)
EOT
run 0 'a message that is removed meanwhile' mimap -a "$PEER" search -l --sort date
is "$(cut -f 6 "$TMP/out")" one 'is left out as well'
done_testing
