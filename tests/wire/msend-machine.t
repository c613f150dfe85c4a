#!/bin/sh
# SPDX-License-Identifier: ISC
# A machine's own mail: bare names, aliases, what cron writes as From, forced senders.
. "$(dirname "$0")/../lib.sh"
need perl

mkdir "$XDG_CONFIG_HOME" "$XDG_CONFIG_HOME/pennypost" "$TMP/bin"
ln -s "$BUILD/msend" "$TMP/bin/sendmail"
config=$XDG_CONFIG_HOME/pennypost/config
{ printf 'domain box.example.org\naliases %s/aliases\nsend lmtp+unix:/nowhere\naccount relay\n' "$TMP"
  printf '\tfrom alerts@example.org\n\tsend smtps://mail.example.org\n'; } >"$config"
user=$(id -un)

cat >"$TMP/aliases" <<X
# for whom what is
root:	ann, "Bob" ,
	tickets
ann: Ann@Example.net
Postmaster: root
loop: pool
pool: loop
self: self, other@example.net
here: ann@localhost, here@localhost, bob@localhost
final: \\ann
box: maildir:$TMP/box
path: $TMP/path/
mbox: $TMP/mbox
null: /dev/null
list: :include:$TMP/list
tickets: "|$TMP/tool 'one two' three\\\\ four"
fails: |$TMP/tool exit 75
refuses: |$TMP/tool exit 67
missing: |$TMP/nothing
deaf: |/bin/true
killed: "|/bin/sh -c 'kill -9 \$\$'"
slow: |/bin/sleep 1000
stubborn: "|/bin/sh -c 'trap : TERM; while :; do /bin/sleep 0.1; done'"
bad: <<
empty:
X
cat >$TMP/tool <<'X'
#!/bin/sh
[ "$1" != exit ] || exit "$2"
{ for word; do echo "[$word]"; done; cat; } >"${0%/*}/ran"
X
chmod 755 $TMP/tool
chmod 755 "$TMP"

# shown NAME FROM TO ARGS…: envelope and header of what would leave; the message is $TMP/message
shown() {
	shown_name=$1 shown_from=$2 shown_to=$3
	shift 3
	exits 0 "$shown_name" msend -n "$@" <"$TMP/message"
	is "$(sed -n '1,/^$/s/^from	//p' "$TMP/out")" "$shown_from" '  from whom'
	is "$(sed -n '1,/^$/s/^to	//p' "$TMP/out" | tr '\n' ' ')" "$shown_to " '  to whom'
	sed '1,/^$/d' "$TMP/out" >"$TMP/header"
}
field() { sed -n "/^\$/q; s/^$1: //p" "$TMP/header"; }

# What Debian's cron writes, and how it calls sendmail.
cat >"$TMP/cron" <<'X'
From: root (Cron Daemon)
To: root
Subject: Cron <root@box> test -x /usr/sbin/anacron
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
X-Cron-Env: <SHELL=/bin/sh>

hello
X
cp "$TMP/cron" "$TMP/message"
shown 'cron' 'root@box.example.org' "Ann@Example.net Bob@box.example.org |$TMP/tool 'one two' three\\ four" -t -f root 2>/dev/null ||
	note "$(cat "$TMP/out")"
is "$(field From)" 'Cron Daemon <root@box.example.org>' 'From is a mailbox'
is "$(field To)" 'Ann@Example.net' 'To says where the mail goes'
is "$(field Subject)" 'Cron <root@box> test -x /usr/sbin/anacron' 'and the rest stays'

printf 'From: ann\nTo: Root <root>, x@example.com, Bob <bob>\nCc: y@example.com,\n z@example.com\nReply-To: admins\n\nx\n' >"$TMP/message"
shown 'bare names' 'alerts@example.org' "Ann@Example.net Bob@box.example.org |$TMP/tool 'one two' three\\ four x@example.com bob@box.example.org y@example.com z@example.com" -t
is "$(field From)" 'ann@box.example.org' 'a bare From is completed'
is "$(field To)" 'Root <Ann@Example.net>, x@example.com, Bob <bob@box.example.org>' 'an alias keeps its name, others are completed'
is "$(field Reply-To)" 'admins@box.example.org' 'so is Reply-To'
like "$(cat "$TMP/header")" '^ z@example.com' 'a field without bare names stays as it was'
printf 'To: undisclosed-recipients:;\nSubject: x\n\nx\n' >"$TMP/message"
shown 'undisclosed recipients' alerts@example.org 'x@example.com' x@example.com
is "$(field To)" 'undisclosed-recipients:;' 'stay undisclosed'
printf 'From: Cron Daemon root\nTo: x@example.com\n\nx\n' >"$TMP/message"
shown 'an unreadable From' alerts@example.org 'x@example.com' x@example.com
is "$(field From)" 'alerts@example.org' 'is replaced'
printf 'From: ann\nTo: root\nDKIM-Signature: v=1\n\nx\n' >"$TMP/message"
shown 'a signed message' alerts@example.org 'Ann@Example.net' ann
is "$(field From)" 'ann' 'keeps its header'
echo x >"$TMP/message"
shown 'of names in other case, through two aliases' alerts@example.org "Ann@Example.net Bob@box.example.org |$TMP/tool 'one two' three\\ four" POSTMASTER
shown 'at this machine' alerts@example.org 'Ann@Example.net' ann@localhost
shown 'at another' alerts@example.org 'ann@example.com' ann@example.com
shown 'itself' alerts@example.org 'self@box.example.org other@example.net' self
shown 'an alias at this machine' alerts@example.org 'Ann@Example.net here@localhost bob@localhost' here
shown 'no further' alerts@example.org 'ann@box.example.org' final
shown 'once each' alerts@example.org 'Ann@Example.net' ann,ann,Ann@Example.net
for name in loop mbox list bad empty; do
	exits 78 "$name" msend -n "$name" <"$TMP/message"
	like "$(cat "$TMP/err")" "^msend: $TMP/aliases:[0-9]+: [a-z]+: " '  told with the line'
done
exits 78 'one that is broken, of two' msend -n bad carol@example.net <"$TMP/message"
like "$(cat "$TMP/out")" '^to	carol@example.net' '  the other is served'
unlike "$(cat "$TMP/out")" '^to	bad' '  and that one not'
printf 'To: bad, ann\n\nx\n' >"$TMP/message"
shown 'one that is broken, in the header only' alerts@example.org 'carol@example.net' carol@example.net
is "$(field To)" 'bad@box.example.org, Ann@Example.net' 'keeps its name there'
echo x >"$TMP/message"
echo '*: catch@example.net' >>"$TMP/aliases"
shown 'nobody known' alerts@example.org 'catch@example.net' whoever
shown 'a user of this machine' alerts@example.org 'daemon@box.example.org' daemon
echo 'default: all@example.net' >>"$TMP/aliases"
shown 'a user, and a default' alerts@example.org 'all@example.net' daemon
shown 'nobody known, and a default' alerts@example.org 'catch@example.net' whoever

# Lines that are none: told, and the others hold.
cp "$TMP/aliases" "$TMP/aliases.good"
printf 'no colon here\nopen: "|%s\n: x\n' "$TMP/tool" >>"$TMP/aliases"
shown 'a file with broken lines' alerts@example.org 'Ann@Example.net' ann
is "$(sed 's/^msend: .*aliases:[0-9]*: //' "$TMP/err" | tr '\n' ';')" 'no "name: targets";a quote is not closed;no name;' 'each is told'
exits 78 'one of these lines' msend -n open <"$TMP/message"
ln -s "$BUILD/msend" "$TMP/bin/newaliases"
exits 0 'newaliases' "$TMP/bin/newaliases"
is "$(sed 's/^newaliases: .*aliases:[0-9]*: //; s/:.*//' "$TMP/err" | tr '\n' ' ')" \
	'pool loop mbox list bad empty no "name a quote is not closed no name ' 'tells all that is wrong'
exits 0 'sendmail -bi' "$TMP/bin/sendmail" -bi
is "$(grep -c . "$TMP/err")" 9 'does too'
mv "$TMP/aliases.good" "$TMP/aliases"
exits 64 '-H Bcc, which would send to nobody' msend -n -H 'Bcc: x@example.net' ann <"$TMP/message"
shown 'to LMTP users keep their names' alerts@example.org 'self@box.example.org other@example.net' -a lmtp+unix:/nowhere -f alerts@example.org self

# Delivery on this machine.
exits 0 'to a maildir' msend box <"$TMP/message"
is "$(cat "$TMP"/box/new/* | sed -n '1,2p')" "Return-Path: <alerts@example.org>
Delivered-To: box" 'it is there'
exits 0 'by a path' msend path <"$TMP/message"
is "$(ls "$TMP/path/new" | grep -c .)" 1 'likewise'
exits 0 'nowhere' msend null <"$TMP/message"
chmod 777 "$TMP"
exits 0 'to a command' msend tickets <"$TMP/message"
is "$(sed -n '1,3p' "$TMP/ran")" '[one two]
[three four]
Return-Path: <alerts@example.org>' 'in words, no shell'
is "$(tail -n 1 "$TMP/ran")" x 'with the message'
exits 0 'one that does not read' msend deaf <"$TMP/message"
head -c 1000000 /dev/zero | tr '\0' x | fold >"$TMP/large"
exits 0 'nor a large message' msend deaf <"$TMP/large"
exits 75 'one that says later' msend -q fails <"$TMP/message"
is "$(mqueue ls)" '' 'is not queued: the queue keeps addresses'
exits 67 'one that says no' msend refuses <"$TMP/message"
like "$(cat "$TMP/err")" 'ended with exit code 67' 'is told'
exits 69 'one that is not there' msend missing <"$TMP/message"
exits 75 'one that is killed' msend killed <"$TMP/message"
like "$(cat "$TMP/err")" 'was ended by signal 9$' 'did not say no'
# All at once, since each takes its time.
late() {	# FILE NAME MESSAGE: $TMP/FILE has the exit code and what was said
	msend -o deadline=1 "$2" <"$TMP/$3" >"$TMP/$1.err" 2>&1
	echo $? >"$TMP/$1"
}
late one slow message & late two slow large & late three stubborn message &
wait
is "$(cat "$TMP/one" "$TMP/two" "$TMP/three" | tr '\n' ' ')" '75 75 75 ' 'those that take longer than the run may, do not read, or do not want to end'
like "$(cat "$TMP/one.err")" '`/bin/sleep 1000`: it took too long, and was ended$' 'are ended'
like "$(cat "$TMP/two.err")" 'timed out' 'likewise'
exits 0 'by somebody who ignores his children' perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' msend deaf <"$TMP/message"
exits 75 'by such a one, to a command that fails' perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' msend fails <"$TMP/message"

# Who it is from.
printf 'domain box.example.org\nfrom "%%U at %%H <%%U+%%%%@box.example.org>"\nsend lmtp+unix:/nowhere\nfrom-force on\n' >"$config"
cp "$TMP/cron" "$TMP/message"
shown 'forced' "$user+%@box.example.org" bob@box.example.org -f other@example.com -a lmtp+unix:/nowhere bob
is "$(field From)" "$user at $(hostname) <$user+%@box.example.org>" 'in the header too, by a pattern'
printf 'from alerts@example.org\nfrom-force on\naccount a\n\tsend lmtp+unix:/nowhere\n' >"$config"
shown 'forced, without a name' alerts@example.org bob@example.net -f other@example.com bob@example.net
is "$(field From)" 'Cron Daemon <alerts@example.org>' 'the name stays'
shown 'the null sender' '' bob@example.net -f '<>' bob@example.net
printf 'from-force on\naccount a\n\tsend lmtp+unix:/nowhere\n' >"$config"
exits 78 'forced to nothing' msend -n bob@example.net <"$TMP/message"
printf 'from-force maybe\naccount a\n\tsend lmtp+unix:/nowhere\n' >"$config"
exits 78 'neither on nor off' msend -n bob@example.net <"$TMP/message"
printf 'domain box/\naccount a\n\tsend lmtp+unix:/nowhere\n' >"$config"
exits 78 'no domain' msend -n bob@example.net <"$TMP/message"

# A line for each message.
printf 'log %s/log\nhelo client.example.org\naccount a\n\tsend lmtp+unix:/nowhere\n' "$TMP" >"$config"
printf 'From: a@example.org\nDate: x\nMessage-ID: <1@x>\n\nhi\n' >"$TMP/message"
peer logged <<'X'
S: 220 mx
C: EHLO client.example.org
S: 250 mx
C: MAIL FROM:<>
S: 250 ok
C: RCPT TO:<bob@example.net>
S: 250 ok
C: RCPT TO:<carol@example.net>
S: 550 5.1.1 no 'carol' here\x1b
C: DATA
S: 354 go on
C: From: a@example.org
C: Date: x
C: Message-ID: <1@x>
C: 
C: hi
C: .
S: 250 taken
C: QUIT
X
exits 67 'logged' msend -a "$PEER" -f '<>' bob@example.net carol@example.net <"$TMP/message"
like "$(cat "$TMP/log")" "^[A-Z][a-z][a-z] [0-9 ][0-9] [0-9:]{8} host=.* tls=off auth=off from=<> recipients=bob@example.net,carol@example.net mailsize=55 smtpstatus=550 smtpmsg='550 5.1.1 no .'carol.' here.*' exitcode=EX_NOUSER$" 'in one line'
exits 75 'not sent' msend -f ann@example.org bob@example.net <"$TMP/message"
like "$(tail -n 1 "$TMP/log")" " host=/nowhere tls=off auth=off from=ann@example.org recipients=bob@example.net mailsize=[0-9]+ errormsg='.*' exitcode=EX_TEMPFAIL$" 'is logged too'
exits 0 'queued' msend -q -f ann@example.org bob@example.net <"$TMP/message"
like "$(tail -n 1 "$TMP/log")" " errormsg='queued' exitcode=EX_OK$" 'likewise'
mqueue run -f >"$TMP/out" 2>&1
is "$(grep -c EX_TEMPFAIL "$TMP/log")" 2 'and what the queue tries'
is "$(stat -c %a "$TMP/log")" 600 'for its owner'
exits 0 'a log that cannot be written' msend -o log=/nowhere/log -a "maildir:$TMP/logbox" bob <"$TMP/message"
like "$(cat "$TMP/err")" '^msend: log /nowhere/log: ' 'is told, and the mail goes'

# With nothing configured, as a new machine is.
rm "$config"
exits 0 'cron on a machine without configuration' "$TMP/bin/sendmail" -FCronDaemon -i -odi -oem -oi -t -f root "$user" <"$TMP/cron" ||
	note "$(cat "$TMP/err")"
is "$(cat "$HOME"/Maildir/new/* | sed -n 's/^From: //p' | sort -u)" "Cron Daemon <root@$(hostname)>" 'is delivered, with a From that is one'
done_testing
