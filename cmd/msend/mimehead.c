/* SPDX-License-Identifier: ISC */
/* mimehead.c - see mimehead.h. */
#include "mimehead.h"

#include <string.h>
#include <strings.h>

#include "buf.h"
#include "message.h"

char *
mimehead_boundary(const char *type)
{
	struct buf found = { 0 };
	const char *p = type;
	int quoted = 0;

	for (; *p != '\0'; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (!quoted && *p == ';' && strncasecmp(p + 1 + strspn(p + 1, " \t"), "boundary=", 9) == 0)
			break;
	}
	if (*p == '\0')
		return NULL;
	p = strchr(p, '=') + 1;
	if (*p == '"')
		for (p++; *p != '\0' && *p != '"'; p++)
			buf_addc(&found, *p == '\\' && p[1] != '\0' ? *++p : *p);
	else
		buf_add(&found, p, strcspn(p, "; \t"));
	return buf_steal(&found);
}

void
mimehead_encoded(struct buf *to, const struct buf *head, const char *encoding, int top, int eight)
{
	int version = 0, type = 0;
	struct field f;
	size_t pos = 0;

	while (message_field(buf_str(head), head->len, &pos, &f)) {
		version |= message_is(&f, "MIME-Version");
		type |= message_is(&f, "Content-Type");
		if (!message_is(&f, "Content-Transfer-Encoding"))
			buf_add(to, f.raw, f.raw_len);
	}
	if (to->len > 0 && to->data[to->len - 1] != '\n')
		buf_addc(to, '\n');
	if (top && !version)
		buf_adds(to, "MIME-Version: 1.0\n");
	if (!type)
		buf_printf(to, "Content-Type: text/plain; charset=%s\n", eight ? "utf-8" : "us-ascii");
	buf_printf(to, "Content-Transfer-Encoding: %s\n\n", encoding);
}
