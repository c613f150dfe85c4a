/* SPDX-License-Identifier: ISC */
/* local.c - a message from the wire's side to the disk's: LF line ends, trace lines in front (RFC 5321 4.4 for Return-Path). */
#include "local.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "config.h"
#include "eol.h"
#include "err.h"
#include "mail.h"
#include "maildir.h"
#include "message.h"
#include "rcpt.h"
#include "xalloc.h"

struct to_maildir {
	struct eol eol;
	struct maildir *maildir;
};

static int
write_lf(void *ctx, const char *p, size_t n, struct err *e)
{
	struct to_maildir *t = ctx;

	return eol_to_lf(&t->eol, p, n, maildir_write, t->maildir, e);
}

static int
stage(struct maildir *m, const char *trace, const struct mail *mail, const char *flags, struct err *e)
{
	struct to_maildir t = { .maildir = m };

	if (maildir_begin(m, e) == -1)
		return -1;
	if (maildir_write(m, trace, strlen(trace), e) == -1 || mail_each(mail, write_lf, &t, e) == -1
	    || eol_to_lf_end(&t.eol, maildir_write, m, e) == -1 || maildir_stage(m, flags, 0, e) == -1) {
		maildir_abort(m);
		return -1;
	}
	return 0;
}

static int
store(const char *path, const char *trace, const struct mail *mail, struct err *e)
{
	struct maildir *m = NULL;
	int rc;

	if (maildir_open(&m, path, e) == -1)
		return -1;
	rc = stage(m, trace, mail, "", e) == -1 || maildir_sync(m, e) == -1 || maildir_place(m, NULL, NULL, e) == -1 ? -1 : 0;
	maildir_free(&m);
	return rc;
}

/* Only a name of this machine, or none, is delivered here. */
int
local_is_here(const char *domain)
{
	char host[256] = "";

	if (gethostname(host, sizeof(host) - 1) == -1)
		host[0] = '\0';
	return strcasecmp(domain, "localhost") == 0 || strcasecmp(domain, message_hostname()) == 0
	    || strcasecmp(domain, host) == 0;
}

/* Our own home is $HOME where that is ours; anybody else's is what the system says. */
static const char *
home_of(const struct passwd *pw)
{
	const char *home = getenv("HOME");
	struct stat st;

	if (pw->pw_uid == geteuid() && home != NULL && stat(home, &st) == 0 && st.st_uid == geteuid())
		return home;
	return pw->pw_dir;
}

int
local_become(const struct passwd *pw, struct err *e)
{
	if (initgroups(pw->pw_name, pw->pw_gid) == -1 || setgid(pw->pw_gid) == -1 || setuid(pw->pw_uid) == -1)
		return err_sys(e, ERR_OS, "become user %s", pw->pw_name);
	if (chdir("/") == -1)
		return err_sys(e, ERR_OS, "chdir /");
	return 0;
}

/* All of *e from the child, or none. */
static void
hear(int fd, struct err *e)
{
	size_t have = 0;
	ssize_t n;

	while (have < sizeof(*e) && (n = read(fd, (char *)e + have, sizeof(*e) - have)) != 0) {
		if (n == -1 && errno != EINTR)
			break;
		have += n > 0 ? (size_t)n : 0;
	}
	if (have < sizeof(*e))
		err_set(e, ERR_TEMP, "the delivery process died");
	e->text[sizeof(e->text) - 1] = '\0';
}

/* Root's way to another user's mail: a child that is that user does it, and tells how it went. */
static int
store_as(const struct passwd *pw, const char *path, const char *trace, const struct mail *mail, struct err *e)
{
	int p[2];
	pid_t pid;

	if (pipe(p) == -1)
		return err_sys(e, ERR_OS, "pipe");
	if ((pid = fork()) == 0) {
		struct err told = { 0 };

		if (local_become(pw, &told) == 0 && store(path, trace, mail, &told) == 0)
			err_clear(&told);
		_exit(write(p[1], &told, sizeof(told)) == sizeof(told) ? 0 : 1);
	}
	close(p[1]);
	if (pid == -1)
		err_sys(e, ERR_OS, "fork");
	else
		hear(p[0], e);
	close(p[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	return e->class == ERR_NONE ? 0 : -1;
}

int
local_store(const char *path, const struct passwd *pw, const char *trace, const struct mail *mail, struct err *e)
{
	return pw->pw_uid == geteuid() ? store(path, trace, mail, e) : store_as(pw, path, trace, mail, e);
}

static int
to_user(const struct passwd *pw, const char *trace, const struct mail *mail, struct err *e)
{
	char *path;
	int rc;

	if (pw->pw_uid != geteuid() && geteuid() != 0)
		return err_set(e, ERR_PERM, "only root may put mail into %s's ~/Maildir; run msend as root, or give it an account to "
		    "send by (see pennypost(5))", pw->pw_name);
	path = xasprintf("%s/Maildir", home_of(pw));
	rc = local_store(path, pw, trace, mail, e);
	free(path);
	return rc;
}

static void
no_user(struct rcpt *r, const char *user)
{
	struct err e;

	err_set(&e, ERR_NOUSER, "no user %s on this machine", user);
	rcpt_fail(r, RCPT_REFUSED, &e);
	r->code = 550;
	strlcpy(r->enhanced, "5.1.1", sizeof(r->enhanced));
}

static void
ok(struct rcpt *r)
{
	struct err e = { .text = "delivered" };

	rcpt_fail(r, RCPT_OK, &e);
}

void
local_trace(struct buf *out, const char *from, const char *addr)
{
	buf_printf(out, "Return-Path: <%s>\n", from);
	if (addr != NULL)
		buf_printf(out, "Delivered-To: %s\n", addr);
}

static void
deliver_one(const char *from, struct rcpt *r, const struct mail *mail)
{
	const char *at = strrchr(r->addr, '@');
	char *user = at != NULL ? xstrndup(r->addr, (size_t)(at - r->addr)) : xstrdup(r->addr);
	struct buf trace = { 0 };
	struct err e = { 0 };
	struct passwd *pw;

	local_trace(&trace, from, r->addr);
	errno = 0;
	if (at != NULL && !local_is_here(at + 1)) {
		err_set(&e, ERR_CONFIG, "%s is not on this machine, and there is no account to send it by; write one into "
		    "~/.config/pennypost/config (see pennypost(5)), or give -a a URL such as smtps://ann@mail.example.org", at + 1);
		rcpt_fail(r, RCPT_LATER, &e);
	} else if ((pw = getpwnam(user)) == NULL && errno != 0 && errno != ENOENT && errno != ESRCH) {
		err_sys(&e, ERR_TEMP, "look up user %s", user);
		rcpt_fail(r, RCPT_LATER, &e);
	} else if (pw == NULL) {
		no_user(r, user);
	} else if (to_user(pw, buf_str(&trace), mail, &e) == -1) {
		if (e.class == ERR_PERM)
			rcpt_refuse(r, 550, "5.7.1", &e);
		else
			rcpt_fail(r, RCPT_LATER, &e);
	} else {
		ok(r);
	}
	buf_free(&trace);
	free(user);
}

void
local_deliver(const char *from, struct rcpts *rcpts, const struct mail *mail)
{
	size_t i;

	for (i = 0; i < rcpts->n; i++)
		if (rcpts->v[i].state == RCPT_WAITING && rcpts->v[i].to == NULL)
			deliver_one(from, &rcpts->v[i], mail);
}

void
local_deliver_to(const char *maildir, const char *from, struct rcpts *rcpts, const struct mail *mail)
{
	struct buf trace = { 0 };
	char *path = config_tilde(maildir);
	struct err e = { 0 };
	size_t i;

	local_trace(&trace, from, NULL);
	if (store(path, buf_str(&trace), mail, &e) == -1)
		rcpts_fail(rcpts, RCPT_LATER, &e);
	for (i = 0; i < rcpts->n; i++)
		if (rcpts->v[i].state == RCPT_WAITING)
			ok(&rcpts->v[i]);
	buf_free(&trace);
	free(path);
}

int
local_copy(struct maildir **m, const char *path, const struct mail *mail, struct err *e)
{
	char *real = config_tilde(path);
	int rc = maildir_open(m, real, e);

	free(real);
	if (rc == 0 && (rc = stage(*m, "", mail, "S", e)) == -1)
		maildir_free(m);
	return rc;
}

int
local_copy_end(struct maildir **m, int keep, struct err *e)
{
	int rc = 0;

	if (*m != NULL && keep)
		rc = maildir_sync(*m, e) == -1 || maildir_place(*m, NULL, NULL, e) == -1 ? -1 : 0;
	maildir_free(m);
	return rc;
}
