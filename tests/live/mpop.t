#!/bin/sh
# SPDX-License-Identifier: ISC
# mpop and a real Dovecot: a thousand messages byte for byte, turns, memory, and one line for each thing that may be wrong.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mpop.sh"

live_dovecot
live_config

# through REPORT OPTIONS…: a proxy before pop3s, its port in $PORT.
through() {
	rm -f "$TMP/port"
	turns_report=$1
	shift
	"$BUILD/tests/tools/turns" --to "127.0.0.1:$POPS" --report "$turns_report" --connections 1 "$@" >"$TMP/port" &
	turns_pid=$!
	at_exit "kill $turns_pid 2>/dev/null"
	await 10 test -s "$TMP/port"
	PORT=$(cat "$TMP/port")
}
# turns REPORT [N]: of the Nth connection.
turns() {
	await 10 reported "$1" "${2:-1}"
	sed -n "${2:-1}s/turns=\\([0-9]*\\).*/\\1/p" "$1"
}
reported() { [ "$(wc -l <"$1")" -ge "$2" ]; }

fill 1000 1
sums "$MAILROOT/ann/Maildir/new" >"$TMP/sent"
exits 0 '-l shows a thousand' mpop -l
is "$(wc -l <"$TMP/out" | tr -d ' ') $(cut -f 4 "$TMP/out" | sort -u)" '1000 new' 'all of them new'
through "$TMP/keep.turns" --delay 40 --connections 2
exits 0 '-k fetches a thousand, SCRAM' mpop -k -a "pop3s://ann@localhost:$PORT" -o "password=!echo secret" "$TMP/K"
sums "$TMP/K/new" >"$TMP/got"
same "$TMP/got" "$TMP/sent" 'byte for byte'
is "$(on_server)" 1000 'and keeps them'
keep_turns=$(turns "$TMP/keep.turns")
ok "in at most 8 turns (it was $keep_turns)" test "$keep_turns" -le 8	# nothing may be sent behind the last word of SCRAM
exits 0 '-k again' mpop -k -o auth=plain -a "pop3s://ann@localhost:$PORT" -o "password=!echo secret" "$TMP/K"
is "$(stored "$TMP/K")" 1000 'fetches nothing'
none_turns=$(turns "$TMP/keep.turns" 2)
ok "in at most 5 turns (it was $none_turns)" test "$none_turns" -le 5

exits 0 '-k the first time here' mpop -k -p
is "$(wc -l <"$TMP/out" | tr -d ' ')" 1000 'a thousand paths'
# shellcheck disable=SC2046
ok 'each a file' test -f $(tail -n 1 "$TMP/out")
exits 0 '-k the second time' mpop -kp
is "$(wc -c <"$TMP/out" | tr -d ' ')" 0 'fetches nothing'
is "$(stored "$HOME/Mail")" 1000 'and doubles nothing'
exits 0 '-c counts what is new' mpop -c
is "$(cat "$TMP/out")" 0 'nothing'
rm -rf "$HOME/Mail"

through "$TMP/all.turns" --delay 40
exits 0 'fetches and deletes a thousand, PLAIN' mpop -o auth=plain -a "pop3s://ann@localhost:$PORT" -o "password=!echo secret" "$TMP/D"
sums "$TMP/D/new" >"$TMP/got"
same "$TMP/got" "$TMP/sent" 'byte for byte again'
is "$(on_server)" 0 'nothing is left on the server'
is "$(ls "$TMP/D/tmp")" '' 'or in tmp'
all_turns=$(turns "$TMP/all.turns")
ok "in at most 6 turns (it was $all_turns)" test "$all_turns" -le 6

# STLS, an mbox, a command.
fill 3 2
exits 0 'pop3:// secures itself by STLS' mpop -a "pop3://ann@localhost:$POP" -o 'password=!echo secret' -k -v "$TMP/S"
like "$(cat "$TMP/err")" '^TLS: TLSv1' 'it did'
unlike "$(cat "$TMP/err")" 'secret' 'and shows no secret'
is "$(stored "$TMP/S")" 3 'three messages'
exits 0 '-e runs a command for each' mpop -ke "cat >>$TMP/piped && echo x >>$TMP/runs"
is "$(wc -l <"$TMP/runs" | tr -d ' ')" 3 'three times'
cat "$MAILROOT"/ann/Maildir/cur/* "$MAILROOT"/ann/Maildir/new/* 2>/dev/null | cmp -s - "$TMP/piped"
result $? 'with the messages as they are' "$(ls -l "$TMP/piped")" 'the same octets'
exits 0 'an mbox' mpop -
is "$(grep -c '^From ' "$TMP/out")" 3 'three messages in it'
is "$(on_server)" 0 'and deleted'

# The connection is cut at some octets of a session with three messages; then a normal run: each is there once.
# The ledger goes by the port, so the second run takes the proxy's as well.
cuts() {	# WHICH FIRST STEP LAST [-k]
	cut_at=$2 cut_left=${5:+3}
	while [ "$cut_at" -le "$4" ]; do
		cut_name="$1=$cut_at ${5-}"
		rm -rf "$TMP/cut" "$MAILROOT/ann/Maildir"
		fill 3 "1$cut_at"
		sums "$MAILROOT/ann/Maildir/new" >"$TMP/sent"
		through /dev/null "--cut-$1" "$cut_at"
		# shellcheck disable=SC2086
		mpop ${5-} -o auth=plain -a "pop3s://ann@localhost:$PORT" -o 'password=!echo secret' -o timeout=5 "$TMP/cut" 2>/dev/null
		cut_code=$?
		kill "$turns_pid" 2>/dev/null
		wait "$turns_pid" 2>/dev/null
		if [ -f "$TMP/cut/.pennypost-mpop-ann@localhost:$PORT" ]; then
			sed "1s/:$PORT/:$POPS/" "$TMP/cut/.pennypost-mpop-ann@localhost:$PORT" >"$TMP/cut/.pennypost-mpop-ann@localhost:$POPS"
		fi
		# shellcheck disable=SC2086
		mpop ${5-} -a "pop3s://ann@localhost:$POPS" -o 'password=!echo secret' "$TMP/cut" 2>"$TMP/err" ||
			cut_wrong="$cut_wrong $cut_name: exit $?, $(cat "$TMP/err")"
		sums "$TMP/cut/new" | cmp -s - "$TMP/sent" || cut_wrong="$cut_wrong $cut_name: other messages"
		[ "$(on_server)$(ls "$TMP/cut/tmp")" = "${cut_left:-0}" ] || cut_wrong="$cut_wrong $cut_name: leftovers"
		[ "$cut_code" -eq 0 ] || cut_failed=$((cut_failed + 1))
		case $cut_code in
		0 | 75 | 76) ;;
		*) cut_wrong="$cut_wrong $cut_name: exit $cut_code" ;;
		esac
		cut_at=$((cut_at + $3))
	done
}
cut_wrong='' cut_failed=0
cuts up 1 "${CUT_STEP:-61}" 1100
cuts down 1 $((${CUT_STEP:-61} * 4)) 5500
cuts up 31 $((${CUT_STEP:-61} * 2)) 1100 -k
cuts down 101 $((${CUT_STEP:-61} * 8)) 5500 -k
is "$cut_wrong" '' "cut at many places ($cut_failed runs were): nothing lost, doubled or partial afterwards"
ok 'most cuts came before the end' test "$cut_failed" -gt 20

# A hundred megabytes.
rm -rf "$MAILROOT/ann/Maildir"
fill 0 0
perl -e 'print "Subject: big\n\n"; print "x" x 75, "\n" for 1 .. 1380000' >"$MAILROOT/ann/Maildir/new/1700000001.M1P1.test"
[ "$(id -un)" = "$live_user" ] || chown -R "$live_user" "$MAILROOT/ann"
cp "$MAILROOT/ann/Maildir/new/1700000001.M1P1.test" "$TMP/big"
if grep -q __asan_init "$BUILD/mpop"; then
	exits 0 '100 MB, with a sanitizer' mpop "$TMP/B"
elif [ -x /usr/bin/time ]; then
	exits 0 '100 MB' /usr/bin/time -f %M -o "$TMP/rss" mpop "$TMP/B"
	ok "in less than 8 MiB ($(cat "$TMP/rss") KiB)" test "$(cat "$TMP/rss")" -lt 8192
else
	exits 0 '100 MB, with 16 MiB of heap' sh -c 'ulimit -d 16384; exec mpop "$1"' sh "$TMP/B"
fi
same "$(find "$TMP/B/new" -type f)" "$TMP/big" 'as it was'
rm -rf "$TMP/B" "$TMP/big"

# What may be wrong: exit code, one line, and what to do.
wrong() {	# CODE ERE NAME command…
	wrong_code=$1 wrong_ere=$2 wrong_name=$3
	shift 3
	exits "$wrong_code" "$wrong_name" "$@"
	like "$(cat "$TMP/err")" "$wrong_ere" "$wrong_name: says so"
	is "$(wc -l <"$TMP/err" | tr -d ' ')" 1 "$wrong_name: in one line"
}
fill 1 3
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Other CA' -keyout "$TMP/other.key" -out "$TMP/other.pem" 2>/dev/null
wrong 77 "^mpop: authentication as ann refused by localhost port $POPS: \"\\[AUTH\\] .*\"; check the user and password of account ann\$" \
	'a wrong password' mpop -o 'password=!echo wrong'
wrong 77 "^mpop: .*127\\.1 .*certificate" \
	'a certificate for another host' mpop -a "pop3s://ann@127.1:$POPS" -o 'password=!echo secret'
wrong 77 '^mpop: .*certificate' 'a certificate nobody trusts' mpop -o "tls-ca=$TMP/other.pem"
wrong 68 '^mpop: .*nowhere\.invalid' 'no such host' mpop -a pop3s://ann@nowhere.invalid
read -r free <<EOT
$(live_ports 1)
EOT
wrong 75 "^mpop: .*localhost port $free.*refused" 'nobody listening' mpop -a "pop3s://ann@localhost:$free"
wrong 78 '^mpop: no configuration: write .*/\.config/pennypost/config' 'no configuration' env XDG_CONFIG_HOME=/nonexistent mpop
wrong 78 '^mpop: no account bob in ' 'no such account' mpop -a bob
wrong 73 '^mpop: /etc/passwd is not a directory' 'a maildir that can not be' mpop /etc/passwd/M
if [ -c /dev/full ]; then
	wrong 74 '^mpop: standard output: .*No space left on device' 'a full disk' sh -c 'exec mpop - >/dev/full'
fi
is "$(on_server)" 1 'and the message is still on the server'
done_testing
