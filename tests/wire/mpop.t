#!/bin/sh
# SPDX-License-Identifier: ISC
# mpop's dialogue, command by command: what is sent together, what each fallback does, what is on disk and on stdout afterwards.
. "$(dirname "$0")/../lib.sh"

mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\npassword secret\nmaildir %s\n' "$TMP/M" >"$XDG_CONFIG_HOME/pennypost/config"
chmod 600 "$XDG_CONFIG_HOME/pennypost/config"

# What opens a session; the rest of the transcript is read from stdin. Each test has a mailbox (a command) and a maildir of its own.
play() {	# NAME [CAPABILITY…]
	play_name=$1
	shift
	M=$TMP/M.$play_name
	{
		printf 'S: +OK ready\nC: CAPA\nS: +OK\n'
		for play_cap; do
			printf 'S: %s\n' "$play_cap"
		done
		printf 'S: .\n'
		cat
	} | peer "$play_name"
	PEER="exec:$BUILD/tests/tools/peer $TMP/$play_name.peer"
}
user='C: USER ann
C: PASS secret
S: +OK
S: +OK'
two='C: UIDL
C+ LIST
S: +OK
S: 1 aa
S: 2 bb
S: .
S: +OK
S: 1 20
S: 2 20
S: .'
two_uids='C: UIDL
S: +OK
S: 1 aa
S: 2 bb
S: .'
one_text='S: +OK
S: Subject: one
S:
S: ..dot
S: .'
two_text='S: +OK
S: Subject: two
S:
S: body
S: .'
bye='C: QUIT
S: +OK bye'
printf 'Subject: one\n\n.dot\n' >"$TMP/one"
printf 'Subject: two\n\nbody\n' >"$TMP/two"
new() { find "$1/new" -type f 2>/dev/null | sort; }
count() { new "$1" | wc -l | tr -d ' '; }
tmp_empty() { is "$(ls "$1/tmp")" '' "$2"; }

play pipelined PIPELINING USER UIDL <<EOT
C: USER ann
C+ PASS secret
S: +OK
S: +OK
$two
C: RETR 1
C+ RETR 2
$one_text
$two_text
C: DELE 1
C+ DELE 2
C+ QUIT
S: +OK
S: +OK
S: +OK bye
EOT
exits 0 'fetches and deletes' mpop -a "$PEER" -p "$M"
peer_ok pipelined
is "$(sort "$TMP/out")" "$(new "$M")" '-p prints the paths'
is "$(cat "$TMP/err")" '' 'and nothing else is said'
# shellcheck disable=SC2046
set -- $(new "$M")
same "$1" "$TMP/one" 'the first message, dots undone, LF'
same "$2" "$TMP/two" 'the second message'
tmp_empty "$M" 'nothing is left in tmp'

play nopipe USER UIDL <<'EOT'
C: USER ann
S: +OK
C: PASS secret
S: +OK
C: UIDL
S: +OK
S: 1 aa
S: 2 bb
S: .
C: LIST
S: +OK
S: 1 20
S: 2 20
S: .
C: RETR 1
S: +OK
S: Subject: one
S:
S: ..dot
S: .
C: RETR 2
S: +OK
S: Subject: two
S:
S: body
S: .
C: DELE 1
S: +OK
C: DELE 2
S: +OK
C: QUIT
S: +OK
EOT
exits 0 'without PIPELINING one command at a time' mpop -a "$PEER" "$M"
peer_ok nopipe
is "$(count "$M")" 2 'both are there'

peer nocapa <<EOT
S: +OK ready
C: CAPA
S: -ERR what?
C: USER ann
S: +OK
C: PASS secret
S: +OK
C: UIDL
S: -ERR no
C: LIST
S: +OK
S: 1 20
S: .
C: RETR 1
$one_text
C: DELE 1
S: +OK
C: QUIT
S: +OK
EOT
exits 0 'a server with neither CAPA nor UIDL: all is fetched and deleted' mpop -a "$PEER" "$TMP/M.nocapa"
peer_ok nocapa
is "$(count "$TMP/M.nocapa")" 1 'it is there'

play nouidl PIPELINING USER <<EOT
$user
C: UIDL
C: LIST
S: -ERR no
S: +OK
S: 1 20
S: .
EOT
exits 69 'keeping needs UIDL' mpop -a "$PEER" -k "$M"
like "$(cat "$TMP/err")" '^mpop: the server has no UIDL, so what is new can.t be told' 'and says so'
peer_ok nouidl
is "$(count "$M")" 0 'and nothing was fetched'

# Kept: the second run fetches nothing, a third only what is new, a fourth deletes what is here.
keep_first="$user
$two
C: RETR 1
C: RETR 2
$one_text
$two_text
$bye"
play keep PIPELINING USER UIDL <<EOT
$keep_first
EOT
exits 0 '-k keeps' mpop -a "$PEER" -k "$M"
peer_ok keep
K=$PEER
play keep PIPELINING USER UIDL <<EOT
$user
$two_uids
$bye
EOT
exits 0 '-k again: nothing is new' mpop -a "$K" -k "$M"
peer_ok keep
is "$(count "$M")" 2 'nothing doubled'
play keep PIPELINING USER UIDL <<EOT
$user
C: UIDL
S: +OK
S: 1 bb
S: 2 cc
S: .
C: RETR 2
S: +OK 20 octets
S: Subject: one
S:
S: ..dot
S: .
$bye
EOT
exits 0 '-k with one new' mpop -a "$K" -k "$M"
peer_ok keep
like "$(cat "$M"/.pennypost-mpop-*)" "^.u:cc$(printf '\t')[0-9]+ 20 d" 'the size is told with it'
is "$(count "$M")" 3 'only that is fetched'
play keep PIPELINING USER UIDL <<EOT
$user
$two
$bye
EOT
exits 0 '-l lists' mpop -a "$K" -l "$M"
is "$(cat "$TMP/out")" "$(printf '1\taa\t20\tnew\n2\tbb\t20\tseen')" 'number, UID, size, state'
peer_ok keep
play keep PIPELINING USER UIDL <<EOT
$user
$two
$bye
EOT
exits 0 '-lj lists as JSON' mpop -a "$K" -lj "$M"
is "$(cat "$TMP/out")" '{"number":1,"uid":"aa","size":20,"state":"new"}
{"number":2,"uid":"bb","size":20,"state":"seen"}' 'one object a line'
play keep PIPELINING USER UIDL <<EOT
$user
$two_uids
$bye
EOT
exits 0 '-c counts' mpop -a "$K" -c "$M"
is "$(cat "$TMP/out")" 1 'what is new'
play keep PIPELINING USER UIDL <<EOT
$user
$two_uids
$bye
EOT
exits 0 '-cq: something is new' mpop -a "$K" -cq "$M"
is "$(cat "$TMP/out" "$TMP/err")" '' 'without a word'
play keep PIPELINING USER UIDL <<EOT
$user
C: UIDL
S: +OK
S: 1 bb
S: .
$bye
EOT
exits 1 '-cq: nothing is' mpop -a "$K" -cq "$M"
is "$(cat "$TMP/out" "$TMP/err")" '' 'without a word'
play keep PIPELINING USER UIDL <<EOT
$user
$two
$bye
EOT
exits 0 '-K 1d deletes nothing young' mpop -a "$K" -K 1d -z 1 "$M"
peer_ok keep
sed -i 's/\t[0-9]* 20 d/\t1000 20 d/' "$M"/.pennypost-mpop-*
play keep PIPELINING USER UIDL <<EOT
$user
$two
C: DELE 2
C: QUIT
S: +OK
S: +OK
EOT
exits 0 '-K 1d deletes what was fetched long ago, and nothing that was not fetched' mpop -a "$K" -K 1d -z 1 "$M"
peer_ok keep
play keep PIPELINING USER UIDL <<EOT
$user
$two
C: RETR 1
$one_text
C: DELE 1
C: DELE 2
C: QUIT
S: +OK
S: +OK
S: +OK
EOT
exits 0 'fetching and deleting after keeping: what is here is only deleted' mpop -a "$K" "$M"
peer_ok keep
is "$(count "$M")" 4 'and not fetched again'

# A UID that comes back with another size after a confirmed deletion is another message.
play keep PIPELINING USER UIDL <<EOT
$user
C: UIDL
C: LIST
S: +OK
S: 1 aa
S: 2 bb
S: .
S: +OK
S: 1 20
S: 2 21
S: .
C: RETR 2
$two_text
C: DELE 1
C: DELE 2
C: QUIT
S: +OK
S: +OK
S: +OK
EOT
exits 0 'a UID used again' mpop -a "$K" "$M"
peer_ok keep
is "$(count "$M")" 5 'is fetched; one that was not deleted is not'
play keep PIPELINING USER UIDL <<EOT
$user
$two_uids
C: LIST 1
C: LIST 2
S: +OK 1 20
S: +OK 2 22
C: RETR 2
$two_text
$bye
EOT
exits 0 'and again, where sizes are not asked for at first' mpop -a "$K" -k "$M"
peer_ok keep
is "$(count "$M")" 6 'is fetched as well'

play limits PIPELINING USER <<EOT
$user
C: UIDL
C: LIST
S: +OK
S: 1 aa
S: 2 bb
S: 3 cc
S: 4 dd
S: .
S: +OK
S: 1 20
S: 2 2000
S: 3 20
S: 4 20
S: .
C: RETR 1
C: RETR 3
$one_text
$two_text
C: DELE 1
C: DELE 3
C: QUIT
S: +OK
S: +OK
S: +OK
EOT
exits 0 '-n and -z limit a session' mpop -a "$PEER" -n 2 -z 1k "$M"
peer_ok limits
is "$(count "$M")" 2 'the others stay'

play session PIPELINING USER <<EOT
$user
C: UIDL
C: LIST
S: +OK
S: 1 aa
S: 2 bb
S: 3 cc
S: .
S: +OK
S: 1 2000
S: 2 20
S: 3 30
S: .
C: RETR 1
$one_text
C: DELE 1
C: QUIT
S: +OK
S: +OK
EOT
exits 0 '-s limits the octets of a session, but lets one come' mpop -a "$PEER" -s 1k "$M"
peer_ok session
play session PIPELINING USER <<EOT
$user
C: UIDL
C: LIST
S: +OK
S: 1 bb
S: 2 cc
S: .
S: +OK
S: 1 20
S: 2 30
S: .
C: RETR 1
$two_text
$bye
EOT
exits 0 'and when kept' mpop -a "$PEER" -k -s 40 "$M"
peer_ok session

play top PIPELINING USER TOP <<EOT
$user
$two
C: TOP 1 0
C: TOP 2 0
S: +OK
S: Subject: one
S:
S: .
S: +OK
S: Subject: two
S:
S: .
$bye
EOT
exits 0 '-H fetches headers, and keeps' mpop -a "$PEER" -H "$M"
peer_ok top
# shellcheck disable=SC2046
is "$(cat $(new "$M"))" "Subject: one

Subject: two" 'nothing but headers'

play refused PIPELINING USER <<EOT
$user
$two
C: RETR 1
C: RETR 2
S: -ERR [SYS/TEMP] disk \\x1b[31m
$two_text
C: DELE 2
C: QUIT
S: +OK
S: +OK
EOT
exits 75 'a message that the server does not give' mpop -a "$PEER" "$M"
peer_ok refused
like "$(cat "$TMP/err")" '^mpop: message 1 \(UID aa\) stays on the server: RETR refused by .*disk ' 'is named'
unlike "$(cat "$TMP/err")" "$(printf '\033')" 'with nothing alive in it'
is "$(count "$M")" 1 'the other is fetched and deleted'

play dele PIPELINING USER <<EOT
$user
$two
C: RETR 1
C: RETR 2
$one_text
$two_text
C: DELE 1
C: DELE 2
C: QUIT
S: -ERR locked
S: +OK
S: +OK
EOT
exits 69 'a deletion that is refused is told' mpop -a "$PEER" "$M"
like "$(cat "$TMP/err")" '^mpop: message 1 \(UID aa\) stays on the server: DELE refused' 'with its message'
peer_ok dele

play quit PIPELINING USER <<EOT
$user
$two
C: RETR 1
C: RETR 2
$one_text
$two_text
C: DELE 1
C: DELE 2
C: QUIT
S: +OK
S: +OK
S: -ERR some deleted messages not removed
EOT
exits 75 'QUIT refused' mpop -a "$PEER" "$M"
like "$(cat "$TMP/err")" '^mpop: 2 safe here, but the server did not confirm the deletion; the next run deletes what is left: ' 'is told'
peer_ok quit
Q=$PEER
play quit PIPELINING USER <<EOT
$user
$two
C: DELE 1
C: DELE 2
C: QUIT
S: +OK
S: +OK
S: +OK
EOT
exits 0 'the next run' mpop -a "$Q" "$M"
peer_ok quit
is "$(count "$M")" 2 'deletes them and fetches nothing again'
play quit PIPELINING USER <<EOT
$user
C: UIDL
C: LIST
S: +OK
S: .
S: +OK
S: .
$bye
EOT
exits 0 'an empty mailbox' mpop -a "$Q" "$M"
peer_ok quit
unlike "$(cat "$M"/.pennypost-mpop-*)" '^\+u:aa.* x .*\+u:aa' 'is no news'

# Two messages with one UID are both fetched.
play twins PIPELINING USER <<EOT
$user
C: UIDL
C: LIST
S: +OK
S: 1 aa
S: 2 aa
S: .
S: +OK
S: 1 20
S: 2 20
S: .
C: RETR 1
C: RETR 2
$one_text
$two_text
C: DELE 1
C: DELE 2
C: QUIT
S: +OK
S: +OK
S: +OK
EOT
exits 0 'messages that share a UID are all fetched' mpop -a "$PEER" "$M"
like "$(cat "$TMP/err")" '^mpop: 2 messages share their UID with another' 'with a warning'
peer_ok twins
is "$(count "$M")" 2 'both are there'
TWINS="C: UIDL
C: LIST
S: +OK
S: 1 aa
S: 2 aa
S: .
S: +OK
S: 1 20
S: 2 20
S: ."
play ktwins PIPELINING USER <<EOT
$user
$TWINS
C: RETR 1
C: RETR 2
$one_text
$two_text
$bye
EOT
exits 0 'kept, both are fetched' mpop -a "$PEER" -k "$M"
play ktwins PIPELINING USER <<EOT
$user
C: UIDL
S: +OK
S: 1 aa
S: 2 aa
S: .
C: LIST 1
C: LIST 2
S: +OK 1 20
S: +OK 2 20
$bye
EOT
exits 0 'and known the next time' mpop -a "$PEER" -k "$M"
peer_ok ktwins
is "$(count "$M")" 2 'once each'

play nouid PIPELINING USER <<EOT
$user
C: UIDL
C: LIST
S: +OK
S: 1
S: 2 bb
S: .
S: +OK
S: 1 20
S: 2 20
S: .
C: RETR 2
$two_text
$bye
EOT
exits 0 '-k and a message without a UID' mpop -a "$PEER" -k "$M"
like "$(cat "$TMP/err")" '^mpop: 1 messages have no usable UID' 'is told'
peer_ok nouid

# Commands and pipes.
play command PIPELINING USER <<EOT
$user
$two
C: RETR 1
C: RETR 2
$one_text
$two_text
C: DELE 2
C: QUIT
S: +OK
S: +OK
EOT
printf '#!/bin/sh\ncat >"%s/taken"\n! grep -q "one" "%s/taken" || exit 75\ncp "%s/taken" "%s/last"\n' "$TMP" "$TMP" "$TMP" "$TMP" >"$TMP/mda"
exits 75 '-e: a message that the command does not take stays' mpop -a "$PEER" -e "sh $TMP/mda"
like "$(cat "$TMP/err")" '^mpop: message 1 \(UID aa\) stays on the server: the command exited with 75' 'and is named'
same "$TMP/last" "$TMP/two" 'the other was taken'
peer_ok command
C=$PEER
play command PIPELINING USER <<EOT
$user
C: UIDL
C: LIST
S: +OK
S: 1 aa
S: .
S: +OK
S: 1 20
S: .
C: RETR 1
$one_text
C: DELE 1
C: QUIT
S: +OK
S: +OK
EOT
exits 0 'it comes again' mpop -a "$C" -e "cat >$TMP/last"
same "$TMP/last" "$TMP/one" 'until it is taken'
peer_ok command

play slow PIPELINING USER <<EOT
$user
C: UIDL
C: LIST
S: +OK
S: 1 aa
S: .
S: +OK
S: 1 20
S: .
C: RETR 1
$one_text
EOT
exits 75 'a command that does not end, and a deadline' mpop -a "$PEER" -o deadline=2 -e 'exec sleep 60'
like "$(cat "$TMP/err")" 'the command: timed out$' 'it is ended'

play mbox PIPELINING USER <<EOT
$user
$two
C: RETR 1
C: RETR 2
S: +OK
S: Subject: one
S:
S: From me
S: >From you
S: .
$two_text
C: DELE 1
C: DELE 2
C: QUIT
S: +OK
S: +OK
S: +OK
EOT
exits 0 '- writes an mbox' mpop -a "$PEER" -
sed 's/^From MAILER-DAEMON .*/From -/' "$TMP/out" >"$TMP/mbox"
is "$(cat "$TMP/mbox")" 'From -
Subject: one

>From me
>>From you

From -
Subject: two

body' 'quoted as mboxrd'
peer_ok mbox

# A reader that goes away after a line: nothing is deleted.
play epipe PIPELINING USER <<EOT
$user
$two
C: RETR 1
C: RETR 2
S: +OK
S* 200000 x
S:
S: .
$two_text
EOT
{ mpop -a "$PEER" - 2>"$TMP/err"; echo "$?" >"$TMP/code"; } | head -c 1 >/dev/null
is "$(cat "$TMP/code")" 74 'a reader that goes away ends the run'
like "$(cat "$TMP/err")" '^mpop: standard output: ' 'with a message'
peer_ok epipe

# One run at a time.
play lock PIPELINING USER <<EOT
$user
S! stall
EOT
mpop -a "$PEER" "$M" 2>"$TMP/err1" &
first=$!
locked() { ls "$M"/.pennypost-mpop-* && ! flock -n "$M"/.pennypost-mpop-* true; }
await 10 locked
exits 75 'a second run at the same time' mpop -a "$PEER" "$M"
like "$(cat "$TMP/err")" '^mpop: .*\.pennypost-mpop-.* is in use by another run' 'says so'
kill "$first"
wait "$first" 2>/dev/null

# Words that do not go together.
for wrong in '-j' '-q' '-cqj' '-s 0' '-p -' '-p -e cat' '-e cat M' 'M N' '-n 0' '-n x' '-z 0' '-K x' '-x' '-z'; do
	# shellcheck disable=SC2086
	exits 64 "misuse: mpop $wrong" mpop -a exec:false $wrong
done
done_testing
