/* SPDX-License-Identifier: ISC */
/* rcpt.c - recipients and verdicts; RFC 5322 3.4 and 3.6.6 for where they come from, RFC 3463 for what a reply means. */
#include "rcpt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "log.h"
#include "message.h"
#include "answer.h"
#include "xalloc.h"

#define ADDR_MAX 512

void
rcpts_add(struct rcpts *r, const char *addr)
{
	if (r->n == r->cap) {
		r->cap = r->cap == 0 ? 8 : r->cap * 2;
		r->v = xreallocarray(r->v, r->cap, sizeof(*r->v));
	}
	memset(&r->v[r->n], 0, sizeof(*r->v));
	r->v[r->n++].addr = xstrdup(addr);
}

static int
add_mailbox(void *ctx, const char *name, const char *addr, struct err *e)
{
	(void)name;
	if (strlen(addr) > ADDR_MAX)
		return err_set(e, ERR_DATA, "address longer than %d octets: \"%.60s...\"", ADDR_MAX, addr);
	if (!message_addr_ok(addr))
		return err_set(e, ERR_DATA, "not an address: \"%s\"", addr);
	rcpts_add(ctx, addr);
	return 0;
}

int
rcpts_add_list(struct rcpts *r, const char *list, struct err *e)
{
	const char *p;

	for (p = list; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return err_set(e, ERR_DATA, "control character in recipient \"%s\"", list);
	return message_addresses(list, strlen(list), add_mailbox, r, e);
}

static int
is_any(const struct field *f, const char *const *names)
{
	for (; *names != NULL; names++)
		if (message_is(f, *names))
			return 1;
	return 0;
}

static const char *const plain_names[] = { "To", "Cc", "Bcc", NULL };
static const char *const resent_names[] = { "Resent-To", "Resent-Cc", "Resent-Bcc", NULL };
static const char *const resent_once[] = { "Resent-Date", "Resent-From", "Resent-Message-ID", NULL };

/* Of several Resent- blocks the first is the newest (RFC 5322 3.6.6); another one starts where one of these comes again. */
static int
next_block(const struct field *f, unsigned int *seen)
{
	unsigned int i;

	for (i = 0; resent_once[i] != NULL; i++) {
		if (!message_is(f, resent_once[i]))
			continue;
		if (*seen & 1u << i)
			return 1;
		*seen |= 1u << i;
	}
	return 0;
}

static int
has_resent(const char *head, size_t n)
{
	struct field f;
	size_t pos = 0;

	while (message_field(head, n, &pos, &f))
		if (is_any(&f, resent_names))
			return 1;
	return 0;
}

int
rcpts_add_headers(struct rcpts *r, const char *head, size_t n, struct err *e)
{
	int resent = has_resent(head, n);
	const char *const *names = resent ? resent_names : plain_names;
	unsigned int seen = 0;
	struct field f;
	size_t pos = 0;

	while (message_field(head, n, &pos, &f)) {
		if (resent && next_block(&f, &seen))
			break;
		if (is_any(&f, names) && message_addresses(f.value, f.value_len, add_mailbox, r, e) == -1)
			return err_prefix(e, "%.*s", (int)f.name_len, f.name);
	}
	return 0;
}

/* Two targets of one alias are two recipients. */
static int
compare(const struct rcpt *a, const struct rcpt *b)
{
	int c = strcmp(a->addr, b->addr);

	return c != 0 ? c : strcmp(a->to != NULL ? a->to : "\n", b->to != NULL ? b->to : "\n");
}

static int
by_addr(const void *a, const void *b)
{
	const struct rcpt *const *x = a, *const *y = b;
	int c = compare(*x, *y);

	return c != 0 ? c : (*x > *y) - (*x < *y);
}

static void
rcpt_free(struct rcpt *r)
{
	free(r->addr);
	free(r->to);
	free(r->text);
}

void
rcpts_unique(struct rcpts *r)
{
	struct rcpt **sorted = xcalloc(r->n + 1, sizeof(struct rcpt *));
	char *again = xcalloc(r->n + 1, 1);
	size_t i, kept = 0;

	for (i = 0; i < r->n; i++)
		sorted[i] = &r->v[i];
	qsort(sorted, r->n, sizeof(*sorted), by_addr);
	for (i = 1; i < r->n; i++)
		again[sorted[i] - r->v] = compare(sorted[i], sorted[i - 1]) == 0;
	for (i = 0; i < r->n; i++) {
		if (again[i])
			rcpt_free(&r->v[i]);
		else
			r->v[kept++] = r->v[i];
	}
	r->n = kept;
	free(sorted);
	free(again);
}

size_t
rcpts_count(const struct rcpts *r, enum rcpt_state state)
{
	size_t i, n = 0;

	for (i = 0; i < r->n; i++)
		n += r->v[i].state == state;
	return n;
}

void
rcpts_free(struct rcpts *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		rcpt_free(&r->v[i]);
	free(r->v);
	memset(r, 0, sizeof(*r));
}

static void
set_text(struct rcpt *r, const char *text, int quoted)
{
	free(r->text);
	r->text = xstrdup(text);
	r->quoted = quoted;
}

/* 5.1.x is about an address that does not exist; without an enhanced code 550, 551 and 553 say so. */
static enum err_class
refusal(const struct answer *reply)
{
	if (reply->enhanced[0] != '\0')
		return strncmp(reply->enhanced, "5.1.", 4) == 0 ? ERR_NOUSER : ERR_UNAVAILABLE;
	return reply->code == 550 || reply->code == 551 || reply->code == 553 ? ERR_NOUSER : ERR_UNAVAILABLE;
}

void
rcpt_reply(struct rcpt *r, const struct answer *reply)
{
	enum err_class class = answer_class(reply);
	struct buf shown = { 0 };

	answer_show(reply, &shown);
	r->code = reply->code;
	memcpy(r->enhanced, reply->enhanced, sizeof(r->enhanced));
	r->state = class == ERR_NONE ? RCPT_OK : class == ERR_TEMP ? RCPT_LATER : RCPT_REFUSED;
	r->class = class == ERR_UNAVAILABLE ? refusal(reply) : class;
	set_text(r, buf_str(&shown), 1);
	buf_free(&shown);
}

void
rcpt_fail(struct rcpt *r, enum rcpt_state state, const struct err *e)
{
	r->state = state;
	r->class = e->class;
	r->code = 0;
	strlcpy(r->enhanced, e->offline ? "4.4.3" : "", sizeof(r->enhanced));
	set_text(r, e->text, 0);
}

void
rcpt_refuse(struct rcpt *r, int code, const char *enhanced, const struct err *e)
{
	rcpt_fail(r, RCPT_REFUSED, e);
	r->code = code;
	strlcpy(r->enhanced, enhanced, sizeof(r->enhanced));
}

void
rcpts_fail(struct rcpts *r, enum rcpt_state state, const struct err *e)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->v[i].state < RCPT_OK)
			rcpt_fail(&r->v[i], state, e);
}

void
rcpts_sign(struct rcpts *r, const char *host, int dsn)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		if (!r->v[i].quoted || r->v[i].host[0] != '\0')
			continue;
		strlcpy(r->v[i].host, host != NULL ? host : "", sizeof(r->v[i].host));
		r->v[i].dsn_sent = dsn;
	}
}

static void
report_one(const struct rcpt *r)
{
	if (r->quoted)
		log_warn("server %s <%s>: \"%s\"", r->state == RCPT_REFUSED ? "refused" : "did not take", r->addr, r->text);
	else
		log_warn("not sent to <%s>: %s", r->addr, r->text);
}

/* Our own reason, the same for everybody (no connection, wrong password), is one line without a name. */
static int
shared_reason(const struct rcpts *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->v[i].class == ERR_NONE || r->v[i].quoted || strcmp(r->v[i].text, r->v[0].text) != 0)
			return 0;
	return r->n > 0;
}

void
rcpts_report(const struct rcpts *r)
{
	size_t i;

	if (shared_reason(r)) {
		log_warn("%s", r->v[0].text);
		return;
	}
	for (i = 0; i < r->n; i++)
		if (r->v[i].class != ERR_NONE)
			report_one(&r->v[i]);
}

static int
rank(enum err_class class)
{
	switch (class) {
	case ERR_NONE:
		return 0;
	case ERR_NOUSER:
		return 1;
	case ERR_UNAVAILABLE:
		return 2;
	case ERR_TEMP:
		return 4;
	default:
		return 3;
	}
}

int
rcpts_exit(const struct rcpts *r)
{
	enum err_class worst = ERR_NONE;
	size_t i;

	for (i = 0; i < r->n; i++)
		if (rank(r->v[i].class) > rank(worst))
			worst = r->v[i].class;
	return (int)worst;
}
