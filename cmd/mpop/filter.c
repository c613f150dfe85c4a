/* SPDX-License-Identifier: ISC */
/* filter.c - one run of the command for each message, its header as standard input, its size in MPOP_SIZE. */
#include "filter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "err.h"
#include "headers.h"
#include "listing.h"

struct filter {
	const char *command;
	int64_t end;
	filter_fn *fn;
	void *ctx;
	FILE *file;
};

static void
tell_size(const struct listing_msg *m)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, m->size);
	if (m->size == LISTING_NO_SIZE)
		unsetenv("MPOP_SIZE");
	else
		setenv("MPOP_SIZE", text, 1);
}

static enum verdict
ask_command(struct filter *f, const struct buf *header, struct err *why)
{
	int fd = fileno(f->file), code;

	if (ftruncate(fd, 0) == -1 || lseek(fd, 0, SEEK_SET) == -1) {
		err_sys(why, ERR_IO, "write a temporary file");
		return VERDICT_NONE;
	}
	if (sink_fd(&fd, buf_str(header), header->len, why) == -1 || (code = command_run(f->command, fd, f->end, why)) == -1)
		return VERDICT_NONE;
	if (code <= VERDICT_SKIP)
		return (enum verdict)code;
	err_set(why, ERR_TEMP, "the filter exited with %d", code);
	return VERDICT_NONE;
}

static int
judge(void *ctx, struct listing_msg *m, const struct buf *header, const struct err *refused, struct err *e)
{
	struct filter *f = ctx;
	enum verdict v;
	struct err why;

	(void)e;
	if (header == NULL) {
		f->fn(f->ctx, m, VERDICT_NONE, refused);
		return 0;
	}
	tell_size(m);
	v = ask_command(f, header, &why);
	f->fn(f->ctx, m, v, &why);
	return 0;
}

int
filter_each(struct pop3 *p, const char *command, int64_t end, struct listing_msg **msg, size_t count, filter_fn *fn,
    void *ctx, struct err *e)
{
	struct filter f = { .command = command, .end = end, .fn = fn, .ctx = ctx, .file = tmpfile() };
	int rc;

	if (f.file == NULL)
		return err_sys(e, ERR_IO, "make a temporary file");
	rc = headers_each(p, msg, count, judge, &f, e);
	fclose(f.file);
	return rc;
}
