/* SPDX-License-Identifier: ISC */
/* syncopts.c - what is to be synchronised, in which direction, and how far. */
#include "syncopts.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "config.h"
#include "mimap.h"
#include "sync.h"
#include "units.h"
#include "xalloc.h"

enum { OPT_PULL = 256, OPT_PUSH, OPT_EXACT, OPT_FORCE, OPT_REMOVE };

static const struct option longs[] = {
	{ "pull", no_argument, NULL, OPT_PULL },
	{ "push", no_argument, NULL, OPT_PUSH },
	{ "exact", no_argument, NULL, OPT_EXACT },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "remove", no_argument, NULL, OPT_REMOVE },
	{ NULL, 0, NULL, 0 }
};

struct directions {
	int pull, push, exact;
};

static int
read_command_line(struct sync_opts *o, struct directions *d, int argc, char **argv, struct err *e)
{
	int ch;

	while ((ch = getopt_long(argc, argv, "+:d:fnp", longs, NULL)) != -1) {
		switch (ch) {
		case 'd':
			o->where = optarg;
			break;
		case 'f':
		case OPT_FORCE:
			o->force = 1;
			break;
		case 'n':
			o->dry = 1;
			break;
		case 'p':
			o->paths = 1;
			break;
		case OPT_PULL:
			d->pull = 1;
			break;
		case OPT_PUSH:
			d->push = 1;
			break;
		case OPT_EXACT:
			d->exact = 1;
			break;
		case OPT_REMOVE:
			o->remove = 1;
			break;
		default:
			return ch == ':' ? err_set(e, ERR_USAGE, "sync: option %s needs an argument", argv[optind - 1])
			    : err_set(e, ERR_USAGE, "sync: there is no option %s", argv[optind - 1]);
		}
	}
	if (d->pull && d->push)
		return err_set(e, ERR_USAGE, "sync: --pull and --push together are neither; without both it goes both ways");
	if (d->exact && !d->pull && !d->push)
		return err_set(e, ERR_USAGE, "sync: --exact needs --pull (a mirror of the server) or --push (of the maildir)");
	o->patterns = argv + optind;
	o->pattern_count = (size_t)(argc - optind);
	return 0;
}

static int
read_switches(struct sync_opts *o, const struct directions *d, const struct account *a, struct err *e)
{
	const char *sync = account_get(a, KEY_SYNC), *expunge = account_get(a, KEY_EXPUNGE);

	o->rules.switches = SYNC_ALL;
	if (sync != NULL && syncplan_switches(sync, &o->rules.switches, e) == -1)
		return -1;
	if (d->pull)
		o->rules.switches &= SYNC_PULL | SYNC_FOLDERS;
	if (d->push)
		o->rules.switches &= SYNC_PUSH | SYNC_FOLDERS;
	if (d->exact)
		o->rules.exact = d->pull ? SYNC_EXACT_PULL : SYNC_EXACT_PUSH;
	return expunge != NULL ? syncplan_expunge(expunge, &o->rules.expunge, e) : 0;
}

static int
read_limits(struct sync_opts *o, const struct account *a, struct err *e)
{
	const char *size = account_get(a, KEY_MAX_SIZE), *age = account_get(a, KEY_MAX_AGE), *too_large = account_get(a, KEY_TOO_LARGE);
	int64_t n;
	int percent;

	if (size != NULL) {
		if (units_size(size, &n, e) == -1)
			return err_prefix(e, "max-size");
		o->limits.max_size = (uint64_t)n;
	}
	if (age != NULL) {
		if (units_span(age, &n, e) == -1)
			return err_prefix(e, "max-age");
		o->limits.oldest = (int64_t)time(NULL) - n;
	}
	o->limits.placeholder = too_large != NULL && strcmp(too_large, "placeholder") == 0;
	if (too_large != NULL && !o->limits.placeholder && strcmp(too_large, "skip") != 0)
		return err_set(e, ERR_CONFIG, "too-large is skip or placeholder, not \"%.60s\"", too_large);
	if (account_number(a, KEY_MAX_DELETE, 0, 100, &percent, e) == -1)
		return -1;
	o->percent = (unsigned int)percent;
	return 0;
}

/* The key `folders` where the command line has no pattern: words, blanks between. */
static void
read_patterns(struct sync_opts *o, const char *folders)
{
	size_t n;

	if (o->pattern_count > 0 || folders == NULL)
		return;
	for (folders += strspn(folders, " \t,"); *folders != '\0'; folders += n, folders += strspn(folders, " \t,")) {
		n = strcspn(folders, " \t,");
		o->configured = xreallocarray(o->configured, o->pattern_count + 1, sizeof(*o->configured));
		o->configured[o->pattern_count++] = xstrndup(folders, n);
	}
	o->patterns = o->configured;
}

static int
read_place(struct sync_opts *o, const struct account *a, struct err *e)
{
	const char *layout = account_get(a, KEY_LAYOUT), *where = o->where != NULL ? o->where : account_get(a, KEY_MAILDIR);

	if (where == NULL)
		return err_set(e, ERR_USAGE, "sync: where to? Give -d directory, or the account a maildir");
	o->dir = config_tilde(where);
	o->plusplus = layout != NULL && strcasecmp(layout, "maildir++") == 0;
	if (layout != NULL && !o->plusplus && strcasecmp(layout, "verbatim") != 0)
		return err_set(e, ERR_CONFIG, "layout is verbatim or maildir++, not \"%.60s\"", layout);
	if (account_get(a, KEY_TRASH) != NULL && strcmp(account_get(a, KEY_TRASH), "none") != 0)
		o->trash = xstrdup(account_get(a, KEY_TRASH));
	return 0;
}

int
syncopts_read(struct sync_opts *o, struct mimap *m, int argc, char **argv, struct err *e)
{
	struct directions d = { 0, 0, 0 };

	if (read_command_line(o, &d, argc, argv, e) == -1 || mimap_account(m, e) == -1 || read_place(o, &m->account, e) == -1
	    || read_switches(o, &d, &m->account, e) == -1 || read_limits(o, &m->account, e) == -1)
		return -1;
	read_patterns(o, account_get(&m->account, KEY_FOLDERS));
	return 0;
}

void
syncopts_code(const struct sync_opts *o, char *out, size_t size)
{
	snprintf(out, size, "/%x.%d.%d.%llx%s", o->rules.switches & 63, (int)o->rules.exact, (int)o->rules.expunge,
	    (unsigned long long)o->limits.max_size & 0xffffff, o->limits.oldest != 0 ? "a" : "");
}

void
syncopts_free(struct sync_opts *o)
{
	size_t i;

	for (i = 0; o->configured != NULL && i < o->pattern_count; i++)
		free(o->configured[i]);
	free(o->configured);
	free(o->dir);
	free(o->trash);
}
