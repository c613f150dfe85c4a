/* SPDX-License-Identifier: ISC */
/* reply.c - the replies that are due, in the order of the commands (RFC 2920 3.1), and what each leads to.
 * Every command sent is noted here with whom it is about; nothing is read that was not asked for (smtp_silent sees to the rest). */
#include <stdlib.h>

#include "err.h"
#include "rcpt.h"
#include "transact.h"
#include "xalloc.h"

static const int wait_for[] = { 300, 300, 300, 120, 600 };	/* seconds, RFC 5321 4.5.3.2 */

struct due {
	enum want want;
	struct transaction *t;
	struct rcpt *rcpt;
};

/* The one that comes when all before it were read moves to the front, so that the array is as long as the longest flight. */
void
replies_note(struct transaction *t, enum want want, struct rcpt *r)
{
	struct smtp *s = t->s;

	if (s->dues == 0)
		s->due_at = 0;
	if (s->due_at + s->dues == s->due_cap) {
		s->due_cap = s->due_cap == 0 ? 16 : s->due_cap * 2;
		s->due = xreallocarray(s->due, s->due_cap, sizeof(*s->due));
	}
	s->due[s->due_at + s->dues++] = (struct due){ want, t, r };
	t->due++;
}

void
replies_forget(struct smtp *s)
{
	free(s->due);
	s->due = NULL;
	s->due_at = s->dues = s->due_cap = 0;
}

static int
ended(struct smtp *s, struct err *e)
{
	s->closing = 1;
	return answer_set(e, &s->answer, "the server ends the session");
}

static int
out_of_place(struct smtp *s, struct err *e)
{
	s->broken = 1;
	answer_set(e, &s->answer, "the server's answer is out of place");
	e->class = ERR_PROTOCOL;
	return -1;
}

static void
for_each_in(struct transaction *t, enum rcpt_state state, const struct answer *a)
{
	size_t i;

	for (i = 0; i < t->rcpts->n; i++)
		if (t->rcpts->v[i].state == state)
			rcpt_reply(&t->rcpts->v[i], a);
}

/* A server that did not end the last transaction with its message, as it must, refuses the next MAIL: what follows that would
 * be taken into the old one. */
static int
on_mail(struct transaction *t, const struct answer *a, struct err *e)
{
	struct smtp *s = t->s;

	if (a->code == 503 && s->end_failed)
		return out_of_place(s, e);
	s->end_failed = 0;
	t->refused = answer_class(a) != ERR_NONE;
	if (!t->refused)
		return 0;
	if (s->newest == t && !t->eager)
		s->dirty = 0;
	for_each_in(t, RCPT_WAITING, a);
	for_each_in(t, RCPT_ASKED, a);
	return 0;
}

/* 452 after some were taken: too many for one transaction (RFC 5321 4.5.3.1.10), this one waits for the next.
 * A recipient taken though MAIL was refused may get the message that is on its way: nobody can call that a refusal. */
static int
on_rcpt(struct transaction *t, struct rcpt *r, const struct answer *a, struct err *e)
{
	if (t->refused && answer_class(a) != ERR_NONE)
		return 0;
	if (t->refused) {
		r->state = RCPT_ASKED;
		return out_of_place(t->s, e);
	}
	rcpt_reply(r, a);
	if (r->state == RCPT_OK) {
		r->state = RCPT_TAKEN;
		t->taken++;
	} else if (a->code == 452 && t->taken > 0) {
		r->state = RCPT_WAITING;
	}
	return 0;
}

/* 354 with nobody taken is answered by a lone dot, unless MAIL was refused: who knows what the server has in mind then. */
static int
on_data(struct transaction *t, const struct answer *a, struct err *e)
{
	if (a->code >= 400) {
		for_each_in(t, RCPT_TAKEN, a);
		t->taken = 0;
		return 0;
	}
	t->go = t->taken > 0;
	if (t->go)
		return 0;
	if (t->refused)
		return out_of_place(t->s, e);
	if (smtp_send(t->s, e, ".") == -1)
		return -1;
	t->s->dirty = 0;
	t->put = 1;
	replies_note(t, WANT_END, NULL);
	return 0;
}

static int
on_end(struct transaction *t, struct rcpt *r, const struct answer *a)
{
	if (r != NULL)
		rcpt_reply(r, a);
	else
		for_each_in(t, RCPT_TAKEN, a);
	t->s->end_failed |= answer_class(a) != ERR_NONE;
	if (t->s->newest == t && answer_class(a) == ERR_NONE)
		t->s->dirty = 0;
	return 0;
}

static int
count(struct transaction *t, enum want want, struct rcpt *r, struct err *e)
{
	const struct answer *a = &t->s->answer;

	switch (want) {
	case WANT_MAIL:
		return on_mail(t, a, e);
	case WANT_RCPT:
		return on_rcpt(t, r, a, e);
	case WANT_DATA:
		return on_data(t, a, e);
	case WANT_END:
		return on_end(t, r, a);
	default:
		t->s->end_failed = 0;
		return 0;
	}
}

int
replies_next(struct smtp *s, struct err *e)
{
	struct due d = s->due[s->due_at++];
	const struct answer *a = &s->answer;

	s->dues--;
	d.t->due--;
	if (smtp_recv(s, wait_for[d.want], e) == -1)
		return -1;
	if (a->code < 400 && (a->code >= 300) != (d.want == WANT_DATA))
		return out_of_place(s, e);
	if ((d.want <= WANT_RCPT && a->code == 421) || (d.want == WANT_RSET && a->code >= 400))
		return ended(s, e);
	if (count(d.t, d.want, d.rcpt, e) == -1)
		return -1;
	return a->code == 421 ? ended(s, e) : 0;
}

int
replies_all(struct smtp *s, struct err *e)
{
	while (s->dues > 0)
		if (replies_next(s, e) == -1)
			return -1;
	return 0;
}
