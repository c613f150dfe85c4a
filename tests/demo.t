#!/bin/sh
# SPDX-License-Identifier: ISC
# The demonstration goes through, shows what it says, and leaves nothing behind.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/live/lib.sh"
need dovecot openssl perl

mkdir "$TMP/t" && chmod 711 "$TMP"
began=$(date +%s)
exits 0 'it goes through' env TMPDIR="$TMP/t" sh "$ROOT/scripts/demo" || note "$(cat "$TMP/out" "$TMP/err")"
ok 'in less than a minute' test $(($(date +%s) - began)) -lt 60
is "$(cat "$TMP/err")" '' 'without a word of complaint'
is "$(ls -A "$TMP/t")" '' 'its directory is gone'
like "$(cat "$TMP/out")" '^\$ mqueue ls$' 'the commands are shown'
is "$(grep -c 'Mail/pop/new/' "$TMP/out")" 3 'three messages were fetched'
is "$(grep -cE 'Mail/saved/(new|cur)/' "$TMP/out")" 1 'one was chosen and saved'
is "$(sed -n '/search -l flagged/,$p' "$TMP/out" | grep -c 'Disk nearly full')" 1 'one was flagged'
done_testing
