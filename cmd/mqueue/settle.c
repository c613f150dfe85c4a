/* SPDX-License-Identifier: ISC */
/* settle.c - see settle.h. Until there are bounces, an entry with refused recipients is kept for its owner, held: nothing is
 * thrown away in silence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "log.h"
#include "mqueue.h"
#include "settle.h"

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

int
settle_record(struct entry *t, size_t i, const struct result *r, int *unsynced, struct err *e)
{
	static const enum envelope_fate fate[] = {
		[VERDICT_OK] = FATE_SENT, [VERDICT_LATER] = FATE_WAITING, [VERDICT_REFUSED] = FATE_REFUSED
	};
	struct buf reply = { 0 };
	int code;

	reply_of(r, &reply);
	code = set_fate(t, i, fate[r->verdict], buf_str(&reply), e);
	buf_free(&reply);
	*unsynced |= code == 0 && r->verdict != VERDICT_LATER;
	t->env.rcpt[i].fate = fate[r->verdict];		/* true also where it could not be written */
	return code;
}

int
settle_later(struct entry *t, size_t i, const char *why, struct err *e)
{
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
		buf_printf(&reply, "given up, last: %s", t->env.rcpt[i].reply);
		code = envelope_set_fate(t->fd, &t->env, i, FATE_REFUSED, buf_str(&reply), e);
	}
	buf_free(&reply);
	return code;
}

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
postpone(struct entry *t, const struct schedule *s, int64_t now, struct err *e)
{
	unsigned int tries = t->env.tries + 1;

	return envelope_set_next(t->fd, &t->env, schedule_next(s, t->env.arrived, now, tries, arc4random()), tries, e);
}

static int
wait_on(struct entry *t, const struct schedule *s, int64_t now, int news, int *code, struct err *e)
{
	if (news)
		report(t, 0, code);
	return postpone(t, s, now, e);
}

int
settle(struct entry *t, const struct schedule *s, int64_t now, int news, int *code, struct err *e)
{
	if (entry_count(t, FATE_WAITING) > 0) {
		if (!schedule_expired(s, t->env.arrived, now))
			return wait_on(t, s, now, news, code, e);
		if (expire(t, e) == -1)
			return -1;
	}
	if (entry_count(t, FATE_REFUSED) == 0)
		return entry_remove(t, e);
	report(t, 1, code);
	return envelope_set_held(t->fd, &t->env, 1, e);
}
