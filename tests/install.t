#!/bin/sh
# SPDX-License-Identifier: ISC
# make install puts programs, scripts, their pages and units below DESTDIR and PREFIX, and nothing elsewhere; uninstall takes them
# away again.
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1
if command -v gmake >/dev/null; then make=gmake; else make=make; fi

stage=$TMP/stage
exits 0 'install' $make -s BUILD="$BUILD" DESTDIR="$stage" PREFIX=/opt/penny install
is "$(cd "$stage" && find . -type f | sort | grep bin/)" "$(for p in mimap mpop mqueue msend pennypost-notify pennypost-sync-import pennypost-token; do
	echo "./opt/penny/bin/$p"
done)" 'the programs, and the scripts that users run'
is "$(cd "$stage" && find . -type f | sort | sed -n 's,.*/share/man/,,p')" \
	"$(cd man && for m in *.[1578]; do echo "man${m##*.}/$m"; done | sort)" 'the pages, each in its section'
is "$(sed -n 's/^ExecStart=//p' "$stage/opt/penny/lib/systemd/system/pennypost-notify@.service")" '/opt/penny/bin/pennypost-notify -u %i' \
	'a unit that names what is installed'
is "$(cd "$stage/opt/penny/share/bash-completion/completions" && ls | tr '\n' ' ')" 'mimap mpop mqueue msend ' 'completion for each program'
is "$(find "$stage" ! -type d ! -path "$stage/opt/penny/*")" '' 'nothing elsewhere'
is "$(cd "$stage" && find . -type l | sort)" "$(for l in mailq newaliases sendmail; do echo "./opt/penny/lib/pennypost/$l"; done)" 'the other names of msend, apart'
is "$(readlink "$stage/opt/penny/lib/pennypost/sendmail")" /opt/penny/bin/msend 'are links to it'
is "$(find "$stage" -type f -path '*/bin/*' ! -perm 755; find "$stage" -type f ! -path '*/bin/*' ! -perm 644)" '' 'the usual modes'
exits 0 'an installed program runs' "$stage/opt/penny/bin/mqueue" --version
: >"$stage/opt/penny/bin/other"
exits 0 'install-sendmail' $make -s BUILD="$BUILD" DESTDIR="$stage" PREFIX=/opt/penny install-sendmail
for link in sbin/sendmail lib/sendmail bin/mailq bin/newaliases; do
	is "$(readlink "$stage/opt/penny/$link")" /opt/penny/bin/msend "$link"
done
exits 0 'install-sendmail once more' $make -s BUILD="$BUILD" DESTDIR="$stage" PREFIX=/opt/penny install-sendmail
rm "$stage/opt/penny/lib/sendmail" && echo other >"$stage/opt/penny/lib/sendmail"
exits 2 'where another MTA is' $make -s BUILD="$BUILD" DESTDIR="$stage" PREFIX=/opt/penny install-sendmail
is "$(cat "$stage/opt/penny/lib/sendmail")" other 'that stays'
rm "$stage/opt/penny/lib/sendmail"
exits 0 'uninstall' $make -s BUILD="$BUILD" DESTDIR="$stage" PREFIX=/opt/penny uninstall
is "$(find "$stage" ! -type d)" "$stage/opt/penny/bin/other" 'only what was there before is left'
done_testing
