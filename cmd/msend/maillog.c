/* SPDX-License-Identifier: ISC */
/* maillog.c - one write of a whole line, under a lock, so that lines of programs that run at once stay whole. */
#include "maillog.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "account.h"
#include "buf.h"
#include "config.h"
#include "err.h"
#include "log.h"
#include "rcpt.h"
#include "route.h"
#include "sink.h"
#include "smtp.h"
#include "stream.h"

static const char *
code_name(int code)
{
	static const struct { int code; const char *name; } names[] = {
		{ 0, "EX_OK" }, { ERR_USAGE, "EX_USAGE" }, { ERR_DATA, "EX_DATAERR" }, { ERR_NOUSER, "EX_NOUSER" }, { ERR_NOHOST, "EX_NOHOST" },
		{ ERR_UNAVAILABLE, "EX_UNAVAILABLE" }, { ERR_SOFTWARE, "EX_SOFTWARE" }, { ERR_OS, "EX_OSERR" },
		{ ERR_CANTCREAT, "EX_CANTCREAT" }, { ERR_IO, "EX_IOERR" }, { ERR_TEMP, "EX_TEMPFAIL" }, { ERR_PROTOCOL, "EX_PROTOCOL" },
		{ ERR_PERM, "EX_NOPERM" }, { ERR_CONFIG, "EX_CONFIG" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].code == code)
			return names[i].name;
	return "EX_SOFTWARE";
}

/* A word: what would end it is escaped. */
static void
put_word(struct buf *out, const char *name, const char *text)
{
	struct buf safe = { 0 };
	const char *p;

	log_safe(&safe, text, strlen(text));
	buf_printf(out, "%s=", name);
	for (p = buf_str(&safe); *p != '\0'; p++) {
		if (*p == ' ')
			buf_adds(out, "\\040");
		else
			buf_addc(out, *p);
	}
	buf_addc(out, ' ');
	buf_free(&safe);
}

static void
put_quoted(struct buf *out, const char *name, const char *text)
{
	struct buf safe = { 0 };
	const char *p;

	log_safe(&safe, text, strlen(text));
	buf_printf(out, "%s='", name);
	for (p = buf_str(&safe); *p != '\0'; p++) {
		if (*p == '\'')
			buf_addc(out, '\\');
		buf_addc(out, *p);
	}
	buf_adds(out, "' ");
	buf_free(&safe);
}

static void
put_server(struct buf *out, const struct route *r)
{
	const struct account *a = &r->account;
	const char *tls = account_get(a, KEY_TLS);

	if (r->kind != ROUTE_SERVER) {
		put_word(out, "host", r->kind == ROUTE_MX ? "mx" : "localhost");
		if (r->kind != ROUTE_MX)
			buf_adds(out, "tls=off auth=off ");
		return;
	}
	put_word(out, "host", a->url.host != NULL ? a->url.host : a->url.path != NULL ? a->url.path : "localhost");
	if (r->smtp != NULL && r->smtp->stream != NULL)
		buf_printf(out, "tls=%s ", stream_tls(r->smtp->stream) != NULL ? "on" : "off");
	else
		buf_printf(out, "tls=%s ", a->url.host != NULL && (tls == NULL || strcmp(tls, "off") != 0) ? "on" : "off");
	buf_printf(out, "auth=%s ", smtp_wants_auth(a) ? "on" : "off");
	if (smtp_wants_auth(a))
		put_word(out, "user", account_user(a));
}

static void
put_recipients(struct buf *out, const struct rcpts *rcpts)
{
	struct buf list = { 0 };
	size_t i;

	for (i = 0; i < rcpts->n; i++)
		buf_printf(&list, "%s%s", i > 0 ? "," : "", rcpts->v[i].addr);
	put_word(out, "recipients", buf_str(&list));
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
	put_quoted(out, tells->quoted ? "smtpmsg" : "errormsg", tells->text);
}

void
maillog_line(struct buf *out, const struct route *r, const char *from, const struct rcpts *rcpts, uint64_t size, int code)
{
	put_server(out, r);
	put_word(out, "from", *from != '\0' ? from : "<>");
	put_recipients(out, rcpts);
	buf_printf(out, "mailsize=%llu ", (unsigned long long)size);
	put_outcome(out, rcpts);
	buf_printf(out, "exitcode=%s", code_name(code));
}

static int
append(const char *path, const struct buf *line, struct err *e)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600), rc;

	if (fd == -1 || flock(fd, LOCK_EX) == -1) {
		err_sys(e, ERR_CANTCREAT, "log %s", path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	if ((rc = sink_fd(&fd, line->data, line->len, e)) == -1)
		err_prefix(e, "log %s", path);
	close(fd);
	return rc;
}

static void
to_file(const char *where, const struct buf *line)
{
	struct buf dated = { 0 };
	char when[32] = "", *path = config_tilde(where);
	time_t now = time(NULL);
	struct err e = { 0 };
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		strftime(when, sizeof(when), "%b %d %H:%M:%S ", &tm);
	buf_printf(&dated, "%s%s\n", when, buf_str(line));
	if (append(path, &dated, &e) == -1)
		log_err(&e);
	buf_free(&dated);
	free(path);
}

void
maillog_write(const struct route *r, const char *from, const struct rcpts *rcpts, uint64_t size, int code)
{
	const char *where = account_get(&r->account, KEY_LOG);
	struct buf line = { 0 };

	if (where == NULL)
		return;
	maillog_line(&line, r, from, rcpts, size, code);
	if (strcmp(where, "syslog") == 0) {
		openlog("msend", LOG_PID, LOG_MAIL);
		syslog(code == 0 ? LOG_INFO : LOG_ERR, "%s", buf_str(&line));
		closelog();
	} else {
		to_file(where, &line);
	}
	buf_free(&line);
}
