/* SPDX-License-Identifier: ISC */
/* check.c - what a server offers, a name and a value a line. The values are the server's text: always made harmless. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "log.h"
#include "pop3.h"
#include "stream.h"

static void
show(const char *name, const char *value)
{
	struct buf out = { NULL, 0, 0 };

	if (value == NULL || *value == '\0')
		return;
	log_safe(&out, value, strlen(value));
	printf("%s\t%s\n", name, buf_str(&out));
	buf_free(&out);
}

static void
show_flag(const char *name, int flag)
{
	show(name, flag ? "yes" : "no");
}

/* Digits as the server gave them; returns what follows them and a space, or NULL. */
static const char *
show_digits(const char *name, const char *text)
{
	char digits[20];
	size_t n = strspn(text, "0123456789");

	if (n == 0 || n >= sizeof digits)
		return NULL;
	strlcpy(digits, text, n + 1);
	show(name, digits);
	return text[n] == ' ' ? text + n + 1 : NULL;
}

/* C: STAT                  RFC 1939 section 5
 * S: +OK 2 320 */
static int
show_stat(struct pop3 *p, struct err *e)
{
	struct reply r;
	const char *octets = NULL;

	if (pop3_send(p, e, "STAT") == -1 || pop3_recv(p, &r, e) == -1)
		return -1;
	if (r.kind == REPLY_OK)
		octets = show_digits("messages", r.text);
	if (octets != NULL)
		show_digits("octets", octets);
	return 0;
}

int
pop3_show(struct pop3 *p, struct err *e)
{
	struct tls *tls = stream_tls(p->s);
	struct caps before = p->caps;
	struct reply r;
	struct err unused;

	if (p->asked && pop3_capa(p, e) == -1)
		return -1;
	show("tls", tls != NULL ? tls_version(tls) : NULL);
	show("software", p->caps.implementation);
	show("expire", *p->caps.expire != '\0' ? p->caps.expire : before.expire);
	show("login-delay", *p->caps.delay != '\0' ? p->caps.delay : before.delay);
	show("sasl", before.sasl);
	show_flag("pipelining", p->caps.pipelining);
	show_flag("uidl", p->caps.uidl);
	show_flag("top", p->caps.top);
	show_flag("utf8", p->caps.utf8);
	if (show_stat(p, e) == -1)
		return -1;
	if (pop3_send(p, &unused, "QUIT") == 0)
		pop3_recv(p, &r, &unused);	/* whatever it says */
	return fflush(stdout) == EOF ? err_sys(e, ERR_IO, "standard output") : 0;
}
