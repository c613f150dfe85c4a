#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap's verbs that change things, on a real Dovecot: with all it offers, and with each extension switched off in turn.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mpop.sh"

live_dovecot 'namespace inbox {
  mailbox Trash {
    special_use = \Trash
    auto = create
  }
}'

box() { mimap -m "$1" search "${2-all}" | tr '\n' ' '; }	# the UIDs in it
subjects() { mimap -m "$1" search -l | cut -f 6 | sort | tr '\n' ' '; }
letter() { printf 'From: ann@example.org\nSubject: %s\nMessage-ID: <%s@example.org>\n\nThis is %s.\n' "$1" "$1" "$1"; }

core() {	# WITHOUT: what mimap is not to use
	live_config
	printf '\tauth\tplain\n' >>"$XDG_CONFIG_HOME/pennypost/config"	# it is quick
	[ -z "$1" ] || printf '    imap-without %s\n' "$1" >>"$XDG_CONFIG_HOME/pennypost/config"
	printf '# without: %s\n' "$1"
	case ,$1, in *,UIDPLUS,*) expunge= ;; *) expunge=1 ;; esac

	# --- mkdir, put: from stdin, files, a maildir.
	exits 0 'mkdir' mimap mkdir 'Lists/grüne' Work
	is "$(mimap ls | tr '\n' ' ')" 'INBOX Lists Lists/grüne Trash Work ' 'two more mailboxes'
	letter one >"$TMP/one"
	printf 'Subject: two\nMessage-ID: <two@example.org>\n\nbare CR \r and no end' >"$TMP/two"
	letter three | sed 's/$/\r/' >"$TMP/three"
	exits 0 'put from standard input' sh -c 'mimap put <"$0"' "$TMP/one"
	is "$(cat "$TMP/out")" 1 'prints the UID'
	exits 0 'put from a pipe' sh -c 'cat "$0" | mimap put -f seen,\$Forwarded -D 2020-02-03T04:05:06Z' "$TMP/two"
	is "$(cat "$TMP/out")" 2 'prints the next UID'
	exits 0 'put files' mimap put -f '' "$TMP/three" "$TMP/one"
	is "$(tr '\n' ' ' <"$TMP/out")" '3 4 ' 'prints a UID a line'
	is "$(mimap search -l uid:2 | cut -f 1,2,4)" '2	2020-02-03T04:05:06+0000	seen,$Forwarded' 'flags and date are kept'
	is "$(mimap fetch -d - 1 | cksum)" "$(cksum <"$TMP/one")" 'what comes back is what was put'
	is "$(mimap fetch -d - 3 | cksum)" "$(letter three | cksum)" 'CRLF in the file is a line end too'
	is "$(mimap fetch -d - 2 | tail -n 2)" 'bare CR 
 and no end' 'so is a bare CR'
	mkdir -p "$TMP/M/new" "$TMP/M/cur" "$TMP/M/tmp"
	letter four >"$TMP/M/new/1.M1.host"
	letter five >"$TMP/M/cur/2.M2.host:2,FS"
	touch -d '2021-03-04 05:06:07Z' "$TMP/M/cur/2.M2.host:2,FS"
	exits 0 'put a maildir' mimap -m Work put "$TMP/M"
	is "$(tr '\n' ' ' <"$TMP/out")" '1 2 ' 'both UIDs'
	is "$(mimap -m Work search -l flagged | cut -f 2,4,6)" '2021-03-04T05:06:07+0000	flagged,seen	five' 'flags and date of the file'
	exits 69 'put into nothing' mimap -m Nowhere put "$TMP/one"
	like "$(cat "$TMP/err")" '^mimap: .* refused to store .*/one in Nowhere: ".*"; mimap mkdir makes it$' 'says what to do'
	exits 65 'put what is not there, and what is' mimap put "$TMP/nothing" "$TMP/one"
	exits 65 'put an empty file' mimap put /dev/null
	: >"$TMP/empty"
	exits 65 'and a good one' mimap -m Work put "$TMP/empty" "$TMP/one"
	is "$(cat "$TMP/out")" 3 'which is stored'
	like "$(cat "$TMP/err")" '^mimap: .*/empty is empty$' 'the other is named'

	# --- cp, mv: by UID and by query.
	exits 0 'cp' mimap cp 1,3 Lists/grüne
	is "$(box Lists/grüne) $(box INBOX)" '1 2  1 2 3 4 ' 'copies'
	exits 0 'mv -n' mimap mv -n subject:three Lists/grüne
	is "$(cut -f 1,6 "$TMP/out")" '3	three' 'shows what it would move'
	is "$(box INBOX)" '1 2 3 4 ' 'and moves nothing'
	exits 0 'mv by query' mimap mv subject:three Lists/grüne
	is "$(subjects Lists/grüne)" 'one three three ' 'moves'
	is "$(box INBOX undeleted)" '1 2 4 ' 'it is gone here'
	exits 0 'the same again' mimap mv subject:three Lists/grüne
	is "$(subjects Lists/grüne)" 'one three three ' 'moves nothing twice'
	exits 69 'mv to nothing' mimap mv 1 Nowhere
	is "$(box INBOX undeleted)" '1 2 4 ' 'leaves all where it is'
	exits 0 'search | mv' sh -c 'mimap search subject:two | mimap mv - Work'
	is "$(subjects Work)" 'five four one two ' 'moves what comes by the pipe'
	exits 0 'mv of UIDs that there are not' mimap mv 100:200,4711 Work
	exits 0 'from beyond the end on' mimap mv '100:*' Work
	is "$(box INBOX undeleted)" '1 4 ' 'is not the last one'

	# --- rm: to the trash, for good, and nobody else's.
	exits 0 'rm' mimap rm 1
	is "$(subjects Trash)" 'one ' 'to the trash'
	is "$(box INBOX undeleted)" '4 ' 'and away'
	exits 0 'another client marks one as deleted' mimap -m Work flag +deleted subject:two
	exits 0 'rm -f' mimap -m Work rm -f subject:five
	is "$(mimap -m Work search undeleted | wc -l | tr -d ' ')" 2 'two are left'
	is "$(subjects Work | grep -c two)" 1 'and what the other marked is still there'
	[ -n "$expunge" ] || {
		is "$(cat "$TMP/out")" '' 'nothing on standard output'
		like "$(cat "$TMP/err")" "^mimap: localhost port $IMAPS can't remove single messages \(UIDPLUS\): they are marked as deleted in Work" 'it says that it only marks'
	}
	[ -z "$expunge" ] || is "$(subjects Work)" 'four one two ' 'exactly this one is gone'
	exits 64 'rm in the trash' mimap -m Trash rm all
	like "$(cat "$TMP/err")" 'is the trash; mimap rm -f removes messages for good$' 'needs -f'
	exits 0 'rm -f all' mimap -m Trash rm -f all
	is "$(box Trash undeleted)" '' 'empties it'

	# --- flag takes a query as well; mailboxes.
	exits 0 'flag -n' mimap -m Work flag -n +flagged subject:four
	is "$(mimap -m Work search flagged)" "$(mimap -m Work search subject:five)" 'changes nothing'
	exits 0 'flag by query' mimap -m Work flag +flagged,answered -seen subject:four
	is "$(mimap -m Work search -l subject:four | cut -f 4)" 'answered,flagged' 'sets flags'
	exits 0 'rename' mimap rename Lists/grüne Lists/Rote
	is "$(mimap ls | tr '\n' ' ')" 'INBOX Lists Lists/Rote Trash Work ' 'has another name'
	exits 0 'subscribe' mimap subscribe Lists/Rote Work
	is "$(mimap raw 'LSUB "" "*"' | grep -c LSUB)" 2 'two'
	exits 0 'unsubscribe' mimap unsubscribe Work
	is "$(mimap raw 'LSUB "" "*"' | grep -c LSUB)" 1 'one'
	exits 69 'rmdir of a full one' mimap rmdir Lists/Rote
	like "$(cat "$TMP/err")" '^mimap: Lists/Rote holds 3 messages; mimap rmdir -f removes it with all of them$' 'says what is in it'
	exits 0 'rmdir -f' mimap rmdir -f Lists/Rote Work
	exits 69 'rmdir of what is not there' mimap rmdir Work
	exits 0 'mkdir again' mimap mkdir Work
	exits 69 'mkdir twice' mimap mkdir Work
	exits 0 'rmdir' mimap rmdir Work
	is "$(mimap ls | tr '\n' ' ')" 'INBOX Trash ' 'all gone'

	# --- The reading verbs.
	is "$(mimap ls -l 'Tr*' | cut -f 1,2,5)" "$(mimap -m Trash search | wc -l | tr -d ' ')	$(mimap -m Trash search unseen | wc -l | tr -d ' ')	Trash" 'ls -l'
	is "$(mimap search -l undeleted | cut -f 1,6)" '4	one' 'search -l'
	is "$(mimap search newer:1d undeleted)" 4 'newer'
	is "$(mimap search --sort=-size undeleted) $(mimap search -l --sort subject undeleted | cut -f 1) $(mimap search thread:4 undeleted)" '4 4 4' 'sorted, by thread'
	is "$(mimap -m 'Tr*' -m INBOX search subject:one undeleted | tr '\t' :)" INBOX:4 'in several mailboxes'
	is "$(mimap search subject:öne) $(mimap search -- undeleted -subject:öne)" ' 4' 'text beyond US-ASCII'
	is "$(mimap fetch -P text 4)" 'This is one.' 'the text alone'
	exits 0 'empty what is left' mimap rm -f all
	rm -rf "$MAILROOT/ann/Maildir" "$TMP/M"
}

# What has nothing to do with each other is switched off together; at last all of it.
for without in '' MOVE UIDPLUS MOVE,UIDPLUS ESEARCH SEARCHRES,LIST-EXTENDED,BINARY LITERAL+,LITERAL-,SORT,THREAD LIST-STATUS,MULTIAPPEND,SASL-IR \
	SPECIAL-USE,LIST-EXTENDED,WITHIN STATUS=SIZE,CHARSET,PREVIEW,SAVEDATE,NAMESPACE,ENABLE,CONDSTORE,QRESYNC,ID,UNSELECT,IDLE,NOTIFY \
	MOVE,UIDPLUS,ESEARCH,SEARCHRES,LITERAL+,LITERAL-,LIST-EXTENDED,LIST-STATUS,SASL-IR,WITHIN,STATUS=SIZE,QUOTA,MULTIAPPEND,BINARY,SORT,THREAD,PREVIEW; do
	core "$without"
done

# --- Fewest turns: everything is sent ahead.
live_config
through() {	# a proxy before imaps, its port in $PORT
	rm -f "$TMP/port" "$TMP/turns"
	"$BUILD/tests/tools/turns" --to "127.0.0.1:$IMAPS" --report "$TMP/turns" --connections 1 --delay 40 >"$TMP/port" &
	turns_pid=$!
	at_exit "kill $turns_pid 2>/dev/null"
	await 10 test -s "$TMP/port"
	PORT=$(cat "$TMP/port")
}
at_most() {	# TURNS NAME verb…
	at_most=$1 at_most_name=$2
	shift 2
	through
	exits 0 "$at_most_name" mimap -a "imaps://ann@localhost:$PORT" -o 'password=!echo secret' -o auth=plain "$@"
	await 10 test -s "$TMP/turns"
	at_most_got=$(sed 's/turns=\([0-9]*\).*/\1/' "$TMP/turns")
	ok "$at_most_name: in at most $at_most turns (it was $at_most_got)" test "$at_most_got" -le "$at_most"
}
mkdir -p "$TMP/M/cur" "$TMP/M/new"
perl -e 'for my $i (1 .. 2000) {
	open my $f, ">", sprintf("%s/M%04d", $ARGV[0], $i) or die $!;
	print $f "Subject: $i\nMessage-ID: <$i\@example.org>\n\n", "text of some length that a message has\n" x ($i % 90);
}' "$TMP/M/new"
at_most 8 'two thousand messages' put "$TMP/M"
is "$(wc -l <"$TMP/out" | tr -d ' ')" 2000 'have a UID each'
is "$(mimap fetch -d - "$(sed -n 1234p "$TMP/out")" | cksum)" "$(cksum <"$TMP/M/new/M1234")" 'the right one'
at_most 7 'mv by query' mv subject:12 Trash
at_most 7 'rm' rm 1:100

# --- A hundred megabytes, from a file and from a pipe.
perl -e 'print "Subject: big\n\n"; print "x" x 75, "\n" for 1 .. 1380000' >"$TMP/big"
if grep -q __asan_init "$BUILD/mimap" || [ ! -x /usr/bin/time ]; then
	skip 'memory' 'it can not be measured here'
else
	exits 0 '100 MB' /usr/bin/time -f %M -o "$TMP/rss" mimap put "$TMP/big"
	ok "in less than 12 MiB ($(cat "$TMP/rss") KiB)" test "$(cat "$TMP/rss")" -lt 12288
	is "$(mimap fetch -d - "$(cat "$TMP/out")" | cksum)" "$(cksum <"$TMP/big")" 'as it was'
	exits 0 '100 MB by a pipe' sh -c 'cat "$0" | /usr/bin/time -f %M -o "$1" mimap put' "$TMP/big" "$TMP/rss"
	ok "in less than 12 MiB too ($(cat "$TMP/rss") KiB)" test "$(cat "$TMP/rss")" -lt 12288
	is "$(mimap fetch -d - "$(cat "$TMP/out")" | cksum)" "$(cksum <"$TMP/big")" 'as it was'
fi
done_testing
