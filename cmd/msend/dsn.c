/* SPDX-License-Identifier: ISC */
/* dsn.c - RFC 3461: NOTIFY 4.1, RET 4.3, ENVID 4.4, and xtext (4). */
#include "dsn.h"

#include <string.h>
#include <strings.h>

#include "buf.h"
#include "err.h"

enum { EVENT_NEVER = 1, EVENT_SUCCESS = 2, EVENT_FAILURE = 4, EVENT_DELAY = 8 };

static const char *const event_names[] = { "NEVER", "SUCCESS", "FAILURE", "DELAY" };

static unsigned int
event(const char *p, size_t n)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (strlen(event_names[i]) == n && strncasecmp(p, event_names[i], n) == 0)
			return 1u << i;
	return 0;
}

static int
set_notify(struct dsn *d, const char *arg, struct err *e)
{
	unsigned int events = 0, one, i;
	const char *p = arg;

	for (;; p++) {
		size_t n;

		p += strspn(p, " ");
		n = strcspn(p, ", ");
		one = event(p, n);
		p += n + strspn(p + n, " ");
		if (one == 0 || (*p != ',' && *p != '\0'))
			return err_set(e, ERR_USAGE, "-N is never, or of success,failure,delay; not \"%s\"", arg);
		events |= one;
		if (*p == '\0')
			break;
	}
	if ((events & EVENT_NEVER) && events != EVENT_NEVER)
		return err_set(e, ERR_USAGE, "-N: never stands alone");
	d->notify[0] = '\0';
	for (i = 0; i < 4; i++) {
		if (!(events & 1u << i))
			continue;
		if (d->notify[0] != '\0')
			strlcat(d->notify, ",", sizeof(d->notify));
		strlcat(d->notify, event_names[i], sizeof(d->notify));
	}
	return 0;
}

static int
set_envid(struct dsn *d, const char *arg, struct err *e)
{
	const char *p;

	for (p = arg; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			return err_set(e, ERR_USAGE, "-V: only printable ASCII can stand in an envelope id");
	if (strlen(arg) > 100)		/* RFC 3461 4.4 */
		return err_set(e, ERR_USAGE, "-V: an envelope id has at most 100 characters");
	d->envid = arg;
	return 0;
}

int
dsn_option(struct dsn *d, int ch, const char *arg, struct err *e)
{
	if (ch == 'N')
		return set_notify(d, arg, e);
	if (ch == 'V')
		return set_envid(d, arg, e);
	if (strcasecmp(arg, "full") != 0 && strcasecmp(arg, "hdrs") != 0)
		return err_set(e, ERR_USAGE, "-R is full or hdrs, not \"%s\"", arg);
	d->ret = strcasecmp(arg, "full") == 0 ? "FULL" : "HDRS";
	return 0;
}

static void
xtext(struct buf *out, const char *p)
{
	for (; *p != '\0'; p++) {
		if (*p > ' ' && *p <= '~' && *p != '+' && *p != '=')
			buf_addc(out, *p);
		else
			buf_printf(out, "+%02X", (unsigned int)(unsigned char)*p);
	}
}

void
dsn_for_mail(struct buf *out, const struct dsn *d)
{
	if (d->ret != NULL)
		buf_printf(out, " RET=%s", d->ret);
	if (d->envid != NULL && *d->envid != '\0') {
		buf_adds(out, " ENVID=");
		if (d->encoded)
			buf_adds(out, d->envid);
		else
			xtext(out, d->envid);
	}
}

void
dsn_for_rcpt(struct buf *out, const struct dsn *d, const struct dsn_rcpt *r)
{
	const char *notify = r->notify[0] != '\0' ? r->notify : d->notify;

	if (*notify != '\0')
		buf_printf(out, " NOTIFY=%s", notify);
	if (r->orcpt != NULL)
		buf_printf(out, " ORCPT=%s", r->orcpt);
}
