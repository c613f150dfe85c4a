/* SPDX-License-Identifier: ISC */
/* newuids.c - UIDs without UIDPLUS: UIDNEXT before, and the headers of what came after. */
#include "newuids.h"

#include <stdlib.h>
#include <string.h>

#include "imap.h"
#include "letters.h"
#include "message.h"

/* * STATUS name (UIDNEXT 9) */
static int
on_status(void *ctx, const struct response *r, struct err *e)
{
	uint32_t *next = ctx;

	(void)e;
	if (!response_is(r, "STATUS") || r->args == NULL)
		return 0;
	value_u32(value_after(r->args->next, "UIDNEXT"), next);
	return 1;
}

/* That the mailbox is not there will be said when something is stored. */
static int
on_answer(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	(void)ctx;
	(void)tag;
	(void)r;
	(void)e;
	return 1;
}

int
newuids_before(struct imap *im, const char *mailbox, uint32_t *next, struct err *e)
{
	struct command c;
	int r;

	*next = 0;
	im->handler = (struct imap_handler){ .data = on_status, .answer = on_answer, .ctx = next };
	imap_command(im, &c);
	r = command_add(&c, e, "STATUS %m (UIDNEXT)", mailbox);
	if (r == 0)
		r = imap_send(im, &c, "tell the next UID", e);
	if (r == 0)
		r = imap_finish(im, e);
	command_free(&c);
	return r;
}

struct lookout {
	struct letters *letters;
	uint32_t next;
	size_t at;		/* messages mostly come in the order in which they were stored */
};

static int
is_it(const struct letter *l, const struct buf *id, uint64_t size)
{
	if (l->state != LETTER_STORED || l->uid != 0)
		return 0;
	return l->id != NULL ? strcmp(l->id, buf_str(id)) == 0 : id->len == 0 && l->size == size;
}

/* * 5 FETCH (UID 9 RFC822.SIZE 310 BODY[HEADER.FIELDS (MESSAGE-ID)] {…} …) */
static int
on_fetch(void *ctx, const struct response *r, struct err *e)
{
	struct lookout *k = ctx;
	const struct value *header;
	struct buf id = { 0 };
	const char *text;
	size_t n, i, at;
	uint32_t uid;
	uint64_t size = 0;

	(void)e;
	if (!response_is(r, "FETCH") || !value_u32(value_after(r->args, "UID"), &uid) || uid < k->next)
		return 0;
	value_u64(value_after(r->args, "RFC822.SIZE"), &size);
	header = value_after(r->args, "BODY[HEADER.FIELDS (MESSAGE-ID)]");
	if (value_text(header, &text, &n))
		message_get(text, n, "Message-ID", &id);
	for (i = 0; i < k->letters->count; i++) {
		at = (k->at + i) % k->letters->count;
		if (is_it(&k->letters->letter[at], &id, size)) {
			k->letters->letter[at].uid = uid;
			k->at = at + 1;
			break;
		}
	}
	buf_free(&id);
	return 1;
}

int
newuids_find(struct imap *im, const char *mailbox, uint32_t next, struct letters *letters, struct err *e)
{
	struct lookout k = { .letters = letters, .next = next };
	struct command c;
	int r;

	im->handler = (struct imap_handler){ .data = on_fetch, .ctx = &k };
	if (imap_select(im, mailbox, 1, e) == -1)
		return -1;
	imap_command(im, &c);
	r = command_add(&c, e, "UID FETCH %u:* (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])", (unsigned int)next);
	if (r == 0)
		r = imap_send(im, &c, "tell the new UIDs", e);
	if (r == 0)
		r = imap_finish(im, e);
	command_free(&c);
	return r;
}
