/* SPDX-License-Identifier: ISC */
/* sender.c - see sender.h; "" and <> are the null sender (RFC 5321 4.5.5), which no From field can show. */
#include "sender.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "buf.h"
#include "err.h"
#include "message.h"
#include "xalloc.h"

static int
take(void *ctx, const char *name, const char *addr, struct err *e)
{
	struct sender *s = ctx;

	if (s->addr != NULL)
		return err_set(e, ERR_DATA, "more than one address");
	s->addr = xstrdup(addr);
	s->name = *name != '\0' ? xstrdup(name) : NULL;
	return 0;
}

static int
parse(struct sender *s, const char *text, const char *what, enum err_class class, struct err *e)
{
	const char *p;

	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return err_set(e, class, "%s: control character in \"%s\"", what, text);
	if (message_addresses(text, strlen(text), take, s, e) == 0 && s->addr == NULL)
		err_set(e, class, "no address in \"%s\"", text);
	if (s->addr != NULL && message_addr_ok(s->addr) && e->class == ERR_NONE)
		return 0;
	if (e->class == ERR_NONE)
		err_set(e, class, "not an address: \"%s\"", text);
	e->class = class;
	return err_prefix(e, "%s", what);
}

static void
ourselves(struct sender *s)
{
	const struct passwd *pw = getpwuid(geteuid());

	s->addr = xasprintf("%s@%s", pw != NULL ? pw->pw_name : "nobody", message_hostname());
}

int
sender_find(struct sender *s, const char *option, const char *full_name, const struct account *a, struct err *e)
{
	const char *from = account_get(a, KEY_FROM);
	int null = option != NULL && (*option == '\0' || strcmp(option, "<>") == 0);
	int rc = 0;

	if (option != NULL && !null)
		rc = parse(s, option, "-f", ERR_DATA, e);
	else if (from != NULL)
		rc = parse(s, from, "from", ERR_CONFIG, e);
	else
		ourselves(s);
	if (rc == -1)
		return -1;
	s->envelope = xstrdup(null ? "" : s->addr);
	if (full_name != NULL && *full_name != '\0') {
		free(s->name);
		s->name = xstrdup(full_name);
	}
	return 0;
}

char *
sender_mailbox(const struct sender *s)
{
	struct buf out = { 0 };

	if (s->name != NULL) {
		message_quote_name(&out, s->name);
		buf_printf(&out, " <%s>", s->addr);
	} else {
		buf_adds(&out, s->addr);
	}
	return buf_steal(&out);
}

void
sender_free(struct sender *s)
{
	free(s->envelope);
	free(s->name);
	free(s->addr);
	memset(s, 0, sizeof(*s));
}
