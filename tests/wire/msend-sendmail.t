#!/bin/sh
# SPDX-License-Identifier: ISC
# msend by its other names: what cron, PHP, mutt, git and smartd say on the command line of sendmail, mailq and newaliases.
. "$(dirname "$0")/../lib.sh"

mkdir "$TMP/bin" "$XDG_CONFIG_HOME" "$XDG_CONFIG_HOME/pennypost"
for name in sendmail mailq newaliases; do ln -s "$BUILD/msend" "$TMP/bin/$name"; done
config=$XDG_CONFIG_HOME/pennypost/config
# account LINE…: the peer of the last transcript is the account
account() {
	printf 'helo client.example.org\naccount relay\n\tfrom alerts@example.org\n\tsend %s\n' "$PEER" >"$config"
	for line; do printf '\t%s\n' "$line" >>"$config"; done
}
# as ARGS…: sendmail by its whole path
as() { "$TMP/bin/sendmail" "$@"; }

printf 'From: Ann <ann@example.org>\nTo: Bob <bob@example.net>,\n carol@example.net\nBcc: dan@example.com\nDate: x\nMessage-ID: <1@x>\n\nhi\n' >"$TMP/message"
PEER=lmtp+unix:/nowhere
account
# shown NAME WANT ARGS…: the envelope, by way of -odq into a queue
shown() {
	shown_name=$1 shown_want=$2
	shift 2
	rm -rf "$PENNYPOST_QUEUE"
	exits 0 "$shown_name" as -odq "$@" <"$TMP/message"
	is "$(cat "$PENNYPOST_QUEUE"/*/* | sed -n 's/^Penny-From: <\(.*\)>/\1:/p; s/^Penny-To: w <\(.*\)>/\1/p' | tr '\n' ' ')" "$shown_want " '  to whom'
}
all="bob@example.net carol@example.net dan@example.com"
shown '-t' "alerts@example.org: $all" -t
shown 'PHP: -t -i' "alerts@example.org: $all" -t -i
shown 'PHP with additional parameters' "www@example.org: $all" -t -i -fwww@example.org
shown 'mutt: -oem -oi, addresses behind --' 'alerts@example.org: x@example.net y@example.net' -oem -oi -- x@example.net y@example.net
shown 'a list with commas' 'alerts@example.org: x@example.net y@example.net' x@example.net,y@example.net
shown 's-nail: -i -r' 'ann@example.org: x@example.net' -i -r ann@example.org -- x@example.net
shown 'git: -i' 'alerts@example.org: x@example.net' -i x@example.net
shown 'options behind addresses' 'a@example.org: x@example.net' x@example.net -f a@example.org
shown 'all that is tuning elsewhere' 'a@example.org: x@example.net' -Am -Ac -B8BITMIME -C /dev/null -G -h 3 -L label -m -n -oA/etc/aliases \
	-O QueueDirectory=/x -o7 -o8 -om -odb -oem -om -bm -U -X /dev/null -Nnever -Rhdrs -V id -f a@example.org x@example.net
shown '-O DeliveryMode' 'alerts@example.org: x@example.net' -O DeliveryMode=queue x@example.net
shown 'the null sender' ': x@example.net' -f '<>' x@example.net
rm -rf "$PENNYPOST_QUEUE"

hello='S: 220 mx.example.net
C: EHLO client.example.org'
transaction='C: RCPT TO:<bob@example.net>
S: 250 ok
C: DATA
S: 354 go on'
peer dot <<X
$hello
S: 250 mx
C: MAIL FROM:<alerts@example.org>
S: 250 ok
$transaction
C~ ^Date:
C: From: Full Name <alerts@example.org>
C~ ^Message-ID:
C: 
C: one
C: ..two
C: .
S: 250 taken
C: QUIT
X
account
exits 0 'a line of a dot ends the message, and what follows is not waited for' sh -c '
	mkfifo "$2/fifo" && { exec 3<>"$2/fifo"; printf "\none\n.two\n.\r\nthree\n" >&3; exec "$1" -F "Full Name" bob@example.net <&3 3<&-; }' \
	sh "$TMP/bin/sendmail" "$TMP"
is "$(cat "$TMP/out" "$TMP/err")" '' '  in silence'
peer_ok dot
peer dots <<X
$hello
S: 250 mx
C: MAIL FROM:<alerts@example.org>
S: 250 ok
$transaction
C~ ^Date:
C: From: alerts@example.org
C~ ^Message-ID:
C: 
C: ..
C: three
C: .
S: 250 taken
C: QUIT
X
account
exits 0 'with -i it does not' sh -c 'printf "\n.\nthree\n" | "$0" -i bob@example.net' "$TMP/bin/sendmail"
peer_ok dots

peer dsn <<X
$hello
S: 250-mx
S: 250 DSN
C: MAIL FROM:<alerts@example.org> RET=HDRS ENVID=a+2Bb+20c
S: 250 ok
C: RCPT TO:<bob@example.net> NOTIFY=SUCCESS,DELAY
S: 250 ok
C: DATA
S: 354 go on
C~ ^Date:
C~ ^From:
C~ ^Message-ID:
C: 
C: x
C: .
S: 250 taken
C: QUIT
X
account
echo x >"$TMP/body"
exits 0 '-N, -R and -V to a server with DSN' as -N delay,success -R hdrs -V 'a+b c' bob@example.net <"$TMP/body"
peer_ok dsn
exits 64 '-N nonsense' as -N sometimes bob@example.net <"$TMP/body"
exits 64 '-N never and more' as -N never,delay bob@example.net <"$TMP/body"
exits 64 '-R nonsense' as -R some bob@example.net <"$TMP/body"
exits 64 '-V with a line end' as -V "a
b" bob@example.net <"$TMP/body"

# What can't be sent now is in the queue, and that is success; what never will be is not.
PEER=lmtp+unix:$TMP/nobody
account
exits 0 'nobody listens' as -i bob@example.net <"$TMP/body"
is "$(mqueue ls | grep -c bob@example.net)" 1 'the message is queued'
exits 0 'sendmail -bp' as -bp
like "$(cat "$TMP/out")" 'bob@example.net' 'lists it'
exits 0 'mailq' "$TMP/bin/mailq"
like "$(cat "$TMP/out")" 'bob@example.net' 'lists it too'
exits 0 'sendmail -q' as -q
is "$(cat "$PENNYPOST_QUEUE"/*/* | grep Penny-Tries)" 'Penny-Tries: 0001' 'tries to send it'
id=$(mqueue ls | cut -f1)
exits 0 'sendmail -qI names it' as -qI"$id"
peer refused <<X
$hello
S: 250 mx
C: MAIL FROM:<alerts@example.org>
S: 250 ok
C: RCPT TO:<nobody@example.net>
S: 550 5.1.1 no such user
C: QUIT
X
account
exits 67 'a recipient that does not exist' as -i nobody@example.net <"$TMP/body"
is "$(cat "$TMP/err")" 'sendmail: server refused <nobody@example.net>: "550 5.1.1 no such user"' 'is told, by the name of sendmail'
is "$(mqueue ls | grep -c .)" 1 'and not queued'

exits 0 'newaliases' "$TMP/bin/newaliases"
exits 0 'sendmail -bi' as -bi
exits 0 'sendmail -I' as -I
printf 'EHLO client\r\nQUIT\r\n' >"$TMP/smtp"
exits 0 '-bs speaks SMTP' as -bs <"$TMP/smtp"
like "$(cat "$TMP/out")" '^221' 'to its end'
for mode in -bd -bv -q30m -qRsite -XV; do
	exits 69 "$mode is refused" as $mode x@example.net <"$TMP/body"
	like "$(cat "$TMP/err")" "^sendmail: $mode: |^sendmail: ${mode%V}V" '  by its name'
done
exits 65 'a name with a line end' as -F 'Ann
Bcc: x@example.net' x@example.net <"$TMP/body"
exits 64 'an unknown option' as -% x@example.net <"$TMP/body"
exits 64 'no recipient' as -i <"$TMP/body"
exits 64 '-t with none in the header' as -t <"$TMP/body"
exits 0 '--version' as --version
like "$(cat "$TMP/out")" '^sendmail \(Penny Post\)' 'names itself'
done_testing
