#!/bin/sh
# SPDX-License-Identifier: ISC
# scripts/pennypost.bash: what bash offers behind words of the command line.
. "$(dirname "$0")/lib.sh"
need bash

mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'from x\naccount work\n\tsend smtps://a\naccount home\n' >"$XDG_CONFIG_HOME/pennypost/config"
# offers WANT NAME WORD…: behind all words but the last, which has been begun
offers() {
	offers_want=$1 offers_name=$2
	shift 2
	is "$(bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _pennypost; echo "${COMPREPLY[*]}"' "$ROOT/scripts/pennypost.bash" "$@" 2>&1)" \
		"$offers_want" "$offers_name"
}
offers 'work home' 'the accounts' msend -a ''
offers 'work' 'of which one is begun' mimap -a w
offers '' 'addresses are not known' msend ''
offers 'search' 'a verb of mimap' mimap sea
offers 'subscribe' 'one behind options' mimap -v -a work sub
offers 'release' 'a verb of mqueue' mqueue rel
offers '' 'none behind a verb' mqueue add re
for program in msend mpop mimap mqueue; do
	for word in $(bash -c '. "$0"; COMP_WORDS=("$1" -); COMP_CWORD=1; _pennypost; echo "${COMPREPLY[*]}"' "$ROOT/scripts/pennypost.bash" "$program"); do
		like "$("$program" --help)" "\\[-[A-Za-z0-9]*${word#-}|$word" "$program has $word"
	done
done
like " $(bash -c '. "$0"; COMP_WORDS=(mimap search -); COMP_CWORD=2; _pennypost; echo "${COMPREPLY[*]}"' "$ROOT/scripts/pennypost.bash") " ' -j .* --sort ' \
	'options of a verb'
unlike " $(bash -c '. "$0"; COMP_WORDS=(mimap search -); COMP_CWORD=2; _pennypost; echo "${COMPREPLY[*]}"' "$ROOT/scripts/pennypost.bash") " ' -D ' 'and of no other'
done_testing
