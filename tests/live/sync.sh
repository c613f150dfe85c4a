# SPDX-License-Identifier: ISC
# live/sync.sh - what the live tests of mimap sync share. Source it after live/lib.sh.
#	sync_state DIR [plusplus]	a line for each message below a directory of maildirs: mailbox, flags, keywords, digest
#	sync_equal NAME			both sides of ann's mail are the same ($M here)
#	message ID [WORDS]		a message on stdout
#	wire ARGUMENTS			mimap's commands, without the login: in $TMP/wire

M=$HOME/Mail

sync_state() {
	perl -MDigest::MD5 -MFile::Find -e '
		my ($top, $plusplus) = @ARGV;
		exit 0 if !-d $top;
		find({ no_chdir => 1, wanted => sub {
			return if !-d "$_/cur";
			my $dir = $_;
			my $name = substr($dir, length $top);
			if ($plusplus) {
				$name =~ s,^/\.,,; $name =~ tr,.,/, if 1;
				$name = "INBOX" if $name eq "";
			} else { $name =~ s,^/,,; }
			my %keyword;
			if (open my $k, "<", "$dir/dovecot-keywords") {
				while (<$k>) { $keyword{chr(97 + $1)} = $2 if /^(\d+) (\S+)/; }
			}
			for my $file (glob("$dir/new/* $dir/cur/*")) {
				my ($letters) = $file =~ /:2,([A-Za-z]*)$/;
				$letters //= "";
				(my $flags = $letters) =~ tr/A-Z//cd;
				my @words = sort map { $keyword{$_} // "?$_" } $letters =~ /[a-z]/g;
				$flags = join "", sort(split(//, $flags), (grep { $_ eq "\$Forwarded" } @words) ? "P" : ());
				@words = grep { $_ ne "\$Forwarded" } @words;
				open my $f, "<", $file or next;
				local $/; my $text = <$f>; $text =~ s/\r\n/\n/g;
				printf "%s\t%s\t%s\t%s\n", $name, $flags, "@words", Digest::MD5::md5_hex($text);
			}
		}}, $top)' "$1" "${2-}" | LC_ALL=C sort
}

sync_server() { sync_state "$MAILROOT/ann/Maildir" plusplus; }

sync_equal() {
	sync_server >"$TMP/there"
	sync_state "$M" >"$TMP/here"
	same "$TMP/here" "$TMP/there" "$1"
}

message() {
	printf 'From: Ann <ann@example.org>\nMessage-ID: <%s@example.org>\nSubject: %s\n\n%s\n' "$1" "$1" "${2-body of $1}"
}

wire() {
	mimap -v "$@" 2>"$TMP/err.wire" >"$TMP/out"
	wire_code=$?
	grep '^C: ' "$TMP/err.wire" | grep -v '\*\*\*\*' >"$TMP/wire"
	return $wire_code
}
