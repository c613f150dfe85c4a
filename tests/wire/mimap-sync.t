#!/bin/sh
# SPDX-License-Identifier: ISC
# The dialogue of mimap sync: what goes in one flight, and what a server must say before anything is removed because of it.
. "$(dirname "$0")/../lib.sh"

M=$TMP/mail
CAPS='LIST-STATUS ENABLE QRESYNC CONDSTORE UIDPLUS LITERAL+'
# One name for all transcripts: the server's name is part of the states' names.
play() {
	{
		printf 'S: * PREAUTH [CAPABILITY IMAP4rev1 %s] ready\n' "$CAPS"
		cat
	} | peer s
	PEER="exec:$BUILD/tests/tools/peer $TMP/s.peer"
}
bye() { printf 'C: A%d LOGOUT\nS: * BYE bye\nS: A%d OK done\n' "$1" "$1"; }
sync() { mimap -a "$PEER" sync -d "$M" "$@"; }
mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\n' >"$XDG_CONFIG_HOME/pennypost/config"

list() {	# MESSAGES UIDNEXT HIGHESTMODSEQ [MORE LINES]
	cat <<-EOT
		C: A1 ENABLE QRESYNC
		C+ A2 LIST "" "*" RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))
		S: * ENABLED QRESYNC
		S: A1 OK
		S: * LIST () "/" INBOX
		S: * STATUS INBOX (MESSAGES $1 UIDNEXT $2 UIDVALIDITY 7 HIGHESTMODSEQ $3)
		${4-}
		S: A2 OK
	EOT
}
opened() {	# TAG EXISTS UIDNEXT HIGHESTMODSEQ [READ-ONLY]
	cat <<-EOT
		S: * $2 EXISTS
		S: * OK [UIDVALIDITY 7] as told
		S: * OK [UIDNEXT $3] as told
		S: * OK [HIGHESTMODSEQ $4] as told
		S: $1 OK [${5-READ-WRITE}] open
	EOT
}
body() {	# NUMBER UID FLAGS
	text="Message-ID: <$2@example.org>
Subject: $2

text"
	printf 'S: * %d FETCH (UID %d FLAGS (%s) INTERNALDATE " 1-Nov-2026 10:00:00 +0000" BODY[] {%d}\n' "$1" "$2" "$3" $((${#text} + 5))
	printf '%s\n' "$text" | sed 's/^/S: /'
	printf 'S: )\n'
}
stored() { find "$M/INBOX/new" "$M/INBOX/cur" -type f 2>/dev/null | wc -l | tr -d ' '; }

# --- a first sync in which messages are kept back comes by them in the next one
play <<EOT
$(list 3 4 5)
C: A3 SELECT "INBOX"
C+ A4 UID FETCH 1:3 (UID FLAGS INTERNALDATE BODY.PEEK[])
$(opened A3 3 4 5)
$(body 2 2 '\\Seen')
S: A4 OK
$(bye 5)
EOT
exits 75 'less comes than the mailbox holds' sync
peer_ok s
like "$(cat "$TMP/err")" 'does not add up to the 3 messages it holds' 'is told'
play <<EOT
$(list 3 4 5)
C: A3 SELECT "INBOX"
C+ A4 UID FETCH 1:2 (UID FLAGS)
C+ A5 UID FETCH 1,3 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])
$(opened A3 3 4 5)
S: * 2 FETCH (UID 2 FLAGS (\Seen))
S: A4 OK
S: * 1 FETCH (UID 1 FLAGS () INTERNALDATE " 1-Nov-2026 10:00:00 +0000" BODY[HEADER.FIELDS (MESSAGE-ID)] "Message-ID: <1@example.org>")
S: * 3 FETCH (UID 3 FLAGS () INTERNALDATE " 1-Nov-2026 10:00:00 +0000" BODY[HEADER.FIELDS (MESSAGE-ID)] "Message-ID: <3@example.org>")
S: A5 OK
C: A6 UID FETCH 1,3 (UID FLAGS INTERNALDATE BODY.PEEK[])
$(body 1 1 '')
$(body 3 3 '')
S: A6 OK
$(bye 7)
EOT
exits 0 'the rest is asked for' sync
peer_ok s
is "$(stored)" 3 'all is here'
rm -r "$M"

# --- a mailbox that loses more than it holds
play <<EOT
$(list 3 4 5)
C: A3 SELECT "INBOX"
C+ A4 UID FETCH 1:3 (UID FLAGS INTERNALDATE BODY.PEEK[])
$(opened A3 3 4 5)
S: * VANISHED 1:4294967295
S: A4 OK
$(bye 5)
EOT
exits 75 'a mailbox that loses more than it holds' sync
rm -r "$M"

# --- first sync, then nothing
play <<EOT
$(list 3 4 5)
C: A3 SELECT "INBOX"
C+ A4 UID FETCH 1:3 (UID FLAGS INTERNALDATE BODY.PEEK[])
$(opened A3 3 4 5)
$(body 1 1 '')
$(body 2 2 '\\Seen')
$(body 3 3 '')
S: A4 OK
$(bye 5)
EOT
exits 0 'a first sync' sync
peer_ok s
is "$(stored)" 3 'brings all messages'
play <<EOT
$(list 3 4 5)
$(bye 3)
EOT
exits 0 'nothing changed' sync
peer_ok s

# --- what the server says in addition
play <<EOT
$(list 3 4 5 "$(for name in ../escaped /escaped a/../../escaped . ..; do
		printf 'S: * LIST () "/" "%s"\nS: * STATUS "%s" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7 HIGHESTMODSEQ 1)\n' "$name" "$name"
	done)
S: * LIST () \"/\" uncounted
S: * LIST (\\Noselect) \"/\" \"only a name\"")
EOT
rm -f "$TMP/s.peer.result"
before=$(find "$TMP" | grep -v "^$M/" | sort)
sync --pull 2>"$TMP/err"
await 5 test -e "$TMP/s.peer.result"
rm -f "$TMP/s.peer.result"
is "$(find "$TMP" | grep -v "^$M/" | sort)" "$before" 'names that would leave the directory make nothing outside'
ok 'one that the server does not count makes nothing' test ! -e "$M/uncounted"
rm -rf "$M"/%* "$M"/a

# --- numbers that do not add up
play <<EOT
$(list 3 4 6)
C: A3 SELECT "INBOX" (QRESYNC (7 5 1:3))
$(opened A3 3 4 6 | sed '$d')
S: * VANISHED (EARLIER) 1:2
S: A3 OK [READ-WRITE] open
C: A4 SELECT "INBOX"
C+ A5 UID FETCH 1:3 (UID FLAGS)
$(opened A4 3 4 6)
S: * 3 FETCH (UID 3 FLAGS ())
S: A5 OK
$(bye 6)
EOT
exits 75 'messages that have vanished, though as many are there' sync
peer_ok s
like "$(cat "$TMP/err")" 'does not add up to the 3 messages it holds: nothing is removed' 'are told'
is "$(stored)" 3 'nothing is removed'
play <<EOT
$(list 3 4 7)
C: A3 SELECT "INBOX" (QRESYNC (7 5 1:3))
S: A3 NO [UNAVAILABLE] not now
$(bye 4)
EOT
exits 75 'a mailbox that is not opened' sync
is "$(stored)" 3 'removes nothing'
play <<EOT
$(list 3 4 7)
C: A3 SELECT "INBOX" (QRESYNC (7 5 1:3))
S: * 0 EXISTS
S: * OK [UIDVALIDITY 8] another
S: * OK [UIDNEXT 1] .
S: A3 OK [READ-WRITE] open
$(bye 4)
EOT
exits 75 'another UIDVALIDITY than was told a moment ago' sync || note "$(cat "$M"/.pennypost*)"
is "$(stored)" 3 'removes nothing'

# --- a real removal, and flags, in the short way
play <<EOT
$(list 2 4 8)
C: A3 SELECT "INBOX" (QRESYNC (7 5 1:3))
$(opened A3 2 4 8 | sed '$d')
S: * VANISHED (EARLIER) 1,100:4294967295
S: * 1 FETCH (UID 2 FLAGS (\\Seen \\Flagged) MODSEQ (8))
S: A3 OK [READ-WRITE] open
$(bye 4)
EOT
exits 0 'a removal and a flag' sync
peer_ok s
is "$(stored) $(find "$M/INBOX/cur" -name '*:2,FS' | wc -l | tr -d ' ')" '2 1' 'are carried out'

# --- a mailbox that can only be read
for f in "$M"/INBOX/cur/*FS; do mv "$f" "${f%FS}S"; done
printf 'Subject: new\n\ntext\n' >"$M/INBOX/new/1.new"
play <<EOT
$(list 2 4 8)
C: A3 SELECT "INBOX" (QRESYNC (7 8 1:3))
$(opened A3 2 4 8 READ-ONLY)
$(bye 4)
EOT
exits 0 'a mailbox that is read-only' sync
peer_ok s
is "$(stored)" 3 'what is new here stays'

# --- an upload that is refused, the others go; a removal that is none
for f in "$M"/INBOX/cur/*:2,S; do rm "$f"; done
printf 'Subject: new 2\n\ntext\n' >"$M/INBOX/new/2.new"
rm "$M/INBOX/new/1.new"
play <<EOT
$(list 2 4 8)
C: A3 SELECT "INBOX" (QRESYNC (7 8 1:3))
$(opened A3 2 4 8)
C: A4 UID STORE 2 +FLAGS.SILENT (\\Deleted)
C+ A5 UID EXPUNGE 2
C~ ^A6 APPEND "INBOX" ".*" \\{24\\+\\}
C: Subject: new 2
C:${nothing-} 
C: text
C:${nothing-} 
C+ A7 UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 8 VANISHED)
S: A4 OK
S: A5 OK done, it says
S: A6 NO [LIMIT] not this one
S: * 1 FETCH (UID 2 FLAGS (\\Seen \\Deleted) MODSEQ (9))
S: A7 OK [HIGHESTMODSEQ 9] done
$(bye 8)
EOT
exits 75 'an upload that is refused' sync
like "$(cat "$TMP/err")" 'refused to store 2.new in INBOX: "not this one"' 'is named'
peer_ok s
rm "$M/INBOX/new/2.new"
play <<EOT
$(list 2 4 9)
C: A3 SELECT "INBOX" (QRESYNC (7 8 1:3))
$(opened A3 2 4 9 | sed '$d')
S: * 1 FETCH (UID 2 FLAGS (\\Seen \\Deleted) MODSEQ (9))
S: A3 OK [READ-WRITE] open
C: A4 UID STORE 2 +FLAGS.SILENT (\\Deleted)
C+ A5 UID EXPUNGE 2
C+ A6 UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 9 VANISHED)
S: A4 OK
S: * VANISHED 2
S: A5 OK [HIGHESTMODSEQ 10] done
S: A6 OK [HIGHESTMODSEQ 10] done
$(bye 7)
EOT
exits 0 'what was said to be expunged, and was not, is expunged again' sync
peer_ok s
done_testing
