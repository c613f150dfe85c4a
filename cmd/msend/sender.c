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
#include "idn.h"
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
no_controls(const char *text, const char *what, enum err_class class, struct err *e)
{
	const char *p;

	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return err_set(e, class, "%s: control character in \"%s\"", what, text);
	return 0;
}

static int
parse(struct sender *s, const char *text, const char *what, enum err_class class, struct err *e)
{
	if (no_controls(text, what, class, e) == -1)
		return -1;
	if (message_addresses(text, strlen(text), take, s, e) == 0 && s->addr == NULL)
		err_set(e, class, "no address in \"%s\"", text);
	if (s->addr != NULL && message_addr_ok(s->addr) && e->class == ERR_NONE)
		return 0;
	if (e->class == ERR_NONE)
		err_set(e, class, "not an address: \"%s\"", text);
	e->class = class;
	return err_prefix(e, "%s", what);
}

static const char *
user_name(void)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw != NULL ? pw->pw_name : "nobody";
}

/* `from` with %U, %H and %% replaced. The caller frees. */
static char *
configured(const struct account *a)
{
	const char *p = account_get(a, KEY_FROM);
	struct buf out = { 0 };

	if (p == NULL)
		return NULL;
	for (; *p != '\0'; p++) {
		if (*p != '%' || p[1] == '\0' || strchr("UH%", p[1]) == NULL)
			buf_addc(&out, *p);
		else if (*++p == 'U')
			buf_adds(&out, user_name());
		else
			buf_adds(&out, *p == 'H' ? message_hostname() : "%");
	}
	return buf_steal(&out);
}

static void
complete(struct sender *s, const struct account *a)
{
	const char *domain = account_get(a, KEY_DOMAIN);
	char *full = s->addr;

	if (strrchr(full, '@') == NULL) {
		full = xasprintf("%s@%s", s->addr, domain != NULL ? domain : message_hostname());
		free(s->addr);
	}
	s->addr = idn_address(full);
	free(full);
}

int
sender_find(struct sender *s, const char *option, const char *full_name, const struct account *a, struct err *e)
{
	const char *force = account_get(a, KEY_FROM_FORCE);
	char *from = configured(a);
	int null = option != NULL && (*option == '\0' || strcmp(option, "<>") == 0);
	int rc = 0;

	s->forced = force != NULL && strcmp(force, "on") == 0;
	if (s->forced && from == NULL)
		rc = err_set(e, ERR_CONFIG, "from-force is on, but there is no from");
	else if (full_name != NULL && no_controls(full_name, "-F", ERR_DATA, e) == -1)
		rc = -1;
	else if (option != NULL && !null && !s->forced)
		rc = parse(s, option, "-f", ERR_DATA, e);
	else if (from != NULL)
		rc = parse(s, from, "from", ERR_CONFIG, e);
	else
		s->addr = xstrdup(user_name());
	free(from);
	if (rc == -1)
		return -1;
	complete(s, a);
	s->envelope = xstrdup(null ? "" : s->addr);
	if (full_name != NULL && *full_name != '\0' && !(s->forced && s->name != NULL)) {
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
