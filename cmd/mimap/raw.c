/* SPDX-License-Identifier: ISC */
/* raw.c - mimap raw: commands as the user writes them, one after the other; what the server says is printed, a response a
 * line. */
#include "mimap.h"

#include <stdio.h>
#include <unistd.h>

#include "imap.h"
#include "log.h"

static void
print(const struct buf *line)
{
	struct buf safe = { 0 };

	log_safe(&safe, buf_str(line), line->len);
	printf("%s\n", buf_str(&safe));
	buf_free(&safe);
}

static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct buf line = { 0 };
	size_t i;

	(void)ctx;
	(void)e;
	if (r->numbered)
		buf_printf(&line, "%u ", (unsigned int)r->number);
	buf_adds(&line, r->name);
	if (r->text != NULL)
		buf_printf(&line, " %s", r->text);
	for (i = 0; i < r->number_count && r->text == NULL; i++)
		buf_printf(&line, " %u", (unsigned int)r->numbers[i]);
	if (r->args != NULL) {
		buf_addc(&line, ' ');
		value_print(&line, r->args);
	}
	print(&line);
	buf_free(&line);
	return 1;
}

/* The answer's words; a refusal is a failure all the same. */
static int
on_answer(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	struct buf line = { 0 };

	(void)ctx;
	(void)tag;
	(void)e;
	if (r->status != STATUS_OK)
		return 0;
	buf_adds(&line, "OK");
	if (r->code != NULL)
		buf_printf(&line, " [%s%s%s]", r->code, *r->code_args != '\0' ? " " : "", r->code_args);
	buf_printf(&line, " %s", r->text);
	print(&line);
	buf_free(&line);
	return 0;
}

static int
work(struct imap *im, char **commands, struct err *e)
{
	struct command c;
	int r = 0;

	im->handler = (struct imap_handler){ .data = on_data, .answer = on_answer };
	for (; *commands != NULL && r == 0; commands++) {
		imap_command(im, &c);
		r = command_add(&c, e, "%r", *commands);
		if (r == 0)
			r = imap_send(im, &c, "do that", e);
		if (r == 0)
			r = imap_finish(im, e);
		command_free(&c);
	}
	return r;
}

int
verb_raw(struct mimap *m, int argc, char **argv, struct err *e)
{
	struct imap *im = NULL;
	int r;

	if (getopt(argc, argv, "+:") != -1)
		return err_set(e, ERR_USAGE, "raw: there is no option -%c", optopt);
	if (optind == argc)
		return err_set(e, ERR_USAGE, "raw: which command?");
	if (mimap_account(m, e) == -1 || imap_open(&im, &m->account, e) == -1)	/* no UTF8=ACCEPT: what he writes is US-ASCII */
		return -1;
	r = work(im, argv + optind, e);
	imap_logout(im);
	imap_close(&im);
	return r;
}
