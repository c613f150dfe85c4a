#!/bin/sh
# SPDX-License-Identifier: ISC
# The units in scripts: systemd understands them, for the system and for a user, and they name programs that are there once installed.
. "$(dirname "$0")/../lib.sh"
need systemd-analyze

mkdir "$TMP/units"
for unit in "$ROOT"/scripts/*.service "$ROOT"/scripts/*.socket "$ROOT"/scripts/*.timer "$ROOT"/scripts/*.path; do
	sed "s,/usr/local/bin/pennypost-notify,$ROOT/scripts/pennypost-notify,; s,/usr/local/bin/,$BUILD/," "$unit" >"$TMP/units/${unit##*/}"
done
cd "$TMP/units" || exit 1
verify() { systemd-analyze "$@" >"$TMP/out" 2>&1 || echo "exit $?" >>"$TMP/out"; }
# Where this fails for the plainest of units, systemd has no business here (a container, a chroot).
printf '[Service]\nExecStart=/bin/true\n' >plain.service
verify verify --man=no ./plain.service
[ ! -s "$TMP/out" ] || skip_all "systemd-analyze can't work here: $(head -n 1 "$TMP/out")"
printf '[Service]\nExecStart=/nowhere/mqueue\n' >wrong.service
verify verify --man=no ./wrong.service
like "$(cat "$TMP/out")" 'not executable' 'a unit whose program is not there is complained about'
rm plain.service wrong.service
for unit in *; do
	verify verify --man=no "./$unit"
	is "$(cat "$TMP/out")" '' "$unit, for the system"
	verify --user verify --man=no "./$unit"
	is "$(cat "$TMP/out")" '' "$unit, for a user"
	[ "${unit%.service}" = "$unit" ] || like "$(cat "$ROOT/scripts/$unit")" '^ExecStart=/usr/local/bin/(mqueue|mpop|pennypost-notify) ' '… names what is installed'
done
done_testing
