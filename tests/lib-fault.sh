# SPDX-License-Identifier: ISC
# lib-fault.sh - makes one chosen system call of a command fail, or be the last thing it does, with strace. Source it after lib.sh:
#	. "$(dirname "$0")/../lib-fault.sh"
#	fault_need
#	fault_points "$FAULT_FILE" -- mqueue add bob@example.org <"$TMP/message" >"$TMP/points"
#	while read -r call n <&3; do
#		fault_kill "$call" "$n" -- mqueue add bob@example.org <"$TMP/message" >"$TMP/id"	# 137 if it came so far
#		… check what is on disk …
#	done 3<"$TMP/points"
# fault_need			skips the test where strace can't be used (not there, or ptrace forbidden)
# fault_points CALLS -- command	runs it whole; prints a line `CALL N` for each call it made of those in CALLS (a,b,c), in order,
#				the Nth of that name; fails if the command does. Its own stdout is dropped
# fault_kill CALL N -- command	kills it (KILL) as it enters the Nth such call, which is not carried out
# fault_errno CALL N ERRNO -- command	that call fails with ERRNO (ENOSPC, EIO …) and does nothing; N+ is the Nth and all after it
# CALLS a kernel does not have are left out. Counts are those of the process that made most of the calls: a child's calls are
# counted apart (strace does so), and a fault strikes in each process that gets to its Nth call. Once built with a sanitizer, the
# command is not asked about leaks (that needs ptrace itself). The trace is in $TMP/strace.

# All that changes a file or a directory.
FAULT_FILE=write,pwrite64,writev,fsync,fdatasync,syncfs,sync_file_range,ftruncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat

fault_strace() {
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 strace -f -qq -o "$TMP/strace" -e signal=none "$@"
}

fault_possible() {
	command -v strace >/dev/null 2>&1 || { fault_why='strace is not installed'; return 1; }
	fault_strace -e trace=write -e inject=write:error=EIO:when=100 true 2>"$TMP/.strace" || {
		fault_why="strace can't trace here: $(head -n 1 "$TMP/.strace")"
		return 1
	}
}
fault_need() { fault_possible || skip_all "$fault_why"; }

fault_points() {
	fault_calls=$(printf ',%s' "$1" | sed 's/,/,?/g; s/^,//')
	shift 2
	fault_strace -e trace="$fault_calls" "$@" >/dev/null || return
	awk '{ pid = $1; sub(/^[0-9]+ +/, ""); call = $0; sub(/\(.*/, "", call) }
		call !~ /^[a-z_0-9]+$/ || /resumed>/ { next }
		{ n = ++count[pid, call]; if (n > most[call]) { most[call] = n; print call, n } }' "$TMP/strace"
}

fault_kill() {
	fault_call=$1 fault_n=$2
	shift 3
	fault_strace -e trace="$fault_call" -e inject="$fault_call:signal=KILL:when=$fault_n" "$@"
}

fault_errno() {
	fault_call=$1 fault_n=$2 fault_error=$3
	shift 4
	fault_strace -e trace="$fault_call" -e inject="$fault_call:error=$fault_error:when=$fault_n" "$@"
}
