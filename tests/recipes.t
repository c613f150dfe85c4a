#!/bin/sh
# SPDX-License-Identifier: ISC
# The README's recipes are true: each ```sh block is run, in order, as a user would, against real servers.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/live/lib.sh"

live_dovecot
if live_can_postfix; then
	live_postfix
fi
live_config
cd "$HOME" || exit 1
echo picture >load.png
echo report >report.txt

# Each block into its own file, with the heading it stands below in the first line.
awk -v dir="$TMP" '
	/^#+ / { heading = $0; sub(/^#+ /, "", heading) }
	/^```sh$/ { n++; inside = 1; printf "# %s\n", heading > (dir "/recipe." n); next }
	/^```$/ { inside = 0 }
	inside { print > (dir "/recipe." n) }' "$ROOT/README.md"

n=1
while [ -f "$TMP/recipe.$n" ]; do
	heading=$(sed -n '1s/^# //p' "$TMP/recipe.$n")
	exits 0 "recipe $n: $heading" sh -e "$TMP/recipe.$n"
	is "$(cat "$TMP/err")" '' 'without complaint'
	case $heading in
	'Send a notification')
		ok 'it arrives' live_arrived ann "$n"
		;;
	'Mail what a job prints'*)
		ok 'it arrives' live_arrived ann 3
		;;
	'Queue first'*)
		ok 'it arrives' live_arrived ann 4
		ok 'at the second recipient too' live_arrived bob 2
		is "$(mqueue ls)" '' 'and nothing is left in the queue'
		;;
	'Fetch mail over POP3')
		[ -e "$TMP/first" ] || is "$(find Mail/inbox -type f -path '*/new/*' | wc -l)" 4 'all new mail is in the maildir'
		[ ! -f all.mbox ] || is "$(grep -c '^From ' all.mbox)" 4 'and in the one file'
		: >"$TMP/first"
		;;
	'Search, then fetch'*)
		is "$(find Mail/found/new Mail/found/cur -type f | wc -l)" 1 'the one message is there'
		;;
	'Search, then flag'*)
		is "$(grep -c Minutes "$TMP/out")" 1 'the one message is flagged'
		;;
	'Search, then file'*)
		is "$(mimap -m Archive search subject:minutes | grep -c .)" 1 'the one message is filed'
		is "$(mimap search subject:minutes)" '' 'and is gone from where it was'
		;;
	'Look first')
		like "$(cat "$TMP/out")" '^Subject: Test$' 'the message is shown'
		;;
	*)
		is "$heading" 'a heading this test knows' "recipe $n"
		;;
	esac
	n=$((n + 1))
done
ok 'there were recipes' test "$n" -gt 8
done_testing
