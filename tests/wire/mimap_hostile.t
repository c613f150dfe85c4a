#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap and servers that are broken or mean no good: an exit code and one line for each, nothing stored but what is whole and was
# asked for, no password where it could be read, no wait without an end.
. "$(dirname "$0")/../lib.sh"

mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\npassword secret\n' >"$XDG_CONFIG_HOME/pennypost/config"
chmod 600 "$XDG_CONFIG_HOME/pennypost/config"

ready='S: * PREAUTH [CAPABILITY IMAP4rev1] ready'
fetch="$ready
C: A1 EXAMINE \"INBOX\"
C: A2 UID FETCH 5:6 (UID FLAGS INTERNALDATE BODY.PEEK[])
S: * 2 EXISTS
S: * OK [UIDVALIDITY 7] valid
S: A1 OK"
five='S: * 1 FETCH (UID 5 FLAGS () BODY[] {5}
S- five\n)\r\n'
six='S: * 2 FETCH (UID 6 FLAGS () BODY[] {4}
S- six\n)\r\n'
stored() { find "$1/new" "$1/cur" -type f 2>/dev/null | wc -l | tr -d ' '; }

# hostile NAME CODE ERE STORED <<what the server does: `mimap fetch 5:6` into a maildir. One line on stderr that matches; nothing in tmp.
hostile() {
	peer "$1"
	M=$TMP/M.$1
	exits "$2" "$1" mimap -a "$PEER" -o timeout=1 fetch -d "$M" 5:6
	like "$(cat "$TMP/err")" "$3" "$1: says so"
	is "$(wc -l <"$TMP/err" | tr -d ' ') $(LC_ALL=C grep -c '[[:cntrl:]]' "$TMP/err")" '1 0' "$1: in one harmless line"
	is "$(stored "$M") $(ls "$M/tmp" 2>/dev/null | wc -l | tr -d ' ')" "$4 0" "$1: $4 stored, nothing left in tmp"
}

# --- Before anybody is logged in.
hostile silent 75 'timed out' 0 <<EOT
S! stall
EOT
hostile closed 75 'closed the connection' 0 <<EOT
S! eof
EOT
hostile bye 75 'lets nobody in now: "too many"' 0 <<EOT
S: * BYE too many
EOT
hostile http 76 'sent: ' 0 <<EOT
S: HTTP/1.1 400 Bad Request
EOT
hostile data_first 76 'does not greet as an IMAP server' 0 <<EOT
S: * 2000000000 EXISTS
S: * OK ready
EOT
hostile pop 76 'does not greet as an IMAP server' 0 <<EOT
S: +OK ready
EOT
hostile pop3 76 'neither IMAP4rev1' 0 <<EOT
S: * PREAUTH [CAPABILITY IMAP2] ready
EOT
hostile nocaps 69 'refused to list its capabilities: "no"' 0 <<EOT
S: * OK ready
C: A1 CAPABILITY
S: A1 BAD no
EOT
hostile escape 77 'refused by' 0 <<EOT
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
C: A1 AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=
S: A1 NO \x1b[31m\x9bred\x07
EOT
hostile challenge 76 '.' 0 <<EOT
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
C: A1 AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=
S: + bW9yZQ==
C: *
EOT
hostile scram_shortcut 77 'without having proven' 0 <<EOT
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256] ready
C~ ^A1 AUTHENTICATE SCRAM
S: A1 OK you are in
EOT
hostile bye_login 75 'closes the connection: "shutting down"' 0 <<EOT
S: * OK [CAPABILITY IMAP4rev1] ready
C: A1 LOGIN "ann" "secret"
S: * BYE shutting down
EOT
hostile plus_login 76 'waits for data' 0 <<EOT
S: * OK [CAPABILITY IMAP4rev1] ready
C: A1 LOGIN "ann" "secret"
S: + more
EOT

# --- STARTTLS, asked for by tls=on.
tls() {	# NAME CODE ERE
	peer "$1"
	exits "$2" "$1" mimap -v -a "$PEER" -o tls=on -o timeout=1 fetch -d "$TMP/M.$1" 5:6
	like "$(cat "$TMP/err")" "$3" "$1: says so"
	unlike "$(cat "$TMP/$1.peer.result" "$TMP/err")" 'LOGIN|AUTHENTICATE' "$1: no password was sent"
}
tls preauth 76 'logged in before TLS' <<EOT
$ready
EOT
tls stripped 69 'offers no STARTTLS; use imaps://' <<EOT
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
EOT
tls refused 69 'refused to begin TLS: "later"' <<EOT
S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready
C: A1 STARTTLS
S: A1 NO later
EOT
tls bad 69 'refused to begin TLS' <<EOT
S: * OK ready
C: A1 STARTTLS
S: A1 BAD what
EOT
tls injected 76 'before TLS began' <<EOT
S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready
C: A1 STARTTLS
S- A1 OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n
EOT
tls early 76 'a command that was not sent' <<EOT
S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready
S: A2 OK go
EOT
tls handshake 75 '.' <<EOT
S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready
C: A1 STARTTLS
S: A1 OK go
S! stall
EOT

# --- Each step refused, cut, or stalled.
hostile examine_no 69 'refused to open the mailbox INBOX: "no such"' 0 <<EOT
$ready
C: A1 EXAMINE "INBOX"
C~ ^A2 UID FETCH
S: A1 NO no such
S: A2 BAD nothing is open
C: A3 LOGOUT
S: A3 OK
EOT
hostile fetch_bad 69 'refused to fetch messages: "what"' 1 <<EOT
$fetch
$five
S: A2 BAD what
C: A3 LOGOUT
S: A3 OK
EOT
hostile fetch_later 75 'refused to fetch messages: "busy"' 0 <<EOT
$fetch
S: A2 NO [INUSE] busy
C: A3 LOGOUT
S: A3 OK
EOT
hostile bye_between 75 'closes the connection: "dinner"' 1 <<EOT
$fetch
$five
S: * BYE dinner
EOT
hostile eof_between 75 'closed the connection' 1 <<EOT
$fetch
$five
S! drop
EOT
hostile eof_line 75 'closed the connection' 1 <<EOT
$fetch
$five
S- * 2 FETCH (UID 6 BO
S! drop
EOT
hostile eof_literal 75 'closed the connection' 1 <<EOT
$fetch
$five
S: * 2 FETCH (UID 6 BODY[] {100}
S- half
S! eof
EOT
hostile eof_after 75 'closed the connection' 1 <<EOT
$fetch
$five
S: * 2 FETCH (UID 6 BODY[] {4}
S- six\n
S! drop
EOT
hostile stall 75 'timed out' 1 <<EOT
$fetch
$five
S! stall
EOT
hostile stall_literal 75 'timed out' 1 <<EOT
$fetch
$five
S: * 2 FETCH (UID 6 BODY[] {100}
S- half
S! stall
EOT

# --- Unsolicited data in every place is read over.
noise='S: * OK still here
S: * 3 EXISTS
S: * 1 RECENT
S: * 1 FETCH (FLAGS (\\Seen))
S: * 3 EXPUNGE
S: * FLAGS (\\Seen)
S: * LIST () "/" x
S: * SEARCH 1 2
S: * XYZZY ("a" {3}
S- abc (b)) NIL\r\n'
peer noise <<EOT
S: * OK [CAPABILITY IMAP4rev1] ready
C: A1 LOGIN "ann" "secret"
$noise
S: A1 OK
C: A2 CAPABILITY
$noise
S: * CAPABILITY IMAP4rev1
S: A2 OK
C: A3 EXAMINE "INBOX"
C: A4 UID FETCH 5:6 (UID FLAGS INTERNALDATE BODY.PEEK[])
$noise
S: * OK [UIDVALIDITY 7] valid
S: A3 OK
$noise
$five
$noise
$six
$noise
S: A4 OK
C: A5 LOGOUT
$noise
S: * BYE
$noise
S: A5 OK
EOT
exits 0 'unsolicited data' mimap -a "$PEER" fetch -d "$TMP/M.noise" 5:6
peer_ok noise
is "$(stored "$TMP/M.noise")" 2 'both are stored'

# --- Messages that are not what was asked for.
hostile unasked 76 '1 messages that were not asked for' 2 <<EOT
$fetch
$five
S: * 3 FETCH (UID 99 FLAGS () BODY[] {5}
S- evil\n)\r\n
$six
S: A2 OK
C: A3 LOGOUT
S: A3 OK
EOT
hostile unasked_late 76 'UID 99 first' 2 <<EOT
$fetch
$five
S: * 3 FETCH (FLAGS () BODY[] {5}
S- evil\n UID 99)\r\n
$six
S: A2 OK
C: A3 LOGOUT
S: A3 OK
EOT
hostile twice 76 'not asked for, or twice \(UID 5 first\)' 2 <<EOT
$fetch
$five
$five
$six
S: A2 OK
C: A3 LOGOUT
S: A3 OK
EOT
hostile nouid 76 'not asked for' 1 <<EOT
$fetch
$five
S: * 2 FETCH (FLAGS () BODY[] {5}
S- evil\n)\r\n
S: A2 OK
C: A3 LOGOUT
S: A3 OK
EOT
hostile piece 76 'not asked for' 1 <<EOT
$fetch
S: * 1 FETCH (UID 5 FLAGS () BODY[]<2> "ve")
$six
S: A2 OK
C: A3 LOGOUT
S: A3 OK
EOT
hostile two_bodies 76 'two messages in one answer' 0 <<EOT
$fetch
S: * 1 FETCH (UID 5 BODY[] {5}
S- five\n BODY[] {5}\r\n
S- evil\n)\r\n
EOT
hostile validity 76 'tells no UIDVALIDITY' 0 <<EOT
$ready
C: A1 EXAMINE "INBOX"
C~ ^A2 UID FETCH
S: A1 OK
$five
EOT

# --- Numbers, lengths, nesting.
hostile literal_4g 76 'literal of 4294967296 octets' 0 <<EOT
$fetch
S: * 1 FETCH (UID 5 BODY[] {4294967296}
S- five
EOT
hostile literal_overflow 76 'too large' 0 <<EOT
$fetch
S: * 1 FETCH (UID 5 BODY[] {99999999999999999999}
EOT
hostile literal_memory 76 'literal of 1048577 octets' 0 <<EOT
$fetch
S: * 1 FETCH (UID 5 X {1048577}
EOT
hostile literal_foreign 76 'literal of 2000000 octets' 0 <<EOT
$fetch
S: * LIST () "/" {2000000}
EOT
hostile nesting 76 'too much nesting' 0 <<EOT
$fetch
S- * 1 FETCH (UID 5 X 
S* 1000 (
S: 
EOT
hostile line 76 'line of more than 8388608' 0 <<EOT
$fetch
S- * OK 
S* 8400000 x
EOT
hostile greeting_line 76 'line of more than 8192' 0 <<EOT
S- * OK 
S* 9000 x
EOT
hostile nul 76 'control' 0 <<EOT
$fetch
S: * 1 FETCH (UID 5 \0)
EOT
hostile foreign_tag 76 'a command that was not sent: "A7"' 0 <<EOT
$fetch
S: A7 OK
EOT
hostile tag_twice 76 'a command that was not sent: "A1"' 0 <<EOT
$fetch
S: A1 OK
EOT
hostile plus 76 'waits for data that was not announced' 0 <<EOT
$fetch
S: + go
EOT
peer sixty <<EOT
$fetch
S- * OK 
S* 65536 x
S:  
$five
$six
S: A2 OK
C: A3 LOGOUT
S: A3 OK
EOT
exits 0 'a line of 64 KiB is read over' mimap -a "$PEER" fetch -d "$TMP/M.sixty" 5:6
is "$(stored "$TMP/M.sixty")" 2 'and the messages come'

# --- A server that hangs after the last answer costs nothing but a moment.
peer logout <<EOT
$fetch
$five
$six
S: A2 OK
C: A3 LOGOUT
S! drop
EOT
exits 0 'LOGOUT without an answer' mimap -a "$PEER" fetch -d "$TMP/M.logout" 5:6

# --- The other verbs.
verb() {	# NAME CODE ERE verb…
	verb_name=$1 verb_code=$2 verb_ere=$3
	shift 3
	peer "$verb_name"
	exits "$verb_code" "$verb_name" mimap -a "$PEER" -o timeout=1 "$@"
	like "$(cat "$TMP/err" "$TMP/out")" "$verb_ere" "$verb_name: says so"
	is "$(LC_ALL=C tr -d '\n\t -~' <"$TMP/out" | wc -c | tr -d ' ')" 0 "$verb_name: nothing harmful comes out"
}
verb ls_nameless 76 'a mailbox without a name' ls <<EOT
$ready
C: A1 LIST "" "*"
S: * LIST () "/" (x)
EOT
verb ls_escape 0 'a\\n?' ls -l <<EOT
$ready
C: A1 LIST "" "*"
S: * LIST () "/" {14}
S- a\nb\x1b[31m../..\r\n
S: * LIST () "/" "&AAo-"
S: A1 OK
C: A2 STATUS "&AAo-" (MESSAGES UNSEEN)
S: A2 OK
C: A3 LOGOUT
S: A3 OK
EOT
verb search_flood 76 'finds more messages than INBOX holds' search <<EOT
$ready
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH ALL
S: * 5 EXISTS
S: A1 OK
S: * ESEARCH (TAG "A2") UID ALL 1:4294967295
EOT
verb search_set 76 'a search result that is no set' search <<EOT
$ready
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH ALL
S: * 5 EXISTS
S: A1 OK
S: * ESEARCH (TAG "A2") UID ALL 1:x
EOT
verb search_escape 0 '\^\[' search -l <<EOT
$ready
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH ALL
S: * 1 EXISTS
S: A1 OK
S: * SEARCH 5
S: A2 OK
C~ ^A3 UID FETCH 5
S: * 1 FETCH (UID 5 ENVELOPE (NIL "=?utf-8?q?a=1B[31m=0Ab?=" ((NIL NIL {4}
S- \x1b]0; "x\x7f"))) FLAGS (\x9b))\r\n
S: A3 OK
C: A4 LOGOUT
S: A4 OK
EOT
verb alert 0 'says: mind the gap' search <<EOT
$ready
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH ALL
S: * OK [ALERT] mind the gap
S: A1 OK
S: A2 OK
C: A3 LOGOUT
S: A3 OK
EOT
done_testing
