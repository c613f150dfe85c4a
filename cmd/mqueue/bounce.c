/* SPDX-License-Identifier: ISC */
/* bounce.c - see bounce.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bounce.h"
#include "buf.h"
#include "err.h"
#include "message.h"
#include "quota.h"
#include "settings.h"
#include "sink.h"
#include "xalloc.h"

#define CHUNK (64 * 1024)

struct making {
	struct entry *entry;
	struct notice notice;
	struct buf head;	/* of the message: its header, with the empty line */
	struct buf reference;
	char boundary[40];
};

static size_t
concerned(const struct entry *t, enum notice_kind kind)
{
	size_t i, n = 0;

	for (i = 0; i < t->env.rcpts; i++)
		n += (size_t)notice_concerns(kind, &t->env.rcpt[i]);
	return n;
}

static int
read_at(const struct entry *t, off_t at, char *p, size_t size, size_t *got, struct err *e)
{
	ssize_t n;

	while ((n = pread(t->fd, p, size, t->env.message_at + at)) == -1)
		if (errno != EINTR)
			return err_sys(e, ERR_IO, "read %s", t->name->name);
	*got = (size_t)n;
	return 0;
}

static int
read_header(struct making *m, struct err *e)
{
	size_t len = 0, got;

	do {
		buf_reserve(&m->head, CHUNK);
		if (read_at(m->entry, (off_t)m->head.len, m->head.data + m->head.len, CHUNK, &got, e) == -1)
			return -1;
		m->head.len += got;
		buf_cut(&m->head, m->head.len);
	} while (got > 0 && m->head.len < MESSAGE_HEADER_MAX && !message_header(m->head.data, m->head.len, &len));
	if (message_header(buf_str(&m->head), m->head.len, &len))
		buf_cut(&m->head, len);
	return 0;
}

static int
beyond_ascii(const char *p, size_t n)
{
	while (n > 0 && (unsigned char)*p < 0x80) {
		p++;
		n--;
	}
	return n > 0;
}

/* Whether the part that goes back needs 8 bits. */
static int
look_at(struct making *m, struct err *e)
{
	char *chunk;
	off_t at = (off_t)m->head.len;
	size_t got = 1;
	int code = 0;

	m->notice.eight = beyond_ascii(buf_str(&m->head), m->head.len);
	if (!m->notice.whole)
		return 0;
	chunk = xmalloc(CHUNK);
	while (code == 0 && !m->notice.eight && got > 0) {
		code = read_at(m->entry, at, chunk, CHUNK, &got, e);
		if (code == 0)
			m->notice.eight = beyond_ascii(chunk, got);
		at += (off_t)got;
	}
	free(chunk);
	return code;
}

/* <…> as it may stand in a field of our own. */
static void
find_reference(struct making *m)
{
	struct buf *b = &m->reference;
	size_t i;

	if (!message_get(buf_str(&m->head), m->head.len, "Message-ID", b))
		return;
	for (i = 0; i < b->len; i++)
		if (b->data[i] <= ' ' || b->data[i] > '~')
			return;
	if (b->len > 2 && b->len < 250 && b->data[0] == '<' && b->data[b->len - 1] == '>')
		m->notice.reference = b->data;
}

static int
begin(struct making *m, struct entry *t, enum notice_kind kind, const struct settings *s, int64_t now, struct err *e)
{
	m->entry = t;
	snprintf(m->boundary, sizeof m->boundary, "=_%08x%08x%08x", arc4random(), arc4random(), arc4random());
	m->notice = (struct notice){
		.kind = kind, .env = &t->env, .said = t->said, .host = message_hostname(), .boundary = m->boundary, .now = now,
		.until = t->env.arrived + t->env.offline + s->schedule.expire,
		.whole = kind == NOTICE_FAILED && t->env.ret != RET_HDRS && t->size <= s->bounce_size,
	};
	if (read_header(m, e) == -1 || look_at(m, e) == -1)
		return -1;
	find_reference(m);
	return 0;
}

static void
address(struct buf *out, const struct entry *t, int64_t now)
{
	struct envelope env = { .from = NULL, .arrived = now, .next = now, .account = t->env.account };

	envelope_add(&env, t->env.from);
	env.rcpt[0].notify = NOTIFY_NEVER;
	envelope_write(out, &env);
	env.account = NULL;
	envelope_free(&env);
}

static int
copy_body(struct making *m, int *fd, struct err *e)
{
	char *chunk = xmalloc(CHUNK);
	off_t at = (off_t)m->head.len;
	size_t got;
	int code;

	while ((code = read_at(m->entry, at, chunk, CHUNK, &got, e)) == 0 && got > 0 && (code = sink_fd(fd, chunk, got, e)) == 0)
		at += (off_t)got;
	free(chunk);
	return code;
}

static int
write_all(struct making *m, int *fd, struct err *e)
{
	struct buf out = { 0 };
	int code;

	address(&out, m->entry, m->notice.now);
	notice_head(&out, &m->notice);
	buf_add(&out, buf_str(&m->head), m->head.len);
	code = sink_fd(fd, out.data, out.len, e);
	if (code == 0 && m->notice.whole)
		code = copy_body(m, fd, e);
	buf_cut(&out, 0);
	notice_tail(&out, &m->notice);
	if (code == 0)
		code = sink_fd(fd, out.data, out.len, e);
	buf_free(&out);
	return code;
}

/* One number for what is told: of whom, and what. */
static uint64_t
content(const struct entry *t, enum notice_kind kind)
{
	uint64_t what = (uint64_t)kind;
	size_t i;

	for (i = 0; i < t->env.rcpts; i++)
		what = (what ^ (uint64_t)notice_concerns(kind, &t->env.rcpt[i])) * 1099511628211u + i;
	return what;
}

/* The order that makes it safe is told in spool.c. */
static int
store(struct making *m, struct draft *d, struct err *e)
{
	int there;

	if (draft_begin(d, m->entry->spool, e) == -1)
		return -1;
	if (draft_derive(d, m->entry->name->name, content(m->entry, m->notice.kind), e) == -1 || write_all(m, &d->fd, e) == -1 ||
	    draft_sync(d, e) == -1 || (there = draft_place(d, e)) == -1 || spool_sync(m->entry->spool, e) == -1)
		return -1;
	if (there == 1)
		draft_abort(d);
	return 0;
}

static int
record(struct entry *t, enum notice_kind kind, struct err *e)
{
	enum envelope_fate from = kind == NOTICE_FAILED ? FATE_REFUSED : FATE_UNTOLD;
	enum envelope_fate to = kind == NOTICE_FAILED ? FATE_BOUNCED : FATE_SENT;
	size_t i;

	if (kind == NOTICE_DELAYED && envelope_set_warned(t->fd, &t->env, e) == -1)
		return -1;
	for (i = 0; kind != NOTICE_DELAYED && i < t->env.rcpts; i++)
		if (t->env.rcpt[i].fate == from && envelope_set_fate(t->fd, &t->env, i, to, t->env.rcpt[i].reply, e) == -1)
			return -1;
	return fdatasync(t->fd) == -1 ? err_sys(e, ERR_IO, "record what became of %s", t->name->id) : 0;
}

static int
tell(struct entry *t, enum notice_kind kind, const struct settings *s, int64_t now, struct err *e)
{
	struct making m = { .entry = NULL };
	struct draft d = { .fd = -1 };
	int code = begin(&m, t, kind, s, now, e) == -1 || store(&m, &d, e) == -1 ? -1 : 0;

	if (code == -1) {
		err_prefix(e, "no notice about %s could be queued", t->name->id);
		draft_abort(&d);
	} else
		code = record(t, kind, e);
	draft_end(&d);
	buf_free(&m.head);
	buf_free(&m.reference);
	return code;
}

int
bounce(struct entry *t, enum notice_kind kind, const struct settings *s, int64_t now, struct err *e)
{
	int room;

	if (*t->env.from == '\0')
		return BOUNCE_NOBODY;
	if (concerned(t, kind) == 0)
		return record(t, kind, e);
	if ((room = quota_take(t->spool, s->bounce_limit, now, e)) != 1)
		return room == -1 ? -1 : BOUNCE_LIMIT;
	return tell(t, kind, s, now, e);
}
