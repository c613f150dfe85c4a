#!/bin/sh
# SPDX-License-Identifier: ISC
# scripts/pennypost-notify: what it tells of a unit and of a command, at once, counted, and with the count; by programs that are
# told what to say, and once by the real msend.
. "$(dirname "$0")/lib.sh"
need perl

mkdir "$TMP/bin"
fake() {
	cat >"$TMP/bin/$1"
	chmod +x "$TMP/bin/$1"
}
# What systemd says of a unit is in $TMP/unit, of its log in $TMP/log. All arguments are kept, one a line.
fake systemctl <<X
#!/bin/sh
printf '%s\n' systemctl "\$@" >>'$TMP/asked'
cat '$TMP/unit'
X
fake journalctl <<X
#!/bin/sh
printf '%s\n' journalctl "\$@" >>'$TMP/asked'
cat '$TMP/log'
X
# A mail: the arguments, an empty line, the text.
fake msend <<X
#!/bin/sh
mail=\$(mktemp '$TMP/mail.XXXXXX')
{ printf '%s\n' "\$@"; echo; cat; } >"\$mail"
exit \$(cat '$TMP/code')
X
# The time is what $TMP/now says.
cat >"$TMP/Clock.pm" <<X
package Clock;
BEGIN { *CORE::GLOBAL::time = sub { open my \$f, '<', '$TMP/now' or die; my \$now = <\$f>; chomp \$now; \$now } }
1;
X
PATH=$TMP/bin:$ROOT/scripts:$PATH
export PERL5LIB="$TMP" PERL5OPT=-MClock
host=$(uname -n)

at() { echo "$1" >"$TMP/now"; }
at 1795312800	# Sun Nov 22 02:00:00 2026 UTC
echo 0 >"$TMP/code"
usual() {
	printf 'Description=Nightly backup\nResult=exit-code\nExecMainCode=1\nExecMainStatus=3\n' >"$TMP/unit"
	printf '%s\n' '2026-11-22T01:59:59+0000 web1 backup[7]: no space left' '2026-11-22T02:00:00+0000 web1 systemd[1]: Failed.' >"$TMP/log"
}
usual
mails() { find "$TMP" -maxdepth 1 -name 'mail.*' | wc -l | tr -d ' '; }
mail() { cat "$TMP"/mail.*; rm -f "$TMP"/mail.*; }	# the one there is

exits 0 'a unit fails' pennypost-notify -a work -t 'ann@example.org,bob@example.org' -u backup.service
is "$(mails)" 1 'one mail'
is "$(mail)" "-q
-o
deadline=5m
-s
backup.service failed on $host: exit-code, status 3
-H
Auto-Submitted: auto-generated
-a
work
--
ann@example.org,bob@example.org

Host:    $host
Name:    backup.service (Nightly backup)
Status:  exit-code, status 3
Time:    2026-11-22 02:00:00 +0000

Last lines of its log:

2026-11-22T01:59:59+0000 web1 backup[7]: no space left
2026-11-22T02:00:00+0000 web1 systemd[1]: Failed." 'with all that is asked for'
is "$(tr '\n' ' ' <"$TMP/asked")" "systemctl show --property=Description,Result,ExecMainCode,ExecMainStatus -- backup.service $(
	)journalctl --quiet --no-pager --output=short-iso --lines=20 --unit=backup.service " 'by what systemd says'
is "$(cat "$TMP/out" "$TMP/err")" '' 'silently'

for now in 1795312801 1795314000 1795316399; do
	at $now
	exits 0 "it fails again at $now" pennypost-notify -u backup.service
done
is "$(mails)" 0 'within an hour nothing is told'
at 1795316400
exits 0 'after an hour' pennypost-notify -u backup.service
is "$(mails)" 1 'one mail'
mail >"$TMP/told"
like "$(cat "$TMP/told")" "^backup.service failed on $host: exit-code, status 3 \(3 equal in 1 h\)\$" 'it says how many were not told'
like "$(cat "$TMP/told")" '^Before:  3 equal in 1 h, since 2026-11-22 02:00:00 \+0000, not told one by one$' 'and since when'
like "$(cat "$TMP/told")" '^root$' 'to root, where nobody is named'
exits 0 'and then again' pennypost-notify -u backup.service
at 1795320010
exits 0 'an hour later' pennypost-notify -u backup.service
like "$(mail)" '\(1 equal in 1 h 10 s\)$' 'the count began anew'
at 1795325000
exits 0 'with none in between' pennypost-notify -u backup.service
unlike "$(mail)" 'equal|Before' 'nothing is said of others'

exits 0 'another unit' pennypost-notify -u restore.service
is "$(mails)" 1 'is told of at once'
mail >/dev/null
echo 'ExecMainStatus=4' >>"$TMP/unit"
exits 0 'another status' pennypost-notify -u backup.service
like "$(mail)" 'status 4' 'is told of at once'
printf 'Result=signal\nExecMainCode=2\nExecMainStatus=9\n' >"$TMP/unit"
exits 0 'a signal' pennypost-notify -u killed.service
like "$(mail)" '^Status:  signal, signal 9$' 'is told'
exits 0 'what systemd hands over' env MONITOR_UNIT=killed.service MONITOR_SERVICE_RESULT=exit-code MONITOR_EXIT_CODE=exited \
	MONITOR_EXIT_STATUS=7 pennypost-notify -u killed.service
like "$(mail)" '^Status:  exit-code, status 7$' 'counts more than what it says later'

usual
at 1795330000
echo 75 >"$TMP/code"
exits 75 'no mail can be sent' pennypost-notify -u late.service
mail >/dev/null
at 1795330060
exits 75 'still none' pennypost-notify -u late.service
mail >/dev/null
at 1795330300
echo 0 >"$TMP/code"
exits 0 'now it can' pennypost-notify -u late.service
like "$(mail)" '\(2 equal in 5 m\)$' 'what could not be told is counted'
at 1795330301
exits 0 'then one that is counted' pennypost-notify -u late.service
is "$(mails)" 0 'is not told'

at 1795340000
for i in 1 2 3 4 5 6 7 8; do pennypost-notify -u many.service & done
wait
is "$(mails)" 1 'eight at once: one mail'
mail >/dev/null
at 1795350000
pennypost-notify -u many.service
like "$(mail)" '\(7 equal in 2 h 46 m\)$' 'and seven counted'

state=$XDG_STATE_HOME/pennypost/notify
is "$(ls -ld "$state" | cut -c1-10) $(ls -l "$state" | sed 1d | cut -c1-10 | sort -u)" 'drwx------ -rw-------' 'the counts are private'
for file in "$state"/many*; do echo 'garbage' >"$file"; done
exits 0 'a count that can not be read' pennypost-notify -u many.service
is "$(mails)" 1 'is none'
mail >/dev/null
at 1795000000
exits 0 'a clock set back' pennypost-notify -u many.service
is "$(mails)" 1 'silences nothing'
mail >/dev/null
at 1795360000

# Names, however strange, stay names.
before=$(find "$TMP" -type f | wc -l)
: >"$TMP/asked"
n=0
for unit in '../../../evil' '/etc/passwd' '.' '..' '-rf' "$(printf 'a\nBcc: eve@example.org')" '$(touch '"$TMP"'/evil)' 'a;b|c' '*' \
	"$(printf 'esc\033[2J')" "$(printf 'bad\377')" 'Grüße' "$(printf '%0300d' 1)" ''; do
	n=$((n + 1))
	exits 0 "strange name $n" pennypost-notify -u "$unit"
	is "$(mails)" 1 "strange name $n: told"
	is "$(mail | sed -n '5p' | LC_ALL=C tr -d '[:print:]\200-\376\n' | wc -c | tr -d ' ')" 0 "strange name $n: the subject is harmless"
done
is "$(cat "$TMP/asked")" '' 'systemd is not asked about names that it can not have'
is "$(find "$state" ! -type d | wc -l) $(($(find "$TMP" -type f | wc -l) - before))" "$(ls -A "$state" | wc -l) 14" 'each has one file, where counts belong'
exits 0 'a name that only systemd can love' pennypost-notify -u 'dev-disk-by\x2duuid-1:2@x.swap'
is "$(tail -n 1 "$TMP/asked")" '--unit=dev-disk-by\x2duuid-1:2@x.swap' 'is left as it is'
mail >/dev/null
exits 0 'its own failure' pennypost-notify -u pennypost-notify@backup.service.service
is "$(mails)" 0 'starts no circle'

# Logs, likewise.
printf 'esc \033[31m, bad \377, good \303\274\n%05000d\nend' 7 >"$TMP/log"
exits 0 'a strange log' pennypost-notify -u log.service
mail >"$TMP/told"
like "$(cat "$TMP/told")" '^esc \?\[31m, bad \?, good \?\?$' 'comes out harmless'
is "$(awk 'length > 1000' "$TMP/told")" '' 'in lines that are not too long'
is "$(tail -n 1 "$TMP/told")" end 'to its end'
perl -e 'print "line $_\n" for 1 .. 50000' >"$TMP/log"
exits 0 'a long log' pennypost-notify -n 3 -u long.service
is "$(mail | tail -n 3 | tr '\n' ' ')" 'line 49998 line 49999 line 50000 ' 'has only its last lines told'
exits 0 'no log wanted' pennypost-notify -n 0 -u nolog.service
like "$(mail)" '^There is no log.$' 'none told'
mkdir "$TMP/none"
for program in perl env; do ln -s "$(command -v $program)" "$TMP/none/$program"; done
ln -s "$TMP/bin/msend" "$TMP/none/msend"
for program in sh mktemp cat; do ln -s "$(command -v $program)" "$TMP/none/$program"; done
exits 0 'without systemd' env PATH="$TMP/none:$ROOT/scripts" pennypost-notify -u elsewhere.service
like "$(mail)" '^Status:  failed$' 'it is told all the same'

# cron
exits 0 'a command ends well' pennypost-notify sh -c 'echo fine; echo also fine >&2'
is "$(mails)$(cat "$TMP/out" "$TMP/err")" 0 'nothing is told'
exits 3 'a command fails' pennypost-notify -n 2 sh -c 'echo one; echo two >&2; echo three; exit 3'
mail >"$TMP/told"
like "$(cat "$TMP/told")" "^sh failed on $host: status 3\$" 'the subject'
is "$(tail -n 2 "$TMP/told" | tr '\n' ' ')" 'two three ' 'what it said last'
exits 3 'it fails again' pennypost-notify -n 2 sh -c 'echo one; echo two >&2; echo three; exit 3'
is "$(mails)" 0 'is counted'
exits 3 'other arguments' pennypost-notify -k backup sh -c 'exit 3'
like "$(mail)" "^backup failed on $host: status 3\$" 'are another command; -k names it'
exits 137 'a command is killed' pennypost-notify sh -c 'kill -9 $$'
like "$(mail)" '^Status:  signal 9$' 'by which signal'
exits 127 'no such command' pennypost-notify "$TMP/nothing" here
like "$(mail)" "^$TMP/nothing: No such file or directory\$" 'is told'
exits 1 'a command with options' pennypost-notify -T 1d -- sh -ec false
mail >/dev/null

for wrong in '-u a b' '-k a -u b' '-%' '' '-n x -u a' '-n 1001 -u a' '-T 1y -u a' '-T  -u a'; do
	exits 64 "misuse: $wrong" pennypost-notify $wrong
done
exits 0 'usage' pennypost-notify --help
like "$(cat "$TMP/out")" '^usage: pennypost-notify ' 'is printed when asked for'
exits 73 'no place for counts' env XDG_STATE_HOME="$TMP/now" pennypost-notify -u a
like "$(cat "$TMP/err")" "^pennypost-notify: $TMP/now" 'is named'

# The real msend, into a maildir.
rm "$TMP/bin/msend"
echo 'Größe: 3 MB' >"$TMP/log"
mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'account me\n\tfrom ann@example.org\n\tsend maildir:%s\n' "$TMP/Maildir" >"$XDG_CONFIG_HOME/pennypost/config"
exits 0 'by the real msend' pennypost-notify -t ann@example.org -u real.service || note "$(cat "$TMP/err")"
is "$(find "$TMP/Maildir/new" -type f | wc -l | tr -d ' ')" 1 'delivered'
like "$(cat "$TMP"/Maildir/new/*)" "^Subject: real.service failed on $host: exit-code, status 3\$" 'with its subject'
like "$(cat "$TMP"/Maildir/new/*)" '^Auto-Submitted: auto-generated$' 'as the work of a program'
like "$(cat "$TMP"/Maildir/new/*)" '^Gr=C3=B6=C3=9Fe: 3 MB$' 'and its log'
done_testing
