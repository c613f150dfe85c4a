#!/bin/sh
# SPDX-License-Identifier: ISC
# Destinations that can't be reached: one try for all that waits for one, none by the next run or another machine's before its time, and nobody
# else waits for it. When it is back, all goes.
. "$(dirname "$0")/../lib.sh"

Q=$PENNYPOST_QUEUE
add() { printf 'Subject: x\n\nx\n' | mqueue add -f ann@example.org "$@"; }	# prints the id
states() { mqueue ls | cut -f4 | sort | uniq -c | tr -s ' ' | tr '\n' ';'; }
tries() { cat "$Q"/new/* | sed -n 's/^Penny-Tries: 0*\([0-9]\)/\1/p' | sort | uniq -c | tr -s ' ' | tr '\n' ';'; }
clear_queue() { rm -rf "$Q"; : >"$TMP/calls"; }
calls() { wc -l <"$TMP/calls"; }
# All that is known of destinations, and all tries, happened so many seconds ago.
ago() {
	perl -pi -e 'BEGIN { $s = shift } s/(\d{13})/$1 + 0 ? sprintf "%013d", $1 - $s : $1/ge if !/^ /' "$1" "$Q/destinations"
	perl -pi -e 'BEGIN { $s = shift } s/^(Penny-Tried: )(\d{13})/$1 . ($2 + 0 ? sprintf "%013d", $2 - $s : $2)/e' "$1" "$Q"/new/*
}

# --- With the real msend. The endpoint counts its connections, and is a server while $TMP/up is there.
cat >"$TMP/server" <<'EOT'
#!/bin/sh
echo call >>"$TMP/calls"
[ -e "$TMP/up" ] || exit 1
exec mqueue -q "$TMP/there" -o serve-domains=example.net serve
EOT
chmod +x "$TMP/server"
away="exec:$TMP/server"
clear_queue
for i in $(seq 40); do add -a "$away" bob@example.net; done >"$TMP/ids"
exits 0 'forty messages, and nobody there' mqueue run
is "$(cat "$TMP/err")$(calls)" 1 'one connection that fails ends the try for that destination'
is "$(states)" ' 40 waiting;' '… all wait'
exits 0 'the next run' mqueue run
is "$(calls)" 1 '… does not try it'
late=$(add -a "$away" bob@example.net)
exits 0 'nor for a message that came later' mqueue run
is "$(calls) $(states)" '1  41 waiting;' '… which waits as well'
like "$(mqueue ls -l "$late")" 'waiting	not tried yet: ' '… and ls says why'
like "$(mqueue ls -j "$late")" '"queue_name": "deferred".*"delay_reason": "not tried yet: ' '… in each form'
like "$(mqueue show "$late")" '^state    waiting$' '… as does show'
is "$(wc -c <"$Q/destinations")" 512 'that is one line on disk'
like "$(cat "$Q/destinations")" "^[0-9]{13} [0-9]{13} [0-9]{13} 0{13} 0001 exec:.*	.+" '… for people to read'
exits 0 'run -f' mqueue run -f
is "$(calls)" 2 '… tries it, once'
like "$(cat "$Q/destinations")" '^([0-9]{13} ){4}0001 ' '… and does not put off the next try'
exits 0 'retry of one' mqueue retry "$late"
exits 0 '… and run' mqueue run
is "$(calls)" 3 '… tries it'
# The new message came behind the last try: after the first wait it is reason for another.
ago 20000
exits 0 'its time has come' mqueue run
is "$(calls)" 4 '… so it is tried again, once'
is "$(mqueue ls | cut -f4 | sort -u)" waiting '… and all wait on'
ago 200
: >"$TMP/up"
exits 0 'it is back, its time has not come' mqueue run
is "$(calls)" 4 '… so nobody knows'
ago 20000
exits 0 'now it has' mqueue run
is "$(cat "$TMP/err")$(mqueue ls)" '' 'all goes, also what was not due yet'
is "$(find "$TMP/there/new" -type f | wc -l)" 41 '… each once'
ok '… over few connections' test "$(calls)" -le 7
rm "$TMP/up"

# --- An msend of our own making: what it does is told by the address.
mkdir "$TMP/fake"
cp "$BUILD/mqueue" "$TMP/fake/mqueue"
cat >"$TMP/fake/msend" <<'EOT'
#!/bin/sh
echo "$@" >>"$TMP/calls"
while IFS= read -r path; do
	for to in $(sed -n 's/^Penny-To: w <\(.*\)>$/\1/p' "$path"); do
		echo "$to" >>"$TMP/asked"
		case $to in
		*dead* | *DEAD*) [ -e "$TMP/healed" ] && r='ok\t250\t2.0.0\tok' || r='later\t\t\tconnect to it: Connection refused' ;;
		poison*) r='later\t\t\tthe connection was closed' ;;
		busy*) r='later\t421\t4.3.2\ttoo many' ;;
		login*) r='later\t535\t5.7.8\tno' ;;
		grey*) r='later\t450\t4.2.1\tgreylisted' ;;
		offline*) r='later\t\t4.4.3\tno route' ;;
		slow*) : >"$TMP/waiting"; while [ ! -e "$TMP/go" ]; do sleep 0.02; done; r='ok\t250\t2.0.0\tok' ;;
		*) r='ok\t250\t2.0.0\tok' ;;
		esac
		case $r in ok*) echo "$to" >>"$TMP/sent" ;; esac
		printf "%s\t%s\t$r\n" "$path" "$to"
	done
done
EOT
chmod +x "$TMP/fake/msend"
run() { "$TMP/fake/mqueue" "$@" run; }
fresh() { clear_queue; : >"$TMP/asked"; : >"$TMP/sent"; rm -f "$TMP/go" "$TMP/waiting" "$TMP/healed"; }
asked() { wc -l <"$TMP/asked"; }
known() { tr -s ' ' <"$Q/destinations" | awk 'NF > 5 { print $6, $5, ($4 > 0 ? "up" : "dead") }' | sort | tr '\n' ';'; }
sent_to() { sort "$TMP/sent" | uniq -c | tr -s ' ' | tr '\n' ';'; }

# What makes a destination dead, and what does not.
while read -r to want; do
	fresh
	for i in 1 2; do add "$to@example.net" >/dev/null; done
	run 2>"$TMP/err"
	is "$(known 2>/dev/null)" "$want" "$to"
done <<'EOT'
dead - 0001 dead;
busy - 0001 dead;
login - 0001 dead;
grey
offline
bob
EOT

fresh
for i in $(seq 50); do add "$([ "$i" = 20 ] && echo poison || echo bob)@example.net"; done >/dev/null
exits 0 'one message at which the session ends, among fifty' run
is "$(sent_to)" ' 49 bob@example.net;' '… holds up none of the others'
is "$(cat "$Q/destinations" 2>/dev/null)" '' '… and makes nobody dead'

fresh
for i in $(seq 100); do add dead@example.net; done >/dev/null
exits 0 'a hundred for one that is dead' run
ok "… few are handed over ($(asked))" test "$(asked)" -le 16
is "$(tries)" " $((100 - $(asked))) 0; $(asked) 1;" '… the others are as they were'
: >"$TMP/asked"
ago 20000
exits 0 'its time has come' run
is "$(asked)" 1 '… one message is enough to see that it is still dead'
: >"$TMP/healed"
ago 40000
exits 0 'it is back' run
is "$(sent_to)$(mqueue ls)" ' 100 dead@example.net;' '… and has got everything'
is "$(known)" '- 0002 up;' '… which the others hear'

# By mx: each domain is a destination, whatever account says so.
fresh
mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'account relay\n\tsend smtp://relay.example\naccount direct\n\tsend mx:\n\tfrom Ann <ann@direct.example>\n' >"$XDG_CONFIG_HOME/pennypost/config"
for account in direct ann@direct.example mx:; do
	fresh
	for i in 1 2 3; do for d in one.example dead.example two.example DEAD.example; do add -a "$account" "bob@$d"; done; done >/dev/null
	both=$(add -a "$account" bob@dead.example bob@one.example)
	exits 0 "mx:, by $account" run
	is "$(sent_to)" ' 4 bob@one.example; 3 bob@two.example;' '… who can be reached has it'
	is "$(known)" '@dead.example 0001 dead;' '… and the domain that can not is known'
	exits 0 'the next run' run
	is "$(grep -c -i dead "$TMP/asked")" "$(($(asked) - 7))" '… '
	: >"$TMP/asked"
	add -a "$account" bob@dead.example bob@two.example >/dev/null
	exits 0 'one for it and for another' run
	is "$(sort "$TMP/asked" | tr '\n' ' ')" 'bob@dead.example bob@two.example ' '… is tried'
done
fresh
for i in 1 2; do add -a relay "bob@dead$i.example"; done >/dev/null
add -a relay bob@example.net >/dev/null
run -o parallel=1
is "$(known 2>/dev/null)$(sent_to)" ' 1 bob@example.net;' 'by a relay, no domain is dead'
rm "$XDG_CONFIG_HOME/pennypost/config"

# Side by side: one that keeps its msend waiting keeps nobody else; no more msend at a time than `parallel`.
fresh
add -a one slow@example.net >/dev/null
for a in two three four; do for i in 1 2 3; do add -a $a "bob@$a.example"; done; done >/dev/null
"$TMP/fake/mqueue" run 2>"$TMP/first.err" &
first=$!
all_others() { [ "$(wc -l <"$TMP/sent")" -eq 9 ]; }
ok 'one server is slow: the others have theirs meanwhile' await 10 all_others
is "$(mqueue ls | cut -f4,7)" 'sending	slow@example.net' '… and that one is being sent'

# As many sessions with one destination as may be, of all runs together.
add -a one bob@one.example >/dev/null
exits 0 'another run' "$TMP/fake/mqueue" -o per-destination=1 run
is "$(grep -c one.example "$TMP/sent") $(states)" '0  1 due; 1 sending;' '… opens no second session where one may be open'
exits 0 'where two may' "$TMP/fake/mqueue" -o per-destination=2 run
is "$(grep -c one.example "$TMP/sent") $(states)" '1  1 sending;' '… it does'
: >"$TMP/go"
wait "$first"
is "$? $(cat "$TMP/first.err")$(mqueue ls)" '0 ' 'the first run ends well'

fresh
for i in $(seq 20); do add -a "account$i" "bob@example.net"; done >/dev/null
exits 0 'twenty destinations, three at a time' run -o parallel=3
is "$(wc -l <"$TMP/sent") $(cut -d ' ' -f3 "$TMP/calls" | sort -u | wc -l)" '20 20' '… get all'
for value in parallel=0 parallel=65 parallel=x per-destination=0 per-destination=1001; do
	exits 64 "$value" mqueue -o "$value" run
	like "$(cat "$TMP/err")" "^mqueue: -o: .* not a number between 1 and" '… is none'
done

# A run that is stopped while several work for it: what is under way ends well.
fresh
for a in one two three; do add -a $a "slow@$a.example"; add -a $a "bob@$a.example"; done >/dev/null
"$TMP/fake/mqueue" watch 2>"$TMP/watch.err" &
watch=$!
at_exit "kill -KILL $watch 2>/dev/null"
three() { [ "$(grep -c slow "$TMP/asked")" -eq 3 ]; }
ok 'watch has three under way' await 10 three
kill "$watch"
: >"$TMP/go"
wait "$watch"
is "$? $(cat "$TMP/watch.err")" '0 ' 'SIGTERM ends it well'
is "$(mqueue ls | cut -f4 | sort -u | tr '\n' ' ')" "$([ -z "$(mqueue ls)" ] || echo 'due ')" '… what it left is due'
ok '… and nobody got anything twice' test "$(sort "$TMP/sent" | uniq -d | wc -l)" -eq 0

# Nor does watch wait for a server that keeps it waiting before it looks at the others again.
fresh
add -a one slow@example.net >/dev/null
add -a two grey@example.net >/dev/null
"$TMP/fake/mqueue" watch 2>"$TMP/watch.err" &
watch=$!
at_exit "kill -KILL $watch 2>/dev/null"
asked_for() { [ "$(grep -c "^$1" "$TMP/asked")" -ge "$2" ]; }
asked_for_both() { asked_for slow 1 && asked_for grey 1 && [ "$(mqueue ls | cut -f4 | sort | tr '\n' ' ')" = 'sending waiting ' ]; }
ok 'a look at all waits for one server' await 10 asked_for_both
kill -HUP "$watch"
ok '… and another look tries the others meanwhile' await 10 asked_for grey 2
asked_for slow 2
is $? 1 '… not that one'
: >"$TMP/go"
slow_has_it() { [ "$(sent_to)" = ' 1 slow@example.net;' ] && [ "$(mqueue ls | wc -l)" -eq 1 ]; }
ok '… which gets its message once' await 10 slow_has_it
kill "$watch"
wait "$watch"
is "$? $(cat "$TMP/watch.err")" '0 ' '… and it ends well'

# While it is dead its messages grow old all the same: senders are told, and nobody is tried for that.
fresh
add dead@example.net >/dev/null
run
old=$(add dead@example.net)
sed -i 's/^Penny-Arrived: .*/Penny-Arrived: 0001700000000/; s/^Penny-Tries: .*/Penny-Tries: 0004/' "$Q"/new/*"$old"*
: >"$TMP/asked"
exits 0 'one has waited for too long' run
is "$(asked)" 0 '… nobody is tried'
is "$(mqueue ls "$old" 2>/dev/null)" '' '… it is given up'
like "$(cat "$Q"/new/*)" '^Diagnostic-Code: x-pennypost; not tried: connect to it: Connection refused' '… and the notice says why'

# The file is help, no more: whatever becomes of it, mail goes.
bad_file() {	# WHAT
	exits 0 "destinations is $1" run
	is "$(sent_to)" ' 1 bob@example.net;' '… mail goes'
	rm -rf "$Q/destinations"
	fresh
	add bob@example.net >/dev/null
	add -a x dead@example.net >/dev/null
}
fresh; add bob@example.net >/dev/null
head -c 5000 /dev/urandom >"$Q/destinations"; bad_file noise
head -c 600 /dev/zero >"$Q/destinations"; bad_file zeroes
perl -e 'printf "%013d %013d %013d %013d %04d %s\t%-450s", 9999999999999, 9999999999999, 9999999999999, 0, 9, "-", "x"; print "\n"' >"$Q/destinations"; bad_file 'of a clock that was wrong'
perl -e 'printf "%-511s\n", sprintf("%013d %013d %013d %013d %04d %s\t%s", time + 9e9, time, time, 0, 9, "-", "x") for 1 .. 3000' >"$Q/destinations"
: >"$TMP/asked"
run
unlike "$(cat "$TMP/asked")" bob 'one that is dead for years by an earlier schedule'
perl -e 'printf "%-511s\n", sprintf("%013d %013d %013d %013d %04d %s\t%s", time + 9e9, time - 2e4, time - 2e4, 0, 9, "-", "x")' >"$Q/destinations"
run
like "$(cat "$TMP/asked")" bob '… is so no longer than the longest wait there is'
fresh; add bob@example.net >/dev/null
add -a x dead@example.net >/dev/null
for kind in 'ln -s /etc/passwd' 'mkdir' 'mkfifo'; do
	$kind "$Q/destinations"
	run >"$TMP/out" 2>"$TMP/err"
	is "$? $(sent_to)" '74  1 bob@example.net;' "$kind: mail goes, and the exit code tells"
	like "$(cat "$TMP/err")" '^mqueue: note in .*/destinations what x is like: ' '… with the name'
	fresh
	add bob@example.net >/dev/null
	add -a x dead@example.net >/dev/null
done
# Many: it grows no further, the newest are there.
fresh
for i in $(seq 530); do echo "$i.dead.example"; done | while read -r d; do echo "bob@$d"; done >"$TMP/domains"
printf 'Subject: x\n\nx\n' | mqueue add -a mx: -f ann@example.org $(cat "$TMP/domains") >/dev/null
run
is "$(wc -c <"$Q/destinations")" $((512 * 512)) 'five hundred and thirty dead domains: the file holds the last 512'

# A machine that fails while it learns that a destination is dead: nothing is lost, nothing twice.
. "$ROOT/tests/lib-fault.sh"
if fault_possible; then
	struck() { ASAN_OPTIONS=detect_leaks=0 strace -qq -o "$TMP/strace" -e signal=none "$@" "$TMP/fake/mqueue" -o parallel="$hands" run >/dev/null 2>"$TMP/err"; }
	setup() { fresh; for a in x y; do for to in dead bob; do add -a $a "$to@$a.example"; done; done >/dev/null; }
	check() {	# ALLOWED WHAT
		: >"$TMP/healed"
		for again in 1 2; do "$TMP/fake/mqueue" run -f >"$TMP/out" 2>&1; done
		twice=$(sort "$TMP/sent" | uniq -d | wc -l)
		is "$((twice <= $1)) $(sort -u "$TMP/sent" | tr '\n' ' ')$(mqueue ls)" '1 bob@x.example bob@y.example dead@x.example dead@y.example ' "$2: all arrives, $twice twice"
	}
	# By one process each call that changes something, by two what they need to be two.
	hands=1
	setup
	struck -e trace="$(echo ",$FAULT_FILE,openat,fcntl" | sed 's/,/,?/g; s/^,//')"
	sed 's/(.*//' "$TMP/strace" | grep '^[a-z0-9_]*$' | awk '{ print $0, ++n[$0] }' >"$TMP/points"
	ok 'it learns, and writes it down' grep -q '^pwrite64 4$' "$TMP/points"
	awk '$1 != "openat" || $2 > 8' "$TMP/points" >"$TMP/some"	# the first are the system's libraries
	while read -r call n <&3; do
		case $call in openat | fcntl) faults=error=ENOSPC ;; *) faults='signal=KILL error=EIO error=ENOSPC' ;; esac
		for how in $faults; do
			setup
			struck -e trace="$call" -e inject="$call:$how:when=$n"
			check "$([ "$how" = signal=KILL ] && echo 4 || echo 0)" "$how at $call $n"
		done
	done 3<"$TMP/some"
	hands=2
	for point in 'clone 1' 'clone 2' 'mmap 25' 'mmap 26' 'wait4 1' 'wait4 2' 'prctl 1'; do
		for how in signal=KILL error=ENOMEM; do
			setup
			struck -e trace="?${point% *}" -e inject="?${point% *}:$how:when=${point#* }"
			check "$([ "$how" = signal=KILL ] && echo 4 || echo 0)" "two at work: $how at $point"
		done
	done
else
	skip 'a machine that fails' "$fault_why"
fi

done_testing
