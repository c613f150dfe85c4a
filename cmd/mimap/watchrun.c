/* SPDX-License-Identifier: ISC */
/* watchrun.c - a command for what happened: one at a time, by /bin/sh -c, as the user wrote it. What came from the server reaches it in
 * the environment and on standard input, never in the command's text.
 * Events of one kind in one mailbox go together, until a quarter of a second has passed without another, or two seconds in all; what
 * happens while a command runs waits for the next. */
#include "watch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deadline.h"
#include "err.h"
#include "log.h"
#include "rows.h"
#include "sink.h"
#include "spill.h"
#include "xalloc.h"

#define QUIET 250		/* ms */
#define LONGEST 2000
#define RANGES 2000		/* of UIDs in one run: below 44 KB, and so fit for an environment */
#define BATCHES 1000
#define EVENTS 100000

struct batch {
	struct batch *next;
	const char *account;		/* borrowed */
	char *mailbox, *event;
	char *flags;			/* of the last one */
	struct uidset uids;
	struct buf lines;
	size_t count;
	int64_t first, last;
};

struct watchrun {
	const struct watch_opts *opts;
	struct batch *batches;		/* oldest first */
	size_t count, events;
	pid_t pid;			/* of the command that runs; 0 */
};

struct watchrun *
watchrun_new(const struct watch_opts *opts)
{
	struct watchrun *r = xcalloc(1, sizeof(*r));

	r->opts = opts;
	return r;
}

static void
drop(struct watchrun *r, struct batch *b)
{
	struct batch **bp = &r->batches;

	while (*bp != b)
		bp = &(*bp)->next;
	*bp = b->next;
	r->count--;
	r->events -= b->count;
	uidset_free(&b->uids);
	buf_free(&b->lines);
	free(b->mailbox);
	free(b->event);
	free(b->flags);
	free(b);
}

void
watchrun_free(struct watchrun **rp)
{
	struct watchrun *r = *rp;

	if (r == NULL)
		return;
	while (r->batches != NULL)
		drop(r, r->batches);
	free(r);
	*rp = NULL;
}

static struct batch *
find(struct watchrun *r, const char *account, const char *mailbox, const char *event)
{
	struct batch *b, **bp;

	for (bp = &r->batches; (b = *bp) != NULL; bp = &b->next) {
		if (!r->opts->single && b->uids.count < RANGES && b->account == account && strcmp(b->mailbox, mailbox) == 0 && strcmp(b->event, event) == 0)
			return b;
	}
	b = xcalloc(1, sizeof(*b));
	b->account = account;
	b->mailbox = xstrdup(mailbox);
	b->event = xstrdup(event);
	b->first = deadline_now();
	*bp = b;
	r->count++;
	return b;
}

void
watchrun_add(struct watchrun *r, const char *account, const char *mailbox, const char *event, uint32_t uid, const char *flags)
{
	struct batch *b = find(r, account, mailbox, event);

	if (uid != 0)
		uidset_add(&b->uids, uid, uid);
	if (uid != 0)
		buf_printf(&b->lines, "%s\t%s\t%u\t%s\n", mailbox, event, uid, flags);
	else
		buf_printf(&b->lines, "%s\t%s\t-\t%s\n", mailbox, event, flags);
	free(b->flags);
	b->flags = xstrdup(flags);
	b->count++;
	r->events++;
	b->last = deadline_now();
}

int
watchrun_full(const struct watchrun *r)
{
	return r->count >= BATCHES || r->events >= EVENTS;
}

int
watchrun_busy(const struct watchrun *r)
{
	return r->pid != 0 || r->batches != NULL;
}

static int64_t
due(const struct batch *b)
{
	return b->last + QUIET < b->first + LONGEST ? b->last + QUIET : b->first + LONGEST;
}

static struct batch *
soonest(const struct watchrun *r)
{
	struct batch *b, *best = NULL;

	for (b = r->batches; b != NULL; b = b->next) {
		if (best == NULL || due(b) < due(best))
			best = b;
	}
	return best;
}

int64_t
watchrun_next(const struct watchrun *r)
{
	const struct batch *b = r->pid == 0 ? soonest(r) : NULL;

	return b == NULL ? INT64_MAX : r->opts->single ? b->first : due(b);
}

static void
set_number(const char *name, size_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", n);
	setenv(name, text, 1);
}

static void
describe(const struct batch *b)
{
	struct buf uids = { 0 };
	size_t pos = 0;

	uidset_piece(&b->uids, &pos, SIZE_MAX, &uids);
	setenv("MIMAP_ACCOUNT", b->account, 1);
	setenv("MIMAP_MAILBOX", b->mailbox, 1);
	setenv("MIMAP_EVENT", b->event, 1);
	setenv("MIMAP_UIDS", buf_str(&uids), 1);
	setenv("MIMAP_FLAGS", b->count == 1 ? b->flags : "-", 1);
	set_number("MIMAP_COUNT", b->count);
	buf_free(&uids);
}

static void
become(const struct watchrun *r, const struct batch *b, int input)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	describe(b);
	if (dup2(input, STDIN_FILENO) != -1)
		execl("/bin/sh", "sh", "-c", r->opts->command, (char *)NULL);
	_exit(127);
}

static int
start(struct watchrun *r, struct batch *b, struct err *e)
{
	int input = spill_open(e);

	if (input == -1)
		return -1;
	if (sink_fd(&input, b->lines.data, b->lines.len, e) == -1 || lseek(input, 0, SEEK_SET) == -1) {
		close(input);
		return err_set(e, ERR_IO, "hand what happened to the command");
	}
	fflush(stdout);
	r->pid = fork();
	if (r->pid == 0)
		become(r, b, input);
	close(input);
	if (r->pid == -1) {
		r->pid = 0;
		return err_sys(e, ERR_OS, "start the command");
	}
	drop(r, b);
	return 0;
}

int
watchrun_go(struct watchrun *r, int all, struct err *e)
{
	struct batch *b = r->pid == 0 ? soonest(r) : NULL;

	return b != NULL && (all || watchrun_next(r) <= deadline_now()) ? start(r, b, e) : 0;
}

int
watchrun_ended(struct watchrun *r, int pid, int status)
{
	if (r->pid == 0 || pid != r->pid)
		return 0;
	r->pid = 0;
	if (WIFSIGNALED(status))
		log_warn("the command was ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		log_warn("the command ended with status %d", WEXITSTATUS(status));
	return 1;
}
