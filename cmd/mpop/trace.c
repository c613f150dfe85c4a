/* SPDX-License-Identifier: ISC */
/* trace.c - what is no address goes into no field. */
#include "trace.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account.h"
#include "buf.h"
#include "err.h"
#include "message.h"
#include "xalloc.h"

static int
take_address(void *ctx, const char *name, const char *addr, struct err *e)
{
	char **to = ctx;

	(void)name;
	(void)e;
	if (*to == NULL)
		*to = xstrdup(addr);
	return 0;
}

void
trace_account(struct trace *t, const struct account *a)
{
	const char *from = account_get(a, KEY_FROM), *user = account_user(a);
	struct err unused;

	if (from != NULL)
		message_addresses(from, strlen(from), take_address, &t->recipient, &unused);
	if (t->recipient == NULL)
		t->recipient = strchr(user, '@') != NULL || a->url.host == NULL ? xstrdup(user) : xasprintf("%s@%s", user,
		    a->url.host);
	t->server = a->url.host != NULL ? xstrdup(a->url.host) : NULL;
	t->protocol = strcmp(a->url.scheme, "pop3s") == 0 ? "POP3S" : "POP3";
}

static char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL ? xstrdup(value) : NULL;
}

void
trace_environment(struct trace *t)
{
	t->sender = variable("SENDER");
	t->recipient = variable("RECIPIENT");
}

static void
add_addr(struct buf *out, const char *before, const char *addr, const char *after)
{
	if (addr != NULL && message_addr_ok(addr))
		buf_printf(out, "%s%s%s", before, addr, after);
}

void
trace_fields(struct buf *out, const struct trace *t)
{
	if (!t->wanted)
		return;
	if (t->sender != NULL && t->sender[0] == '\0')
		buf_adds(out, "Return-Path: <>\n");
	else
		add_addr(out, "Return-Path: <", t->sender, ">\n");
	add_addr(out, "Delivered-To: ", t->recipient, "\n");
	buf_adds(out, "Received: ");
	if (t->server != NULL)
		buf_printf(out, "from %s ", t->server);
	buf_printf(out, "by %s (mpop)", message_hostname());
	if (t->protocol != NULL)
		buf_printf(out, " with %s", t->protocol);
	add_addr(out, "\n\tfor <", t->recipient, ">");
	buf_adds(out, ";\n\t");
	message_date(out, time(NULL));
	buf_addc(out, '\n');
}

void
trace_free(struct trace *t)
{
	free(t->sender);
	free(t->recipient);
	free(t->server);
	*t = (struct trace){ 0 };
}
