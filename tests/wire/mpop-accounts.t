#!/bin/sh
# SPDX-License-Identifier: ISC
# Several accounts in one run: who is meant, that they go side by side, whose words are whose, the exit code.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/mpop.sh"

# account NAME: a server with a message of that subject, to be deleted.
account() {
	play "$1" PIPELINING USER <<EOT
$(lists "$1:60")
C: RETR 1
$(text "$1" "body of $1")
C: DELE 1
C: QUIT
S: +OK
S: +OK
EOT
	printf 'account %s\n\tpop %s\n\tmaildir %s\n' "$1" "$PEER" "$TMP/M.$1" >>"$XDG_CONFIG_HOME/pennypost/config"
}
config() {
	printf 'user ann\npassword secret\n' >"$XDG_CONFIG_HOME/pennypost/config"
	for config_account; do
		account "$config_account"
	done
}
subjects() { cat "$@" | sed -n 's/^Subject: //p' | sort | tr '\n' ' '; }

config one two three
printf 'account sender\n\tfrom ann@example.org\n' >>"$XDG_CONFIG_HOME/pennypost/config"
exits 0 '-a all' mpop -a all
is "$(cat "$TMP/err")" '' 'says nothing'
for a in one two three; do
	peer_ok "$a"
	is "$(subjects "$(new "$TMP/M.$a")")" "$a " "$a has a maildir of its own"
done

config one two three
exits 0 'two of three, into one maildir' mpop -p -a three -a one -a three "$TMP/M"
is "$(subjects "$TMP"/M/new/*)" 'one three ' 'both are there'
is "$(sort "$TMP/out")" "$(new "$TMP/M")" '-p prints both paths'
ok 'the second was not asked' test ! -e "$TMP/two.peer.result"

# The second account's maildir has the first one's message when it comes to be looked at.
config one two
sed -i "s|exec:\(.*/two.peer\)|exec:until ls $TMP/both/new/*; do sleep 0.02; done >/dev/null 2>\&1; exec \1|" "$XDG_CONFIG_HOME/pennypost/config"
exits 0 'one after the other, into one maildir' mpop -a one -a two "$TMP/both"
is "$(subjects "$TMP"/both/new/*)$(cat "$TMP/err")" 'one two ' 'what comes with this run is not asked for twice'

config one two three
exits 0 'all to standard output' mpop -a all -
is "$(subjects "$TMP/out") $(grep -c '^From ' "$TMP/out")" 'one three two  3' 'each message whole'
is "$(grep -A 4 '^From ' "$TMP/out" | sed -n 's/^Subject: //p; s/^body of //p' | paste -d ' ' - - | awk '$1 != $2')" '' 'none inside another'

# One is refused, one can't be reached: the others are fetched, the highest code counts.
rm -rf "$TMP/M.one"
config one
printf 'S: +OK\nC: CAPA\nS: +OK\nS: PIPELINING\nS: .\nC: USER ann\nC: PASS secret\nS: +OK\nS: -ERR [AUTH] no\n' | peer bad
printf 'account bad\n\tpop exec:%s/tests/tools/peer %s/bad.peer\n\tmaildir %s/M.bad\naccount gone\n\tpop exec:true\n\tmaildir %s/M.gone\n' \
	"$BUILD" "$TMP" "$TMP" "$TMP" >>"$XDG_CONFIG_HOME/pennypost/config"
exits 77 'one refused, one not there, one well' mpop -a all
is "$(subjects "$(new "$TMP/M.one")")" 'one ' 'the one that is well has its mail'
like "$(cat "$TMP/err")" '^mpop: bad: authentication as ann refused' 'who was refused'
like "$(cat "$TMP/err")" '^mpop: gone: .*(closed the connection|lost)' 'who was not there'
is "$(wc -l <"$TMP/err" | tr -d ' ')" 2 'a line each'
exits 78 'an account that is none' mpop -a nobody -a one
like "$(cat "$TMP/err")" '^mpop: nobody: no account nobody in ' 'is named'
printf 'account sender\n\tfrom ann@example.org\n' >"$XDG_CONFIG_HOME/pennypost/config"
exits 78 'all of none' mpop -a all
like "$(cat "$TMP/err")" 'has no account with a `pop`' 'is said'

# A line for each session.
rm -rf "$TMP/M.one"
config one
exits 75 'log, a line for each session' mpop -o log="$TMP/log" -a one -a exec:true
is "$(grep -c . "$TMP/log")" 2 'two lines'
like "$(cat "$TMP/log")" " host=.* tls=off user=ann target=$TMP/M.one fetched=1 octets=56 deleted=1 exitcode=EX_OK\$" 'what was done'
like "$(cat "$TMP/log")" " fetched=0 octets=0 deleted=0 errormsg='.*(closed the connection|lost).*' exitcode=EX_TEMPFAIL\$" 'what was not'

# The count of each, in order.
rm -rf "$TMP/M.two"
config one two
for a in one two; do
	play "$a" PIPELINING USER <<EOT
$(uids "$a")
$bye
EOT
done
exits 0 '-c of several' mpop -c -a one -a two
is "$(cat "$TMP/out")" "$(printf 'one\t0\ntwo\t1')" 'with their names'
done_testing
