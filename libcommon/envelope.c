/* SPDX-License-Identifier: ISC */
/* envelope.c - reads the block of envelope lines that opens a queue file. It is strict: it takes what the writer writes. */
#include "envelope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "envelope_form.h"
#include "err.h"
#include "xalloc.h"

#define BLOCK_MAX (8 * 1024 * 1024)
#define ADDR_MAX 512
#define ENVID_MAX 100
#define FIRST_WIDTH (sizeof ENVELOPE_FIRST - 1 + 10 + 1)

static struct envelope_rcpt *
one_more(struct envelope *v)
{
	if ((v->rcpts & (v->rcpts - 1)) == 0)	/* full powers of two are doubled */
		v->rcpt = xreallocarray(v->rcpt, v->rcpts == 0 ? 1 : v->rcpts * 2, sizeof *v->rcpt);
	return &v->rcpt[v->rcpts++];
}

void
envelope_add(struct envelope *v, const char *addr)
{
	*one_more(v) = (struct envelope_rcpt){.addr = xstrdup(addr), .fate = FATE_WAITING, .reply = xstrdup("")};
}

void
envelope_free(struct envelope *v)
{
	for (size_t i = 0; i < v->rcpts; i++) {
		free(v->rcpt[i].addr);
		free(v->rcpt[i].reply);
		free(v->rcpt[i].remote);
		free(v->rcpt[i].orcpt);
	}
	free(v->rcpt);
	free(v->from);
	free(v->account);
	free(v->envid);
	*v = (struct envelope){0};
}

struct reader {
	char *at, *begin, *end;
};

/* The text of the next line if it has that name, NUL put in place of its LF; else NULL, and the line stays. */
static char *
take(struct reader *r, const char *name)
{
	size_t n = strlen(name);
	char *text = r->at + n, *lf;

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, name, n) != 0 || (lf = memchr(text, '\n', (size_t)(r->end - text))) == NULL)
		return NULL;
	for (char *p = text; p < lf; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return NULL;
	*lf = '\0';
	r->at = lf + 1;
	return text;
}

static off_t
offset(const struct reader *r, const char *p)
{
	return p - r->begin;
}

static int
digits(const char *text, size_t width, int64_t *n)
{
	if (strlen(text) != width || strspn(text, "0123456789") != width)
		return -1;
	*n = strtoll(text, NULL, 10);
	return 0;
}

static int
take_number(struct reader *r, const char *name, size_t width, int64_t *n, off_t *at)
{
	char *text = take(r, name);

	if (text == NULL || digits(text, width, n) == -1)
		return -1;
	*at = offset(r, text);
	return 0;
}

/* <address>, to the end of the line */
static char *
bracketed(char *text)
{
	size_t n = text == NULL ? 0 : strlen(text);

	if (n < 2 || *text != '<' || text[n - 1] != '>' || n - 2 > ADDR_MAX)
		return NULL;
	return xstrndup(text + 1, n - 2);
}

/* "TIME SECONDS" */
static int
take_tried(struct reader *r, struct envelope *v)
{
	char *text = take(r, "Penny-Tried: ");

	v->tried = -1;
	if (text == NULL)
		return 0;
	v->tried_at = offset(r, text);
	if (strlen(text) != 27 || text[13] != ' ')
		return -1;
	text[13] = '\0';
	return digits(text, 13, &v->tried) == -1 || digits(text + 14, 13, &v->offline) == -1 ? -1 : 0;
}

static int
take_warned(struct reader *r, struct envelope *v)
{
	char *text = take(r, "Penny-Warned: ");

	v->warned = WARNED_NEVER;
	if (text == NULL)
		return 0;
	v->warned_at = offset(r, text);
	v->warned = *text == 'y' ? WARNED_YES : WARNED_NO;
	return strcmp(text, "y") == 0 || strcmp(text, "n") == 0 ? 0 : -1;
}

static int
take_optional(struct reader *r, struct envelope *v)
{
	char *text = take(r, "Penny-Account: ");

	if (text != NULL)
		v->account = xstrdup(text);
	if (take_tried(r, v) == -1 || take_warned(r, v) == -1)
		return -1;
	if ((text = take(r, "Penny-Ret: ")) != NULL) {
		v->ret = *text == 'f' ? RET_FULL : RET_HDRS;
		if (strcmp(text, "full") != 0 && strcmp(text, "hdrs") != 0)
			return -1;
	}
	if ((text = take(r, "Penny-Envid: ")) != NULL) {
		if (!envelope_xtext_ok(text, ENVID_MAX))
			return -1;
		v->envid = xstrdup(text);
	}
	return 0;
}

static int
take_head(struct reader *r, struct envelope *v)
{
	char *state = take(r, "Penny-State: ");
	int64_t tries;

	if (state == NULL || (strcmp(state, "active") != 0 && strcmp(state, "held  ") != 0))
		return -1;
	v->state_at = offset(r, state);
	v->held = *state == 'h';
	if (take_number(r, "Penny-Arrived: ", 13, &v->arrived, &v->arrived_at) == -1 ||
	    take_number(r, "Penny-Next: ", 13, &v->next, &v->next_at) == -1 ||
	    take_number(r, "Penny-Tries: ", 4, &tries, &v->tries_at) == -1 ||
	    (v->from = bracketed(take(r, "Penny-From: "))) == NULL)
		return -1;
	v->tries = (unsigned int)tries;
	return take_optional(r, v);
}

/* Only as the writer writes it. */
static int
take_notify(struct reader *r, struct envelope_rcpt *rcpt)
{
	char *text = take(r, "Penny-Notify: ");
	struct buf again = {0};
	int code = 0;

	if (text == NULL)
		return 0;
	if (envelope_notify_parse(text, &rcpt->notify) == -1)
		return -1;
	envelope_notify_text(&again, rcpt->notify);
	if (strcmp(buf_str(&again), text) != 0)
		code = -1;
	buf_free(&again);
	return code;
}

/* The text of a line of that width, without the spaces at its end; where it is goes to *at. */
static char *
take_padded(struct reader *r, const char *name, size_t width, off_t *at)
{
	char *text = take(r, name);

	if (text == NULL || strlen(text) != width)
		return NULL;
	*at = offset(r, text);
	while (width > 0 && text[width - 1] == ' ')
		width--;
	return xstrndup(text, width);
}

static int
begins(const struct reader *r, const char *name)
{
	return (size_t)(r->end - r->at) > strlen(name) && memcmp(r->at, name, strlen(name)) == 0;
}

static int
take_said(struct reader *r, struct envelope_rcpt *rcpt)
{
	if (begins(r, "Penny-Remote: ") &&
	    (rcpt->remote = take_padded(r, "Penny-Remote: ", ENVELOPE_REMOTE, &rcpt->remote_at)) == NULL)
		return -1;
	return (rcpt->reply = take_padded(r, "Penny-Reply: ", ENVELOPE_REPLY, &rcpt->reply_at)) == NULL ? -1 : 0;
}

static int
take_rcpt(struct reader *r, struct envelope *v)
{
	char *to = take(r, "Penny-To: "), *addr;
	struct envelope_rcpt *rcpt;

	if (to == NULL || *to == '\0' || strchr("wsdrb", *to) == NULL || to[1] != ' ' || (addr = bracketed(to + 2)) == NULL)
		return -1;
	rcpt = one_more(v);
	*rcpt = (struct envelope_rcpt){.addr = addr, .fate = (enum envelope_fate)*to, .at = offset(r, to)};
	if (take_said(r, rcpt) == -1)
		return -1;
	if (take_notify(r, rcpt) == -1)
		return -1;
	if ((to = take(r, "Penny-Orcpt: ")) != NULL) {
		if (!envelope_orcpt_ok(to))
			return -1;
		rcpt->orcpt = xstrdup(to);
	}
	return 0;
}

static int
take_all(struct reader *r, struct envelope *v)
{
	if (take(r, ENVELOPE_FIRST) == NULL || take_head(r, v) == -1)
		return -1;
	while (r->at < r->end)
		if (take_rcpt(r, v) == -1)
			return -1;
	return 0;
}

/* n octets, or fewer at the end of the file: their number. */
static ssize_t
read_at(int fd, char *p, size_t n)
{
	size_t got = 0;
	ssize_t r;

	while (got < n) {
		if ((r = pread(fd, p + got, n - got, (off_t)got)) == -1 && errno == EINTR)
			continue;
		if (r <= 0)
			return r == 0 ? (ssize_t)got : -1;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

/* 0 when the file does not begin as one of ours does. */
static int
block_length(const char *first, int64_t *length)
{
	char number[11];

	if (memcmp(first, ENVELOPE_FIRST, sizeof ENVELOPE_FIRST - 1) != 0 || first[FIRST_WIDTH - 1] != '\n')
		return 0;
	memcpy(number, first + sizeof ENVELOPE_FIRST - 1, 10);
	number[10] = '\0';
	return digits(number, 10, length) == 0 && *length >= (int64_t)FIRST_WIDTH && *length <= BLOCK_MAX;
}

int
envelope_read(int fd, struct envelope *v, struct err *e)
{
	char first[FIRST_WIDTH];
	struct reader r;
	int64_t length;
	ssize_t n = read_at(fd, first, sizeof first);
	int broken;

	*v = (struct envelope){0};
	if (n == -1)
		return err_sys(e, ERR_IO, "read a queue file");
	if (n != sizeof first || !block_length(first, &length))
		return err_set(e, ERR_DATA, "not a queue file");
	r.begin = r.at = xmalloc((size_t)length);
	r.end = r.begin + length;
	n = read_at(fd, r.begin, (size_t)length);
	broken = n == length && take_all(&r, v) == -1;
	free(r.begin);
	if (n == length && !broken) {
		v->message_at = length;
		return 0;
	}
	envelope_free(v);
	if (n == -1)
		return err_sys(e, ERR_IO, "read a queue file");
	return err_set(e, ERR_DATA, "a broken queue file");
}
