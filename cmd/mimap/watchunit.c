/* SPDX-License-Identifier: ISC */
/* watchunit.c - a process for a connection. What it fails with goes through its pipe, too: TAB "error" TAB class TAB text. */
#include "watchunit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "log.h"

static void
tell_error(int out, const struct err *e)
{
	struct buf line = { 0 };

	buf_printf(&line, "\terror\t%d\t", (int)e->class);
	log_safe(&line, e->text, strlen(e->text));
	buf_addc(&line, '\n');
	fcntl(out, F_SETFL, 0);
	while (write(out, line.data, line.len) == -1 && errno == EINTR)
		;
	buf_free(&line);
}

static void
become(const struct watchunits *u, struct mimap *m, enum watch_mode mode, char *const *names, size_t count, int out)
{
	struct watcher w;
	struct err e = { 0 };
	size_t i;
	int r;

	for (i = 0; i < u->count; i++) {
		if (u->unit[i].fd != -1)
			close(u->unit[i].fd);
	}
	signal(SIGCHLD, SIG_DFL);
	r = watcher_start(&w, m, mode, names, count, out, &e);
	if (r == 0)
		r = watcher_run(&w, &e);
	if (r == -1)
		tell_error(out, &e);
	_exit(r == -1 ? (int)e.class : 0);
}

int
watchunit_start(struct watchunits *u, struct mimap *m, enum watch_mode mode, char *const *names, size_t count, struct err *e)
{
	struct watchunit *unit = &u->unit[u->count];
	int fd[2];

	if (u->count == WATCHUNITS)
		return err_set(e, ERR_UNAVAILABLE, "more than %d connections would be needed", WATCHUNITS);
	if (pipe2(fd, O_CLOEXEC) == -1)
		return err_sys(e, ERR_OS, "pipe");
	fflush(stdout);
	*unit = (struct watchunit){ .m = m, .pid = fork(), .fd = fd[0] };
	if (unit->pid == 0) {
		close(fd[0]);
		become(u, m, mode, names, count, fd[1]);
	}
	close(fd[1]);
	if (unit->pid == -1) {
		close(fd[0]);
		return err_sys(e, ERR_OS, "fork");
	}
	u->count++;
	return 0;
}

void
watchunit_gone(struct watchunits *u, pid_t pid)
{
	size_t i;

	for (i = 0; i < u->count; i++) {
		if (u->unit[i].pid == pid)
			u->unit[i].pid = 0;
	}
}

int
watchunit_tells(const struct watchunits *u)
{
	size_t i;

	for (i = 0; i < u->count; i++) {
		if (u->unit[i].fd != -1)
			return 1;
	}
	return 0;
}

int
watchunit_left(const struct watchunits *u)
{
	size_t i;

	for (i = 0; i < u->count; i++) {
		if (u->unit[i].pid > 0)
			return 1;
	}
	return 0;
}

void
watchunit_signal(const struct watchunits *u, const struct mimap *m, int number)
{
	size_t i;

	for (i = 0; i < u->count; i++) {
		if (u->unit[i].pid > 0 && (m == NULL || u->unit[i].m == m))
			kill(u->unit[i].pid, number);
	}
}

void
watchunit_close(struct watchunits *u)
{
	size_t i;

	for (i = 0; i < u->count; i++) {
		if (u->unit[i].fd != -1)
			close(u->unit[i].fd);
		u->unit[i].fd = -1;
		buf_free(&u->unit[i].in);
	}
}
