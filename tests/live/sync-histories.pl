# SPDX-License-Identifier: ISC
# sync-histories.pl - one random history on both sides of `mimap sync`, and whether each side got what it intended.
#	perl sync-histories.pl SEED WAY LAYOUT PORT USER DIR
# WAY: qresync, condstore, plain, bare (without UIDPLUS no single message can be expunged: it stays there, marked; and Dovecot now and
# then answers OK to UID EXPUNGE and leaves it to the next: without CONDSTORE only a third run sees that).
# The server's side is changed through IMAP in the clear on 127.0.0.1:PORT (USER, password secret), our side by renaming files below
# DIR. Rounds of changes on both sides, with runs between them that are killed at a system call (tests/tools/killat), cut off after
# some octets, or go on while more is changed. Each round ends with two quiet runs. Then:
#	- both sides have the same folders, and in each the same messages (X-Model number, digest of all of it, flags);
#	- a message that only one side changed in the round is as that side left it: folder, flags, one copy, or none;
#	- one that both changed: nobody removed it: it is there; copies: one, two where both moved it;
#	- a further run changes nothing.
# One history in four is wild: both sides rename folders at once, and only equality and loss are judged.
# Prints nothing when all holds; else what is wrong, and the history, and exits 1. All but the scheduling of what runs side by side
# follows from the seed.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Fcntl qw(O_WRONLY O_CREAT O_EXCL);
use File::Path qw(make_path);
use IO::Socket::INET;
use POSIX ();

my ($seed, $way, $layout, $port, $user, $dir, $wild) = @ARGV;
my $build = $ENV{BUILD} or die "BUILD\n";
my %lacks = (qresync => '', condstore => 'QRESYNC', plain => 'QRESYNC,CONDSTORE,ESEARCH,MOVE',
	bare => 'QRESYNC,CONDSTORE,ESEARCH,MOVE,UIDPLUS,LIST-STATUS,LITERAL+');
my @without = $lacks{$way} ? ('-o', "imap-without=$lacks{$way}") : ();
my (@history, $child, $relay, $relay_port);
my $next = 1;		# number of the next message, folder, tag
my %is;			# message: what each side did to it in this round, and where it should be
my %folder = (0 => 'INBOX');	# number: name, as both sides should have it
my $round = 0;
my $interrupted;	# a run was, in this round
my $renamed;		# a folder was, there: its messages are matched by what they are, and one removed meanwhile comes back

srand $seed;
$wild = int rand 4 == 0 unless defined $wild;
sub dice { int rand shift }
sub pick { @_ ? $_[dice(scalar @_)] : undef }
sub told { push @history, sprintf "%d: %s", $round, join ' ', @_ }

sub broken {
	kill KILL => grep { defined } $child, $relay;
	print "# seed $seed $way $layout: @_\n", map { "#   $_\n" } @history;
	print "#   log: $_" for last_lines("$dir.log");
	exit 1;
}
sub last_lines { open my $f, '<', shift or return (); my @l = <$f>; splice @l, 0, -40 if @l > 12 && !$ENV{TRACE}; map { s/[^\x20-\x7e\n]/?/gr } @l }

# --- the server's side: a client of ours beside mimap

my ($imap, $tag) = (undef, 0);
sub answer {		# lines to the tagged one, literals in place: "{n}" is followed by the octets
	my ($want, @lines) = shift;
	while (defined(my $line = <$imap>)) {
		while ($line =~ /\{(\d+)\}\r\n\z/) {
			read($imap, my $octets, $1) == $1 or broken('the server hung up in a literal');
			$line .= $octets . (<$imap> // '');
		}
		push @lines, $line;
		return @lines if $line =~ /^\Q$want\E /;
	}
	imap_open();		# Dovecot ends a session whose mailbox was renamed
	return "$want NO";
}
sub imap {		# 1 and the lines, or 0
	my ($command, $literal) = @_;
	$tag++;
	print $imap "m$tag $command", defined $literal ? (sprintf(" {%d+}\r\n", length $literal), $literal) : (), "\r\n";
	my @lines = answer("m$tag");
	return $lines[-1] =~ /^m\d+ OK/ ? (1, @lines) : (0, @lines);
}
sub imap_open {
	$imap = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or broken("connect: $!");
	binmode $imap;
	<$imap>;
	(imap("LOGIN $user secret"))[0] or broken('login refused');
}
sub far_name { my $n = shift; $n =~ s,/,.,g; qq("$n") }
sub far_folders {
	my ($ok, @lines) = imap('LIST "" *');
	my @names;
	for (@lines) {
		next unless /^\* LIST \(([^)]*)\) \S+ "?(.*?)"?\r\n/;
		my ($attributes, $name) = ($1, $2);
		push @names, $name =~ s,\.,/,gr unless $attributes =~ /NoSelect|NonExistent/i;
	}
	return @names;
}
# UID => [number, flags, digest] of a folder; the digest only if asked for.
sub far_messages {
	my ($name, $whole) = @_;
	my %m;
	return unless (imap('SELECT ' . far_name($name)))[0];
	my ($ok, @lines) = imap('UID FETCH 1:* (FLAGS BODY.PEEK[])');
	for (@lines) {
		next unless /^\* \d+ FETCH \(/;
		my ($uid) = /UID (\d+)/;
		my ($flags) = /FLAGS \(([^)]*)\)/;
		my ($n, $text) = /BODY\[\] \{(\d+)\}\r\n(.*)/s ? ($1, $2) : /BODY\[\] "(.*?)"/s ? (length $1, $1) : next;
		$m{$uid} = [identify(substr $text, 0, $n), join ' ', sort grep { $_ ne '\recent' } split ' ', lc $flags];
	}
	return \%m;
}

# --- our side

sub near_path {
	my $name = shift;
	return "$dir/$name" if $layout eq 'verbatim';
	return $name eq 'INBOX' ? $dir : "$dir/." . $name =~ s,/,.,gr;
}
sub identify {
	my $text = shift;
	$text =~ s/\r\n/\n/g;
	$text =~ s/\n+\z//;
	return ($text =~ /^X-Model: (\d+)/m ? $1 : 0, sha256_hex($text));
}
sub near_folders {
	my ($below, @names) = shift // '';
	opendir my $d, "$dir$below" or return ();
	for my $name (sort readdir $d) {
		next if $name =~ /^(\.\.?|cur|new|tmp)$/ || !-d "$dir$below/$name";
		if ($layout eq 'verbatim') {
			push @names, substr "$below/$name", 1 if -d "$dir$below/$name/cur" && -d "$dir$below/$name/new";
			push @names, near_folders("$below/$name");
		} elsif ($name =~ /^\.(.*)/ && -d "$dir/$name/cur" && -d "$dir/$name/new") {
			push @names, $1 =~ s,\.,/,gr;
		}
	}
	push @names, 'INBOX' if $layout ne 'verbatim' && $below eq '' && -d "$dir/cur";
	return @names;
}
sub near_files {	# paths
	my ($path, @files) = near_path(shift);
	for my $part ('new', 'cur') {
		opendir my $d, "$path/$part" or next;
		push @files, map { "$path/$part/$_" } grep { !/^\./ } sort readdir $d;
	}
	return @files;
}
sub slurp { open my $f, '<', shift or return; binmode $f; local $/; scalar <$f> }
sub near_keywords {
	my %k;
	for (split /\n/, slurp(near_path(shift) . '/dovecot-keywords') // '') {
		$k{chr(97 + $1)} = lc $2 if /^(\d+) (.+)/ && $1 < 26;
	}
	return \%k;
}
my %letter = (D => '\draft', F => '\flagged', P => '$forwarded', R => '\answered', S => '\seen', T => '\deleted');
sub near_messages {	# path => [number, digest, flags]
	my ($name) = @_;
	my ($k, %m) = near_keywords($name);
	for my $file (near_files($name)) {
		my $text = slurp($file);
		next unless defined $text;
		my $info = $file =~ /:2,([A-Za-z]*)$/ ? $1 : '';
		my @flags = grep { defined } map { $letter{$_} // $k->{$_} } split //, $info;
		$m{$file} = [identify($text), join ' ', sort @flags];
	}
	return \%m;
}

# --- what is done, and what is meant by it. A side's intent: where the message is (folder's number, or -1), flags as a set, doomed.

sub acted {
	my ($side, $n) = @_;
	$is{$n} //= { loose => 1 };	# removed, and still there: without UIDPLUS
	$is{$n}{$side}++;
	return $is{$n};
}
sub intend_flag {
	my ($m, $flag, $on) = @_;
	$on ? $m->{flags}{$flag} = 1 : delete $m->{flags}{$flag};
	$m->{touched}{$flag}{$on}++;
	$m->{doomed} = 1 if $flag eq '\deleted' && $on;
}
sub message {
	my $n = shift;
	my @lines = ("X-Model: $n", "Subject: message $n");
	push @lines, "Message-ID: <$n.$seed\@example.org>" if dice(8);
	push @lines, 'From: Ann <ann@example.org>' if dice(2);
	my $text = join "\n", @lines, '';
	return $text unless dice(12);		# no empty line, no body
	$text .= "\n" . join '', map { chr(97 + dice(26)) x dice(75) . "\n" } 1 .. 1 + dice(dice(5) ? 3 : 60);
	$text .= 'no end' unless dice(10);
	return $text;
}
sub born {
	my ($side, $n, $in, @flags) = @_;
	$is{$n} = { folder => $in, flags => { map { $_ => 1 } @flags }, new => 1 };
	$is{$n}{doomed} = 1 if grep { $_ eq '\deleted' } @flags;
	acted($side, $n);
}
my @flag = ('\seen', '\flagged', '\answered', '\draft', '$forwarded', '$junk', 'work', '\deleted');
sub some_flags { my %f = map { $flag[dice(dice(3) ? 7 : 8)] => 1 } 1 .. dice(3); sort keys %f }

# One change there. Words of what was done, or nothing where it could not be.
sub change_far {
	my @ids = sort { $a <=> $b } keys %folder;
	my $in = pick(@ids);
	my $name = $folder{$in};
	my $kind = dice(20);
	if ($kind < 5) {
		my @flags = some_flags();
		my $n = $next++;
		my $text = message($n) =~ s/\n/\r\n/gr;
		my ($ok) = imap('APPEND ' . far_name($name) . " (@flags)", $text);
		return unless $ok;
		born('far', $n, $in, @flags);
		return "append $n to $name (@flags)";
	}
	if ($kind == 19) {
		return far_folder_change($in);
	}
	my $all = far_messages($name) or return;
	my $uid = pick(sort { $a <=> $b } keys %$all) or return;
	my $n = $all->{$uid}[0];
	if ($kind < 12) {
		my $flag = pick(@flag[0 .. 7 - (dice(3) > 0)]);
		my $on = dice(3) > 0 || 0;
		intend_flag(acted('far', $n), $flag, $on);
		my ($ok) = imap("UID STORE $uid " . ($on ? '+' : '-') . "FLAGS.SILENT ($flag)");
		return "store $n uid $uid in $name " . ($on ? '+' : '-') . $flag;
	}
	if ($kind < 15) {
		my $m = acted('far', $n);
		$m->{gone} = $m->{doomed} = 1;
		imap("UID STORE $uid +FLAGS.SILENT (\\Deleted)");
		imap("UID EXPUNGE $uid");
		return "expunge $n uid $uid in $name";
	}
	my $to = pick(grep { $_ != $in } @ids);
	return unless defined $to;
	my $m = acted('far', $n);
	my ($ok, @lines) = imap("UID MOVE $uid " . far_name($folder{$to}));
	$m->{moved}{far}++;
	$m->{folder} = $to if $ok;
	return "move $n uid $uid from $name to $folder{$to}" . ($ok ? '' : ' (refused)');
}

my %folder_side;	# who may rename and make folders in this round, so that both do not
sub far_folder_change {
	my $in = shift;
	return if $folder_side{$round} ne 'far' && !$wild;
	my $new = 'f' . $next++;
	if ($in == 0 || dice(2)) {
		$new = "$folder{$in}/$new" if $in != 0 && dice(2);
		return unless (imap('CREATE ' . far_name($new)))[0];
		$folder{$next++} = $new;
		return "create $new";
	}
	return unless (imap('RENAME ' . far_name($folder{$in}) . ' ' . far_name($new)))[0];
	$renamed = $interrupted = 1;
	return renamed($in, $new);
}
sub renamed {
	my ($in, $new) = @_;
	my $old = $folder{$in};
	for (values %folder) {
		s,^\Q$old\E(?=/|\z),$new,;
	}
	$wild ||= $folder_side{$round} eq 'both';
	return "rename folder $old $new";
}
sub near_folder_change {
	my $in = shift;
	return if $folder_side{$round} ne 'near' && !$wild;
	my $new = 'f' . $next++;
	if ($in == 0 || dice(2)) {
		$new = "$folder{$in}/$new" if $in != 0 && dice(2) && -d near_path($folder{$in});
		make_path(map { near_path($new) . "/$_" } 'tmp', 'new', 'cur');
		$folder{$next++} = $new;
		return "make folder $new";
	}
	return unless -d near_path($folder{$in}) . '/cur';
	my $old = $folder{$in};
	if ($layout eq 'verbatim') {
		rename near_path($old), near_path($new) or return;
	} else {
		rename near_path($old), near_path($new) or return;
		for (grep { m,^\Q$old\E/, } near_folders()) {
			rename near_path($_), near_path($new . substr $_, length $old);
		}
	}
	return renamed($in, $new);
}

sub deliver {
	my ($name, $info, $text) = @_;
	my $path = near_path($name);
	my $base = sprintf '%d.M%dP%d.host%s', 1700000000 + $next, dice(1000000), $$, pick('', ',S=' . length $text, ',U=7,FMD5=0123456789abcdef0123456789abcdef', ',U=9');
	return unless -d "$path/tmp" && -d "$path/cur" && -d "$path/new";
	sysopen my $f, "$path/tmp/$base", O_WRONLY | O_CREAT | O_EXCL or return;
	print $f $text;
	close $f;
	return rename "$path/tmp/$base", $info eq '' && dice(2) ? "$path/new/$base" : "$path/cur/$base:2,$info";
}
sub letters {		# of flags, as far as the folder names them
	my ($name, @flags) = @_;
	my %of = reverse %letter;
	my $k = near_keywords($name);
	$of{$k->{$_}} = $_ for keys %$k;
	return grep { defined $of{$_} } @flags if wantarray;
	return join '', sort map { $of{$_} // () } @flags;
}

sub change_near {
	my @ids = sort { $a <=> $b } keys %folder;
	my $in = pick(@ids);
	my $name = $folder{$in};
	my $kind = dice(20);
	if ($kind < 5) {
		my @flags = letters($name, some_flags());
		my $n = $next++;
		my $text = message($n);
		deliver($name, scalar letters($name, @flags), $text) or return;
		born('near', $n, $in, @flags);
		return "deliver $n to $name (@flags)";
	}
	if ($kind == 19) {
		return near_folder_change($in);
	}
	my @files = near_files($name);
	my $file = pick(@files) or return;
	my $text = slurp($file);
	return unless defined $text;
	my ($n) = identify($text);
	if ($kind < 12) {
		my $flag = pick(letters($name, @flag[0 .. 7 - (dice(3) > 0)])) or return;
		my $on = dice(3) > 0 || 0;
		my $l = letters($name, $flag);
		my ($base, $info) = $file =~ m{.*/([^:]*)(?::2,(.*))?$};
		my %set = map { $_ => 1 } split //, $info // '';
		$on ? $set{$l} = 1 : delete $set{$l};
		my $new = near_path($name) . "/cur/$base:2," . join '', sort keys %set;
		return if $new ne $file && -e $new;
		rename $file, $new or return;
		intend_flag(acted('near', $n), $flag, $on);
		return "flag $n in $name " . ($on ? '+' : '-') . $flag;
	}
	if ($kind < 15) {
		unlink $file or return;
		my $m = acted('near', $n);
		$m->{gone} = $m->{doomed} = 1;
		return "unlink $n in $name";
	}
	my $to = pick(grep { $_ != $in } @ids);
	return unless defined $to && -d near_path($folder{$to}) . '/cur';
	my ($base, $info) = $file =~ m{.*/([^:]*)(?::2,(.*))?$};
	my $k = near_keywords($name);
	my @was = grep { defined } map { $letter{$_} // $k->{$_} } split //, $info // '';
	my @kept = letters($folder{$to}, @was);
	$base = sprintf '%d.M%dP%d.moved', 1700000000 + $next++, dice(1000000), $$ if dice(3) == 0;
	my $new = near_path($folder{$to}) . "/cur/$base:2," . letters($folder{$to}, @kept);
	return if -e $new || grep { m,/\Q$base\E(:|$), } near_files($folder{$to});
	rename $file, $new or return;
	my $m = acted('near', $n);
	$m->{folder} = $to;
	$m->{moved}{near}++;
	my %keep = map { $_ => 1 } @kept;
	my %named = map { $_ => 1 } letters($folder{$to}, @flag);
	$m->{maybe}{$_} = 1 for grep { !$named{$_} } @flag;	# that folder has no letter for it: the server may keep it
	return "move $n from $name to $folder{$to}";
}

sub changes {
	my $count = shift;
	for (1 .. $count) {
		my $far = dice(2);
		my $what = $far ? change_far() : change_near();
		told($far ? 'there:' : 'here: ', $what) if defined $what;
	}
}

# --- runs. All go through a relay, so that one that is cut has the same account as the others: the port is part of it.

sub relay {		# from, to, octets still to be passed on (undef: all): 0 at the end
	my ($from, $to, $left) = @_;
	my $n = sysread $from, my $octets, 65536;
	return 0 unless $n;
	$octets = substr $octets, 0, $$left if defined $$left && $n > $$left;
	$$left -= length $octets if defined $$left;
	for (my $at = 0; $at < length $octets;) {
		$at += syswrite($to, $octets, length($octets) - $at, $at) // return 0;
	}
	return !defined $$left || $$left > 0;
}
sub relay_one {
	my ($client) = @_;
	my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or return;
	my ($way, $n) = split / /, slurp("$dir.cut") // '';
	my %left = ($way // '', $n);
	my ($up, $down) = @left{'up', 'down'};
	for (my $on = 1; $on;) {
		my $r = '';
		vec($r, fileno $_, 1) = 1 for $client, $server;
		select $r, undef, undef, undef;
		$on = relay($client, $server, \$up) if vec $r, fileno $client, 1;
		$on &&= relay($server, $client, \$down) if vec $r, fileno $server, 1;
	}
}

sub relay_start {
	my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5) or die "listen: $!\n";
	$relay_port = $listener->sockport;
	$relay = fork // die "fork: $!\n";
	return if $relay;
	$SIG{PIPE} = 'IGNORE';
	while (my $client = $listener->accept) {
		relay_one($client);
	}
	POSIX::_exit(0);
}
sub cut_at {
	open my $f, '>', "$dir.cut" or die "$dir.cut: $!\n";
	print $f "@_";
}

sub command {
	return ("$build/mimap", $ENV{TRACE} ? '-vv' : (), '-a', "imap://$user\@127.0.0.1:$relay_port", '-o', 'tls=off',
		'-o', 'password=!echo secret', '-o', "layout=$layout", '-o', 'timeout=20', '-o', 'max-delete=100', @without, 'sync', '-d', $dir);
}
sub start {
	my @command = @_;
	defined(my $pid = fork) or die "fork: $!\n";
	if ($pid == 0) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$dir.log";
		open STDERR, '>&', \*STDOUT;
		exec(@command) or POSIX::_exit(127);
	}
	return $child = $pid;
}
sub ended { waitpid(shift, 0); $child = undef; return $? & 127 ? 128 + ($? & 127) : $? >> 8 }
sub note_run { open my $f, '>>', "$dir.log"; print $f "-- @_\n" }

sub quiet_run {
	note_run('quiet run');
	my $code = ended(start(command()));
	told("sync: $code");
	broken("a quiet run ended with $code") if $code != 0;
}
sub cut_run {
	my ($way, $n) = (pick('up', 'down'), int 2 ** (4 + rand 11));
	note_run("run cut after $n octets $way");
	cut_at($way, $n);
	my $code = ended(start(command()));
	cut_at();
	$interrupted = 1;
	told("sync cut after $n octets $way: $code");
	broken("a run that was cut ended with $code") if $code > 128;
}
sub killed_run {
	my $n = int 2 ** rand 9;
	note_run("run killed at $n");
	my $code = ended(start("$build/tests/tools/killat", $n, command()));
	told("sync killed at $n: $code");
	$interrupted = 1;
	broken("a run to be killed ended with $code") if $code > 128 && $code != 137;
}
sub busy_run {
	note_run('run beside changes');
	my $pid = start(command());
	select undef, undef, undef, rand 0.04;		# anywhere in it
	changes(1 + dice(4));
	my $code = ended($pid);
	told("sync beside these: $code");
	broken("a run beside changes ended with $code") if $code > 128;
}
sub any_run {
	my $kind = dice(8);
	return $kind < 3 ? killed_run() : $kind < 5 ? cut_run() : $kind < 7 ? busy_run() : quiet_run();
}

# --- what must hold

sub by_folder {		# name => { "number digest flags" => count }
	my ($messages, @names) = @_;
	my %all;
	for my $name (@names) {
		my $m = $messages->($name) // {};
		$all{$name}{join ' ', $_->[0], substr($_->[1], 0, 8), $_->[2]}++ for values %$m;
		$all{$name} //= {};
	}
	return \%all;
}
sub differ {
	my ($a, $b) = @_;
	my %all = (%$a, %$b);
	my @out;
	for my $name (sort keys %all) {
		push @out, "only here: folder $name" if !$b->{$name};
		push @out, "only there: folder $name" if !$a->{$name};
		my %m = (%{$a->{$name} // {}}, %{$b->{$name} // {}});
		for (sort keys %m) {
			next if $way =~ /bare|plain/ && /\\deleted/ && !$a->{$name}{$_};
			my ($here, $there) = ($a->{$name}{$_} // 0, $b->{$name}{$_} // 0);
			push @out, "$name: $_: $here here, $there there" if $here != $there;
		}
	}
	return @out;
}
# Each flag that the message has, or lacks, is what somebody intended. What was stored or moved by a run that was cut short has no
# record of its flags: those of both sides are kept.
sub flags_may {
	my ($m, $got) = @_;
	my %got = map { $_ => 1 } split ' ', $got;
	for my $flag (keys %{{ %got, %{$m->{flags}}, %{$m->{before} // {}} }}) {
		my $touched = $m->{touched}{$flag};
		my ($has, $meant) = ($got{$flag} // 0, $m->{flags}{$flag} // 0);
		next if $has == $meant || $m->{maybe}{$flag};
		return "$flag is " . ($has ? 'set' : 'not set') unless $touched && ($interrupted || ($touched->{$has} && $m->{near} && $m->{far}));
	}
	return;
}
# What a killed run had stored or moved there, and not recorded, is found again by its file. Where that was removed or moved on here
# before the next run, under another name, the message comes back from the server.
sub check_message {
	my ($n, $m, @found) = @_;	# found: [folder, flags]
	return if $m->{loose};
	my $both = $m->{near} && $m->{far};
	my $copies = @found;
	my $unrecorded = $interrupted && $m->{near} && ($m->{new} || $m->{moved});
	return "message $n is lost" if !$copies && !$m->{doomed};
	return if $unrecorded && $m->{moved} && $copies == 2;
	return "message $n is there $copies times" if $copies > 1 && !($both && $m->{moved} && $copies <= 1 + keys %{$m->{moved}}) && !$wild;
	return "message $n is there $copies times" if $copies > 4;
	return if $wild || !$copies;
	return if $m->{gone} && ($unrecorded || $renamed);
	return "message $n is there though it was removed" if !$both && ($m->{gone} || $m->{flags}{'\deleted'});
	return if $both && $m->{moved};
	return "message $n is in $found[0][0], not in $folder{$m->{folder}}" if $found[0][0] ne $folder{$m->{folder}};
	my $flags = flags_may($m, $found[0][1]);
	return "message $n: $flags ($found[0][1])" if defined $flags && !$both;
	return;
}
sub check {
	my $here = by_folder(\&near_messages, near_folders());
	my $there = by_folder(\&far_messages, far_folders());
	my @wrong = differ($here, $there);
	my %found;
	for my $name (sort keys %$there) {
		for (sort keys %{$there->{$name}}) {
			my ($n, $digest, $flags) = split / /, $_, 3;
			next if $way =~ /bare|plain/ && $flags =~ /\\deleted/ && !$here->{$name}{$_};
			push @{$found{$n}}, map { [$name, $flags] } 1 .. $there->{$name}{$_};
		}
	}
	push @wrong, grep { defined } map { check_message($_, $is{$_}, @{$found{$_} // []}) } sort { $a <=> $b } keys %is;
	broken(@wrong > 1 ? join("\n#   ", '', @wrong, '') : @wrong) if @wrong;
	$_ = {} for my %again;
	%again = map { $_ => 1 } far_folders();
	for my $in (keys %folder) {
		delete $folder{$in} if !$again{$folder{$in}};
	}
	settle(\%found);
}
# The end of a round is the next one's beginning.
sub settle {
	my $found = shift;
	my %number = reverse %folder;
	for my $n (keys %is) {
		my $f = $found->{$n};
		if (!$f || @$f > 1) {		# gone, or more than one: not followed any more
			delete $is{$n} if !$f;
			$is{$n} = { loose => 1 } if $f;
			next;
		}
		my %flags = map { $_ => 1 } split ' ', $f->[0][1];
		$is{$n} = { folder => $number{$f->[0][0]} // 0, flags => \%flags, before => { %flags }, doomed => $flags{'\deleted'} };
	}
}
sub check_rest {
	my %before = map { $_ => 1 } map { near_files($_) } near_folders();
	quiet_run();
	my %after = map { $_ => 1 } map { near_files($_) } near_folders();
	broken('a run with nothing to do changed files') if join("\n", sort keys %before) ne join("\n", sort keys %after);
}

relay_start();
imap_open();
make_path($dir) if dice(2);
for (1 .. 1 + dice(3)) {
	$round++;
	$interrupted = $renamed = 0;
	$folder_side{$round} = pick('near', 'far');
	changes(2 + dice(14));
	for (1 .. dice(4)) {
		any_run();
		changes(dice(8));
	}
	quiet_run();
	quiet_run();
	check();
}
check_rest();
print $imap "z LOGOUT\r\n";
kill KILL => $relay;
unlink "$dir.cut";
exit 0;
