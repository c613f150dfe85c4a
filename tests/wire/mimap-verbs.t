#!/bin/sh
# SPDX-License-Identifier: ISC
# The dialogue of mimap's verbs that change things: what is sent together, what waits, what is never sent.
. "$(dirname "$0")/../lib.sh"

play() {	# NAME CAPABILITIES: a session after login; the transcript is on stdin
	{
		printf 'S: * PREAUTH [CAPABILITY IMAP4rev1 %s] ready\n' "$2"
		cat
	} | peer "$1"
	PEER="exec:$BUILD/tests/tools/peer $TMP/$1.peer"
}
bye() { printf 'C: A%d LOGOUT\nS: * BYE bye\nS: A%d OK done\n' "$1" "$1"; }
run() { exits "$@" || note "$(cat "$TMP/err")"; }
mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\n' >"$XDG_CONFIG_HOME/pennypost/config"

# --- mv
play move MOVE <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID MOVE 1:3,7 "Lists"
S: * 9 EXISTS
S: A1 OK [READ-WRITE] open
S: * OK [COPYUID 1 1:3 4:6] moved
S: A2 OK
$(bye 3)
EOT
run 0 'mv: one flight with MOVE' mimap -a "$PEER" mv 1:3,7 Lists
peer_ok move
play copy UIDPLUS <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID SEARCH UID 1:3
S: * 9 EXISTS
S: A1 OK [READ-WRITE] open
S: * SEARCH 1 3
S: A2 OK
C: A3 UID COPY 1,3 "Lists"
S: A3 OK
C: A4 UID STORE 1,3 +FLAGS.SILENT (\\Deleted)
C+ A5 UID EXPUNGE 1,3
S: A4 OK
S: * 3 EXPUNGE
S: * 1 EXPUNGE
S: A5 OK
$(bye 6)
EOT
run 0 'mv without MOVE: only what was copied is removed' mimap -a "$PEER" mv 1:3 Lists
peer_ok copy
play nocopy UIDPLUS <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID SEARCH UID 1:3
S: * 9 EXISTS
S: A1 OK [READ-WRITE] open
S: * SEARCH 1 3
S: A2 OK
C: A3 UID COPY 1,3 "Lists"
S: A3 NO [TRYCREATE] there is none
$(bye 4)
EOT
run 69 'mv without MOVE: nothing is removed when nothing was copied' mimap -a "$PEER" mv 1:3 Lists
peer_ok nocopy
is "$(sed 's/exec:.*mimap-verbs//; s/mimap: .* refused/mimap: it refused/' "$TMP/err")" 'mimap: it refused to copy messages to Lists: "there is none"; mimap mkdir makes it' 'it says why'
play nouid '' <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID SEARCH UID 1:3 UNDELETED
S: * 9 EXISTS
S: A1 OK [READ-WRITE] open
S: * SEARCH 1 3
S: A2 OK
C: A3 UID COPY 1,3 "Lists"
S: A3 OK
C: A4 UID STORE 1,3 +FLAGS.SILENT (\\Deleted)
S: A4 OK
$(bye 5)
EOT
run 0 'mv without MOVE and UIDPLUS: never EXPUNGE' mimap -a "$PEER" mv 1:3 Lists
peer_ok nouid
like "$(cat "$TMP/err")" 'marked as deleted in INBOX, until a client expunges it$' 'it says so'
play without 'MOVE UIDPLUS ESEARCH' <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID SEARCH UID 5
S: * 9 EXISTS
S: A1 OK [READ-WRITE] open
S: * SEARCH
S: A2 OK
$(bye 3)
EOT
run 0 'imap-without: the capability is not there' mimap -a "$PEER" -o imap-without=MOVE,esearch mv 5 Lists
peer_ok without
play rev2 '' <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID MOVE 5 "Lists"
S: * 9 EXISTS
S: A1 OK [READ-WRITE] open
S: A2 OK
$(bye 3)
EOT
sed -i 's/IMAP4rev1/IMAP4rev2/' "$TMP/rev2.peer"
run 0 'IMAP4rev2 has MOVE' mimap -a "$PEER" mv 5 Lists
peer_ok rev2
play star 'MOVE ESEARCH' <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID SEARCH RETURN (ALL) UID 100:*
S: * 9 EXISTS
S: A1 OK [READ-WRITE] open
S: * ESEARCH (TAG "A2") UID ALL 50
S: A2 OK
$(bye 3)
EOT
run 0 'from beyond the last message on: not the last one' mimap -a "$PEER" mv '100:*' Lists
peer_ok star
play query MOVE <<EOT
C: A1 LIST "" ""
S: * LIST (\\Noselect) "." ""
S: A1 OK
C: A2 SELECT "INBOX"
C+ A3 UID SEARCH (FROM "ann" SEEN)
S: * 9 EXISTS
S: A2 OK [READ-WRITE] open
S: * SEARCH 3 4 5
S: A3 OK
C: A4 UID MOVE 3:5 "Lists.x"
S: A4 OK
$(bye 5)
EOT
run 0 'mv by query' mimap -a "$PEER" mv from:ann seen Lists/x
peer_ok query
run 64 'mv without a mailbox' mimap -a "$PEER" mv from:ann
run 64 'rm of nothing' mimap -a "$PEER" rm
printf '' >"$TMP/none"
run 0 'an empty pipe is no work' sh -c 'mimap -a "exec:false" rm - <"$0"' "$TMP/none"

# --- rm
play trash 'MOVE SPECIAL-USE LIST-EXTENDED' <<EOT
C: A1 SELECT "INBOX"
C+ A2 LIST (SPECIAL-USE) "" "*"
S: * 9 EXISTS
S: A1 OK [READ-WRITE] open
S: * LIST (\\Sent) "." "INBOX.Sent"
S: * LIST (\\Trash) "." "INBOX.M&APw-ll"
S: A2 OK
C: A3 UID MOVE 5 "INBOX.M&APw-ll"
S: A3 OK
$(bye 4)
EOT
run 0 'rm: to the trash by its role' mimap -a "$PEER" rm 5
peer_ok trash
play notrash 'MOVE' <<EOT
C: A1 SELECT "INBOX"
C+ A2 LIST "" "*"
S: * 9 EXISTS
S: A1 OK [READ-WRITE] open
S: * LIST () "." "Trash"
S: A2 OK
$(bye 3)
EOT
run 69 'rm: no trash' mimap -a "$PEER" rm 5
peer_ok notrash
like "$(cat "$TMP/err")" 'has the role trash: make one \(mimap mkdir -r trash Trash\), ' 'says what to do'
play gone 'UIDPLUS' <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID STORE 5 +FLAGS.SILENT (\\Deleted)
C+ A3 UID EXPUNGE 5
S: * 9 EXISTS
S: A1 OK [READ-WRITE] open
S: A2 OK
S: * 5 EXPUNGE
S: A3 OK
$(bye 4)
EOT
run 0 'rm -f: one flight' mimap -a "$PEER" rm -f 5
peer_ok gone

# --- put
printf 'Subject: a\n\nx\n' >"$TMP/a"
printf 'Subject: b\n\ny\n' >"$TMP/b"
play plus 'LITERAL+ UIDPLUS' <<EOT
C: A1 APPEND "INBOX" (\\Seen) "02-Jan-2026 03:04:05 +0000" {17+}
C+ Subject: a
C+ 
C+ x
C+ 
C+ A2 APPEND "INBOX" (\\Seen) "02-Jan-2026 03:04:05 +0000" {17+}
C+ Subject: b
C+ 
C+ y
C+ 
S: A1 OK [APPENDUID 9 41] stored
S: A2 OK [APPENDUID 9 43] stored
$(bye 3)
EOT
run 0 'put: all in one flight with LITERAL+' mimap -a "$PEER" put -f seen -D 2026-01-02T03:04:05Z "$TMP/a" "$TMP/b"
peer_ok plus
is "$(tr '\n' ' ' <"$TMP/out")" '41 43 ' 'prints what APPENDUID tells'
play sync 'UIDPLUS' <<EOT
C: A1 APPEND "INBOX" {17}
S: + go
C: Subject: a
C: 
C: x
C: 
C+ A2 APPEND "INBOX" {17}
S: A1 OK [APPENDUID 9 41] stored
S: A2 NO [OVERQUOTA] full
$(bye 3)
EOT
run 69 'put: synchronising literals; a refusal before the text' mimap -a "$PEER" put "$TMP/a" "$TMP/b" "$TMP/a"
peer_ok sync
is "$(cat "$TMP/out")" 41 'the first is stored'
like "$(cat "$TMP/err")" '^mimap: .* refused to store .*/b in INBOX: "full"$' 'the second is named, the third not tried'
play search 'LITERAL-' <<EOT
C: A1 STATUS "INBOX" (UIDNEXT)
S: * STATUS INBOX (UIDNEXT 7)
S: A1 OK
C: A2 APPEND "INBOX" {17+}
C+ Subject: a
C+ 
C+ x
C+ 
S: A2 OK stored
C: A3 EXAMINE "INBOX"
C+ A4 UID FETCH 7:* (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])
S: * 2 EXISTS
S: A3 OK [READ-ONLY] open
S: * 1 FETCH (UID 7 RFC822.SIZE 170 BODY[HEADER.FIELDS (MESSAGE-ID)] {2}
S: 
S: )
S: * 2 FETCH (UID 8 RFC822.SIZE 17 BODY[HEADER.FIELDS (MESSAGE-ID)] {2}
S: 
S: )
S: A4 OK
$(bye 5)
EOT
run 0 'put: without UIDPLUS' mimap -a "$PEER" put "$TMP/a"
peer_ok search
is "$(cat "$TMP/out")" 8 'the UID is looked for'
head -c 5000 /dev/zero | tr '\0' x >"$TMP/long"
play minus 'LITERAL- UIDPLUS' <<EOT
C: A1 APPEND "INBOX" {5002}
S: A1 NO no
$(bye 2)
EOT
run 69 'put: LITERAL- only up to 4096 octets' mimap -a "$PEER" put "$TMP/long"
peer_ok minus
printf 'Subject: x\n\na\0b\n' >"$TMP/nul"
play nul 'LITERAL+ UIDPLUS' <<EOT
$(bye 1)
EOT
run 65 'put: a NUL can not be sent' mimap -a "$PEER" put "$TMP/nul"
peer_ok nul
run 64 'put: a time that is none' mimap -a exec:false put -D 2026-02-30 "$TMP/a"
run 64 'put: a flag that can not be' mimap -a exec:false put -f 'a b' "$TMP/a"

# --- fetch -P
play parts '' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID FETCH 5:6 (UID BODYSTRUCTURE)
S: * 9 EXISTS
S: A1 OK [READ-ONLY] open
S: * 1 FETCH (UID 5 BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "BASE64" 4 1))
S: * 2 FETCH (BODYSTRUCTURE (("TEXT" "HTML" NIL NIL NIL "7BIT" 4 1)("TEXT" "PLAIN" NIL NIL NIL "7BIT" 4 1) "MIXED") UID 6)
S: A2 OK
C: A3 UID FETCH 5 (UID BODY.PEEK[1])
C+ A4 UID FETCH 6 (UID BODY.PEEK[2])
S: * 1 FETCH (UID 5 FLAGS ())
S: * 1 FETCH (BODY[1] {4}
S: aGkKUID 5)
S: A3 OK
S: * 2 FETCH (UID 6 BODY[2] "ho")
S: A4 OK
$(bye 5)
EOT
sed -i 's/aGkKUID/aGkK UID/' "$TMP/parts.peer"
run 0 'fetch -P: structures in one flight, parts in another' mimap -a "$PEER" fetch -P text 5:6
peer_ok parts
is "$(cat "$TMP/out")" 'hi
ho' 'decoded'
hostile() {	# CODE ERE NAME: the answer to the fetch of part 1 is on stdin
	hostile_code=$1 hostile_ere=$2 hostile_name=$3
	{
		cat <<-EOT
			C: A1 EXAMINE "INBOX"
			C+ A2 UID FETCH 5 (UID BODYSTRUCTURE)
			S: A1 OK [READ-ONLY] open
			S: * 1 FETCH (UID 5 BODYSTRUCTURE ("TEXT" "PLAIN" ("NAME" "a.txt") NIL NIL "7BIT" 4 1))
			S: A2 OK
			C: A3 UID FETCH 5 (UID BODY.PEEK[1])
		EOT
		cat
	} | play hostile ''
	PEER="exec:$BUILD/tests/tools/peer $TMP/hostile.peer"
	rm -rf "$TMP/D"
	mkdir "$TMP/D"
	run "$hostile_code" "fetch -P: $hostile_name" mimap -a "$PEER" -o timeout=2 fetch -d "$TMP/D" -P '*.txt' 5
	like "$(cat "$TMP/err")" "$hostile_ere" "$hostile_name: says so"
	is "$(ls "$TMP/D")" '' "$hostile_name: leaves no half of a file"
}
hostile 75 'closed the connection inside' 'cut' <<EOT
S- * 1 FETCH (UID 5 BODY[1] {4}\r\nab
S! drop
EOT
hostile 69 'part 1 of the message with UID 5 did not come' 'another message' <<EOT
S: * 1 FETCH (UID 6 BODY[1] {4}
S: abcd)
S: A3 OK
$(bye 4)
EOT
hostile 69 'did not come' 'no part' <<EOT
S: * 1 FETCH (UID 5 BODY[1] NIL)
S: A3 OK
$(bye 4)
EOT
hostile 76 'a part twice' 'two parts in one' <<EOT
S: * 1 FETCH (BODY[1] {4}
S: abcd BODY[1] {4}
S: abcd UID 5)
EOT

# --- Mailboxes.
play mkdir 'CREATE-SPECIAL-USE' <<EOT
C: A1 CREATE "Trash" (USE (\\Trash))
S: A1 OK
$(bye 2)
EOT
run 0 'mkdir with a role' mimap -a "$PEER" mkdir -r trash Trash
peer_ok mkdir
play norole '' <<EOT
$(bye 1)
EOT
run 69 'mkdir with a role where that is not possible' mimap -a "$PEER" mkdir -r trash Trash
peer_ok norole
run 64 'a role that is none' mimap -a exec:false mkdir -r rubbish Trash
play rmdir '' <<EOT
C: A1 STATUS "Work" (MESSAGES)
S: * STATUS Work (MESSAGES 0)
S: A1 OK
C: A2 DELETE "Work"
S: A2 OK
$(bye 3)
EOT
run 0 'rmdir: looks first' mimap -a "$PEER" rmdir Work
peer_ok rmdir
play full '' <<EOT
C: A1 STATUS "Work" (MESSAGES)
S: * STATUS Work (MESSAGES 1)
S: A1 OK
$(bye 2)
EOT
run 69 'rmdir: and leaves what holds mail' mimap -a "$PEER" rmdir Work
peer_ok full
play each '' <<EOT
C: A1 SUBSCRIBE "a"
C+ A2 SUBSCRIBE "b c"
S: A1 NO no such
S: A2 OK
$(bye 3)
EOT
run 69 'subscribe: all in one flight' mimap -a "$PEER" subscribe a 'b c'
peer_ok each
like "$(cat "$TMP/err")" 'refused to subscribe to the mailbox a: "no such"$' 'a refusal names the mailbox'

# --- quota, raw
play quota 'QUOTA' <<EOT
C: A1 GETQUOTAROOT "INBOX"
S: * QUOTAROOT INBOX "User quota"
S: * QUOTA "User quota" (STORAGE 10 512 MESSAGE 5 1000)
S: A1 OK
$(bye 2)
EOT
run 0 'quota' mimap -a "$PEER" quota
peer_ok quota
is "$(cat "$TMP/out")" '10240	524288	STORAGE	User quota
5	1000	MESSAGE	User quota' 'octets and messages'
play noquota '' <<EOT
$(bye 1)
EOT
run 69 'quota where there is none' mimap -a "$PEER" quota
peer_ok noquota
play raw '' <<EOT
C: A1 SELECT INBOX
S: * 3 EXISTS
S: A1 OK [READ-WRITE] open
C: A2 UID FETCH 1 (FLAGS)
S: * 1 FETCH (UID 1 FLAGS (\\Seen) X {3}
S: a\x1bb)
S: A2 OK done
$(bye 3)
EOT
run 0 'raw' mimap -a "$PEER" raw 'SELECT INBOX' 'UID FETCH 1 (FLAGS)'
peer_ok raw
is "$(cat "$TMP/out")" '3 EXISTS
OK [READ-WRITE] open
1 FETCH (UID 1 FLAGS (\Seen) X {3}\r\na\^[b)
OK done' 'what the server says, made harmless'

# --- Gmail's labels, by flag.
play labels X-GM-EXT-1 <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID STORE 7 +X-GM-LABELS.SILENT ("Gr&APwA3w-e" \\Important)
C+ A3 UID STORE 7 +FLAGS.SILENT (\\Seen)
C+ A4 UID STORE 7 -X-GM-LABELS.SILENT ("a b")
S: A1 OK
S: A2 OK
S: A3 OK
S: A4 OK
$(bye 5)
EOT
run 0 'flag +label:' mimap -a "$PEER" flag '+label:Grüße,seen,label:\Important' '-label:a b' 7
peer_ok labels
play nolabels '' <<EOT
C: A1 SELECT "INBOX"
S: A1 OK
$(bye 2)
EOT
run 69 'labels elsewhere' mimap -a "$PEER" flag +label:x 7
like "$(cat "$TMP/err")" "knows no labels; only Gmail's servers do" 'says so'

# --- Who asks.
play id ID <<EOT
C: A1 ID ("name" "mimap" "version" "0.1")
C+ A2 SELECT "INBOX"
C+ A3 UID STORE 7 +FLAGS.SILENT (\\Seen)
S: * ID NIL
S: A1 NO who cares
S: A2 OK
S: A3 OK
$(bye 4)
EOT
run 0 'imap-id: in the same flight, whatever the answer' mimap -a "$PEER" -o imap-id=on flag +seen 7
peer_ok id
play unsafe ID <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID STORE 7 +FLAGS.SILENT (\\Seen)
S: A1 NO SELECT Unsafe Login. Please contact us
S: A2 BAD
$(bye 3)
EOT
run 69 'a server that wants it' mimap -a "$PEER" flag +seen 7
like "$(cat "$TMP/err")" '"; it may want to be told who asks: -o imap-id=on$' 'gets advice'
exits 64 'imap-id is on or off' mimap -a "$PEER" -o imap-id=yes flag +seen 7

# --- Many messages with one command.
mkdir -p "$TMP/many"
for i in 1 2 3; do printf 'Subject: %s\n' "$i" >"$TMP/many/$i"; done
: >"$TMP/many/empty"
play multi 'MULTIAPPEND LITERAL+ UIDPLUS' <<EOT
C: A1 APPEND "Work" (\\Seen) {12+}
C: Subject: 1
C:  (\\Seen) {12+}
C: Subject: 2
C:  (\\Seen) {12+}
C: Subject: 3
C:
S: A1 OK [APPENDUID 7 20,30:31] stored
$(bye 2)
EOT
run 65 'MULTIAPPEND' mimap -a "$PEER" -m Work put -f seen "$TMP/many/1" "$TMP/many/empty" "$TMP/many/2" "$TMP/many/3"
peer_ok multi
is "$(tr '\n' ' ' <"$TMP/out")" '20 30 31 ' 'a UID each, in their order'
like "$(cat "$TMP/err")" '/empty is empty$' 'what is no message is named'
play atomic 'MULTIAPPEND LITERAL+ UIDPLUS' <<EOT
C: A1 APPEND "INBOX" {12+}
C: Subject: 1
C:  {12+}
C: Subject: 2
C:
S: A1 NO one of them is bad
C: A2 APPEND "INBOX" {12+}
C: Subject: 1
C:
C+ A3 APPEND "INBOX" {12+}
C: Subject: 2
C:
S: A2 OK [APPENDUID 7 4] stored
S: A3 NO it was this one
$(bye 4)
EOT
run 69 'all or none are stored, so what is refused together is tried alone' mimap -a "$PEER" put "$TMP/many/1" "$TMP/many/2"
peer_ok atomic
is "$(cat "$TMP/out")" 4 'the good one is stored'
like "$(cat "$TMP/err")" '^mimap: .* refused to store .*/many/2 in INBOX: "it was this one"$' 'the other is named'
play nobox 'MULTIAPPEND LITERAL+ UIDPLUS' <<EOT
C: A1 APPEND "INBOX" {12+}
C: Subject: 1
C:  {12+}
C: Subject: 2
C:
S: A1 NO [TRYCREATE] there is none
$(bye 2)
EOT
run 69 'no such mailbox: nothing is tried again' mimap -a "$PEER" put "$TMP/many/1" "$TMP/many/2"
peer_ok nobox
play midway 'MULTIAPPEND UIDPLUS' <<EOT
C: A1 APPEND "INBOX" {12}
S: + go
C: Subject: 1
C:  {12}
S: A1 NO [TOOBIG] not that
C: A2 APPEND "INBOX" {12}
S: + go
C: Subject: 1
C:
S: A2 OK [APPENDUID 7 5]
C: A3 APPEND "INBOX" {12}
S: A3 NO [TOOBIG] not that
$(bye 4)
EOT
run 69 'refused half-way, without LITERAL+' mimap -a "$PEER" put "$TMP/many/1" "$TMP/many/2"
peer_ok midway
is "$(cat "$TMP/out")" 5 'the other one is stored'

# --- A server that speaks IMAP4rev2 and nothing else: what that contains is used, what it does not is not.
rev2() {	# NAME
	{
		printf 'S: * PREAUTH [CAPABILITY IMAP4rev2] ready\n'
		cat
	} | peer "$1"
	PEER="exec:$BUILD/tests/tools/peer $TMP/$1.peer"
}
rev2 rev2ls <<EOT
C: A1 LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE STATUS (MESSAGES UNSEEN SIZE))
S: * LIST (\\Subscribed \\Trash) "/" "M\xc3\xbcll"
S: * STATUS "M\xc3\xbcll" (MESSAGES 2 UNSEEN 1 SIZE 500)
S: A1 OK
$(bye 2)
EOT
run 0 'rev2: ls -j' mimap -a "$PEER" ls -j
peer_ok rev2ls
is "$(cat "$TMP/out")" '{"messages":2,"unseen":1,"size":500,"role":"trash","name":"Müll","subscribed":true}' 'names in UTF-8, all in one flight'
rev2 rev2search <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH RETURN (SAVE ALL) CHARSET UTF-8 SUBJECT {2+}
C* 2
C: 
C+ A3 UID FETCH $ (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)
S: * 2 EXISTS
S: * OK [UIDVALIDITY 7]
S: * LIST () "/" INBOX
S: A1 OK
S: * ESEARCH (TAG "A2") UID ALL 4
S: A2 OK
S: * 1 FETCH (UID 4 FLAGS (\\Seen) INTERNALDATE "22-Nov-2026 10:00:00 +0000" RFC822.SIZE 5 ENVELOPE (NIL "\xc3\xbc" NIL NIL NIL NIL NIL NIL NIL NIL))
S: A3 OK
$(bye 4)
EOT
run 0 'rev2: search -l' mimap -a "$PEER" search -l subject:ü
peer_ok rev2search
is "$(cut -f 1,4,6 "$TMP/out")" '4	seen	ü' 'one flight'
rev2 rev2fetch <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID FETCH 4 (UID FLAGS INTERNALDATE BODY.PEEK[])
S: * 2 EXISTS
S: A1 OK
S: * 1 FETCH (UID 4 BODY[] {14}
S: Subject: x
S: 
S: )
S: A2 OK
$(bye 3)
EOT
run 0 'rev2: fetch' mimap -a "$PEER" fetch -d - 4
peer_ok rev2fetch
rev2 rev2put <<EOT
C: A1 APPEND {5+}
C* 5
C:  {12+}
C: Subject: 1
C:
S: A1 OK [APPENDUID 7 9]
$(bye 2)
EOT
run 0 'rev2: put' mimap -a "$PEER" -m Müll put "$TMP/many/1"
peer_ok rev2put
is "$(cat "$TMP/out")" 9 'the UID'
rev2 rev2rm <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID SEARCH RETURN (ALL) SEEN
S: * 2 EXISTS
S: A1 OK
S: * ESEARCH (TAG "A2") UID ALL 1:2
S: A2 OK
C: A3 LIST (SPECIAL-USE) "" "*"
S: * LIST (\\Trash) "/" "M\xc3\xbcll"
S: A3 OK
C: A4 UID MOVE 1:2 {5+}
C* 5
C: 
S: * OK [COPYUID 7 1:2 3:4]
S: A4 OK
$(bye 5)
EOT
run 0 'rev2: rm' mimap -a "$PEER" rm seen
peer_ok rev2rm
rev2 rev2flag <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID STORE 4 +FLAGS.SILENT (\\Flagged \$Forwarded)
S: A1 OK
S: A2 OK
$(bye 3)
EOT
run 0 'rev2: flag' mimap -a "$PEER" flag '+flagged,$Forwarded' 4
peer_ok rev2flag
rev2 rev2sort <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH RETURN (ALL) ALL
S: * 2 EXISTS
S: A1 OK
S: * ESEARCH (TAG "A2") UID ALL 1:2
S: A2 OK
C: A3 UID FETCH 1:2 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)
S: * 1 FETCH (UID 1 FLAGS () INTERNALDATE "22-Nov-2026 10:00:00 +0000" RFC822.SIZE 5 ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))
S: * 2 FETCH (UID 2 FLAGS () INTERNALDATE "22-Nov-2026 10:00:00 +0000" RFC822.SIZE 9 ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))
S: A3 OK
$(bye 4)
EOT
run 0 'rev2: --sort' mimap -a "$PEER" search --sort=-size
peer_ok rev2sort
is "$(tr '\n' ' ' <"$TMP/out")" '2 1 ' 'sorted here'
for verb in mkdir 'rmdir -f' subscribe unsubscribe; do
	case $verb in mkdir) command=CREATE ;; rmdir*) command=DELETE ;; *) command=$(echo "$verb" | tr a-z A-Z) ;; esac
	rev2 rev2box <<EOT
C: A1 $command {5+}
C* 5
C: 
S: A1 OK
$(bye 2)
EOT
	# shellcheck disable=SC2086
	run 0 "rev2: $verb" mimap -a "$PEER" $verb Müll
	peer_ok rev2box
done

# --- Several accounts.
play one '' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH UNSEEN
S: * 9 EXISTS
S: A1 OK
S: * SEARCH 7
S: A2 OK
$(bye 3)
EOT
play two '' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH UNSEEN
S: A1 NO not today
S: A2 BAD
$(bye 3)
EOT
{
	printf 'user ann\n\naccount home\n\timap exec:%s %s/one.peer\n' "$BUILD/tests/tools/peer" "$TMP"
	printf 'account mute\n\tpop pop3s://pop.example.org\naccount work\n\timap exec:%s %s/two.peer\n' "$BUILD/tests/tools/peer" "$TMP"
} >"$XDG_CONFIG_HOME/pennypost/config"
run 69 '-a all' mimap -a all search unseen
is "$(cat "$TMP/out")" 'home	INBOX	7' 'each line names account and mailbox'
like "$(cat "$TMP/err")" '^mimap: work: .* refused to open the mailbox INBOX: "not today"$' 'so does what goes wrong; the others go on'
run 0 'a list as JSON' sh -c 'mimap -a home -a mute -a home search -j unseen 2>/dev/null; test $? = 78'
exits 64 'a verb for one account' mimap -a home -a work flag +seen 7
like "$(cat "$TMP/err")" '^mimap: flag works on one account; -a names 2$' 'says so'
printf 'account mute\n\tpop pop3s://pop.example.org\n' >"$XDG_CONFIG_HOME/pennypost/config"
exits 78 '-a all without any' mimap -a all ls
done_testing
