/* SPDX-License-Identifier: ISC */
/* syncroot.c - lines of the root state. A line that can't be read counts as none: its folder is looked at anew. */
#include "syncroot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "ledger.h"
#include "xalloc.h"

struct syncroot {
	struct ledger *ledger;
};

int
syncroot_open(struct syncroot **out, const char *dir, const char *label, struct err *e)
{
	struct syncroot *r = xcalloc(1, sizeof(*r));
	char *path = xasprintf("%s/.pennypost-sync-%s", dir, label), *owner = xasprintf("sync root %s", label);
	int status = ledger_open(&r->ledger, path, owner, e);

	free(path);
	free(owner);
	if (status == -1)
		free(r);
	else
		*out = r;
	return status;
}

void
syncroot_free(struct syncroot **rp)
{
	if (*rp == NULL)
		return;
	ledger_free(&(*rp)->ledger);
	free(*rp);
	*rp = NULL;
}

int
syncroot_is_new(const struct syncroot *r)
{
	return ledger_is_new(r->ledger);
}

static int
take_number(const char **p, uint64_t max, uint64_t *n)
{
	char *end;

	if (**p < '0' || **p > '9')
		return 0;
	errno = 0;
	*n = strtoull(*p, &end, 10);
	if (errno != 0 || *n > max || *end != ' ')
		return 0;
	*p = end + 1;
	return 1;
}

static int
take_word(const char **p, char *out, size_t size)
{
	size_t n = strcspn(*p, " ");

	if (n >= size)
		return 0;
	memcpy(out, *p, n);
	out[n] = '\0';
	*p += n;
	return 1;
}

static int
parse(const char *text, struct sync_entry *entry)
{
	struct sync_numbers *n = &entry->there;
	uint64_t validity, next;

	memset(entry, 0, sizeof(*entry));
	if (!take_number(&text, UINT32_MAX, &validity) || !take_number(&text, UINT32_MAX, &next) || !take_number(&text, INT64_MAX, &n->modseq)
	    || !take_number(&text, INT64_MAX, &n->messages) || !take_word(&text, entry->stamp, sizeof(entry->stamp))
	    || *text != '\0') {
		memset(entry, 0, sizeof(*entry));
		return 0;
	}
	n->validity = (uint32_t)validity;
	n->next = (uint32_t)next;
	return 1;
}

static char *
print(const struct sync_entry *entry)
{
	const struct sync_numbers *n = &entry->there;

	return xasprintf("%" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu64 " %s", n->validity, n->next, n->modseq, n->messages,
	    entry->stamp[0] != '\0' ? entry->stamp : "0");
}

int
syncroot_get(const struct syncroot *r, const char *mailbox, struct sync_entry *entry)
{
	const char *value = ledger_get(r->ledger, mailbox);

	return value != NULL && parse(value, entry);
}

void
syncroot_put(struct syncroot *r, const char *mailbox, const struct sync_entry *entry)
{
	const char *before = ledger_get(r->ledger, mailbox);
	char *value = print(entry);

	if (before == NULL || strcmp(before, value) != 0)
		ledger_put(r->ledger, mailbox, value);
	free(value);
}

void
syncroot_remove(struct syncroot *r, const char *mailbox)
{
	if (ledger_get(r->ledger, mailbox) != NULL)
		ledger_remove(r->ledger, mailbox);
}

int
syncroot_commit(struct syncroot *r, struct err *e)
{
	return ledger_commit(r->ledger, e);
}

struct each {
	int (*fn)(void *ctx, const char *mailbox, const struct sync_entry *, struct err *e);
	void *ctx;
};

static int
one(void *ctx, const char *key, const char *value, struct err *e)
{
	const struct each *each = ctx;
	struct sync_entry entry;

	parse(value, &entry);
	return each->fn(each->ctx, key, &entry, e);
}

int
syncroot_each(const struct syncroot *r, int (*fn)(void *ctx, const char *mailbox, const struct sync_entry *, struct err *e), void *ctx,
    struct err *e)
{
	struct each each = { fn, ctx };

	return ledger_each(r->ledger, one, &each, e);
}
