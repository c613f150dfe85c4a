/* SPDX-License-Identifier: ISC */
/* querysend.c - search keys (RFC 3501 section 6.4.4, RFC 5032 WITHIN). OR takes two keys: more become OR a OR b c. */
#include "querysend.h"

#include <string.h>

#include "caps.h"
#include "command.h"
#include "date.h"
#include "err.h"
#include "query.h"

static int
send_day(struct command *c, const char *key, int64_t day, struct err *e)
{
	struct buf text = { 0 };
	int r;

	date_imap(&text, day);
	r = command_add(c, e, "%a %a", key, buf_str(&text));
	buf_free(&text);
	return r;
}

static int
send_age(struct command *c, const struct query *q, const struct caps *caps, time_t now, struct err *e)
{
	if (caps_has(caps, CAP_WITHIN))
		return command_add(c, e, "%a %u", q->key, (unsigned int)q->number);
	return send_day(c, strcmp(q->key, "YOUNGER") == 0 ? "SINCE" : "BEFORE", date_of(now - (time_t)q->number), e);
}

static int
send_set(struct command *c, const struct query *q, struct err *e)
{
	struct buf text = { 0 };
	size_t pos = 0;
	int r;

	uidset_piece(&q->set, &pos, SIZE_MAX, &text);
	r = command_add(c, e, "UID %S", buf_str(&text));
	buf_free(&text);
	return r;
}

/* Several keys where one is wanted go into parentheses. */
static int
send_list(struct command *c, const struct query *q, const struct caps *caps, time_t now, struct err *e)
{
	int group = q->next != NULL;

	if (group && command_add(c, e, "(") == -1)
		return -1;
	for (; q != NULL; q = q->next) {
		if (querysend(c, q, caps, now, e) == -1 || (q->next != NULL && command_add(c, e, " ") == -1))
			return -1;
	}
	return group ? command_add(c, e, ")") : 0;
}

static int
send_or(struct command *c, const struct query *q, const struct caps *caps, time_t now, struct err *e)
{
	for (; q != NULL; q = q->next) {
		if (q->next != NULL && command_add(c, e, "OR ") == -1)
			return -1;
		if (querysend(c, q, caps, now, e) == -1 || (q->next != NULL && command_add(c, e, " ") == -1))
			return -1;
	}
	return 0;
}

int
querysend(struct command *c, const struct query *q, const struct caps *caps, time_t now, struct err *e)
{
	switch (q->kind) {
	case QUERY_FLAG:
		return command_add(c, e, "%a", q->key);
	case QUERY_TEXT:
		if (strncmp(q->key, "X-GM-", 5) == 0 && !caps_has(caps, CAP_GMAIL))
			return err_set(e, ERR_UNAVAILABLE, "%s: only Gmail's servers know that (X-GM-EXT-1)", q->word);
		return command_add(c, e, "%a %s", q->key, q->text);
	case QUERY_HEADER:
		return command_add(c, e, "HEADER %s %s", q->name, q->text);
	case QUERY_KEYWORD:
		return command_add(c, e, "%a %a", q->key, q->text);
	case QUERY_DATE:
		return send_day(c, q->key, q->number, e);
	case QUERY_SIZE:
		return command_add(c, e, "%a %u", q->key, (unsigned int)q->number);
	case QUERY_AGE:
		return send_age(c, q, caps, now, e);
	case QUERY_UID:
		return send_set(c, q, e);
	case QUERY_RAW:
		return command_add(c, e, "(%r)", q->text);
	case QUERY_OR:
		return send_or(c, q->child, caps, now, e);
	case QUERY_NOT:
		if (command_add(c, e, "NOT ") == -1)
			return -1;
		if (q->child->kind == QUERY_AND)
			return send_list(c, q->child->child, caps, now, e);
		return querysend(c, q->child, caps, now, e);
	case QUERY_THREAD:
		return err_set(e, ERR_SOFTWARE, "threads are no search key");
	case QUERY_AND:
		break;
	}
	return send_list(c, q->child, caps, now, e);
}
