#!/bin/sh
# SPDX-License-Identifier: ISC
# The real programs that call sendmail: git send-email, s-nail, mutt, PHP's mail(), each where it is installed.
. "$(dirname "$0")/../lib.sh"

mkdir "$XDG_CONFIG_HOME" "$XDG_CONFIG_HOME/pennypost" "$TMP/bin"
ln -s "$BUILD/msend" "$TMP/bin/sendmail"
printf 'domain box.example.org\naccount box\n\tfrom Ann <ann@example.org>\n\tsend maildir:%s/box\n' "$TMP" >"$XDG_CONFIG_HOME/pennypost/config"

arrived() { cat "$TMP"/box/new/* >"$TMP/mail" 2>/dev/null; rm -rf "$TMP/box"; }
header() { sed -n "/^\$/q; s/^$1: //p" "$TMP/mail"; }

GIT_AUTHOR_NAME=Zoë GIT_AUTHOR_EMAIL=zoe@example.org GIT_COMMITTER_NAME=Zoë GIT_COMMITTER_EMAIL=zoe@example.org
GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_CONFIG_NOSYSTEM
if git send-email -h 2>&1 | grep -q compose && perl -MMail::Address -e 1 2>/dev/null; then
	git init -q "$TMP/repo" && cd "$TMP/repo" && git commit -q --allow-empty -m first || exit 1
	printf '.\nGr\303\274\303\237e\n' >file && git add file && git commit -q -m 'Send greetings' || exit 1
	exits 0 'git send-email' git -c sendemail.sendmailCmd="$TMP/bin/sendmail" send-email --confirm=never --envelope-sender=auto --to bob@example.net \
		--cc 'Carol <carol@example.com>' --quiet -1
	arrived
	is "$(header Subject)" '[PATCH] Send greetings' 'the patch arrives'
	is "$(header Return-Path)" '<zoe@example.org>' 'from its author'
	like "$(cat "$TMP/mail")" '^\+\.$' 'with its dot'
	sed '1,/^$/d' "$TMP/mail" >"$TMP/patch"
	git checkout -q HEAD~1 && exits 0 'git am takes it' git am -q "$TMP/mail"
	cd "$ROOT" || exit 1
else
	skip 'git send-email' 'not installed'
fi

if command -v s-nail >/dev/null; then
	printf 'a\n.\nb\n' >"$TMP/text"
	exits 0 's-nail' s-nail -:/ -S mta="$TMP/bin/sendmail" -r zoe@example.org -s 'Größe' bob@example.net <"$TMP/text"
	arrived
	like "$(header Subject)" '=\?' 's-nail: the subject arrives'
	is "$(header To)" bob@example.net 'and the recipient'
	is "$(sed '1,/^$/d' "$TMP/mail")" "$(cat "$TMP/text")" 'and all of the text'
else
	skip 's-nail' 'not installed'
fi

if command -v mutt >/dev/null; then
	printf 'hello\n' >"$TMP/text"
	exits 0 'mutt' mutt -n -F /dev/null -e "set sendmail='$TMP/bin/sendmail -oem -oi' record='' copy=no" -s hi -b dan@example.com bob@example.net <"$TMP/text"
	arrived
	is "$(header Subject)" hi 'mutt: the message arrives'
	is "$(header Bcc)" '' 'without its Bcc'
else
	skip 'mutt' 'not installed'
fi

if command -v php >/dev/null; then
	exits 0 'PHP' php -n -d sendmail_path="$TMP/bin/sendmail -t -i" -r \
		'exit(mail("bob@example.net", "hi", "hello\r\n.\r\nbye\r\n", "From: www@example.org\r\nCc: carol@example.com") ? 0 : 1);'
	arrived
	is "$(header From)" www@example.org 'PHP: the message arrives'
	is "$(sed '1,/^$/d' "$TMP/mail" | tail -n 1)" bye 'all of it'
else
	skip 'PHP' 'not installed'
fi

# What smartd and logrotate do: a mailer called as mail(1), and the sendmail of a shell script.
exits 0 'a shell script with a here-document' sh -c '"$0" -t <<-X
	To: root
	Subject: SMART error

	Device: /dev/sda
X' "$TMP/bin/sendmail"
arrived
is "$(header To)" root@box.example.org 'arrives, with an address'
done_testing
