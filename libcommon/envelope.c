/* SPDX-License-Identifier: ISC */
/* envelope.c - the block of envelope lines that opens a queue file. The reader is strict: it takes what the writer writes. */
#include "envelope.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "xalloc.h"

#define BLOCK_MAX (8 * 1024 * 1024)
#define ADDR_MAX 512
#define REPLY_WIDTH 120
#define TIME_MAX 9999999999999LL
#define TRIES_MAX 9999
#define FIRST_LINE "Penny-Queue: 1 "
#define FIRST_WIDTH (sizeof FIRST_LINE - 1 + 10 + 1)

/* Text that can't break a line, in exactly `width` octets if that is not 0. */
static void
put_text(struct buf *out, const char *text, size_t width)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n && (width == 0 || i < width); i++)
		buf_addc(out, (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i]);
	for (; n < width; n++)
		buf_addc(out, ' ');
}

static void
put_line(struct buf *out, const char *name, const char *before, const char *text, const char *after)
{
	buf_printf(out, "Penny-%s: %s", name, before);
	put_text(out, text, 0);
	buf_printf(out, "%s\n", after);
}

static long long
bounded(int64_t n, int64_t max)
{
	return n < 0 ? 0 : n > max ? max : n;
}

void
envelope_write(struct buf *out, const struct envelope *v)
{
	size_t start = out->len;
	char length[24];

	buf_printf(out, FIRST_LINE "%010d\n", 0);
	buf_printf(out, "Penny-State: %-6s\n", v->held ? "held" : "active");
	buf_printf(out, "Penny-Arrived: %013lld\n", bounded(v->arrived, TIME_MAX));
	buf_printf(out, "Penny-Next: %013lld\n", bounded(v->next, TIME_MAX));
	buf_printf(out, "Penny-Tries: %04lld\n", bounded(v->tries, TRIES_MAX));
	put_line(out, "From", "<", v->from == NULL ? "" : v->from, ">");
	if (v->account != NULL)
		put_line(out, "Account", "", v->account, "");
	for (size_t i = 0; i < v->rcpts; i++) {
		const struct envelope_rcpt *r = &v->rcpt[i];
		char before[] = {(char)r->fate, ' ', '<', '\0'};

		put_line(out, "To", before, r->addr, ">");
		buf_adds(out, "Penny-Reply: ");
		put_text(out, r->reply == NULL ? "" : r->reply, REPLY_WIDTH);
		buf_addc(out, '\n');
	}
	snprintf(length, sizeof length, "%010llu", (unsigned long long)(out->len - start));
	memcpy(out->data + start + sizeof FIRST_LINE - 1, length, 10);
}

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
	}
	free(v->rcpt);
	free(v->from);
	free(v->account);
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

static int
take_head(struct reader *r, struct envelope *v)
{
	char *state = take(r, "Penny-State: "), *text;
	int64_t tries;
	off_t unused;

	if (state == NULL || (strcmp(state, "active") != 0 && strcmp(state, "held  ") != 0))
		return -1;
	v->state_at = offset(r, state);
	v->held = *state == 'h';
	if (take_number(r, "Penny-Arrived: ", 13, &v->arrived, &unused) == -1 ||
	    take_number(r, "Penny-Next: ", 13, &v->next, &v->next_at) == -1 ||
	    take_number(r, "Penny-Tries: ", 4, &tries, &v->tries_at) == -1 ||
	    (v->from = bracketed(take(r, "Penny-From: "))) == NULL)
		return -1;
	v->tries = (unsigned int)tries;
	if ((text = take(r, "Penny-Account: ")) != NULL)
		v->account = xstrdup(text);
	return 0;
}

static int
take_rcpt(struct reader *r, struct envelope *v)
{
	char *to = take(r, "Penny-To: "), *reply = to == NULL ? NULL : take(r, "Penny-Reply: "), *addr;
	struct envelope_rcpt *rcpt;
	size_t n;

	if (reply == NULL || strlen(reply) != REPLY_WIDTH || *to == '\0' || strchr("wsrb", *to) == NULL || to[1] != ' ' ||
	    (addr = bracketed(to + 2)) == NULL)
		return -1;
	for (n = REPLY_WIDTH; n > 0 && reply[n - 1] == ' '; n--)
		;
	rcpt = one_more(v);
	*rcpt = (struct envelope_rcpt){.addr = addr, .fate = (enum envelope_fate)*to, .reply = xstrndup(reply, n)};
	rcpt->at = offset(r, to);
	rcpt->reply_at = offset(r, reply);
	return 0;
}

static int
take_all(struct reader *r, struct envelope *v)
{
	if (take(r, FIRST_LINE) == NULL || take_head(r, v) == -1)
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

	if (memcmp(first, FIRST_LINE, sizeof FIRST_LINE - 1) != 0 || first[FIRST_WIDTH - 1] != '\n')
		return 0;
	memcpy(number, first + sizeof FIRST_LINE - 1, 10);
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

static int
overwrite(int fd, const char *p, size_t n, off_t at, struct err *e)
{
	while (n > 0) {
		ssize_t w = pwrite(fd, p, n, at);

		if (w == -1 && errno == EINTR)
			continue;
		if (w == -1)
			return err_sys(e, err_file(errno), "write to a queue file");
		p += w;
		n -= (size_t)w;
		at += w;
	}
	return 0;
}

/* The reply goes first: a fate without its reply can't be, the other way round it can. */
int
envelope_set_fate(int fd, struct envelope *v, size_t i, enum envelope_fate fate, const char *reply, struct err *e)
{
	struct envelope_rcpt *r = &v->rcpt[i];
	struct buf text = {0};
	char c = (char)fate;
	int done;

	put_text(&text, reply, REPLY_WIDTH);
	done = overwrite(fd, text.data, text.len, r->reply_at, e) == 0 && overwrite(fd, &c, 1, r->at, e) == 0;
	if (done) {
		for (; text.len > 0 && text.data[text.len - 1] == ' '; text.len--)
			text.data[text.len - 1] = '\0';
		free(r->reply);
		r->reply = buf_steal(&text);
		r->fate = fate;
	}
	buf_free(&text);
	return done ? 0 : -1;
}

int
envelope_set_next(int fd, struct envelope *v, int64_t next, unsigned int tries, struct err *e)
{
	char text[32];

	snprintf(text, sizeof text, "%013lld", bounded(next, TIME_MAX));
	if (overwrite(fd, text, 13, v->next_at, e) == -1)
		return -1;
	snprintf(text, sizeof text, "%04lld", bounded(tries, TRIES_MAX));
	if (overwrite(fd, text, 4, v->tries_at, e) == -1)
		return -1;
	v->next = next;
	v->tries = tries;
	return 0;
}

int
envelope_set_held(int fd, struct envelope *v, int held, struct err *e)
{
	if (overwrite(fd, held ? "held  " : "active", 6, v->state_at, e) == -1)
		return -1;
	v->held = held;
	return 0;
}
