#!/bin/sh
# SPDX-License-Identifier: ISC
# The fault injection that other tests stand on does what it says, shown on commands whose calls are known.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-fault.sh"
fault_need

# Perl's syswrite is one write each, and its rename and unlink one call.
cat >"$TMP/three" <<'EOT'
open(my $f, '>', "$ENV{TMP}/file.tmp") or die "open: $!\n";
for my $word ("one\n", "two\n", "three\n") { syswrite($f, $word) or die "write: $!\n" }
rename("$ENV{TMP}/file.tmp", "$ENV{TMP}/file") or die "rename: $!\n";
unlink("$ENV{TMP}/old") or die "unlink: $!\n";
syswrite(STDOUT, "said\n");
EOT
fresh() { rm -f "$TMP/file" "$TMP/file.tmp"; : >"$TMP/old"; }
held() { cat "$TMP/file.tmp" 2>/dev/null; }

fresh
is "$(fault_points write,fsync,rename,unlink,no_such_call -- perl "$TMP/three")" "write 1
write 2
write 3
rename 1
unlink 1
write 4" 'the points are told in order'
is "$(cat "$TMP/file")" 'one
two
three' 'the command was carried out meanwhile'
fresh
fault_points rename -- sh -c 'exit 3' >/dev/null
is $? 3 'and its exit code is seen'

fresh
(fault_kill write 3 -- perl "$TMP/three") 2>/dev/null
is $? 137 'killed'
is "$(held)" 'one
two' 'before the third write'
fresh
(fault_kill rename 1 -- perl "$TMP/three") 2>/dev/null
ok 'killed before the rename' test -f "$TMP/file.tmp" -a ! -f "$TMP/file"
fresh
(fault_kill unlink 1 -- perl "$TMP/three") 2>/dev/null
ok 'killed after the rename' test -f "$TMP/file" -a -f "$TMP/old"
fresh
exits 0 'a point that is not reached changes nothing' fault_kill write 9 -- perl "$TMP/three"
is "$(cat "$TMP/out")" said 'stdout is the command'\''s'

fresh
exits 28 'the second write finds the disk full' fault_errno write 2 ENOSPC -- perl "$TMP/three"
is "$(cat "$TMP/err")" 'write: No space left on device' 'and says so'
is "$(held)" one 'nothing of it was written'
fresh
exits 5 'from the first on, all fail' fault_errno write 1+ EIO -- perl "$TMP/three"
done_testing
