#!/bin/sh
# SPDX-License-Identifier: ISC
# A ledger that is lost: what is in the maildir is known again by its header and size, and neither fetched again nor passed over.
. "$(dirname "$0")/../lib.sh"
BOX=exec:"$BUILD/tests/tools/popbox $TMP/box"
M=$TMP/M

mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'user ann\npassword secret\nfrom ann@example.org\n' >"$XDG_CONFIG_HOME/pennypost/config"
chmod 600 "$XDG_CONFIG_HOME/pennypost/config"
fill() {
	rm -rf "$TMP/box" "$M"
	mkdir "$TMP/box"
	for i in 1 2 3 4 5; do
		printf 'Received: from a by b\nMessage-ID: <%d@example.org>\nSubject: %d\n\n.\nFrom the end of %d\n' "$i" "$i" "$i" >"$TMP/box/uid-$i"
	done
	printf 'Subject: nameless\n\nno Message-ID\n' >"$TMP/box/uid-6"
}
count() { find "$M/new" "$M/cur" -type f | wc -l | tr -d ' '; }
on_server() { ls "$TMP/box" | wc -l | tr -d ' '; }
lose() { rm "$M"/.pennypost-mpop-*; }

fill
exits 0 'six messages are kept' mpop -k -a "$BOX" "$M"
lose
# shellcheck disable=SC2046
set -- $(grep -l 'Subject: 2' "$M"/new/*)
mv "$1" "$M/cur/$(basename "$1"):2,RS"
exits 0 'the ledger is lost' mpop -k -a "$BOX" "$M"
is "$(cat "$TMP/err")" "mpop: $M has no ledger: 5 messages, found there by header and size, are not fetched again" 'this is told'
is "$(count)" 7 'only what has no Message-ID comes again'
exits 0 'afterwards' mpop -k -a "$BOX" "$M"
is "$(count) $(cat "$TMP/err")" '7 ' 'all is known'

fill
exits 0 'kept once more, with our own fields' mpop -kR -a "$BOX" "$M"
lose
# shellcheck disable=SC2046
set -- $(grep -l 'Subject: 3' "$M"/new/*)
sed -i '$d' "$1"
exits 0 'fetching and deleting without a ledger, one file cut short' mpop -a "$BOX" "$M"
like "$(cat "$TMP/err")" ' 4 messages, found there' 'four are whole'
is "$(count) $(on_server)" '8 0' 'the others are fetched again, and then all deleted'
is "$(cat "$M"/new/* | grep -c 'the end of 3')" 1 'the one that was cut is whole now'

fill
cp "$TMP/box/uid-1" "$TMP/copy"
mkdir -p "$M/new" "$M/cur" "$M/tmp"
cp "$TMP/copy" "$M/new/1.other"
cp "$TMP/copy" "$TMP/box/uid-7"
exits 0 "another program's maildir" mpop -k -a "$BOX" "$M"
is "$(count)" 7 'a copy here stands for one there'
exits 0 'headers are another matter' mpop -H -a "$BOX" "$TMP/heads"
lose=$TMP/heads/.pennypost-mpop-*
# shellcheck disable=SC2086
rm $lose
exits 0 'without the ledger' mpop -H -a "$BOX" "$TMP/heads"
is "$(find "$TMP/heads/new" -type f | wc -l | tr -d ' ')" 14 'they come again'
done_testing
