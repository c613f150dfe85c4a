/* SPDX-License-Identifier: ISC */
/* several.c - processes do not share anything but standard output and error, where whole lines are written. */
#include "several.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account.h"
#include "accountnames.h"
#include "discovery.h"
#include "err.h"
#include "log.h"
#include "xalloc.h"

#define CHILDREN 64

/* Who ends us means all of us. */
static volatile pid_t child[CHILDREN];

static void
pass_on(int sig)
{
	for (size_t i = 0; i < CHILDREN; i++)
		if (child[i] > 0)
			kill(child[i], sig);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
copy_account(struct account *to, const struct account *common, const char *name)
{
	*to = (struct account){ .which = xstrdup(name), .verbose = common->verbose };
	for (int i = 0; i < KEY_COUNT; i++)
		if (common->option[i] != NULL)
			to->option[i] = xstrdup(common->option[i]);
}

static int
load(struct account *a, const struct account *common, const char *name)
{
	struct err e;

	copy_account(a, common, name);
	if (discovery_load(a, KEY_POP, &e) == 0 && account_unlock(a, &e) == 0)
		return 0;
	err_prefix(&e, "%.100s", name);
	return log_err(&e);
}

/* In the child: does not return. */
static void
run_child(struct account *a, const char *name, several_fn *work, void *ctx)
{
	char *title = xasprintf("mpop: %s", name);
	int code;

	for (size_t i = 0; i < CHILDREN; i++)
		child[i] = 0;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	log_init(title);
	setvbuf(stdout, NULL, _IOLBF, 0);
	code = work(ctx, a);
	account_free(a);
	fflush(stdout);
	_exit(code);
}

/* Waits for one that ends; its code. */
static int
reap(size_t *running)
{
	int status;
	pid_t pid = wait(&status);

	if (pid == -1 && errno == EINTR)
		return 0;
	if (pid == -1) {
		*running = 0;
		return ERR_OS;
	}
	for (size_t i = 0; i < CHILDREN; i++)
		if (child[i] == pid) {
			child[i] = 0;
			--*running;
			return WIFEXITED(status) ? WEXITSTATUS(status) : ERR_SOFTWARE;
		}
	return 0;
}

static int
start(struct account *a, const char *name, several_fn *work, void *ctx)
{
	size_t slot = 0;
	struct err e;

	while (child[slot] > 0)
		slot++;
	fflush(stdout);
	if ((child[slot] = fork()) == 0)
		run_child(a, name, work, ctx);
	if (child[slot] != -1)
		return 0;
	child[slot] = 0;
	err_sys(&e, ERR_OS, "%.100s: start a process", name);
	return log_err(&e);
}

int
several_run(const struct account_names *s, const struct account *common, size_t at_once, several_fn *work, void *ctx)
{
	int worst = 0, code;
	size_t running = 0;

	signal(SIGINT, pass_on);
	signal(SIGTERM, pass_on);
	signal(SIGHUP, pass_on);
	for (size_t i = 0; i < s->count || running > 0;) {
		if (i < s->count && running < at_once && running < CHILDREN) {
			struct account a;

			code = load(&a, common, s->name[i]);
			if (code == 0 && (code = start(&a, s->name[i], work, ctx)) == 0)
				running++;
			account_free(&a);
			i++;
		} else
			code = reap(&running);
		worst = code > worst ? code : worst;
	}
	return worst;
}
