#!/bin/sh
# SPDX-License-Identifier: ISC
# mqueue watch: sends on arrival, tries again on SIGHUP, on schedule and when the network is back, never spins, stops in good order.
. "$(dirname "$0")/../lib.sh"

Q=$PENNYPOST_QUEUE
mkdir "$TMP/fake"
cp "$BUILD/mqueue" "$TMP/fake/mqueue"
# An msend of our own making does what $TMP/does says at that moment; it delivers into $TMP/sent.
cat >"$TMP/fake/msend" <<'EOT'
#!/bin/sh
date +%s%3N >>"$TMP/starts"
while IFS= read -r path; do
	to=$(sed -n 's/^Penny-To: w <\(.*\)>$/\1/p' "$path")
	case $(cat "$TMP/does") in
	ok) echo "$path" >>"$TMP/sent"; printf '%s\t%s\tok\t250\t2.0.0\tok\n' "$path" "$to" ;;
	later) echo "$path" >>"$TMP/tried"; printf '%s\t%s\tlater\t\t\tnot now\n' "$path" "$to" ;;
	exit) exit 78 ;;
	wait) : >"$TMP/waiting"; while [ ! -e "$TMP/go" ]; do sleep 0.02; done; echo "$path" >>"$TMP/sent"; printf '%s\t%s\tok\t250\t2.0.0\tok\n' "$path" "$to" ;;
	esac
done
EOT
chmod +x "$TMP/fake/msend"
does() { echo "$1" >"$TMP/does.new"; mv "$TMP/does.new" "$TMP/does"; : >"$TMP/starts"; : >"$TMP/sent"; : >"$TMP/tried"; rm -f "$TMP/go" "$TMP/waiting"; }
add() { printf 'Subject: x\n\n%s\n' "${1:-x}" | mqueue add -f ann@example.org bob@example.net; }
lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
empty() { [ -z "$(mqueue ls)" ]; }
state() { mqueue ls | cut -f4 | sort | uniq -c | tr -s ' ' | tr '\n' ';'; }
tries() { cat "$Q"/new/* | sed -n 's/^Penny-Tries: 0*\([0-9]\)/\1/p' | sort -u; }
waits() { [ "$(mqueue ls | cut -f4 | sort -u)" = waiting ]; }
start_watch() {
	"$TMP/fake/mqueue" -v "$@" watch 2>"$TMP/watch.err" &
	watch=$!
	at_exit "kill -KILL $watch 2>/dev/null"
}
stop_watch() { kill "$watch"; wait "$watch"; is $? 0 "$1: SIGTERM ends it well"; }
status() { kill -USR1 "$watch" && await 5 grep -q ' waiting, ' "$TMP/watch.err"; grep ' waiting, ' "$TMP/watch.err" | tail -n 1; }

does ok
add before >/dev/null
start_watch
ok 'what waits at the start is sent' await 10 lines "$TMP/sent" 1
ok '… and goes' await 10 empty
for i in 1 2 3; do
	add "$i" >/dev/null
	ok "arrival $i is sent" await 10 lines "$TMP/sent" $((i + 1))
done
for i in $(seq 60); do add "$i"; done >/dev/null
ok 'sixty arrivals in a row are sent' await 20 lines "$TMP/sent" 64
ok '… and go' await 10 empty
is "$(sort -u "$TMP/sent" | wc -l) $(wc -l <"$TMP/sent")" '64 64' '… each once'
like "$(status)" "^mqueue: $Q: [0-9]+ waiting, 0 held when last looked at [0-9]+ s ago; next look in [0-9]+ s; [0-9] passes under way, [0-9]+ arrivals to look at\$" \
	'SIGUSR1 asks how it goes'

does later
add down >/dev/null
ok 'the receiver is down: it is tried' await 10 lines "$TMP/tried" 1
ok '… and waits' await 10 waits
does ok
kill -HUP "$watch"
ok 'the receiver is up, and SIGHUP: it is sent, due or not' await 10 lines "$TMP/sent" 1
ok '… and goes' await 10 empty

does later
id=$(add held)
ok 'one more waits' await 10 waits
exits 0 'retry while it watches' mqueue retry "$id"
ok '… is noticed' await 10 lines "$TMP/tried" 2
await 10 waits
does ok
exits 0 'hold' mqueue hold "$id"
exits 0 'release' mqueue release "$id"
ok '… is noticed as well' await 10 lines "$TMP/sent" 1
await 10 empty

# A file that does not come from add, and one that is no entry.
add moved >/dev/null
await 10 lines "$TMP/sent" 2
printf 'Subject: foreign\n\nbody\n' >"$Q/tmp/x" && mv "$Q/tmp/x" "$Q/new/1795344000.M1P2Q3.host"
ok 'a foreign file is reported' await 10 grep -q 'is no entry of this queue; it is left alone' "$TMP/watch.err"
kill -HUP "$watch"
add after >/dev/null
await 10 lines "$TMP/sent" 3
is "$(grep -c 'is no entry' "$TMP/watch.err")" 1 '… once'
ok '… and is still there' test -f "$Q/new/1795344000.M1P2Q3.host"
rm "$Q/new/1795344000.M1P2Q3.host"
stop_watch 'idle'

# On schedule: waits of a second.
does later
start_watch -o 'retry=1s 1s'
add scheduled >/dev/null
ok 'tried again and again, on schedule' await 20 lines "$TMP/tried" 3
does ok
ok '… until it is sent' await 20 lines "$TMP/sent" 1
stop_watch 'on schedule'

# msend fails at once: what is due stays due, and the tries come slower and slower.
does exit
start_watch
add hot >/dev/null
ok 'msend fails at once: it is started again' await 30 lines "$TMP/starts" 4
is "$(awk 'NR > 2 && $1 - last < 900 { fast++ } { last = $1 } END { print fast + 0 }' "$TMP/starts")" 0 '… never within a second, but where an arrival and the first look meet'
add cold >/dev/null
ok '… a wait of two seconds at least by then' awk 'NR == 3 { x = $1 } NR == 4 { exit !($1 - x > 1900) }' "$TMP/starts"
is "$(state)" ' 2 due;' 'nothing is counted against the messages'
does ok
kill -HUP "$watch"
ok 'it works again, and SIGHUP: both are sent at once' await 10 lines "$TMP/sent" 2
await 10 empty
stop_watch 'after trouble'
cpu=$(awk '{ print $14 + $15 + $16 + $17 }' "/proc/$watch/stat" 2>/dev/null || echo 0)
is "$cpu" 0 'it is gone'

# SIGTERM while a message is being sent: that one is finished, nothing more is begun.
does wait
start_watch
for i in $(seq 30); do add "$i"; done >/dev/null
await 10 test -e "$TMP/waiting"
kill "$watch"
: >"$TMP/go"
wait "$watch"
is $? 0 'SIGTERM while messages are sent ends it well'
sent=$(sort -u "$TMP/sent" | wc -l)
is "$(wc -l <"$TMP/sent") $(mqueue ls | wc -l)" "$sent $((30 - sent))" "… what was under way is sent once ($sent), the rest waits"
is "$(state)" " $((30 - sent)) due;" '… untouched'
is "$(grep -v ' delivered: ' "$TMP/watch.err")" '' '… and nothing is said of it'
does ok
"$TMP/fake/mqueue" run

# kill -9: the pass and its msend go too, and the entries are free.
does wait
start_watch
add killed >/dev/null
await 10 test -e "$TMP/waiting"
kill -KILL "$watch"
wait "$watch" 2>/dev/null
: >"$TMP/go"
free() { "$TMP/fake/mqueue" run; empty; }
ok 'killed while it sends: the next one does it' await 20 free
does later
add again >/dev/null
"$TMP/fake/mqueue" run
is "$(tries)" 1 'and the queue is as it should be'
rm -f "$Q"/new/* "$Q/destinations"

# Two at once, and arrivals in a storm.
does ok
start_watch
first=$watch
start_watch
for i in $(seq 100); do add "$i"; done >/dev/null
ok 'two watch one queue: all is sent' await 30 empty
is "$(sort -u "$TMP/sent" | wc -l) $(wc -l <"$TMP/sent")" '100 100' '… each once'
stop_watch 'the second'
watch=$first
stop_watch 'the first'

# What another has in hand when it starts is looked at again within a minute: that one may die.
does wait
add theirs >/dev/null
"$TMP/fake/mqueue" run 2>"$TMP/other.err" &
other=$!
at_exit "kill -KILL $other 2>/dev/null"
await 10 test -e "$TMP/waiting"
: >"$Q/new/1795344000.M1P2Q3.host"
start_watch
await 10 grep -q 'is no entry' "$TMP/watch.err"
next_look() { sed -n 's/.*next look in \(-*[0-9]*\) s;.*/\1/p' "$TMP/watch.err" | tail -n 1; }
knows_when() { kill -USR1 "$watch" && [ "$(next_look)" -gt 0 ]; }
ok 'another has it all in hand: there is a next look' await 10 knows_when
ok '… within a minute' test "$(next_look)" -le 60
: >"$TMP/go"
wait "$other"
rm "$Q/new/1795344000.M1P2Q3.host"
stop_watch 'beside another'
is "$(wc -l <"$TMP/sent") $(mqueue ls)" '1 ' '… and the message went once'

# What a service manager hears.
if perl -MIO::Socket::UNIX -e 1 2>/dev/null; then
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "$ENV{TMP}/notify") or die;
		open my $f, ">", "$ENV{TMP}/heard"; $f->autoflush(1); my $m;
		while ($s->recv($m, 4096) || 1) { print $f "$m\n"; last if $m =~ /STOPPING/ }' &
	await 5 test -S "$TMP/notify"
	NOTIFY_SOCKET=$TMP/notify start_watch
	ok 'READY=1 is heard' await 10 grep -qx READY=1 "$TMP/heard"
	ok 'STATUS= is heard' await 10 grep -qx 'STATUS=0 waiting, 0 held' "$TMP/heard"
	stop_watch 'under a service manager'
	ok 'STOPPING=1 is heard' await 10 grep -qx STOPPING=1 "$TMP/heard"
	if [ "$(uname)" = Linux ]; then
		name=pennypost-test-$$ && export name
		perl -MIO::Socket::UNIX -e '
			my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "\0$ENV{name}") or die; my $m;
			open my $f, ">", "$ENV{TMP}/listening"; close $f;
			$s->recv($m, 4096); open $f, ">", "$ENV{TMP}/abstract"; print $f "$m\n"' &
		await 5 test -e "$TMP/listening"
		NOTIFY_SOCKET=@$name start_watch
		ok 'a socket that is no file is as good' await 10 grep -qx READY=1 "$TMP/abstract"
		stop_watch 'under another service manager'
	else
		skip 'a socket that is no file' 'is of Linux'
	fi
	NOTIFY_SOCKET=$TMP/nobody-listens start_watch
	does ok
	add unheard >/dev/null
	ok 'where nobody listens, it works all the same' await 10 lines "$TMP/sent" 1
	await 10 empty
	stop_watch 'where nobody listens'
else
	skip 'sd_notify' 'no perl'
fi

done_testing
