#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A batch of three messages, its first connection cut after each octet of either side, closed by 421 at each command, or answered by
# whatever comes to a server's mind: who was told ok has the message, nobody has it twice, and who was told later may have it only if
# all of it had left.
use strict;
use warnings;
use File::Temp;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY SHUT_WR);
use Test::More;

my $build = $ENV{BUILD} // 'build';
my $dir   = File::Temp->newdir;
$ENV{HOME}             = "$dir";
$ENV{PENNYPOST_QUEUE}  = "$dir/queue";
$ENV{PENNYPOST_CONFIG} = "$dir/config";
$ENV{LC_ALL}           = 'C.UTF-8';
alarm 300;

open my $config, '>', "$dir/config" or die $!;
close $config;
my @id = (1 .. 3);
for (@id) {
	open my $add, '|-', "$build/mqueue add -f a\@example.org u$_\@example.net >/dev/null" or die $!;
	print $add "Date: x\nFrom: y\@z\nMessage-ID: <$_>\n\n$_\n";
	close $add or die 'mqueue add';
}

# What a server makes of the octets it got: its replies, and whom it took messages for. Without octets: the greeting.
sub new_server { return { in => '', state => 'command', to => '', offers => $_[0], taken => {}, replies => 0, data => '' } }

sub end_of_message {
	my $s = shift;
	$s->{state} = 'command';
	return "503 nobody\r\n" if $s->{to} eq '';
	$s->{taken}{$1}++ if $s->{to} =~ /u(\d)/;
	my $reply = "250 taken $s->{to}\r\n";
	$s->{to} = '';
	return $reply;
}

sub command {
	my ($s, $line) = @_;
	if ($s->{limit421} && ++$s->{commands} >= $s->{limit421}) { $s->{over} = 1; return "421 enough\r\n" }
	return join '', map { "$_\r\n" } @{ $s->{offers} } if $line =~ /^EHLO/;
	if ($line =~ /^MAIL/) { return "503 nested\r\n" if $s->{from}; $s->{from} = 1; return "250 ok\r\n" }
	return "503 no sender\r\n" if $line =~ /^RCPT/ && !$s->{from};
	if ($line =~ /^RCPT TO:<(.*?)>/) { $s->{to} = $1; return "250 ok\r\n" }
	if ($line =~ /^RSET/) { $s->{from} = $s->{to} = ''; return "250 ok\r\n" }
	return "503 nobody\r\n" if $line eq 'DATA' && $s->{to} eq '';
	if ($line eq 'DATA') { $s->{state} = 'data'; $s->{from} = ''; return "354 go\r\n" }
	if ($line =~ /^BDAT (\d+) LAST/) { $s->{state} = 'bdat'; $s->{left} = $1; $s->{from} = ''; return '' }
	if ($line eq 'QUIT') { $s->{over} = 1; return "221 bye\r\n" }
	return "500 what\r\n";
}

# One reply in five is another one, and what the server does is as it says.
my @wild = (
	'250 ok', '251-a\r\n251 b', '354 go', '421 bye', '450 later', '452 many', '500 what', '503 no', '550 5.1.1 no', '554 5.7.1 no', '220 hi', 'xyz', '99 x',
	"250-a\r\n550 b", '250-' . 'x' x 9000, '550 ' . 'x' x 2000
);
s/\\r\\n/\r\n/g for @wild;

sub tamper {
	my ($s, $line, $reply) = @_;
	return $reply if !$s->{wild} || $reply eq '' || $line =~ /^(EHLO|QUIT)/ || rand(5) > 1;
	my $says = $wild[ rand @wild ];
	my $yes  = $says =~ /^2/ && $says !~ /550/;
	delete $s->{taken}{$1} if $reply =~ /^250 taken u(\d)/ && !$yes;
	$s->{from}  = $yes                                     if $line =~ /^MAIL/;
	$s->{to}    = $yes && $s->{from} ? $1 : ''             if $line =~ /^RCPT TO:<(.*?)>/;
	$s->{state} = $says =~ /^354/ ? 'data' : 'command' if $line eq 'DATA';
	$s->{over}  = 1                                        if $says =~ /^421/;
	return "$says\r\n";
}

sub feed {
	my ($s, $octets) = @_;
	my $out = '';
	$s->{in} .= $octets;
	until ($s->{over}) {
		if ($s->{state} eq 'bdat') {
			last if length $s->{in} < $s->{left};
			substr $s->{in}, 0, $s->{left}, '';
			$out .= tamper($s, '', end_of_message($s));
			next;
		}
		$s->{in} =~ s/^(.*?)\r\n// or last;
		my $line = $1;
		if ($s->{state} eq 'data') { $out .= tamper($s, '', end_of_message($s)) if $line eq '.' }
		else                       { $out .= tamper($s, $line, command($s, $line)) }
	}
	return $out;
}

# Serves one connection. cut_up: octets that are looked at; cut_down: octets that are said. Then nothing more is said, but all that the
# client still sends is noted: whose message was complete there, as the client knows, may have been delivered.
sub serve {
	my ($c, $s, %cut) = @_;
	my ($up, $down, $said) = (0, 0, '');
	my $say = sub {
		my $text = shift;
		$text = substr $text, 0, $cut{down} - $down if defined $cut{down} && $down + length $text > $cut{down};
		$down += length $text;
		$said .= $text;
		syswrite $c, $text if length $text;
		return !(defined $cut{down} && $down == $cut{down});
	};
	my $alive = $say->("220 mx\r\n");
	$alive = 0 if defined $cut{up} && $cut{up} == 0;
	while ($alive && !$s->{over} && sysread $c, my $octets, 65536) {
		my $rest = '';
		if (defined $cut{up} && $up + length $octets >= $cut{up}) {
			$rest = substr $octets, $cut{up} - $up, length $octets, '';
			$alive = 0;
		}
		$up += length $octets;
		my $out = feed($s, $octets);
		$alive = 0 if !$say->($out);
		$s->{unread} = $rest;
	}
	shutdown $c, SHUT_WR;
	while (sysread $c, my $octets, 65536) { $s->{unread} .= $octets }
	close $c;
	return ($s, $up, $down, $said);
}

# One run of msend: a hash of what came of it.
sub run {
	my ($offers, $options, %cut) = @_;
	my $listener = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die $!;
	my $paths = join '', map { "$_\n" } sort { index_of($a) <=> index_of($b) } glob "$dir/queue/new/*";
	open my $in, '>', "$dir/paths" or die $!;
	print $in $paths;
	close $in;
	my $pid = fork // die $!;
	if ($pid == 0) {
		open STDIN,  '<', "$dir/paths";
		open STDOUT, '>', "$dir/out";
		open STDERR, '>', "$dir/err";
		exec "$build/msend", '-B', '-a', 'smtp://127.0.0.1:' . $listener->sockport, '-o', 'tls=off', '-o', 'helo=h', @$options;
		die $!;
	}
	my (@servers, $first_up, $first_down);
	my $gone;
	until ($gone) {
		my $ready = '';
		vec($ready, fileno $listener, 1) = 1;
		if (select($ready, undef, undef, 0.002) > 0) {
			my $c = $listener->accept or next;
			setsockopt $c, IPPROTO_TCP, TCP_NODELAY, 1;
			my $s = new_server($offers);
			$s->{limit421} = $cut{limit421} if !@servers;
			$s->{wild} = $cut{wild};
			my ($server, $up, $down) = serve($c, $s, @servers ? () : %cut);
			($first_up, $first_down) = ($up, $down) if !@servers;
			push @servers, $server;
		}
		$gone = waitpid($pid, 1) == $pid;
	}
	open my $out, '<', "$dir/out" or die $!;
	my %verdict;
	while (<$out>) { my @f = split /\t/; push @{ $verdict{$1} }, [ $f[2], $f[5] ] if $f[1] =~ /u(\d)/ }
	my %times;
	for my $s (@servers) { $times{$_} += $s->{taken}{$_} // 0 for keys %{ $s->{taken} } }
	my $late = $cut{wild} ? { map { $_ => 1 } @id } : feed_on($servers[0]);
	return { verdict => \%verdict, times => \%times, late => $late, wild => $cut{wild}, up => $first_up, down => $first_down, connections => scalar @servers };
}

sub index_of { open my $f, '<', $_[0] or die $!; local $/; return <$f> =~ /Message-ID: <(\d)>/ ? $1 : 0 }

# Whose messages were complete in what the first server did not look at any more.
sub feed_on {
	my $s   = shift or return {};
	my %had = %{ $s->{taken} };
	delete $s->{limit421};
	$s->{over} = 0;
	feed($s, $s->{unread} // '');
	return { map { $_ => 1 } grep { !$had{$_} } keys %{ $s->{taken} } };
}

sub wrong {
	my $r = shift;
	for my $id (@id) {
		my @v = @{ $r->{verdict}{$id} // [] };
		return "$id has " . @v . ' lines' if @v != 1;
		my ($word, $text) = @{ $v[0] };
		my $times  = $r->{times}{$id} // 0;
		my $unsure = $text =~ /may have been delivered/;
		return "$id is $word: $text" if $word ne 'ok' && $word ne 'later' && !$r->{wild};
		return "$id was taken $times times" if $times > 1;
		return "$id is ok, and was not taken" if $word eq 'ok' && !$times;
		return "$id is $word, and was taken: $text" if $word ne 'ok' && $times && !$unsure;
		return "$id is unsure, and had not left: $text" if $unsure && !$times && !$r->{late}{$id};
	}
	return '';
}

my @pipelining = ('250-mx', '250 PIPELINING');
my @chunking   = ('250-mx', '250-PIPELINING', '250 CHUNKING');
for (['DATA', \@pipelining], ['one command at a time', ['250 mx']], ['BDAT', \@chunking], ['BDAT, window 3', \@chunking, '-o', 'window=3']) {
	my ($name, $offers, @options) = @$_;
	my $whole = run($offers, \@options);
	is wrong($whole), '', "$name: not cut, all is well";
	is join(' ', map { $whole->{verdict}{$_}[0][0] } @id), 'ok ok ok', "$name: all are sent";
	is $whole->{connections}, 1, "$name: over one connection";
	my @bad;
	for my $n (0 .. $whole->{up} - 1) { my $w = wrong(run($offers, \@options, up => $n)); push @bad, "after $n octets of the client's: $w" if $w }
	is "@bad[0 .. ($#bad < 3 ? $#bad : 3)]", '', "$name: cut after each of $whole->{up} octets of the client's";
	@bad = ();
	for my $n (0 .. $whole->{down} - 1) { my $w = wrong(run($offers, \@options, down => $n)); push @bad, "after $n octets of the server's: $w" if $w }
	is "@bad[0 .. ($#bad < 3 ? $#bad : 3)]", '', "$name: cut after each of $whole->{down} octets of the server's";
	@bad = ();
	for my $n (1 .. 12) { my $w = wrong(run($offers, \@options, limit421 => $n)); push @bad, "421 to command $n: $w" if $w }
	is "@bad", '', "$name: closed by 421 at each command";
	@bad = ();
	for my $n (1 .. 100) { srand $n; my $w = wrong(run($offers, \@options, wild => 1)); push @bad, "number $n: $w" if $w }
	is "@bad", '', "$name: 100 servers that say what they like";
}
done_testing;
