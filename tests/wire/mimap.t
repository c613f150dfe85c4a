#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap's dialogue, verb by verb: what is sent together, what each fallback does without an extension, what comes out.
. "$(dirname "$0")/../lib.sh"

mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\npassword secret\n' >"$XDG_CONFIG_HOME/pennypost/config"
chmod 600 "$XDG_CONFIG_HOME/pennypost/config"

# A session after login with these capabilities; the rest of the transcript is read from stdin. Tags begin with A1.
play() {	# NAME CAPABILITIES
	{
		printf 'S: * PREAUTH [CAPABILITY IMAP4rev1 %s] ready\n' "$2"
		cat
	} | peer "$1"
	PEER="exec:$BUILD/tests/tools/peer $TMP/$1.peer"
}
bye() { printf 'C: A%d LOGOUT\nS: * BYE bye\nS: A%d OK done\n' "$1" "$1"; }
examine='S: * 3 EXISTS
S: * OK [UIDVALIDITY 7] valid
S: A1 OK [READ-ONLY] open'
run() { exits "$@" || note "$(cat "$TMP/err")"; }

# --- Logging in.
dialogue() {	# NAME: the whole of it is on stdin
	peer "$1"
}
dialogue plain <<EOT
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
C: A1 AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=
S: A1 OK [CAPABILITY IMAP4rev1] in
C: A2 LIST "" "*"
S: A2 OK
$(bye 3)
EOT
run 0 'PLAIN with its initial response' mimap -a "$PEER" ls
peer_ok plain
dialogue slow <<EOT
S: * OK ready
C: A1 CAPABILITY
S: * CAPABILITY IMAP4rev1 AUTH=PLAIN
S: A1 OK
C: A2 AUTHENTICATE PLAIN
S: +
C: AGFubgBzZWNyZXQ=
S: A2 OK in
C: A3 CAPABILITY
S: * CAPABILITY IMAP4rev1
S: A3 OK
C: A4 LIST "" "*"
S: A4 OK
$(bye 5)
EOT
run 0 'capabilities are asked for where they are not told; no SASL-IR' mimap -a "$PEER" ls
peer_ok slow
dialogue login <<EOT
S: * OK [CAPABILITY IMAP4rev1] ready
C: A1 LOGIN "a\\"n\\\\n" "secret"
S: A1 OK [CAPABILITY IMAP4rev1] in
C: A2 LIST "" "*"
S: A2 OK
$(bye 3)
EOT
run 0 'LOGIN where there is no SASL' mimap -a "$PEER" -o 'user=a"n\n' ls
peer_ok login
dialogue literal <<EOT
S: * OK [CAPABILITY IMAP4rev1] ready
C: A1 LOGIN "ann" {3}
S: + go
C: pü
S: A1 OK [CAPABILITY IMAP4rev1] in
C: A2 LIST "" "*"
S: A2 OK
$(bye 3)
EOT
run 0 'a password beyond US-ASCII is a literal' mimap -v -a "$PEER" -o 'password=!echo pü' ls
peer_ok literal
unlike "$(cat "$TMP/err")" 'pü' 'and not in the trace'
dialogue fallback <<EOT
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN] ready
C~ ^A1 AUTHENTICATE SCRAM-SHA-256 [A-Za-z0-9+/=]+$
S: A1 NO [AUTHENTICATIONFAILED] no verifier
C: A2 AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=
S: A2 OK [CAPABILITY IMAP4rev1] in
C: A3 LIST "" "*"
S: A3 OK
$(bye 4)
EOT
run 0 'the next mechanism where SCRAM is refused' mimap -a "$PEER" ls
peer_ok fallback
dialogue wrong <<EOT
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN] ready
C: A1 AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=
S: A1 NO [AUTHENTICATIONFAILED] wrong
EOT
run 77 'a wrong password is tried once' mimap -a "$PEER" ls
peer_ok wrong
like "$(cat "$TMP/err")" '^mimap: authentication as ann refused by .*: "wrong"; check the user and password of account given by -a$' 'and says what to check'
dialogue later <<EOT
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
C: A1 AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=
S: A1 NO [UNAVAILABLE] come back
EOT
run 75 'a server that can not say is tried again later' mimap -a "$PEER" ls
peer_ok later
dialogue disabled <<EOT
S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready
EOT
run 77 'LOGINDISABLED is respected' mimap -a "$PEER" ls
peer_ok disabled

# --- ls
play list 'LIST-EXTENDED LIST-STATUS SPECIAL-USE STATUS=SIZE' <<EOT
C: A1 LIST "" "*" RETURN (SPECIAL-USE STATUS (MESSAGES UNSEEN SIZE))
S: * LIST (\\HasNoChildren) "." INBOX
S: * STATUS INBOX (MESSAGES 3 UNSEEN 1 SIZE 4096)
S: * LIST (\\Sent \\HasNoChildren) "." "Gr&APwA3w-e.x y"
S: * STATUS "Gr&APwA3w-e.x y" (MESSAGES 0 UNSEEN 0 SIZE 0)
S: * LIST (\\Noselect) "." A
S: A1 OK
$(bye 2)
EOT
run 0 'ls -l: one command with LIST-STATUS' mimap -a "$PEER" ls -l
peer_ok list
is "$(cat "$TMP/out")" "3	1	4096	-	INBOX
-	-	-	-	A
0	0	0	sent	Grüße/x y" 'counts, sizes, roles, names'
play status '' <<EOT
C: A1 LIST "" "*"
S: * LIST () "/" INBOX
S: * LIST () "/" {3}
S: A&B
S: * LIST (\\Noselect) "/" C
S: A1 OK
C: A2 STATUS "INBOX" (MESSAGES UNSEEN)
C+ A3 STATUS "A&B" (MESSAGES UNSEEN)
S: * STATUS INBOX (MESSAGES 3 UNSEEN 1)
S: A2 OK
S: A3 NO gone
$(bye 4)
EOT
run 0 'ls -l: a STATUS each, in one flight, without it' mimap -a "$PEER" ls -l
peer_ok status
is "$(cat "$TMP/out")" "3	1	-	-	INBOX
-	-	-	-	A&B
-	-	-	-	C" 'what can not be counted is not, and an invalid name is shown as it is'
play json '' <<EOT
C: A1 LIST "" "Lists*"
S: * LIST () "/" "Lists/a\\"b"
C+ A2 LSUB "" "*"
S: * LIST () "/" "Listserv"
S: * LIST () "/" "Lists/c"
S: A1 OK
S: * LSUB () "/" "gone"
S: * LSUB () "/" "Lists/c"
S: A2 OK
C: A3 STATUS "Lists/a\\"b" (MESSAGES UNSEEN)
C+ A4 STATUS "Lists/c" (MESSAGES UNSEEN)
S: * STATUS "Lists/a\\"b" (MESSAGES 3 UNSEEN 1)
S: A3 OK
S: A4 NO
$(bye 5)
EOT
run 0 'ls -j with a pattern' mimap -a "$PEER" ls -j 'Lists/*'
peer_ok json
is "$(cat "$TMP/out")" '{"messages":3,"unseen":1,"size":null,"role":null,"name":"Lists/a\"b","subscribed":false}
{"messages":null,"unseen":null,"size":null,"role":null,"name":"Lists/c","subscribed":true}' 'a JSON line for what matches'
play lsub '' <<EOT
C: A1 LIST "" "*"
C+ A2 LSUB "" "*"
S: * LIST () "/" "a"
S: * LIST () "/" INBOX
S: A1 OK
S: * LSUB () "/" inbox
S: A2 OK
$(bye 3)
EOT
run 0 'ls -s without LIST-EXTENDED' mimap -a "$PEER" ls -s
peer_ok lsub
is "$(cat "$TMP/out")" INBOX 'what is subscribed to'
play subscribed 'LIST-EXTENDED LIST-STATUS SPECIAL-USE' <<EOT
C: A1 LIST (SUBSCRIBED) "" "*" RETURN (SPECIAL-USE STATUS (MESSAGES UNSEEN))
S: * LIST (\\Subscribed) "/" INBOX
S: * STATUS INBOX (MESSAGES 3 UNSEEN 1)
S: * LIST (\\Subscribed \\NonExistent) "/" "gone"
S: A1 OK
$(bye 2)
EOT
run 0 'ls -s -l with it' mimap -a "$PEER" ls -sl
peer_ok subscribed
is "$(cut -f 1,5 "$TMP/out")" '3	INBOX
-	gone' 'in one flight'

# --- Mailbox names.
play names '' <<EOT
C: A1 LIST "" ""
S: * LIST (\\Noselect) "." ""
S: A1 OK
C: A2 EXAMINE "Lists.Gr&APwA3w-e"
C+ A3 UID SEARCH ALL
S: * 0 EXISTS
S: A2 OK
S: * SEARCH
S: A3 OK
$(bye 4)
EOT
run 0 'a name with levels: the delimiter is asked for' mimap -a "$PEER" -m 'Lists/Grüße' search
peer_ok names
is "$(cat "$TMP/out")" '' 'nothing found is nothing printed'
play rev2 '' <<EOT
C: A1 EXAMINE {7+}
C* 7
C: 
C+ A2 UID SEARCH RETURN (ALL) ALL
S: * 1 EXISTS
S: A1 OK
S: * ESEARCH (TAG "A2") UID ALL 9
S: A2 OK
$(bye 3)
EOT
sed -i 's/IMAP4rev1/IMAP4rev2/' "$TMP/rev2.peer"
run 0 'IMAP4rev2 alone: names in UTF-8, ESEARCH' mimap -a "$PEER" -m Grüße search
peer_ok rev2
is "$(cat "$TMP/out")" 9 'the UID'

# --- search
play search 'ESEARCH LITERAL+' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH RETURN (ALL) CHARSET UTF-8 (FROM "ann" SUBJECT {7+}
C* 7
C:  NOT SEEN)
$examine
S: * ESEARCH (TAG "A2") UID ALL 5:6,9
S: A2 OK
$(bye 3)
EOT
run 0 'a search in one flight' mimap -a "$PEER" search from:ann subject:Grüße -seen
peer_ok search
is "$(cat "$TMP/out")" '5
6
9' 'a UID a line'
play sync '' <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH CHARSET UTF-8 (OR SUBJECT {7}
S: * 3 EXISTS
S: A1 OK
S: + go on
C* 7
C:  BODY {2}
S: * 4 EXISTS
S: + go on
C* 2
C:  NEW)
S: * SEARCH 9 5 6
S: A2 OK
$(bye 3)
EOT
run 0 'without LITERAL+ the server is waited for' mimap -a "$PEER" search 'or(subject:Grüße body:ü)' new
peer_ok sync
is "$(cat "$TMP/out")" '5
6
9' 'in order, whatever the server says'
play charset 'LITERAL+' <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH CHARSET UTF-8 TEXT {2+}
C* 2
C:
S: A1 OK
S: A2 NO [CANNOT] no such thing
$(bye 3)
EOT
run 69 'a refused search' mimap -a "$PEER" search ü
like "$(cat "$TMP/err")" 'refused to search: "no such thing"' 'in the words of the server'
peer_ok charset
fetched='S: * 2 FETCH (UID 5 FLAGS (\\Seen \\Recent) INTERNALDATE "22-Nov-2026 10:00:00 +0100" RFC822.SIZE 2048 ENVELOPE ("x" "=?utf-8?q?a=09b?=" (("=?iso-8859-1?q?J=F6rg?=" NIL "j" "example.org")) NIL NIL NIL NIL NIL NIL NIL))
S: * 3 FETCH (UID 6 FLAGS () INTERNALDATE "bad" RFC822.SIZE 1 ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))'
play res 'ESEARCH SEARCHRES' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH RETURN (SAVE ALL) SEEN
C+ A3 UID FETCH $ (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)
$examine
S: * ESEARCH (TAG "A2") UID ALL 5:6
S: A2 OK
S: * 1 FETCH (UID 4 FLAGS () ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))
$fetched
$fetched
S: A3 OK
$(bye 4)
EOT
run 0 'search -l in one flight with SEARCHRES' mimap -a "$PEER" search -l seen
peer_ok res
table='5	2026-11-22T09:00:00+0000	2048	seen	Jörg <j@example.org>	a\tb
6	-	1	-	-	-'
is "$(cat "$TMP/out")" "$table" 'a line for each that was found, once, and no TAB from the server'
play nores '' <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH SEEN
$examine
S: * SEARCH 5 6
S: A2 OK
C: A3 UID FETCH 5:6 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)
$fetched
S: A3 OK
$(bye 4)
EOT
run 0 'search -l in two without' mimap -a "$PEER" search -l seen
peer_ok nores
is "$(cat "$TMP/out")" "$table" 'the same'
exits 64 'a search that can not be read' mimap -a "$PEER" search form:ann
like "$(cat "$TMP/err")" '^mimap: there is no search key "form:"' 'is quoted'
exits 64 'a term that begins like an option' mimap -a "$PEER" search -seen
like "$(cat "$TMP/err")" 'write -- before it' 'gets advice'

# --- flag
play flag '' <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID STORE 1:3,7 +FLAGS.SILENT (\\Seen \$Forwarded)
C+ A3 UID STORE 1:3,7 -FLAGS.SILENT (\\Flagged)
S: * OK [PERMANENTFLAGS (\\Seen \\Flagged \\*)] kept
S: A1 OK [READ-WRITE] open
S: A2 OK
S: * 1 EXPUNGE
S: A3 OK
$(bye 4)
EOT
run 0 'flags in one flight' mimap -a "$PEER" flag +seen -flagged '+$Forwarded' 7,1:3
peer_ok flag
play pipe '' <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID STORE 4:6 FLAGS.SILENT ()
S: A1 OK
S: A2 OK
$(bye 3)
EOT
run 0 'UIDs on stdin, no flags at all' sh -c "printf '4\n5 6\n' | mimap -a '$PEER' flag = -"
peer_ok pipe
play notkept '' <<EOT
C: A1 SELECT "INBOX"
C: A2 UID STORE 4 +FLAGS.SILENT (foo)
S: * OK [PERMANENTFLAGS (\\Seen)] kept
S: A1 OK
S: A2 OK
$(bye 3)
EOT
run 69 'a flag that the server does not keep' mimap -a "$PEER" flag +foo 4
like "$(cat "$TMP/err")" 'does not keep the flag foo in INBOX' 'is not passed over'
play readonly '' <<EOT
C: A1 SELECT "INBOX"
C: A2 UID STORE 4 +FLAGS.SILENT (\\Seen)
S: A1 OK [READ-ONLY]
S: A2 OK
$(bye 3)
EOT
run 77 'a mailbox that can not be changed' mimap -a "$PEER" flag +seen 4
exits 0 'no UIDs: nothing is done, nobody is called' sh -c "mimap -a 'imap://nobody.invalid' flag +seen - </dev/null"
exits 65 'stdin that is no UIDs' sh -c "echo x | mimap -a 'imap://nobody.invalid' flag +seen -"
for bad in 'flag +seen' 'flag seen 3' 'flag +a(b 3' 'flag =seen +x 3' 'flag +seen 0' 'flag' 'fetch 1 2' 'fetch -x 1' 'fetch x' 'fetch -d' 'nope' 'ls -x'; do
	# shellcheck disable=SC2086
	exits 64 "misuse: $bad" mimap -a 'imap://nobody.invalid' $bad
done

# --- fetch
one='S: * 1 FETCH (UID 5 FLAGS (\\Seen \\Flagged) INTERNALDATE "22-Nov-2026 10:00:00 +0000" BODY[] {22}
S: Subject: one
S:
S: body
S: )'
two='S: * 2 FETCH (BODY[] {18}
S- Subject: t\r\n\r\nFrom INTERNALDATE "22-Nov-2026 11:00:00 +0000" FLAGS () UID 6)\r\n'
printf 'Subject: one\n\nbody\n' >"$TMP/one"
printf 'Subject: t\n\nFrom' >"$TMP/two"
both() {	# SET: what a fetch of both is like
	cat <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID FETCH $1 (UID FLAGS INTERNALDATE BODY.PEEK[])
$examine
$one
S: * 2 FETCH (FLAGS (\\Seen) UID 6)
$two
S: A2 OK
$(bye 3)
EOT
}
both 5:6 >"$TMP/script"
play both '' <"$TMP/script"
run 0 'fetch into a maildir' mimap -a "$PEER" fetch -p -d "$TMP/M" 5:6
peer_ok both
cur=$(sed -n '\|/cur/.*:2,FS$|p' "$TMP/out") new=$(sed -n '\|/new/|p' "$TMP/out")
same "$cur" "$TMP/one" 'flags in the name, LF for CRLF'
same "$new" "$TMP/two" 'no flags, into new; the UID may come last, the line end be missing'
is "$(date -u -r "$cur" +%F.%T)" '2026-11-22.10:00:00' 'the date of arrival kept'
is "$(ls "$TMP/M/tmp")" '' 'nothing in tmp'
is "$(cat "$TMP"/M/.pennypost-mimap-ann@exec-* | grep -c '^+7/[56]/INBOX	')" 2 'and both are recorded'
again() { play both ''; }	# exec: accounts are told apart by their command, so the ledger is this one's only under the same name
again <<EOT
C: A1 EXAMINE "INBOX"
$examine
$(bye 2)
EOT
run 0 'again: nothing is asked for' mimap -a "$PEER" fetch -p -d "$TMP/M" 5:6
peer_ok both
is "$(cat "$TMP/out")" '' 'or printed'
rm "$new"
again <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID FETCH 6 (UID FLAGS INTERNALDATE BODY.PEEK[])
$examine
$two
S: A2 OK
$(bye 3)
EOT
run 0 'one whose file is gone, asked for, comes again' mimap -a "$PEER" fetch -p -d "$TMP/M" 5:6
peer_ok both
rm "$TMP"/M/new/*
again <<EOT
C: A1 EXAMINE "INBOX"
S: * OK [UIDNEXT 7] is next
$examine
C: A2 UID FETCH 1:4 (UID FLAGS INTERNALDATE BODY.PEEK[])
S: A2 OK
$(bye 3)
EOT
run 0 'UIDNEXT: what can not be there is not asked for' mimap -a "$PEER" fetch -p -d "$TMP/M"
peer_ok both
again <<EOT
C: A1 EXAMINE "INBOX"
$examine
C: A2 UID FETCH 1:4,7:* (UID FLAGS INTERNALDATE BODY.PEEK[])
$two
S: A2 OK
$(bye 3)
EOT
run 0 'without UIDs: what was never fetched' mimap -a "$PEER" fetch -p -d "$TMP/M"
peer_ok both
is "$(cat "$TMP/out")" '' 'the last message, which n:* always brings, was not asked for'
again <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID FETCH 6 (UID FLAGS INTERNALDATE BODY.PEEK[])
S: * 3 EXISTS
S: * OK [UIDVALIDITY 8] valid
S: A1 OK
$two
S: A2 OK
C: A3 UID FETCH 5 (UID FLAGS INTERNALDATE BODY.PEEK[])
$one
S: A3 OK
$(bye 4)
EOT
run 0 'another UIDVALIDITY: what we thought to have is fetched too' mimap -a "$PEER" fetch -p -d "$TMP/M" 5:6
peer_ok both
is "$(wc -l <"$TMP/out" | tr -d ' ')" 2 'both'
again <<EOT
C: A1 EXAMINE "INBOX"
S: * OK [UIDVALIDITY 8] valid
S: A1 OK
$(bye 2)
EOT
run 0 'and known under the new one' mimap -a "$PEER" fetch -d "$TMP/M" 5:6
peer_ok both
play stdout '' <"$TMP/script"
run 0 'several to stdout' mimap -a "$PEER" fetch -d - 5:6
printf 'From MAILER-DAEMON Sun Nov 22 10:00:00 2026\nSubject: one\n\nbody\n\nFrom MAILER-DAEMON Sun Nov 22 11:00:00 2026\nSubject: t\n\nFrom\n\n' >"$TMP/want"
same "$TMP/out" "$TMP/want" 'are an mboxrd'
play single '' <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID FETCH 5 (UID FLAGS INTERNALDATE BODY.PEEK[])
$examine
$one
S: A2 OK
$(bye 3)
EOT
run 0 'one to stdout' sh -c "echo 5 | mimap -a '$PEER' fetch -"
same "$TMP/out" "$TMP/one" 'is as it is'
peer_ok single
play headers '' <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID FETCH 5 (UID FLAGS INTERNALDATE BODY.PEEK[HEADER])
$examine
S: * 1 FETCH (UID 5 BODY[HEADER] {16}
S: Subject: one
S:
S: )
S: A2 OK
$(bye 3)
EOT
run 0 '-H' mimap -a "$PEER" -o "maildir=$TMP/never" fetch -H 5
is "$(cat "$TMP/out")" 'Subject: one' 'headers only, to stdout'
ok 'not into the maildir of the account' test ! -e "$TMP/never"
play quoted '' <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID FETCH 5 (UID FLAGS INTERNALDATE BODY.PEEK[])
$examine
S: * 1 FETCH (UID 5 BODY[] "a \\"b\\"")
S: A2 OK
$(bye 3)
EOT
run 0 'a message as a quoted string' mimap -a "$PEER" fetch 5
is "$(cat "$TMP/out")" 'a "b"' 'is one too'
gone() {
	play "$1" '' <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID FETCH 5,8 (UID FLAGS INTERNALDATE BODY.PEEK[])
$examine
$one
S: * 2 FETCH (UID 8 FLAGS () BODY[] NIL)
S: A2 OK
$(bye 3)
EOT
}
gone missing
run 69 'a message that is not there' mimap -a "$PEER" fetch 5,8
like "$(cat "$TMP/err")" '^mimap: INBOX holds no message with UID 8$' 'is named'
like "$(cat "$TMP/out")" '^Subject: one' 'the others come all the same'
gone piped
run 0 'from a pipe' sh -c "printf '5\n8\n' | mimap -a '$PEER' fetch -"
like "$(cat "$TMP/err")" '^mimap: no longer in INBOX: UID 8$' 'it is a warning'

# A long set goes in pieces below 8 KiB, all sent ahead.
perl -e 'print join(",", map { 1000001 + 2 * $_ } 0 .. 1999), "\n"' >"$TMP/long"
play pieces '' <<EOT
C: A1 EXAMINE "INBOX"
C~ ^A2 UID STORE .{7800,7950} \+FLAGS.SILENT \(x\)$
C~ ^A3 UID STORE .{7800,7950} \+FLAGS.SILENT \(x\)$
C~ ^A4 UID STORE [0-9,]+ \+FLAGS.SILENT \(x\)$
S: A1 OK
S: A2 OK
S: A3 OK
S: A4 OK
$(bye 5)
EOT
sed -i 's/EXAMINE/SELECT/' "$TMP/pieces.peer"
run 0 'a long set' mimap -a "$PEER" flag +x - <"$TMP/long"
peer_ok pieces


# --- Parts decoded by the server; what it can't decode is taken as it is.
play binary BINARY <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID FETCH 7 (UID BODYSTRUCTURE)
$examine
S: * 1 FETCH (UID 7 BODYSTRUCTURE (("text" "plain" NIL NIL NIL "7bit" 5 1)("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 4)("application" "pdf" ("name" "b.pdf") NIL NIL "base64" 4) "mixed"))
S: A2 OK
C: A3 UID FETCH 7 (UID BINARY.PEEK[2])
C+ A4 UID FETCH 7 (UID BINARY.PEEK[3])
S: A3 NO [UNKNOWN-CTE] what is that
S: * 1 FETCH (UID 7 BINARY[3] ~{4}
S- a\0
S: b\n)
S: A4 OK
C: A5 UID FETCH 7 (UID BODY.PEEK[2])
S: * 1 FETCH (UID 7 BODY[2] "YQBi")
S: A5 OK
$(bye 6)
EOT
mkdir "$TMP/parts"
run 0 'BINARY' mimap -a "$PEER" fetch -d "$TMP/parts" -P '*.pdf' 7
peer_ok binary
is "$(od -An -c "$TMP/parts/a.pdf" | tr -d ' ') $(od -An -c "$TMP/parts/b.pdf" | tr -d ' ')" 'a\0b a\0b\n' 'both as they are'
play markseen '' <<EOT
C: A1 SELECT "INBOX"
C+ A2 UID FETCH 5:6 (UID FLAGS INTERNALDATE BODY.PEEK[])
$examine
$one
S: A2 OK
C: A3 UID STORE 5 +FLAGS.SILENT (\\Seen)
S: A3 OK
$(bye 4)
EOT
run 0 'fetch -s' mimap -a "$PEER" fetch -s -d - 5:6
peer_ok markseen
done_testing
