/* SPDX-License-Identifier: ISC */
/* watch.c - mimap watch: what happens in mailboxes, a line each or a command for it, as it happens. watch.h tells how it is made. */
#include "watch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "accounts.h"
#include "err.h"
#include "mailbox.h"
#include "xalloc.h"

static int
check_kinds(const char *kinds, struct err *e)
{
	static const char *const known[] = { "new", "flags", "expunge", "reset", "created", "deleted" };
	const char *p = kinds;
	size_t len, i;

	for (; *p != '\0'; p += len) {
		p += strspn(p, ",");
		len = strcspn(p, ",");
		for (i = 0; i < sizeof(known) / sizeof(*known) && (strlen(known[i]) != len || strncmp(p, known[i], len) != 0); i++)
			;
		if (len > 0 && i == sizeof(known) / sizeof(*known))
			return err_set(e, ERR_USAGE, "watch: \"%s\" is no list of new, flags, expunge, reset, created, deleted", kinds);
	}
	return 0;
}

static int
read_arguments(struct watch_opts *o, int argc, char **argv, struct err *e)
{
	int ch;

	while ((ch = getopt(argc, argv, "+:1e:jst:")) != -1) {
		switch (ch) {
		case '1':
			o->once = 1;
			break;
		case 'e':
			o->command = optarg;
			break;
		case 'j':
			o->json = 1;
			break;
		case 's':
			o->single = 1;
			break;
		case 't':
			o->kinds = optarg;
			break;
		default:
			return err_set(e, ERR_USAGE, ch == ':' ? "watch: option -%c needs an argument" : "watch: there is no option -%c", optopt);
		}
	}
	if (o->single && o->command == NULL)
		return err_set(e, ERR_USAGE, "watch: -s is about the command of -e");
	if (o->json && o->command != NULL)
		return err_set(e, ERR_USAGE, "watch: -j prints, -e runs a command: one of them");
	return o->kinds != NULL ? check_kinds(o->kinds, e) : 0;
}

/* Mailboxes are those of the arguments, else of -m. */
static int
choose(struct mimap *m, int argc, char **argv, struct err *e)
{
	static const char *one[1];
	int i;

	if (optind < argc) {
		m->mailbox = argv[optind];
		m->mailbox_list = (const char **)(argv + optind);
		m->mailboxes = (size_t)(argc - optind);
	} else if (m->mailboxes == 0) {
		one[0] = m->mailbox;
		m->mailbox_list = one;
		m->mailboxes = 1;
	}
	for (i = 0; i < (int)m->mailboxes; i++) {
		if (mailbox_check(m->mailbox_list[i], e) == -1)
			return -1;
	}
	return 0;
}

/* Each account with what -o and -v say. Secrets are asked for now, one account after the other. */
static int
load(struct mimap *all, const struct mimap *m, size_t count, struct err *e)
{
	struct err none_needed;		/* perhaps: the server will say */
	size_t i;

	for (i = 0; i < count; i++) {
		all[i] = *m;
		all[i].account = (struct account){ .name = NULL };
		all[i].loaded = 0;
		all[i].label = count > 1 ? m->accounts->names.name[i] : NULL;
		if (accounts_set(m->accounts, i, &all[i].account, e) == 0 && mimap_account(&all[i], e) == 0) {
			if (strcmp(all[i].account.url.scheme, "exec") != 0)
				account_unlock(&all[i].account, &none_needed);
			continue;
		}
		if (count > 1)
			err_prefix(e, "%.100s", all[i].label);
		return -1;
	}
	return 0;
}

int
verb_watch(struct mimap *m, int argc, char **argv, struct err *e)
{
	size_t count = m->accounts->names.count > 1 ? m->accounts->names.count : 1, i;
	struct watch_opts o = { .json = 0 };
	struct mimap *all, mine = *m;
	int r;

	if (read_arguments(&o, argc, argv, e) == -1 || choose(&mine, argc, argv, e) == -1)
		return -1;
	all = xcalloc(count, sizeof(*all));
	r = load(all, &mine, count, e);
	if (r == 0)
		r = watchkeep(all, count, &o, e);
	for (i = 0; i < count; i++)
		account_free(&all[i].account);
	free(all);
	return r;
}
