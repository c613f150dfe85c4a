#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap search on a real Dovecot: what the server sorts, joins into threads and finds is what mimap makes itself of the same mail
# with these extensions switched off; several mailboxes; what one verb prints another one reads.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mpop.sh"

live_dovecot
live_config
mkdir -p "$MAILROOT/ann/Maildir/cur" "$MAILROOT/ann/Maildir/new" "$MAILROOT/ann/Maildir/tmp"

# --- Letters of many kinds: prefixes, encodings, charsets, dates with zones and without, answers, nothing at all.
perl -e '
	my @subjects = ("plan", "Re: plan", "RE: [list] Plan", "[list] Fwd: plan (fwd)", "Fwd: [Fwd: plan]", "=?utf-8?q?=C3=84rger?=", "Arger",
		"=?iso-8859-1?q?=E4rger?=", "=?utf-8?b?R3LDvMOfZQ==?= an alle", "zebra", "Zoo", "  spaces   within  ", "", "re:", "[only]", "AW: plan",
		"=?utf-8?q?=C3=9Cber?= dies", "Uber das");
	my @from = ("Ann <ann\@example.org>", "bob\@example.org (Bob)", "\"Z, A\" <carl\@example.net>", "=?utf-8?q?J=C3=B6rg?= <joerg\@example.org>",
		"Bob <BOB\@example.com>");
	my @dates = ("Sun, 22 Nov 2026 10:00:00 +0100", "22 Nov 2026 10:00 GMT", "Sat, 21 Nov 2026 23:59:59 -0500", "Mon,  2 Mar 2020 00:00:00 +0000",
		"Fri, 01 Jan 2021 00:00:00 EST", "Sun, 22 Nov 2026 10:00:00 +0200 (CEST)");
	my @bodies = ("Viele Gr\xc3\xbc\xc3\x9fe aus K\xc3\xb6ln\n", "nothing here\n", "caf\xc3\xa9 au lait\n");
	for my $i (1 .. 90) {
		my $s = $subjects[$i % @subjects];
		open my $f, ">", sprintf("%s/%d.M%03d.test", $ARGV[0], 1700000000 + ($i * 7919) % 86400, $i) or die $!;
		print $f "From: $from[$i % @from]\n";
		print $f "To: ", $from[($i + 2) % @from], "\n" if $i % 4;
		print $f "Cc: ", $from[($i + 1) % @from], "\n" if $i % 3 == 0;
		print $f "Subject: $s\n" if length $s || $i % 2;
		print $f "Date: $dates[$i % @dates]\n" if $i % 7;
		print $f "Message-ID: <$i\@example.org>\n" if $i % 11;
		print $f "In-Reply-To: <", $i - 9, "\@example.org>\n" if $i > 9 && $i % 5 == 0;
		print $f "References: <", $i - 18, "\@example.org> <", $i - 9, "\@example.org>\n" if $i > 18 && $i % 5 == 1;
		if ($i % 3 == 0) {
			print $f "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n", $bodies[$i % 9 / 3];
		} elsif ($i % 3 == 1) {
			print $f "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=iso-8859-1\n",
				"Content-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe ", "x" x $i, "\n--b\nContent-Type: text/html; charset=utf-8\n",
				"Content-Transfer-Encoding: base64\n\nPHA+SMO2aGU8L3A+\n--b--\n";
		} else {
			print $f "\n", "y" x ($i * 3), "\n";
		}
	}' "$MAILROOT/ann/Maildir/new"
for file in "$MAILROOT"/ann/Maildir/new/*; do
	touch -d "@$(basename "$file" | cut -d . -f 1)" "$file"
done
[ "$(id -un)" = "$live_user" ] || chown -R "$live_user" "$MAILROOT/ann"
is "$(mimap search | wc -l | tr -d ' ')" 90 'ninety letters'

both() {	# WITHOUT NAME query…: the same with and without
	both_without=$1 both_name=$2
	shift 2
	mimap search "$@" >"$TMP/with" 2>"$TMP/err" || note "$(cat "$TMP/err")"
	mimap -o "imap-without=$both_without" search "$@" >"$TMP/without" 2>"$TMP/err" || note "$(cat "$TMP/err")"
	same "$TMP/without" "$TMP/with" "$both_name: the same without $both_without"
	ok "$both_name: finds something" test -s "$TMP/with"
}
for key in date arrival size subject from to cc; do
	both SORT "--sort $key" --sort "$key"
	both SORT "--sort -$key,size" --sort "-$key,size" uid:5:60
done
both SORT '--sort -l' -l --sort subject,from
both SORT '--sort -j' -j --sort reverse,date
both THREAD thread: thread:10
is "$(wc -l <"$TMP/with")" "$(mimap search thread:"$(tail -n 1 "$TMP/with")" | wc -l)" 'any of them stands for all'
both THREAD 'thread()' 'thread(subject:zebra) -from:bob'
both THREAD 'a thread beside other terms' 'or(thread(uid:1:5 from:ann) smaller:200)' unseen
for query in subject:Grüße subject:GRÜ body:Grüße body:Köln body:höhe from:Jörg Grüße text:Ärger '-body:Grüße' 'or(subject:zebra body:café)' \
	'header:Subject=ärger' 'not(subject:ärger) from:jörg'; do
	both CHARSET "$query" -- "$query"
done
both CHARSET,SORT 'sorted here, found here' --sort=-subject -- 'body:Grüße'
both CHARSET,THREAD,ESEARCH 'all at once' 'thread(body:Köln) -subject:über'

# --- Several mailboxes.
ok 'folders' mimap mkdir Lists/a 'Lists/b c' Other
ok 'some in each' mimap cp 1:3 Lists/a
ok 'in each' mimap cp 4:5 'Lists/b c'
is "$(mimap -m 'Lists/*' search | tr '\t\n' ':,')" 'Lists/a:1,Lists/a:2,Lists/a:3,Lists/b c:1,Lists/b c:2,' 'a line says which mailbox'
is "$(mimap -m 'Lists/*' -m Other -o imap-without=ESEARCH,SEARCHRES search -l | cut -f 1-2 | tr '\t\n' ':,')" \
	'Lists/a:1,Lists/a:2,Lists/a:3,Lists/b c:1,Lists/b c:2,' 'with -l'
exits 0 'search in several | flag' sh -c 'mimap -m "Lists/*" search -l uid:2 | mimap flag +flagged -'
is "$(mimap -m 'Lists/*' search flagged | tr '\t\n' ':,')" 'Lists/a:2,Lists/b c:2,' 'flags these'
exits 0 'search in several | fetch' sh -c 'mimap -m "Lists/*" search flagged | mimap fetch -d "$0" -p -' "$TMP/M"
is "$(wc -l <"$TMP/out" | tr -d ' ')" 2 'fetches these'
exits 0 'again' sh -c 'mimap -m "Lists/*" search | mimap fetch -d "$0" -p -' "$TMP/M"
is "$(wc -l <"$TMP/out" | tr -d ' ')" 3 'and then the others'
exits 0 'as an mbox' sh -c 'mimap -m "Lists/*" search | mimap fetch -d - -'
is "$(grep -c '^From MAILER-DAEMON ' "$TMP/out")" 5 'all five'
exits 0 'mv by query from several' mimap -m 'Lists/*' mv flagged Other
is "$(mimap -m Other search flagged | wc -l | tr -d ' ') $(mimap -m 'Lists/*' search flagged | wc -l | tr -d ' ')" '2 0' 'moves them'
exits 0 'fetch what is new in several' mimap -m 'Lists/*' -m Other fetch -d "$TMP/N" -p
is "$(wc -l <"$TMP/out" | tr -d ' ')" 5 'all of it'
exits 0 'and again' mimap -m 'Lists/*' -m Other fetch -d "$TMP/N" -p
is "$(wc -c <"$TMP/out" | tr -d ' ')" 0 'nothing'
exits 64 'UIDs of several' mimap -m a -m b fetch 1:3

# --- Names of all kinds, an empty mailbox, one that is not there any more.
for name in 'a"b' 'a\b' 'x & y' "it's" '#hash' 'a%b' 'a*b' 'what?' ' leading' 'trailing ' '日本語/ünï' '(paren)' '{5}' 'NIL' 'a,b;c' '🙂' '-n'; do
	mimap mkdir -- "$name" >"$TMP/out" 2>"$TMP/err" || {
		note "no mailbox $name: $(cat "$TMP/err")"
		continue
	}
	uid=$(printf 'Subject: x\n\nbody\n' | mimap -m "$name" put)
	is "$(mimap -m "$name" search subject:x | sed 's/.*	//')" "$uid" "in '$name' what was put is found"
	ok "'$name' is listed" sh -c 'mimap ls | grep -Fxq -- "$0"' "$name"
	is "$(mimap -m "$name" search -l | mimap -m "$name" fetch -d - - | tail -n 1)" body "what is found in '$name' is fetched"
	exits 0 "'$name' is removed" mimap rmdir -f -- "$name"
done
mimap mkdir Empty
exits 0 'nothing in an empty mailbox' mimap -m Empty search -l --sort date
is "$(cat "$TMP/out")" '' 'is printed'
exits 0 'nothing to fetch' mimap -m Empty fetch -d "$TMP/E"
exits 0 'nothing to change' mimap -m Empty flag +seen all
exits 0 'no thread' mimap -m Empty search 'thread(all)'
mimap rmdir Empty
exits 69 'a mailbox that has gone' mimap -m Empty search
exits 69 'among others' mimap -m Other -m Empty search
ok 'which are searched' test -s "$TMP/out"
exits 69 'fetch from it' mimap -m Empty fetch -d "$TMP/E"
is "$(find "$TMP/E/new" "$TMP/E/tmp" -type f | wc -l | tr -d ' ')" 0 'nothing is there'
done_testing
