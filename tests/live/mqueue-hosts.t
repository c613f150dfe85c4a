#!/bin/sh
# SPDX-License-Identifier: ISC
# Two machines that run nothing but Penny Post, in two network namespaces: each receives by mqueue serve and sends by mqueue watch. One
# goes away, by its cable and by a crash, and comes back: everything arrives, and nobody has to ask for it.
. "$(dirname "$0")/../lib.sh"
need ip nsenter perl
[ "$(id -u)" -eq 0 ] || skip_all 'network namespaces need root'
[ "$(uname)" = Linux ] || skip_all 'network namespaces are of Linux'

a=pp-a-$$ b=pp-b-$$ wire=pp$$
# All that runs in a namespace, told by its inode.
crash() {	# NAMESPACE
	crash_inode=$(stat -L -c %i "/run/netns/$1" 2>/dev/null) || return 0
	for proc in /proc/[0-9]*; do
		[ "$(stat -L -c %i "$proc/ns/net" 2>/dev/null)" != "$crash_inode" ] || kill -KILL "${proc#/proc/}" 2>/dev/null
	done
}
gone() { for ns in $a $b; do crash "$ns"; ip netns del "$ns" 2>/dev/null; done; }
at_exit gone
ip netns add "$a" 2>"$TMP/err" && ip netns add "$b" && ip link add "${wire}a" netns "$a" type veth peer name "${wire}b" netns "$b" 2>>"$TMP/err" ||
	skip_all "no network namespaces: $(head -n 1 "$TMP/err")"
ip -n "$a" link show >/dev/null 2>"$TMP/err" || skip_all "no way into network namespaces (a chroot?): $(head -n 1 "$TMP/err")"
ip -n "$a" addr add 192.0.2.1/24 dev "${wire}a" && ip -n "$b" addr add 192.0.2.2/24 dev "${wire}b"
for end in a b; do
	ns=$(eval "echo \$$end")
	ip -n "$ns" link set lo up
	ip -n "$ns" link set "$wire$end" up
	mkdir -p "$TMP/$end"
done
config() {	# HOST DOMAIN OTHER'S ADDRESS
	cat >"$TMP/$1/config" <<-EOT
	queue $TMP/$1/queue
	serve-domains $2
	serve-local maildir:$TMP/$1/mail
	account out
	    from ann@$2
	    send smtp://$3:25
	    tls off
	    timeout 5
	EOT
}
config a a.example 192.0.2.2
config b b.example 192.0.2.1
unset PENNYPOST_QUEUE
on() {	# HOST command…
	on_host=$1
	shift
	PENNYPOST_CONFIG=$TMP/$on_host/config nsenter --net="/run/netns/$(eval "echo \$$on_host")" "$@"
}

# A tiny inetd: a process a client.
cat >"$TMP/inetd" <<'EOT'
use strict; use IO::Socket::INET; my ($addr) = @ARGV; $SIG{CHLD} = "IGNORE";
my $l = IO::Socket::INET->new(LocalAddr => $addr, LocalPort => 25, Listen => 50, ReuseAddr => 1) or die "listen: $!";
while (1) {
	my $c = $l->accept or next;
	if (!fork) { open STDIN, "<&", $c; open STDOUT, ">&", $c; open STDERR, ">>", "$ENV{PENNYPOST_CONFIG}.log"; exec "mqueue", "serve" }
	close $c;
}
EOT
start() {	# HOST ADDRESS
	on "$1" perl "$TMP/inetd" "$2" 2>>"$TMP/$1/inetd.err" &
	on "$1" mqueue watch 2>>"$TMP/$1/watch.err" &
}
start a 192.0.2.1
start b 192.0.2.2
listens() { on "$1" ss -Hltn 2>/dev/null | grep -q ':25 ' || on "$1" perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 25)' "$2"; }
ok 'a listens' await 10 listens a 192.0.2.1
ok 'b listens' await 10 listens b 192.0.2.2

send_from() {	# HOST FROM TO NUMBER
	printf 'From: %s\nTo: %s\nSubject: %s\nMessage-ID: <%s@test.example>\nDate: Sun, 22 Nov 2026 10:00:00 +0000\n\n.text %s\n' "$2" "$3" "$4" "$4" "$4" |
		on "$1" mqueue add -f "$2" "$3" >/dev/null
}
arrived() { find "$TMP/$1/mail/new" -type f 2>/dev/null | wc -l; }
have() { [ "$(find "$TMP/$1/mail/new" -type f -exec grep -h '^Message-ID: ' {} + 2>/dev/null | sort -u | wc -l)" -ge "$2" ]; }
empty() { [ -z "$(on "$1" mqueue ls)" ]; }
waits() { on "$1" mqueue ls | cut -f4 | grep -qx waiting; }

send_from a ann@a.example bob@b.example 1
ok 'mail from a is in a maildir of b' await 15 have b 1
file=$(find "$TMP/b/mail/new" -type f)
is "$(sed '1,/^$/d' "$file")" '.text 1' '… as it was sent'
is "$(grep -c '^Received: from .* (\[192\.0\.2\.1\])$' "$file")" 1 '… with a Received that has the sender’s address'
like "$(head -n 1 "$file")" '^Return-Path: <ann@a\.example>$' '… and a Return-Path'
send_from b bob@b.example ann@a.example 2
ok 'and the answer is in one of a' await 15 have a 1
ok 'nothing waits on either' await 10 empty a
await 10 empty b

# Who is not named may not relay.
ok 'b relays nothing for a' on a perl -MIO::Socket::INET -e '
	my $s = IO::Socket::INET->new(PeerAddr => "192.0.2.2", PeerPort => 25) or die; <$s>;
	print $s "HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<x\@example.com>\r\nQUIT\r\n"; local $/; exit(<$s> !~ /^550 5\.7\.1/m)'

# The cable is pulled.
ip -n "$b" link set "${wire}b" down
for i in 3 4 5; do send_from a ann@a.example bob@b.example "$i"; done
ok 'b is away: mail waits on a' await 30 waits a
is "$(arrived b)" 1 '… and has not arrived'
ip -n "$b" link set "${wire}b" up
ok 'b is back: it arrives, and nobody asked for it' await 30 have b 4
ok '… and nothing waits' await 10 empty a

# b crashes while many messages come in, and starts again; the cable comes off meanwhile as well.
for i in $(seq 101 160); do send_from a ann@a.example bob@b.example "$i"; done
await 30 have b 20
crash "$b"
for i in $(seq 161 180); do send_from a ann@a.example bob@b.example "$i"; done
ip -n "$b" link set "${wire}b" down
start b 192.0.2.2
await 10 listens b 127.0.0.1
ip -n "$b" link set "${wire}b" up
ok 'b has crashed amid many messages: all arrive' await 60 have b 84
ok '… and nothing waits' await 20 empty a
await 20 empty b
doubles=$(($(arrived b) - 84))
ok "… $doubles of them twice, which SMTP can't prevent (RFC 1047)" test "$doubles" -ge 0 -a "$doubles" -le 32
note "arrived twice: $doubles of 84"
is "$(find "$TMP/b/mail/new" -type f -exec grep -L '^\.text ' {} +)" '' '… and each is whole'
is "$(find "$TMP/a/queue/tmp" "$TMP/b/queue/new" "$TMP/b/queue/cur" -type f)" '' 'no queue has anything left'
is "$(cat "$TMP/a/inetd.err" "$TMP/b/inetd.err" "$TMP"/?/config.log 2>/dev/null | grep -v '^Killed$')" '' 'nobody complains'

done_testing
