/* SPDX-License-Identifier: ISC */
/* thread.c - threads from the server, or made here as it would (RFC 5256, REFERENCES, step 1): messages and the ids they name are nodes,
 * each with the one that it answers as its parent. An id is known by a hash of 64 bits. Limits: 200 ids a message, 10,000 levels. */
#include "thread.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "imap.h"
#include "message.h"
#include "stream.h"
#include "uidset.h"
#include "xalloc.h"

#define IDS_MAX 200
#define LEVELS_MAX 10000
#define NONE UINT32_MAX

struct slot {			/* of the hash table; hash 0: free */
	uint64_t hash;
	uint32_t node;
};

struct letter_node {
	uint32_t uid, node;
};

struct web {
	struct imap *im;
	uint32_t *parent;	/* or NONE */
	unsigned char *taken;	/* a message has this id */
	size_t nodes, node_room;
	struct slot *slot;
	size_t slots, used;	/* slots is a power of two */
	struct letter_node *message;
	size_t messages, message_room;
};

/* Once all are linked: the ways there become shorter. */
static uint32_t
root(struct web *w, uint32_t node)
{
	uint32_t next;

	while ((next = w->parent[node]) != NONE) {
		if (w->parent[next] != NONE)
			w->parent[node] = w->parent[next];
		node = next;
	}
	return node;
}

/* Unless that would make a circle. */
static void
adopt(struct web *w, uint32_t child, uint32_t parent)
{
	uint32_t at = parent;
	int levels;

	for (levels = 0; at != NONE && at != child && levels < LEVELS_MAX; levels++)
		at = w->parent[at];
	if (at == NONE)
		w->parent[child] = parent;
}

static uint32_t
new_node(struct web *w)
{
	if (w->nodes == w->node_room) {
		w->node_room = w->node_room > 0 ? w->node_room * 2 : 1024;
		w->parent = xreallocarray(w->parent, w->node_room, sizeof(*w->parent));
		w->taken = xreallocarray(w->taken, w->node_room, sizeof(*w->taken));
	}
	w->parent[w->nodes] = NONE;
	w->taken[w->nodes] = 0;
	return (uint32_t)w->nodes++;
}

static struct slot *
slot_of(const struct web *w, uint64_t hash)
{
	size_t i = (size_t)hash & (w->slots - 1);

	while (w->slot[i].hash != 0 && w->slot[i].hash != hash)
		i = (i + 1) & (w->slots - 1);
	return &w->slot[i];
}

static void
grow(struct web *w)
{
	struct slot *old = w->slot;
	size_t count = w->slots, i;

	w->slots = count > 0 ? count * 2 : 4096;
	w->slot = xcalloc(w->slots, sizeof(*w->slot));
	for (i = 0; i < count; i++) {
		if (old[i].hash != 0)
			*slot_of(w, old[i].hash) = old[i];
	}
	free(old);
}

/* FNV-1a */
static uint64_t
hash_of(const char *p, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; n > 0; n--, p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	return h != 0 ? h : 1;
}

static uint32_t
id_node(struct web *w, const char *id, size_t n)
{
	uint64_t hash = hash_of(id, n);
	struct slot *s;

	if (w->used * 2 >= w->slots)
		grow(w);
	s = slot_of(w, hash);
	if (s->hash == 0) {
		*s = (struct slot){ hash, new_node(w) };
		w->used++;
	}
	return s->node;
}

/* The ids of a field, each the child of the one before it, unless it has a parent. The last one, or NONE. */
static uint32_t
link_ids(struct web *w, const char *p, size_t n, int most)
{
	const char *end = p + n, *open, *close;
	uint32_t last = NONE, node;
	int ids;

	for (ids = 0; ids < most && (open = memchr(p, '<', (size_t)(end - p))) != NULL; ids++) {
		if ((close = memchr(open, '>', (size_t)(end - open))) == NULL)
			break;
		node = id_node(w, open + 1, (size_t)(close - open - 1));
		if (last != NONE && w->parent[node] == NONE)
			adopt(w, node, last);
		last = node;
		p = close + 1;
	}
	return last;
}

/* What a message says itself counts more than what was guessed from others. A second one with the same id is nobody's. */
static uint32_t
link_letter(struct web *w, const char *header, size_t n)
{
	struct buf id = { 0 }, refs = { 0 };
	uint32_t node = NONE, parent = NONE;

	if (message_get(header, n, "Message-ID", &id))
		node = link_ids(w, buf_str(&id), id.len, 1);
	if (node == NONE || w->taken[node])
		node = new_node(w);
	w->taken[node] = 1;
	if (message_get(header, n, "References", &refs))
		parent = link_ids(w, buf_str(&refs), refs.len, IDS_MAX);
	buf_cut(&refs, 0);
	if (parent == NONE && message_get(header, n, "In-Reply-To", &refs))
		parent = link_ids(w, buf_str(&refs), refs.len, 1);
	w->parent[node] = NONE;
	if (parent != NONE)
		adopt(w, node, parent);
	buf_free(&id);
	buf_free(&refs);
	return node;
}

/* * 5 FETCH (UID 9 BODY[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES)] {…}) */
static int
on_header(void *ctx, const struct response *r, struct err *e)
{
	struct web *w = ctx;
	const struct value *header = value_behind(r->args, "BODY[HEADER.FIELDS");
	const char *text;
	size_t n;
	uint32_t uid;

	if (!response_is(r, "FETCH") || header == NULL || !value_u32(value_after(r->args, "UID"), &uid))
		return 0;
	if (w->messages > (size_t)w->im->mailbox.exists + 100000)
		return err_set(e, ERR_PROTOCOL, "%s sends more headers than there are messages", stream_peer(w->im->stream));
	if (w->messages == w->message_room) {
		w->message_room = w->message_room > 0 ? w->message_room * 2 : 1024;
		w->message = xreallocarray(w->message, w->message_room, sizeof(*w->message));
	}
	if (!value_text(header, &text, &n))
		n = 0;
	w->message[w->messages++] = (struct letter_node){ uid, link_letter(w, n > 0 ? text : "", n) };
	return 1;
}

/* What shares a root with one of `some`. */
static void
expand(struct web *w, const struct uidset *some, struct uidset *out)
{
	unsigned char *chosen = xcalloc(w->nodes + 1, 1);
	size_t i;

	for (i = 0; i < w->messages; i++) {
		if (uidset_has(some, w->message[i].uid))
			chosen[root(w, w->message[i].node)] = 1;
	}
	for (i = 0; i < w->messages; i++) {
		if (chosen[root(w, w->message[i].node)])
			uidset_add(out, w->message[i].uid, w->message[i].uid);
	}
	free(chosen);
}

static int
ask(struct imap *im, const struct imap_handler *handler, const char *line, struct err *e)
{
	struct imap_handler before = im->handler;
	struct command c;
	int r;

	im->handler = *handler;
	imap_command(im, &c);
	r = command_add(&c, e, "%r", line);
	if (r == 0)
		r = imap_send(im, &c, "tell which messages belong together", e);
	if (r == 0)
		r = imap_finish(im, e);
	command_free(&c);
	im->handler = before;
	return r;
}

/* C: UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES)]) */
static int
expand_here(struct imap *im, const struct uidset *some, struct uidset *out, struct err *e)
{
	struct web w = { .im = im };
	struct imap_handler handler = { .data = on_header, .ctx = &w };
	int r = ask(im, &handler, "UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES)])", e);

	if (r == 0)
		expand(&w, some, out);
	free(w.parent);
	free(w.taken);
	free(w.slot);
	free(w.message);
	return r;
}

struct server_threads {
	const struct uidset *some;
	struct uidset *out;
};

/* * THREAD (2)(3 6 (4 23)(44 7 96)) */
static int
on_thread(void *ctx, const struct response *r, struct err *e)
{
	struct server_threads *t = ctx;
	size_t i, end, k;
	int chosen;

	(void)e;
	if (!response_is(r, "THREAD"))
		return 0;
	for (i = 0; i < r->number_count; i = end) {
		chosen = 0;
		for (end = i + 1; end < r->number_count && r->numbers[end] != 0; end++)
			chosen |= uidset_has(t->some, r->numbers[end]);
		for (k = i + 1; chosen && k < end; k++)
			uidset_add(t->out, r->numbers[k], r->numbers[k]);
	}
	return 1;
}

int
thread_expand(struct imap *im, const struct uidset *some, struct uidset *out, struct err *e)
{
	struct server_threads t = { some, out };
	struct imap_handler handler = { .data = on_thread, .ctx = &t };

	if (some->count == 0)
		return 0;
	if (caps_has(&im->caps, CAP_THREAD_REFS))
		return ask(im, &handler, "UID THREAD REFS UTF-8 ALL", e);
	if (caps_has(&im->caps, CAP_THREAD_REFERENCES))
		return ask(im, &handler, "UID THREAD REFERENCES UTF-8 ALL", e);
	return expand_here(im, some, out, e);
}
