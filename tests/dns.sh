# SPDX-License-Identifier: ISC
# dns.sh - for tests: a private name server on loopback, and servers on addresses of their own that share a port. Sourced after lib.sh.

# free_port: one that nobody has just now, for TCP or UDP
free_port() {
	perl -MIO::Socket::INET -e '
		for (1 .. 100) {
			my $u = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Proto => "udp") or die;
			IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $u->sockport, Listen => 1) or next;
			print $u->sockport;
			exit;
		}'
}

# start_dns <<configuration lines of unbound.conf's server clause (and further clauses): RESOLVER is then its address:port
start_dns() {
	mkdir -p "$TMP/dns"
	{
		cat <<-X
			server:
			    directory: "$TMP/dns"
			    chroot: ""
			    username: ""
			    pidfile: ""
			    use-syslog: no
			    logfile: "$TMP/dns/log"
			    do-ip6: no
			    do-not-query-localhost: no
			    module-config: "${DNS_MODULES:-iterator}"
			    num-threads: 1
			    so-rcvbuf: 0
			    outgoing-range: 32
			    msg-cache-size: 1m
			    rrset-cache-size: 1m
			    local-zone: "." static
		X
		cat
		printf 'remote-control:\n    control-enable: no\n'
	} >"$TMP/dns/common.conf"
	try_dns || try_dns || try_dns || {	# somebody else may have been quicker to take the port
		note "unbound does not start: $(cat "$TMP/dns/out" "$TMP/dns/log")"
		exit 1
	}
}

try_dns() {
	dns_port=$(free_port)
	rm -f "$TMP/dns/log"
	printf 'server:\n    interface: 127.0.0.1@%s\n' "$dns_port" | cat - "$TMP/dns/common.conf" >"$TMP/dns/unbound.conf"
	unbound -d -c "$TMP/dns/unbound.conf" >"$TMP/dns/out" 2>&1 &
	dns_pid=$!
	at_exit "kill $dns_pid 2>/dev/null; wait $dns_pid 2>/dev/null"
	RESOLVER=127.0.0.1:$dns_port
	await 20 grep -Eqs 'start of service|fatal error' "$TMP/dns/log" "$TMP/dns/out"
	grep -qs 'start of service' "$TMP/dns/log"
}

# server NAME ADDRESS [OPTION…] <<transcript: plays it to one client at that address and $MX_PORT, which the first server picks
MX_PORT=0
server() {
	server_name=$1 server_address=$2
	shift 2
	cat >"$TMP/$server_name.peer"
	rm -f "$TMP/$server_name.peer.result" "$TMP/$server_name.port"
	"$BUILD/tests/tools/peer" --listen --address "$server_address" --port "$MX_PORT" "$@" "$TMP/$server_name.peer" >"$TMP/$server_name.port" &
	server_pid=$!
	at_exit "kill $server_pid 2>/dev/null"
	await 5 test -s "$TMP/$server_name.port"
	MX_PORT=$(cat "$TMP/$server_name.port")
}
