# SPDX-License-Identifier: ISC
# wire/mpop.sh - what the newer dialogues of mpop share. Source it after lib.sh.
mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\npassword secret\nmaildir %s\n' "$TMP/M" >"$XDG_CONFIG_HOME/pennypost/config"
chmod 600 "$XDG_CONFIG_HOME/pennypost/config"

# play NAME CAPABILITY… <<the rest: a session begun as far as the login, of a mailbox (a command) and a maildir ($M) of its own.
play() {
	play_name=$1
	shift
	M=$TMP/M.$play_name
	{
		printf 'S: +OK ready\nC: CAPA\nS: +OK\n'
		for play_cap; do
			printf 'S: %s\n' "$play_cap"
		done
		printf 'S: .\nC: USER ann\nC: PASS secret\nS: +OK\nS: +OK\n'
		cat
	} | peer "$play_name"
	PEER="exec:$BUILD/tests/tools/peer $TMP/$play_name.peer"
}

# lists UID:SIZE… prints what asks for and tells these.
lists() {
	printf 'C: UIDL\nC: LIST\nS: +OK\n'
	lists_n=0
	for lists_m; do
		lists_n=$((lists_n + 1))
		printf 'S: %d %s\n' "$lists_n" "${lists_m%:*}"
	done
	printf 'S: .\nS: +OK\n'
	lists_n=0
	for lists_m; do
		lists_n=$((lists_n + 1))
		printf 'S: %d %s\n' "$lists_n" "${lists_m##*:}"
	done
	printf 'S: .\n'
}

# uids UID… the same where the sizes are not asked for: nothing is deleted, and some is known already.
uids() {
	printf 'C: UIDL\nS: +OK\n'
	lists_n=0
	for lists_m; do
		lists_n=$((lists_n + 1))
		printf 'S: %d %s\n' "$lists_n" "$lists_m"
	done
	printf 'S: .\n'
}

# text WORD [BODY]: the answer to RETR (to TOP without a body) of a message with that word as subject and in its Message-ID.
text() {
	printf 'S: +OK\nS: Message-ID: <%s@example.org>\nS: Subject: %s\nS:\n' "$1" "$1"
	[ $# -lt 2 ] || printf 'S: %s\n' "$2"
	printf 'S: .\n'
}
bye='C: QUIT
S: +OK'
new() { find "$1/new" -type f 2>/dev/null | sort; }
count() { new "$1" | wc -l | tr -d ' '; }
