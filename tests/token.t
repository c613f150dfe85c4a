#!/bin/sh
# SPDX-License-Identifier: ISC
# scripts/pennypost-token against a provider on loopback that answers as it is told: logging in, renewing, and what can go wrong.
. "$(dirname "$0")/lib.sh"
need perl curl openssl

# The provider: request n gets line n of $TMP/plan, "STATUS ANSWER", and is noted in $TMP/asked as "PATH BODY".
cat >"$TMP/provider" <<'X'
use IO::Socket::INET;
my ($dir, $n) = ($ARGV[0], 0);
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20) or die;
open my $f, '>', "$dir/port.new"; print $f $listener->sockport; close $f; rename "$dir/port.new", "$dir/port";
while (my $c = $listener->accept) {
	my ($request, $length) = (scalar <$c>, 0);
	while (defined(my $line = <$c>)) { last if $line =~ /^\r?$/; $length = $1 if $line =~ /^content-length: (\d+)/i }
	read($c, my $body, $length);
	my ($path) = $request =~ /^POST (\S+)/;
	open my $log, '>>', "$dir/asked"; print $log "$path $body\n"; close $log;
	open my $plan, '<', "$dir/plan"; my @plan = <$plan>; close $plan;
	my ($status, $answer) = ($plan[$n++] // '500 {}') =~ /^(\d+) (.*)/;
	print $c "HTTP/1.1 $status Said\r\nContent-Type: application/json\r\nContent-Length: ", length $answer, "\r\nConnection: close\r\n\r\n$answer";
	close $c;
}
X
: >"$TMP/plan"
perl "$TMP/provider" "$TMP" &
at_exit "kill $! 2>/dev/null"
await 10 test -s "$TMP/port"
url=http://127.0.0.1:$(cat "$TMP/port")

# Between it and curl: notes the arguments, which all users of a machine can see.
mkdir "$TMP/bin"
curl=$(command -v curl)
cat >"$TMP/bin/curl" <<X
#!/bin/sh
printf '%s\n' "\$*" >>'$TMP/arguments'
exec '$curl' "\$@"
X
chmod +x "$TMP/bin/curl"
# Nobody waits: how long it would have is noted.
cat >"$TMP/Sleepless.pm" <<X
package Sleepless;
BEGIN { *CORE::GLOBAL::sleep = sub { open my \$f, '>>', '$TMP/slept'; print \$f "\$_[0] "; \$_[0] } }
1;
X
PATH=$TMP/bin:$ROOT/scripts:$PATH
export PERL5LIB="$TMP" PERL5OPT=-MSleepless

plan() { printf '%s\n' "$@" >>"$TMP/plan"; }
asked() { tail -n 1 "$TMP/asked"; }
count() { wc -l <"$TMP/asked" | tr -d ' '; }
kept="$XDG_STATE_HOME/pennypost/tokens"
: >"$TMP/asked"

exits 78 'nobody has logged in' pennypost-token work
is "$(cat "$TMP/err")" 'pennypost-token: work: nobody has logged in; run once: pennypost-token -l work' 'which says what to run'
is "$(cat "$TMP/out")" '' 'and nothing is printed as a token'

echo s3cr+t/x >"$TMP/secret"
plan "200 {\"device_code\":\"dc-1\",\"user_code\":\"ABCD-EFGH\",\"verification_uri\":\"https://example.org/device\",\"expires_in\":900,\"interval\":3}" \
	'400 {"error":"authorization_pending"}' '400 {"error":"slow_down"}' '503 oops' '400 {"error":"authorization_pending"}' \
	'200 {"access_token":"at-1","token_type":"bearer","expires_in":3600,"refresh_token":"rt-1"}'
exits 0 'logging in by a device code' pennypost-token -l -d -i client-1 -k "$TMP/secret" -s 'mail offline_access' -T "$url/token" -D "$url/device" work </dev/null
like "$(cat "$TMP/err")" '^Open https://example.org/device in any browser and enter the code ABCD-EFGH$' 'it says where to go'
is "$(cat "$TMP/out")" '' 'and prints no token'
is "$(cat "$TMP/slept")" '3 3 8 13 13 ' 'it asks as seldom as it is told'
is "$(head -n 1 "$TMP/asked")" '/device client_id=client-1&scope=mail%20offline_access' 'it asks for a code'
is "$(asked)" '/token client_id=client-1&client_secret=s3cr%2Bt%2Fx&device_code=dc-1&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code' \
	'and for the token by that code'
is "$(ls -l "$kept/work" | cut -c1-10) $(ls -ld "$kept" | cut -c1-10)" '-rw------- drwx------' 'what it keeps is private'

before=$(count)
exits 0 'a token' pennypost-token work
is "$(cat "$TMP/out")" at-1 'is printed'
is "$(cat "$TMP/err")" '' 'silently'
is "$(count)" "$before" 'and the provider not asked while it is good'

plan '200 {"access_token":"at-2","token_type":"Bearer","expires_in":1,"refresh_token":"rt-2"}'
exits 0 'a new one when it is told that the old one was refused' pennypost-token -r work
is "$(cat "$TMP/out")" at-2 'is another'
is "$(asked)" '/token client_id=client-1&client_secret=s3cr%2Bt%2Fx&grant_type=refresh_token&refresh_token=rt-1' 'by the refresh token'

plan '200 {"access_token":"at-3","token_type":"Bearer","expires_in":30}'
exits 0 'a new one when the old one expires' pennypost-token work
is "$(cat "$TMP/out")" at-3 'is another'
is "$(asked | sed 's/.*&//')" 'refresh_token=rt-2' 'by the refresh token that came with the last'
plan '503 {}'
exits 0 'the provider fails while the old one is good for half a minute' pennypost-token work
is "$(cat "$TMP/out")" at-3 'the old one has to do'
plan '200 {"access_token":"at-4","token_type":"Bearer","expires_in":1}'
exits 0 'the next time it is renewed' pennypost-token work
is "$(cat "$TMP/out") $(asked | sed 's/.*&//')" 'at-4 refresh_token=rt-2' 'by a refresh token that stays good where there is no new one'

plan '200 {"access_token":"at-5","token_type":"Bearer","expires_in":3600,"refresh_token":"rt-5"}'
before=$(count)
pennypost-token work >"$TMP/one" & one=$!
pennypost-token work >"$TMP/two" & two=$!
wait "$one" && wait "$two"
is "$(cat "$TMP/one" "$TMP/two" | tr '\n' ' ') $(($(count) - before))" 'at-5 at-5  1' 'two at once renew it once'

is "$(sort -u "$TMP/arguments")" '-q -K -' 'nothing is told to curl by an argument'

# refused NAME CODE ERE ANSWER: -r fails so, nothing is printed, what is kept stays.
refused() {
	plan "$4"
	cp "$kept/work" "$TMP/before"
	exits "$2" "$1" pennypost-token -r work
	like "$(cat "$TMP/err")" "$3" "$1: why"
	is "$(cat "$TMP/out")" '' "$1: no token"
	same "$TMP/before" "$kept/work" "$1: nothing is lost"
}
refused 'access was withdrawn' 77 '^pennypost-token: work: renew the token: the provider says "invalid_grant: gone"; log in again: pennypost-token -l work$' \
	'400 {"error":"invalid_grant","error_description":"gone"}'
refused 'an error with controls in it' 77 'says "a\?\[31mb"' '400 {"error":"a\u001b[31mb"}'
refused 'no reason' 77 'says "status 403"' '403 <html>'
refused 'no JSON' 76 'holds no access token' '200 hello'
refused 'no object' 76 'holds no access token' '200 ["access_token"]'
refused 'a token that is no string' 76 'holds no access token' '200 {"access_token":{"a":1}}'
refused 'a token of two lines' 76 'holds no access token' '200 {"access_token":"a\nb","token_type":"Bearer"}'
refused 'an empty token' 76 'holds no access token' '200 {"access_token":""}'
refused 'another kind of token' 76 'not of the kind "Bearer"' '200 {"access_token":"x","token_type":"mac"}'
refused 'nested without end' 76 'holds no access token' "200 $(perl -e 'print "[" x 100000')"
refused 'an answer without end' 75 'no answer from the provider' "200 $(perl -e 'print "x" x (1 << 21)')"
plan '200 {"access_token":"at-6","refresh_token":"rt-6"}'
cp "$kept/work" "$TMP/before"
said=$(trap '' XFSZ; ulimit -f 0; pennypost-token -r work 2>&1)
like "$said" '^pennypost-token: write .*/work.new: File too large$' 'a full disk'
same "$TMP/before" "$kept/work" 'a full disk: nothing is lost'
is "$(ls -A "$kept" | tr '\n' ' ')" '.work.lock work ' 'and nothing lies about'

# browser NAME: logs in by a browser; $asks is where that is sent, its standard input is $TMP/typed.
mkfifo "$TMP/typed"
browser() {
	: >"$TMP/browser"
	pennypost-token -l -i client-2 -s mail -u ann@example.org -A "$url/authorize?x=1" -T "$url/token" "$1" <"$TMP/typed" >"$TMP/browser.out" 2>"$TMP/browser" &
	login=$!
	exec 9>"$TMP/typed"
	await 10 grep -q '^http' "$TMP/browser"
	asks=$(grep '^http' "$TMP/browser")
	state=$(expr "$asks" : '.*&state=\([^&]*\)')
	back=http://127.0.0.1:$(expr "$asks" : '.*&redirect_uri=http%3A%2F%2F127.0.0.1%3A\([0-9]*\)%2F&')/
}
logged_in() {	# CODE NAME
	exec 9>&-
	wait "$login"
	is "$?" "$1" "$2"
}
browser home
like "$asks" "^$url/authorize\?x=1&client_id=client-2&code_challenge=[A-Za-z0-9_-]{43}&code_challenge_method=S256&login_hint=ann%40example.org&redirect_uri=http%3A%2F%2F127.0.0.1%3A[0-9]+%2F&response_type=code&scope=mail&state=[A-Za-z0-9_-]{22}\$" \
	'the address for the browser'
is "$("$curl" -s -o "$TMP/page" -w '%{http_code}' "${back}favicon.ico")" 404 'another page'
is "$("$curl" -s -o "$TMP/page" -w '%{http_code}' "$back?code=evil&state=guess")" 404 'another state'
plan '200 {"access_token":"at-7","token_type":"Bearer","expires_in":3600,"refresh_token":"rt-7"}'
is "$("$curl" -s -o "$TMP/page" -w '%{http_code}' "$back?code=c%2F1+x&state=$state&scope=mail&code=later")" 200 'the answer of the provider'
like "$(cat "$TMP/page")" 'You may close this window' 'a person is told'
logged_in 0 'logged in'
verifier=$(asked | sed 's/.*&code_verifier=\([^&]*\)&.*/\1/')
is "$(printf %s "$verifier" | openssl dgst -sha256 -binary | openssl base64 | tr '+/' '-_' | tr -d '=')" "$(expr "$asks" : '.*&code_challenge=\([^&]*\)')" \
	'who asks for the token shows to be who asked for the code'
like "$(asked)" '^/token client_id=client-2&code=c%2F1%20x&code_verifier=[^&]*&grant_type=authorization_code&redirect_uri=http%3A%2F%2F127' 'by the code'
exits 0 'its token' pennypost-token home
is "$(cat "$TMP/out")" at-7 'is printed'
unlike "$(cat "$TMP/browser" "$TMP/browser.out")" "at-7|rt-7|$verifier" 'no secret was shown'

plan '200 {"access_token":"at-8","token_type":"Bearer"}'
browser home
printf 'http://localhost:1/?code=no&state=no\nhttps://localhost:1/?state=%s&code=pasted\n' "$state" >&9
logged_in 0 'the address of a browser elsewhere'
like "$(asked)" '&code=pasted&' 'is read from the terminal'
like "$(tail -n 1 "$TMP/browser")" 'gave no refresh token, so this login ends' 'without a refresh token it says so'

browser home
is "$("$curl" -s -o "$TMP/page" -w '%{http_code}' "$back?error=access_denied&state=nobody")" 404 'a refusal from elsewhere'
"$curl" -s -o "$TMP/page" "$back?error=access_denied&state=$state"
logged_in 77 'access is not allowed'
like "$(tail -n 1 "$TMP/browser")" '^pennypost-token: home: access was not allowed: "access_denied"$' 'and it says so'
exits 0 'the login before' pennypost-token home
is "$(cat "$TMP/out")" at-8 'is still good'

browser fresh
plan '400 {"error":"invalid_client"}'
"$curl" -s -o "$TMP/page" "$back?code=1&state=$state"
logged_in 77 'the provider does not know the client'
ok 'nothing is kept then' test ! -e "$kept/fresh"

plan '400 {"error":"invalid_scope"}'
exits 77 'no code for the device' pennypost-token -l -d -D "$url/device" work </dev/null
like "$(cat "$TMP/err")" 'ask for a code: the provider says "invalid_scope"' 'and why'
like "$(asked)" 'client_id=client-1&scope=mail' 'what was given once is known'
plan '200 {"device_code":"d","user_code":"u","verification_url":"v","interval":0}' '400 {"error":"expired_token"}'
exits 77 'the code expires' pennypost-token -l -d work </dev/null
exits 0 'what is kept survives' pennypost-token work

# What it is for.
peer mail <<X
S: 220 mx.example.org ESMTP
C~ EHLO .*
S: 250-mx.example.org
S: 250 AUTH XOAUTH2
C: AUTH XOAUTH2 $(printf 'user=ann\001auth=Bearer at-8\001\001' | openssl base64 -A)
S: 235 2.7.0 welcome
C~ MAIL FROM:<ann@example.org>.*
S: 250 ok
C: RCPT TO:<bob@example.org>
S: 250 ok
C: DATA
S: 354 go on
C: Subject: x
C~ Date: .*
C~ From: .*
C~ Message-ID: .*
C: 
C: .
S: 250 taken
C: QUIT
S: 221 bye
X
mkdir -p "$XDG_CONFIG_HOME/pennypost"
printf 'account home\n\tfrom ann@example.org\n\tsend %s\n\tuser ann\n\ttoken !pennypost-token home\n' "$PEER" >"$XDG_CONFIG_HOME/pennypost/config"
echo 'Subject: x' >"$TMP/message"
exits 0 'msend logs in by it' msend bob@example.org <"$TMP/message" || note "$(cat "$TMP/err")"
peer_ok mail

exits 0 'forgotten' pennypost-token -x home
is "$(ls -A "$kept" | tr '\n' ' ')" '.fresh.lock .work.lock work ' 'leaves nothing'
exits 78 'so there is no token' pennypost-token home

# misuse CODE ERE ARG…
misuse() {
	misuse_code=$1 misuse_why=$2
	shift 2
	misuse_name="misuse: $(printf %s "$*" | tr '\n' ' ')"
	exits "$misuse_code" "$misuse_name" pennypost-token "$@" </dev/null
	like "$(cat "$TMP/err")" "$misuse_why" "$misuse_name: why"
}
misuse 64 '^usage: ' -%
misuse 64 '^usage: '
misuse 64 '^usage: ' -l -x work
misuse 64 'a name has letters' ../work
misuse 64 'a name has letters' .work.lock
misuse 64 'a name has letters' "$(printf 'work\n')x y"
misuse 64 'neither google nor microsoft' -l -p other work
misuse 64 'no client_id: give -i' -l -p google new
misuse 64 'no token_url: give -T or -p' -l -i x new
misuse 64 '-T: "http://example.org/t" is no https:// URL' -l -i x -s y -A https://example.org/a -T http://example.org/t new
misuse 64 'is no https:// URL' -l -i x -s y -A 'https://example.org/a"b' -T https://example.org/t new
misuse 64 'is no https:// URL' -l -i x -s y -A https://example.org -T "$(printf 'https://example.org/t\noutput = "x"')" new
misuse 78 'none: No such file' -l -k "$TMP/none" work
: >"$TMP/empty"
misuse 78 'its first line is empty' -l -k "$TMP/empty" work
chmod 644 "$kept/work"
misuse 78 'others can get at it: chmod 600' work
echo '{' >"$kept/work"
chmod 600 "$kept/work"
misuse 78 'is damaged: remove it \(pennypost-token -x work\)' work
mkdir "$TMP/nocurl"
ln -s "$(command -v perl)" "$TMP/nocurl/perl"
ln -s "$(command -v env)" "$TMP/nocurl/env"
exits 78 "without curl" env PATH="$TMP/nocurl" "$ROOT/scripts/pennypost-token" -l -d -i x -s y -T https://example.org/ -D https://example.org/ new
is "$(cat "$TMP/err")" "pennypost-token: curl is not installed" "is said"
exits 0 'usage' pennypost-token --help
like "$(cat "$TMP/out")" '^usage: pennypost-token' 'is printed when asked for'
done_testing
