/* SPDX-License-Identifier: ISC */
/* serve.c - one SMTP session on standard input and output (RFC 5321, 2920, 3030, 3461, 6531, 2034): what is taken is in the
 * queue, on disk, before the client hears 250. Who listens, and for how many clients at once, is the launcher's business.
 * What ends a session from our side: a bare CR or LF (521, see serve_data.h), too many errors or idle commands (421), time. */
#include <sys/stat.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "err.h"
#include "log.h"
#include "message.h"
#include "mqueue.h"
#include "serve_parse.h"
#include "serve_session.h"
#include "url.h"
#include "xalloc.h"

#define ERRORS_MAX 20
#define IDLE_MAX 100		/* commands in a row that bring no message forward */
#define SIZE_DEFAULT ((int64_t)50 * 1024 * 1024)

void
serve_say(struct session *s, const char *reply)
{
	s->errors += *reply == '5';
	buf_adds(&s->io.reply, reply);
	buf_adds(&s->io.reply, "\r\n");
}

void
serve_end(struct session *s, const char *reply)
{
	serve_say(s, reply);
	s->done = 1;
}

void
serve_reset(struct session *s)
{
	serve_mail_reset(&s->mail);
	s->data = (struct serve_data){ .size = 0 };
	s->broken = (struct err){ .class = ERR_NONE };
	s->bdat = 0;
}

void
serve_bare(struct session *s)
{
	serve_end(s, "521 5.5.2 a CR or LF alone: lines end in CR LF");
}

void
serve_gone(struct session *s, const struct err *e)
{
	if (strstr(e->text, "timed out") != NULL)
		serve_end(s, "421 4.4.2 time is over");
	s->done = 1;
}

/* --- Where mail may go. */

static int
is_ours(const struct session *s, const char *domain)
{
	const char *list = s->job->settings.serve_domains;
	size_t n;

	if (list == NULL)
		return strcasecmp(domain, s->host) == 0 || strcasecmp(domain, "localhost") == 0;
	for (; *(list += strspn(list, " \t,")) != '\0'; list += n) {
		n = strcspn(list, " \t,");
		if (strlen(domain) == n && strncasecmp(list, domain, n) == 0)
			return 1;
	}
	return 0;
}

/* Of "postmaster" alone it is the first domain we have. */
static char *
full_address(const struct session *s, const char *addr)
{
	const char *list = s->job->settings.serve_domains;

	if (strchr(addr, '@') != NULL)
		return xstrdup(addr);
	if (list == NULL)
		return xasprintf("%s@%s", addr, s->host);
	list += strspn(list, " \t,");
	return xasprintf("%s@%.*s", addr, (int)strcspn(list, " \t,"), list);
}

/* --- The commands. */

static void
hello(struct session *s, struct serve_command *c)
{
	serve_reset(s);
	free(s->helo);
	s->helo = xstrdup(c->text);
	s->extended = c->verb == SERVE_EHLO;
	if (!s->extended) {
		buf_printf(&s->io.reply, "250 %s\r\n", s->host);
		return;
	}
	buf_printf(&s->io.reply, "250-%s\r\n250-PIPELINING\r\n250-SIZE %lld\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
	    "250-CHUNKING\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250 HELP\r\n", s->host, (long long)s->limit);
}

static void
mail(struct session *s, struct serve_command *c)
{
	if (s->helo == NULL)
		serve_say(s, "503 5.5.1 say EHLO first");
	else if (s->mail.begun)
		serve_say(s, "503 5.5.1 one sender has been named");
	else if (c->wide && !c->utf8)
		serve_say(s, "553 5.6.7 an address that is not ASCII needs SMTPUTF8");
	else if (c->size > s->limit)
		serve_say(s, "552 5.3.4 the message is too large");
	else {
		serve_mail_begin(&s->mail, c);
		serve_say(s, "250 2.1.0 ok");
	}
}

static void
rcpt(struct session *s, struct serve_command *c)
{
	char *addr;
	int ours;

	if (!s->mail.begun || s->bdat) {
		serve_say(s, "503 5.5.1 say MAIL first");
		return;
	}
	if (c->wide && !s->mail.utf8) {
		serve_say(s, "553 5.6.7 an address that is not ASCII needs SMTPUTF8");
		return;
	}
	addr = full_address(s, c->text);
	ours = is_ours(s, strrchr(addr, '@') + 1);
	if (!ours && !s->relay)
		serve_say(s, "550 5.7.1 not ours, and not relayed for you");
	else if (s->mail.rcpts >= SERVE_RCPTS)
		serve_say(s, "452 4.5.3 too many recipients");
	else {
		serve_mail_rcpt(&s->mail, ours ? SERVE_HERE : SERVE_AWAY, addr, c);
		serve_say(s, "250 2.1.5 ok");
	}
	free(addr);
}

static void
rset(struct session *s, struct serve_command *c)
{
	(void)c;
	serve_reset(s);
	serve_say(s, "250 2.0.0 ok");
}

static void
noop(struct session *s, struct serve_command *c)
{
	(void)c;
	serve_say(s, "250 2.0.0 ok");
}

static void
vrfy(struct session *s, struct serve_command *c)
{
	(void)c;
	serve_say(s, "252 2.5.0 send mail and see");
}

static void
help(struct session *s, struct serve_command *c)
{
	(void)c;
	serve_say(s, "214 2.0.0 EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT");
}

static void
quit(struct session *s, struct serve_command *c)
{
	(void)c;
	serve_end(s, "221 2.0.0 bye");
}

static void
command(struct session *s)
{
	static void (*const handler[])(struct session *, struct serve_command *) = {
		[SERVE_HELO] = hello, [SERVE_EHLO] = hello, [SERVE_MAIL] = mail, [SERVE_RCPT] = rcpt, [SERVE_DATA] = serve_data_command,
		[SERVE_BDAT] = serve_bdat_command, [SERVE_RSET] = rset, [SERVE_NOOP] = noop, [SERVE_VRFY] = vrfy, [SERVE_HELP] = help,
		[SERVE_QUIT] = quit,
	};
	struct serve_command c;
	const char *wrong = serve_parse(s->io.line.data, s->io.line.len, &c);

	if (c.verb != SERVE_RCPT)
		s->idle++;
	if (wrong != NULL && c.verb == SERVE_BDAT)
		serve_end(s, wrong);		/* octets follow, and nobody knows how many */
	else if (wrong != NULL)
		serve_say(s, wrong);
	else
		handler[c.verb](s, &c);
}

static void
turn(struct session *s)
{
	struct err e = { 0 };

	switch (serve_io_line(&s->io, SERVE_LINE_MAX, &e)) {
	case SERVE_OK:
		command(s);
		break;
	case SERVE_LONG:
		serve_say(s, "500 5.5.2 the line is too long");
		break;
	case SERVE_BARE:
		serve_bare(s);
		break;
	case SERVE_GONE:
		serve_gone(s, &e);
		break;
	}
	if (!s->done && s->errors >= ERRORS_MAX)
		serve_end(s, "421 4.7.0 too many errors");
	else if (!s->done && s->idle >= IDLE_MAX)
		serve_end(s, "421 4.7.0 too many commands that bring no message");
}

/* inetd makes standard error the client's connection as well: what we complain about is not for it. */
static void
hide_errors(void)
{
	struct stat out, err;
	int null;

	if (fstat(STDOUT_FILENO, &out) == -1 || fstat(STDERR_FILENO, &err) == -1 || S_ISCHR(out.st_mode)
	    || out.st_dev != err.st_dev || out.st_ino != err.st_ino)
		return;
	if ((null = open("/dev/null", O_WRONLY | O_CLOEXEC)) != -1) {
		(void)dup2(null, STDERR_FILENO);
		close(null);
	}
}

/* Who speaks before it was greeted is no mail server (RFC 5321 4.3.1). A file or a pipe may hold a whole session. */
static int
impatient(struct session *s)
{
	if (!s->client.socket || !serve_io_waiting(&s->io))
		return 0;
	serve_end(s, "554 5.5.1 wait for the greeting");
	return 1;
}

/* It goes to disk with each message: no secret may be in it. */
static int
check_local(const char *account, struct err *e)
{
	struct url url;

	if (account == NULL || !url_is(account))
		return 0;
	if (url_parse(&url, account, e) == -1)
		return err_prefix(e, "serve-local");
	url_free(&url);
	return 0;
}

static int
session_open(struct session *s, struct err *e)
{
	const struct settings *set = &s->job->settings;
	int listed;

	hide_errors();
	signal(SIGPIPE, SIG_IGN);
	serve_io_open(&s->io, STDIN_FILENO, STDOUT_FILENO, set->serve_timeout > 0 ? set->serve_timeout * 1000 : SERVE_WAIT);
	serve_client_find(&s->client, STDIN_FILENO);
	s->host = message_hostname();
	s->limit = set->serve_size > 0 ? set->serve_size : SIZE_DEFAULT;
	if (check_local(set->serve_local, e) == -1 || (listed = serve_client_listed(&s->client, set->serve_relay, e)) == -1)
		return -1;
	s->relay = listed || s->job->vouched || getenv("RELAYCLIENT") != NULL;
	return spool_open(&s->spool, set->queue, 1, e);
}

static void
session_run(struct session *s)
{
	struct err e = { 0 };

	if (!impatient(s))
		buf_printf(&s->io.reply, "220 %s ESMTP\r\n", s->host);
	while (!s->done)
		turn(s);
	(void)serve_io_flush(&s->io, &e);
}

int
mqueue_serve(const struct job *job, struct err *e)
{
	struct session *s = xcalloc(1, sizeof *s);
	struct err ignored = { 0 };
	int code;

	s->job = job;
	s->spool = (struct spool){ .tmp = -1, .box = { -1, -1 } };
	if ((code = session_open(s, e)) == 0)
		session_run(s);
	else {
		serve_end(s, "421 4.3.0 no service now");
		(void)serve_io_flush(&s->io, &ignored);
	}
	serve_reset(s);
	free(s->helo);
	serve_io_close(&s->io);
	spool_close(&s->spool);
	free(s);
	return code;
}
