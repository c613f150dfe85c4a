/* SPDX-License-Identifier: ISC */
/* sortkey.c - sort keys: what each is, and messages in their order. */
#include "sortkey.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "collate.h"
#include "date.h"
#include "err.h"
#include "response.h"

enum { BY_ARRIVAL, BY_DATE, BY_SIZE, BY_SUBJECT, BY_FROM, BY_TO, BY_CC };

static const struct { const char *word, *wire; } keys[] = {
	[BY_ARRIVAL] = { "arrival", "ARRIVAL" }, [BY_DATE] = { "date", "DATE" }, [BY_SIZE] = { "size", "SIZE" },
	[BY_SUBJECT] = { "subject", "SUBJECT" }, [BY_FROM] = { "from", "FROM" }, [BY_TO] = { "to", "TO" }, [BY_CC] = { "cc", "CC" },
};

#define KEYS (sizeof(keys) / sizeof(*keys))

static int
is_word(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && strncasecmp(p, word, n) == 0;
}

static int
add_key(struct sortkey_order *o, const char *p, size_t n, int reverse, struct err *e)
{
	size_t i;

	for (i = 0; i < KEYS && !is_word(p, n, keys[i].word); i++)
		;
	if (i == KEYS)
		return err_set(e, ERR_USAGE, "\"%.*s\" is nothing to sort by: date, arrival, from, to, cc, subject or size, each after a - to"
		    " turn it round", n > 40 ? 40 : (int)n, p);
	if (o->count == SORTKEY_MAX)
		return err_set(e, ERR_USAGE, "more than %d keys to sort by", SORTKEY_MAX);
	o->by[o->count].key = (unsigned char)i;
	o->by[o->count++].reverse = (unsigned char)reverse;
	return 0;
}

int
sortkey_parse(struct sortkey_order *o, const char *p, struct err *e)
{
	size_t n;
	int reverse = 0;

	for (;; p += n + 1) {
		n = strcspn(p, ", ");
		if (is_word(p, n, "reverse") && p[n] != '\0') {
			reverse = 1;
			continue;
		}
		if (add_key(o, *p == '-' ? p + 1 : p, *p == '-' ? n - 1 : n, reverse ^ (*p == '-'), e) == -1)
			return -1;
		reverse = 0;
		if (p[n] == '\0')
			return 0;
	}
}

void
sortkey_wire(const struct sortkey_order *o, struct buf *out)
{
	size_t i;

	for (i = 0; i < o->count; i++)
		buf_printf(out, "%s%s%s", i > 0 ? " " : "", o->by[i].reverse ? "REVERSE " : "", keys[o->by[i].key].wire);
}

static int64_t
arrival(const struct response *r)
{
	const char *text;
	size_t n;
	time_t when = 0;

	if (value_text(value_after(r->args, "INTERNALDATE"), &text, &n))
		date_internal(text, n, &when);
	return when;
}

/* What was never sent, or nobody can tell when, is as old as its arrival (RFC 5256 section 2.2). */
static int64_t
sent(const struct response *r)
{
	const char *text;
	size_t n;
	time_t when;

	if (value_text(value_at(value_after(r->args, "ENVELOPE"), 0), &text, &n) && date_header(text, n, &when))
		return when;
	return arrival(r);
}

static int64_t
number_of(int key, const struct response *r)
{
	uint64_t size = 0;

	if (key == BY_SIZE)
		value_u64(value_after(r->args, "RFC822.SIZE"), &size);
	return key == BY_ARRIVAL ? arrival(r) : key == BY_DATE ? sent(r) : (int64_t)size;
}

/* The first address's local part. */
static char *
text_of(int key, const struct response *r)
{
	static const size_t place[] = { [BY_FROM] = 2, [BY_TO] = 5, [BY_CC] = 6 };
	const struct value *envelope = value_after(r->args, "ENVELOPE");
	struct buf out = { 0 };
	const char *text;
	size_t n;

	if (key == BY_SUBJECT && value_text(value_at(envelope, 1), &text, &n))
		collate_subject(&out, text, n);
	else if (key != BY_SUBJECT && value_text(value_at(value_at(value_at(envelope, place[key]), 0), 2), &text, &n))
		collate_fold(&out, text, n);
	buf_addc(&out, '\0');
	return buf_steal(&out);
}

void
sortkey_read(struct sortkey_item *item, const struct sortkey_order *o, const struct response *r)
{
	size_t i;

	memset(item, 0, sizeof(*item));
	item->order = o;
	value_u32(value_after(r->args, "UID"), &item->uid);
	for (i = 0; i < o->count; i++) {
		if (o->by[i].key < BY_SUBJECT)
			item->value[i].number = number_of(o->by[i].key, r);
		else
			item->value[i].text = text_of(o->by[i].key, r);
	}
}

static int
compare(const void *a, const void *b)
{
	const struct sortkey_item *x = a, *y = b;
	const struct sortkey_order *o = x->order;
	size_t i;
	int c;

	for (i = 0; i < o->count; i++) {
		if (x->value[i].text != NULL)
			c = strcmp(x->value[i].text, y->value[i].text);
		else
			c = (x->value[i].number > y->value[i].number) - (x->value[i].number < y->value[i].number);
		if (c != 0)
			return o->by[i].reverse ? -c : c;
	}
	return (x->uid > y->uid) - (x->uid < y->uid);
}

void
sortkey_sort(struct sortkey_item *item, size_t count)
{
	if (count > 0)
		qsort(item, count, sizeof(*item), compare);
}

void
sortkey_free(struct sortkey_item *item)
{
	size_t i;

	for (i = 0; i < SORTKEY_MAX; i++)
		free(item->value[i].text);
}
