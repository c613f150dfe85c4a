#!/bin/sh
# SPDX-License-Identifier: ISC
# Each fuzz target has seeds, and is content with all of them.
. "$(dirname "$0")/../lib.sh"

for source in "$ROOT"/tests/fuzz/*.c; do
	target=$(basename "$source" .c)
	[ "$target" != replay ] || continue
	corpus=$ROOT/tests/fuzz/corpus/$target
	seeds=$(find "$corpus" -type f ! -name '.*' 2>/dev/null | wc -l)
	ok "$target has seeds" test "$seeds" -gt 0 || continue
	exits 0 "$target takes them" "$BUILD/tests/fuzz/$target-replay" "$corpus" || note "$(tail -n 5 "$TMP/err")"
	is "$(cat "$TMP/out")" "$seeds" "$target was fed all of them"
done
done_testing
