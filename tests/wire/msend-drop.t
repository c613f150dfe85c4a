#!/bin/sh
# SPDX-License-Identifier: ISC
# The connection dropped, or closed by 421, after each step: the message is not lost, and only after the dot it may have been delivered.
. "$(dirname "$0")/../lib.sh"

send() {
	echo hello | msend -a "$PEER" -f ann@example.org -o helo=client.example.org "$@"
}

# The dialogue, a step a line: what the server says, TAB what the client says then.
cat >"$TMP/steps" <<'X'
220 mx	EHLO client.example.org
250 mx	MAIL FROM:<ann@example.org>
250 ok	RCPT TO:<bob@example.net>
250 ok	RCPT TO:<carol@example.net>
250 ok	DATA
354 go on	.
X
body='C~ ^Date: 
C~ ^From: 
C~ ^Message-ID: 
C: 
C: hello'

# until STEP: the transcript of the steps before it, and what the client says to the last of them.
until_step() {
	head -n "$1" "$TMP/steps" | while IFS="$(printf '\t')" read -r says then; do
		echo "S: $says"
		[ "$then" != . ] || printf '%s\n' "$body"
		echo "C: $then"
	done
}

for step in 0 1 2 3 4 5 6; do
	{ until_step $step; echo 'S! drop'; } >"$TMP/script"
	peer drop <"$TMP/script"
	exits 75 "dropped after step $step" send bob@example.net carol@example.net
	if [ $step -eq 6 ]; then
		like "$(cat "$TMP/err")" 'may have been delivered' 'after the dot nobody knows'
	else
		unlike "$(cat "$TMP/err")" 'may have been delivered' 'not delivered'
	fi
	is "$(grep -c . "$TMP/err")" 1 'one line for all recipients'
	peer_ok drop

	{ until_step $step; echo 'S: 421 4.3.2 shutting down'; } >"$TMP/script"
	peer closing <"$TMP/script"
	exits 75 "421 after step $step" send bob@example.net carol@example.net
	like "$(cat "$TMP/err")" '421 4.3.2 shutting down' 'the server'"'"'s words are shown'
	unlike "$(cat "$TMP/err")" 'may have been delivered' 'and believed'
	peer_ok closing
done

# Within a line, and within a reply of several lines.
{ until_step 6; echo 'S- 250 ok, tak'; echo 'S! drop'; } >"$TMP/script"
peer torn <"$TMP/script"
exits 75 'dropped inside the last reply' send bob@example.net carol@example.net
like "$(cat "$TMP/err")" 'may have been delivered' 'is not the last reply'
{ until_step 6; echo 'S: 250-ok'; echo 'S! drop'; } >"$TMP/script"
peer half <"$TMP/script"
exits 75 'dropped between its lines' send bob@example.net carol@example.net
like "$(cat "$TMP/err")" 'may have been delivered' 'nor that'

{ until_step 1; echo 'S! stall'; } >"$TMP/script"
peer stall <"$TMP/script"
exits 75 'a server that falls silent' send -o timeout=1 bob@example.net
like "$(cat "$TMP/err")" 'timed out' 'is told'

# -q keeps what was not sent, and only that.
{ until_step 6; echo 'S: 451 4.3.0 later'; echo 'C: QUIT'; } >"$TMP/script"
peer queued <"$TMP/script"
if [ -x "$BUILD/mqueue" ]; then
	exits 0 '-q: queued' send -q bob@example.net carol@example.net
	is "$(cat "$TMP/out" "$TMP/err")" '' 'in silence'
	is "$(mqueue ls | grep -c .)" 1 'one entry'
	ok 'for both' sh -c 'cat "$PENNYPOST_QUEUE"/new/* | grep -c "^Penny-To: w" | grep -qx 2'
	ok 'from the same sender' grep -q '^Penny-From: <ann@example.org>' "$PENNYPOST_QUEUE"/new/*
else
	skip '-q' 'no mqueue'
fi

done_testing
