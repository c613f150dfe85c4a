# SPDX-License-Identifier: ISC
# pennypost.bash - completion for bash(1) of msend, mpop, mimap and mqueue: options and verbs as each program's own --help has them, names
# of accounts, keys of the configuration; file names elsewhere. `make install` puts it where bash-completion looks.

# The lines of the usage that are about a verb, or about none.
_pennypost_usage() {	# PROGRAM VERB USAGE
	local line at='' name
	while IFS= read -r line; do
		line=${line#usage: }
		line=${line#"${line%%[! ]*}"}
		name=${line#"$1 "}
		case $line in
		"$1 ["*) at='' ;;
		"$1 "*) at=" ${name%% [<\[]*} " ;;
		[a-z]*) [ "$1" != mimap ] || at=" ${line%% *} " ;;
		esac
		case $2,$at in
		,'' | *,*" $2 "*) [ -z "$2" ] && [ -n "$at" ] || printf '%s\n' "$line" ;;
		esac
	done <<<"$3"
}

# "[-nQqtv] [-A file] [--sort key]" is -n -Q -q -t -v -A --sort
_pennypost_options() {
	local word i
	for word in $(grep -o -E -e '\[-[A-Za-z0-9]+|--[a-z-]+' <<<"$1"); do
		case $word in
		--*) printf '%s\n' "$word" ;;
		*) for ((i = 2; i < ${#word}; i++)); do printf -- '-%s\n' "${word:i:1}"; done ;;
		esac
	done
}

_pennypost() {
	local program=${COMP_WORDS[0]##*/} cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb='' verbs='' usage i
	local config=${PENNYPOST_CONFIG:-${XDG_CONFIG_HOME:-$HOME/.config}/pennypost/config}
	usage=$("${COMP_WORDS[0]}" --help 2>/dev/null) || return
	if [ "$prev" = -a ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(sed -n 's/^[[:space:]]*account[[:space:]]*//p' "$config" 2>/dev/null)" -- "$cur")
		return
	fi
	case $program in
	mimap) verbs=$(sed -n 's/^       \([a-z][a-z]*\).*/\1/p' <<<"$usage") ;;
	mqueue) verbs=$(sed -n 's/^       mqueue \([a-z][a-z |]*\).*/\1/p' <<<"$usage" | tr -d '|') ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ -n $verb || " ${verbs//$'\n'/ } " != *" ${COMP_WORDS[i]} "* ]] || verb=${COMP_WORDS[i]}
	done
	case $cur in
	-*) mapfile -t COMPREPLY < <(compgen -W "$(_pennypost_options "$(_pennypost_usage "$program" "$verb" "$usage")")" -- "$cur") ;;
	*) [ -n "$verb" ] || [ -z "$verbs" ] || mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$cur") ;;
	esac
}
complete -o default -F _pennypost msend mpop mimap mqueue
