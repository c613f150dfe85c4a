#!/bin/sh
# SPDX-License-Identifier: ISC
# mimap quota with Dovecot's quota plugin: what is used and allowed, and what a full mailbox is.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"

need dovecot
case $(dovecot --version) in
2.[0123].*) settings='mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=100K:messages=3
}' ;;
*) settings='mail_plugins {
  quota = yes
}
protocol imap {
  mail_plugins {
    imap_quota = yes
  }
}
quota "User quota" {
  driver = maildir
  storage_size = 100K
  message_count = 3
}' ;;
esac
modules=$(find /usr/lib /usr/lib64 /usr/local/lib -name '*imap_quota_plugin.so' 2>/dev/null | head -n 1)
[ -n "$modules" ] || skip_all "Dovecot's quota plugin is not installed"
live_dovecot "$settings"
live_config

perl -e 'print "Subject: a\n\n", "x" x 63, "\n" for 1; print "y" x 63, "\n" for 1 .. 512' >"$TMP/letter"
exits 0 'put one of 32 KiB' mimap put "$TMP/letter"
exits 0 'quota' mimap quota
is "$(sort "$TMP/out")" '1	3	MESSAGE	User quota
33792	102400	STORAGE	User quota' 'octets and messages, used and allowed'
exits 0 'quota -j' mimap quota -j
like "$(cat "$TMP/out")" '^\{"used":1,"limit":3,"of":"MESSAGE","root":"User quota"\}$' 'JSON'
exits 69 'more than there is room for' mimap put "$TMP/letter" "$TMP/letter" "$TMP/letter"
is "$(tr '\n' ' ' <"$TMP/out")" '2 3 ' 'what fits is stored'
like "$(cat "$TMP/err")" '^mimap: .* refused to store .*/letter in INBOX: ".*[Qq]uota.*"$' 'the rest is refused'
exits 69 'cp beyond it' mimap cp 1 Elsewhere
exits 0 'of several accounts' mimap -a ann -a "imaps://bob@localhost:$IMAPS" -o 'password=!echo secret' quota
is "$(cut -f 1-2,4 "$TMP/out" | sed 's/imaps:[^	]*/bob/' | sort)" 'ann	3	MESSAGE
ann	99328	STORAGE
bob	0	MESSAGE
bob	0	STORAGE' 'each'
exits 69 'without QUOTA' mimap -o imap-without=QUOTA quota
like "$(cat "$TMP/err")" 'tells no quotas \(QUOTA\)$' 'it says so'
done_testing
