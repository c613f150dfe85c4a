#!/bin/sh
# SPDX-License-Identifier: ISC
# mpop in front of other programs that deliver: procmail, fdm, maildrop, dovecot-lda, msend by LMTP. Each gets the messages byte for byte,
# and says by its exit code what is to stay on the server.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mpop.sh"

live_dovecot
live_config
unset SENDER RECIPIENT

lda=
for dir in /usr/lib/dovecot /usr/libexec/dovecot /usr/local/libexec/dovecot; do
	[ ! -x "$dir/dovecot-lda" ] || lda=$dir/dovecot-lda
done

seed=0
# through NAME DIRECTORY COMMAND: three messages by way of that command into that maildir, then none again.
through() {
	rm -rf "$MAILROOT/ann/Maildir"
	seed=$((seed + 1))
	fill 3 "$seed"
	sums "$MAILROOT/ann/Maildir/new" >"$TMP/sent"
	exits 0 "$1 takes what mpop fetches" mpop -o deadline=60 -e "$3"
	sums "$2/new" >"$TMP/got"
	same "$TMP/got" "$TMP/sent" "$1: byte for byte"
	is "$(on_server)" 0 "$1: and nothing is left on the server"
}
# refused NAME CODE COMMAND: the message stays.
refused() {
	seed=$((seed + 1))
	fill 1 "$seed"
	exits "$2" "$1 does not take it" mpop -o deadline=60 -e "$3"
	is "$(on_server)" 1 "$1: it stays on the server"
	rm -rf "$MAILROOT/ann/Maildir"
}

if command -v procmail >/dev/null; then
	printf 'MAILDIR=%s\nDEFAULT=%s/procmail/\nLOGFILE=%s/procmail.log\n' "$TMP" "$TMP" "$TMP" >"$TMP/procmailrc"
	through procmail "$TMP/procmail" "procmail $TMP/procmailrc"
	printf 'EXITCODE=75\nHOST=\n' >"$TMP/procmailrc"
	refused procmail 75 "procmail $TMP/procmailrc"
else
	skip 'procmail' 'it is not installed'
fi

if command -v fdm >/dev/null; then
	printf 'set lock-file "%s/fdm.lock"\nset no-received\naccount "stdin" disabled stdin\naction "keep" maildir "%s/fdm"\nmatch all action "keep"\n' "$TMP" "$TMP" >"$TMP/fdm.conf"
	chmod 600 "$TMP/fdm.conf"
	fdm="fdm -q -f $TMP/fdm.conf -a stdin fetch"
	[ "$(id -u)" -ne 0 ] || printf 'set default-user "root"\n' | cat - "$TMP/fdm.conf" >"$TMP/fdm.root" && mv "$TMP/fdm.root" "$TMP/fdm.conf"
	chmod 600 "$TMP/fdm.conf"
	rm -rf "$MAILROOT/ann/Maildir"
	fill 3 12
	exits 0 'fdm takes what mpop fetches' mpop -o deadline=60 -e "$fdm"
	is "$(stored "$TMP/fdm") $(on_server)" '3 0' 'all three'
else
	skip 'fdm' 'it is not installed'
fi

if command -v maildrop >/dev/null; then
	mkdir -p "$TMP/maildrop/cur" "$TMP/maildrop/new" "$TMP/maildrop/tmp"
	printf 'to "%s/maildrop"\n' "$TMP" >"$TMP/mailfilter"
	chmod 600 "$TMP/mailfilter"
	through maildrop "$TMP/maildrop" "maildrop $TMP/mailfilter"
else
	skip 'maildrop' 'it is not installed'
fi

if [ -n "$lda" ]; then
	rm -rf "$MAILROOT/ann/Maildir"
	fill 3 14
	sums "$MAILROOT/ann/Maildir/new" >"$TMP/sent"
	run=
	[ "$(id -un)" = "$live_user" ] || run=$(live_as "$live_user")
	exits 0 'dovecot-lda takes what mpop fetches' mpop -o deadline=60 -e "HOME=$MAILROOT/bob exec $run $lda -c $TMP/d/dovecot.conf -d bob"
	sums "$MAILROOT/bob/Maildir/new" >"$TMP/got"
	is "$(live_mail bob | wc -l | tr -d ' ') $(on_server)" '3 0' 'all three'
	for file in $(live_mail bob); do live_body "$file" | md5sum | cut -d ' ' -f 1; done | sort >"$TMP/got"
	same "$TMP/got" "$TMP/sent" 'byte for byte'
	rm -rf "$MAILROOT/bob/Maildir"
else
	skip 'dovecot-lda' 'it is not installed'
fi

# LMTP, by msend.
rm -rf "$MAILROOT/ann/Maildir"
fill 3 15
exits 0 'msend hands over by LMTP what mpop fetches' mpop -o deadline=60 -e "msend -a lmtp+unix:$LMTP_SOCK -f bob@example.org bob"
is "$(live_mail bob | wc -l | tr -d ' ') $(on_server)" '3 0' 'all three'
fill 1 16
exits 67 'a recipient that the LMTP server refuses' mpop -o deadline=60 -e "msend -a lmtp+unix:$LMTP_SOCK -f bob@example.org nobody"
is "$(on_server)" 1 'the message stays'
done_testing
