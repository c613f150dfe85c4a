#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap sync where something is not as usual: a quota, messages that are refused, large ones, names that could be parts of a maildir,
# "/" between levels on the server, mailboxes that can't be opened.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sync.sh"

need dovecot
case $(dovecot --version) in
2.[0123].*) settings='mail_plugins = quota
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:messages=20
  quota_rule2 = Free:ignore
  quota_max_mail_size = 300M
}' ;;
*) settings='mail_plugins {
  quota = yes
}
quota "User quota" {
  driver = count
  message_count = 20
}
namespace inbox {
  mailbox Free {
    quota_ignore = yes
  }
}' ;;
esac
live_dovecot "$settings"
live_config
file() { grep -l "^Subject: $1\$" "$M"/*/new/* "$M"/*/cur/* 2>/dev/null; }

# --- names
mimap mkdir cur new/tmp x/y/z '%41' Free
message 1 | mimap -m cur put >/dev/null
message 2 | mimap -m new/tmp put >/dev/null
message 3 | mimap -m x/y/z put >/dev/null
message 4 | mimap put >/dev/null
exits 0 'mailboxes called cur, new/tmp' mimap sync
is "$(find "$M" -name cur -type d | sed "s,^$M,," | sort | tr '\n' ' ')" '/%2541/cur /%63ur/cur /%6Eew/%74mp/cur /Free/cur /INBOX/cur /x/y/z/cur ' \
	'have directories that are no parts of a maildir'
is "$(find "$M" -type f -name '*,S=*' | wc -l | tr -d ' ')" 4 'with all messages'
message 5 >"$M/%63ur/cur/5:2,"
exits 0 'what is new in them' mimap sync
isnt "$(mimap -m cur search subject:5)" '' 'goes there'
wire sync
unlike "$(cat "$TMP/wire")" SELECT 'and then nothing is left'

# --- quota
i=4
while [ "$i" -lt 30 ]; do i=$((i + 1)); message "q$i" >"$M/INBOX/cur/q$i:2,"; done
message free >"$M/Free/cur/free:2,"
exits 69 'more than the quota allows' mimap sync
like "$(cat "$TMP/err")" '^mimap: .*refused to store .* in INBOX: .*[Qq]uota' 'is told'
is "$(wc -l <"$TMP/err" | tr -d ' ')" 1 'once'
isnt "$(mimap -m Free search subject:free)" '' 'other folders go on'
stored=$(mimap search | wc -l)
ok "what fits is stored ($stored)" test "$stored" -gt 5
exits 69 'again' mimap sync
is "$(mimap search | wc -l)" "$stored" 'stores none twice'
rm "$M"/INBOX/cur/q2[0-9]* "$M"/INBOX/cur/q1[0-5]*
for i in 0 1 2 3 4 5 6 7 8 9; do message "r$i" >"$M/Free/cur/r$i:2,"; done
mimap sync 2>/dev/null
exits 0 'with less of it' mimap sync
is "$(mimap search | wc -l | tr -d ' ')" "$(find "$M/INBOX/cur" "$M/INBOX/new" -type f | wc -l | tr -d ' ')" 'both sides have the same'

# --- large, both ways; a sanitizer needs memory of its own
most=12288
! grep -q __asan_init "$BUILD/mimap" || most=65536
perl -e 'print "Subject: large\nMessage-ID: <large\@example.org>\n\n"; print "x" x 75, "\n" for 1 .. 1_400_000' >"$M/Free/cur/large:2,S"
size=$(wc -c <"$M/Free/cur/large:2,S")
figures=$("$BUILD/tests/tools/measure" --runs 1 -- mimap sync 2>&1)
rss=$(printf '%s' "$figures" | cut -f 3)
ok "106 MB go there in $((rss / 1024)) MiB" test "$rss" -gt 1000 -a "$rss" -lt "$most"
is "$(mimap -m Free search larger:100M | wc -l | tr -d ' ')" 1 'they are there'
rm -rf "$M"
figures=$("$BUILD/tests/tools/measure" --runs 1 -- mimap sync 2>&1)
rss=$(printf '%s' "$figures" | cut -f 3)
ok "and come in $((rss / 1024)) MiB" test "$rss" -gt 1000 -a "$rss" -lt "$most"
is "$(find "$M/Free" -size +100000k -exec cat {} + | wc -c)" "$size" 'all of them'
done_testing
