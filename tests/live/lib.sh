# SPDX-License-Identifier: ISC
# live/lib.sh - real servers for a test: a private Dovecot and Postfix on free high ports of 127.0.0.1, configured, stored and
# logged below $TMP, stopped by pid when the test ends. Source it after ../lib.sh. The system's own servers are not touched.
#	live_dovecot ['SETTINGS']	starts it, skips the test where Dovecot is not installed. Users ann and bob, password secret
#	live_dovecot_stop; live_dovecot_start	the same ports and mail again
#	live_postfix ['MAIN.CF LINES']	after live_dovecot; skips the test without root or `sudo -n`. Takes mail for ann@ and
#					bob@example.org from who has logged in, hands it to Dovecot
#	live_postfix_stop; live_postfix_start
#	live_can_postfix		or else live_postfix skips
#	live_config			the account ann for all of it, in the usual place below $HOME
#	live_arrived USER COUNT		waits until that many messages are in USER's INBOX; live_mail USER prints their paths
#	live_body FILE			a delivered message without the Return-Path and Delivered-To that LMTP put before it
# Sets IMAP (STARTTLS) IMAPS POP (STLS) POPS LMTP (ports) LMTP_SOCK MAILROOT ($MAILROOT/ann/Maildir) CA, and SMTP (STARTTLS) SMTPS.
# Dovecot asks for TLS before a password even on loopback; 'ssl = yes' as SETTINGS lets it go.
# Logs, shown when a server fails to start: $TMP/d/log, $TMP/p/log.

live_user=$(id -un)
[ "$live_user" != root ] || live_user=nobody
dovecot_pid=
postfix_pid= postfix_job=

# Free ports, asked of the kernel all at once so that they differ.
live_ports() {	# COUNT
	perl -MIO::Socket::INET -e '
		my @s = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) or die "$!\n" } 1 .. $ARGV[0];
		print join(" ", map { $_->sockport } @s), "\n"' "$1"
}

live_greets() {	# PORT ERE: something listens there and opens with such a line
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]", Timeout => 5) or exit 1;
		alarm 5;
		exit !((<$s> // "") =~ /$ARGV[1]/)' "$1" "$2"
}

# live_up LOG PID PORT ERE [PORT ERE]…: waits for the server to greet; gives up as soon as it has ended.
live_up() {
	up_pid=$1
	shift
	while [ $# -gt 0 ]; do
		up_tries=500
		until live_greets "$1" "$2"; do
			up_tries=$((up_tries - 1))
			[ "$up_tries" -gt 0 ] && live_signal 0 "$up_pid" || return 1
			sleep 0.02
		done
		shift 2
	done
}

# By the shell's own kill, which every system has.
live_signal() {	# SIGNAL PID
	if [ -n "$live_sudo" ]; then
		$live_sudo sh -c 'kill -"$1" "$2"' sh "$1" "$2" 2>/dev/null
	else
		kill -"$1" "$2" 2>/dev/null
	fi
}
live_gone() { ! live_signal 0 "$1" || grep -qs '^State:.Z' "/proc/$1/status"; }

live_stop() {	# PID: ends it, and waits
	live_signal TERM "$1" || return 0
	await 10 live_gone "$1" || live_signal KILL "$1"
	wait "$1" 2>/dev/null || :
}

# A CA, and a certificate by it for the names this machine has for itself: $TMP/tls/{ca,cert,key}.pem.
live_certificate() {
	[ ! -d "$TMP/tls" ] || return 0
	need openssl
	mkdir "$TMP/tls"
	(
		cd "$TMP/tls" || exit
		printf '[v3]\nsubjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' >ext
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Test CA' -keyout ca.key -out ca.pem &&
		openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout key.pem -out csr.pem &&
		openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -extensions v3 -out cert.pem &&
		chmod 644 key.pem
	) >"$TMP/tls/log" 2>&1 || { note "$(cat "$TMP/tls/log")"; exit 1; }
	CA=$TMP/tls/ca.pem
}

# --- Dovecot: always as an ordinary user, so that one configuration serves root as well.

live_dovecot() {
	need dovecot perl
	live_sudo=
	live_certificate
	chmod 711 "$TMP"
	[ "$(id -un)" = "$live_user" ] || $(live_as "$live_user") test -x "$TMP/." ||
		skip_all "$live_user can't reach $TMP; try TMPDIR=/tmp"
	MAILROOT=$TMP/mail LMTP_SOCK=$TMP/d/lmtp live_settings=${1-}
	mkdir -p "$TMP/d/state" "$MAILROOT/ann" "$MAILROOT/bob"
	printf '%s:{PLAIN}secret:%d:%d::%s::\n' ann "$(id -u "$live_user")" "$(id -g "$live_user")" "$MAILROOT/ann" \
		bob "$(id -u "$live_user")" "$(id -g "$live_user")" "$MAILROOT/bob" >"$TMP/d/users"
	: >"$TMP/d/log"
	[ "$(id -un)" = "$live_user" ] || chown -R "$live_user" "$TMP/d" "$MAILROOT"
	at_exit live_dovecot_stop
	for dovecot_try in 1 2 3; do	# another may take a port between asking and listening
		read -r IMAP IMAPS POP POPS LMTP <<-EOT
			$(live_ports 5)
		EOT
		live_dovecot_config >"$TMP/d/dovecot.conf"
		live_dovecot_start && return 0
		grep -q 'Address already in use' "$TMP/d/log" || break
	done
	note "dovecot does not start: $(tail -n 20 "$TMP/d/log")"
	exit 1
}

live_dovecot_start() {
	live_run=
	[ "$(id -un)" = "$live_user" ] || live_run=$(live_as "$live_user")
	$live_run dovecot -F -c "$TMP/d/dovecot.conf" </dev/null >>"$TMP/d/log" 2>&1 &
	dovecot_pid=$!
	live_sudo=
	live_up "$dovecot_pid" "$POP" '^\+OK' "$IMAP" '^\* OK' "$LMTP" '^220' && [ -S "$LMTP_SOCK" ]
}

live_dovecot_stop() {
	live_sudo=
	[ -z "$dovecot_pid" ] || live_stop "$dovecot_pid"
	dovecot_pid=
}

# A command that runs another as that user in the same process: the pid stays ours.
live_as() {
	if command -v setpriv >/dev/null 2>&1; then
		echo "setpriv --reuid $1 --regid $(id -g "$1") --clear-groups"
	else
		echo "chroot -u $1 /"
	fi
}

live_dovecot_config() {
	case $(dovecot --version) in
	2.[0123].*) live_dovecot_23 ;;
	*) live_dovecot_24 ;;
	esac
	cat <<-EOT
		base_dir = $TMP/d/run
		state_dir = $TMP/d/state
		log_path = $TMP/d/log
		default_internal_user = $live_user
		default_internal_group = $(id -gn "$live_user")
		default_login_user = $live_user
		protocols = imap pop3 lmtp
		listen = 127.0.0.1
		ssl = required
		auth_mechanisms = plain login scram-sha-256
		auth_failure_delay = 0
		mail_max_userip_connections = 100
		mail_fsync = never
		first_valid_uid = 1
		lmtp_add_received_header = no
		service anvil {
		  chroot =
		  unix_listener anvil-auth-penalty {
		    mode = 0
		  }
		}
		service stats {
		  chroot =
		}
		service imap-login {
		  chroot =
		  inet_listener imap {
		    port = $IMAP
		  }
		  inet_listener imaps {
		    port = $IMAPS
		    ssl = yes
		  }
		}
		service pop3-login {
		  chroot =
		  inet_listener pop3 {
		    port = $POP
		  }
		  inet_listener pop3s {
		    port = $POPS
		    ssl = yes
		  }
		}
		service lmtp {
		  inet_listener lmtp {
		    port = $LMTP
		  }
		  unix_listener $LMTP_SOCK {
		    mode = 0666
		  }
		}
		service auth {
		  unix_listener $TMP/d/auth {
		    mode = 0666
		  }
		}
		namespace inbox {
		  inbox = yes
		}
		$live_settings
	EOT
}

live_dovecot_23() {
	cat <<-EOT
		mail_location = maildir:~/Maildir
		auth_username_format = %Ln
		ssl_cert = <$TMP/tls/cert.pem
		ssl_key = <$TMP/tls/key.pem
		passdb {
		  driver = passwd-file
		  args = $TMP/d/users
		}
		userdb {
		  driver = passwd-file
		  args = $TMP/d/users
		}
	EOT
}

live_dovecot_24() {
	cat <<-EOT
		dovecot_config_version = 2.4.0
		dovecot_storage_version = 2.4.0
		mail_driver = maildir
		mail_path = ~/Maildir
		auth_username_format = %{user | username | lower}
		ssl_server_cert_file = $TMP/tls/cert.pem
		ssl_server_key_file = $TMP/tls/key.pem
		passdb passwd-file {
		  passwd_file_path = $TMP/d/users
		}
		userdb passwd-file {
		  passwd_file_path = $TMP/d/users
		}
	EOT
}

live_mail() { find "$MAILROOT/$1/Maildir/new" "$MAILROOT/$1/Maildir/cur" -type f 2>/dev/null | sort; }
live_count() { [ "$(live_mail "$1" | wc -l)" -ge "$2" ]; }
live_arrived() { await 20 live_count "$1" "$2"; }
live_body() { sed '1,2{/^Return-Path:/d;/^Delivered-To:/d;}' "$1"; }

# --- Postfix: its master is root's business.

# Sets postfix_sudo, how to become root here.
live_can_postfix() {
	postfix_sudo=
	command -v postconf >/dev/null || return 1
	[ "$(id -u)" -ne 0 ] || return 0
	postfix_sudo="sudo -n"
	sudo -n true 2>/dev/null
}

live_postfix() {
	live_can_postfix || skip_all "Postfix needs to be installed, and root or sudo"
	postfix_lines=${1-}
	mkdir -p "$TMP/p/etc" "$TMP/p/queue" "$TMP/p/data"
	(cd "$TMP/p/queue" && mkdir active bounce corrupt defer deferred flush hold incoming maildrop pid private public saved trace)
	(cd "$TMP/p/queue" && $postfix_sudo chown -R root . && $postfix_sudo chown postfix ../data active bounce corrupt defer deferred \
		flush hold incoming maildrop private public saved trace) || exit 1
	at_exit live_postfix_remove
	for postfix_try in 1 2 3; do
		read -r SMTP SMTPS <<-EOT
			$(live_ports 2)
		EOT
		live_postfix_main >"$TMP/p/etc/main.cf"
		live_postfix_master >"$TMP/p/etc/master.cf"
		live_postfix_start && return 0
		grep -q 'Address already in use' "$TMP/p/log" || break
		live_postfix_stop
	done
	note "postfix does not start: $(tail -n 20 "$TMP/p/log" "$TMP/p/out" 2>&1)"
	exit 1
}

live_postfix_start() {
	$postfix_sudo "$(postconf -d -h daemon_directory)/master" -d -c "$TMP/p/etc" </dev/null >>"$TMP/p/out" 2>&1 &
	postfix_job=$!
	live_sudo=$postfix_sudo
	await 10 live_postfix_pid && [ -n "$postfix_pid" ] || return 1
	live_up "$postfix_pid" "$SMTP" '^220'
}
live_postfix_pid() {
	if live_gone "$postfix_job"; then
		postfix_pid=	# it failed: no need to wait
		return 0
	fi
	postfix_pid=$($postfix_sudo cat "$TMP/p/queue/pid/master.pid" 2>/dev/null | tr -d ' ')
	[ -n "$postfix_pid" ] && live_signal 0 "$postfix_pid"
}

live_postfix_stop() {
	live_sudo=$postfix_sudo
	[ -z "$postfix_pid" ] || live_stop "$postfix_pid"
	[ -z "$postfix_job" ] || live_stop "$postfix_job"
	postfix_pid= postfix_job=
}

live_postfix_remove() {
	live_postfix_stop
	$postfix_sudo rm -rf "$TMP/p"
}

live_postfix_main() {
	cat <<-EOT
		compatibility_level = 3.6
		queue_directory = $TMP/p/queue
		data_directory = $TMP/p/data
		maillog_file = $TMP/p/log
		maillog_file_prefixes = $TMP
		myhostname = localhost.example.org
		mydestination =
		mynetworks =
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		alias_maps =
		alias_database =
		local_recipient_maps =
		import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C
		virtual_mailbox_domains = example.org
		virtual_mailbox_maps = inline:{ ann@example.org=ann, bob@example.org=bob }
		virtual_transport = lmtp:inet:[127.0.0.1]:$LMTP
		default_transport = error:5.1.2 no mail leaves this machine
		relay_transport = error:5.1.2 no mail leaves this machine
		message_size_limit = 209715200
		smtpd_relay_restrictions = permit_sasl_authenticated, reject
		smtpd_sasl_auth_enable = yes
		smtpd_sasl_type = dovecot
		smtpd_sasl_path = $TMP/d/auth
		smtpd_sasl_security_options = noanonymous
		smtpd_tls_security_level = may
		smtpd_tls_auth_only = yes
		smtpd_tls_cert_file = $TMP/tls/cert.pem
		smtpd_tls_key_file = $TMP/tls/key.pem
		smtpd_client_connection_count_limit = 0
		smtpd_error_sleep_time = 0
		smtpd_peername_lookup = no
		$postfix_lines
	EOT
}

live_postfix_master() {
	cat <<-EOT
		127.0.0.1:$SMTP inet n - n - - smtpd
		127.0.0.1:$SMTPS inet n - n - - smtpd -o smtpd_tls_wrappermode=yes -o smtpd_tls_security_level=encrypt
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		tlsmgr unix - - n 1000? 1 tlsmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		verify unix - - n - 1 verify
		flush unix n - n 1000? 0 flush
		proxymap unix - - n - - proxymap
		proxywrite unix - - n - 1 proxymap
		error unix - - n - - error
		retry unix - - n - - error
		discard unix - - n - - discard
		lmtp unix - - n - - lmtp
		anvil unix - - n - 1 anvil
		scache unix - - n - 1 scache
		postlog unix-dgram n - n - 1 postlogd
	EOT
}

live_config() {
	mkdir -p "$XDG_CONFIG_HOME/pennypost"
	{
		printf 'tls-ca %s\n\naccount ann\n\tfrom\tAnn Example <ann@example.org>\n' "$CA"
		if [ -n "${SMTP-}" ]; then
			printf '\tsend\tsmtp://ann@localhost:%s\n' "$SMTP"
		else
			printf '\tsend\tlmtp+unix:%s\n' "$LMTP_SOCK"
		fi
		printf '\tpop\tpop3s://ann@localhost:%s\n\timap\timaps://ann@localhost:%s\n' "$POPS" "$IMAPS"
		printf '\tpassword\tsecret\n\tmaildir\t~/Mail\n'
	} >"$XDG_CONFIG_HOME/pennypost/config"
	chmod 600 "$XDG_CONFIG_HOME/pennypost/config"
}
