#!/bin/sh
# SPDX-License-Identifier: ISC
# COMPRESS=DEFLATE against Dovecot: byte for byte the same, both ways, with fewer octets on the wire and no turn more than its own.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mpop.sh"
"$BUILD/tests/unit/deflate" | grep -q 'SKIP built without zlib' && skip_all 'built without zlib'

case $(dovecot --version 2>/dev/null) in
2.[0123].*) compress='protocol imap {
  mail_plugins = imap_zlib
}' ;;
*) compress= ;;
esac
live_dovecot "$compress"
live_config
mimap raw CAPABILITY | grep -q COMPRESS=DEFLATE || skip_all 'Dovecot is without COMPRESS'

measured() {	# verb…: through a proxy; $turns and $octets both ways
	rm -f "$TMP/port" "$TMP/report"
	"$BUILD/tests/tools/turns" --to "127.0.0.1:$IMAPS" --delay 40 --report "$TMP/report" --connections 1 >"$TMP/port" &
	measured_pid=$!
	at_exit "kill $measured_pid 2>/dev/null"
	await 10 test -s "$TMP/port"
	exits 0 "mimap $*" mimap -a "imaps://ann@localhost:$(cat "$TMP/port")" -o 'password=!echo secret' -o auth=plain "$@"
	await 10 test -s "$TMP/report"
	turns=$(sed 's/turns=\([0-9]*\).*/\1/' "$TMP/report")
	octets=$(($(sed 's/.*up=\([0-9]*\) down=\([0-9]*\).*/\1 + \2/' "$TMP/report")))
}

fill 1000 1
sums "$MAILROOT/ann/Maildir/new" >"$TMP/sent"
measured -o compress=off fetch -d "$TMP/M1" 1:1000
plain=$octets plain_turns=$turns
measured -o compress=on fetch -d "$TMP/M2" 1:1000
sums "$TMP/M2/new" >"$TMP/got"
same "$TMP/got" "$TMP/sent" 'a thousand messages, compressed: byte for byte'
ok "less than two thirds of the octets ($octets, $plain without)" test $((octets * 3)) -lt $((plain * 2))
ok "at most one turn more ($turns, $plain_turns without)" test "$turns" -le $((plain_turns + 1))
note "fetch: $plain octets, $plain_turns turns; compressed $octets, $turns"

exits 0 'mkdir' mimap mkdir Copy Plain
measured -o compress=off -m Plain put "$TMP/M2"
plain=$octets plain_turns=$turns
measured -o compress=on -m Copy put "$TMP/M2"
is "$(wc -l <"$TMP/out" | tr -d ' ')" 1000 'a thousand are stored'
ok "less than two thirds of the octets ($octets, $plain without)" test $((octets * 3)) -lt $((plain * 2))
note "put: $plain octets, $plain_turns turns; compressed $octets, $turns"
exits 0 'what was stored uncompressed' mimap -m Plain -o compress=off fetch -d "$TMP/M3"
exits 0 'and what was stored compressed' mimap -m Copy -o compress=on fetch -d "$TMP/M4"
sums "$TMP/M3/new" >"$TMP/sent"
sums "$TMP/M4/new" >"$TMP/got"
same "$TMP/got" "$TMP/sent" 'are the same'
done_testing
