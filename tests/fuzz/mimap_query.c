/* SPDX-License-Identifier: ISC */
/* query: what was parsed, printed, parses to the same tree and sends the same keys; no octet of the command is a control, and beyond
 * US-ASCII only inside literals. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/mimap/caps.h"
#include "../../cmd/mimap/command.h"
#include "../../cmd/mimap/query.h"
#include "../../cmd/mimap/querysend.h"
#include "buf.h"
#include "err.h"
#include "xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_command(const struct command *c)
{
	size_t i, next = 0;

	for (i = 0; i < c->text.len; i++) {
		unsigned char b = (unsigned char)c->text.data[i];

		if (next < c->literals && i == c->literal[next].at) {
			i += c->literal[next++].len - 1;
			continue;
		}
		if (b < 0x20 || b >= 0x7f)
			abort();
	}
	if (next != c->literals)
		abort();
}

static void
send(const struct query *q, struct command *c)
{
	struct caps caps = { .set = UINT64_MAX };
	struct err e = { 0 };

	if (querysend(c, q, &caps, 1795305600, &e) == -1)
		abort();
	check_command(c);
}

/* Threads are no search key. */
static int
has_thread(const struct query *q)
{
	for (; q != NULL; q = q->next) {
		if (q->kind == QUERY_THREAD || has_thread(q->child))
			return 1;
	}
	return 0;
}

static void
check(const struct query *q)
{
	struct buf once = { 0 }, twice = { 0 };
	struct command a = { .form = LITERAL_PLUS }, b = { .form = LITERAL_PLUS };
	struct query *again;
	struct err e = { 0 };
	char *argv[1];

	query_print(&once, q);
	argv[0] = xstrdup(buf_str(&once));
	if (query_parse(&again, 1, argv, &e) == -1)
		abort();
	query_print(&twice, again);
	if (has_thread(q) != has_thread(again))
		abort();
	if (!has_thread(q)) {
		send(q, &a);
		send(again, &b);
	}
	if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0 || a.text.len != b.text.len
	    || memcmp(buf_str(&a.text), buf_str(&b.text), a.text.len) != 0 || (query_ascii(q) != (a.literals == 0) && !has_thread(q)))
		abort();
	query_free(&again);
	free(argv[0]);
	buf_free(&once);
	buf_free(&twice);
	command_free(&a);
	command_free(&b);
}

/* A LF ends an argument. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size), *p = text, *argv[8];
	struct query *q = NULL;
	struct err e = { 0 };
	int n = 0;

	while (n < 8 && (argv[n] = strsep(&p, "\n")) != NULL)
		n++;
	if (query_parse(&q, n, argv, &e) == 0)
		check(q);
	else if (e.class != ERR_USAGE || e.text[0] == '\0' || q != NULL)
		abort();
	query_free(&q);
	free(text);
	return 0;
}
