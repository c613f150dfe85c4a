/* SPDX-License-Identifier: ISC */
/* account.c - settles on the account: -o over the section over the lines before the first section.
 * An unknown key is a mistake in every section, a bad value only in the one that is used. */
#include "account.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "buf.h"
#include "config.h"
#include "deadline.h"
#include "err.h"
#include "units.h"
#include "xalloc.h"

static const char *const key_names[KEY_COUNT] = {
	[KEY_FROM] = "from", [KEY_SEND] = "send", [KEY_POP] = "pop", [KEY_IMAP] = "imap",
	[KEY_IMAP_WITHOUT] = "imap-without", [KEY_IMAP_ID] = "imap-id", [KEY_COMPRESS] = "compress", [KEY_WATCH_IDLE] = "watch-idle", [KEY_WATCH_POLL] = "watch-poll",
	[KEY_USER] = "user",
	[KEY_PASSWORD] = "password", [KEY_TOKEN] = "token", [KEY_AUTH] = "auth", [KEY_TLS] = "tls", [KEY_TLS_CA] = "tls-ca", [KEY_TLS_PIN] = "tls-pin",
	[KEY_TLS_CERT] = "tls-cert", [KEY_TLS_KEY] = "tls-key", [KEY_PROXY] = "proxy", [KEY_SOURCE] = "source",
	[KEY_HELO] = "helo", [KEY_TIMEOUT] = "timeout",
	[KEY_SERVE_DOMAINS] = "serve-domains", [KEY_SERVE_LOCAL] = "serve-local", [KEY_SERVE_RELAY] = "serve-relay", [KEY_SERVE_SIZE] = "serve-size",
	[KEY_SERVE_TIMEOUT] = "serve-timeout",
	[KEY_DEADLINE] = "deadline", [KEY_MAILDIR] = "maildir", [KEY_QUEUE] = "queue", [KEY_RETRY] = "retry",
	[KEY_EXPIRE] = "expire", [KEY_DKIM_DOMAIN] = "dkim-domain", [KEY_DKIM_SELECTOR] = "dkim-selector", [KEY_DKIM_KEY] = "dkim-key",
	[KEY_RESOLVER] = "resolver", [KEY_MX_PORT] = "mx-port", [KEY_MTA_STS] = "mta-sts", [KEY_WARN] = "warn", [KEY_BOUNCE_LIMIT] = "bounce-limit",
	[KEY_BOUNCE_SIZE] = "bounce-size", [KEY_PARALLEL] = "parallel", [KEY_PER_DESTINATION] = "per-destination",
	[KEY_ALIASES] = "aliases", [KEY_DOMAIN] = "domain", [KEY_FROM_FORCE] = "from-force", [KEY_LOG] = "log",
	[KEY_WINDOW] = "window", [KEY_REQUIRE_TLS] = "require-tls",
	[KEY_SYNC] = "sync", [KEY_EXPUNGE] = "expunge", [KEY_TRASH] = "trash", [KEY_LAYOUT] = "layout", [KEY_FOLDERS] = "folders",
	[KEY_MAX_SIZE] = "max-size", [KEY_MAX_AGE] = "max-age", [KEY_TOO_LARGE] = "too-large", [KEY_MAX_DELETE] = "max-delete",
};

static enum account_key
key_find(const char *name, size_t len)
{
	enum account_key key = 0;

	while (key < KEY_COUNT && (strncmp(key_names[key], name, len) != 0 || key_names[key][len] != '\0'))
		key++;
	return key;
}

static int
check_proxy(const char *value, struct err *e)
{
	struct url url;
	int ok;

	if (url_parse(&url, value, e) == -1)
		return err_prefix(e, "proxy");
	ok = strcmp(url.scheme, "socks5") == 0 && url.host != NULL && url.path == NULL;
	url_free(&url);
	return ok ? 0 : err_set(e, ERR_CONFIG, "proxy is written as socks5://host:port, not \"%s\"", value);
}

/* What can be said of a value before it is used. */
static int
check_value(enum account_key key, const char *value, struct err *e)
{
	static const char *const tls[] = { "off", "on", "1.2", "1.3" };
	struct url url;
	const char *bad = NULL;
	struct in6_addr address;
	int64_t span;
	size_t i;

	switch (key) {
	case KEY_SEND: case KEY_POP: case KEY_IMAP:
		if (url_parse(&url, value, e) == -1)
			return err_prefix(e, "%s", key_names[key]);
		url_free(&url);
		return 0;
	case KEY_TIMEOUT: case KEY_DEADLINE: case KEY_EXPIRE: case KEY_WATCH_IDLE: case KEY_WATCH_POLL:
		return units_span(value, &span, e) == -1 ? err_prefix(e, "%s", key_names[key]) : 0;
	case KEY_TLS:
		for (i = 0; i < sizeof tls / sizeof *tls; i++)
			if (strcmp(value, tls[i]) == 0)
				return 0;
		return err_set(e, ERR_CONFIG, "tls is off, on, 1.2 or 1.3, not \"%s\"", value);
	case KEY_COMPRESS:
		return strcmp(value, "on") == 0 || strcmp(value, "off") == 0 || strcmp(value, "auto") == 0 ? 0
		    : err_set(e, ERR_CONFIG, "compress is on, off or auto, not \"%s\"", value);
	case KEY_MTA_STS:
		strtonum(value, 1, 65535, &bad);
		return bad == NULL || strcmp(value, "on") == 0 || strcmp(value, "off") == 0 ? 0
		    : err_set(e, ERR_CONFIG, "mta-sts is on, off or a port, not \"%s\"", value);
	case KEY_FROM_FORCE: case KEY_REQUIRE_TLS: case KEY_IMAP_ID:
		if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
			return err_set(e, ERR_CONFIG, "%s is on or off, not \"%s\"", key_names[key], value);
		return 0;
	case KEY_WINDOW:
		strtonum(value, 1, 1000, &bad);
		return bad != NULL ? err_set(e, ERR_CONFIG, "window is 1 to 1000, not \"%s\"", value) : 0;
	case KEY_PROXY:
		return check_proxy(value, e);
	case KEY_SOURCE:
		return inet_pton(AF_INET, value, &address) == 1 || inet_pton(AF_INET6, value, &address) == 1 ? 0
		    : err_set(e, ERR_CONFIG, "source is an address of this machine, not \"%s\"", value);
	case KEY_MX_PORT:
		strtonum(value, 1, 65535, &bad);
		return bad != NULL ? err_set(e, ERR_CONFIG, "mx-port is 1 to 65535, not \"%s\"", value) : 0;
	default:
		return 0;
	}
}

static void
forget(char **secret)
{
	if (*secret != NULL)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

static int
set_option(struct account *a, const char *arg, struct err *e)
{
	size_t len = strcspn(arg, "=");
	enum account_key key = key_find(arg, len);
	const char *value = arg + len + 1;

	if (arg[len] != '=')
		return err_set(e, ERR_USAGE, "-o %s: write -o key=value", arg);
	if (key == KEY_COUNT)
		return err_set(e, ERR_USAGE, "-o %.*s: no such key, see pennypost(5)", (int)len, arg);
	if ((key == KEY_PASSWORD || key == KEY_TOKEN) && *value != '!')
		return err_set(e, ERR_USAGE,
		    "-o %s: others could see it; write -o '%s=!command', or use the configuration file", key_names[key], key_names[key]);
	if (check_value(key, value, e) == -1) {
		e->class = ERR_USAGE;
		return err_prefix(e, "-o");
	}
	free(a->option[key]);
	a->option[key] = xstrdup(value);
	return 0;
}

int
account_option(struct account *a, int ch, const char *arg, struct err *e)
{
	switch (ch) {
	case 'a':
		free(a->which);
		a->which = xstrdup(arg);
		return 0;
	case 'o':
		return set_option(a, arg, e);
	case 'v':
		a->verbose++;
		return 0;
	default:
		return err_set(e, ERR_USAGE, "no such option -%c", ch);
	}
}

/* While the file is read. */
struct reading {
	struct account *a;
	const char *want;		/* section; NULL: the first */
	int own[KEY_COUNT];		/* set by the section itself */
	struct buf names;		/* "home, work" */
};

static int
take_line(void *ctx, const char *section, const char *key_name, const char *text, struct err *e)
{
	struct reading *r = ctx;
	struct account *a = r->a;
	enum account_key key = key_find(key_name, strlen(key_name));
	int ours = section != NULL && a->name != NULL && strcmp(section, a->name) == 0;

	if (section != NULL && strcmp(key_name, "account") == 0) {
		buf_printf(&r->names, "%s%s", r->names.len > 0 ? ", " : "", section);
		if (a->name == NULL && (r->want == NULL || strcmp(section, r->want) == 0))
			a->name = xstrdup(section);
		return 0;
	}
	if (key == KEY_COUNT)
		return err_set(e, ERR_CONFIG, "no such key \"%s\", see pennypost(5)", key_name);
	if (section != NULL && !ours)
		return 0;
	if (a->value[key] != NULL && r->own[key] == ours)
		return err_set(e, ERR_CONFIG, "\"%s\" is set a second time", key_name);
	if (check_value(key, text, e) == -1) {
		e->class = ERR_CONFIG;
		return -1;
	}
	r->own[key] = ours;
	forget(&a->value[key]);
	a->value[key] = xstrdup(text);
	return 0;
}

static int
read_file(struct account *a, int by_url, struct err *e)
{
	struct reading r = { .a = a, .want = by_url ? "" : a->which };	/* no section is called "" */
	char *name = NULL;
	int rc;

	if (access(a->file, F_OK) == -1)	/* other places are only named where something is */
		return err_sys(e, ERR_CONFIG, "PENNYPOST_CONFIG names %s", a->file);
	if (a->which != NULL && !by_url && strchr(a->which, '@') != NULL) {
		if (account_find_from(a->which, &name, e) == -1)
			return -1;
		r.want = name != NULL ? name : a->which;
	}
	rc = config_read(a->file, take_line, &r, e);
	if (rc == 0 && a->which != NULL && !by_url && a->name == NULL)
		rc = err_set(e, ERR_CONFIG, "no account %s in %s; it has: %s", a->which, a->file,
		    r.names.len > 0 ? buf_str(&r.names) : "none");
	buf_free(&r.names);
	free(name);
	return rc;
}

static int
no_file(const struct account *a, struct err *e)
{
	char *path = config_tilde("~/.config/pennypost/config");

	if (a->which != NULL)
		err_set(e, ERR_CONFIG,
		    "no account %s: there is no configuration; write %s (see pennypost(5)), or give -a a URL such as "
		    "imaps://ann@mail.example.org", a->which, path);
	else
		err_set(e, ERR_CONFIG,
		    "no configuration: write %s (see pennypost(5)), or give a URL, as in -a imaps://ann@mail.example.org", path);
	free(path);
	return a->which != NULL ? -1 : 1;
}

static int
settle_endpoint(struct account *a, enum account_key endpoint, int by_url, struct err *e)
{
	static const char *const example[] = { [KEY_SEND] = "smtps", [KEY_POP] = "pop3s", [KEY_IMAP] = "imaps" };
	const char *text = by_url ? a->which : account_get(a, endpoint);

	if (text == NULL)
		return err_set(e, ERR_CONFIG, "%s%s has no `%s`: add a line such as `%s %s://ann@mail.example.org` to %s",
		    a->name != NULL ? "account " : "", a->name != NULL ? a->name : a->file, key_names[endpoint],
		    key_names[endpoint],
		    example[endpoint], a->file);
	if (url_parse(&a->url, text, e) == -1) {
		e->class = by_url ? ERR_USAGE : e->class;
		return by_url ? err_prefix(e, "-a") : err_prefix(e, "%s", key_names[endpoint]);
	}
	return 0;
}

static int
take_final(void *ctx, const char *section, const char *name, const char *text, struct err *e)
{
	enum account_key key = key_find(name, strlen(name));
	struct account *a = ctx;

	(void)section;
	if (key == KEY_COUNT)
		return err_set(e, ERR_CONFIG, "no such key \"%s\", see pennypost(5)", name);
	if (a->final[key] != NULL)
		return err_set(e, ERR_CONFIG, "\"%s\" is set a second time", name);
	if (check_value(key, text, e) == -1) {
		e->class = ERR_CONFIG;
		return -1;
	}
	a->final[key] = xstrdup(text);
	return 0;
}

/* What the machine's file settles; the command line must not ask for anything else. A user's file may, for other machines. */
static int
read_finals(struct account *a, enum account_key endpoint, int by_url, struct err *e)
{
	int key;

	if (config_finals(take_final, a, e) == -1)
		return -1;
	for (key = 0; key < KEY_COUNT; key++)
		if (a->final[key] != NULL && a->option[key] != NULL && strcmp(a->final[key], a->option[key]) != 0)
			return err_set(e, ERR_PERM, "-o %s: it is final in %s", key_names[key], config_system);
	if (by_url && endpoint != KEY_COUNT && a->final[endpoint] != NULL && strcmp(a->final[endpoint], a->which) != 0)
		return err_set(e, ERR_PERM, "-a %s: %s is final in %s", a->which, key_names[endpoint], config_system);
	return 0;
}

int
account_load(struct account *a, enum account_key endpoint, struct err *e)
{
	int by_url = a->which != NULL && url_is(a->which), rc = 0, seconds = 0;

	if (read_finals(a, endpoint, by_url, e) == -1)
		return -1;
	if ((a->file = config_path()) != NULL)
		rc = read_file(a, by_url, e);
	else if (!by_url && (a->which != NULL || endpoint == KEY_COUNT || a->option[endpoint] == NULL))
		rc = no_file(a, e);
	if (rc == -1 || account_number(a, KEY_DEADLINE, 0, 10 * 365 * 86400, &seconds, e) == -1)
		return -1;
	a->end = seconds > 0 ? deadline_in((int64_t)seconds * 1000, 0) : 0;
	return rc == 1 || endpoint == KEY_COUNT ? rc : settle_endpoint(a, endpoint, by_url, e);
}

const char *
account_get(const struct account *a, enum account_key key)
{
	if (a->final[key] != NULL)
		return a->final[key];
	return a->option[key] != NULL ? a->option[key] : a->value[key];
}

int
account_number(const struct account *a, enum account_key key, int fallback, int max, int *n, struct err *e)
{
	const char *text = account_get(a, key);
	int64_t value = fallback;
	int rc = 0;

	if (text != NULL && (rc = units_span(text, &value, e)) == 0 && value > max)
		rc = err_set(e, ERR_CONFIG, "%s is more than %d", text, max);
	if (rc == -1) {
		e->class = a->option[key] != NULL ? ERR_USAGE : ERR_CONFIG;
		return err_prefix(e, "%s", key_names[key]);
	}
	*n = (int)value;
	return 0;
}

struct search {
	const char *addr;
	char *name, *base;	/* base: of an account whose address is addr's without its +detail */
};

static int
same_base(const char *addr, const char *from, size_t n)
{
	size_t at = strcspn(addr, "@"), user = strcspn(addr, "+");

	return user > 0 && user < at && strlen(addr) - at + user == n && strncasecmp(addr, from, user) == 0
	    && strncasecmp(addr + at, from + user, n - user) == 0;
}

static int
match_from(void *ctx, const char *section, const char *key, const char *value, struct err *e)
{
	struct search *s = ctx;
	const char *open = strrchr(value, '<');
	size_t n;

	(void)e;
	if (section == NULL || s->name != NULL || strcmp(key, "from") != 0)
		return 0;
	if (open != NULL)
		value = open + 1;
	n = strcspn(value, "> \t");
	if (strlen(s->addr) == n && strncasecmp(value, s->addr, n) == 0)
		s->name = xstrdup(section);
	else if (s->base == NULL && same_base(s->addr, value, n))
		s->base = xstrdup(section);
	return 0;
}

int
account_find_from(const char *addr, char **name, struct err *e)
{
	struct search s = { .addr = addr };
	char *path = config_path();
	int rc = path != NULL ? config_read(path, match_from, &s, e) : 0;

	free(path);
	if (rc == 0)
		*name = s.name != NULL ? s.name : s.base;
	if (rc != 0 || s.name == NULL)
		free(s.name);
	if (rc != 0 || s.name != NULL)
		free(s.base);
	return rc;
}

void
account_free(struct account *a)
{
	int i;

	for (i = 0; i < KEY_COUNT; i++) {
		forget(&a->value[i]);
		forget(&a->option[i]);
		forget(&a->final[i]);
	}
	forget(&a->secret);
	forget(&a->token);
	free(a->name);
	free(a->file);
	free(a->which);
	url_free(&a->url);
	*a = (struct account){ 0 };
}

const char *
account_user(const struct account *a)
{
	static char login[256];
	const struct passwd *pw;

	if (a->url.user != NULL)
		return a->url.user;
	if (account_get(a, KEY_USER) != NULL)
		return account_get(a, KEY_USER);
	if (login[0] == '\0' && (pw = getpwuid(getuid())) != NULL)
		strlcpy(login, pw->pw_name, sizeof login);
	return login;
}
