#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# How often msend waits for a server, TCP's handshake not counted: the least that the RFCs allow, for 1 and for 500 recipients alike, and for
# many messages.
use strict;
use warnings;
use File::Temp;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Test::More;

my $build = $ENV{BUILD} // 'build';
my $dir   = File::Temp->newdir;
$ENV{HOME}             = "$dir";
$ENV{PENNYPOST_QUEUE}  = "$dir/queue";
$ENV{PENNYPOST_CONFIG} = "$dir/config";
alarm 120;
open my $config, '>', "$dir/config" or die $!;
close $config;
system("cd $dir && printf '[v3]\\nsubjectAltName=DNS:localhost\\n' >ext && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
	  . " -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem >log 2>&1") == 0
  or plan skip_all => 'openssl is not there';
open my $message, '>', "$dir/message" or die $!;
print $message "Date: x\nFrom: y\@z\nTo: z\@z\nMessage-ID: <1\@z>\n\nhello\n";
close $message;

# Through the proxy at a round trip of $delay ms; the server is a child's, who gets a listening port. The turns of the first connection.
my $delay = 50;

sub turns {
	my ($port, @command) = @_;
	unlink "$dir/report";
	my $proxy = open my $said, '-|', "$build/tests/tools/turns", '--to', "127.0.0.1:$port", '--delay', $delay, '--report', "$dir/report",
	  '--connections', 1
	  or die $!;
	chomp(my $through = <$said>);
	s/\@PORT\@/$through/ for @command;
	my $pid = fork // die $!;
	if ($pid == 0) {
		my $input = shift @command;
		open STDIN,  '<', $input;
		open STDOUT, '>', "$dir/out";
		exec @command;
	}
	shift @command;
	waitpid $pid, 0;
	my $code = $? >> 8;
	close $said;    # waits for the proxy's end
	open my $report, '<', "$dir/report" or return "exit $code, no report";
	my ($n) = <$report> =~ /turns=(\d+)/;
	return $code == 0 ? $n : "exit $code after $n turns";
}

# What the peer plays: an SMTP dialogue for so many recipients.
sub script {
	my ($kind, $rcpts, $chunking) = @_;
	my $offers = 'S: 250-mx' . ($chunking ? "\nS: 250-CHUNKING" : '') . "\nS: 250-AUTH PLAIN\n";
	my $s = "S: 220 mx\nC: EHLO h\n";
	$s .= "S: 250-mx\nS: 250-STARTTLS\nS: 250 PIPELINING\nC: STARTTLS\nS: 220 go\nS! starttls\nC: EHLO h\n" if $kind eq 'STARTTLS';
	$s .= "$offers" . "S: 250 PIPELINING\n";
	$s .= "C~ ^AUTH PLAIN\nS: 235 ok\n" if $kind ne 'plain';
	$s .= "C~ ^MAIL\n" . "C~ ^RCPT\n" x $rcpts;
	my $length = 57;
	my $ok     = "S: 250 ok\n" x ($rcpts + 1);
	return $s . "C~ ^BDAT\nC* $length\n" . "C: QUIT\n" . $ok . "S: 250 taken\nS: 221 bye\n" if $chunking;
	return $s . "C: DATA\n${ok}S: 354 go\nC* $length\nC: .\nC: QUIT\nS: 250 taken\nS: 221 bye\n";
}

for (['plain', 3], ['TLS', 5], ['STARTTLS', 7]) {
	my ($kind, $least) = @$_;
	for my $chunking (1, 0) {
		for my $rcpts (1, 500) {
			open my $script, '>', "$dir/script" or die $!;
			print $script script($kind, $rcpts, $chunking);
			close $script;
			unlink "$dir/script.result";
			my @peer = ("$build/tests/tools/peer", '--listen', $kind eq 'TLS' ? '--tls' : (), '--cert', "$dir/cert.pem", '--key', "$dir/key.pem", "$dir/script");
			my $pid  = open my $said, '-|', @peer or die $!;
			chomp(my $port = <$said>);
			my ($scheme, @options) = $kind eq 'plain' ? ('smtp://', 'tls=off') : ($kind eq 'TLS' ? 'smtps://' : 'smtp://') . 'ann@';
			@options = ("tls-ca=$dir/cert.pem", 'auth=plain', 'password=!echo secret') if $kind ne 'plain';
			my $got = turns(
				$port, "$dir/message", "$build/msend", '-a', $scheme . 'localhost:@PORT@', (map { ('-o', $_) } 'helo=h', @options), '-f', 'a@example.org',
				map { "u$_\@example.net" } 1 .. $rcpts
			);
			close $said;
			waitpid $pid, 0;
			my $most = $least + !$chunking;
			is $got, $most, "$kind" . ($kind eq 'plain' ? '' : ', AUTH') . ($chunking ? ', CHUNKING' : '') . ", $rcpts recipients: $most turns";
			open my $result, '<', "$dir/script.result" or next;
			my $said_of = <$result>;
			is $said_of, "ok\n", '  the dialogue went as written' or diag $said_of;
		}
	}
}

# A batch: a server that takes whatever comes.
sub sink {
	my ($listener, $chunking) = @_;
	my $c = $listener->accept or exit 1;
	setsockopt $c, IPPROTO_TCP, TCP_NODELAY, 1;
	my ($in, $data, $octets) = ('', 0);
	syswrite $c, "220 mx\r\n";
	while (sysread $c, $octets, 65536) {
		my $out = '';
		$in .= $octets;
		while ($in =~ /\r\n/) {
			if (!$data && $in =~ /^BDAT (\d+) LAST\r\n/) {
				my $n = length($&) + $1;
				last if length $in < $n;
				substr $in, 0, $n, '';
				$out .= "250 taken\r\n";
				next;
			}
			$in =~ s/^(.*?)\r\n//;
			my $line = $1;
			if    ($data)            { next if $line ne '.'; $data = 0; $out .= "250 taken\r\n" }
			elsif ($line =~ /^EHLO/) { $out .= "250-mx\r\n" . ($chunking ? "250-CHUNKING\r\n" : '') . "250 PIPELINING\r\n" }
			elsif ($line eq 'DATA')  { $data = 1; $out .= "354 go\r\n" }
			else                     { $out .= "250 ok\r\n" }
		}
		syswrite $c, $out;
	}
	exit 0;
}

my $messages = 40;
for my $n (1 .. $messages) {
	system("$build/mqueue add -f a\@example.org u$n\@example.net <$dir/message >/dev/null") == 0 or die;
}
open my $paths, '>', "$dir/paths" or die $!;
print $paths "$_\n" for glob "$dir/queue/new/*";
close $paths;
for (['DATA', 0, 1, 1.1], ['CHUNKING', 1, 1, 1.1], ['CHUNKING, window 32', 1, 32, 0.2]) {
	my ($name, $chunking, $window, $most) = @$_;
	my $listener = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die $!;
	my $pid      = fork // die $!;
	sink($listener, $chunking) if $pid == 0;
	my $got = turns($listener->sockport, "$dir/paths", "$build/msend", '-B', '-a', 'smtp://127.0.0.1:@PORT@', '-o', 'tls=off', '-o', "window=$window");
	waitpid $pid, 0;
	open my $out, '<', "$dir/out" or die $!;
	is scalar(grep { /\tok\t250\t/ } <$out>), $messages, "a batch by $name: all of $messages messages are sent";
	like $got, qr/^\d+$/, '  and counted';
	cmp_ok $got, '<=', $most * $messages + 1, "  in at most $most turns each, after the greeting and EHLO ($got in all)";
}
done_testing;
