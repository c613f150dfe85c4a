/* SPDX-License-Identifier: ISC */
/* add.c - takes a message from stdin into the queue. The header is read into memory (at most MESSAGE_HEADER_MAX), completed as a
 * submission must be (RFC 6409 8) and written after the envelope; the rest streams through one buffer. */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "envelope.h"
#include "err.h"
#include "log.h"
#include "message.h"
#include "mqueue.h"
#include "sink.h"
#include "spool.h"
#include "url.h"
#include "xalloc.h"

#define CHUNK (64 * 1024)
#define ADDR_MAX 512
#define ACCOUNT_MAX 255
#define RCPT_MAX 10000		/* so that the longest envelope is within envelope.h's limit */

struct incoming {
	struct buf head;	/* what was read to find the header's end */
	size_t header;		/* of that */
	char *name, *addr;	/* who it is from where neither -f nor the header tells */
	struct envelope env;
};

/* At most `size` octets; 0 at the end. */
static ssize_t
read_some(char *p, size_t size, struct err *e)
{
	ssize_t n;

	while ((n = read(STDIN_FILENO, p, size)) == -1)
		if (errno != EINTR)
			return err_sys(e, ERR_IO, "read the message from standard input");
	return n;
}

/* Reads until the header's end is in memory, or all of the message. A last line that nothing ends may be of the header or the
 * body; with a line end added it shows. */
static int
read_header(struct incoming *in, struct err *e)
{
	struct buf *b = &in->head;
	ssize_t n;

	do {
		buf_reserve(b, CHUNK);
		if ((n = read_some(b->data + b->len, CHUNK, e)) == -1)
			return -1;
		b->len += (size_t)n;
		buf_cut(b, b->len);
		if (n == 0 && b->len > 0 && b->data[b->len - 1] != '\n')
			buf_addc(b, '\n');
		if (message_header(buf_str(b), b->len, &in->header))
			return 0;
		if (b->len >= MESSAGE_HEADER_MAX)
			return err_set(e, ERR_DATA, "the message's header is larger than 1 MiB");
	} while (n > 0);
	return b->len == 0 ? err_set(e, ERR_DATA, "the message on standard input is empty") : 0;
}

static int
keep_first(void *ctx, const char *name, const char *addr, struct err *e)
{
	struct incoming *in = ctx;

	(void)e;
	if (in->addr == NULL) {
		in->addr = xstrdup(addr);
		in->name = name != NULL && *name != '\0' ? xstrdup(name) : NULL;
	}
	return 0;
}

/* The configured `from`, else -f, else who runs this, at this machine. */
static int
default_from(struct incoming *in, const struct job *job, struct err *e)
{
	const char *configured = job->settings.from;
	const struct passwd *pw;

	if (configured != NULL && message_addresses(configured, strlen(configured), keep_first, in, e) == -1)
		return err_prefix(e, "from in the configuration");
	if (in->addr == NULL && job->from != NULL && strchr(job->from, '@') != NULL)
		in->addr = xstrdup(job->from);
	if (in->addr == NULL) {
		pw = getpwuid(getuid());
		in->addr = xasprintf("%s@%s", pw != NULL ? pw->pw_name : "nobody", message_hostname());
	}
	return 0;
}

static int
check_addr(const char *addr, struct err *e)
{
	if (strlen(addr) > ADDR_MAX)
		return err_set(e, ERR_DATA, "\"%.60s…\": an address of more than %d octets", addr, ADDR_MAX);
	return message_addr_ok(addr) ? 0 : err_set(e, ERR_DATA, "\"%s\" is no address", addr);
}

/* A name or a URL; a secret in it would end up on disk, so url_parse's refusal is asked for. */
static int
check_account(const char *account, struct err *e)
{
	struct url url;
	const char *p;

	if (*account == '\0' || strlen(account) > ACCOUNT_MAX)
		return err_set(e, ERR_USAGE, "-a: the account has no name, or one of more than %d octets", ACCOUNT_MAX);
	for (p = account; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(e, ERR_USAGE, "-a: a control character in the account's name");
	if (!url_is(account))
		return 0;
	if (url_parse(&url, account, e) == -1)
		return -1;
	url_free(&url);
	return 0;
}

static int
has_rcpt(const struct envelope *env, const char *addr)
{
	size_t i;

	for (i = 0; i < env->rcpts; i++)
		if (strcmp(env->rcpt[i].addr, addr) == 0)
			return 1;
	return 0;
}

static int
make_envelope(struct incoming *in, const struct job *job, struct err *e)
{
	const char *from = job->from == NULL ? in->addr : strcmp(job->from, "<>") == 0 ? "" : job->from;
	int i;

	if (*from != '\0' && check_addr(from, e) == -1)
		return err_prefix(e, "-f");
	if (job->account != NULL && check_account(job->account, e) == -1)
		return -1;
	if (job->count > RCPT_MAX)
		return err_set(e, ERR_USAGE, "more than %d recipients for one message", RCPT_MAX);
	for (i = 0; i < job->count; i++) {
		if (check_addr(job->args[i], e) == -1)
			return -1;
		if (!has_rcpt(&in->env, job->args[i]))
			envelope_add(&in->env, job->args[i]);
	}
	in->env.from = xstrdup(from);
	in->env.account = job->account == NULL ? NULL : xstrdup(job->account);
	in->env.arrived = in->env.next = (int64_t)time(NULL);
	return 0;
}

static int
write_head(struct incoming *in, int *fd, struct err *e)
{
	struct message_from from = { in->name, in->addr };
	struct buf out = { 0 };
	int code;

	envelope_write(&out, &in->env);
	message_complete(&out, buf_str(&in->head), in->header, &from);
	buf_add(&out, in->head.data + in->header, in->head.len - in->header);
	code = sink_fd(fd, out.data, out.len, e);
	buf_free(&out);
	buf_free(&in->head);
	return code;
}

static int
copy_rest(int *fd, struct err *e)
{
	static char chunk[CHUNK];
	ssize_t n;

	while ((n = read_some(chunk, sizeof chunk, e)) > 0)
		if (sink_fd(fd, chunk, (size_t)n, e) == -1)
			return -1;
	return n == 0 ? 0 : -1;
}

/* The order that makes it safe is told in spool.c. */
static int
store(struct incoming *in, const struct spool *q, char *id, struct err *e)
{
	struct draft d;

	if (draft_begin(&d, q, e) == -1)
		return -1;
	if (write_head(in, &d.fd, e) == -1 || copy_rest(&d.fd, e) == -1)
		err_prefix(e, "queue %s", q->path);
	else if (draft_sync(&d, e) == 0 && draft_place(&d, e) == 0 && spool_sync(q, e) == 0) {
		memcpy(id, d.id, sizeof d.id);
		draft_end(&d);
		return 0;
	}
	draft_abort(&d);
	return -1;
}

/* The message is safe: that nobody reads its id does not change it, and must not make the caller send it once more. */
static void
tell(const char *id)
{
	signal(SIGPIPE, SIG_IGN);
	if (printf("%s\n", id) < 0 || fflush(stdout) != 0)
		log_warn("the message is queued as %s, but standard output can't be written to", id);
}

static int
add(struct incoming *in, const struct job *job, struct err *e)
{
	struct spool q;
	char id[IDENT_LEN + 1];
	int code;

	if (default_from(in, job, e) == -1 || make_envelope(in, job, e) == -1 || read_header(in, e) == -1)
		return -1;
	if (spool_open(&q, job->settings.queue, 1, e) == -1)
		return -1;
	code = store(in, &q, id, e);
	spool_close(&q);
	if (code == 0)
		tell(id);
	return code;
}

int
mqueue_add(const struct job *job, struct err *e)
{
	struct incoming in = { .env = { .from = NULL } };
	int code = add(&in, job, e);

	buf_free(&in.head);
	envelope_free(&in.env);
	free(in.name);
	free(in.addr);
	return code;
}
