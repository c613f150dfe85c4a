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
done_testing
