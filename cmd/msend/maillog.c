/* SPDX-License-Identifier: ISC */
/* maillog.c - see maillog.h. */
#include "maillog.h"

#include <string.h>

#include "account.h"
#include "buf.h"
#include "logfile.h"
#include "rcpt.h"
#include "route.h"
#include "smtp.h"
#include "stream.h"

static void
put_server(struct buf *out, const struct route *r)
{
	const struct account *a = &r->account;
	const char *tls = account_get(a, KEY_TLS);

	if (r->kind != ROUTE_SERVER) {
		logfile_word(out, "host", r->kind == ROUTE_MX ? "mx" : "localhost");
		if (r->kind != ROUTE_MX)
			buf_adds(out, "tls=off auth=off ");
		return;
	}
	logfile_word(out, "host", a->url.host != NULL ? a->url.host : a->url.path != NULL ? a->url.path : "localhost");
	if (r->smtp != NULL && r->smtp->stream != NULL)
		buf_printf(out, "tls=%s ", stream_tls(r->smtp->stream) != NULL ? "on" : "off");
	else
		buf_printf(out, "tls=%s ", a->url.host != NULL && (tls == NULL || strcmp(tls, "off") != 0) ? "on" : "off");
	buf_printf(out, "auth=%s ", smtp_wants_auth(a) ? "on" : "off");
	if (smtp_wants_auth(a))
		logfile_word(out, "user", account_user(a));
}

static void
put_recipients(struct buf *out, const struct rcpts *rcpts)
{
	struct buf list = { 0 };
	size_t i;

	for (i = 0; i < rcpts->n; i++)
		buf_printf(&list, "%s%s", i > 0 ? "," : "", rcpts->v[i].addr);
	logfile_word(out, "recipients", buf_str(&list));
	buf_free(&list);
}

/* Of the recipients the first that failed in the way that the exit code tells, else the first. */
static void
put_outcome(struct buf *out, const struct rcpts *rcpts)
{
	const struct rcpt *tells = NULL;
	size_t i;
	int code = rcpts_exit(rcpts);

	for (i = 0; i < rcpts->n && tells == NULL; i++)
		if ((int)rcpts->v[i].class == code)
			tells = &rcpts->v[i];
	if (tells == NULL || tells->text == NULL)
		return;
	if (tells->code > 0)
		buf_printf(out, "smtpstatus=%d ", tells->code);
	logfile_quoted(out, tells->quoted ? "smtpmsg" : "errormsg", tells->text);
}

void
maillog_line(struct buf *out, const struct route *r, const char *from, const struct rcpts *rcpts, uint64_t size, int code)
{
	put_server(out, r);
	logfile_word(out, "from", *from != '\0' ? from : "<>");
	put_recipients(out, rcpts);
	buf_printf(out, "mailsize=%llu ", (unsigned long long)size);
	put_outcome(out, rcpts);
	buf_printf(out, "exitcode=%s", logfile_code(code));
}

void
maillog_write(const struct route *r, const char *from, const struct rcpts *rcpts, uint64_t size, int code)
{
	const char *where = account_get(&r->account, KEY_LOG);
	struct buf line = { 0 };

	if (where == NULL)
		return;
	maillog_line(&line, r, from, rcpts, size, code);
	logfile_write("msend", where, -1, &line, code);
	buf_free(&line);
}
