#!/bin/sh
# SPDX-License-Identifier: ISC
# mpop and mimap confine themselves once they are logged in, and deliver all the same; mpop does not where it runs a command.
. "$(dirname "$0")/../lib.sh"
[ -r /proc/self/status ] || skip_all 'there is no /proc to look into'

# The server itself looks, at the line LOOK: its client is its parent, or that one's parent.
cat >"$TMP/server.pl" <<'EOT'
use strict; $| = 1;
my ($script, $note) = @ARGV;
sub client { my $pid = getppid; for (1 .. 3) {
	open my $s, '<', "/proc/$pid/status" or return ''; my $t = join '', <$s>;
	return $t if $t =~ /^Name:\s*(mpop|mimap)$/m; ($pid) = $t =~ /^PPid:\s*(\d+)/m } '' }
open my $f, '<', $script or die;
while (<$f>) {
	chomp;
	if (/^S: ?(.*)/) { print "$1\r\n" }
	elsif (/^LOOK/) { open my $n, '>', $note; print $n client() =~ /^NoNewPrivs:\s*1/m ? "confined\n" : "free\n"; close $n }
	else { my $line = <STDIN> // exit; }
}
EOT
pop3='S: +OK ready
C: CAPA
S: -ERR
C: USER
S: +OK
C: PASS
S: +OK
C: UIDL
S: +OK
S: 1 a
S: .
C: LIST
S: +OK
S: 1 10
S: .
C: RETR
S: +OK
LOOK
S: Subject: x
S:
S: y
S: .
C: DELE
S: +OK
C: QUIT
S: +OK'
printf '%s\n' "$pop3" >"$TMP/pop3"
cat >"$TMP/imap" <<'EOT'
S: * PREAUTH [CAPABILITY IMAP4rev1] hello
C: EXAMINE
C: FETCH
S: * 1 EXISTS
S: * OK [UIDVALIDITY 7] valid
S: A1 OK [READ-ONLY] open
LOOK
S: * 1 FETCH (UID 5 FLAGS (\Seen) INTERNALDATE "22-Nov-2026 00:00:00 +0000" BODY[] {5}
S: abc
S: )
S: A2 OK done
C: LOGOUT
S: * BYE
S: A3 OK
EOT
server() { echo "exec:perl $TMP/server.pl $TMP/$1 $TMP/note"; }
# Whether this kernel can at all is what the first run tells; a run that can't is a run all the same.
exits 0 'mpop into a maildir' mpop -a "$(server pop3)" -o 'password=!echo x' "$TMP/M"
is "$(cat "$TMP"/M/new/*)" 'Subject: x

y' 'delivers'
if [ "$(cat "$TMP/note")" != confined ]; then
	skip 'the rest' 'this kernel has no Landlock'
	done_testing
fi
result 0 'and is confined'
rm "$TMP/note"
exits 0 'mpop to standard output' mpop -a "$(server pop3)" -o 'password=!echo x' -
like "$(cat "$TMP/out")" '^Subject: x' 'delivers'
is "$(cat "$TMP/note")" confined 'and is confined'
exits 0 'mpop to a command' mpop -a "$(server pop3)" -o 'password=!echo x' -e "cat >$TMP/got"
is "$(cat "$TMP/note")" free 'is not, since the command may do what it likes'
is "$(head -n 1 "$TMP/got")" 'Subject: x' 'which it does'
exits 0 'mimap fetch' mimap -a "$(server imap)" -o user=ann fetch -d "$TMP/M2" 5
is "$(cat "$TMP"/M2/*/*)" 'abc' 'delivers'
is "$(cat "$TMP/note")" confined 'and is confined'
done_testing
