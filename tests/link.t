#!/bin/sh
# SPDX-License-Identifier: ISC
# What the programs are linked with: mqueue never sees a password or a server, so it has no use for TLS.
. "$(dirname "$0")/lib.sh"
need ldd

for program in msend mpop mimap mqueue; do
	ldd "$BUILD/$program" >"$TMP/$program" 2>&1
	like "$(cat "$TMP/$program")" 'libc\.so' "$program can be asked" || note "$(cat "$TMP/$program")"
done
unlike "$(cat "$TMP/mqueue")" 'libssl|libcrypto' 'mqueue links neither libssl nor libcrypto'

# All programs' modules are in one archive: of two functions with one name a program would get either.
is "$(nm -g --defined-only "$BUILD/lib.a" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort | uniq -d)" '' 'each name is defined once'
done_testing
