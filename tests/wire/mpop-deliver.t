#!/bin/sh
# SPDX-License-Identifier: ISC
# Where mpop delivers to: mailbox files, folders, commands with their exit codes, and one message from a mail server (-d).
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/mpop.sh"

two="$(lists aa:20 bb:20)
C: RETR 1
C: RETR 2
$(text one 'From me')
$(text two body)"
gone='C: DELE 1
C: DELE 2
C: QUIT
S: +OK
S: +OK
S: +OK'
kept='C: QUIT
S: +OK'
message() { printf 'Message-ID: <%s@example.org>\nSubject: %s\n\n%s\n' "$1" "$1" "$2"; }
unfrom() { sed 's/^From MAILER-DAEMON .*/FROM/' "$1"; }

# A mailbox file.
play mbox PIPELINING USER <<EOT
$two
$gone
EOT
printf 'From x Thu Jan  1 00:00:00 1970\nSubject: zero\n\nno end of line' >"$TMP/mbox"
exits 0 'mbox: appends' mpop -a "$PEER" "mbox:$TMP/mbox"
peer_ok mbox
{ printf 'From x Thu Jan  1 00:00:00 1970\nSubject: zero\n\nno end of line\n\nFROM\n'; message one '>From me'; printf '\nFROM\n'; message two body; echo; } >"$TMP/want"
unfrom "$TMP/mbox" >"$TMP/got"
same "$TMP/got" "$TMP/want" 'after what was there, as mboxrd'
ok 'no lock is left' test ! -e "$TMP/mbox.lock"
play mbox PIPELINING USER <<EOT
$(lists aa:20 bb:20)
$gone
EOT
exits 0 'again' mpop -a "$PEER" "mbox:$TMP/mbox"
peer_ok mbox
is "$(grep -c '^From ' "$TMP/mbox")" 3 'nothing twice'

play locked PIPELINING USER <<EOT
$two
EOT
: >"$TMP/box.lock"
exits 75 'a mailbox that is in use' mpop -o deadline=2 -a "$PEER" "mbox:$TMP/box"
like "$(cat "$TMP/err")" 'box is in use' 'says so'
ok 'and is left alone' test ! -e "$TMP/box"
touch -d '1 hour ago' "$TMP/box.lock"
play stale PIPELINING USER <<EOT
$two
$gone
EOT
exits 0 'a lock that somebody has left behind long ago' mpop -a "$PEER" "mbox:$TMP/box"
is "$(grep -c '^From ' "$TMP/box")" 2 'does not hold it up'
play orphan PIPELINING USER <<EOT
$two
$gone
EOT
sh -c "echo \$\$ \$(uname -n) >'$TMP/orphaned.lock'"
exits 0 'the lock of a process that is no more' mpop -a "$PEER" "mbox:$TMP/orphaned"
is "$(grep -c '^From ' "$TMP/orphaned")" 2 'does not either'
if [ -c /dev/full ]; then
	play full PIPELINING USER <<EOT
$two
EOT
	exits 73 'what is no file' mpop -a "$PEER" mbox:/dev/full
	like "$(cat "$TMP/err")" 'is not a mailbox file' 'is refused'
fi
play limited PIPELINING USER <<EOT
$(lists aa:3000)
C: RETR 1
S: +OK
S* 3000 x
S:
S: .
EOT
printf 'From x\n\nold\n\n' >"$TMP/small"
perl -e 'print "y" x 6000' >>"$TMP/small"
printf '\n\n' >>"$TMP/small"
cp "$TMP/small" "$TMP/small.was"
exits 74 'a mailbox that can not grow' sh -c 'trap "" XFSZ; ulimit -f 8; exec mpop -a "$1" "mbox:$2"' sh "$PEER" "$TMP/small"
same "$TMP/small" "$TMP/small.was" 'is as it was'

# A folder.
play folder PIPELINING USER <<EOT
$two
$gone
EOT
exits 0 '-f delivers into a Maildir++ folder' mpop -a "$PEER" -f 'Lists/R&D' "$M"
peer_ok folder
is "$(count "$M/.Lists.R&-D") $(count "$M")" '2 0' 'below the maildir'
ok 'with its mark' test -f "$M/.Lists.R&-D/maildirfolder"
play umlaut PIPELINING USER <<EOT
$two
$gone
EOT
exits 0 '-f takes a name in UTF-8' mpop -a "$PEER" -f 'Entwürfe/日本語' "$M"
peer_ok umlaut
is "$(count "$M/.Entw&APw-rfe.&ZeVnLIqe-")" 2 'which is in modified UTF-7 on disk'
for folder in 'a//b' '/a' 'a/' '../x' 'a.b' '' "a$(printf '\303')" "a$(printf '\001')"; do
	exits 64 "no folder can be called '$folder'" mpop -a "$PEER" -f "$folder" "$M"
done

# The fields that a delivery adds.
play trace PIPELINING USER <<EOT
$(lists aa:20)
C: RETR 1
$(text one body)
C: DELE 1
C: QUIT
S: +OK
S: +OK
EOT
printf 'from Ann <ann@example.org>\n' >>"$XDG_CONFIG_HOME/pennypost/config"
exits 0 '-R' mpop -a "$PEER" -R "$M"
is "$(sed 's/ by [^ ]* (/ by HOST (/; s/^\t[A-Z][a-z][a-z], .*/\tDATE/' "$(new "$M")")" "$(printf 'Delivered-To: ann@example.org\nReceived: by HOST (mpop) with POP3\n\tfor <ann@example.org>;\n\tDATE\n'; message one body)" \
	'adds Delivered-To and Received'

# A command's exit codes.
for code in 65 67 75 77 1; do
	play "e$code" PIPELINING USER <<EOT
$(lists aa:20)
C: RETR 1
$(text one body)
$kept
EOT
	want=$code
	[ "$code" != 1 ] || want=75
	exits "$want" "a command that exits with $code" mpop -a "$PEER" -e "cat >/dev/null; exit $code"
	peer_ok "e$code"
done
play envelope PIPELINING USER <<EOT
$(lists aa:20 bb:20 cc:20)
C: RETR 1
C: RETR 2
C: RETR 3
S: +OK
S: Return-Path: <bob@example.org>
S: Subject: one
S:
S: .
S: +OK
S: Received: from x
S: Return-Path: <>
S: Subject: two
S:
S: .
$(text three body)
C: DELE 1
C: DELE 2
C: DELE 3
C: QUIT
S: +OK
S: +OK
S: +OK
S: +OK
EOT
exits 0 'a command is told the envelope' env SENDER=wrong mpop -a "$PEER" -e "echo \"\${SENDER-none} \$RECIPIENT\" >>$TMP/envelopes"
peer_ok envelope
is "$(cat "$TMP/envelopes")" "$(printf 'bob@example.org ann@example.org\n ann@example.org\nnone ann@example.org')" 'sender, null sender, unknown sender'
play none PIPELINING USER <<EOT
$(lists aa:20 bb:20)
C: RETR 1
C: RETR 2
$(text one body)
EOT
exits 78 'a command that is not there' mpop -a "$PEER" -e /nonexistent/mda
like "$(cat "$TMP/err")" "can't be run" 'ends the run: no other message could be delivered'

# One message, from a mail server.
message one body >"$TMP/one"
exits 0 '-d' mpop -d "$TMP/D" <"$TMP/one"
same "$(new "$TMP/D")" "$TMP/one" 'the message as it is'
is "$(cat "$TMP/out" "$TMP/err")" '' 'silently'
{ printf 'From x@example.org Thu Jan  1 00:00:00 1970\n'; cat "$TMP/one"; } >"$TMP/fromone"
exits 0 'with what a mail server says' env SENDER=bob@example.org RECIPIENT=ann@example.org mpop -dpR -f Work "$TMP/D" <"$TMP/fromone"
is "$(cat "$TMP/out")" "$(new "$TMP/D/.Work")" '-p prints the path'
is "$(sed 's/ by [^ ]* (/ by HOST (/; s/^\t[A-Z][a-z][a-z], .*/\tDATE/' "$(cat "$TMP/out")")" "$(printf '%s\n' 'Return-Path: <bob@example.org>' 'Delivered-To: ann@example.org' \
	'Received: by HOST (mpop)'; printf '\tfor <ann@example.org>;\n\tDATE\n'; cat "$TMP/one")" '-R tells it, the From line is gone'
exits 0 'an envelope that would break out' env SENDER="$(printf 'x>\nSubject: y')" mpop -dR "$TMP/E" <"$TMP/one"
unlike "$(cat "$(new "$TMP/E")")" 'Subject: y|Return-Path' 'is left out'
exits 0 'the null sender' env SENDER= mpop -dR "$TMP/N" <"$TMP/one"
like "$(cat "$(new "$TMP/N")")" '^Return-Path: <>$' 'is one'
exits 0 '-d to an mbox' mpop -d "mbox:$TMP/dbox" <"$TMP/one"
is "$(grep -c '^From ' "$TMP/dbox")" 1 'one message in it'
exits 0 "-d without a target: the configuration's maildir" mpop -d <"$TMP/one"
is "$(count "$TMP/M")" 1 'it is there'
exits 75 'what can not be delivered can be later' mpop -d /etc/passwd/M <"$TMP/one"
exits 65 'no message' mpop -d "$TMP/D" </dev/null
printf 'nonsense x\n' >"$XDG_CONFIG_HOME/pennypost/config"
exits 0 'a broken configuration does no harm' mpop -d "$TMP/D" <"$TMP/one"
exits 75 'or only for a while' mpop -d <"$TMP/one"
exits 64 '-d to a command' mpop -d -e cat <"$TMP/one"
done_testing
