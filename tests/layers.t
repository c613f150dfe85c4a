#!/bin/sh
# SPDX-License-Identifier: ISC
# Who may know whom: libcommon's modules include only their own layer and those below, programs only themselves and libcommon; no
# mail protocol below the programs; OpenSSL in its few files.
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1

layer() {	# of a libcommon file, without its suffix
	case $1 in
	xalloc | buf | rune | utf7 | err | log | deadline | clockwatch | netwatch | units | eol | sink | usage | dir) echo 0 ;;
	maildir* | ledger* | message* | mboxrd | logfile | envelope* | url | config | base64 | digest | netrc) echo 1 ;;
	deflate | dial* | dns* | socks | tls* | stream* | sasl*) echo 2 ;;
	account | accountnames | credential | discovery | label | secret | service | progress | sandbox) echo 3 ;;
	*) echo "no layer; give it one in tests/layers.t" ;;
	esac
}
includes() { sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/\1/p' "$1"; }
# C without its comments, so that only what the compiler sees is judged.
code() { perl -0pe 's{/\*.*?\*/}{}gs' "$@"; }

for file in libcommon/*.[ch]; do
	name=$(basename "$file" | sed 's/\.[ch]$//')
	own=$(layer "$name") bad=
	case $own in [0-9]) ;; *) bad=" $own" ;; esac
	for header in $(includes "$file"); do
		[ -f "libcommon/$header" ] || bad="$bad $header (not in libcommon)"
		[ -n "$bad" ] || [ "$(layer "${header%.h}")" -le "$own" ] 2>/dev/null || bad="$bad $header (layer $(layer "${header%.h}") from $own)"
	done
	is "$bad" '' "$file includes only what stands below it"
done

for file in cmd/*/*.[ch]; do
	bad=
	for header in $(includes "$file"); do
		[ -f "${file%/*}/$header" ] || [ -f "libcommon/$header" ] || bad="$bad $header"
	done
	[ -z "$bad" ] || is "$bad" '' "$file includes only its program and libcommon"
done
result 0 'programs include only themselves and libcommon'

is "$(grep -lE '"(dial|tls|stream|sasl)\.h"' cmd/mqueue/*.[ch])" '' 'mqueue knows nothing of the network'
is "$(grep -lE '^int$|^main\(' cmd/*/*.c | xargs grep -l '^main(' | sort | tr '\n' ' ')" \
	"$(for p in cmd/*; do echo "$p/${p#cmd/}.c"; done | sort | tr '\n' ' ')" 'each program has one main, in the file of its name'

words='EHLO|HELO|LHLO|MAIL FROM|RCPT TO|BDAT|STLS|STARTTLS|CAPA|APOP|UIDL|RETR|DELE|CAPABILITY|FETCH|SELECT|EXAMINE|UIDVALIDITY|UIDNEXT|MODSEQ'
for file in libcommon/*.[ch]; do
	code "$file" | grep -nE "\"($words)\\b" >"$TMP/words" && is "$file: $(cat "$TMP/words")" '' 'no protocol word in libcommon'
done
result 0 'libcommon speaks no mail protocol'

is "$(grep -lE '#[ \t]*include <openssl/' libcommon/*.[ch] cmd/*/*.[ch] tests/unit/*.c |
	grep -vE '^libcommon/(tls[a-z]*|sasl[a-z]*|base64|digest)\.[ch]$|^cmd/msend/dkim_key\.c$|^tests/unit/(tls|sasl)')" '' 'OpenSSL stays in its files'
is "$(grep -LE '^/\* SPDX-License-Identifier: ISC \*/$' libcommon/*.[ch] cmd/*/*.[ch] tests/*/*.[ch])" '' 'each source names its licence'
done_testing
