/* SPDX-License-Identifier: ISC */
/* incoming.c - the header is read into memory (at most MESSAGE_HEADER_MAX), completed as a submission must be (RFC 6409 8)
 * and written after the envelope; the rest streams through one buffer. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "incoming.h"
#include "message.h"
#include "mqueue.h"
#include "sink.h"
#include "url.h"
#include "xalloc.h"

#define CHUNK (64 * 1024)
#define ADDR_MAX 512
#define ACCOUNT_MAX 255
#define RCPT_MAX 10000		/* so that the longest envelope is within envelope.h's limit */

#define ENVID_MAX 100

/* At most `size` octets; 0 at the end. */
static ssize_t
read_some(const struct incoming *in, char *p, size_t size, struct err *e)
{
	ssize_t n;

	while ((n = read(in->fd, p, size)) == -1)
		if (errno != EINTR)
			return err_sys(e, ERR_IO, "read the message from %s", in->source);
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
		if ((n = read_some(in, b->data + b->len, CHUNK, e)) == -1)
			return -1;
		b->len += (size_t)n;
		buf_cut(b, b->len);
		if (n == 0 && b->len > 0 && b->data[b->len - 1] != '\n')
			buf_addc(b, '\n');
		if (message_header(buf_str(b), b->len, &in->header))
			return 0;
		if (b->len >= MESSAGE_HEADER_MAX)
			return err_set(e, ERR_DATA, "the header of the message on %s is larger than 1 MiB", in->source);
	} while (n > 0);
	return b->len == 0 ? err_set(e, ERR_DATA, "the message on %s is empty", in->source) : 0;
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
add_rcpt(struct incoming *in, const char *addr, struct err *e)
{
	struct envelope *env = &in->env;

	if (check_addr(addr, e) == -1)
		return -1;
	if (has_rcpt(env, addr))
		return 0;
	if (env->rcpts == RCPT_MAX)
		return err_set(e, ERR_USAGE, "more than %d recipients for one message", RCPT_MAX);
	envelope_add(env, addr);
	env->rcpt[env->rcpts - 1].notify = in->notify;
	env->rcpt[env->rcpts - 1].remote = xstrdup("");
	return 0;
}

/* -N, -R and -V. */
static int
make_wishes(struct incoming *in, const struct job *job, struct err *e)
{
	struct buf envid = { 0 };

	if (job->notify != NULL && envelope_notify_parse(job->notify, &in->notify) == -1)
		return err_set(e, ERR_USAGE, "-N is never, or of success,failure,delay; not \"%s\"", job->notify);
	if (job->ret != NULL && strcasecmp(job->ret, "full") != 0 && strcasecmp(job->ret, "hdrs") != 0)
		return err_set(e, ERR_USAGE, "-R is full or hdrs, not \"%s\"", job->ret);
	if (job->ret != NULL)
		in->env.ret = strcasecmp(job->ret, "full") == 0 ? RET_FULL : RET_HDRS;
	if (job->envid == NULL)
		return 0;
	envelope_xtext(&envid, job->envid);
	in->env.envid = buf_steal(&envid);
	if (!envelope_xtext_ok(in->env.envid, ENVID_MAX))
		return err_set(e, ERR_USAGE, "-V: an envelope id has 1 to %d octets, + = and blanks count threefold", ENVID_MAX);
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
	if (make_wishes(in, job, e) == -1)
		return -1;
	for (i = 0; i < job->count; i++)
		if (add_rcpt(in, job->args[i], e) == -1)
			return -1;
	in->env.from = xstrdup(from);
	in->env.account = job->account == NULL ? NULL : xstrdup(job->account);
	in->env.arrived = in->env.next = (int64_t)time(NULL);
	return 0;
}

static int
add_found(void *ctx, const char *name, const char *addr, struct err *e)
{
	(void)name;
	return add_rcpt(ctx, addr, e);
}

/* Of several Resent- blocks only the newest counts; who resends names the recipients. */
static int
add_from_header(struct incoming *in, struct err *e)
{
	struct field f;
	size_t pos = 0;

	while (message_field(buf_str(&in->head), in->header, &pos, &f)) {
		if (message_is(&f, "Resent-To") || message_is(&f, "Resent-Cc") || message_is(&f, "Resent-Bcc"))
			return err_set(e, ERR_DATA, "the message on %s was sent before: name its recipients", in->source);
		if ((message_is(&f, "To") || message_is(&f, "Cc") || message_is(&f, "Bcc")) &&
		    message_addresses(f.value, f.value_len, add_found, in, e) == -1)
			return err_prefix(e, "%.*s", (int)f.name_len, f.name);
	}
	return in->env.rcpts > 0 ? 0 : err_set(e, ERR_DATA, "the message on %s has no recipients in To, Cc and Bcc", in->source);
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
copy_rest(const struct incoming *in, int *fd, struct err *e)
{
	static char chunk[CHUNK];
	ssize_t n;

	while ((n = read_some(in, chunk, sizeof chunk, e)) > 0)
		if (sink_fd(fd, chunk, (size_t)n, e) == -1)
			return -1;
	return n == 0 ? 0 : -1;
}

int
incoming_begin(struct incoming *in, const struct job *job, int fd, const char *source, struct err *e)
{
	*in = (struct incoming){ .fd = fd, .source = source };
	if (default_from(in, job, e) == -1 || make_envelope(in, job, e) == -1 || read_header(in, e) == -1)
		return -1;
	return job->from_header ? add_from_header(in, e) : 0;
}

int
incoming_store(struct incoming *in, struct draft *d, struct err *e)
{
	if (write_head(in, &d->fd, e) == -1 || copy_rest(in, &d->fd, e) == -1)
		return err_prefix(e, "queue %s", d->spool->path);
	return 0;
}

void
incoming_free(struct incoming *in)
{
	buf_free(&in->head);
	envelope_free(&in->env);
	free(in->name);
	free(in->addr);
	*in = (struct incoming){ .fd = -1 };
}
