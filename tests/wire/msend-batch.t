#!/bin/sh
# SPDX-License-Identifier: ISC
# msend -B: queue files in, result lines out; one connection for many messages.
. "$(dirname "$0")/../lib.sh"

# entry ACCOUNT NAME ADDR…: a queue file, its path in $TMP/NAME
entry() {
	entry_account=$1 entry_name=$2
	shift 2
	entry_id=$(printf 'Date: x\nFrom: y@z\nMessage-ID: <%s>\n\n%s\n' "$entry_name" "$entry_name" |
	    mqueue add -f ann@example.org -a "$entry_account" -- "$@")
	find "$PENNYPOST_QUEUE"/new -name "*$entry_id*" >"$TMP/$entry_name"
}

# results: of the last run, with names for paths
results() {
	sed "s|^$PENNYPOST_QUEUE/new/[^	]*	|file	|" "$TMP/out"
}
tabs() { printf "$1"; }

mkdir -p "$XDG_CONFIG_HOME/pennypost"
cat >"$XDG_CONFIG_HOME/pennypost/config" <<X
helo client.example.org
account one
	send exec:$BUILD/tests/tools/peer $TMP/one.peer
account two
	send exec:$BUILD/tests/tools/peer $TMP/two.peer
account nobody
	send exec:echo x >>$TMP/tried; exec false
X

hello='S: 220 mx
C: EHLO client.example.org
S: 250-mx
S: 250 PIPELINING'
# message NAME ADDR [REPLY]: a transaction
message() {
	printf 'C: MAIL FROM:<ann@example.org>\nC: RCPT TO:<%s>\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 354 go\n' "$2"
	body "$1"
	printf 'S: %s\n' "${3:-250 2.0.0 taken $1}"
}
body() { printf 'C: Date: x\nC: From: y@z\nC: Message-ID: <%s>\nC: \nC: %s\nC: .\n' "$1" "$1"; }

entry one m1 a@example.net
entry one m2 b@example.net
entry one m3 c@example.net
entry one m4 d@example.net
entry two m5 e@example.net
entry nobody m6 f@example.net
entry nobody m7 g@example.net

# Each envelope goes along with the message before it, in one flight.
peer one <<X
$hello
C: MAIL FROM:<ann@example.org>
C+ RCPT TO:<a@example.net>
C+ DATA
S: 250 ok
S: 250 ok
S: 354 go
$(body m1)
C+ MAIL FROM:<ann@example.org>
C+ RCPT TO:<b@example.net>
C+ DATA
S: 250 2.0.0 taken m1
S: 250 ok
S: 550 5.1.1 no b
S: 503 no
C: RSET
C+ MAIL FROM:<ann@example.org>
C+ RCPT TO:<c@example.net>
C+ DATA
S: 250 reset
S: 250 ok
S: 250 ok
S: 354 go
$(body m3)
C+ MAIL FROM:<ann@example.org>
C+ RCPT TO:<d@example.net>
C+ DATA
S: 451 4.3.0 later
S: 250 ok
S: 250 ok
S: 354 go
$(body m4)
C+ QUIT
S: 250 taken m4
X
cat "$TMP/m1" "$TMP/m2" "$TMP/m3" "$TMP/m4" >"$TMP/paths"
exits 75 'four messages, one connection' msend -B <"$TMP/paths"
is "$(results)" "$(tabs 'file\ta@example.net\tok\t250\t2.0.0\t250 2.0.0 taken m1
file\tb@example.net\trefused\t550\t5.1.1\t550 5.1.1 no b
file\tc@example.net\tlater\t451\t4.3.0\t451 4.3.0 later
file\td@example.net\tok\t250\t\t250 taken m4')" 'a line each; RSET only where a transaction stands open'
peer_ok one

cut -f 1 "$TMP/out" >"$TMP/said"
same "$TMP/said" "$TMP/paths" 'the paths are those given'

# A server that closes after each message: a new connection, the message is not lost.
peer one <<X
$hello
C~ ^MAIL FROM:
C~ ^RCPT TO:
C: DATA
S: 250 ok
S: 250 ok
S: 354 go
C~ ^Date
C~ ^From
C~ ^Message-ID
C: 
C~ ^m
C: .
S: 250 taken
S! drop
X
exits 0 'closed by the server after each' msend -B <"$TMP/paths"
is "$(cut -f 3 "$TMP/out" | sort | uniq -c | tr -s ' ')" ' 4 ok' 'all are sent'

peer one <<X
$hello
C~ ^MAIL FROM:
C~ ^RCPT TO:
C: DATA
S: 250 ok
S: 250 ok
S: 354 go
C~ ^Date
C~ ^From
C~ ^Message-ID
C: 
C~ ^m
C: .
S: 250 taken
C~ ^MAIL FROM:
S: 421 4.7.0 enough for today
X
exits 0 '421 before the next one' msend -B <"$TMP/paths"
is "$(cut -f 3 "$TMP/out" | sort | uniq -c | tr -s ' ')" ' 4 ok' 'all are sent'

# Several accounts; one that can't be reached is tried once.
peer one <<X
$hello
$(message m1 a@example.net)
C: QUIT
X
peer two <<X
$hello
$(message m5 e@example.net)
C: QUIT
X
cat "$TMP/m1" "$TMP/m5" "$TMP/m6" "$TMP/m7" >"$TMP/paths"
exits 75 'three accounts' msend -B <"$TMP/paths"
is "$(cut -f 2,3 "$TMP/out")" "$(tabs 'a@example.net\tok\ne@example.net\tok\nf@example.net\tlater\ng@example.net\tlater')" 'each by its own'
is "$(grep -c . "$TMP/tried")" 1 'no second try where there is no connection'
peer_ok one
peer_ok two

peer two <<X
$hello
$(message m1 a@example.net)
C: QUIT
X
exits 0 '-a is stronger than the entry' msend -B -a two <"$TMP/m1"
peer_ok two

# Files that are none.
echo "$TMP/no such file" >"$TMP/paths"
cat "$TMP/m1" >>"$TMP/paths"
peer one <<X
$hello
$(message m1 a@example.net)
C: QUIT
X
exits 74 'a file that is not there' msend -B <"$TMP/paths"
like "$(sed -n 1p "$TMP/out")" "^$TMP/no such file	-	later			open .*No such file" 'has a line without an address'
like "$(sed -n 2p "$TMP/out")" "	a@example.net	ok	250	" 'and the next one goes'

# A wrong password is the account's trouble, not the message's.
cat >>"$XDG_CONFIG_HOME/pennypost/config" <<X
account wrong
	send exec:$BUILD/tests/tools/peer $TMP/wrong.peer
	user ann
	password !echo secret
X
entry wrong m8 a@example.net
peer wrong <<X
S: 220 mx
C: EHLO client.example.org
S: 250-mx
S: 250 AUTH PLAIN
C~ ^AUTH PLAIN
S: 535 5.7.8 no
C: QUIT
X
exits 77 'a wrong password' msend -B <"$TMP/m8"
like "$(cat "$TMP/out")" '	a@example.net	later			authentication as ann refused' 'is later'

done_testing
