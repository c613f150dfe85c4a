#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap sync against Dovecot: what it carries over in each direction, by which commands, and what it leaves alone.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sync.sh"

live_dovecot 'namespace inbox {
		  mailbox Bin {
		    special_use = \Trash
		  }
		}'
live_config
file() { grep -l "^Subject: $1\$" "$M"/*/new/* "$M"/*/cur/* "$M"/*/*/cur/* "$M"/*/*/new/* 2>/dev/null; }
set_flags() { mv "$(file "$1")" "$(file "$1" | sed 's,/new/,/cur/,; s/:2,.*//'):2,$2"; }
counts() { awk '{ print $3 }' "$TMP/wire" | sort | uniq -c | tr -s ' ' | tr '\n' ';'; }	# of commands

# --- first sync, nothing, changes
for i in 1 2 3 4 5 6; do message "$i" | mimap put; done >/dev/null
mimap flag +seen 1
mimap flag '+flagged,$Forwarded,$Label1' 2
mimap mkdir Lists/c Work 'Entwürfe' Bin
message 7 | mimap -m Lists/c put -D 2020-01-02T03:04:05Z -f seen >/dev/null
exits 0 'a first sync' mimap sync
is "$(cat "$TMP/out" "$TMP/err")" '' 'says nothing'
sync_equal 'both sides are equal'
ok 'a folder below another, one with other letters, and an empty one' test -d "$M/Lists/c/cur" -a -d "$M/Entwürfe/cur" -a -d "$M/Work/cur"
is "$(stat -c %Y "$(file 7)")" "$(date -d 2020-01-02T03:04:05Z +%s)" 'a file has the date of arrival'
is "$(find "$M" -type d ! -perm 700 ; find "$M" -type f ! -perm 600)" '' 'nobody else can read it'
wire sync
is "$(counts)" ' 1 ENABLE; 1 LIST; 1 LOGOUT;' 'nothing changed: no folder is opened'
exits 0 'told twice what to do' mimap sync -n
is "$(cat "$TMP/out")" '' 'there is nothing to do'

set_flags 3 RS
set_flags 2 S
rm "$(file 4)"
message 8 >"$M/Work/new/1.8.x"
touch -d 2019-05-06T07:08:09Z "$M/Work/new/1.8.x"
mimap flag +answered 5
mimap rm -f 6
message 9 | mimap put >/dev/null
exits 0 'what would be done' mimap sync -n
is "$(sed 's/S=[0-9]*/S/; s/[0-9]*\.M[^ 	]*/FILE/' "$TMP/out" | sort)" "$(printf '%s\t%s\t%s\n' fetch INBOX 7 flag-here INBOX '5 +(\Answered)' \
	flag-there INBOX '2 +(\Seen) -(\Flagged $Forwarded $Label1)' flag-there INBOX '3 +(\Answered \Seen)' put Work 1.8.x remove-here INBOX FILE \
	remove-there INBOX 4)" 'is told, an action a line'
isnt "$(mimap sync -n)" '' 'and still to be done'
exits 0 'changes of both sides' mimap sync
sync_equal 'are on both'
like "$(mimap -m Work search -l)" '^1	2019-05-06T07:08:09' 'what was stored keeps its date'
wire sync
is "$(counts)" ' 1 ENABLE; 1 LIST; 1 LOGOUT;' 'then nothing is left to do'
exits 0 'the paths of what comes' mimap sync -p
message 10 | mimap put >/dev/null
is "$(mimap sync -p | sed "s,^$M,," | cut -d / -f 1-3)" /INBOX/new 'are printed'

# --- both changed one message
set_flags 3 FRS
mimap flag +draft 3
mimap rm -f 5
set_flags 5 FR
mimap flag +flagged 1
rm "$(file 1)"
exits 0 'the same messages changed on both sides' mimap sync
sync_equal 'end the same'
like "$(cat "$TMP/here")" '^INBOX	DFRS	' 'flags of both are merged'
ok 'one removed there and flagged here is kept' test -n "$(file 5)"
ok 'one removed here and flagged there as well' test -n "$(file 1)"

# --- moves
n=$(file 3); mv "$n" "$M/Work/cur/"
mimap mv subject:10 Lists/c
uid=$(mimap search subject:1 | head -n 1)
was=$(file 10)
wire sync
like "$(cat "$TMP/wire")" ' UID MOVE 3 "Work"$' 'a file that was moved is moved there'
unlike "$(cat "$TMP/wire")" 'BODY.PEEK\[\]|APPEND' 'and nothing is transferred'
is "$(basename "$(file 10)" | sed 's/:.*//')" "$(basename "$was" | sed 's/:.*//')" 'what was moved there is moved here, with its name'
sync_equal 'both are equal'
exits 0 'another run' mimap sync
sync_equal 'changes nothing'
n=$(file 8); mv "$n" "$M/Work/cur/renamed.by.a.reader:2,S"
wire sync
unlike "$(cat "$TMP/wire")" 'APPEND|EXPUNGE' 'a file that a reader gave another name is the same message'
sync_equal 'and has its flags there'

# --- folders
mkdir -p "$M/New/below/cur" "$M/New/below/new" "$M/New/below/tmp"
message 11 >"$M/New/below/cur/11:2,F"
mv "$M/Work" "$M/Job"
mimap rename Lists/c Lists/d
exits 0 'new and renamed folders' mimap sync
sync_equal 'are carried over'
ok 'by names' test -d "$M/Job/cur" -a ! -d "$M/Work" -a -d "$M/Lists/d/cur" -a ! -d "$M/Lists/c/cur"
like "$(mimap ls)" '^Job$' 'there as well'
mimap rmdir -f New/below
exits 0 'a mailbox that was removed' mimap sync
ok 'goes here' test ! -e "$M/New/below/cur"
mkdir -p "$M/New/below/cur" "$M/New/below/new" "$M/New/below/tmp"
exits 0 'an empty new folder' mimap sync
mimap rmdir New/below
message 12 >"$M/New/below/cur/12:2,"
exits 0 'a mailbox that was removed while something came here' mimap sync
sync_equal 'is made again'
ok 'with it' test -n "$(file 12)"
rm -r "$M/Job"
exits 0 'a directory that was removed here' mimap sync
sync_equal 'comes back'
like "$(cat "$TMP/err")" 'Job was gone' 'and a warning says so'
rm -r "$M/Job"
exits 0 'with --remove' mimap sync --remove
sync_equal 'it goes there'
unlike "$(mimap ls)" '^Job$' 'as asked for'

# --- the brake
mimap mkdir Many
i=0
while [ "$i" -lt 60 ]; do i=$((i + 1)); message "m$i" >"$TMP/m.$i"; done
mimap -m Many put "$TMP"/m.* >/dev/null
mimap sync
rm "$M/Many"/new/*
message 13 | mimap put >/dev/null
exits 77 'a folder that was emptied here' mimap sync
like "$(cat "$TMP/err")" '^mimap: Many: 60 of 60 messages are gone here, and would be removed there \(UID 1, 2' 'is told, with numbers'
is "$(mimap -m Many search | wc -l | tr -d ' ')" 60 'nothing is removed'
ok 'other folders go on' test -n "$(file 13)"
exits 0 'with --force' mimap sync --force
is "$(mimap -m Many search | wc -l | tr -d ' ')" 0 'it is'
sync_equal 'and both are equal'

# --- what was lost is found again
find "$M" -name '.pennypost-*' -exec rm {} +
wire sync
unlike "$(cat "$TMP/wire")" 'BODY.PEEK\[\]|APPEND' 'lost states: nothing is transferred'
sync_equal 'nothing doubled'
rm -rf "$M/INBOX/cur"
exits 0 'cur/ has vanished' mimap sync
sync_equal 'its messages are fetched again'
perl -pi -e 's/^(3 V)(\d+)/$1.($2+1)/e if $. == 1' "$MAILROOT/ann/Maildir/dovecot-uidlist"
rm -f "$MAILROOT/ann/Maildir"/dovecot.index*
wire sync
unlike "$(cat "$TMP/wire")" 'BODY.PEEK\[\]|APPEND' 'a new UIDVALIDITY: nothing is transferred'
sync_equal 'nothing doubled'

# --- one way, and less
message 14 >"$M/INBOX/cur/14:2,"
message 15 | mimap put >/dev/null
exits 0 'only from there' mimap sync --pull
is "$(mimap search subject:14)" '' 'nothing goes there'
ok 'what is new there comes' test -n "$(file 15)"
set_flags 15 S
exits 0 'a mirror of the server' mimap sync --pull --exact
sync_equal 'undoes what was changed here'
message 16 | mimap put >/dev/null
message 17 >"$M/INBOX/cur/17:2,"
exits 0 'only from here' mimap sync --push
ok 'nothing comes' test -z "$(file 16)"
exits 0 'a mirror of the maildirs' mimap sync --push --exact
sync_equal 'undoes what was changed there'
message 18 | mimap put >/dev/null
rm "$(file 17)"
exits 0 'collecting' mimap -o sync=pull-new,pull-flags sync
isnt "$(mimap search subject:17)" '' 'removes nothing there'
mimap rm -f "$(mimap search subject:18)"
exits 0 'again' mimap -o sync=pull-new,pull-flags sync
ok 'nor here' test -n "$(file 18)"
exits 0 'all again' mimap sync
sync_equal 'carries it out'
exits 0 'only some folders' mimap sync 'Lists*' '!Lists/d'

# --- expunge, trash, limits
message 19 | mimap put >/dev/null
message 20 | mimap put >/dev/null
mimap sync
set_flags 19 T
exits 0 'a file marked as deleted, expunge none' mimap -o expunge=none sync
like "$(mimap search -l subject:19)" 'deleted' 'is marked there'
exits 0 'expunge both' mimap sync
is "$(file 19)$(mimap search subject:19)" '' 'goes on both sides'
rm "$(file 20)"
exits 0 'removed here, with a trash' mimap -o trash=trash sync
is "$(mimap search subject:20)" '' 'goes'
isnt "$(mimap -m Bin search subject:20)" '' 'there'
mimap sync
sync_equal 'and comes here with it'
head -c 200000 /dev/zero | tr '\0' 'x' | fold -w 70 >"$TMP/large"
message 21 "$(cat "$TMP/large")" | mimap put >/dev/null
exits 0 'a large message, skipped' mimap -o max-size=100k sync
ok 'is not here' test -z "$(file 21)"
exits 0 'a placeholder' mimap -o max-size=100k -o too-large=placeholder sync
wire -o max-size=100k sync
is "$(file 21)" '' 'skipped once, it stays there'
mimap flag +flagged "$(mimap search subject:21)"
exits 0 'once it is flagged' mimap -o max-size=100k sync
ok 'all of it comes' test "$(wc -c <"$(file 21)")" -gt 200000
message 22 "$(cat "$TMP/large")" | mimap put >/dev/null
exits 0 'another, with a placeholder' mimap -o max-size=100k -o too-large=placeholder sync
ok 'its header is here' test "$(wc -c <"$(file 22)")" -lt 1000
set_flags 22 F
exits 0 'flagged here' mimap -o max-size=100k -o too-large=placeholder sync
ok 'all of it is' test "$(wc -c <"$(file 22)")" -gt 200000
sync_equal 'and both are equal'

# --- two runs, odd files, what can't go
mimap sync 2>/dev/null &
mimap sync 2>/dev/null
wait $!
sync_equal 'two runs at once'
printf 'Subject: a\nMessage-ID: <nul@example.org>\n\na\0b\n' >"$M/INBOX/cur/nul:2,"
: >"$M/INBOX/cur/empty:2,"
message 23 >"$M/INBOX/cur/23:2,"
exits 65 'a file that IMAP cannot carry' mimap sync
like "$(cat "$TMP/err")" 'there is a NUL in it' 'is named'
isnt "$(mimap search subject:23)" '' 'others go'
rm "$M/INBOX/cur/nul:2," "$M/INBOX/cur/empty:2,"
printf 'Subject: no empty line\nFrom: a@example.org\n' | mimap put >/dev/null
printf 'no header\n' | mimap put >/dev/null
exits 0 'messages without an empty line, without a header' mimap sync
sync_equal 'come as well'

# --- Maildir++
exits 0 'layout=maildir++' mimap -o layout=maildir++ sync -d "$TMP/plus"
sync_server >"$TMP/there"
sync_state "$TMP/plus" plusplus >"$TMP/here"
same "$TMP/here" "$TMP/there" 'is the same mail'
ok 'by its names' test -d "$TMP/plus/.Lists.d/cur" -a -d "$TMP/plus/cur"

# --- less of a server
for without in QRESYNC QRESYNC,CONDSTORE MOVE LITERAL+ ESEARCH,QRESYNC LIST-STATUS LIST-STATUS,QRESYNC,CONDSTORE,MOVE,LITERAL+,ESEARCH,SPECIAL-USE; do
	message "w$without" >"$M/INBOX/cur/$without.1:2,"
	message "v$without" | mimap put >/dev/null
	message "u$without" | mimap -m Lists/d put >/dev/null
	mimap -o imap-without="$without" sync
	mv "$(file "w$without")" "$M/Lists/d/cur/"
	mimap rm -f "$(mimap search subject:"v$without")"
	set_flags "u$without" S
	mimap -m Lists/d flag +flagged "subject:u$without"
	exits 0 "without $without" mimap -o imap-without="$without" sync
	sync_equal 'both sides are equal'
	mimap -o imap-without="$without" sync
done
sync_equal 'and stay so'
done_testing
