#!/bin/sh
# SPDX-License-Identifier: ISC
# Which messages mpop takes: by size, with notes; by a filter; marked as seen; known again though their UIDs are new.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/mpop.sh"

# again NAME …: the same mailbox and maildir as the last `play NAME`.
play large PIPELINING USER TOP UIDL <<EOT
$(lists aa:20 bb:5000)
C: RETR 1
$(text small 'all of it')
C: TOP 2 0
S: +OK
S: Message-ID: <big@example.org>
S: Subject: big
S: MIME-Version: 1.0
S: Content-Type: multipart/mixed;
S:   boundary=x
S:
S: .
C: DELE 1
C: QUIT
S: +OK
S: +OK
EOT
exits 0 '-N: of what is larger than -z the header, with a note' mpop -a "$PEER" -z 1k -N "$M"
peer_ok large
is "$(cat "$(grep -l 'Subject: big' "$M"/new/*)")" "$(printf '%s\n' 'Message-ID: <big@example.org>' 'Subject: big' '' \
	'[mpop: this is only the header. The message has 5000 octets, more than the 1024 that -z allows.' \
	'It is still on the server, and comes whole with the next run that allows as much.]')" 'the note, as plain text'
play large PIPELINING USER TOP UIDL <<EOT
$(lists bb:5000)
$bye
EOT
exits 0 'a second run' mpop -a "$PEER" -z 1k -N "$M"
peer_ok large
is "$(count "$M")" 2 'writes no second note, and deletes nothing'
play large PIPELINING USER TOP UIDL <<EOT
$(lists bb:5000)
C: RETR 1
$(text big 'whole')
C: DELE 1
C: QUIT
S: +OK
S: +OK
EOT
exits 0 'without -z' mpop -a "$PEER" "$M"
peer_ok large
is "$(count "$M")" 3 'it comes whole'
play notop PIPELINING USER UIDL <<EOT
$(lists bb:5000)
$bye
EOT
exits 0 'no notes without TOP' mpop -a "$PEER" -z 1k -N "$M"
peer_ok notop
like "$(cat "$TMP/err")" 'does not offer TOP' 'says so'
exits 64 '-N without -z' mpop -a "$PEER" -N "$M"

# A message that is larger than announced.
play lie PIPELINING USER TOP UIDL <<EOT
$(lists aa:20 bb:20)
C: RETR 1
C: RETR 2
S: +OK
S* 3000 x
S:
S: .
$(text small 'all of it')
C: DELE 2
C: QUIT
S: +OK
S: +OK
EOT
exits 76 'a message that is larger than announced, and than -z' mpop -a "$PEER" -z 1k "$M"
peer_ok lie
like "$(cat "$TMP/err")" 'message 1 \(UID aa\) stays on the server: it is larger than the server announced' 'is named'
is "$(count "$M") $(ls "$M/tmp")" '1 ' 'and dropped; the next one is fetched'
play lie PIPELINING USER TOP UIDL <<EOT
$(lists aa:20)
$bye
EOT
exits 0 'the next run does not ask for it' mpop -a "$PEER" -z 1k "$M"
peer_ok lie
play endless PIPELINING USER TOP UIDL <<EOT
$(lists aa:20)
C: RETR 1
S: +OK
S* 17000000 x
EOT
exits 76 'one that does not end' mpop -a "$PEER" -z 1k "$M"
like "$(cat "$TMP/err")" 'the connection is given up' 'is given up'
is "$(count "$M") $(ls "$M/tmp")" '0 ' 'and leaves nothing'

# The filter: take, delete, skip, and what is none of these.
judge='h=$(cat); case $h in *take*) exit 0 ;; *junk*) exit 1 ;; *skip*) exit 2 ;; *) exit 99 ;; esac'
play filter PIPELINING USER TOP UIDL <<EOT
$(lists aa:20 bb:20 cc:20 dd:20)
C: TOP 1 0
C: TOP 2 0
C: TOP 3 0
C: TOP 4 0
$(text take)
$(text junk)
$(text skip)
$(text odd)
C: RETR 1
$(text take 'body')
C: DELE 1
C: DELE 2
C: QUIT
S: +OK
S: +OK
S: +OK
EOT
exits 75 'a filter by headers' mpop -a "$PEER" -F "$judge" "$M"
peer_ok filter
is "$(wc -l <"$TMP/err" | tr -d ' ') $(cat "$TMP/err")" '1 mpop: message 4 (UID dd) stays on the server: the filter exited with 99' 'who is not judged stays'
is "$(count "$M")" 1 'one is fetched'
play filter PIPELINING USER UIDL <<EOT
$(lists cc:20 ee:20)
C: RETR 1
C: RETR 2
$(text skip 'body')
$(text junk 'body')
$bye
EOT
exits 0 'with -k, from a server without TOP' mpop -k -a "$PEER" -F "$judge" "$M"
peer_ok filter
play filter PIPELINING USER UIDL <<EOT
$(lists ee:20)
C: DELE 1
C: QUIT
S: +OK
S: +OK
EOT
exits 0 'what it refused then is deleted when all is' mpop -a "$PEER" -F "$judge" "$M"
peer_ok filter
play size PIPELINING USER TOP UIDL <<EOT
$(lists aa:4711)
C: TOP 1 0
$(text take)
$bye
EOT
exits 0 'the filter knows the size' mpop -a "$PEER" -F '[ "$MPOP_SIZE" != 4711 ] || exit 2' "$M"
peer_ok size

# Marked as seen, and never deleted for that.
play mark PIPELINING USER UIDL <<EOT
$(lists aa:20 bb:20)
$bye
EOT
exits 0 '-m fetches nothing' mpop -m -a "$PEER" "$M"
peer_ok mark
play mark PIPELINING USER UIDL <<EOT
$(lists aa:20 bb:20 cc:20)
C: RETR 3
$(text new body)
C: DELE 3
C: QUIT
S: +OK
S: +OK
EOT
exits 0 'then only what is new is fetched, and deleted' mpop -a "$PEER" "$M"
peer_ok mark

# All UIDs change: by headers the messages are known again; one is new, one has no Message-ID.
play renamed PIPELINING USER TOP UIDL <<EOT
$(lists aa:100 bb:100 cc:200)
C: RETR 1
C: RETR 2
C: RETR 3
$(text one body)
$(text two body)
S: +OK
S: Subject: nameless
S:
S: .
$bye
EOT
exits 0 'three messages are kept' mpop -k -a "$PEER" "$M"
peer_ok renamed
play renamed PIPELINING USER TOP UIDL <<EOT
$(uids 11 22 33 44)
C: TOP 1 0
C: TOP 2 0
C: TOP 3 0
C: TOP 4 0
S: +OK
S: Status: RO
$(text two | sed 1d)
$(text one)
S: +OK
S: Subject: nameless
S:
S: .
$(text one)
C: RETR 3
C: RETR 4
S: +OK
S: Subject: nameless
S:
S: .
$(text one body | sed '1s/$/ 100 octets/')
$bye
EOT
exits 0 'all have new UIDs' mpop -k -a "$PEER" "$M"
peer_ok renamed
is "$(cat "$TMP/err")" 'mpop: the server has given new UIDs: 2 messages, known by their headers, are not fetched again' 'is noticed'
is "$(count "$M")" 5 'a second copy, and what has no Message-ID, are fetched'
play renamed PIPELINING USER UIDL <<EOT
$(uids 11 22 33 55 66)
C: LIST 4
C: LIST 5
S: +OK 4 100
S: +OK 5 300
C: RETR 4
$(text one body)
C: RETR 5
$(text three body)
$bye
EOT
exits 0 'one has a new UID: only what has its size is looked at, without TOP as well' mpop -k -a "$PEER" "$M"
peer_ok renamed
is "$(count "$M")" 6 'and one is new'
play renamed PIPELINING USER UIDL <<EOT
$(uids 11 22 33 55 66)
$bye
EOT
exits 0 'afterwards all is known' mpop -k -a "$PEER" "$M"
peer_ok renamed

# -H from servers without TOP.
play heads PIPELINING USER UIDL <<EOT
$(lists aa:20)
C: RETR 1
$(text one body)
$bye
EOT
exits 0 '-H without TOP' mpop -H -a "$PEER" "$M"
peer_ok heads
is "$(cat "$(new "$M")")" "$(printf 'Message-ID: <one@example.org>\nSubject: one\n\n')" 'is the header all the same'
peer oldheads <<EOT
S: +OK
C: CAPA
S: -ERR
C: USER ann
S: +OK
C: PASS secret
S: +OK
C: UIDL
S: +OK
S: 1 aa
S: .
C: LIST
S: +OK
S: 1 20
S: .
C: TOP 1 0
S: -ERR what?
C: RETR 1
$(text one body)
$bye
EOT
exits 0 '-H without CAPA and TOP' mpop -H -a "$PEER" "$TMP/M.oldheads"
peer_ok oldheads
is "$(count "$TMP/M.oldheads")" 1 'the same'
done_testing
