/* SPDX-License-Identifier: ISC */
/* mda.c - see mda.h. */
#include "mda.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "deliver.h"
#include "err.h"

/* Reads on; 0 at the end. */
static ssize_t
more(char *text, size_t size, struct err *e)
{
	ssize_t n;

	while ((n = read(STDIN_FILENO, text, size)) == -1 && errno == EINTR)
		;
	return n == -1 ? err_sys(e, ERR_IO, "read standard input") : n;
}

/* What comes before the message, as far as it must be seen to be known. */
static int
begin(struct buf *first, struct err *e)
{
	char text[4096];
	const char *end;
	ssize_t n = 1;

	while (first->len < 8192 && (first->len < 5 || memcmp(first->data, "From ", 5) == 0) &&
	    memchr(buf_str(first), '\n', first->len) == NULL &&
	    (n = more(text, sizeof text, e)) > 0)
		buf_add(first, text, (size_t)n);
	if (n == -1)
		return -1;
	if (first->len >= 5 && memcmp(first->data, "From ", 5) == 0 && (end = memchr(first->data, '\n', first->len)) != NULL)
		buf_drop(first, (size_t)(end - first->data) + 1);
	return first->len == 0 ? err_set(e, ERR_DATA, "there is no message on standard input") : 0;
}

static int
copy(struct deliver *d, const struct buf *first, struct err *e)
{
	char text[32768];
	ssize_t n;

	if (deliver_begin(d, e) == -1 || deliver_write(d, first->data, first->len, e) == -1)
		return -1;
	while ((n = more(text, sizeof text, e)) > 0)
		if (deliver_write(d, text, (size_t)n, e) == -1)
			return -1;
	if (n == -1)
		return -1;
	return deliver_end(d, e) != 0 || deliver_sync(d, e) == -1 ? -1 : deliver_place(d, e);
}

int
mda(const struct deliver_opts *o, struct err *e)
{
	struct buf first = { NULL, 0, 0 };
	struct deliver *d = NULL;
	int r = begin(&first, e);

	if (r == 0)
		r = deliver_open(&d, o, e) == -1 ? -1 : copy(d, &first, e);
	deliver_free(&d);
	buf_free(&first);
	if (r == -1 && e->class != ERR_DATA)
		e->class = ERR_TEMP;
	return r;
}
