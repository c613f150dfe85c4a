/* SPDX-License-Identifier: ISC */
/* uids.c - UIDs from the command line or a pipe. */
#include "uids.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "err.h"

#define WORD_MAX 65536

/* One set; what stands alone between its commas was asked for by name. */
static int
add(struct uids *u, const char *text, size_t n, struct err *e)
{
	size_t from = 0, end;

	if (uidset_parse(&u->all, text, n, e) == -1)
		return -1;
	for (; from < n; from = end + 1) {
		for (end = from; end < n && text[end] != ','; end++)
			;
		if (memchr(text + from, ':', end - from) == NULL && text[from] != '*'
		    && uidset_parse(&u->single, text + from, end - from, e) == -1)
			return -1;
	}
	return 0;
}

static int
read_stdin(struct uids *u, struct err *e)
{
	struct buf word = { 0 };
	int c, r = 0;

	u->piped = 1;
	do {
		c = getc(stdin);
		if (c != EOF && !isspace(c)) {
			buf_addc(&word, (char)c);
			if (word.len > WORD_MAX)
				r = err_set(e, ERR_DATA, "standard input holds no UIDs");
		} else if (word.len > 0) {
			r = add(u, buf_str(&word), word.len, e);
			buf_cut(&word, 0);
		}
	} while (r == 0 && c != EOF);
	buf_free(&word);
	if (r == 0 && ferror(stdin))
		r = err_sys(e, ERR_IO, "read standard input");
	if (r == -1 && e->class == ERR_USAGE) {
		e->class = ERR_DATA;
		err_prefix(e, "standard input");
	}
	return r;
}

int
uids_read(struct uids *u, const char *arg, struct err *e)
{
	if (strcmp(arg, "-") == 0)
		return read_stdin(u, e);
	return add(u, arg, strlen(arg), e);
}

void
uids_free(struct uids *u)
{
	uidset_free(&u->all);
	uidset_free(&u->single);
}
