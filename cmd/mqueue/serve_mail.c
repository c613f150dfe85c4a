/* SPDX-License-Identifier: ISC */
/* serve_mail.c - see serve_mail.h. The order that makes it safe is told in spool.c; both entries pass each step before
 * either passes the next. A kill between the two moves leaves one of them, and a client that did not hear 250 and sends both
 * again (RFC 1047). */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "err.h"
#include "message.h"
#include "serve_mail.h"
#include "serve_parse.h"
#include "settings.h"
#include "xalloc.h"

#define HOLD (64 * 1024)

void
serve_mail_begin(struct serve_mail *m, const struct serve_command *c)
{
	int64_t now = (int64_t)time(NULL);
	int way;

	for (way = 0; way < SERVE_WAYS; way++) {
		struct envelope *env = &m->env[way];

		*env = (struct envelope){ .from = xstrdup(c->text), .arrived = now, .next = now, .ret = c->ret,
			.envid = c->envid == NULL ? NULL : xstrdup(c->envid) };
	}
	m->begun = 1;
	m->utf8 = c->utf8;
}

static int
is_there(const struct envelope *env, const char *addr)
{
	size_t i;

	for (i = 0; i < env->rcpts; i++)
		if (strcmp(env->rcpt[i].addr, addr) == 0)
			return 1;
	return 0;
}

/* One named twice gets it once. */
void
serve_mail_rcpt(struct serve_mail *m, enum serve_way way, const char *addr, const struct serve_command *c)
{
	struct envelope *env = &m->env[way];
	struct envelope_rcpt *r;

	if (is_there(env, addr))
		return;
	envelope_add(env, addr);
	r = &env->rcpt[env->rcpts - 1];
	r->notify = c->notify;
	r->remote = xstrdup("");
	r->orcpt = c->orcpt == NULL ? NULL : xstrdup(c->orcpt);
	m->rcpts++;
}

/* RFC 5321 4.4. The recipient is only told where there is no other who could read it. */
static void
add_received(struct buf *out, const struct serve_mail *m, int way, const struct serve_origin *o)
{
	buf_printf(out, "Received: from %s", o->helo);
	if (*o->addr != '\0')
		buf_printf(out, " ([%s])", o->addr);
	buf_printf(out, "\n\tby %s with %s id %s", o->host, o->with, m->draft[way].id);
	if (m->rcpts == 1)
		buf_printf(out, "\n\tfor <%s>", m->env[way].rcpt[0].addr);
	buf_adds(out, "; ");
	message_date(out, time(NULL));
	buf_addc(out, '\n');
}

static int
open_way(struct serve_mail *m, int way, const struct spool *q, const struct serve_origin *o, struct err *e)
{
	if (draft_begin(&m->draft[way], q, e) == -1)
		return -1;
	envelope_write(&m->hold[way], &m->env[way]);
	add_received(&m->hold[way], m, way, o);
	return 0;
}

int
serve_mail_open(struct serve_mail *m, const struct spool *q, const struct settings *s, const struct serve_origin *o,
    struct err *e)
{
	int way;

	if (s->serve_local != NULL)
		m->env[SERVE_HERE].account = xstrdup(s->serve_local);
	for (way = 0; way < SERVE_WAYS; way++)
		m->draft[way].fd = -1;
	m->open = 1;
	for (way = 0; way < SERVE_WAYS; way++)
		if (m->env[way].rcpts > 0 && open_way(m, way, q, o, e) == -1)
			return -1;
	return 0;
}

static int
put(struct serve_mail *m, int way, size_t least, struct err *e)
{
	struct buf *hold = &m->hold[way];

	if (m->draft[way].fd == -1 || hold->len < least)
		return 0;
	if (sink_fd(&m->draft[way].fd, hold->data, hold->len, e) == -1)
		return err_prefix(e, "queue %s", m->draft[way].spool->path);
	buf_cut(hold, 0);
	return 0;
}

int
serve_mail_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct serve_mail *m = ctx;
	int way;

	for (way = 0; way < SERVE_WAYS; way++) {
		if (m->draft[way].fd == -1)
			continue;
		buf_add(&m->hold[way], p, n);
		if (put(m, way, HOLD, e) == -1)
			return -1;
	}
	return 0;
}

static int
each_draft(struct serve_mail *m, int (*step)(struct draft *, struct err *), struct err *e)
{
	int way;

	for (way = 0; way < SERVE_WAYS; way++)
		if (m->draft[way].fd != -1 && step(&m->draft[way], e) == -1)
			return -1;
	return 0;
}

int
serve_mail_commit(struct serve_mail *m, const struct spool *q, struct err *e)
{
	int way;

	for (way = 0; way < SERVE_WAYS; way++)
		if (put(m, way, 0, e) == -1)
			return -1;
	if (each_draft(m, draft_sync, e) == -1 || each_draft(m, draft_place, e) == -1 || spool_sync(q, e) == -1)
		return -1;
	for (way = 0; way < SERVE_WAYS; way++)
		draft_end(&m->draft[way]);
	return 0;
}

const char *
serve_mail_id(const struct serve_mail *m)
{
	return m->draft[m->env[SERVE_HERE].rcpts > 0 ? SERVE_HERE : SERVE_AWAY].id;
}

void
serve_mail_reset(struct serve_mail *m)
{
	int way;

	for (way = 0; way < SERVE_WAYS; way++) {
		if (m->open)
			draft_abort(&m->draft[way]);
		envelope_free(&m->env[way]);
		buf_free(&m->hold[way]);
	}
	*m = (struct serve_mail){ .begun = 0 };
}
