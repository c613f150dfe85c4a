#!/bin/sh
# SPDX-License-Identifier: ISC
# Random histories on both sides of a synchronisation, against a private Dovecot: nothing is lost, nothing doubled, both sides are
# equal in the end, and each has what it intended (sync-histories.pl). For each way a server can tell what changed, and each layout.
#	HISTORIES=5000 prove -v tests/live/sync-histories.t	more than the few that make check has time for
#	SEED=123 WAY=plain LAYOUT=maildir++ …			that one again; what went wrong is told with its seed
#	FIRST=1000 the first seed; BROKEN=1 stop at the first that fails; KEEP=DIR keep the maildirs of those; TRACE=1 show the wire
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"

need dovecot perl
live_dovecot 'ssl = yes
mail_max_userip_connections = 1000'
histories=${HISTORIES:-64}
first=${SEED:-${FIRST:-1}}
[ -z "${SEED-}" ] || histories=1

# Each history has a user of its own.
id=$(id -u "$live_user"):$(id -g "$live_user")
i=$first
while [ "$i" -lt $((first + histories)) ]; do
	printf 'u%d:{PLAIN}secret:%s::%s::\n' "$i" "$id" "$MAILROOT/u$i"
	i=$((i + 1))
done >>"$TMP/d/users"
chmod 777 "$MAILROOT"
mkdir "$TMP/near"
[ -z "${KEEP-}" ] || mkdir -p "$KEEP"

played=0 broken=0
play() {	# SEED WAY LAYOUT
	played=$((played + 1))
	if perl "$ROOT/tests/live/sync-histories.pl" "$1" "$2" "$3" "$IMAP" "u$1" "$TMP/near/$1" >"$TMP/told" 2>&1; then
		rm -rf "$TMP/near/$1" "$TMP/near/$1.log" "$MAILROOT/u$1"
		return
	fi
	broken=$((broken + 1))
	cat "$TMP/told" >&2
	[ -z "${KEEP-}" ] || cp -a "$TMP/near/$1" "$TMP/near/$1.log" "$KEEP/" 2>/dev/null
}

turn=0
for way in qresync condstore plain bare; do
	for layout in verbatim maildir++; do
		if [ "${WAY:-$way}" = "$way" ] && [ "${LAYOUT:-$layout}" = "$layout" ]; then
			before=$broken seed=$first
			while [ "$seed" -lt $((first + histories)) ] && [ "$broken" -lt "${BROKEN:-5}" ]; do
				if [ -n "${SEED-}" ] || [ $((seed % 8)) -eq "$turn" ]; then
					play "$seed" "$way" "$layout"
				fi
				seed=$((seed + 1))
			done
			is "$((broken - before))" 0 "$way, $layout: after each history both sides are equal, nothing is lost, nothing doubled"
		fi
		turn=$((turn + 1))
	done
done
note "$played histories, from seed $first"
done_testing
