/* SPDX-License-Identifier: ISC */
/* show.c - one entry: its envelope as people read it, an empty line, the message. On a terminal the message is made
 * harmless, elsewhere it is as it is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "dest.h"
#include "entry.h"
#include "err.h"
#include "find.h"
#include "list.h"
#include "log.h"
#include "mqueue.h"

static void
text_line(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, "%-9s", name);
	log_safe(out, text, strlen(text));
	buf_addc(out, '\n');
}

static void
time_line(struct buf *out, const char *name, int64_t when)
{
	buf_printf(out, "%-9s", name);
	list_time(out, when);
	buf_addc(out, '\n');
}

static void
rcpt_line(struct buf *out, const struct envelope_rcpt *p)
{
	buf_printf(out, "%-9s<", "to");
	log_safe(out, p->addr, strlen(p->addr));
	buf_printf(out, "> %s", list_fate((int)p->fate));
	if (*p->reply != '\0') {
		buf_adds(out, ": ");
		log_safe(out, p->reply, strlen(p->reply));
	}
	buf_addc(out, '\n');
}

static void
describe(struct buf *out, const struct entry *t)
{
	struct row row = { .id = t->name->id, .env = &t->env, .now = (int64_t)time(NULL), .taken = entry_taken(t) };
	char *path = spool_path(t->spool, t->name);
	size_t i;

	text_line(out, "id", t->name->id);
	text_line(out, "file", path);
	buf_printf(out, "%-9s%lld\n", "size", (long long)t->size);
	time_line(out, "arrived", t->env.arrived);
	text_line(out, "state", list_state(&row));
	if (!t->env.held)
		time_line(out, "next", t->env.next);
	buf_printf(out, "%-9s%u\n", "tries", t->env.tries);
	if (t->env.account != NULL)
		text_line(out, "account", t->env.account);
	buf_printf(out, "%-9s<", "from");
	log_safe(out, t->env.from, strlen(t->env.from));
	buf_adds(out, ">\n");
	for (i = 0; i < t->env.rcpts; i++)
		rcpt_line(out, &t->env.rcpt[i]);
	buf_addc(out, '\n');
	free(path);
}

/* Lines and tabs stay. */
static void
harmless(struct buf *out, const char *p, size_t n)
{
	size_t i, from = 0;

	for (i = 0; i < n; i++) {
		if (p[i] != '\n' && p[i] != '\t')
			continue;
		log_safe(out, p + from, i - from);
		buf_addc(out, p[i]);
		from = i + 1;
	}
	log_safe(out, p + from, n - from);
}

static int
put(const struct buf *out, struct err *e)
{
	return fwrite(out->data, 1, out->len, stdout) == out->len ? 0 : err_sys(e, ERR_IO, "write to standard output");
}

static int
print_message(const struct entry *t, struct err *e)
{
	int terminal = isatty(STDOUT_FILENO), code = 0;
	off_t at = t->env.message_at;
	char chunk[16384];
	struct buf out = { 0 };
	ssize_t n;

	while (code == 0 && (n = pread(t->fd, chunk, sizeof chunk, at)) != 0) {
		if (n == -1) {
			code = err_sys(e, ERR_IO, "read %s", t->name->name);
			break;
		}
		buf_cut(&out, 0);
		if (terminal)
			harmless(&out, chunk, (size_t)n);
		else
			buf_add(&out, chunk, (size_t)n);
		code = put(&out, e);
		at += n;
	}
	buf_free(&out);
	return code;
}

static int
show(const struct entry *t, struct err *e)
{
	struct buf out = { 0 };
	int code;

	describe(&out, t);
	code = put(&out, e);
	buf_free(&out);
	return code == -1 ? -1 : print_message(t, e);
}

static void
as_people_see_it(const struct job *job, struct entry *t)
{
	struct dests d;

	dests_read(&d, t->spool, &job->settings.whereto, &job->settings.schedule, (int64_t)time(NULL));
	dests_show(&d, &t->env);
	dests_free(&d);
}

static int
show_named(const struct job *job, const struct spool *q, const struct finder *f, const char *what, struct err *e)
{
	const struct spool_name *n = finder_find(f, what, e);
	struct entry t;
	int code;

	if (n == NULL)
		return -1;
	code = entry_read(&t, q, n, e);
	if (code == ENTRY_GONE)
		return err_set(e, ERR_DATA, "%s: no such message in the queue", what);
	if (code == ENTRY_OK) {
		as_people_see_it(job, &t);
		code = show(&t, e);
		entry_close(&t);
	}
	return code;
}

int
mqueue_show(const struct job *job, struct err *e)
{
	struct spool q;
	struct finder f;
	int code, none = spool_open(&q, job->settings.queue, 0, e);

	if (none == 1)
		return err_set(e, ERR_DATA, "%s: there is no queue yet", job->settings.queue);
	if (none == -1)
		return -1;
	if ((code = finder_open(&f, &q, e)) == 0) {
		code = show_named(job, &q, &f, job->args[0], e);
		finder_free(&f);
	}
	spool_close(&q);
	if (code == 0 && fflush(stdout) != 0)
		code = err_sys(e, ERR_IO, "write to standard output");
	return code;
}
