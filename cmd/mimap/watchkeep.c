/* SPDX-License-Identifier: ISC */
/* watchkeep.c - the keeper: starts watchers, prints what they tell or has the command run, and ends them.
 * Where output is taken slowly, nothing more is read from the watchers: they wait, and so do their servers; nothing is lost, as each
 * finds what happened meanwhile. Ends when a signal says so, when nobody reads its output any more, or with the last watcher. */
#include "watchunit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "account.h"
#include "deadline.h"
#include "err.h"
#include "log.h"
#include "rows.h"

#define GRACE 5000		/* ms for watchers to say good-bye */
#define LINE_LONGEST (2u * 1024 * 1024)
#define FIELDS (WATCH_BOXES + 4)

struct keeper {
	struct mimap *all;	/* accounts */
	size_t accounts;
	const struct watch_opts *opts;
	struct watchunits units;
	struct rows rows;
	struct watchrun *run;	/* with -e */
	struct err first;	/* what a watcher ended with */
	int failed;		/* watchers */
	size_t hopeless;	/* accounts that let nobody in */
	int done;		/* no more is wanted */
};

static volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
	if (number != SIGCHLD)
		stopped = 1;
}

static void
hold_signals(sigset_t *before)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGCHLD };
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t ours;
	size_t i;

	sigemptyset(&ours);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		sigaddset(&ours, numbers[i]);
		sigaction(numbers[i], &sa, NULL);
	}
	sigprocmask(SIG_BLOCK, &ours, before);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigdelset(before, numbers[i]);
}

/* --- What they tell. */

static int
is_wanted(const struct keeper *k, const char *event)
{
	const char *p = k->opts->kinds;
	size_t n = strlen(event), len;

	for (; p != NULL && *p != '\0'; p += len) {
		p += strspn(p, ",");
		len = strcspn(p, ",");
		if (len == n && strncmp(p, event, n) == 0)
			return 1;
	}
	return k->opts->kinds == NULL;
}

static const char *
name_of(const struct mimap *m)
{
	const struct account *a = &m->account;

	return m->label != NULL ? m->label : a->name != NULL ? a->name : a->which != NULL ? a->which : "";
}

static void
print(struct keeper *k, const struct mimap *m, char *const *field)
{
	uint32_t uid = (uint32_t)strtoul(field[2], NULL, 10);

	if (k->accounts > 1)
		k->rows.value[0] = name_of(m);
	rows_text(&k->rows, field[0], strlen(field[0]));
	rows_text(&k->rows, field[1], strlen(field[1]));
	if (uid != 0)
		rows_number(&k->rows, uid);
	else
		rows_none(&k->rows);
	if (*field[3] != '\0')
		rows_words(&k->rows, field[3]);
	else
		rows_none(&k->rows);
	rows_end(&k->rows);
}

/* One that lets nobody in is no reason to leave the others. */
static void
on_error(struct keeper *k, const struct mimap *m, char *const *field)
{
	enum err_class class = (enum err_class)strtoul(field[2], NULL, 10);

	if (k->failed++ > 0)
		log_warn("%s", field[3]);
	else
		err_set(&k->first, class, "%s", field[3]);
	if (class == ERR_PERM || class == ERR_CONFIG || class == ERR_USAGE) {
		watchunit_signal(&k->units, m, SIGTERM);
		k->done |= ++k->hopeless == k->accounts;
	}
}

static int
on_fields(struct keeper *k, struct mimap *m, char **field, size_t count, struct err *e)
{
	if (count == 4 && strcmp(field[1], "error") == 0 && *field[0] == '\0') {
		on_error(k, m, field);
	} else if (count >= 4 && strcmp(field[1], "unit") == 0 && *field[0] == '\0') {
		return watchunit_start(&k->units, m, strcmp(field[2], "idle") == 0 ? WATCH_ONE : WATCH_MANY, field + 3, count - 3, e);
	} else if (count == 4 && !k->done && is_wanted(k, field[1])) {
		if (k->run != NULL)
			watchrun_add(k->run, name_of(m), field[0], field[1], (uint32_t)strtoul(field[2], NULL, 10),
			    *field[3] != '\0' ? field[3] : "-");
		else
			print(k, m, field);
		k->done |= k->opts->once;
	}
	return 0;
}

/* The line is taken apart at its tabs. */
static int
on_line(struct keeper *k, struct mimap *m, char *line, struct err *e)
{
	char *field[FIELDS] = { NULL };
	size_t count = 0;

	while (line != NULL && count < FIELDS)
		field[count++] = strsep(&line, "\t");
	return on_fields(k, m, field, count, e);
}

static int
hear(struct keeper *k, struct watchunit *u, struct err *e)
{
	char *lf;
	size_t n;
	ssize_t got;

	buf_reserve(&u->in, 65536);
	got = read(u->fd, u->in.data + u->in.len, 65536);
	if (got == -1)
		return errno == EINTR || errno == EAGAIN ? 0 : err_sys(e, ERR_OS, "hear of a watcher");
	if (got == 0 || u->in.len > LINE_LONGEST) {
		close(u->fd);
		u->fd = -1;
		return 0;
	}
	u->in.len += (size_t)got;
	while ((lf = memchr(u->in.data, '\n', u->in.len)) != NULL) {
		n = (size_t)(lf - u->in.data) + 1;
		*lf = '\0';
		if (on_line(k, u->m, u->in.data, e) == -1)
			return -1;
		buf_drop(&u->in, n);
		if (u->in.len == 0)
			break;
	}
	if (fflush(stdout) != 0)
		return err_sys(e, ERR_IO, "write standard output");
	return 0;
}

/* --- The loop. */

static void
reap(struct keeper *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (k->run != NULL && watchrun_ended(k->run, pid, status))
			continue;
		if (WIFSIGNALED(status) && !k->done && !stopped && k->failed++ == 0)
			err_set(&k->first, ERR_SOFTWARE, "a watcher was ended by signal %d", WTERMSIG(status));
		watchunit_gone(&k->units, pid);
	}
}

static int64_t
wake_at(const struct keeper *k)
{
	int64_t at = k->run != NULL ? watchrun_next(k->run) : INT64_MAX, end = k->all[0].account.end;

	return end != 0 && end < at ? end : at;
}

static int
sleep_and_hear(struct keeper *k, const sigset_t *mask, struct err *e)
{
	struct pollfd p[WATCHUNITS + 1];
	int64_t at = wake_at(k), left = at == INT64_MAX ? 60000 : at - deadline_now();
	struct timespec t;
	size_t i, count = k->units.count;
	int full = k->run != NULL && watchrun_full(k->run);

	left = left < 0 ? 0 : left < 60000 ? left : 60000;
	t = (struct timespec){ .tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000 * 1000000) };
	for (i = 0; i < count; i++)
		p[i] = (struct pollfd){ .fd = full ? -1 : k->units.unit[i].fd, .events = POLLIN };
	p[count] = (struct pollfd){ .fd = k->run == NULL ? STDOUT_FILENO : -1 };
	if (ppoll(p, (nfds_t)count + 1, &t, mask) == -1)
		return 0;
	k->done |= (p[count].revents & (POLLERR | POLLHUP)) != 0;
	for (i = 0; i < count; i++) {
		if (p[i].revents != 0 && hear(k, &k->units.unit[i], e) == -1)
			return -1;
	}
	return 0;
}

static int
over(const struct keeper *k)
{
	int64_t end = k->all[0].account.end;

	return stopped || k->done || !watchunit_tells(&k->units) || (end != 0 && deadline_now() >= end);
}

/* --- The end. */

static void
end_units(struct keeper *k, const sigset_t *mask)
{
	int64_t end = deadline_now() + GRACE, left;

	watchunit_close(&k->units);
	watchunit_signal(&k->units, NULL, SIGTERM);
	for (reap(k); watchunit_left(&k->units) && (left = end - deadline_now()) > 0; reap(k)) {
		struct timespec t = { .tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000 * 1000000) };

		ppoll(NULL, 0, &t, mask);
	}
	watchunit_signal(&k->units, NULL, SIGKILL);
	while (watchunit_left(&k->units)) {
		pid_t pid = waitpid(-1, NULL, 0);

		if (pid == -1 && errno != EINTR)
			break;
		watchunit_gone(&k->units, pid);
	}
}

/* With -1 the command is to see what happened. */
static int
run_last(struct keeper *k, const sigset_t *mask, struct err *e)
{
	int r = 0;

	while (k->run != NULL && k->opts->once && !stopped && r == 0 && watchrun_busy(k->run)) {
		struct timespec t = { .tv_sec = 60 };

		r = watchrun_go(k->run, 1, e);
		if (r == 0 && watchrun_busy(k->run))
			ppoll(NULL, 0, &t, mask);
		reap(k);
	}
	return r;
}

static int
verdict(struct keeper *k, struct err *e)
{
	int64_t end = k->all[0].account.end;

	if (k->first.class != ERR_NONE) {
		*e = k->first;
		return -1;
	}
	if (k->opts->once && !k->done && !stopped && end != 0 && deadline_now() >= end)
		return err_set(e, ERR_TEMP, "nothing has happened");
	return 0;
}

int
watchkeep(struct mimap *all, size_t accounts, const struct watch_opts *opts, struct err *e)
{
	static const struct column columns[] = { { "mailbox", 20, 0 }, { "event", 8, 0 }, { "uid", 8, 1 }, { "flags", 0, 0 } };
	struct keeper k = { .all = all, .accounts = accounts, .opts = opts };
	sigset_t mask;
	size_t i;
	int r = 0;

	hold_signals(&mask);
	rows_begin(&k.rows, columns, 4, opts->json);
	if (opts->command != NULL)
		k.run = watchrun_new(opts);
	if (accounts > 1)
		rows_fix(&k.rows, "account", 12, "");
	for (i = 0; i < accounts && r == 0; i++)
		r = watchunit_start(&k.units, &all[i], WATCH_PLAN, NULL, 0, e);
	while (r == 0 && !over(&k)) {
		r = sleep_and_hear(&k, &mask, e);
		reap(&k);
		if (r == 0 && k.run != NULL)
			r = watchrun_go(k.run, 0, e);
	}
	if (r == 0)
		r = run_last(&k, &mask, e);
	end_units(&k, &mask);
	rows_free(&k.rows);
	watchrun_free(&k.run);
	return r == 0 ? verdict(&k, e) : r;
}
