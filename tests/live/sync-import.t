#!/bin/sh
# SPDX-License-Identifier: ISC
# Coming from elsewhere: a maildir that mbsync or OfflineIMAP kept is taken over by mimap sync without fetching or storing anything again;
# and what reads maildirs beside it, notmuch and mblaze, sees what mimap put there.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"

need dovecot openssl perl
live_dovecot
live_config
label=ann@localhost:$IMAP

message() { printf 'From: Bob <bob@example.org>\nMessage-ID: <%s@example.org>\nSubject: %s\n\nbody of %s\n' "$1" "$1" "$1"; }
i=1
while [ $i -le 30 ]; do
	message "m$i" >"$TMP/m$i"
	i=$((i + 1))
done
exits 0 'mail on the server' mimap put -f seen "$TMP"/m1 "$TMP"/m2 "$TMP"/m3 "$TMP"/m4 "$TMP"/m5
exits 0 'some of it not read' mimap put "$TMP"/m6 "$TMP"/m7 "$TMP"/m8
exits 0 'a folder' mimap mkdir Lists/c
exits 0 'with mail' mimap -m Lists/c put -f flagged "$TMP"/m11 "$TMP"/m12

# --- their formats, by hand: rows that are theirs, and nothing else
import() { "$ROOT/scripts/pennypost-sync-import" "$@"; }
state() { cat "$1/.pennypost-folder-bob@example.org"; }
maildir() {	# DIR FILE…
	dir=$1
	shift
	mkdir -p "$dir/cur" "$dir/new" "$dir/tmp"
	for file; do message x >"$dir/$file"; done
}
hand=$TMP/hand
maildir "$hand/INBOX" 'cur/1.h,U=1:2,S' 'cur/2.h,U=2:2,FS' 'new/3.h,U=3' 'cur/4.h%41,U=4:2,' 'cur/5.h:2,S' 'cur/7.h,U=7:2,' 'cur/8 a,U=8:2,'
printf '9\n8\n' >"$hand/INBOX/.uidvalidity"
printf 'FarUidValidity 77\nNearUidValidity 9\nMaxPulledUid 30\nMaxPushedUid 8\n\n21 1 S\n22 2 F\n23 3 \n24 4 DR\n25 6 S\n0 7 \n27 7 >\n28 8 \n' >"$hand/INBOX/.mbsyncstate"
exits 0 'an mbsync state is read' import mbsync bob@example.org "$hand"
printf 'pennypost-ledger 1 sync folder bob@example.org\n+!validity\t77\n+21\tS - 0 1.h,U=1\n+22\tF - 0 2.h,U=2\n+23\t- - 0 3.h,U=3\n+24\tDR - 0 4.h%%2541,U=4\n+!next\t31\n' >"$TMP/want"
same "$hand/INBOX/.pennypost-folder-bob@example.org" "$TMP/want" 'and only what both sides have, under the flags they had, is a row'
maildir "$hand/old" 'cur/1.h,U=1:2,S'
printf '77\n8\n' >"$hand/old/.uidvalidity"
mkdir "$TMP/places"
printf 'MasterUidValidity 77\nSlaveUidValidity 5\nMaxPulledUid 1\nMaxPushedUid 40\n\n1 33 S\n' >"$TMP/places/:near:old_:far:old"
cp "$TMP/places/:near:old_:far:old" "$TMP/places/:x_:y:old"
exits 0 'one from elsewhere, of older days, with the sides the other way round' import mbsync bob@example.org "$hand" "$TMP/places"
like "$(state "$hand/old")" '^.33.S - 0 1.h,U=1$' 'is understood'
like "$(state "$hand/old")" '^.!validity.5$' 'and so is the UIDVALIDITY'
maildir "$hand/none" 'cur/1.h,U=1:2,S'
maildir "$hand/bad" 'cur/1.h,U=1:2,S'
printf 'rubbish\n1 1 S\n' >"$hand/bad/.mbsyncstate"
exits 1 'one without a state, and one that is none, are told' import mbsync bob@example.org "$hand"
like "$(cat "$TMP/err")" 'none: there is no mbsync state' 'by name'
like "$(cat "$TMP/err")" "bad: .* can't be understood" 'and why'
ok 'and get none' test ! -e "$hand/none/.pennypost-folder-bob@example.org" -a ! -e "$hand/bad/.pennypost-folder-bob@example.org"
exits 64 'an account that can not be one' import mbsync bob "$hand"
maildir "$TMP/oih/Lists/c" 'cur/1.h,U=21,FMD5=aa:2,S' 'cur/2.h,U=22,FMD5=aa:2,FS' 'cur/3.h,U=21,FMD5=bb:2,' 'cur/4.h,U=24,FMD5=aa:2,' 'new/5.h'
mkdir -p "$TMP/oim/Repository-l/FolderValidity" "$TMP/oim/Repository-r/FolderValidity" "$TMP/oim/Account-a/LocalStatus"
echo 42 >"$TMP/oim/Repository-l/FolderValidity/Lists.c"
echo 99 >"$TMP/oim/Repository-r/FolderValidity/Lists.c"
printf 'OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 2\n21||0|\n22|FS|0|\n23|S|0|\n' >"$TMP/oim/Account-a/LocalStatus/Lists.c"
exits 0 "an OfflineIMAP state is read" import offlineimap bob@example.org "$TMP/oih" "$TMP/oim"
printf 'pennypost-ledger 1 sync folder bob@example.org\n+!validity\t99\n+21\t- - 0 1.h,U=21,FMD5=aa\n+22\tFS - 0 2.h,U=22,FMD5=aa\n+!next\t23\n' >"$TMP/want"
same "$TMP/oih/Lists/c/.pennypost-folder-bob@example.org" "$TMP/want" "and what was copied from another folder is none of its rows"

label() {	# what mimap calls the account: from the name of the state it makes
	mkdir -p "$TMP/label" && mimap sync -n -d "$TMP/label" INBOX >/dev/null 2>&1
	mimap sync -d "$TMP/label" INBOX && find "$TMP/label" -maxdepth 1 -name '.pennypost-sync-*' | sed 's/.*pennypost-sync-//'
}
label=$(label)
isnt "$label" '' 'the account has a label'
names() { (cd "$1" && find . -path '*/cur/*' -o -path '*/new/*' | sort); }

# taken_over NAME DIR: a run after the import fetches and stores nothing, renames nothing, and then works on.
taken_over() {
	names "$2" >"$TMP/before"
	exits 0 "$1: the first run" mimap -vv sync -d "$2"
	unlike "$(grep '^C:' "$TMP/err")" 'BODY|APPEND|STORE' "$1: nothing is fetched, stored or flagged"
	names "$2" >"$TMP/after"
	same "$TMP/after" "$TMP/before" "$1: no file was touched"
	n=$((n + 1))
	exits 0 "$1: one more there" mimap put "$TMP/m2$n"
	message "here$n" >"$2/INBOX/new/170000000$n.here.host"
	file=$(find "$2/INBOX" -type f -name '*:2,S' | head -n 1)
	mv "$file" "${file}T"
	exits 0 "$1: the next run" mimap sync -d "$2"
	is "$(find "$2/INBOX/cur" "$2/INBOX/new" -type f | wc -l)" $((8 + n)) "$1: as many here as there should be"
	is "$(mimap search all | wc -l)" $((8 + n)) "$1: and there"
	cat "$2"/INBOX/cur/* "$2"/INBOX/new/* 2>/dev/null | grep -i '^Message-ID' | sort | uniq -d >"$TMP/double"
	is "$(cat "$TMP/double")" '' "$1: none is double"
	[ ! -e "${file}T" ] || note "not expunged: $file"
	ok "$1: what was marked deleted here is gone" test ! -e "${file}T"
}
n=0

if command -v mbsync >/dev/null; then
	mkdir -p "$TMP/mb"
	cat >"$TMP/mbsyncrc" <<-EOT
		IMAPStore far
		Host localhost
		Port $IMAPS
		User ann
		Pass secret
		AuthMechs LOGIN
		SSLType IMAPS
		CertificateFile $CA

		MaildirStore near
		Path $TMP/mb/
		Inbox $TMP/mb/INBOX
		SubFolders Verbatim

		Channel all
		Far :far:
		Near :near:
		Patterns *
		Create Both
		Expunge Both
		SyncState *
	EOT
	exits 0 'mbsync fetches all' mbsync -q -c "$TMP/mbsyncrc" -a
	exits 0 'mbsync: its state is imported' "$ROOT/scripts/pennypost-sync-import" mbsync "$label" "$TMP/mb"
	like "$(cat "$TMP/out")" '/INBOX: 8 messages$' 'mbsync: all messages are known'
	taken_over mbsync "$TMP/mb"
	exits 0 'mbsync: a second import leaves it alone' "$ROOT/scripts/pennypost-sync-import" mbsync "$label" "$TMP/mb"
	like "$(cat "$TMP/out")" 'knows it already$' 'mbsync: and says so'
else
	skip 'mbsync' 'mbsync is not installed'
fi

if command -v offlineimap >/dev/null; then
	n=${n:-0}
	mkdir -p "$TMP/oi"
	cat >"$TMP/offlineimaprc" <<-EOT
		[general]
		metadata = $TMP/oimeta
		accounts = a
		ui = quiet
		[Account a]
		localrepository = l
		remoterepository = r
		[Repository l]
		type = Maildir
		localfolders = $TMP/oi
		sep = /
		[Repository r]
		type = IMAP
		remotehost = localhost
		remoteport = $IMAPS
		remoteuser = ann
		remotepass = secret
		ssl = yes
		sslcacertfile = $CA
	EOT
	exits 0 'OfflineIMAP fetches all' offlineimap -o -c "$TMP/offlineimaprc"
	exits 0 'OfflineIMAP: its state is imported' "$ROOT/scripts/pennypost-sync-import" offlineimap "$label" "$TMP/oi" "$TMP/oimeta"
	taken_over OfflineIMAP "$TMP/oi"
else
	skip 'OfflineIMAP' 'it is not installed'
fi

# The readers beside us.
exits 0 'a maildir of our own' mimap sync -d "$TMP/own"
if command -v notmuch >/dev/null; then
	printf '[database]\npath=%s\n[user]\nname=Ann\nprimary_email=ann@example.org\n[new]\nignore=dovecot-keywords;/^[.]pennypost-/\n[maildir]\nsynchronize_flags=true\n' \
		"$TMP/own" >"$TMP/notmuch"
	exits 0 'notmuch new' env NOTMUCH_CONFIG="$TMP/notmuch" notmuch new
	is "$(NOTMUCH_CONFIG=$TMP/notmuch notmuch count --exclude=false '*')" "$(cat "$TMP"/own/*/cur/* "$TMP"/own/*/new/* "$TMP"/own/*/*/cur/* 2>/dev/null | grep -ic '^Message-ID')" \
		'notmuch: each message is one of its own'
	exits 0 'notmuch: a tag becomes a flag' env NOTMUCH_CONFIG="$TMP/notmuch" notmuch tag +flagged -unread id:m6@example.org
	exits 0 'which goes up' mimap sync -d "$TMP/own"
	is "$(mimap search subject:m6 flagged seen | wc -l)" 1 'and is on the server'
else
	skip 'notmuch' 'it is not installed'
fi
if command -v mlist >/dev/null; then
	is "$(mlist "$TMP/own/INBOX" | wc -l)" "$(mimap search all | wc -l)" 'mblaze: mlist shows as many as there are'
	is "$(mlist "$TMP/own/INBOX" | mpick -t flagged 2>/dev/null | wc -l)" "$(mimap search flagged | wc -l)" 'mblaze: and their flags'
	mlist "$TMP/own/INBOX" | head -n 1 | mflag -S -R >/dev/null
	exits 0 'what mflag changed goes up' mimap sync -d "$TMP/own"
	is "$(mimap search answered | wc -l)" 1 'and is on the server, too'
else
	skip 'mblaze' 'it is not installed'
fi
done_testing
