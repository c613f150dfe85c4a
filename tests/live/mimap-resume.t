#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap fetch over connections that break: the message under way goes on where it was cut, nothing comes twice, nothing is lost.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mpop.sh"

live_dovecot
live_config
fill 5 1
perl -e 'print "Subject: big\n\n"; print "x" x 75, "\n" for 1 .. 40000' >"$MAILROOT/ann/Maildir/new/1700000003.M9.test"
[ "$(id -un)" = "$live_user" ] || chown -R "$live_user" "$MAILROOT/ann"
sums "$MAILROOT/ann/Maildir/new" >"$TMP/sent"
big=$(mimap search subject:big)

# A proxy that cuts each connection after so many octets to the client; its port in $PORT, a line for each connection in $TMP/turns.
cut_after() {	# OCTETS CONNECTIONS
	rm -f "$TMP/port" "$TMP/turns"
	"$BUILD/tests/tools/turns" --to "127.0.0.1:$IMAPS" --report "$TMP/turns" --connections "$2" --cut-down "$1" >"$TMP/port" &
	turns_pid=$!
	at_exit "kill $turns_pid 2>/dev/null"
	await 10 test -s "$TMP/port"
	PORT=$(cat "$TMP/port")
}
through() { mimap -a "imaps://ann@localhost:$PORT" -o 'password=!echo secret' "$@"; }
down() { awk -F'down=' '{ n += $2 } END { print n + 0 }' "$TMP/turns"; }

# --- 3 MB, cut every 700,000 octets: five connections, and not much more than the message goes over the line.
cut_after 700000 100
exits 0 'a message of 3 MB over connections of 700 KB' through fetch -d "$TMP/M" -p 1:*
is "$(wc -l <"$TMP/out" | tr -d ' ')" 6 'all messages are here'
sums "$TMP/M/new" >"$TMP/got"
same "$TMP/got" "$TMP/sent" 'byte for byte'
is "$(find "$TMP/M/tmp" -type f | wc -l | tr -d ' ')" 0 'nothing is left behind'
kill "$turns_pid"
wait "$turns_pid" 2>/dev/null
count=$(wc -l <"$TMP/turns" | tr -d ' ')
ok "in five or six connections ($count)" test "$count" -ge 5 -a "$count" -le 6
ok "nothing came twice ($(down) octets)" test "$(down)" -lt 3300000
cut_after 700000 100
exits 0 'to standard output' through fetch -d - "$big"
same "$TMP/out" "$MAILROOT/ann/Maildir/new/1700000003.M9.test" 'the message as it is'
kill "$turns_pid"
wait "$turns_pid" 2>/dev/null

# --- With nothing new the last message, which n:* always holds, is not fetched to be thrown away.
exits 0 'all of it' mimap fetch -d "$TMP/K"
mimap -v fetch -d "$TMP/K" 2>"$TMP/err"
unlike "$(cat "$TMP/err")" '^C: A[0-9]* UID FETCH' 'nothing is asked for when there is nothing new'
mimap -v fetch -d "$TMP/K" 1:* 2>"$TMP/err"
unlike "$(cat "$TMP/err")" '^C: A[0-9]* UID FETCH' 'nor by a range'

# --- A line that brings nothing is not tried for ever.
cut_after 9000 100
exits 75 'connections that break at once' through fetch -d "$TMP/N" "$big"
like "$(cat "$TMP/err")" 'connection cut|closed the connection|lost' 'that is said'
kill "$turns_pid"
wait "$turns_pid" 2>/dev/null
ok "after few of them ($(wc -l <"$TMP/turns"))" test "$(wc -l <"$TMP/turns")" -le 3
exits 0 'another run' mimap fetch -d "$TMP/N" -p 1:*
is "$(wc -l <"$TMP/out" | tr -d ' ')" 6 'fetches all of it'
done_testing
