/* SPDX-License-Identifier: ISC */
/* secret.c - where a secret comes from: the password or token key, ~/.netrc, systemd credentials, the terminal; the first that has one.
 * A file that holds it must be its owner's alone. Copies are wiped; error texts never hold any part of it. */
#include "account.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <readpassphrase.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "config.h"
#include "deadline.h"
#include "err.h"
#include "netrc.h"
#include "xalloc.h"

#define SECRET_MAX 4096		/* octets of the first line */
#define OUTPUT_MAX 65536	/* octets of a command's output that are read at all */

/* "account work", or what was given. */
static const char *
owner(const struct account *a, char *text, size_t size)
{
	if (a->name != NULL)
		snprintf(text, size, "account %.200s", a->name);
	else
		strlcpy(text, a->url.host != NULL ? a->url.host : "the account", size);
	return text;
}

/* Only the first line stays, and it must be one. */
static int
first_line(struct buf *b, struct err *e)
{
	size_t n = strcspn(buf_str(b), "\r\n");

	if (n < b->len && b->data[n] == '\0')
		return err_set(e, ERR_CONFIG, "its first line holds a NUL octet");
	buf_cut(b, n);
	if (n == 0)
		return err_set(e, ERR_CONFIG, "its first line is empty");
	return n > SECRET_MAX ? err_set(e, ERR_CONFIG, "its first line is longer than %d octets", SECRET_MAX) : 0;
}

/* At most max octets, until end of file; more is read and dropped. */
static int
read_some(struct buf *out, int fd, size_t max, int64_t end, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char part[1024];
	ssize_t n;

	buf_reserve(out, max);
	do {
		if (deadline_poll(&p, 1, end, "waiting for its answer", e) == -1)
			return -1;
		if ((n = read(fd, part, sizeof part)) > 0)
			buf_add(out, part, (size_t)n < max - out->len ? (size_t)n : max - out->len);
	} while (n > 0 || (n == -1 && errno == EINTR));
	explicit_bzero(part, sizeof part);
	return n == -1 ? err_sys(e, ERR_IO, "read") : 0;
}

static pid_t
start(const char *command, int *fd, struct err *e)
{
	int p[2], null;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) == -1)
		return err_sys(e, ERR_OS, "pipe");
	if ((pid = fork()) == 0) {
		null = open("/dev/null", O_RDONLY);	/* stdin may be the message */
		if (null == -1 || dup2(null, STDIN_FILENO) == -1 || dup2(p[1], STDOUT_FILENO) == -1)
			_exit(126);
		closefrom(3);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(p[1]);
	*fd = p[0];
	if (pid == -1)
		close(p[0]);
	return pid == -1 ? err_sys(e, ERR_OS, "fork") : pid;
}

static int
from_command(const struct account *a, const char *command, struct buf *out, struct err *e)
{
	int fd = -1, status = 0, rc;
	pid_t pid = start(command, &fd, e);

	if (pid == -1)
		return -1;
	rc = read_some(out, fd, OUTPUT_MAX, a->end, e);
	close(fd);
	if (rc == -1)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (rc == -1)
		return -1;
	if (WIFSIGNALED(status))
		return err_set(e, ERR_TEMP, "it was ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)	/* 75 says later, as sysexits has it */
		return err_set(e, WEXITSTATUS(status) == ERR_TEMP ? ERR_TEMP : ERR_CONFIG, "it ended with exit status %d%s", WEXITSTATUS(status),
		    WEXITSTATUS(status) == 127 ? " (not found)" : "");
	return first_line(out, e);
}

static int
from_key(const struct account *a, enum account_key key, const char *what, struct buf *out, struct err *e)
{
	const char *value = account_get(a, key);
	char text[256];

	if (value == NULL)
		return 1;
	if (*value == '!') {
		if (from_command(a, value + 1 + strspn(value + 1, " \t"), out, e) == 0)
			return 0;
		return err_prefix(e, "the %s command of %s", what, owner(a, text, sizeof text));
	}
	if (a->option[key] == NULL && a->file != NULL && config_private(a->file, e) == -1)
		return -1;
	buf_adds(out, value);
	return 0;
}

int
account_netrc(const char *host, const char *port, const char *user, struct buf *out, struct err *e)
{
	const char *path = getenv("NETRC");
	char *file = path != NULL && *path != '\0' ? xstrdup(path) : config_tilde("~/.netrc");
	int rc = netrc_find(file, host, port, user, out, e);

	free(file);
	return rc;
}

static int
from_credentials(const struct account *a, struct buf *out, struct err *e)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY"), *name = a->name != NULL ? a->name : a->url.host;
	char path[PATH_MAX];
	int fd, rc;

	if (dir == NULL || name == NULL || (size_t)snprintf(path, sizeof path, "%s/password-%s", dir, name) >= sizeof path)
		return 1;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return errno == ENOENT ? 1 : err_sys(e, ERR_CONFIG, "%s", path);
	rc = read_some(out, fd, OUTPUT_MAX, a->end, e) == -1 || first_line(out, e) == -1 ? err_prefix(e, "%s", path) : 0;
	close(fd);
	return rc;
}

static int
from_terminal(const struct account *a, struct buf *out)
{
	char prompt[600], text[SECRET_MAX];
	int rc = 1;

	if (!isatty(STDERR_FILENO))
		return 1;
	snprintf(prompt, sizeof prompt, "Password of %.200s at %.300s: ", account_user(a),
	    a->url.host != NULL ? a->url.host : "the server");
	if (readpassphrase(prompt, text, sizeof text, RPP_ECHO_OFF | RPP_REQUIRE_TTY) != NULL && text[0] != '\0') {
		buf_adds(out, text);
		rc = 0;
	}
	explicit_bzero(text, sizeof text);
	return rc;
}

static int
look(const struct account *a, struct buf *out, struct err *e)
{
	char text[256];
	int rc;

	if ((rc = from_key(a, KEY_PASSWORD, "password", out, e)) != 1)
		return rc;
	if (account_get(a, KEY_TOKEN) != NULL)
		return err_set(e, ERR_PERM, "%s has a token, but no password, which is what the server wants", owner(a, text, sizeof text));
	if (a->url.host != NULL && (rc = account_netrc(a->url.host, a->url.port, account_user(a), out, e)) != 1)
		return rc;
	if ((rc = from_credentials(a, out, e)) != 1)
		return rc;
	if (from_terminal(a, out) == 0)
		return 0;
	if (a->name != NULL)
		return err_set(e, ERR_CONFIG,
		    "no password for account %s: add a line `password !command` to it in %s, or put it into ~/.netrc",
		    a->name, a->file);
	return err_set(e, ERR_CONFIG,
	    "no password for %s: put it into ~/.netrc, or make this an account with a `password`, see pennypost(5)",
	    account_user(a));
}

int
account_secret(struct account *a, struct buf *secret, struct err *e)
{
	struct buf found = { 0 };

	if (a->secret == NULL) {
		buf_reserve(&found, SECRET_MAX);
		if (look(a, &found, e) == -1) {
			buf_wipe(&found);
			return -1;
		}
		a->secret = xstrdup(buf_str(&found));
		buf_wipe(&found);
	}
	buf_reserve(secret, strlen(a->secret));
	buf_adds(secret, a->secret);
	return 0;
}

int
account_token(struct account *a, struct err *e)
{
	struct buf found = { 0 };
	int rc = 0;

	if (a->token == NULL) {
		buf_reserve(&found, OUTPUT_MAX);
		rc = from_key(a, KEY_TOKEN, "token", &found, e);
		if (rc == 0)
			a->token = xstrdup(buf_str(&found));
		buf_wipe(&found);
	}
	return rc;
}
