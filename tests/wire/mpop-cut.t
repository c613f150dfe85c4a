#!/bin/sh
# SPDX-License-Identifier: ISC
# The connection is cut after some octet of a session with twenty messages, either way; then a normal run: each message is there once,
# as it was, and nothing is left on the server (or all, with -k). CUT_STEP=1 cuts after each octet; TMPDIR=/dev/shm makes that quick.
. "$(dirname "$0")/../lib.sh"
: "${CUT_STEP:=151}"
MESSAGES=20
BOX=exec:"$BUILD/tests/tools/popbox $TMP/box"

mkdir -p "$XDG_CONFIG_HOME/pennypost" "$TMP/full"
printf 'user ann\npassword secret\n' >"$XDG_CONFIG_HOME/pennypost/config"
chmod 600 "$XDG_CONFIG_HOME/pennypost/config"
i=10
while [ "$i" -lt $((MESSAGES + 10)) ]; do
	printf 'Message-ID: <%d@example.org>\nSubject: %d\n\n.\nFrom %d\n\n' "$i" "$i" "$i" >"$TMP/full/uid-$i"
	i=$((i + 1))
done
cat "$TMP"/full/* >"$TMP/all"
# As an mbox, the separators left out.
sed 's/^From /&/; s/^\(>*From \)/>\1/' "$TMP/all" >"$TMP/all.mbox"

fresh() {
	rm -rf "$TMP/box" "$TMP/M"
	cp -al "$TMP/full" "$TMP/box" 2>/dev/null || cp -r "$TMP/full" "$TMP/box"
	mkdir "$TMP/M"
}
on_server() { ls "$TMP/box" | wc -l | tr -d ' '; }

# What is wrong with the target after the second run, or nothing.
maildir_wrong() {
	cat "$TMP"/M/m/new/* | cmp -s - "$TMP/all" || echo "$(ls "$TMP/M/m/new" | wc -l) messages, or others"
	ls "$TMP/M/m/tmp"
}
# A message begins and ends with an empty line, and separators are ours: what is left without them must be the same.
mbox_wrong() {
	grep -v '^From MAILER-DAEMON ' "$TMP/M/box" | tr -s '\n' >"$TMP/got"
	tr -s '\n' <"$TMP/all.mbox" | cmp -s - "$TMP/got" || echo "$(grep -c '^Message-ID' "$TMP/M/box") messages, or others"
	ls -A "$TMP/M" "$XDG_STATE_HOME/pennypost" | grep -E '\.(batch|lock)$'
}

# cuts WHICH LAST TARGET WRONG LEFT [OPTION]
cuts() {
	cut_at=1
	while [ "$cut_at" -le "$2" ]; do
		fresh
		rm -rf "$XDG_STATE_HOME/pennypost"
		# shellcheck disable=SC2086
		env "POPBOX_CUT_$1=$cut_at" mpop ${6-} -a "$BOX" "$3" 2>/dev/null
		cut_code=$?
		[ "$cut_code" -eq 0 ] || cut_struck=$((cut_struck + 1))
		case $cut_code in
		0 | 75 | 76) ;;
		*) cut_wrong="$cut_wrong; $1 $cut_at: exit $cut_code" ;;
		esac
		# shellcheck disable=SC2086
		mpop ${6-} -a "$BOX" "$3" 2>"$TMP/err" || cut_wrong="$cut_wrong; $1 $cut_at: then $(cat "$TMP/err")"
		cut_said=$($4 2>&1)
		[ -z "$cut_said" ] || cut_wrong="$cut_wrong; $1 $cut_at: $cut_said"
		[ "$(on_server)" -eq "$5" ] || cut_wrong="$cut_wrong; $1 $cut_at: $(on_server) on the server"
		cut_trials=$((cut_trials + 1))
		cut_at=$((cut_at + CUT_STEP))
	done
}

# sweep NAME TARGET WRONG LEFT [OPTION]
sweep() {
	fresh
	# shellcheck disable=SC2086
	POPBOX_REPORT=$TMP/octets exits 0 "$1: a whole session" mpop ${5-} -a "$BOX" "$2"
	read -r up down <"$TMP/octets"
	cut_wrong='' cut_struck=0 cut_trials=0
	cuts UP "$up" "$2" "$3" "$4" "${5-}"
	cuts DOWN "$down" "$2" "$3" "$4" "${5-}"
	is "$cut_wrong" '' "$1: cut after $cut_trials of its $((up + down)) octets, nothing is lost or doubled"
	ok "$1: most of these runs failed ($cut_struck)" test "$cut_struck" -gt $((cut_trials * 9 / 10))
}

sweep 'fetch and delete' "$TMP/M/m" maildir_wrong 0
sweep 'keep' "$TMP/M/m" maildir_wrong "$MESSAGES" -k
sweep 'fetch and delete, an mbox' "mbox:$TMP/M/box" mbox_wrong 0
done_testing
