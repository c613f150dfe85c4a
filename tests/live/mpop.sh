# SPDX-License-Identifier: ISC
# live/mpop.sh - what the live tests of mpop share: mail on the server, and what became of it. Source it after live/lib.sh.

# fill COUNT SEED: messages straight into ann's maildir, with all that may go wrong on the way: dots, empty lines, long ones, octets.
fill() {
	mkdir -p "$MAILROOT/ann/Maildir/new" "$MAILROOT/ann/Maildir/cur" "$MAILROOT/ann/Maildir/tmp"
	perl -e '
		my ($dir, $count, $seed) = @ARGV;
		srand $seed;
		my @lines = ("", ".", "..", ".x", "From me", "x" x 2000, "a\rb", "\xe4\xff\x80", "text " x 12, ". ");
		for my $i (1 .. $count) {
			open my $f, ">", sprintf("%s/new/1700000000.M%06dP%d.test", $dir, $i, $seed) or die $!;
			print $f "Subject: message $i\nMessage-ID: <$i.$seed\@example.org>\n\n";
			print $f $lines[rand @lines], "\n" for 1 .. rand 40;
		}' "$MAILROOT/ann/Maildir" "$1" "$2"
	[ "$(id -un)" = "$live_user" ] || chown -R "$live_user" "$MAILROOT/ann"
}
sums() { find "$@" -type f -exec md5sum {} + | cut -d ' ' -f 1 | sort; }
stored() { find "$1/new" "$1/cur" -type f 2>/dev/null | wc -l | tr -d ' '; }
on_server() { live_mail ann | wc -l | tr -d ' '; }
