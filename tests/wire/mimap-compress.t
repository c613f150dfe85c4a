#!/bin/sh
# SPDX-License-Identifier: ISC
# COMPRESS=DEFLATE: where it is used, that nothing follows it before its answer, and a server that does it wrong.
. "$(dirname "$0")/../lib.sh"

mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\npassword secret\n' >"$XDG_CONFIG_HOME/pennypost/config"
chmod 600 "$XDG_CONFIG_HOME/pennypost/config"
"$BUILD/tests/unit/deflate" | grep -q 'SKIP built without zlib' && skip_all 'built without zlib'

greet='S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN COMPRESS=DEFLATE] ready
C: A1 AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=
S: A1 OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in'

peer on <<EOT
$greet
C: A2 COMPRESS DEFLATE
S: A2 OK go
S! deflate
C: A3 LIST "" "*"
S: * LIST () "/" INBOX
S: * LIST () "/" Lists
S: A3 OK
C: A4 LOGOUT
S: * BYE bye
S: A4 OK
EOT
exits 0 'compress=on: after the login' mimap -v -a "$PEER" -o compress=on ls
peer_ok on
is "$(cat "$TMP/out")" 'INBOX
Lists' 'what comes is expanded'
like "$(cat "$TMP/err")" '^S: \* LIST \(\) "/" Lists' 'and readable in the trace'

peer early <<EOT
$greet
C: A2 COMPRESS DEFLATE
S- A2 OK go\r\n
S! deflate
S: * OK more at once
C: A3 LIST "" "*"
S: A3 OK
C: A4 LOGOUT
S: A4 OK
EOT
exits 0 'what comes right behind the answer is compressed' mimap -a "$PEER" -o compress=on ls
peer_ok early

peer refused <<EOT
$greet
C: A2 COMPRESS DEFLATE
S: A2 NO [COMPRESSIONACTIVE] TLS does that
C: A3 LIST "" "*"
S: A3 OK
C: A4 LOGOUT
S: A4 OK
EOT
exits 0 'a refusal: it goes on uncompressed' mimap -a "$PEER" -o compress=on ls
peer_ok refused
is "$(cat "$TMP/err")" '' 'and nothing is said'

plain="$greet
C: A2 LIST \"\" \"*\"
S: A2 OK
C: A3 LOGOUT
S: A3 OK"
for option in compress=off compress=auto imap-without=COMPRESS; do
	peer "$option" <<-EOT
		$plain
	EOT
	exits 0 "$option: not to a server on this machine, or not at all" mimap -a "$PEER" -o "$option" ls
	peer_ok "$option"
done
exits 64 'there is nothing else' mimap -a "$PEER" -o compress=maybe ls

# --- It was agreed upon, and then:
broken() {	# NAME CODE ERE: what the server does is on stdin
	{
		printf '%s\nC: A2 COMPRESS DEFLATE\nS: A2 OK go\n' "$greet"
		cat
	} | peer "$1"
	PEER="exec:$BUILD/tests/tools/peer $TMP/$1.peer"
	exits "$2" "$1" mimap -a "$PEER" -o compress=on -o timeout=1 ls
	like "$(cat "$TMP/err")" "$3" "$1: says so"
	is "$(wc -l <"$TMP/err" | tr -d ' ')" 1 "$1: in one line"
}
broken rubbish 76 "compressed data that can't be expanded" <<'EOT'
S- \xff\xff\xff
EOT
broken cleartext 76 "compressed data that can't be expanded" <<'EOT'
S: * OK still in clear
EOT
broken end 75 'closed the connection' <<'EOT'
S- \x03\0
EOT
broken nothing 75 'timed out' <<'EOT'
S- \0\0\0\xff\xff
S! stall
EOT
broken line 76 'line of more than 8388608' <<'EOT'
S! deflate
C~ ^A3 LIST
S- * OK 
S* 8400000 x
EOT
done_testing
