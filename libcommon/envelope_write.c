/* SPDX-License-Identifier: ISC */
/* envelope_write.c - writes the block of envelope lines, and what changes in it later. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "envelope.h"
#include "envelope_form.h"
#include "err.h"

#define TIME_MAX 9999999999999LL
#define TRIES_MAX 9999

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

/* What only some files have. */
static void
put_optional(struct buf *out, const struct envelope *v)
{
	if (v->account != NULL)
		put_line(out, "Account", "", v->account, "");
	if (v->tried >= 0)
		buf_printf(out, "Penny-Tried: %013lld %013lld\n", bounded(v->tried, TIME_MAX), bounded(v->offline, TIME_MAX));
	if (v->warned != WARNED_NEVER)
		buf_printf(out, "Penny-Warned: %c\n", v->warned == WARNED_YES ? 'y' : 'n');
	if (v->ret != RET_UNSAID)
		buf_printf(out, "Penny-Ret: %s\n", v->ret == RET_FULL ? "full" : "hdrs");
	if (v->envid != NULL)
		put_line(out, "Envid", "", v->envid, "");
}

static void
put_rcpt(struct buf *out, const struct envelope_rcpt *r)
{
	char before[] = {(char)r->fate, ' ', '<', '\0'};

	put_line(out, "To", before, r->addr, ">");
	if (r->remote != NULL) {
		buf_adds(out, "Penny-Remote: ");
		put_text(out, r->remote, ENVELOPE_REMOTE);
		buf_addc(out, '\n');
	}
	buf_adds(out, "Penny-Reply: ");
	put_text(out, r->reply == NULL ? "" : r->reply, ENVELOPE_REPLY);
	buf_addc(out, '\n');
	if (r->notify != 0) {
		buf_adds(out, "Penny-Notify: ");
		envelope_notify_text(out, r->notify);
		buf_addc(out, '\n');
	}
	if (r->orcpt != NULL)
		put_line(out, "Orcpt", "", r->orcpt, "");
}

void
envelope_write(struct buf *out, const struct envelope *v)
{
	size_t start = out->len;
	char length[24];

	buf_printf(out, ENVELOPE_FIRST "%010d\n", 0);
	buf_printf(out, "Penny-State: %-6s\n", v->held ? "held" : "active");
	buf_printf(out, "Penny-Arrived: %013lld\n", bounded(v->arrived, TIME_MAX));
	buf_printf(out, "Penny-Next: %013lld\n", bounded(v->next, TIME_MAX));
	buf_printf(out, "Penny-Tries: %04lld\n", bounded(v->tries, TRIES_MAX));
	put_line(out, "From", "<", v->from == NULL ? "" : v->from, ">");
	put_optional(out, v);
	for (size_t i = 0; i < v->rcpts; i++)
		put_rcpt(out, &v->rcpt[i]);
	snprintf(length, sizeof length, "%010llu", (unsigned long long)(out->len - start));
	memcpy(out->data + start + sizeof ENVELOPE_FIRST - 1, length, 10);
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

	put_text(&text, reply, ENVELOPE_REPLY);
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

/* A name that is cut off would be another's: a longer one is not kept. */
int
envelope_set_remote(int fd, struct envelope *v, size_t i, const char *host, struct err *e)
{
	struct envelope_rcpt *r = &v->rcpt[i];
	struct buf text = {0};
	int code = 0;

	if (strlen(host) > ENVELOPE_REMOTE)
		host = "";
	if (r->remote == NULL || strcmp(r->remote, host) == 0)
		return 0;
	put_text(&text, host, ENVELOPE_REMOTE);
	code = overwrite(fd, text.data, text.len, r->remote_at, e);
	buf_cut(&text, strlen(host));
	if (code == 0) {
		free(r->remote);
		r->remote = buf_steal(&text);
	}
	buf_free(&text);
	return code;
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
envelope_set_arrived(int fd, struct envelope *v, int64_t arrived, struct err *e)
{
	char text[32];

	snprintf(text, sizeof text, "%013lld", bounded(arrived, TIME_MAX));
	if (overwrite(fd, text, 13, v->arrived_at, e) == -1)
		return -1;
	v->arrived = arrived;
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

int
envelope_set_tried(int fd, struct envelope *v, int64_t tried, int64_t offline, struct err *e)
{
	char text[64];

	if (v->tried_at == 0)
		return 0;
	snprintf(text, sizeof text, "%013lld %013lld", bounded(tried, TIME_MAX), bounded(offline, TIME_MAX));
	if (overwrite(fd, text, 27, v->tried_at, e) == -1)
		return -1;
	v->tried = tried;
	v->offline = offline;
	return 0;
}

int
envelope_set_warned(int fd, struct envelope *v, struct err *e)
{
	if (v->warned_at == 0)
		return 0;
	if (overwrite(fd, "y", 1, v->warned_at, e) == -1)
		return -1;
	v->warned = WARNED_YES;
	return 0;
}
