#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap watch's dialogue: what happens while it is told, what is found after a connection was lost, and servers that do it wrong.
. "$(dirname "$0")/../lib.sh"

mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\npassword secret\n' >"$XDG_CONFIG_HOME/pennypost/config"
chmod 600 "$XDG_CONFIG_HOME/pennypost/config"

# A server that plays the next transcript for each connection: NAME.1, NAME.2 … and then refuses the password, which is the end.
cat >"$TMP/serve" <<EOT
#!/bin/sh
echo x >>"$TMP/\$1.count"
n=\$(wc -l <"$TMP/\$1.count" | tr -d ' ')
[ -e "$TMP/\$1.\$n.peer" ] || { cp "$TMP/end" "$TMP/\$1.\$n.peer"; }
exec "$BUILD/tests/tools/peer" "$TMP/\$1.\$n.peer"
EOT
chmod +x "$TMP/serve"
cat >"$TMP/end" <<'EOT'
S: * OK [CAPABILITY IMAP4rev1] ready
C: A1 LOGIN "ann" "secret"
S: A1 NO [AUTHENTICATIONFAILED] no more
EOT

play() {	# NAME NUMBER CAPABILITIES: the rest of that connection's transcript is on stdin
	rm -f "$TMP/$1.$2.peer.result"
	{
		printf 'S: * PREAUTH [CAPABILITY IMAP4rev1 %s] ready\n' "$3"
		cat
	} >"$TMP/$1.$2.peer"
}
watch() {	# CODE NAME [options…] watch …
	watch_code=$1 watch_name=$2
	shift 2
	exits "$watch_code" "$watch_name" mimap -a "exec:$TMP/serve $watch_name" "$@"
	for watch_peer in "$TMP/$watch_name".*.peer; do
		[ "$watch_peer" = "$TMP/$watch_name.$(wc -l <"$TMP/$watch_name.count" | tr -d ' ').peer" ] && continue
		await 5 test -s "$watch_peer.result"
		is "$(cat "$watch_peer.result" 2>&1)" ok "$(basename "$watch_peer" .peer): the dialogue went as written"
	done
}
events() { printf '%b' "$*" >"$TMP/want"; same "$TMP/out" "$TMP/want" "$watch_name: what is told"; }

open='C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH ALL
S: * 3 EXISTS
S: * OK [UIDVALIDITY 7] valid
S: * OK [UIDNEXT 8] next
S: A1 OK [READ-ONLY] open
S: * SEARCH 2 4 5
S: A2 OK
C: A3 IDLE
S: + idling'

# --- What is told in IDLE.
play idle 1 IDLE <<EOT
$open
S: * OK still here
S: * 4 EXISTS
S: * 1 RECENT
C: DONE
C+ A4 UID FETCH 8:* (UID FLAGS)
S: A3 OK
S: * 4 FETCH (UID 9 FLAGS (\\Recent \\Flagged \$Forwarded))
S: * 2 FETCH (FLAGS (\\Seen))
S: A4 OK
C: A5 IDLE
S: + idling
S: * 2 FETCH (FLAGS (\\Seen \\Answered))
S: * 2 EXPUNGE
S: * 2 FETCH (FLAGS ())
S: * VANISHED 2
S: * FLAGS (x)
S: * 2 EXISTS
S: * 9 FETCH (FLAGS (\\Seen))
S: * BYE enough
EOT
watch 77 idle watch
events 'INBOX\tflags\t4\tseen\nINBOX\tnew\t9\tflagged,$Forwarded\nINBOX\tflags\t4\tseen,answered\nINBOX\texpunge\t4\t-\nINBOX\tflags\t5\t-\nINBOX\texpunge\t2\t-\n'
unlike "$(cat "$TMP/err")" 'trying again' 'a connection that is lost and comes back is not worth a word'

# The one answer to FETCH n:* where there is nothing new is the last message.
play nothing 1 IDLE <<EOT
$open
S: * 4 EXISTS
C: DONE
C+ A4 UID FETCH 8:* (UID FLAGS)
S: A3 OK
S: * 3 FETCH (UID 5 FLAGS (\\Seen))
S: * 4 EXPUNGE
S: A4 OK
C: A5 IDLE
S: + idling
S! drop
EOT
watch 77 nothing watch
events ''

# --- After a connection was lost.
play back 1 IDLE <<EOT
$open
S! drop
EOT
play back 2 IDLE <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH ALL
C+ A3 UID FETCH 8:* (UID FLAGS)
S: * 4 EXISTS
S: * OK [UIDVALIDITY 7] valid
S: * OK [UIDNEXT 12] next
S: A1 OK [READ-ONLY] open
S: * SEARCH 4 5 8 11
S: A2 OK
S: * 3 FETCH (UID 8 FLAGS ())
S: * 4 FETCH (UID 11 FLAGS (\\Draft))
S: A3 OK
C: A4 IDLE
S: + idling
S! drop
EOT
watch 77 back watch
events 'INBOX\texpunge\t2\t-\nINBOX\tnew\t8\t-\nINBOX\tnew\t11\tdraft\n'

play condstore 1 'IDLE CONDSTORE ESEARCH' <<EOT
C: A1 EXAMINE "INBOX" (CONDSTORE)
C+ A2 UID SEARCH RETURN (ALL) ALL
S: * 3 EXISTS
S: * OK [UIDVALIDITY 7] valid
S: * OK [UIDNEXT 8] next
S: * OK [HIGHESTMODSEQ 100] highest
S: A1 OK [READ-ONLY] open
S: * ESEARCH (TAG "A2") UID ALL 2,4:5
S: A2 OK
C: A3 IDLE
S: + idling
S: * 1 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (105))
S! drop
EOT
play condstore 2 'IDLE CONDSTORE ESEARCH' <<EOT
C: A1 EXAMINE "INBOX" (CONDSTORE)
C+ A2 UID SEARCH RETURN (ALL) ALL
C+ A3 UID FETCH 8:* (UID FLAGS MODSEQ)
C+ A4 UID FETCH 1:7 (UID FLAGS) (CHANGEDSINCE 105)
S: * 3 EXISTS
S: * OK [UIDVALIDITY 7] valid
S: * OK [UIDNEXT 8] next
S: * OK [HIGHESTMODSEQ 110] highest
S: A1 OK [READ-ONLY] open
S: * ESEARCH (TAG "A2") UID ALL 2,4:5
S: A2 OK
S: * 3 FETCH (UID 5 FLAGS (\\Seen) MODSEQ (90))
S: A3 OK
S: * 2 FETCH (UID 4 FLAGS (\\Flagged) MODSEQ (110))
S: A4 OK
C: A5 IDLE
S: + idling
S! drop
EOT
watch 77 condstore watch
events 'INBOX\tflags\t2\tseen\nINBOX\tflags\t4\tflagged\n'

play reset 1 IDLE <<EOT
$open
S! drop
EOT
play reset 2 IDLE <<EOT
C: A1 EXAMINE "INBOX"
C+ A2 UID SEARCH ALL
C+ A3 UID FETCH 8:* (UID FLAGS)
S: * 1 EXISTS
S: * OK [UIDVALIDITY 8] valid
S: * OK [UIDNEXT 2] next
S: A1 OK
S: * SEARCH 1
S: A2 OK
S: * 1 FETCH (UID 1 FLAGS ())
S: A3 OK
C: A4 IDLE
S: + idling
S: * 2 EXISTS
C: DONE
C+ A5 UID FETCH 2:* (UID FLAGS)
S: A4 OK
S: * 2 FETCH (UID 2 FLAGS ())
S: A5 OK
S! drop
EOT
watch 77 reset watch
events 'INBOX\treset\t-\t-\nINBOX\tnew\t2\t-\n'

# A look that is cut short is as if it had not been: what it told comes once.
play cut 1 IDLE <<EOT
$open
S: * 4 EXISTS
C: DONE
C: A4 UID FETCH 8:* (UID FLAGS)
S: A3 OK
S: * 4 FETCH (UID 8 FLAGS ())
S! drop
EOT
play cut 2 IDLE <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH ALL
C: A3 UID FETCH 8:* (UID FLAGS)
S: * 4 EXISTS
S: * OK [UIDVALIDITY 7] valid
S: A1 OK
S: * SEARCH 2 4 5 8
S: A2 OK
S: * 4 FETCH (UID 8 FLAGS ())
S: A3 OK
S! drop
EOT
watch 77 cut watch
events 'INBOX\tnew\t8\t-\n'

# --- Time.
play renew 1 IDLE <<EOT
$open
C: DONE
S: * 1 EXPUNGE
S: A3 OK
C: A4 IDLE
S: + idling
C: DONE
S! stall
EOT
watch 77 renew -o watch-idle=1 -o timeout=1 watch
events 'INBOX\texpunge\t2\t-\n'
exits 64 'an IDLE of half an hour is too long' mimap -a "exec:$TMP/serve renew" -o watch-idle=30m watch
play noop 1 '' <<EOT
$(echo "$open" | sed '$d' | sed '$d')
C: A3 NOOP
S: * 4 EXISTS
S: * 1 FETCH (FLAGS (\\Seen))
S: A3 OK
C: A4 UID FETCH 8:* (UID FLAGS)
S: * 4 FETCH (UID 8 FLAGS ())
S: A4 OK
C: A5 NOOP
S: A5 OK
S! drop
EOT
watch 77 noop -o watch-poll=1 watch
events 'INBOX\tflags\t2\tseen\nINBOX\tnew\t8\t-\n'

# --- Compressed: what waits inside the expander is heard as well.
if "$BUILD/tests/unit/deflate" | grep -q 'SKIP built without zlib'; then
	skip 'compressed' 'built without zlib'
else
	play packed 1 'IDLE COMPRESS=DEFLATE' <<-EOT
		C: A1 COMPRESS DEFLATE
		S: A1 OK
		S! deflate
		$(echo "$open" | perl -pe 's/A(\d+)/"A".($1+1)/ge')
		S- * 1 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (FLAGS (\\Draft))\r\n* 4 EXISTS\r\n
		C: DONE
		C: A5 UID FETCH 8:* (UID FLAGS)
		S: A4 OK
		S: * 4 FETCH (UID 8 FLAGS ())
		S: A5 OK
		C: A6 IDLE
		S: + idling
		S: * 4 EXPUNGE
		S! drop
	EOT
	watch 77 packed -o compress=on watch
	events 'INBOX\tflags\t2\tseen\nINBOX\tflags\t2\tdraft\nINBOX\tnew\t8\t-\nINBOX\texpunge\t8\t-\n'
fi

# --- Servers that offer IDLE and do not mean it.
play refused 1 IDLE <<EOT
$(echo "$open" | sed '$d')
S: A3 NO not today
C: A4 NOOP
S: A4 OK
S! drop
EOT
watch 77 refused -o watch-poll=1 watch
events ''
play short 1 IDLE <<EOT
$open
S: A3 OK that was it
C: A4 IDLE
S: + idling
S: A4 OK that was it
C: A5 IDLE
S: + idling
S: A5 OK that was it
C: A6 NOOP
S: A6 OK
S! drop
EOT
watch 77 short -o watch-poll=1 watch
events ''

# --- Servers that break: another connection is made, and what is wrong with the first one is not the end.
broken() {	# NAME <<what happens in IDLE
	{
		printf '%s\n' "$open"
		cat
	} | play "$1" 1 IDLE
	watch 77 "$1" -o timeout=1 watch
	events ''
	is "$(LC_ALL=C tr -d '\n\t -~' <"$TMP/err" | wc -c | tr -d ' ')" 0 "$1: nothing harmful comes out"
}
broken garbage <<'EOT'
S: \x1b]0;\x07\xff garbage
EOT
broken endless <<'EOT'
S- * OK 
S* 70000 x
EOT
broken half <<'EOT'
S- * 4 EXI
S! stall
EOT
broken literal <<'EOT'
S: * 4 FETCH (X {4294967296}
EOT
broken foreign <<'EOT'
S: A9 OK who
EOT
broken plus <<'EOT'
S: + go on
EOT
broken hugecount <<'EOT'
S: * 4294967295 EXISTS
C: DONE
C: A4 UID FETCH 8:* (UID FLAGS)
S: A3 OK
S: A4 OK
C: A5 UID FETCH 8:* (UID FLAGS)
S: A5 OK
C: A6 IDLE
S: + idling
S! drop
EOT
broken alert <<'EOT'
S: * OK [ALERT] \x1b[31m mind the gap
S! drop
EOT
like "$(cat "$TMP/err")" 'says: .* mind the gap' 'an alert is shown'
play toomany 1 IDLE <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH ALL
S: * 3 EXISTS
S: A1 OK
S: * SEARCH 1 2 3 4 5
S: A2 OK
EOT
exits 76 'a server that finds more than there is, at the first attempt' mimap -a "exec:$TMP/serve toomany" watch
like "$(cat "$TMP/err")" 'more messages than INBOX holds' 'is told so'
play missing 1 IDLE <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH ALL
S: A1 NO [NONEXISTENT] no such
S: A2 BAD nothing is open
C: A3 LOGOUT
S: A3 OK
EOT
exits 69 'a mailbox that is not there' mimap -a "exec:$TMP/serve missing" watch
like "$(cat "$TMP/err")" 'refused to open the mailbox INBOX: "no such"' 'is told so'
play gone 1 IDLE <<EOT
$open
S: * BYE Mailbox was deleted under us
EOT
play gone 2 IDLE <<EOT
C: A1 EXAMINE "INBOX"
C: A2 UID SEARCH ALL
C: A3 UID FETCH 8:* (UID FLAGS)
S: A1 NO [NONEXISTENT] no such
S: A2 BAD nothing is open
S: A3 BAD nothing is open
C: A4 LOGOUT
S: A4 OK
EOT
exits 69 'a mailbox that goes' mimap -a "exec:$TMP/serve gone" watch
watch_name=gone
events 'INBOX\tdeleted\t-\t-\n'

# What is between us and the server may be none of its doing: nobody is in a hotel for ever.
play hotel 1 IDLE <<EOT
$open
S! drop
EOT
cat >"$TMP/hotel.2.peer" <<EOT
S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] log in to our network
EOT
watch 77 hotel watch
is "$(wc -l <"$TMP/hotel.count" | tr -d ' ')" 3 'a stranger in between does not end it, a refused password does'

# --- A server that drops each connection right away is not tried all the time.
for i in 1 2 3 4 5 6 7 8 9; do
	play hot "$i" IDLE <<-'EOT'
		S! drop
	EOT
done
exits 0 'until the deadline' mimap -a "exec:$TMP/serve hot" -o deadline=3 watch
ok "at most five connections in three seconds (it was $(wc -l <"$TMP/hot.count"))" test "$(wc -l <"$TMP/hot.count")" -le 5
is "$(grep -c 'trying again' "$TMP/err")" 1 'and that is said once'

# --- NOTIFY.
boxes='S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1)
S: * STATUS Lists (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)'
looks='C: A2 EXAMINE "INBOX"
C: A3 UID SEARCH ALL
C: A4 UNSELECT
C: A5 STATUS "INBOX" (MESSAGES UIDNEXT UIDVALIDITY)
C: A6 EXAMINE "Lists"
C: A7 UID SEARCH ALL
C: A8 UNSELECT
C: A9 STATUS "Lists" (MESSAGES UIDNEXT UIDVALIDITY)
S: * 1 EXISTS
S: * OK [UIDVALIDITY 1] valid
S: * OK [UIDNEXT 2] next
S: A2 OK
S: * SEARCH 1
S: A3 OK
S: A4 OK
S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1)
S: A5 OK
S: * 0 EXISTS
S: * OK [UIDVALIDITY 1] valid
S: * OK [UIDNEXT 1] next
S: A6 OK
S: * SEARCH
S: A7 OK
S: A8 OK
S: * STATUS Lists (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)
S: A9 OK'
play notify 1 'NOTIFY UNSELECT IDLE' <<EOT
C: A1 NOTIFY SET STATUS (mailboxes ("INBOX" "Lists") (MessageNew MessageExpunge FlagChange MailboxName))
$boxes
S: A1 OK
$looks
S: * STATUS Elsewhere (MESSAGES 9)
S: * STATUS Lists (MESSAGES 1 UIDNEXT 4 UIDVALIDITY 1)
C: A10 EXAMINE "Lists"
C: A11 UID SEARCH ALL
C: A12 UID FETCH 1:* (UID FLAGS)
C: A13 UNSELECT
C: A14 STATUS "Lists" (MESSAGES UIDNEXT UIDVALIDITY)
S: * 1 EXISTS
S: * OK [UIDVALIDITY 1] valid
S: * OK [UIDNEXT 4] next
S: A10 OK
S: * SEARCH 3
S: A11 OK
S: * 1 FETCH (UID 3 FLAGS ())
S: * STATUS INBOX (MESSAGES 0 UIDNEXT 2)
S: A12 OK
S: A13 OK
S: * STATUS Lists (MESSAGES 1 UIDNEXT 4 UIDVALIDITY 1)
S: A14 OK
C: A15 EXAMINE "INBOX"
C: A16 UID SEARCH ALL
C: A17 UID FETCH 2:* (UID FLAGS)
C: A18 UNSELECT
C: A19 STATUS "INBOX" (MESSAGES UIDNEXT UIDVALIDITY)
S: * 0 EXISTS
S: * OK [UIDVALIDITY 1] valid
S: * OK [UIDNEXT 2] next
S: A15 OK
S: * SEARCH
S: A16 OK
S: A17 OK
S: A18 OK
S: * STATUS INBOX (MESSAGES 0 UIDNEXT 2 UIDVALIDITY 1)
S: A19 OK
S: * OK [NOTIFICATIONOVERFLOW] too much
C: A20 STATUS "INBOX" (MESSAGES UIDNEXT UIDVALIDITY)
C: A21 STATUS "Lists" (MESSAGES UIDNEXT UIDVALIDITY)
S: * STATUS INBOX (MESSAGES 0 UIDNEXT 2 UIDVALIDITY 1)
S: A20 OK
S: * STATUS Lists (MESSAGES 1 UIDNEXT 4 UIDVALIDITY 1)
S: A21 OK
C: A22 STATUS "INBOX" (MESSAGES UIDNEXT UIDVALIDITY)
C: A23 STATUS "Lists" (MESSAGES UIDNEXT UIDVALIDITY)
S! drop
EOT
watch 77 notify -o watch-poll=1 watch INBOX Lists
events 'Lists\tnew\t3\t-\nINBOX\texpunge\t1\t-\n'
play badevent 1 'NOTIFY UNSELECT' <<EOT
C: A1 NOTIFY SET STATUS (mailboxes ("INBOX" "Lists") (MessageNew MessageExpunge FlagChange MailboxName))
S: A1 NO [BADEVENT (MessageNew MessageExpunge)] not those
C: A2 NOTIFY SET STATUS (mailboxes ("INBOX" "Lists") (MessageNew MessageExpunge))
$boxes
S: A2 OK
C: A3 EXAMINE "INBOX"
S! drop
EOT
watch 77 badevent watch INBOX Lists
events ''
play nonotify 1 'NOTIFY UNSELECT' <<EOT
C: A1 NOTIFY SET STATUS (mailboxes ("INBOX" "Lists") (MessageNew MessageExpunge FlagChange MailboxName))
S: A1 BAD what
C: A2 NOTIFY SET STATUS (mailboxes ("INBOX" "Lists") (MessageNew MessageExpunge))
S: A2 BAD what
C: A3 STATUS "INBOX" (MESSAGES UIDNEXT UIDVALIDITY)
C: A4 STATUS "Lists" (MESSAGES UIDNEXT UIDVALIDITY)
$boxes
S: A3 OK
S: A4 OK
$(echo "$looks" | perl -pe 's/A(\d+)/"A".($1+3)/ge')
S! drop
EOT
watch 77 nonotify watch INBOX Lists
events ''
play names 1 'NOTIFY UNSELECT' <<EOT
C: A1 LIST "" "*"
S: * LIST () "/" Lists/a
S: * LIST () "/" Other
S: A1 OK
C: A2 NOTIFY SET STATUS (personal (MessageNew MessageExpunge FlagChange MailboxName))
S: * STATUS Lists/a (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)
S: * STATUS Other (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)
S: A2 OK
C: A3 EXAMINE "Lists/a"
C: A4 UID SEARCH ALL
C: A5 UNSELECT
C: A6 STATUS "Lists/a" (MESSAGES UIDNEXT UIDVALIDITY)
S: * OK [UIDVALIDITY 1] valid
S: * OK [UIDNEXT 1] next
S: A3 OK
S: A4 OK
S: A5 OK
S: * STATUS Lists/a (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)
S: A6 OK
S: * LIST () "/" Elsewhere
S: * LIST () "/" Lists/new
C: A7 EXAMINE "Lists/new"
C: A8 UID SEARCH ALL
C: A9 UID FETCH 1:* (UID FLAGS)
C: A10 UNSELECT
C: A11 STATUS "Lists/new" (MESSAGES UIDNEXT UIDVALIDITY)
S: * 1 EXISTS
S: * OK [UIDVALIDITY 2] valid
S: * OK [UIDNEXT 2] next
S: A7 OK
S: * SEARCH 1
S: A8 OK
S: * 1 FETCH (UID 1 FLAGS ())
S: A9 OK
S: A10 OK
S: * STATUS Lists/new (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 2)
S: A11 OK
S: * LIST () "/" Lists/newer ("OLDNAME" ("Lists/new"))
S: * LIST (\\NonExistent) "/" Lists/new
C: A12 EXAMINE "Lists/newer"
C: A13 UID SEARCH ALL
C: A14 UNSELECT
C: A15 STATUS "Lists/newer" (MESSAGES UIDNEXT UIDVALIDITY)
S: * 1 EXISTS
S: * OK [UIDVALIDITY 2] valid
S: * OK [UIDNEXT 2] next
S: A12 OK
S: * SEARCH 1
S: A13 OK
S: A14 OK
S: * STATUS Lists/newer (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 2)
S: A15 OK
S! drop
EOT
watch 77 names watch 'Lists/*'
events 'Lists/new\tcreated\t-\t-\nLists/new\tnew\t1\t-\nLists/newer\tcreated\t-\t-\nLists/new\tdeleted\t-\t-\n'

# --- Misuse.
exits 64 'an event that there is not' mimap -a "exec:$TMP/serve no" watch -t old
exits 64 '-s without a command' mimap -a "exec:$TMP/serve no" watch -s
exits 64 '-j with a command' mimap -a "exec:$TMP/serve no" watch -j -e true
exits 64 'a mailbox with a line end' mimap -a "exec:$TMP/serve no" watch 'a
b'
done_testing
