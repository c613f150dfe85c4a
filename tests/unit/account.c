/* SPDX-License-Identifier: ISC */
/* account: whose value counts, what each mistake says, where a secret comes from, how a connection begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "account.h"
#include "buf.h"
#include "config.h"
#include "deadline.h"
#include "err.h"
#include "stream.h"

static char dir[] = "/tmp/pennypost-account-XXXXXX", conf[64], netrc[64];

static const char usual[] =
    "timeout 5m\nmaildir ~/Mail\n"
    "account work\n\tfrom Ann Example <ann@example.org>\n\tsend smtps://ann@smtp.example.org\n\timap imaps://imap.example.org\n"
    "\tuser ann.w\n\tmaildir ~/Mail/work\n\tpassword !echo sesame\n"
    "account home\n\tfrom ann@example.net\n\tpop pop3s://annh@pop.example.net:1995\n\tpassword sesame\n";

static void
put(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fputs(text, f) >= 0, 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int
make_dir(void **state)
{
	(void)state;
	if (isatty(STDERR_FILENO) && freopen("/dev/null", "w", stderr) == NULL)	/* nobody is to be asked for a password */
		return -1;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(conf, sizeof conf, "%s/config", dir);
	snprintf(netrc, sizeof netrc, "%s/.netrc", dir);
	setenv("HOME", dir, 1);
	setenv("PENNYPOST_CONFIG", conf, 1);
	unsetenv("NETRC");
	unsetenv("CREDENTIALS_DIRECTORY");
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	unlink(conf);
	unlink(netrc);
	return rmdir(dir);
}

/* Up to four options: "a" "work", "o" "key=value". */
static int
load(struct account *a, enum account_key endpoint, const char *const *options, struct err *e)
{
	*a = (struct account){ 0 };
	err_clear(e);
	for (; options != NULL && *options != NULL; options += 2)
		if (account_option(a, **options, options[1], e) == -1)
			return -1;
	return account_load(a, endpoint, e);
}

#define OPT(...) (const char *const[]){ __VA_ARGS__, NULL }

/* A line that is final in the machine's file holds, whoever says otherwise. */
static void
test_finals(void **state)
{
	static char machine[64];
	const char *system_file = config_system;
	struct account a;
	struct err e;

	(void)state;
	snprintf(machine, sizeof machine, "%s/machine", dir);
	config_system = machine;
	put(conf, usual, 0600);
	put(machine, "from somebody@example.com\nfinal from Machine <box@example.org>\nfinal  timeout  7\nhelo box\n"
	    "account x\n\tuser y\n", 0644);
	assert_int_equal(load(&a, KEY_SEND, OPT("a", "work"), &e), 0);
	assert_string_equal(account_get(&a, KEY_FROM), "Machine <box@example.org>");
	assert_string_equal(account_get(&a, KEY_TIMEOUT), "7");
	assert_string_equal(a.url.host, "smtp.example.org");
	assert_null(account_get(&a, KEY_HELO));		/* that is not, and the user has a file */
	account_free(&a);
	assert_int_equal(load(&a, KEY_SEND, OPT("o", "timeout=7"), &e), 0);
	account_free(&a);
	assert_int_equal(load(&a, KEY_SEND, OPT("o", "from=x@example.com"), &e), -1);
	assert_int_equal(e.class, ERR_PERM);
	account_free(&a);

	put(machine, "final send smtps://relay.example.org\n", 0644);
	assert_int_equal(load(&a, KEY_SEND, OPT("a", "work"), &e), 0);
	assert_string_equal(a.url.host, "relay.example.org");
	account_free(&a);
	assert_int_equal(load(&a, KEY_SEND, OPT("a", "smtps://other.example.org"), &e), -1);
	assert_int_equal(e.class, ERR_PERM);
	account_free(&a);
	assert_int_equal(load(&a, KEY_IMAP, OPT("a", "imaps://other.example.org"), &e), 0);
	account_free(&a);

	setenv("PENNYPOST_CONFIG", machine, 1);		/* as its own file it is read as others are */
	put(machine, "final from box@example.org\naccount x\n\tsend smtps://ann@relay.example.org\n", 0644);
	assert_int_equal(load(&a, KEY_SEND, NULL, &e), 0);
	assert_string_equal(account_get(&a, KEY_FROM), "box@example.org");
	assert_string_equal(a.url.host, "relay.example.org");
	account_free(&a);
	for (const char *const *bad = (const char *const[]){ "final nonsense x\n", "final from\n", "account x\nfinal from y@z\n",
	    "final tls 3\n", "final from a@b\nfinal from c@d\n", NULL }; *bad != NULL; bad++) {
		put(machine, *bad, 0644);
		assert_int_equal(load(&a, KEY_SEND, NULL, &e), -1);
		assert_int_equal(e.class, ERR_CONFIG);
		assert_non_null(strstr(e.text, "/machine:"));
		account_free(&a);
	}
	setenv("PENNYPOST_CONFIG", conf, 1);
	unlink(machine);
	put(conf, "final from x@example.org\n", 0600);
	assert_int_equal(load(&a, KEY_SEND, NULL, &e), -1);
	assert_int_equal(e.class, ERR_CONFIG);
	account_free(&a);
	config_system = system_file;
}

static void
test_whose_value(void **state)
{
	struct account a;
	struct err e;
	int n;

	(void)state;
	put(conf, usual, 0600);
	assert_int_equal(load(&a, KEY_SEND, NULL, &e), 0);
	assert_string_equal(a.name, "work");
	assert_string_equal(account_get(&a, KEY_MAILDIR), "~/Mail/work");
	assert_null(account_get(&a, KEY_POP));
	assert_string_equal(a.url.host, "smtp.example.org");
	assert_string_equal(account_user(&a), "ann");
	assert_int_equal(account_number(&a, KEY_TIMEOUT, 60, 86400, &n, &e), 0);
	assert_int_equal(n, 300);
	assert_int_equal(account_number(&a, KEY_RETRY, 7, 10, &n, &e), 0);
	assert_int_equal(n, 7);
	assert_int_equal(account_number(&a, KEY_TIMEOUT, 60, 299, &n, &e), -1);
	assert_string_equal(e.text, "timeout: 5m is more than 299");
	account_free(&a);

	assert_int_equal(load(&a, KEY_IMAP, NULL, &e), 0);
	assert_string_equal(account_user(&a), "ann.w");
	account_free(&a);

	assert_int_equal(load(&a, KEY_POP, OPT("a", "home", "o", "maildir=/x", "o", "deadline=1h", "v", ""), &e), 0);
	assert_string_equal(a.name, "home");
	assert_string_equal(a.url.port, "1995");
	assert_string_equal(account_get(&a, KEY_MAILDIR), "/x");
	assert_int_equal(a.verbose, 1);
	assert_in_range(a.end - deadline_now(), 3590000, 3600000);
	account_free(&a);

	assert_int_equal(load(&a, KEY_POP, OPT("a", "ANN@example.net"), &e), 0);
	assert_string_equal(a.name, "home");
	account_free(&a);

	assert_int_equal(load(&a, KEY_POP, OPT("a", "pop3://bob@[::1]"), &e), 0);
	assert_null(a.name);
	assert_string_equal(a.url.host, "::1");
	assert_string_equal(account_get(&a, KEY_MAILDIR), "~/Mail");
	assert_null(account_get(&a, KEY_PASSWORD));
	account_free(&a);

	assert_int_equal(load(&a, KEY_COUNT, OPT("a", "home"), &e), 0);
	assert_null(a.url.scheme);
	account_free(&a);
}

#define FILE_SAYS "\1"	/* stands for the file's path */

static const struct {
	const char *file;
	enum account_key endpoint;
	const char *options[5];
	int class;
	const char *says;
} wrong[] = {
	{ usual, KEY_SEND, { "o", "colour=red" }, ERR_USAGE, "-o colour: no such key, see pennypost(5)" },
	{ usual, KEY_SEND, { "o", "timeout" }, ERR_USAGE, "-o timeout: write -o key=value" },
	{ usual, KEY_SEND, { "o", "password=sesame" }, ERR_USAGE,
	    "-o password: others could see it; write -o 'password=!command', or use the configuration file" },
	{ usual, KEY_SEND, { "o", "timeout=x" }, ERR_USAGE,
	    "-o: timeout: \"x\" is no span of time: write seconds, or as 15m, 12h, 14d, 2w, 1d12h" },
	{ usual, KEY_SEND, { "o", "tls=maybe" }, ERR_USAGE, "-o: tls is off, on, 1.2 or 1.3, not \"maybe\"" },
	{ usual, KEY_SEND, { "x", "" }, ERR_USAGE, "no such option -x" },
	{ usual, KEY_SEND, { "a", "wrok" }, ERR_CONFIG, "no account wrok in " FILE_SAYS "; it has: work, home" },
	{ "timeout 1\n", KEY_SEND, { "a", "work" }, ERR_CONFIG, "no account work in " FILE_SAYS "; it has: none" },
	{ usual, KEY_SEND, { "a", "bob@example.net" }, ERR_CONFIG,
	    "no account bob@example.net in " FILE_SAYS "; it has: work, home" },
	{ usual, KEY_POP, { NULL }, ERR_CONFIG,
	    "account work has no `pop`: add a line such as `pop pop3s://ann@mail.example.org` to " FILE_SAYS },
	{ usual, KEY_SEND, { "a", "smtp://a:sesame@h" }, ERR_USAGE,
	    "-a: a URL must not hold a password, others could see it: use the password key, or ~/.netrc" },
	{ "account a\ncolour red\n", KEY_SEND, { NULL }, ERR_CONFIG, FILE_SAYS ":2: no such key \"colour\", see pennypost(5)" },
	{ "account a\nfrom x\naccount b\ncolour red\n", KEY_SEND, { NULL }, ERR_CONFIG,
	    FILE_SAYS ":4: no such key \"colour\", see pennypost(5)" },
	{ "account a\nfrom x\nfrom y\n", KEY_SEND, { NULL }, ERR_CONFIG, FILE_SAYS ":3: \"from\" is set a second time" },
	{ "timeout 1\ntimeout 2\n", KEY_SEND, { NULL }, ERR_CONFIG, FILE_SAYS ":2: \"timeout\" is set a second time" },
	{ "account a\nsend smtp://h:x\n", KEY_SEND, { NULL }, ERR_CONFIG, FILE_SAYS ":2: send: a bad port \"x\": 1 to 65535" },
	{ "account a\nexpire 9y\n", KEY_SEND, { NULL }, ERR_CONFIG,
	    FILE_SAYS ":2: expire: \"9y\" is no span of time: write seconds, or as 15m, 12h, 14d, 2w, 1d12h" },
	{ NULL, KEY_SEND, { NULL }, ERR_CONFIG, "PENNYPOST_CONFIG names " FILE_SAYS ": No such file or directory" },
};

static void
test_mistakes(void **state)
{
	struct account a;
	struct err e;
	const char *mark;
	char want[400];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		unlink(conf);
		if (wrong[i].file != NULL)
			put(conf, wrong[i].file, 0600);
		assert_int_equal(load(&a, wrong[i].endpoint, wrong[i].options, &e), -1);
		mark = strchr(wrong[i].says, *FILE_SAYS);
		snprintf(want, sizeof want, "%.*s%s%s", mark != NULL ? (int)(mark - wrong[i].says) : 0, wrong[i].says,
		    mark != NULL ? conf : "",
		    mark != NULL ? mark + 1 : wrong[i].says);
		assert_string_equal(e.text, want);
		assert_int_equal(e.class, wrong[i].class);
		account_free(&a);
	}
}

/* No file at all; skipped where the machine has one for everybody. */
static void
test_no_file(void **state)
{
	struct account a;
	struct err e;
	char want[300];

	(void)state;
	if (access("/etc/pennypost/config", F_OK) == 0)
		skip();
	unsetenv("PENNYPOST_CONFIG");
	unsetenv("XDG_CONFIG_HOME");
	assert_int_equal(load(&a, KEY_SEND, OPT("o", "helo=h.example.org"), &e), 1);
	assert_string_equal(account_get(&a, KEY_HELO), "h.example.org");
	snprintf(want, sizeof want,
	    "no configuration: write %s/.config/pennypost/config (see pennypost(5)), or give a URL, as in "
	    "-a imaps://ann@mail.example.org", dir);
	assert_string_equal(e.text, want);
	assert_int_equal(e.class, ERR_CONFIG);
	account_free(&a);
	assert_int_equal(load(&a, KEY_SEND, OPT("a", "work"), &e), -1);
	snprintf(want, sizeof want,
	    "no account work: there is no configuration; write %s/.config/pennypost/config (see pennypost(5)), or give -a a "
	    "URL such as imaps://ann@mail.example.org", dir);
	assert_string_equal(e.text, want);
	account_free(&a);
	assert_int_equal(load(&a, KEY_SEND, OPT("a", "smtp://h"), &e), 0);
	assert_string_equal(a.url.host, "h");
	account_free(&a);
	assert_int_equal(load(&a, KEY_SEND, OPT("o", "send=smtp://h2"), &e), 0);
	assert_string_equal(a.url.host, "h2");
	account_free(&a);
	setenv("PENNYPOST_CONFIG", conf, 1);
}

static void
test_find_from(void **state)
{
	struct err e;
	char *name;

	(void)state;
	put(conf, usual, 0600);
	assert_int_equal(account_find_from("ann@EXAMPLE.org", &name, &e), 0);
	assert_string_equal(name, "work");
	free(name);
	assert_int_equal(account_find_from("ann+lists@example.ORG", &name, &e), 0);
	assert_string_equal(name, "work");
	free(name);
	assert_int_equal(account_find_from("ann@example.or", &name, &e), 0);
	assert_null(name);
	assert_int_equal(account_find_from("an+n@example.org", &name, &e), 0);
	assert_null(name);
	assert_int_equal(account_find_from("+ann@example.org", &name, &e), 0);
	assert_null(name);
	assert_int_equal(account_find_from("ann@example.orgx", &name, &e), 0);
	assert_null(name);
	put(conf, "account ann\nfrom ann@example.org\naccount lists\nfrom Lists <ann+lists@example.org>\n", 0600);
	assert_int_equal(account_find_from("ann+lists@example.org", &name, &e), 0);
	assert_string_equal(name, "lists");
	free(name);
	assert_int_equal(account_find_from("ann+other@example.org", &name, &e), 0);
	assert_string_equal(name, "ann");
	free(name);
}

/* A command whose exit status says so is asked again later: a provider of tokens may be down. */
static void
test_secret_later(void **state)
{
	static const struct { const char *line; enum err_class class; } t[] = {
		{ "password !exit 75\n", ERR_TEMP }, { "token !exit 75\n", ERR_TEMP }, { "password !kill -9 $$\n", ERR_TEMP },
		{ "token !exit 77\n", ERR_CONFIG }, { "password !exit 1\n", ERR_CONFIG },
	};
	struct buf text = { 0 };
	struct account a;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		buf_cut(&text, 0);
		buf_printf(&text, "account work\nimap imaps://ann@mail.example.org\n%s", t[i].line);
		put(conf, text.data, 0600);
		assert_int_equal(load(&a, KEY_IMAP, NULL, &e), 0);
		assert_int_equal(account_unlock(&a, &e), -1);
		assert_int_equal(e.class, t[i].class);
		account_free(&a);
	}
	buf_free(&text);
}

#define ACC "account work\nimap imaps://ann@mail.example.org:993\n"
#define NO_PASSWORD "no password for account work: add a line `password !command` to it in " FILE_SAYS ", or put it into ~/.netrc"

static const struct { const char *line; mode_t mode; const char *netrc; mode_t netrc_mode; const char *want,
    *says; } secrets[] = {
	{ "password sesame", 0600, NULL, 0, "sesame", NULL },
	{ "password \"  two words \"", 0600, NULL, 0, "  two words ", NULL },
	{ "password sesame", 0644, NULL, 0, NULL, FILE_SAYS " holds a password and others can read it: chmod 600 " FILE_SAYS },
	{ "password !printf 'open\\r\\nsecond line\\n'", 0644, NULL, 0, "open", NULL },
	{ "password ! printf open", 0600, NULL, 0, "open", NULL },
	{ "password !cat; printf x", 0600, NULL, 0, "x", NULL },
	{ "password !yes open | head -c 1000000", 0600, NULL, 0, "open", NULL },
	{ "password !printf open; exit 3", 0600, NULL, 0, NULL,
	    "the password command of account work: it ended with exit status 3" },
	{ "password !/no/such/program 2>/dev/null", 0600, NULL, 0, NULL,
	    "the password command of account work: it ended with exit status 127 (not found)" },
	{ "password !true", 0600, NULL, 0, NULL, "the password command of account work: its first line is empty" },
	{ "password !echo; echo x", 0600, NULL, 0, NULL, "the password command of account work: its first line is empty" },
	{ "password !printf 'a\\000b\\n'", 0600, NULL, 0, NULL,
	    "the password command of account work: its first line holds a NUL octet" },
	{ "password !yes | tr -d '\\n' | head -c 4097", 0600, NULL, 0, NULL,
	    "the password command of account work: its first line is longer than 4096 octets" },
	{ "", 0644, "machine mail.example.org login ann password net", 0600, "net", NULL },
	{ "", 0644, "machine MAIL.example.org\n\tpassword net\n\tlogin ann\n", 0400, "net", NULL },
	{ "", 0600,
	    "machine other password a\nmachine mail.example.org login bob password b machine mail.example.org password net",
	    0600, "net", NULL },
	{ "", 0600, "# machine mail.example.org password no\ndefault login ann password \"a \\\"b\\\\\"", 0600, "a \"b\\", NULL },
	{ "", 0600, "machine mail.example.org port 995 password no\nmachine mail.example.org port 993 password net", 0600,
	    "net", NULL },
	{ "", 0600, "macdef x\nmachine mail.example.org password n\n\nmachine mail.example.org account y password net", 0600,
	    "net", NULL },
	{ "", 0600, "machine mail.example.org login ann password net", 0644, NULL,
	    "\2 holds a password and others can read it: chmod 600 \2" },
	{ "", 0600, "machine other login ann password net", 0644, NULL, NO_PASSWORD },
	{ "", 0600, "machine mail.example.org login ann", 0600, NULL, NO_PASSWORD },
	{ "", 0600, "machine mail.example.org login ann password", 0600, NULL, NO_PASSWORD },
	{ "", 0600, "machine", 0600, NULL, NO_PASSWORD }, { "", 0600, "", 0600, NULL, NO_PASSWORD },
	{ "", 0600, NULL, 0, NULL, NO_PASSWORD },
	{ "password sesame", 0600, "machine mail.example.org login ann password net", 0600, "sesame", NULL },
};

/* \1 and \2 in a text become the names of the two files. */
static void
expand(struct buf *b, const char *s)
{
	buf_cut(b, 0);
	for (; *s != '\0'; s++)
		*s == '\1' ? buf_adds(b, conf) : *s == '\2' ? buf_adds(b, netrc) : buf_addc(b, *s);
}

static void
test_secrets(void **state)
{
	struct account a;
	struct buf text = { 0 }, secret = { 0 };
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		buf_cut(&text, 0);
		buf_printf(&text, ACC "%s\n", secrets[i].line);
		put(conf, text.data, secrets[i].mode);
		unlink(netrc);
		if (secrets[i].netrc != NULL)
			put(netrc, secrets[i].netrc, secrets[i].netrc_mode);
		assert_int_equal(load(&a, KEY_IMAP, NULL, &e), 0);
		if (account_secret(&a, &secret, &e) == 0 && secrets[i].want == NULL)
			fail_msg("%s %s: a secret came out", secrets[i].line, secrets[i].netrc != NULL ? secrets[i].netrc : "");
		assert_string_equal(buf_str(&secret), secrets[i].want != NULL ? secrets[i].want : "");
		if (secrets[i].says != NULL) {
			expand(&text, secrets[i].says);
			assert_string_equal(e.text, text.data);
			assert_int_equal(e.class, ERR_CONFIG);
		}
		buf_wipe(&secret);
		account_free(&a);
	}
	buf_free(&text);
}

static void
test_credentials(void **state)
{
	struct account a;
	struct buf secret = { 0 };
	struct err e;
	char file[96];

	(void)state;
	put(conf, ACC, 0644);
	unlink(netrc);
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	snprintf(file, sizeof file, "%s/password-work", dir);
	put(file, "cred\nx\n", 0600);
	assert_int_equal(load(&a, KEY_IMAP, NULL, &e), 0);
	assert_int_equal(account_secret(&a, &secret, &e), 0);
	assert_string_equal(buf_str(&secret), "cred");
	buf_wipe(&secret);
	unlink(file);
	assert_int_equal(account_secret(&a, &secret, &e), 0);	/* asked for once */
	assert_string_equal(buf_str(&secret), "cred");
	buf_wipe(&secret);
	account_free(&a);
	unsetenv("CREDENTIALS_DIRECTORY");
}

/* A token is no password, and a password no token; what is there is found before anybody is kept waiting. */
static void
test_tokens(void **state)
{
	static const struct { const char *lines; int unlock; const char *token, *secret, *says; } t[] = {
		{ "token !echo tok\n", 0, "tok", NULL, NULL },
		{ "token tok\n", 0, "tok", NULL, NULL },
		{ "token !echo tok\npassword !echo sesame\n", 0, "tok", "sesame", NULL },
		{ "password !echo sesame\n", 0, NULL, "sesame", NULL },
		{ "tls-cert /c.pem\n", 0, NULL, NULL, NULL },
		{ "tls-cert /c.pem\npassword !echo sesame\n", 0, NULL, "sesame", NULL },
		{ "auth external\npassword !exit 1\n", 0, NULL, NULL, NULL },
		{ "token !exit 3\n", -1, NULL, NULL, "the token command of account work: it ended with exit status 3" },
		{ "token !echo\n", -1, NULL, NULL, "the token command of account work: its first line is empty" },
	};
	struct account a;
	struct buf text = { 0 }, secret = { 0 };
	struct err e;

	(void)state;
	unlink(netrc);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		buf_cut(&text, 0);
		buf_printf(&text, ACC "%s", t[i].lines);
		put(conf, text.data, 0600);
		assert_int_equal(load(&a, KEY_IMAP, NULL, &e), 0);
		assert_int_equal(account_unlock(&a, &e), t[i].unlock);
		if (t[i].says != NULL)
			assert_string_equal(e.text, t[i].says);
		assert_string_equal(a.token != NULL ? a.token : "", t[i].token != NULL ? t[i].token : "");
		assert_string_equal(a.secret != NULL ? a.secret : "", t[i].secret != NULL ? t[i].secret : "");
		account_free(&a);
	}
	put(netrc, "machine mail.example.org login ann password net", 0600);
	put(conf, ACC "tls-cert /c.pem\nauth plain\n", 0600);	/* the certificate is for TLS only */
	assert_int_equal(load(&a, KEY_IMAP, NULL, &e), 0);
	assert_int_equal(account_unlock(&a, &e), 0);
	assert_string_equal(a.secret, "net");
	account_free(&a);
	unlink(netrc);
	put(conf, ACC "token tok\n", 0600);
	assert_int_equal(load(&a, KEY_IMAP, NULL, &e), 0);
	assert_int_equal(account_secret(&a, &secret, &e), -1);
	assert_string_equal(e.text, "account work has a token, but no password, which is what the server wants");
	account_free(&a);
	put(conf, ACC "token tok\n", 0644);
	assert_int_equal(load(&a, KEY_IMAP, NULL, &e), 0);
	assert_int_equal(account_unlock(&a, &e), -1);
	assert_non_null(strstr(e.text, "chmod 600"));
	account_free(&a);
	assert_int_equal(load(&a, KEY_IMAP, OPT("o", "token=tok"), &e), -1);
	assert_string_equal(e.text, "-o token: others could see it; write -o 'token=!command', or use the configuration file");
	account_free(&a);
	buf_free(&text);
}

/* A command that says nothing does not outlast the run. */
static void
test_command_deadline(void **state)
{
	struct account a;
	struct buf secret = { 0 };
	struct err e;

	(void)state;
	put(conf, ACC "password !exec sleep 600\n", 0600);
	assert_int_equal(load(&a, KEY_IMAP, NULL, &e), 0);
	a.end = deadline_now() + 20;
	assert_int_equal(account_secret(&a, &secret, &e), -1);
	assert_int_equal(e.class, ERR_TEMP);
	assert_string_equal(e.text, "the password command of account work: waiting for its answer: timed out");
	buf_wipe(&secret);
	account_free(&a);
}

static const struct service services[] = { { "imaps", "993", 1, 0 }, { "imap", "143", 0, 0 }, { "imap+unix", NULL, 0, 1 },
{ NULL, NULL, 0, 0 } };

static const struct { const char *url, *option, *says; } endpoints[] = {
	{ "pop3s://h", "tls=on", "pop3s: is no endpoint for this: use imaps://, imap://, imap+unix:, exec:" },
	{ "imaps://h", "tls=off", "imaps:// is TLS from the first octet: tls=off does not go with it" },
	{ "imap:h", "tls=on", "imap: needs a host, as in imap://mail.example.org" },
	{ "imap+unix://h/x", "tls=on", "imap+unix: needs the path of a socket, as in imap+unix:/run/socket" },
	{ "imap+unix:", "tls=on", "imap+unix: needs the path of a socket, as in imap+unix:/run/socket" },
	{ "exec:", "tls=on", "exec: needs a command, as in exec:ssh host imapd" },
};

static void
test_connect(void **state)
{
	struct account a;
	struct stream *s = NULL;
	struct err e;
	char *line;
	size_t i, len;
	int starttls;

	(void)state;
	put(conf, "", 0600);
	for (i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
		assert_int_equal(load(&a, KEY_IMAP, OPT("a", endpoints[i].url, "o", endpoints[i].option), &e), 0);
		assert_int_equal(account_connect(&a, services, &s, &starttls, &e), -1);
		assert_string_equal(e.text, endpoints[i].says);
		assert_int_equal(e.class, ERR_CONFIG);
		account_free(&a);
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(load(&a, KEY_IMAP, OPT("a", "exec:echo hello", "o", i == 0 ? "tls=1.2" : "tls=on"), &e), 0);
		assert_int_equal(account_connect(&a, services, &s, &starttls, &e), 0);
		assert_int_equal(starttls, i);
		assert_int_equal(stream_line(s, &line, &len, &e), 0);
		assert_string_equal(line, "hello");
		stream_close(&s);
		account_free(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whose_value),
		cmocka_unit_test(test_finals),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_find_from), cmocka_unit_test(test_secret_later),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_command_deadline),
		cmocka_unit_test(test_connect),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
