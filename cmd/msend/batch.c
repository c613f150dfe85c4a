/* SPDX-License-Identifier: ISC */
/* batch.c - one account's connection is open at a time; entries come sorted by account, or at worst cost connections.
 * Nothing is written to the queue files: mqueue does that, from the lines. */
#include "batch.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "envelope.h"
#include "err.h"
#include "log.h"
#include "mail.h"
#include "maillog.h"
#include "paths.h"
#include "rcpt.h"
#include "route.h"
#include "xalloc.h"

struct batch {
	const struct batch_options *options;
	struct route route;
	char *account;		/* which route is for; NULL: the default one */
	int begun;		/* there is a route */
	int code;
	struct err *e;		/* of standard input or output: the end */
};

struct entry {			/* a queue file on its way */
	char *path;
	struct envelope env;
	struct mail mail;
	struct rcpts rcpts;
	struct parcel parcel;
};

static int
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static int
load(struct batch *b, const char *account, struct err *e)
{
	const struct batch_options *o = b->options;
	struct account *a = &b->route.account;
	int i;

	for (i = 0; i < o->sets; i++)
		if (account_option(a, 'o', o->set[i], e) == -1)
			return -1;
	if (account != NULL && account_option(a, 'a', account, e) == -1)
		return -1;
	a->verbose = o->verbose;
	return route_load(&b->route, e);
}

static const char *
word(enum rcpt_state state)
{
	return state == RCPT_OK ? "ok" : state == RCPT_REFUSED ? "refused" : "later";
}

static void
put_line(const char *path, const struct rcpt *r)
{
	struct buf text = { 0 };
	char code[16] = "";

	if (r->code > 0)
		snprintf(code, sizeof(code), "%03d", r->code);
	if (r->text != NULL)
		log_safe(&text, r->text, strlen(r->text));
	printf("%s\t%s\t%s\t%s\t%s\t%s", path, r->addr, word(r->state), code, r->enhanced, buf_str(&text));
	if (r->host[0] != '\0' || r->dsn_sent)
		printf("\t%s%s", r->host, r->dsn_sent ? "\tdsn" : "");
	putchar('\n');
	buf_free(&text);
}

static void
wish(struct rcpt *r, const struct envelope_rcpt *from)
{
	struct buf notify = { 0 };
	size_t i;

	envelope_notify_text(&notify, from->notify);
	for (i = 0; i < notify.len; i++)
		notify.data[i] = (char)toupper((unsigned char)notify.data[i]);
	strlcpy(r->wish.notify, buf_str(&notify), sizeof(r->wish.notify));
	r->wish.orcpt = from->orcpt;
	buf_free(&notify);
}

static void
take_envelope(struct entry *t)
{
	const struct envelope *env = &t->env;
	size_t i;

	for (i = 0; i < env->rcpts; i++)
		if (env->rcpt[i].fate == FATE_WAITING) {
			rcpts_add(&t->rcpts, env->rcpt[i].addr);
			wish(&t->rcpts.v[t->rcpts.n - 1], &env->rcpt[i]);
		}
	t->rcpts.dsn.ret = env->ret == RET_UNSAID ? NULL : env->ret == RET_FULL ? "FULL" : "HDRS";
	t->rcpts.dsn.envid = env->envid;
	t->rcpts.dsn.encoded = 1;
	t->parcel = (struct parcel){ .from = env->from, .rcpts = &t->rcpts, .mail = &t->mail, .owner = t };
}

/* The file's descriptor passes to the mail. */
static int
open_entry(struct entry *t, struct err *e)
{
	int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1)
		return err_sys(e, ERR_IO, "open %s", t->path);
	if (envelope_read(fd, &t->env, e) == -1) {
		close(fd);
		return err_prefix(e, "%s", t->path);
	}
	return mail_file(&t->mail, fd, t->env.message_at, t->path, e);
}

static void
entry_end(struct entry *t)
{
	rcpts_free(&t->rcpts);
	mail_free(&t->mail);
	envelope_free(&t->env);
	free(t->path);
	free(t);
}

static void
report(struct batch *b, struct entry *t)
{
	size_t i;
	int code = rcpts_exit(&t->rcpts);

	for (i = 0; i < t->rcpts.n; i++)
		put_line(t->path, &t->rcpts.v[i]);
	if (fflush(stdout) != 0 && b->e->class == ERR_NONE)
		err_sys(b->e, ERR_IO, "write standard output");
	if (code != 0 && b->code != ERR_TEMP)
		b->code = code;
	entry_end(t);
}

static void
report_done(struct batch *b)
{
	struct parcel *p;

	while ((p = route_done(&b->route)) != NULL) {
		struct entry *t = p->owner;

		maillog_write(&b->route, t->env.from, &t->rcpts, t->mail.scan.wire, rcpts_exit(&t->rcpts));
		report(b, t);
	}
}

/* All that is under way ends with the route. */
static void
end_route(struct batch *b, int last)
{
	if (b->begun) {
		route_finish(&b->route, last);
		report_done(b);
		route_free(&b->route);
	}
	free(b->account);
	memset(&b->route, 0, sizeof(b->route));
	b->begun = 0;
}

/* The route for that account. A bad one is remembered as such, like a server that can't be reached. */
static void
choose(struct batch *b, const char *account)
{
	struct err e = { 0 };

	if (b->options->which != NULL)
		account = b->options->which;
	if (b->begun && same(account, b->account))
		return;
	end_route(b, 1);
	b->account = account != NULL ? xstrdup(account) : NULL;
	b->begun = 1;
	if (load(b, account, &e) == -1) {
		b->route.kind = ROUTE_SERVER;
		b->route.dead = e;
	}
}

static void
one(struct batch *b, const char *path)
{
	struct entry *t = xcalloc(1, sizeof(*t));
	struct err e = { 0 };

	t->path = xstrdup(path);
	if (open_entry(t, &e) == -1) {
		rcpts_add(&t->rcpts, "-");
		rcpt_fail(&t->rcpts.v[0], RCPT_LATER, &e);
		report(b, t);
		return;
	}
	take_envelope(t);
	if (t->rcpts.n == 0) {
		entry_end(t);
		return;
	}
	choose(b, t->env.account);
	route_put(&b->route, &t->parcel);
	report_done(b);
}

/* Paths are taken as long as there are some; what is under way is waited for only when there are none. */
int
send_batch(const struct batch_options *o, int *code, struct err *e)
{
	struct batch b = { .options = o, .e = e };
	struct paths in = { 0 };
	char *path;
	int got = 0;

	while (e->class == ERR_NONE && (got = paths_next(&in, !b.begun || TAILQ_EMPTY(&b.route.parcels), &path, e)) != -1) {
		if (got == 1) {
			one(&b, path);
			continue;
		}
		route_wait(&b.route);
		report_done(&b);
	}
	end_route(&b, 1);
	*code = b.code;
	paths_free(&in);
	return e->class == ERR_NONE ? 0 : -1;
}
