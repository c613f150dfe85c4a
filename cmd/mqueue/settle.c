/* SPDX-License-Identifier: ISC */
/* settle.c - see settle.h. An entry with refused recipients whose sender can't be told is kept for the operator, held: nothing is
 * thrown away in silence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bounce.h"
#include "buf.h"
#include "err.h"
#include "log.h"
#include "mqueue.h"
#include "schedule.h"
#include "settings.h"
#include "settle.h"
#include "xalloc.h"

#define SKEW 3600		/* that clocks may differ by */

static int
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* "451 4.7.1 try later", as the server said it: the text often begins with one code or both already. */
static void
reply_of(const struct result *r, struct buf *out)
{
	char code[16];

	snprintf(code, sizeof code, "%d ", r->code);
	if (r->code != 0 && !begins(r->text, code)) {
		buf_adds(out, code);
		if (*r->enhanced != '\0' && !begins(r->text, r->enhanced))
			buf_printf(out, "%s ", r->enhanced);
	}
	buf_adds(out, r->text);
}

/* A delivery that is not recorded is a message sent twice: worth a second try. */
static int
set_fate(struct entry *t, size_t i, enum envelope_fate fate, const char *reply, struct err *e)
{
	if (envelope_set_fate(t->fd, &t->env, i, fate, reply, e) == 0)
		return 0;
	return envelope_set_fate(t->fd, &t->env, i, fate, reply, e);
}

static struct notice_said *
said_of(struct entry *t, size_t i)
{
	if (t->said == NULL)
		t->said = xcalloc(t->env.rcpts, sizeof *t->said);
	return &t->said[i];
}

static void
keep_reply(struct entry *t, size_t i, const char *before, const char *reply)
{
	struct notice_said *said = said_of(t, i);
	char *old = said->reply;

	said->reply = xasprintf("%s%s", before, reply);
	free(old);
}

/* A sender who wants to hear of success, and whose wish has not gone along, is told by us. */
static enum envelope_fate
fate_of(const struct envelope_rcpt *p, const struct result *r)
{
	if (r->verdict == VERDICT_LATER)
		return FATE_WAITING;
	if (r->verdict == VERDICT_REFUSED)
		return FATE_REFUSED;
	return (p->notify & NOTIFY_SUCCESS) != 0 && !r->dsn ? FATE_UNTOLD : FATE_SENT;
}

/* Before the reply that it belongs to. It is worth no failure. */
static void
keep_remote(struct entry *t, size_t i, const char *host)
{
	struct err ignored = { 0 };

	(void)envelope_set_remote(t->fd, &t->env, i, host, &ignored);
}

int
settle_record(struct entry *t, size_t i, const struct result *r, int *unsynced, struct err *e)
{
	enum envelope_fate fate = fate_of(&t->env.rcpt[i], r);
	struct buf reply = { 0 };
	int code;

	reply_of(r, &reply);
	if (fate != FATE_SENT)
		keep_remote(t, i, r->host);
	code = set_fate(t, i, fate, buf_str(&reply), e);
	if (fate != FATE_SENT) {
		keep_reply(t, i, "", buf_str(&reply));
		free(said_of(t, i)->remote);
		t->said[i].remote = xstrdup(r->host);
	}
	buf_free(&reply);
	*unsynced |= code == 0 && r->verdict != VERDICT_LATER;
	t->env.rcpt[i].fate = fate;		/* true also where it could not be written */
	return code;
}

int
settle_later(struct entry *t, size_t i, const char *why, struct err *e)
{
	keep_remote(t, i, "");
	return envelope_set_fate(t->fd, &t->env, i, FATE_WAITING, why, e);
}

int
settle_sync(const struct entry *t, struct err *e)
{
	return fdatasync(t->fd) == -1 ? err_sys(e, ERR_IO, "record what became of %s", t->name->id) : 0;
}

static int
expire(struct entry *t, struct err *e)
{
	struct buf reply = { 0 };
	size_t i;
	int code = 0;

	for (i = 0; i < t->env.rcpts && code == 0; i++) {
		if (t->env.rcpt[i].fate != FATE_WAITING)
			continue;
		buf_cut(&reply, 0);
		buf_printf(&reply, NOTICE_GIVEN_UP "%s", t->env.rcpt[i].reply);
		code = envelope_set_fate(t->fd, &t->env, i, FATE_REFUSED, buf_str(&reply), e);
		if (code == 0 && t->said != NULL && t->said[i].reply != NULL)
			keep_reply(t, i, NOTICE_GIVEN_UP, t->said[i].reply);
	}
	buf_free(&reply);
	return code;
}

/* To the operator, where the sender can't be told. */
static void
report(const struct entry *t, int held, int *code)
{
	size_t i;

	for (i = 0; i < t->env.rcpts; i++)
		if (t->env.rcpt[i].fate == FATE_REFUSED)
			log_warn("%s to <%s> refused: %s%s", t->name->id, t->env.rcpt[i].addr, t->env.rcpt[i].reply,
			    held ? "; it is held until you remove or release it" : "");
	if (*code == 0)
		*code = ERR_UNAVAILABLE;
}

static int
any(const struct entry *t, enum envelope_fate fate)
{
	return entry_count(t, fate) > 0;
}

int
settle_tell(struct entry *t, const struct settings *s, int64_t now, struct err *e)
{
	if (any(t, FATE_REFUSED) && bounce(t, NOTICE_FAILED, s, now, e) == -1)
		return -1;
	if (any(t, FATE_UNTOLD) && bounce(t, NOTICE_RELAYED, s, now, e) == -1)
		return -1;
	return 0;
}

/* When it came in, as if this machine had never been offline; which it has not been for longer than the entry is there. */
static int64_t
began(const struct envelope *env, int64_t now)
{
	return env->offline > now - env->arrived ? env->arrived : env->arrived + env->offline;
}

/* It came in while the clock was ahead. Its time begins now. */
static int
mend_clock(struct entry *t, int64_t now, struct err *e)
{
	return t->env.arrived > now + SKEW ? envelope_set_arrived(t->fd, &t->env, now, e) : 0;
}

static int
late(const struct envelope *env, const struct settings *s, int64_t now)
{
	return env->warned == WARNED_NO && s->warn != 0 && now - began(env, now) >= s->warn;
}

int
settle_overdue(const struct envelope *env, const struct settings *s, int64_t now)
{
	return schedule_expired(&s->schedule, began(env, now), now, env->tries + 1) || (*env->from != '\0' && late(env, s, now));
}

static int
warn(struct entry *t, const struct settings *s, int64_t now, struct err *e)
{
	if (!any(t, FATE_WAITING) || !late(&t->env, s, now))
		return 0;
	return bounce(t, NOTICE_DELAYED, s, now, e) == -1 ? -1 : 0;
}

static int
postpone(struct entry *t, const struct schedule *s, int64_t now, struct err *e)
{
	unsigned int tries = t->env.tries + 1;

	return envelope_set_next(t->fd, &t->env, schedule_next(s, began(&t->env, now), now, tries, arc4random()), tries, e);
}

/* Since when nobody could be reached is not known: all the time since the last try is given back. */
static int
wait_offline(struct entry *t, const struct schedule *s, int64_t now, struct err *e)
{
	int64_t since = t->env.tried > t->env.arrived ? t->env.tried : t->env.arrived;

	if (envelope_set_tried(t->fd, &t->env, now, t->env.offline + (now > since ? now - since : 0), e) == -1)
		return -1;
	return envelope_set_next(t->fd, &t->env, schedule_next(s, began(&t->env, now), now, 1, arc4random()), t->env.tries, e);
}

static int
done(const struct entry *t)
{
	return !any(t, FATE_WAITING) && !any(t, FATE_REFUSED) && !any(t, FATE_UNTOLD);
}

int
settle(struct entry *t, const struct settings *s, int64_t now, int how, int *code, struct err *e)
{
	if (mend_clock(t, now, e) == -1)
		return -1;
	if (how & SETTLE_OFFLINE)
		return wait_offline(t, &s->schedule, now, e);
	if (done(t))
		return entry_remove(t, e);
	if (any(t, FATE_WAITING) && schedule_expired(&s->schedule, began(&t->env, now), now, t->env.tries + 1) && expire(t, e) == -1)
		return -1;
	if (envelope_set_tried(t->fd, &t->env, now, t->env.offline, e) == -1 || settle_tell(t, s, now, e) == -1 ||
	    warn(t, s, now, e) == -1)
		return -1;
	if (done(t))
		return entry_remove(t, e);
	if (!any(t, FATE_WAITING) && any(t, FATE_REFUSED)) {
		report(t, 1, code);
		return envelope_set_held(t->fd, &t->env, 1, e);
	}
	if (how & SETTLE_NEWS && any(t, FATE_REFUSED))
		report(t, 0, code);
	return postpone(t, &s->schedule, now, e);
}
