#!/bin/sh
# SPDX-License-Identifier: ISC
# Servers that keep all mailboxes below INBOX: what mimap says when they refuse another name, and that it asks only then.
. "$(dirname "$0")/../lib.sh"

play() {	# NAME CAPABILITIES: a session after login; the transcript is on stdin
	{
		printf 'S: * PREAUTH [CAPABILITY IMAP4rev1 %s] ready\n' "$2"
		cat
	} | peer "$1"
	PEER="exec:$BUILD/tests/tools/peer $TMP/$1.peer"
}
bye() { printf 'C: A%d LOGOUT\nS: * BYE bye\nS: A%d OK done\n' "$1" "$1"; }
asked() {	# TAG: NAMESPACE as Cyrus answers it
	printf 'C: A%d NAMESPACE\nS: * NAMESPACE (("INBOX." ".")) (("user." ".")) (("" "."))\nS: A%d OK\n' "$1" "$1"
}
advised() { like "$(cat "$TMP/err")" "; mailboxes are below INBOX/ on this server: INBOX/$1\$" "$2"; }
mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\n' >"$XDG_CONFIG_HOME/pennypost/config"
printf 'Subject: one\n\ntext\n' >"$TMP/one"

play make NAMESPACE <<EOT
C: A1 CREATE "Lists"
S: A1 NO Permission denied
$(asked 2)
$(bye 3)
EOT
exits 69 'mkdir is refused' mimap -a "$PEER" mkdir Lists
peer_ok make
advised Lists 'mkdir: it says where mailboxes are'
play well NAMESPACE <<EOT
C: A1 CREATE "Lists"
S: A1 OK
$(bye 2)
EOT
exits 0 'NAMESPACE is not asked for where all goes well' mimap -a "$PEER" mkdir Lists
peer_ok well
play dotted NAMESPACE <<EOT
C: A1 LIST "" ""
S: * LIST (\\Noselect) "." ""
S: A1 OK
C: A2 CREATE "INBOX/Lists"
S: A2 NO [CANNOT] Invalid mailbox name
$(asked 3)
$(bye 4)
EOT
exits 69 'the prefix in the spelling of the server is refused' mimap -a "$PEER" mkdir INBOX.Lists
peer_ok dotted
advised Lists 'and it says how it is written here'
play rename NAMESPACE <<EOT
C: A1 LIST "" ""
S: * LIST (\\Noselect) "." ""
S: A1 OK
C: A2 RENAME "INBOX.a" "b"
S: A2 NO [NOPERM] no
$(asked 3)
$(bye 4)
EOT
exits 77 'rename is refused' mimap -a "$PEER" rename INBOX/a b
peer_ok rename
advised b 'rename: of the new name'
play open NAMESPACE <<EOT
C: A1 EXAMINE "Lists"
C+ A2 UID SEARCH ALL
S: A1 NO Mailbox does not exist
S: A2 BAD nothing is open
$(asked 3)
$(bye 4)
EOT
exits 69 'a mailbox that is not there is not opened' mimap -a "$PEER" -m Lists search all
peer_ok open
advised Lists 'search: it says where mailboxes are'
play move 'NAMESPACE MOVE' <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID MOVE 5 "Lists"
S: A1 OK
S: A2 NO [TRYCREATE] Mailbox does not exist
$(asked 3)
$(bye 4)
EOT
exits 69 'mv is refused' mimap -a "$PEER" mv 5 Lists
peer_ok move
advised Lists 'mv: it says where mailboxes are'
play put 'NAMESPACE UIDPLUS LITERAL+' <<EOT
C: A1 APPEND "Lists" {22+}
C* 22
C: 
S: A1 NO [TRYCREATE] Mailbox does not exist
$(asked 2)
$(bye 3)
EOT
exits 69 'put is refused' mimap -a "$PEER" -m Lists put "$TMP/one"
peer_ok put
advised Lists 'put: it says where mailboxes are'

# --- No advice where it would be wrong.
play fits NAMESPACE <<EOT
C: A1 LIST "" ""
S: * LIST (\\Noselect) "." ""
S: A1 OK
C: A2 CREATE "INBOX.Lists"
S: A2 NO not today
$(asked 3)
$(bye 4)
EOT
exits 69 'a name that begins well' mimap -a "$PEER" mkdir INBOX/Lists
peer_ok fits
like "$(cat "$TMP/err")" '"not today"$' 'gets no advice'
play anywhere NAMESPACE <<EOT
C: A1 CREATE "Lists"
S: A1 NO not today
C: A2 NAMESPACE
S: * NAMESPACE (("" "/")("#mh/" "/" "X-PARAM" ("a" "b"))) NIL NIL
S: A2 OK
$(bye 3)
EOT
exits 69 'any name will do on this server' mimap -a "$PEER" mkdir Lists
peer_ok anywhere
like "$(cat "$TMP/err")" '"not today"$' 'so it gets no advice'
play others NAMESPACE <<EOT
C: A1 LIST "" ""
S: * LIST (\\Noselect) "." ""
S: A1 OK
C: A2 CREATE "user.bob"
S: A2 NO not yours
$(asked 3)
$(bye 4)
EOT
exits 69 'the name of a mailbox of another user' mimap -a "$PEER" mkdir user/bob
peer_ok others
like "$(cat "$TMP/err")" '"not yours"$' 'gets no advice'
play quota NAMESPACE <<EOT
C: A1 CREATE "Lists"
S: A1 NO [OVERQUOTA] full
$(bye 2)
EOT
exits 69 'a refusal for another reason' mimap -a "$PEER" mkdir Lists
peer_ok quota
play silent NAMESPACE <<EOT
C: A1 CREATE "Lists"
S: A1 NO not today
C: A2 NAMESPACE
S: * NAMESPACE ((NIL NIL) 7 ("INBOX.")) (
S! drop
EOT
exits 69 'an answer that is none does not hide the refusal' mimap -a "$PEER" mkdir Lists
peer_ok silent
like "$(cat "$TMP/err")" '"not today"$' 'which is told as it is'

# --- sync
mkdir -p "$TMP/mail/Lists/cur" "$TMP/mail/Lists/new" "$TMP/mail/Lists/tmp"
play sync 'NAMESPACE UIDPLUS LIST-STATUS' <<EOT
C: A1 LIST "" "*" RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY))
S: * LIST () "." INBOX
S: * STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)
S: A1 OK
C: A2 CREATE "Lists"
C+ A3 STATUS "Lists" (MESSAGES UIDNEXT UIDVALIDITY)
S: A2 NO Permission denied
S: A3 NO there is none
$(asked 4)
$(bye 5)
EOT
exits 69 'sync: a folder that can not be made there' mimap -a "$PEER" sync -d "$TMP/mail" Lists
peer_ok sync
like "$(cat "$TMP/err")" 'make the mailbox Lists: "Permission denied"; mailboxes are below INBOX/ on this server: INBOX/Lists$' 'sync: it says where mailboxes are'
done_testing
