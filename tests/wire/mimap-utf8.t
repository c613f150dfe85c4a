#!/bin/sh
# SPDX-License-Identifier: ISC
# UTF8=ACCEPT (RFC 6855): switched on without a turn more; names, searches and headers are UTF-8 then, and as ever without it.
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
on='S: * ENABLED UTF8=ACCEPT
S: A1 OK'
mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\n' >"$XDG_CONFIG_HOME/pennypost/config"

# --- names
for offer in ACCEPT ONLY; do
	play "name-$offer" "ENABLE UTF8=$offer" <<EOT
C: A1 ENABLE UTF8=ACCEPT
C+ A2 CREATE "Entwürfe"
$on
S: A2 OK
$(bye 3)
EOT
	run 0 "UTF8=$offer: switched on in the first flight" mimap -a "$PEER" mkdir Entwürfe
	peer_ok "name-$offer"
done
play ls 'ENABLE UTF8=ACCEPT' <<EOT
C: A1 ENABLE UTF8=ACCEPT
C+ A2 LIST "" "*"
$on
S: * LIST () "/" "Entwürfe"
S: * LIST () "/" R&D
S: A2 OK
$(bye 3)
EOT
run 0 'ls with UTF8=ACCEPT' mimap -a "$PEER" ls
peer_ok ls
is "$(cat "$TMP/out")" 'Entwürfe
R&D' 'names come in UTF-8, and & is itself'
for caps in 'ENABLE UTF8=ACCEPT' 'UTF8=ACCEPT' 'ENABLE'; do
	play without "$caps" <<EOT
C: A1 CREATE "Entw&APw-rfe"
S: A1 OK
$(bye 2)
EOT
	run 0 "modified UTF-7 without UTF8=ACCEPT, of $caps" mimap -a "$PEER" -o imap-without=UTF8=ACCEPT mkdir Entwürfe
	peer_ok without
done
play refused 'ENABLE UTF8=ACCEPT' <<EOT
C: A1 ENABLE UTF8=ACCEPT
C+ A2 LIST "" ""
S: A1 NO not today
S: * LIST () "/" ""
S: A2 OK
C: A3 CREATE "Lists/Entw&APw-rfe"
S: A3 OK
$(bye 4)
EOT
run 0 'where ENABLE is refused it goes on in modified UTF-7' mimap -a "$PEER" mkdir Lists/Entwürfe
peer_ok refused
is "$(cat "$TMP/err")" '' 'and nothing is said'
play only 'ENABLE UTF8=ONLY' <<EOT
EOT
run 69 'UTF8=ONLY is not to be done without' mimap -a "$PEER" -o imap-without=UTF8=ACCEPT mkdir Entwürfe
like "$(cat "$TMP/err")" 'works with UTF-8 only \(UTF8=ONLY\): leave UTF8=ACCEPT and ENABLE out of imap-without$' 'it says what to do'
play raw 'ENABLE UTF8=ACCEPT' <<EOT
C: A1 SELECT Entw&APw-rfe
S: A1 OK [READ-WRITE] open
$(bye 2)
EOT
run 0 'raw: what is written there is US-ASCII' mimap -a "$PEER" raw 'SELECT Entw&APw-rfe'
peer_ok raw

# --- search
play search 'ENABLE UTF8=ACCEPT' <<EOT
C: A1 ENABLE UTF8=ACCEPT
C+ A2 EXAMINE "INBOX"
C+ A3 UID SEARCH SUBJECT "Grüße"
$on
S: * 9 EXISTS
S: A2 OK [READ-ONLY] open
S: * SEARCH 5
S: A3 OK
$(bye 4)
EOT
run 0 'search: UTF-8 in a quoted string, and no CHARSET' mimap -a "$PEER" search subject:Grüße
peer_ok search
is "$(cat "$TMP/out")" 5 'it is found'
play sort 'ENABLE UTF8=ACCEPT SORT' <<EOT
C: A1 ENABLE UTF8=ACCEPT
C+ A2 EXAMINE "INBOX"
C+ A3 UID SORT (SUBJECT) UTF-8 SUBJECT "a"
$on
S: * 9 EXISTS
S: A2 OK [READ-ONLY] open
S: * SORT 7 5
S: A3 OK
$(bye 4)
EOT
run 0 'sort: UTF-8 is the only charset then' mimap -a "$PEER" search --sort=subject subject:a
peer_ok sort

# --- messages
printf 'From: ann@example.org\nSubject: Gr\303\274\303\237e\n\ntext\n' >"$TMP/eight"
printf 'Subject: plain\r\n\r\nGr\303\274\303\237e\r\n' >"$TMP/body"
size() { wc -c <"$1" | tr -d ' '; }
n=$(($(size "$TMP/eight") + 4))
play put 'ENABLE UTF8=ACCEPT UIDPLUS LITERAL+ MULTIAPPEND' <<EOT
C: A1 ENABLE UTF8=ACCEPT
C+ A2 APPEND "Entwürfe" () UTF8 (~{$n+}
C* $n
C: ) {$(size "$TMP/body")+}
C* $(size "$TMP/body")
C: 
$on
S: A2 OK [APPENDUID 7 1:2]
$(bye 3)
EOT
run 0 'put: UTF8 for the message with such a header, no other' mimap -a "$PEER" -m Entwürfe put "$TMP/eight" "$TMP/body"
peer_ok put
is "$(cat "$TMP/out")" '1
2' 'put: the UIDs'
play wait 'ENABLE UTF8=ACCEPT UIDPLUS' <<EOT
C: A1 ENABLE UTF8=ACCEPT
C+ A2 APPEND "INBOX" (\\Seen) UTF8 (~{$n}
$on
S: + go ahead
C* $n
C: )
S: A2 OK [APPENDUID 7 1]
$(bye 3)
EOT
run 0 'put: the server is waited for where it wants that' mimap -a "$PEER" put -f seen "$TMP/eight"
peer_ok wait
play plain 'UIDPLUS LITERAL+' <<EOT
C: A1 APPEND "INBOX" {$n+}
C* $n
C: 
S: A1 OK [APPENDUID 7 1]
$(bye 2)
EOT
run 0 'put: as it is where there is no UTF8=ACCEPT' mimap -a "$PEER" put "$TMP/eight"
peer_ok plain

# --- sync
M=$TMP/mail
mkdir -p "$M/INBOX/cur" "$M/INBOX/new" "$M/INBOX/tmp"
cp "$TMP/eight" "$M/INBOX/new/1.a.b"
touch -t 202611221000 "$M/INBOX/new/1.a.b"
play sync 'ENABLE UTF8=ACCEPT QRESYNC CONDSTORE UIDPLUS LITERAL+ LIST-STATUS' <<EOT
C: A1 ENABLE UTF8=ACCEPT
C+ A2 ENABLE QRESYNC
C+ A3 LIST "" "*" RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))
$on
S: * ENABLED QRESYNC
S: A2 OK
S: * LIST () "/" INBOX
S: * STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7 HIGHESTMODSEQ 1)
S: A3 OK
C: A4 SELECT "INBOX"
S: * 0 EXISTS
S: * OK [UIDVALIDITY 7] as told
S: * OK [UIDNEXT 1] as told
S: * OK [HIGHESTMODSEQ 1] as told
S: A4 OK [READ-WRITE] open
C~ A5 APPEND "INBOX" \\(\\) ".*" UTF8 \\(~\\{$n\\+\\}
C* $n
C: )
C+ A6 UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 1 VANISHED)
S: * 1 EXISTS
S: A5 OK [APPENDUID 7 1] stored
S: * 1 FETCH (UID 1 FLAGS () MODSEQ (2))
S: A6 OK
$(bye 7)
EOT
run 0 'sync: both extensions in the flight of the list' mimap -a "$PEER" sync -d "$M"
peer_ok sync
done_testing
