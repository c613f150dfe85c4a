/* SPDX-License-Identifier: ISC */
/* url: what was parsed, written out again, parses to the same; nothing in it is a control. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "url.h"
#include "xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_text(const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			abort();
}

static void
print(struct buf *b, const struct url *u)
{
	const char *p;

	buf_printf(b, "%s:", u->scheme);
	if (u->host != NULL) {
		buf_adds(b, "//");
		for (p = u->user; p != NULL && *p != '\0'; p++)
			buf_printf(b, "%%%02x", (unsigned int)(unsigned char)*p);
		buf_adds(b, u->user != NULL ? "@" : "");
		buf_printf(b, strchr(u->host, ':') != NULL ? "[%s]" : "%s", u->host);
		if (u->port != NULL)
			buf_printf(b, ":%s", u->port);
	}
	buf_adds(b, u->path != NULL ? u->path : "");
}

static int
differ(const char *a, const char *b)
{
	return (a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct url u, again;
	struct buf b = { 0 };
	struct err e = { 0 };

	if (url_parse(&u, text, &e) == 0) {
		check_text(u.scheme);
		check_text(u.user);
		check_text(u.host);
		check_text(u.port);
		check_text(u.path);
		print(&b, &u);
		if (b.len <= 4096) {
			if (!url_is(text) || url_parse(&again, buf_str(&b), &e) == -1)
				abort();
			if (differ(u.scheme, again.scheme) || differ(u.user, again.user) || differ(u.host, again.host)
			    || differ(u.port, again.port) || differ(u.path, again.path))
				abort();
			url_free(&again);
		}
		url_free(&u);
	} else if (e.class != ERR_CONFIG || e.text[0] == '\0')
		abort();
	buf_free(&b);
	free(text);
	return 0;
}
