#!/bin/sh
# SPDX-License-Identifier: ISC
# mpop is killed at a call that touches a file or the connection, or such a call fails for want of space or a broken disk; then a
# normal run. Into a maildir and a mailbox file each message comes once, whatever happens; a command or a pipe may get one again that
# it had taken when we died. FAULT_STEP=1 tries each call; TMPDIR=/dev/shm makes that quick.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-fault.sh"
fault_need
: "${FAULT_STEP:=11}"
MESSAGES=4
BOX=exec:"$BUILD/tests/tools/popbox $TMP/box"
OUT=$TMP/M/out
TMPDIR=$TMP
export TMPDIR
CALLS=$FAULT_FILE,openat,read,close,pread64,lseek,flock,fcntl,connect,socketpair,sendto,recvfrom,poll,shutdown

mkdir -p "$XDG_CONFIG_HOME/pennypost" "$TMP/full"
printf 'user ann\npassword secret\n' >"$XDG_CONFIG_HOME/pennypost/config"
chmod 600 "$XDG_CONFIG_HOME/pennypost/config"
for i in 1 2 3 4; do
	printf 'Message-ID: <%d@example.org>\nSubject: %d\n\n.\nthe end of %d\n' "$i" "$i" "$i" >"$TMP/full/uid-$i"
done
sums() { md5sum "$@" 2>/dev/null | cut -d ' ' -f 1 | sort; }
sums "$TMP"/full/* >"$TMP/want"
for i in 1 2 3 4; do
	cat "$TMP/full/uid-$i"
	echo
done >"$TMP/want.mbox"

fresh() {
	rm -rf "$TMP/box" "$TMP/M" "$XDG_STATE_HOME/pennypost"
	cp -r "$TMP/full" "$TMP/box"
	mkdir "$TMP/M"
}

# What is wrong with each kind of target in the end, or nothing.
maildir_wrong() {
	sums "$TMP"/M/m/new/* | cmp -s - "$TMP/want" || echo "$(ls "$TMP/M/m/new" | wc -l) messages, or others"
}
# In whatever order.
mbox_wrong() {
	grep -v '^From MAILER-DAEMON ' "$TMP/M/box" | sort | cmp -s - "$TMP/want.sorted" || echo "$(grep -c '^the end' "$TMP/M/box") messages, or others"
	find "$TMP/M" "$XDG_STATE_HOME/pennypost" -name '*.batch'
}
sort "$TMP/want.mbox" >"$TMP/want.sorted"
each_is_there() {	# FILE…
	for i in 1 2 3 4; do
		perl -e 'local $/; open F, shift; my $want = <F>; my $all = join "", map { open my $f, $_; <$f> } @ARGV; exit(index($all, $want) < 0)' \
			"$TMP/full/uid-$i" "$@" || echo "message $i is not there"
	done
}
# A fault strikes each run of the command as well: if it struck nothing else, each of these may have done its work and failed.
command_wrong() {
	each_is_there "$TMP"/M/got.*
	[ "$code" -ne 137 ] || [ "$(ls "$TMP"/M/got.* | wc -l)" -le $((MESSAGES + 1)) ] || echo 'more than one is doubled'
}
stdout_wrong() { each_is_there "$OUT"; }

run() { mpop -o timeout=5 $keep -a "$BOX" "$@" >>"$OUT"; }

# after HOW LEFT WRONG TARGET…: what is wrong in the end is added to $wrong.
after() {
	after_how=$1 after_left=$2 after_wrong=$3
	shift 3
	run "$@" 2>"$TMP/err" || wrong="$wrong; $after_how: then exit $?, $(cat "$TMP/err")"
	after_said=$($after_wrong 2>&1)
	[ -z "$after_said" ] || wrong="$wrong; $after_how: $after_said"
	[ "$(ls "$TMP/box" | wc -l)" -eq "$after_left" ] || wrong="$wrong; $after_how: $(ls "$TMP/box" | wc -l) on the server"
}

# strike HOW NAME LEFT WRONG TARGET…: HOW is KILL or an errno.
strike() {
	strike_how=$1 strike_name=$2 strike_left=$3 strike_wrong=$4
	shift 4
	wrong='' trials=0 struck=0
	while read -r call n <&3; do
		case $strike_how:$call in
		KILL:* | *:write | *:pwrite64 | *:*sync* | *:ftruncate | *:rename* | *:link* | *:unlink* | *:mkdir*) ;;
		*) continue ;;
		esac
		turn=$((turn + 1))
		[ $((turn % FAULT_STEP)) -eq 0 ] || continue
		fresh
		trials=$((trials + 1))
		if [ "$strike_how" = KILL ]; then
			fault_kill "$call" "$n" -- mpop -o timeout=5 $keep -a "$BOX" "$@" >>"$OUT" 2>/dev/null
		else
			fault_errno "$call" "$n" "$strike_how" -- mpop -o timeout=5 $keep -a "$BOX" "$@" >>"$OUT" 2>"$TMP/err"
		fi
		code=$?
		[ "$code" -eq 0 ] || struck=$((struck + 1))
		case $strike_how:$code in
		KILL:* | *:0 | *:71 | *:73 | *:74 | *:75 | *:76) ;;
		*) wrong="$wrong; $call $n: exit $code" ;;
		esac
		[ "$call" = write ] || [ "$strike_how" = KILL ] || [ "$code" -eq 0 ] || [ -s "$TMP/err" ] || wrong="$wrong; $call $n: exit $code and not a word"
		after "$strike_how at $call $n" "$strike_left" "$strike_wrong" "$@"
	done 3<"$TMP/points"
	is "$wrong" '' "$strike_name: $strike_how at $trials of its calls, $struck of these told: nothing is lost"
}

sweep() {	# NAME LEFT WRONG TARGET…
	sweep_name=$1 sweep_left=$2 sweep_wrong=$3
	shift 3
	fresh
	turn=0
	fault_points "$CALLS" -- mpop $keep -a "$BOX" "$@" >"$TMP/points" 2>"$TMP/err" || note "$(cat "$TMP/err")"
	ok "$sweep_name: there are calls to fail ($(wc -l <"$TMP/points" | tr -d ' '))" test "$(wc -l <"$TMP/points")" -gt 50
	for how in KILL ENOSPC EIO; do
		strike "$how" "$sweep_name" "$sweep_left" "$sweep_wrong" "$@"
	done
}

keep=
sweep 'a maildir' 0 maildir_wrong "$TMP/M/m"
sweep 'a mailbox file' 0 mbox_wrong "mbox:$TMP/M/box"
sweep 'a command' 0 command_wrong -e "cat >$TMP/M/part.\$\$ && mv $TMP/M/part.\$\$ $TMP/M/got.\$\$"
sweep 'standard output' 0 stdout_wrong -
keep=-k
sweep 'a maildir, kept' "$MESSAGES" maildir_wrong "$TMP/M/m"
sweep 'a mailbox file, kept' "$MESSAGES" mbox_wrong "mbox:$TMP/M/box"
done_testing
