#!/bin/sh
# SPDX-License-Identifier: ISC
# The scripted peer itself: what it accepts, what it calls a mismatch, what it says.
. "$(dirname "$0")/../lib.sh"

# play NAME CLIENT-BYTES <<script: the client says it all at once, and closes.
play() {
	cat >"$TMP/script"
	rm -f "$TMP/script.result"
	# shellcheck disable=SC2059
	printf "$2" | "$BUILD/tests/tools/peer" "$TMP/script" >"$TMP/out"
	played=$1
}
verdict() { is "$(cat "$TMP/script.result" 2>&1)" "$1" "$played"; }
mismatch() { like "$(cat "$TMP/script.result" 2>&1)" "^mismatch: line $1: " "$played"; }

play 'a dialogue is ok, pipelined or not' 'EHLO a\r\nMAIL b\r\nx\0y\r\nQUIT\r\n' <<'END'
# a comment, and an empty line

S: 220 hello
C: EHLO a
C~ ^MAIL [a-z]$
C* 5
S: 250 ok
C+ QUIT
END
verdict ok
printf '220 hello\r\n250 ok\r\n' >"$TMP/want"
same "$TMP/out" "$TMP/want" 'it says what is written'

play 'escapes, parts of lines, many octets' '' <<'END'
S: a\x41\\\Seen\t\0
S- b\r
S* 3 \x7a
END
verdict ok
printf 'aA\\\\Seen\t\000\r\nb\rzzz' >"$TMP/want"
same "$TMP/out" "$TMP/want" 'each comes out as its octets'

play 'another line is a mismatch' 'HELO a\r\n' <<'END'
C: EHLO a
END
mismatch 1
play 'a bare LF is a mismatch' 'EHLO a\n' <<'END'
C: EHLO a
END
mismatch 1
play 'NUL in a line is a mismatch' 'EHLO a\0\r\n' <<'END'
C: EHLO a
END
mismatch 1
play 'a line that does not match is a mismatch' 'MAIL FROM:<>\r\n' <<'END'
C~ ^RCPT
END
mismatch 1
play 'a client that leaves early is a mismatch' 'EHLO a\r\n' <<'END'
C: EHLO a
S: 250 ok
C: QUIT
END
mismatch 3
play 'too few octets are a mismatch' '12345' <<'END'
C* 6
END
mismatch 1
play 'words after the end are a mismatch' 'QUIT\r\nNOOP\r\n' <<'END'
C: QUIT
END
mismatch 1
play 'a directive after the end of the connection is a mismatch' '' <<'END'
S! drop
S: more
END
mismatch 2
play 'an unknown directive is a mismatch' '' <<'END'
X: y
END
mismatch 1
play 'dropping is an end' 'EHLO a\r\nmore' <<'END'
C: EHLO a
S! drop
END
verdict ok
play 'stalling ends with the client, whatever it says' 'EHLO a\r\nmore\r\nand more' <<'END'
C: EHLO a
S! stall
END
verdict ok
done_testing
