/* SPDX-License-Identifier: ISC */
/* batch.c - one account's connection is open at a time; entries come sorted by account, or at worst cost connections.
 * Nothing is written to the queue files: mqueue does that, from the lines. */
#include "batch.h"

#include <ctype.h>
#include <errno.h>
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
#include "rcpt.h"
#include "route.h"
#include "xalloc.h"

struct batch {
	const struct batch_options *options;
	struct route route;
	char *account;		/* which route is for; NULL: the default one */
	int begun;		/* there is a route */
	int code;
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

/* The route for that account. A bad one is remembered as such, like a server that can't be reached. */
static void
choose(struct batch *b, const char *account)
{
	struct err e = { 0 };

	if (b->options->which != NULL)
		account = b->options->which;
	if (b->begun && same(account, b->account))
		return;
	route_free(&b->route);
	free(b->account);
	memset(&b->route, 0, sizeof(b->route));
	b->account = account != NULL ? xstrdup(account) : NULL;
	b->begun = 1;
	if (load(b, account, &e) == -1) {
		b->route.kind = ROUTE_SERVER;
		b->route.dead = e;
	}
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
send_entry(struct batch *b, const struct envelope *env, struct mail *m, struct rcpts *rcpts)
{
	size_t i;

	for (i = 0; i < env->rcpts; i++)
		if (env->rcpt[i].fate == FATE_WAITING) {
			rcpts_add(rcpts, env->rcpt[i].addr);
			wish(&rcpts->v[rcpts->n - 1], &env->rcpt[i]);
		}
	if (rcpts->n == 0)
		return;
	rcpts->dsn.ret = env->ret == RET_UNSAID ? NULL : env->ret == RET_FULL ? "FULL" : "HDRS";
	rcpts->dsn.envid = env->envid;
	rcpts->dsn.encoded = 1;
	choose(b, env->account);
	route_send(&b->route, env->from, rcpts, m, 0);
	maillog_write(&b->route, env->from, rcpts, m->scan.wire, rcpts_exit(rcpts));
}

/* The file's descriptor passes to the mail. */
static int
open_entry(const char *path, struct envelope *env, struct mail *m, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1)
		return err_sys(e, ERR_IO, "open %s", path);
	if (envelope_read(fd, env, e) == -1) {
		close(fd);
		return err_prefix(e, "%s", path);
	}
	return mail_file(m, fd, env->message_at, path, e);
}

static void
one(struct batch *b, const char *path)
{
	struct envelope env = { 0 };
	struct mail m = { 0 };
	struct rcpts rcpts = { 0 };
	struct err e = { 0 };
	size_t i;
	int code;

	if (open_entry(path, &env, &m, &e) == 0) {
		send_entry(b, &env, &m, &rcpts);
	} else {
		rcpts_add(&rcpts, "-");
		rcpt_fail(&rcpts.v[0], RCPT_LATER, &e);
	}
	for (i = 0; i < rcpts.n; i++)
		put_line(path, &rcpts.v[i]);
	if ((code = rcpts_exit(&rcpts)) != 0 && b->code != ERR_TEMP)
		b->code = code;
	rcpts_free(&rcpts);
	mail_free(&m);
	envelope_free(&env);
}

int
send_batch(const struct batch_options *o, int *code, struct err *e)
{
	struct batch b = { .options = o };
	char *path = NULL;
	size_t cap = 0;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = getline(&path, &cap, stdin)) > 0) {
		if (path[n - 1] == '\n')
			path[n - 1] = '\0';
		one(&b, path);
		if (fflush(stdout) != 0)
			rc = err_sys(e, ERR_IO, "write standard output");
	}
	if (rc == 0 && ferror(stdin))
		rc = err_sys(e, ERR_IO, "read standard input");
	*code = b.code;
	free(path);
	free(b.account);
	route_free(&b.route);
	return rc;
}
