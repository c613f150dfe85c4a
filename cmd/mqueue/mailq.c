/* SPDX-License-Identifier: ISC */
/* mailq.c - the listing that monitoring has read for thirty years, column by column as Postfix prints it: id with * (being
 * sent) or ! (held), size, arrival, sender; then the reason, in parentheses, before the recipients that it is about. */
#include <string.h>
#include <time.h>

#include "buf.h"
#include "envelope.h"
#include "list.h"
#include "log.h"

#define WIDTH 76	/* reasons are pushed to the right, as far as they fit */

void
list_mailq_header(struct buf *out)
{
	buf_printf(out, "%-11s %7s %-20s %s\n", "-Queue ID-", "--Size--", "----Arrival Time----", "-Sender/Recipient-------");
}

static void
arrival(struct buf *out, int64_t when)
{
	char text[64];
	time_t t = (time_t)when;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL || strftime(text, sizeof text, "%a %b %e %H:%M:%S ", &tm) == 0)
		text[0] = '\0';
	buf_printf(out, "%20.20s", text);
}

static void
reason(struct buf *out, const char *reply)
{
	struct buf safe = { 0 };
	int pad;

	log_safe(&safe, reply, strlen(reply));
	pad = safe.len < WIDTH ? WIDTH - (int)safe.len : 0;
	buf_printf(out, "%*s(%s)\n", pad, "", buf_str(&safe));
	buf_free(&safe);
}

void
list_mailq(struct buf *out, const struct row *r)
{
	const char *last = "", *mark = r->taken ? "*" : r->env->held ? "!" : "";
	size_t i;

	buf_printf(out, "%s%-*s %7lld ", r->id, (int)(11 - strlen(r->id)), mark, (long long)r->size);
	arrival(out, r->env->arrived);
	buf_addc(out, ' ');
	log_safe(out, list_sender(r->env), strlen(list_sender(r->env)));
	buf_addc(out, '\n');
	for (i = 0; i < r->env->rcpts; i++) {
		const struct envelope_rcpt *p = &r->env->rcpt[i];

		if (!list_open((int)p->fate))
			continue;
		if (*p->reply != '\0' && strcmp(p->reply, last) != 0)
			reason(out, p->reply);
		last = p->reply;
		buf_printf(out, "%-41s", "");
		log_safe(out, p->addr, strlen(p->addr));
		buf_addc(out, '\n');
	}
	buf_addc(out, '\n');
}
