/* SPDX-License-Identifier: ISC */
/* addresses: what was read, written out again, reads equal; each address is fit for an envelope, and no name holds a control. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "message.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct seen {
	struct buf pairs, text;	/* name NUL addr NUL …, and the list as it would be written */
};

static int
see(void *ctx, const char *name, const char *addr, struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	if (!message_addr_ok(addr))
		abort();
	for (const char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' && *p != '\t')
			abort();
	buf_add(&s->pairs, name, strlen(name) + 1);
	buf_add(&s->pairs, addr, strlen(addr) + 1);
	if (s->text.len > 0)
		buf_adds(&s->text, ",\n ");
	message_quote_name(&s->text, name);
	buf_printf(&s->text, " <%s>", addr);
	return 0;
}

/* A header field's value of one line, whatever the name is made of. */
static void
check_words(const char *p, size_t n)
{
	char *text = strndup(p, n);
	struct buf out = {0};

	if (text == NULL)
		abort();
	message_encode_words(&out, text);
	for (size_t i = 0; i < out.len; i++)
		if ((unsigned char)out.data[i] >= 0x7f || ((unsigned char)out.data[i] < ' ' && (out.data[i] != '\n' || out.data[i + 1] != ' ')))
			abort();
	free(text);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen once = {0}, twice = {0};
	struct err e;

	if (message_addresses((const char *)data, size, see, &once, &e) == 0) {
		if (message_addresses(buf_str(&once.text), once.text.len, see, &twice, &e) == -1)
			abort();
		if (once.pairs.len != twice.pairs.len || memcmp(buf_str(&once.pairs), buf_str(&twice.pairs), once.pairs.len) != 0)
			abort();
	}
	check_words((const char *)data, size);
	buf_free(&once.pairs);
	buf_free(&once.text);
	buf_free(&twice.pairs);
	buf_free(&twice.text);
	return 0;
}
