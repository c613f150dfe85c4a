#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap watch over a real Dovecot: what another client does is told, each thing once, by whichever extension there is; what happens while
# the server is away is told when it is back; what ends it.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"

live_dovecot
live_config
{
	printf 'account lmtp\n\tsend\tlmtp+unix:%s\n\tfrom\tann@example.org\n' "$LMTP_SOCK"
} >>"$XDG_CONFIG_HOME/pennypost/config"
inbox=$MAILROOT/ann/Maildir

deliver() {	# MAILBOX…: a message each
	for deliver_to; do
		printf 'Subject: news\nFrom: bob@example.org\n\nhello\n' | mimap -m "$deliver_to" put >/dev/null
	done
}
# start NAME options…: in the background; its events in $TMP/NAME, its trace in $TMP/NAME.err
start() {
	start_name=$1
	shift
	: >"$TMP/$start_name.err"
	mimap -v "$@" >"$TMP/$start_name" 2>"$TMP/$start_name.err" &
	start_pid=$!
	at_exit "kill $start_pid 2>/dev/null"
}
said() { [ "$(grep -c "$2" "$TMP/$1.err")" -ge "$3" ]; }
is_ready() { await 10 said "$1" "$2" "$3" || note "$1 did not get so far: $(cat "$TMP/$1.err")"; }	# NAME ERE COUNT
has_lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
told() {	# NAME COUNT LINES WHAT
	await 10 has_lines "$TMP/$1" "$2"
	printf '%b' "$3" >"$TMP/want"
	sort "$TMP/$1" >"$TMP/got"
	sort "$TMP/want" >"$TMP/want.sorted"
	same "$TMP/got" "$TMP/want.sorted" "$1: $4"
}
stop() {	# NAME: in good order
	kill -TERM "$start_pid"
	wait "$start_pid"
	is "$?" 0 "$1: SIGTERM ends it with 0"
	like "$(cat "$TMP/$1.err")" '^C: A[0-9]+ LOGOUT' "$1: and in good order"
	unlike "$(cat "$TMP/$1.err")" 'secret' "$1: no secret was shown"
}

# Its processes that serve somebody would go on for some seconds.
cut_off() {
	cut_off_pids=$(ps -e -o pid= -o ppid= | awk -v master="$dovecot_pid" '$2 == master { print $1 }')
	live_dovecot_stop
	# shellcheck disable=SC2086
	kill $cut_off_pids 2>/dev/null
}

exits 0 'folders' mimap mkdir Lists Lists/c Sent
deliver INBOX INBOX

# --- One mailbox: IDLE.
start idle watch
is_ready idle '^S: + idling' 1
printf 'Subject: by LMTP\n\nhello\n' | msend -a lmtp ann
await 10 has_lines "$TMP/idle" 1
exits 0 'another client marks it' mimap flag +flagged 3
await 10 has_lines "$TMP/idle" 2
exits 0 'and removes another' mimap rm -f 1
told idle 3 'INBOX\tnew\t3\t-\nINBOX\tflags\t3\tflagged\nINBOX\texpunge\t1\t-\n' 'new mail, flags, what has gone'

# The server goes away; a message comes, one goes, flags change, and it is back.
cut_off
rm "$(find "$inbox/cur" "$inbox/new" -type f ! -name '*:2,*F*' | head -n 1)"
printf 'Subject: meanwhile\n\nhello\n' >"$inbox/new/1700000000.meanwhile.test"
for file in "$inbox"/cur/*:2,F; do mv "$file" "${file}S"; done
[ "$(id -un)" = "$live_user" ] || chown -R "$live_user" "$MAILROOT/ann"
live_dovecot_start
told idle 6 'INBOX\tnew\t3\t-\nINBOX\tflags\t3\tflagged\nINBOX\texpunge\t1\t-\nINBOX\texpunge\t2\t-\nINBOX\tnew\t4\t-\nINBOX\tflags\t3\tflagged,seen\n' \
	'what happened while the server was away is told once'
is_ready idle '^S: + idling' "$(($(grep -c '^C: A[0-9]* IDLE' "$TMP/idle.err")))"
stop idle

# --- Several: NOTIFY, over one connection; without it a connection each; without IDLE now and then.
several() {	# NAME READY COUNT options…
	several_name=$1 several_ready=$2 several_count=$3
	shift 3
	start "$several_name" "$@" watch INBOX 'L*'
	is_ready "$several_name" "$several_ready" "$several_count"
	deliver Lists/c INBOX Sent
	await 10 has_lines "$TMP/$several_name" 2
	mimap flag +seen '*'
	await 10 has_lines "$TMP/$several_name" 3
	mimap -m Lists/c rm -f all
	uid=$(sed -n 's/^INBOX	new	\([0-9]*\).*/\1/p' "$TMP/$several_name")
	list=$(sed -n 's,^Lists/c	new	\([0-9]*\).*,\1,p' "$TMP/$several_name")
	told "$several_name" 4 "INBOX\tnew\t$uid\t-\nLists/c\tnew\t$list\t-\nINBOX\tflags\t$uid\tseen\nLists/c\texpunge\t$list\t-\n" 'what happens in those that were asked for'
}
several notify 'OK Status completed' 3
like "$(cat "$TMP/notify.err")" '^C: A[0-9]+ NOTIFY SET STATUS' 'by NOTIFY'
is "$(grep -c 'Logged in' "$TMP/notify.err")" 1 'over one connection'
exits 0 'a mailbox is made' mimap mkdir Other
exits 0 'another' mimap mkdir Lists/new
await 10 has_lines "$TMP/notify" 5
deliver Lists/new
await 10 has_lines "$TMP/notify" 6
is "$(tail -n +5 "$TMP/notify")" 'Lists/new	created	-	-
Lists/new	new	1	-' 'notify: a mailbox that comes into being is watched as well'
stop notify
exits 0 'and removed' mimap rmdir -f Lists/new
several each '^S: + idling' 3 -o imap-without=NOTIFY
is "$(grep -c 'Logged in' "$TMP/each.err")" 3 'without NOTIFY: a connection each'
stop each
start late -o imap-without=NOTIFY -o watch-idle=1 watch 'L*'
is_ready late '^S: + idling' 2
exits 0 'a mailbox is made' mimap mkdir Lists/late
await 10 has_lines "$TMP/late" 1
await 10 said late 'EXAMINE "Lists.late"' 1
await 10 said late '^S: + idling' 4
deliver Lists/late
told late 2 'Lists/late\tcreated\t-\t-\nLists/late\tnew\t1\t-\n' 'a mailbox that comes into being gets a connection as well'
stop late
exits 0 'and it is removed' mimap rmdir -f Lists/late
several poll 'OK Status completed' 6 -o imap-without=NOTIFY,IDLE -o watch-poll=1
is "$(grep -c 'Logged in' "$TMP/poll.err")" 1 'without IDLE: looked at now and then'
stop poll
several old '^S: A[0-9]* OK Close completed' 3 -o imap-without=CONDSTORE,QRESYNC,ESEARCH,UNSELECT
stop old

# --- Pipes and commands.
start pipe -o deadline=20 watch
mkfifo "$TMP/fifo"
mimap -v watch 2>"$TMP/reader.err" >"$TMP/fifo" &
reader_pid=$!
at_exit "kill $reader_pid 2>/dev/null"
head -n 1 <"$TMP/fifo" >"$TMP/first" &
head_pid=$!
is_ready reader '^S: + idling' 1
is_ready pipe '^S: + idling' 1
deliver INBOX
wait "$head_pid"
like "$(cat "$TMP/first")" '^INBOX	new	[0-9]+	-$' 'a line comes at once through a pipe'
wait "$reader_pid"
result 0 'and when its reader has gone it ends'
await 10 has_lines "$TMP/pipe" 1
stop pipe

exits 75 'nothing happens' mimap -o deadline=1 watch -1
exits 0 'nothing is waited for' mimap -o deadline=1 watch
start once watch -1j
is_ready once '^S: + idling' 1
deliver INBOX
wait "$start_pid"
is "$?" 0 'with -1 the first event is the last'
like "$(cat "$TMP/once")" '^\{"mailbox":"INBOX","event":"new","uid":[0-9]+,"flags":' 'as JSON'

# A burst is a run or two of the command, and everything is in them.
cat >"$TMP/handler" <<'EOT'
echo "$MIMAP_ACCOUNT $MIMAP_MAILBOX $MIMAP_EVENT $MIMAP_COUNT $MIMAP_FLAGS $MIMAP_UIDS" >>"$TMP/runs"
cat >>"$TMP/seen"
EOT
start burst watch -t new -e '. "$TMP/handler"' INBOX
is_ready burst '^S: + idling' 1
for i in 1 2 3 4 5 6 7 8 9; do
	for j in 1 2 3 4 5 6 7 8 9 0; do printf 'Subject: burst\n\n%s\n' "$i$j" >"$TMP/letter.$i$j"; done
done
exits 0 'ninety messages' mimap put "$TMP"/letter.*
await 10 has_lines "$TMP/seen" 90
exits 0 'flags are not asked for' mimap flag +answered '*'
ok "at most ten runs (it was $(wc -l <"$TMP/runs"))" test "$(wc -l <"$TMP/runs")" -le 10
like "$(cat "$TMP/runs")" '^[^ ]+ INBOX new [0-9]+ - [0-9]+:[0-9]+$' 'which know what it is about'
is "$(grep -c '^INBOX	new	' "$TMP/seen") $(sort -u "$TMP/seen" | wc -l | tr -d ' ')" '90 90' 'and are told of each'
stop burst
rm "$TMP/runs" "$TMP/seen"
start single watch -s -e '. "$TMP/handler"'
is_ready single '^S: + idling' 1
exits 0 'three messages' mimap put "$TMP/letter.11" "$TMP/letter.12" "$TMP/letter.13"
await 10 has_lines "$TMP/seen" 3
is "$(wc -l <"$TMP/runs" | tr -d ' ')" 3 'with -s a run each'
stop single

# --- Several accounts.
{
	printf 'account bob\n\timap\timaps://bob@localhost:%s\n\ttls-ca\t%s\n\tpassword\tsecret\n' "$IMAPS" "$CA"
} >>"$XDG_CONFIG_HOME/pennypost/config"
start two -a ann -a bob watch
is_ready two '^S: + idling' 2
deliver INBOX
printf 'Subject: to bob\n\nhello\n' | mimap -a bob put >/dev/null
await 10 has_lines "$TMP/two" 2
is "$(cut -f 1-3 "$TMP/two" | sort)" 'ann	INBOX	new
bob	INBOX	new' 'two accounts: each line says which'
stop two

# --- The password is revoked.
start revoked -o auth=plain watch
is_ready revoked '^S: + idling' 1
sed -i 's/^ann:{PLAIN}secret/ann:{PLAIN}other/' "$TMP/d/users"
cut_off
live_dovecot_start
wait "$start_pid"
is "$?" 77 'a password that is refused ends it'
like "$(tail -n 1 "$TMP/revoked.err")" '^mimap: authentication as ann refused' 'and it says so'
done_testing
