#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The turn-counting proxy itself, between a client and a server of known manners: what it counts, delays and cuts.
use strict;
use warnings;
use File::Temp;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Test::More;
use Time::HiRes qw(time);

my $build = $ENV{BUILD} // 'build';
my $delay = 40;    # ms, there and back
my $dir   = File::Temp->newdir;

# Echoes each line; says the greeting first, if any; ends after "quit".
sub serve {
	my ($listener, $greeting) = @_;
	my $c = $listener->accept or exit 1;
	setsockopt $c, IPPROTO_TCP, TCP_NODELAY, 1;
	syswrite $c, $greeting if $greeting;
	while (defined(my $line = <$c>)) {
		syswrite $c, "re: $line";
		last if $line eq "quit\n";
	}
	exit 0;
}

# Runs $client with a connection through the proxy; returns its report, and the seconds that $client took.
sub through {
	my ($greeting, $client, @options) = @_;
	my $listener = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die $!;
	my $pid      = fork // die $!;
	serve($listener, $greeting) if $pid == 0;
	unlink "$dir/report";
	open my $proxy, '-|', "$build/tests/tools/turns", '--to', '127.0.0.1:' . $listener->sockport, '--report', "$dir/report",
	  '--connections', 1, @options
	  or die $!;
	chomp(my $port = <$proxy>);
	my $c = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die $!;
	setsockopt $c, IPPROTO_TCP, TCP_NODELAY, 1;
	my $begun = time;
	$client->($c);
	my $took = time - $begun;
	close $c;
	close $proxy;    # waits for its end
	close $listener;
	waitpid $pid, 0;
	open my $report, '<', "$dir/report" or return ('no report', $took);
	my @lines = <$report>;
	return (join('', @lines), $took);
}

sub ask {
	my ($c, $text, $answers) = @_;
	syswrite $c, $text;
	return join '', map { <$c> // '' } 1 .. $answers;
}

my ($report, $took) = through(undef, sub { ask($_[0], "$_\n", 1) for qw(a b c quit) }, '--delay', $delay);
is $report, "turns=4 up=11 down=27\n", 'each question and answer is a turn';
cmp_ok $took, '>=', 4 * $delay / 1000, 'and takes the whole delay';
cmp_ok $took, '<', 4 * $delay / 1000 + 2, 'and not much more';

($report) = through(
	undef,
	sub {
		my $c = shift;
		syswrite $c, "$_\n" for 1 .. 9;
		is join('', map { scalar <$c> } 1 .. 9), join('', map { "re: $_\n" } 1 .. 9), 'nothing is lost or out of order';
		ask($c, "quit\n", 1);
	},
	'--delay', 400
);
is $report, "turns=2 up=23 down=63\n", 'a flight of many writes, answered line by line, is one turn';

($report) = through("hello\n", sub { my $c = shift; <$c>; ask($c, "quit\n", 1) }, '--delay', $delay);
is $report, "turns=2 up=5 down=15\n", 'a greeting waited for is a turn';

($report, $took) = through(undef, sub { ask($_[0], "x\n" x 20000 . "quit\n", 20001) }, '--delay', $delay);
like $report, qr/up=40005 down=120009$/, 'twenty thousand lines pass';
cmp_ok $took, '<', 5, 'in no more than a moment';

for my $n (1, 5, 6) {
	my $got = 'none';
	($report) = through(undef, sub { $got = ask($_[0], "a\nb\n", 3) }, '--cut-down', $n);
	is $got, substr("re: a\nre: b\n", 0, $n), "cut after $n octets down: so many arrive";
	like $report, qr/down=$n$/, 'and so many are reported';
}
($report) = through(undef, sub { is ask($_[0], "a\nb\n", 2), '', 'cut on the way up: no answer' }, '--cut-up', 1);
like $report, qr/up=1 down=0$/, 'and one octet got through';
done_testing;
