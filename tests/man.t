#!/bin/sh
# SPDX-License-Identifier: ISC
# Each program has a page, mandoc has nothing to say about it, and its SYNOPSIS and what --help prints name the same options, each
# of them described.
. "$(dirname "$0")/lib.sh"
cd "$ROOT/man" || exit 1

for page in *.[0-9]; do
	if command -v mandoc >/dev/null; then
		is "$(mandoc -Tlint -W warning "$page" 2>&1 | grep -v 'referenced manual not found')" '' "$page: mandoc is content"
	else
		skip "$page: mandoc is content" 'mandoc is not installed'
	fi
done

# Option letters one a line, out of mdoc's Fl macros, or out of [-abc] and -d in a usage text (not out of -flag, which is an argument).
section() { sed -n "/^\.Sh $1/,/^\.Sh /p" "$2" | sed '1d;/^\.Sh /d'; }
page_letters() { perl -ne 'next unless /^\./; while (/\bFl\s+([A-Za-z0-9]+)/g) { print "$_\n" for split //, $1 }' | sort -u; }
help_letters() { perl -ne 'while (/\[-([A-Za-z0-9]+)|(?<![\w-])-([A-Za-z0-9])\b/g) { print "$_\n" for split //, $1 // $2 }' | sort -u; }

for program in msend mpop mimap mqueue; do
	ok "$program has a page" test -f "$program.1" || continue
	exits 0 "$program --help" "$BUILD/$program" --help </dev/null
	is "$(section SYNOPSIS "$program.1" | page_letters | tr '\n' ' ')" "$(help_letters <"$TMP/out" | tr '\n' ' ')" \
		"$program: SYNOPSIS (got) and --help (wanted) name the same options"
	section SYNOPSIS "$program.1" | page_letters >"$TMP/synopsis"
	perl -ne 'print "$_\n" for /^\.It.*?\bFl\s+([A-Za-z0-9])/' "$program.1" | sort -u >"$TMP/described"
	is "$(comm -23 "$TMP/synopsis" "$TMP/described" | tr '\n' ' ')" '' "$program: each option is described"
	exits 64 "$program: an unknown option is misuse" "$BUILD/$program" -% </dev/null
	like "$(cat "$TMP/err")" 'usage: ' "$program: which is told with the usage"
done
ok 'pennypost.5 is there' test -f pennypost.5
ok 'pennypost.7 is there' test -f pennypost.7
done_testing
