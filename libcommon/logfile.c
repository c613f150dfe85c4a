/* SPDX-License-Identifier: ISC */
/* logfile.c - one write of a whole line, under a lock, so that lines of programs that run at once stay whole. */
#include "logfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "config.h"
#include "err.h"
#include "log.h"
#include "sink.h"

const char *
logfile_code(int code)
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

void
logfile_word(struct buf *out, const char *name, const char *text)
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

void
logfile_quoted(struct buf *out, const char *name, const char *text)
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

int
logfile_open(const char *where)
{
	char *path;
	struct err e;
	int fd;

	if (strcmp(where, "syslog") == 0)
		return -1;
	path = config_tilde(where);
	if ((fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) == -1) {
		err_sys(&e, ERR_CANTCREAT, "log %s", path);
		log_err(&e);
	}
	free(path);
	return fd;
}

static void
to_file(const char *where, int fd, const struct buf *line)
{
	struct buf dated = { 0 };
	char when[32] = "";
	time_t now = time(NULL);
	struct err e;
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		strftime(when, sizeof(when), "%b %d %H:%M:%S ", &tm);
	buf_printf(&dated, "%s%s\n", when, buf_str(line));
	flock(fd, LOCK_EX);
	if (sink_fd(&fd, dated.data, dated.len, &e) == -1) {
		err_prefix(&e, "log %s", where);
		log_err(&e);
	}
	flock(fd, LOCK_UN);
	buf_free(&dated);
}

void
logfile_write(const char *program, const char *where, int opened, const struct buf *line, int code)
{
	int fd = opened;

	if (strcmp(where, "syslog") != 0) {
		if (fd == -1 && (fd = logfile_open(where)) == -1)
			return;
		to_file(where, fd, line);
		if (fd != opened)
			close(fd);
		return;
	}
	openlog(program, LOG_PID, LOG_MAIL);
	syslog(code == 0 ? LOG_INFO : LOG_ERR, "%s", buf_str(line));
	closelog();
}
