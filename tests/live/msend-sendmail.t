#!/bin/sh
# SPDX-License-Identifier: ISC
# The real programs that send by a program: git send-email, mutt, s-nail, PHP's mail(), logrotate, each where it is installed; and what
# cron and smartd do, in their words. Asserted are the envelope and the message as a server gets them.
. "$(dirname "$0")/../lib.sh"
need perl

mkdir "$XDG_CONFIG_HOME" "$XDG_CONFIG_HOME/pennypost" "$TMP/bin"
ln -s "$BUILD/msend" "$TMP/bin/sendmail"
# A server that keeps one envelope and message.
cat >"$TMP/sink" <<'X'
$| = 1;
binmode STDIN; binmode STDOUT;
my ($dir, $data) = ($ARGV[0], '');
sub answer { print "$_[0]\r\n" }
sub keep { my ($name, $text) = @_; open my $f, '>>', "$dir/$name" or die; print $f $text; close $f }
answer('220 sink');
while (<STDIN>) {
	if (/^EHLO/) { answer("250-$_") for 'sink', 'PIPELINING', '8BITMIME'; answer('250 SIZE') }
	elsif (/^(MAIL|RCPT) \w+:<(.*?)>/) { keep(envelope => "$2 "); answer('250 ok') }
	elsif (/^DATA/) {
		answer('354 go on');
		while (defined($_ = <STDIN>) && $_ ne ".\r\n") { s/^\.//; s/\r\n$/\n/; $data .= $_ }
		keep(mail => $data);
		answer('250 ok');
	}
	elsif (/^QUIT/) { answer('221 bye'); exit }
	else { answer('250 ok') }
}
X
cat >"$XDG_CONFIG_HOME/pennypost/config" <<X
domain box.example.org
aliases $TMP/aliases
account box
	from Ann <ann@example.org>
	send "exec:perl $TMP/sink $TMP"
X
echo 'root: admin@example.org' >"$TMP/aliases"

# sends NAME COMMAND…: it exits with 0 and says nothing about mail
sends() {
	rm -f "$TMP/mail" "$TMP/envelope"
	exits 0 "$@" || note "$(cat "$TMP/out" "$TMP/err")"
	unlike "$(cat "$TMP/err")" 'sendmail:|msend:' '  nothing is complained of'
}
envelope() { is "$(cat "$TMP/envelope")" "$1 " '  from and to whom'; }
header() { sed -n "/^\$/q; s/^$1: //p" "$TMP/mail"; }
body() { sed '1,/^$/d' "$TMP/mail"; }

GIT_AUTHOR_NAME=Zoë GIT_AUTHOR_EMAIL=zoe@example.org GIT_COMMITTER_NAME=Zoë GIT_COMMITTER_EMAIL=zoe@example.org
GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_CONFIG_NOSYSTEM
if git send-email -h 2>&1 | grep -q compose && perl -MMail::Address -e 1 2>/dev/null; then
	git init -q "$TMP/repo" && cd "$TMP/repo" && git commit -q --allow-empty -m first || exit 1
	printf '.\nGr\303\274\303\237e\n' >file && git add file && git commit -q -m 'Send greetings' || exit 1
	sends 'git send-email, by its sendmailCmd' git -c sendemail.sendmailCmd="$TMP/bin/sendmail" send-email --confirm=never --suppress-cc=author \
		--envelope-sender=auto \
		--to bob@example.net --cc 'Carol <carol@example.com>' --bcc dan@example.net --quiet -1
	envelope 'zoe@example.org bob@example.net carol@example.com dan@example.net'
	is "$(header Subject)" '[PATCH] Send greetings' '  the patch arrives'
	is "$(header From)" '=?UTF-8?q?Zo=C3=AB?= <zoe@example.org>' '  from its author'
	is "$(header Cc)$(header Bcc)" 'Carol <carol@example.com>' '  with its copies, but the blind one'
	is "$(sed '/^$/q' "$TMP/mail" | grep -Eic '^(Date|Message-Id|From|To):')" 4 '  each field once'
	like "$(cat "$TMP/mail")" '^\+\.$' '  with its dot'
	git checkout -q HEAD~1 && exits 0 '  and git am takes it' git am -q "$TMP/mail"
	is "$(git show HEAD:file)" "$(printf '.\nGr\303\274\303\237e')" '  as it was'
	sends 'git send-email, by its smtpServer' git send-email --smtp-server="$TMP/bin/sendmail" --confirm=never --to bob@example.net --quiet -1
	envelope 'ann@example.org bob@example.net zoe@example.org'
	cd "$ROOT" || exit 1
else
	skip 'git send-email' 'not installed'
fi

printf 'a\n.\nGr\303\274\303\237e\n' >"$TMP/text"
printf '\0\1\2' >"$TMP/file.bin"
if command -v s-nail >/dev/null; then
	sends 's-nail' s-nail -:/ -S mta="$TMP/bin/sendmail" -S ttycharset=utf-8 -r zoe@example.org -s 'Größe' -c carol@example.com -b dan@example.net \
		-a "$TMP/file.bin" bob@example.net <"$TMP/text"
	envelope 'zoe@example.org bob@example.net carol@example.com dan@example.net'
	like "$(header Subject)" '^=\?' '  the subject is encoded'
	is "$(header To) $(header Cc)$(header Bcc)" 'bob@example.net carol@example.com' '  the recipients are named, but the blind one'
	like "$(body)" '^(\.|=2E)$' '  all of the text is there'
	like "$(body)" '^AAEC$' '  and the file'
else
	skip 's-nail' 'not installed'
fi

if command -v mutt >/dev/null; then
	sends 'mutt' mutt -n -F /dev/null -e "set sendmail='$TMP/bin/sendmail -oem -oi' use_envelope_from=yes from=zoe@example.org realname=Zoë charset=utf-8 \
		record='' copy=no" -s 'Größe' -c carol@example.com -b dan@example.net -a "$TMP/file.bin" -- bob@example.net <"$TMP/text"
	envelope 'zoe@example.org bob@example.net carol@example.com dan@example.net'
	like "$(header From)" '^=\?.*\?= <zoe@example.org>$' '  from whom'
	is "$(header Bcc)" '' '  without its Bcc'
	like "$(body)" '^\.$' '  all of the text is there'
	like "$(body)" '^AAEC$' '  and the file'
else
	skip 'mutt' 'not installed'
fi

if command -v php >/dev/null; then
	sends "PHP's mail()" php -n -d sendmail_path="$TMP/bin/sendmail -t -i" -r \
		'exit(mail("bob@example.net, Carol <carol@example.com>", "=?UTF-8?B?R3LDvMOfZQ==?=", "hello\r\n.\r\nGr\u{fc}\u{df}e\r\n",
			"From: www@example.org\r\nBcc: dan@example.net", "-fbounces@example.org") ? 0 : 1);'
	envelope 'bounces@example.org bob@example.net carol@example.com dan@example.net'
	is "$(header From)" www@example.org '  from whom'
	is "$(header Subject)" '=?UTF-8?B?R3LDvMOfZQ==?=' '  its subject'
	is "$(header Bcc)" '' '  without its Bcc'
	is "$(body | tr '\n' ' ')" "hello . Grüße  " '  all of the text'
	is "$(sed '/^$/q' "$TMP/mail" | grep -Ec '^(Date|Message-ID):')" 2 '  and what it lacks'
else
	skip 'PHP' 'not installed'
fi

if command -v logrotate >/dev/null; then
	echo 'the first day' >"$TMP/day.log"
	printf '"%s/day.log" {\n\trotate 0\n\tmail root\n\tmailfirst\n\tmissingok\n}\n' "$TMP" >"$TMP/logrotate.conf"
	chmod 644 "$TMP/logrotate.conf"
	sends 'logrotate, which calls mail(1)' logrotate -f -s "$TMP/logrotate.state" -m "$BUILD/msend" "$TMP/logrotate.conf"
	envelope 'ann@example.org admin@example.org'
	is "$(header Subject)" "$TMP/day.log.1" '  what it is'
	is "$(header To)" 'admin@example.org' '  to whom root leads'
	is "$(body)" 'the first day' '  the log'
else
	skip 'logrotate' 'not installed'
fi

# What smartd_warning.sh does, with `-M exec msend` and `-m "root bob@example.net"` in smartd.conf.
sends 'smartd' env SMARTD_MAILER="$BUILD/msend" SMARTD_ADDRESS='root bob@example.net' SMARTD_SUBJECT='SMART error (Health) detected on host: box' sh -c '
	exec "$SMARTD_MAILER" -s "$SMARTD_SUBJECT" $SMARTD_ADDRESS <<-X
	This message was generated by the smartd daemon running on: box
	X'
envelope 'ann@example.org admin@example.org bob@example.net'
is "$(header Subject)" 'SMART error (Health) detected on host: box' '  what it is'
is "$(header To)" 'admin@example.org, bob@example.net' '  to whom'
like "$(body)" '^This message was' '  the text'

# Debian's cron, and cronie: the header is theirs, and so are the words.
cron() {
	printf 'From: %s\nTo: %s\nSubject: Cron <root@box> backup\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n' "$1" root
	printf 'Content-Transfer-Encoding: 8bit\nX-Cron-Env: <SHELL=/bin/sh>\n\nGr\303\274\303\237e\n.\nlast\n'
}
cron 'root (Cron Daemon)' >"$TMP/cron"
sends "Debian's cron" "$TMP/bin/sendmail" -FCronDaemon -i -odi -oem -oi -t -f root <"$TMP/cron"
envelope 'root@box.example.org admin@example.org'
is "$(header From)" 'Cron Daemon <root@box.example.org>' '  From is an address'
is "$(header To)" admin@example.org '  To is where it goes'
is "$(body | tr '\n' ' ')" 'Grüße . last ' '  all of the output'
cron '"(Cron Daemon)" <root>' >"$TMP/cron"
sends 'cronie' "$TMP/bin/sendmail" -FCronDaemon -i -odi -oem -oi -t -f root <"$TMP/cron"
envelope 'root@box.example.org admin@example.org'
is "$(header From)" '"(Cron Daemon)" <root@box.example.org>' '  From is completed'

sends 'a shell script with a here-document' sh -c '"$0" -t <<-X
	To: root
	Subject: SMART error

	Device: /dev/sda
X' "$TMP/bin/sendmail"
envelope 'ann@example.org admin@example.org'
sends 'a list with commas' sh -c 'echo x | "$0" -oi bob@example.net,carol@example.com' "$TMP/bin/sendmail"
envelope 'ann@example.org bob@example.net carol@example.com'
done_testing
