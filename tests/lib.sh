# SPDX-License-Identifier: ISC
# lib.sh - what every shell test starts with: a private place to work in, and assertions that speak TAP.
#	#!/bin/sh
#	. "$(dirname "$0")/../lib.sh"
#	exits 0 'a message goes out' msend -a "$PEER" bob@example.org <"$TMP/message"
#	is "$(cat "$TMP/out")" '' 'and nothing is said'
#	done_testing
# $TMP goes away at exit; HOME, the XDG directories and the queue are in it. $BUILD (programs; first in PATH) and $ROOT (the sources)
# are absolute. Assertions print one TAP line to stdout and, when they fail, what they got and wanted to stderr.
# A test that stops before done_testing has no plan, and so fails.

ROOT=$(cd "$(dirname "$0")" && while [ ! -f GNUmakefile ] && [ "$PWD" != / ]; do cd ..; done && pwd)
BUILD=${BUILD:-$ROOT/build}
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
PATH=$BUILD:$PATH:/usr/sbin:/sbin

# A short path: Unix sockets have room for 107 octets.
TMP=${TMPDIR:-/tmp}
[ ${#TMP} -le 30 ] || TMP=/tmp
TMP=$(mktemp -d "$TMP/pp.XXXXXX") || exit 1
HOME=$TMP/home
XDG_CONFIG_HOME=$HOME/.config XDG_STATE_HOME=$HOME/.local/state XDG_DATA_HOME=$HOME/.local/share XDG_CACHE_HOME=$HOME/.cache
XDG_RUNTIME_DIR=$TMP/run
PENNYPOST_QUEUE=$TMP/queue
LC_ALL=C.UTF-8 TZ=UTC
export ROOT BUILD PATH TMP HOME XDG_CONFIG_HOME XDG_STATE_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR PENNYPOST_QUEUE LC_ALL TZ
unset PENNYPOST_CONFIG SSL_CERT_FILE SSL_CERT_DIR CREDENTIALS_DIRECTORY NETRC LANGUAGE MAILDIR EMAIL MAKEFLAGS MAKELEVEL MFLAGS
umask 022
mkdir "$HOME" "$XDG_RUNTIME_DIR" && chmod 700 "$XDG_RUNTIME_DIR" || exit 1

tests=0 failed=0 at_exit_commands=

# at_exit COMMAND: run when the test ends, however it ends; the last one given runs first.
at_exit() {
	at_exit_commands="$1
$at_exit_commands"
}

finish() {
	status=$?
	trap - EXIT INT TERM HUP
	eval "$at_exit_commands"
	rm -rf "$TMP"
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

note() { printf '%s\n' "$*" | sed 's/^/# /' >&2; }

# result PASSED NAME [GOT WANT]: the one place that counts. PASSED is 0 for a pass, as an exit code is.
result() {
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		printf 'ok %d - %s\n' "$tests" "$2"
		return 0
	fi
	failed=$((failed + 1))
	printf 'not ok %d - %s\n' "$tests" "$2"
	note "failed: $2 ($0)"
	if [ $# -ge 4 ]; then
		note " got: $3"
		note "want: $4"
	fi
	return 1
}

# Each returns non-zero when it fails, so a test can say: exits 0 … || note "…".
is() {		# GOT WANT NAME
	[ "$1" = "$2" ]
	result $? "$3" "$1" "$2"
}

isnt() {	# GOT UNWANTED NAME
	[ "$1" != "$2" ]
	result $? "$3" "$1" "anything else"
}

like() {	# GOT ERE NAME: a line of GOT matches
	printf '%s\n' "$1" | grep -Eq -e "$2"
	result $? "$3" "$1" "a line that matches $2"
}

unlike() {	# GOT ERE NAME: no line of GOT matches
	! printf '%s\n' "$1" | grep -Eq -e "$2"
	result $? "$3" "$1" "no line that matches $2"
}

ok() {		# NAME command…: it exits 0
	ok_name=$1
	shift
	"$@" >"$TMP/.ok" 2>&1
	ok_code=$?
	result "$ok_code" "$ok_name" "exit $ok_code from: $*
$(head -n 20 "$TMP/.ok")" 'exit 0'
}

exits() {	# CODE NAME command…: stdout in $TMP/out, stderr in $TMP/err
	exits_want=$1 exits_name=$2
	shift 2
	"$@" >"$TMP/out" 2>"$TMP/err"
	exits_got=$?
	[ "$exits_got" -eq "$exits_want" ]
	result $? "$exits_name" "exit $exits_got from: $*
$(head -n 20 "$TMP/err")" "exit $exits_want"
}

same() {	# FILE1 FILE2 NAME: byte for byte
	cmp "$1" "$2" >"$TMP/.same" 2>&1
	result $? "$3" "$(cat "$TMP/.same"; diff "$1" "$2" 2>&1 | head -n 20)" 'the same bytes'
}

skip() {	# NAME REASON: one assertion that can't be made here
	tests=$((tests + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tests" "$1" "$2"
}

skip_all() {	# REASON: before any assertion
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

need() {	# PROGRAM…: or skip the whole test
	for need_program; do
		command -v "$need_program" >/dev/null 2>&1 || skip_all "$need_program is not installed"
	done
}

done_testing() {
	printf '1..%d\n' "$tests"
	[ "$failed" -eq 0 ]
	exit
}

# await SECONDS command…: until it exits 0. The only way to wait: for something, and not for ever.
await() {
	await_left=$(($1 * 50))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$await_left" -gt 0 ] || return 1
		await_left=$((await_left - 1))
		sleep 0.02
	done
}

# peer NAME <<transcript: $PEER is then the URL of a server that plays it (tests/tools/peer.c tells how transcripts are written).
peer() {
	rm -f "$TMP/$1.peer.result"
	cat >"$TMP/$1.peer"
	PEER="exec:$BUILD/tests/tools/peer $TMP/$1.peer"
}

peer_ok() {	# NAME: the transcript was played to its end, and matched
	await 5 test -s "$TMP/$1.peer.result"
	peer_said=$(cat "$TMP/$1.peer.result" 2>/dev/null)
	is "${peer_said:-no result: it was not played}" ok "$1: the dialogue went as written"
}
