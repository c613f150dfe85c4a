/* SPDX-License-Identifier: ISC */
/* label.c - an account's mailbox in a file name. Of what can't stand there every octet is %XX; a long one is cut, and told apart by
 * a hash (FNV-1a). exec: has no host, so its command's hash stands for it. */
#include "account.h"

#include <inttypes.h>
#include <string.h>

#include "buf.h"

#define LABEL_LONG 160

static uint64_t
hash(const char *text)
{
	uint64_t h = 14695981039346656037u;

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return h;
}

static int
fits(char c)
{
	return c != '\0' && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.-_+:", c) != NULL;
}

char *
account_label(const struct account *a)
{
	struct buf raw = { 0 }, label = { 0 };
	const struct url *u = &a->url;
	const char *p;

	buf_printf(&raw, "%s@", account_user(a));
	if (u->host == NULL)
		buf_printf(&raw, "exec-%016" PRIx64, hash(u->path != NULL ? u->path : ""));
	for (p = u->host; p != NULL && *p != '\0'; p++)
		buf_addc(&raw, *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p);
	if (u->host != NULL && u->port != NULL)
		buf_printf(&raw, ":%s", u->port);
	for (p = buf_str(&raw); *p != '\0'; p++) {
		if (fits(*p))
			buf_addc(&label, *p);
		else
			buf_printf(&label, "%%%02X", (unsigned int)(unsigned char)*p);
	}
	if (label.len > LABEL_LONG) {
		buf_cut(&label, LABEL_LONG);
		buf_printf(&label, "-%016" PRIx64, hash(buf_str(&raw)));
	}
	buf_free(&raw);
	return buf_steal(&label);
}
