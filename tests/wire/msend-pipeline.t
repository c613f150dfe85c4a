#!/bin/sh
# SPDX-License-Identifier: ISC
# msend -B with several messages under way: what is on the wire when, a window of them, and servers that answer too much, too early or
# in the wrong place; a server's LIMITS (RFC 9422).
. "$(dirname "$0")/../lib.sh"

mkdir -p "$XDG_CONFIG_HOME/pennypost"
cat >"$XDG_CONFIG_HOME/pennypost/config" <<X
helo client.example.org
account one
	send exec:$BUILD/tests/tools/peer $TMP/one.peer
account many
	send exec:n=\$(ls $TMP/turn.* | wc -l); exec $BUILD/tests/tools/peer \$(mktemp $TMP/turn.XXXXXX | sed "s|.*|$TMP/session.\$n.peer|")
X
# entry NAME ADDR…: a queue file, its path is added to $TMP/paths
entry() {
	entry_name=$1
	shift
	entry_id=$({ printf 'Date: x\nFrom: y@z\nMessage-ID: <%s>\n\n%s\n' "$entry_name" "$entry_name"; cat "${more:-/dev/null}"; } |
	    mqueue add -f ann@example.org -a "${account:-one}" -- "$@")
	find "$PENNYPOST_QUEUE"/new -name "*$entry_id*" >>"$TMP/paths"
}
fresh() {
	rm -rf "$PENNYPOST_QUEUE" "$TMP/paths"
}
verdicts() { cut -f 2-4 "$TMP/out"; }
tabs() { printf "$1"; }

hello='S: 220 mx
C: EHLO client.example.org
S: 250-mx'
data="$hello
S: 250 PIPELINING"
bdat="$hello
S: 250-CHUNKING
S: 250 PIPELINING"
body() { printf 'C: Date: x\nC: From: y@z\nC: Message-ID: <%s>\nC: \nC: %s\n' "$1" "$1"; }
# envelope FIRST ADDR: what a client says before a message, FIRST is C: or C+
envelope() { printf '%s MAIL FROM:<ann@example.org>\nC+ RCPT TO:<%s>\n' "$1" "$2"; }
ok4='S: 250 ok
S: 250 ok
S: 354 go'

# CHUNKING: the first goes in one piece, since nothing else could go meanwhile; then each message with the next envelope. RSET stands
# where the one before may have found no taker.
for n in 1 2 3; do entry $n $n@example.net; done
peer one <<X
$bdat
$(envelope C: 1@example.net)
C+ BDAT 42 LAST
$(body 1)
C+ RSET
$(envelope C+ 2@example.net)
S: 250 ok
S: 250 ok
S: 250 taken 1
S: 250 reset
S: 250 ok
S: 250 ok
C: BDAT 42 LAST
$(body 2)
$(envelope C+ 3@example.net)
S: 250 taken 2
S: 250 ok
S: 250 ok
C: BDAT 42 LAST
$(body 3)
C+ QUIT
S: 250 taken 3
X
sed -i 's/^S: 250 CHUNKING/S: 250-CHUNKING/' "$TMP/one.peer"
exits 0 'CHUNKING: a message goes with the next envelope' msend -B <"$TMP/paths"
is "$(verdicts)" "$(tabs '1@example.net\tok\t250\n2@example.net\tok\t250\n3@example.net\tok\t250')" 'and each has its reply'
peer_ok one

# A window: all in one flight, answered in one segment.
peer one <<X
$bdat
$(envelope C: 1@example.net)
C+ BDAT 42 LAST
$(body 1)
C+ RSET
$(envelope C+ 2@example.net)
C+ BDAT 42 LAST
$(body 2)
C+ RSET
$(envelope C+ 3@example.net)
C+ BDAT 42 LAST
$(body 3)
C+ QUIT
S- 250 ok\r\n550 5.1.1 no 1\r\n503 nobody\r\n250 reset\r\n250 ok\r\n250 ok\r\n451 4.3.0 not 2\r\n250 reset\r\n250 ok\r\n250 ok\r\n250 2.0.0 taken 3\r\n221 bye\r\n
X
exits 75 'a window of three: one flight' msend -B -o window=3 <"$TMP/paths"
is "$(verdicts)" "$(tabs '1@example.net\trefused\t550\n2@example.net\tlater\t451\n3@example.net\tok\t250')" 'and each has the reply that is its own'
peer_ok one

# 421 in the middle: what stands behind it was not done, and goes by another session, if there is one.
sed -i "s|$TMP/one.peer|$TMP/once|" "$XDG_CONFIG_HOME/pennypost/config"
sed -i "s|exec:\(.*\) $TMP/once|exec:mv $TMP/one.peer $TMP/once.peer \&\& \1 $TMP/once.peer|" "$XDG_CONFIG_HOME/pennypost/config"
peer one <<X
$bdat
$(envelope C: 1@example.net)
C+ BDAT 42 LAST
C* 42
C+ RSET
$(envelope C+ 2@example.net)
C+ BDAT 42 LAST
C* 42
C+ RSET
$(envelope C+ 3@example.net)
C+ BDAT 42 LAST
C* 42
C: QUIT
S: 250 ok
S: 250 ok
S: 250 taken 1
S: 421 4.3.2 going down
S! drop
X
exits 75 '421 in the middle of a window' msend -B -o window=3 <"$TMP/paths"
sed -i "s|exec:.*once.peer|exec:$BUILD/tests/tools/peer $TMP/one.peer|" "$XDG_CONFIG_HOME/pennypost/config"
is "$(cut -f 2-4 "$TMP/out")" "$(tabs '1@example.net\tok\t250\n2@example.net\tlater\t\n3@example.net\tlater\t')" 'the first is sent'
unlike "$(cat "$TMP/out")" 'may have been' 'and of the others it is known that they are not'

# Dropped: nobody knows.
peer one <<X
$bdat
$(envelope C: 1@example.net)
C+ BDAT 42 LAST
C* 42
C+ RSET
$(envelope C+ 2@example.net)
C+ BDAT 42 LAST
C* 42
C+ RSET
$(envelope C+ 3@example.net)
C+ BDAT 42 LAST
C* 42
C: QUIT
S: 250 ok
S: 250 ok
S: 250 taken 1
S: 250 ok
S: 250 ok
S: 550 5.1.1 no 2
S! drop
X
exits 75 'dropped in the middle of a window' msend -B -o window=3 <"$TMP/paths"
is "$(verdicts)" "$(tabs '1@example.net\tok\t250\n2@example.net\trefused\t550\n3@example.net\tlater\t')" 'replies that came count'
is "$(grep -c 'may have been delivered' "$TMP/out")" 1 'of the third nobody knows'

# What was not asked for is no reply.
head -n 1 "$TMP/paths" >"$TMP/first"
peer one <<X
$data
$(envelope C: 1@example.net)
C+ DATA
$ok4
S: 250 taken before it was sent
C~ .*
S! drop
X
sed -i '/^C~ \.\*$/d; /^S! drop$/d' "$TMP/one.peer"
sed -i 's/^S: 354 go$/S- 354 go\\r\\n250 taken before it was sent\\r\\n/; /^S: 250 taken before/d' "$TMP/one.peer"
exits 76 'a reply before its time' msend -B <"$TMP/first"
is "$(cut -f 2,3 "$TMP/out")" "$(tabs '1@example.net\tlater')" 'is not taken for one'
like "$(cat "$TMP/out")" 'answers what was not asked' 'and is called that'

for wrong in '250 instead of 354|S: 250 ok|S: 250 ok|S: 250 go on' '354 to RCPT|S: 250 ok|S: 354 go|S: 354 go' '354 to MAIL|S: 354 go|S: 250 ok|S: 354 go' \
	'354 though MAIL was refused|S: 550 no|S: 503 no|S: 354 go'; do
	peer one <<X
$data
$(envelope C: 1@example.net)
C+ DATA
$(echo "$wrong" | cut -d'|' -f2- | tr '|' '\n')
X
	exits "$(case $wrong in *refused*) echo 67 ;; *) echo 76 ;; esac)" "${wrong%%|*}" msend -B <"$TMP/first"
	isnt "$(cut -f 3 "$TMP/out")" ok 'is not sent'
	peer_ok one
done

# Too many replies: the surplus is found before the next message; that one goes by a new session.
account=many
fresh
for n in 1 2; do entry $n $n@example.net; done
: >"$TMP/turn.0"
peer session.1 <<X
$data
$(envelope C: 1@example.net)
C+ DATA
$ok4
$(body 1)
C: .
$(envelope C+ 2@example.net)
C+ DATA
S- 250 taken 1\r\n250 ok\r\n250 ok\r\n354 go\r\n250 one too many\r\n
X
peer session.2 <<X
$data
$(envelope C: 2@example.net)
C+ DATA
$ok4
$(body 2)
C: .
C+ QUIT
S: 250 taken 2
X
cp "$TMP/session.2.peer" "$TMP/second"
exits 0 'more replies than commands' msend -B <"$TMP/paths"
is "$(verdicts)" "$(tabs '1@example.net\tok\t250\n2@example.net\tok\t250')" 'do not move on to the next message'
peer_ok session.1
peer_ok session.2

# A server that keeps a transaction open after it refused its message would take the next one's recipients into it.
rm -f "$TMP"/turn.*
: >"$TMP/turn.0"
peer session.1 <<X
$data
$(envelope C: 1@example.net)
C+ DATA
$ok4
$(body 1)
C: .
$(envelope C+ 2@example.net)
C+ DATA
S: 451 4.3.0 not now
S: 503 5.5.1 nested MAIL
S: 250 ok
S: 354 go
X
peer session.2 <"$TMP/second"
exits 75 'the transaction of a refused message left open' msend -B <"$TMP/paths"
is "$(verdicts)" "$(tabs '1@example.net\tlater\t451\n2@example.net\tok\t250')" 'does not get the next one'
peer_ok session.1
peer_ok session.2

# LIMITS: one message in a session; one recipient in a message.
rm -f "$TMP"/turn.*
: >"$TMP/turn.0"
for n in 1 2; do
	peer session.$n <<X
$hello
S: 250-LIMITS FOO=3 MAILMAX=1 BAR
S: 250 PIPELINING
$(envelope C: $n@example.net)
C+ DATA
$ok4
$(body $n)
C: .
S: 250 taken
C: QUIT
X
done
sed -i 's/^S: 250 taken$/C+ QUIT\n&/; ' "$TMP/session.2.peer"
sed -i '$d' "$TMP/session.2.peer"
exits 0 'MAILMAX=1' msend -B <"$TMP/paths"
peer_ok session.1
peer_ok session.2

fresh
account=one
entry 1 a@example.net b@example.net c@example.net
peer one <<X
$hello
S: 250-LIMITS RCPTMAX=2
S: 250 PIPELINING
$(envelope C: a@example.net)
C+ RCPT TO:<b@example.net>
C+ DATA
S: 250 ok
$ok4
$(body 1)
C+ .
S: 250 taken
$(envelope C: c@example.net)
C+ DATA
$ok4
$(body 1)
C+ .
C+ QUIT
S: 250 taken
X
exits 0 'RCPTMAX=2: a second transaction for the third' msend -B <"$TMP/paths"
is "$(cut -f 3 "$TMP/out" | sort | uniq -c | tr -s ' ')" ' 3 ok' 'and all have it'
peer_ok one

fresh
account=many
rm -f "$TMP"/turn.*
: >"$TMP/turn.0"
entry 1 a@example.net b@example.org c@EXAMPLE.net
peer session.1 <<X
$hello
S: 250-LIMITS RCPTDOMAINMAX=1
S: 250 PIPELINING
$(envelope C: a@example.net)
C+ RCPT TO:<c@EXAMPLE.net>
C+ DATA
S: 250 ok
$ok4
$(body 1)
C+ .
S: 250 taken
C: QUIT
X
peer session.2 <<X
$data
$(envelope C: b@example.org)
C+ DATA
$ok4
$(body 1)
C+ .
C+ QUIT
S: 250 taken
X
exits 0 'RCPTDOMAINMAX=1: a session for each domain' msend -B <"$TMP/paths"
is "$(cut -f 3 "$TMP/out" | sort | uniq -c | tr -s ' ')" ' 3 ok' 'and all have it'
peer_ok session.1
peer_ok session.2

# More replies than the socket holds, while more is sent than the other one holds: neither waits for ever.
fresh
account=one
i=0
yes 'a line of some letters' | head -n 1000 >"$TMP/more"
more=$TMP/more
while [ $i -lt 40 ]; do i=$((i + 1)); entry $i $i@example.net; done
cat >"$TMP/flood" <<'X'
#!/usr/bin/perl
# Says 16 KiB to each command, and reads nothing while it says it.
$| = 1;
my $long = join '', map { "250-" . "x" x 500 . "\r\n" } 1 .. 32;
print "220 mx\r\n";
while (<STDIN>) {
	if (/^EHLO/) { print "250-mx\r\n250-CHUNKING\r\n250 PIPELINING\r\n" }
	elsif (/^BDAT (\d+)/) { read STDIN, my $d, $1; print $long, "250 taken\r\n" }
	elsif (/^QUIT/) { print "221 bye\r\n"; last }
	else { print $long, "250 ok\r\n" }
}
X
exits 0 'both sides with much to say' msend -B -a "exec:perl $TMP/flood" -o window=40 -o timeout=20 <"$TMP/paths"
is "$(cut -f 3 "$TMP/out" | sort | uniq -c | tr -s ' ')" ' 40 ok' 'come to an end'

for bad in 0 1001 x; do
	exits 64 "window=$bad" msend -B -o window=$bad <"$TMP/paths" || cat "$TMP/err" "$TMP/out"
done

done_testing
