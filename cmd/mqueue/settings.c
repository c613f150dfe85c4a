/* SPDX-License-Identifier: ISC */
/* settings.c - see settings.h. Spans are bounded to ten years, so that sums of times never overflow. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "err.h"
#include "settings.h"
#include "units.h"
#include "xalloc.h"

#define PARALLEL_MAX 64
#define SESSIONS_MAX 1000	/* dest.c has room for 1024 */
#define SPAN_MAX (3650 * (int64_t)86400)

static int
set_text(char **to, const char *value)
{
	free(*to);
	*to = xstrdup(value);
	return 0;
}

static int
set_span(int64_t *to, const char *key, const char *value, struct err *e)
{
	int64_t span;

	if (units_span(value, &span, e) == -1)
		return err_prefix(e, "%s", key);
	if (span < 1 || span > SPAN_MAX)
		return err_set(e, ERR_CONFIG, "%s %s: not between 1s and 3650d", key, value);
	*to = span;
	return 0;
}

/* "5m 4h": the first wait, and the longest. One alone is both. */
static int
set_retry(struct schedule *s, const char *value, struct err *e)
{
	size_t len = strcspn(value, " \t"), gap = strspn(value + len, " \t");
	const char *second = value + len + gap;
	char *first = xstrndup(value, len);
	int64_t least = 0, most;
	int code = set_span(&least, "retry", first, e);

	most = least;
	free(first);
	if (code == 0 && *second != '\0')
		code = set_span(&most, "retry", second, e);
	if (code == -1)
		return -1;
	if (most < least)
		return err_set(e, ERR_CONFIG, "retry %s: the first wait is longer than the longest", value);
	s->first = least;
	s->most = most;
	return 0;
}

static int
set_warn(struct settings *s, const char *value, struct err *e)
{
	if (strcmp(value, "off") != 0)
		return set_span(&s->warn, "warn", value, e);
	s->warn = 0;
	return 0;
}

static int
set_number(unsigned int *to, const char *key, const char *value, unsigned int least, unsigned int most, struct err *e)
{
	const char *wrong;
	long long n = strtonum(value, least, most, &wrong);

	if (wrong != NULL)
		return err_set(e, ERR_CONFIG, "%s %s: not a number between %u and %u", key, value, least, most);
	*to = (unsigned int)n;
	return 0;
}

/* 1 for a key that is none of serve's. */
static int
set_serve(struct settings *s, const char *key, const char *value, struct err *e)
{
	if (strcmp(key, "serve-domains") == 0)
		return set_text(&s->serve_domains, value);
	if (strcmp(key, "serve-relay") == 0)
		return set_text(&s->serve_relay, value);
	if (strcmp(key, "serve-local") == 0)
		return set_text(&s->serve_local, value);
	if (strcmp(key, "serve-timeout") == 0)
		return set_span(&s->serve_timeout, key, value, e);
	if (strcmp(key, "serve-size") != 0)
		return 1;
	return units_size(value, &s->serve_size, e) == -1 ? err_prefix(e, "%s", key) : 0;
}

/* 1 for a key that is not ours. */
static int
set(struct settings *s, const char *key, const char *value, struct err *e)
{
	if (strncmp(key, "serve-", 6) == 0)
		return set_serve(s, key, value, e);
	if (strcmp(key, "queue") == 0)
		return set_text(&s->queue, value);
	if (strcmp(key, "from") == 0)
		return set_text(&s->from, value);
	if (strcmp(key, "retry") == 0)
		return set_retry(&s->schedule, value, e);
	if (strcmp(key, "expire") == 0)
		return set_span(&s->schedule.expire, key, value, e);
	if (strcmp(key, "warn") == 0)
		return set_warn(s, value, e);
	if (strcmp(key, "bounce-limit") == 0)
		return set_number(&s->bounce_limit, key, value, 0, 1000000, e);
	if (strcmp(key, "parallel") == 0)
		return set_number(&s->parallel, key, value, 1, PARALLEL_MAX, e);
	if (strcmp(key, "per-destination") == 0)
		return set_number(&s->per_destination, key, value, 1, SESSIONS_MAX, e);
	if (strcmp(key, "bounce-size") == 0)
		return units_size(value, &s->bounce_size, e) == -1 ? err_prefix(e, "%s", key) : 0;
	return 1;
}

/* While the file is read. */
struct reading {
	struct settings *s;
	const char *account;
	char *first;		/* section */
	int final;		/* the machine's */
};

static int
read_line(void *ctx, const char *section, const char *key, const char *value, struct err *e)
{
	struct reading *r = ctx;

	if (r->final)
		whereto_final(&r->s->whereto, key, value);
	else
		whereto_line(&r->s->whereto, section, key, value);
	if (section == NULL) {
		if (set(r->s, key, value, e) != -1)
			return 0;
		e->class = ERR_CONFIG;
		return -1;
	}
	if (r->first == NULL)
		r->first = xstrdup(section);
	if (strcmp(key, "from") == 0 && strcmp(section, r->account != NULL ? r->account : r->first) == 0)
		return set_text(&r->s->from, value);
	return 0;
}

static int
read_file(struct settings *s, const char *account, struct err *e)
{
	struct reading r = { .s = s, .account = account };
	char *path = config_path();
	int code = path == NULL ? 0 : config_read(path, read_line, &r, e);

	free(r.first);
	free(path);
	return code;
}

static int
set_option(struct settings *s, const char *arg, struct err *e)
{
	size_t len = strcspn(arg, "=");
	char *key;
	int code;

	if (arg[len] != '=')
		return err_set(e, ERR_USAGE, "-o %s: write -o key=value", arg);
	key = xstrndup(arg, len);
	code = set(s, key, arg + len + 1, e);
	if (code == 1)
		code = err_set(e, ERR_USAGE, "%s is no key of mqueue; it has queue, from, retry, expire, warn, bounce-limit, "
		    "bounce-size, parallel, per-destination and those of serve", key);
	else if (code == -1)
		e->class = ERR_USAGE;
	free(key);
	return code == -1 ? err_prefix(e, "-o") : 0;
}

static char *
default_queue(void)
{
	const char *state = getenv("XDG_STATE_HOME");

	if (geteuid() == 0)
		return xstrdup("/var/spool/pennypost");
	if (state != NULL && *state == '/')
		return xasprintf("%s/pennypost/queue", state);
	return config_tilde("~/.local/state/pennypost/queue");
}

/* Each that is there outdoes the one before. */
int
settings_load(struct settings *s, const struct settings_options *o, struct err *e)
{
	const char *env = getenv("PENNYPOST_QUEUE");
	char *path;
	size_t i;

	*s = (struct settings){ .schedule = SCHEDULE_DEFAULT, .warn = 4 * 3600, .bounce_limit = 100, .bounce_size = 50 * 1024,
	    .parallel = 8, .per_destination = 5 };
	if (read_file(s, o->account, e) == -1)
		return -1;
	if (env != NULL && *env != '\0')
		set_text(&s->queue, env);
	for (i = 0; i < o->sets; i++)
		if (set_option(s, o->set[i], e) == -1)
			return -1;
	if (o->queue != NULL)
		set_text(&s->queue, o->queue);
	if (config_finals(read_line, &(struct reading){ .s = s, .final = 1 }, e) == -1)
		return -1;
	path = s->queue == NULL ? default_queue() : config_tilde(s->queue);
	free(s->queue);
	s->queue = path;
	return 0;
}

void
settings_free(struct settings *s)
{
	free(s->queue);
	free(s->from);
	free(s->serve_domains);
	free(s->serve_relay);
	free(s->serve_local);
	whereto_free(&s->whereto);
	*s = (struct settings){ 0 };
}
