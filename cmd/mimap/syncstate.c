/* SPDX-License-Identifier: ISC */
/* syncstate.c - the rows of a folder's ledger as an array, found by UID and by NAME. The ledger holds the text; a row's name points
 * into it. A row that was removed stays in its place until the next commit sorts and closes the ranks. */
#include "syncstate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "ledger.h"
#include "maildir.h"
#include "syncflag.h"
#include "syncstate_rows.h"
#include "xalloc.h"

#define KEY_MAX 300

struct syncstate {
	struct ledger *ledger;
	char *path;
	struct syncstate_rows rows;
	size_t pendings;
};

static int
load_entry(void *ctx, const char *key, const char *value, struct err *e)
{
	struct syncstate *s = ctx;
	struct syncstate_row row;

	if (*key == '!')
		return 0;
	if (*key == '^') {
		s->pendings++;
		return 0;
	}
	if (!syncstate_rows_parse(key, value, &row))
		return err_set(e, ERR_DATA, "%s: the entry \"%.40s\" makes no sense; move the file away and all is matched anew", s->path, key);
	*syncstate_rows_load(&s->rows) = row;
	return 0;
}

static int
load(struct syncstate *s, struct err *e)
{
	if (ledger_each(s->ledger, load_entry, s, e) == -1)
		return -1;
	syncstate_rows_tidy(&s->rows);
	return 0;
}

static int
place_row(struct syncstate *s, struct maildir *m, const struct syncstate_row *row, struct err *e)
{
	char letters[SYNCFLAG_TEXT];
	int r;

	syncflag_text(row->flags, letters);
	r = maildir_recover(m, row->name, letters, e);
	if (r == 2)
		syncstate_remove(s, row->uid);
	return r == -1 ? -1 : 0;
}

/* What a run left in tmp/ that was ended between its commit and the moves. A row named ".UID" has no file. */
static int
place(struct syncstate *s, const char *dir, struct err *e)
{
	struct maildir *m = NULL;
	size_t i;
	int r;

	if (syncstate_text(s, SYNCSTATE_UNPLACED) == NULL)
		return 0;
	r = maildir_open(&m, dir, e);
	for (i = 0; r == 0 && i < s->rows.count; i++) {
		if (s->rows.row[i].name != NULL && s->rows.row[i].name[0] != '.')
			r = place_row(s, m, &s->rows.row[i], e);
	}
	maildir_free(&m);
	if (r == -1)
		return -1;
	syncstate_set_text(s, SYNCSTATE_UNPLACED, NULL);
	return syncstate_commit(s, e);
}

static char *
state_path(const char *dir, const char *label)
{
	return xasprintf("%s/.pennypost-folder-%s", dir, label);
}

static int
open_ledger(struct ledger **out, const char *path, const char *label, struct err *e)
{
	char *owner = xasprintf("sync folder %s", label);
	int r = ledger_open(out, path, owner, e);

	free(owner);
	return r;
}

int
syncstate_open(struct syncstate **out, const char *dir, const char *label, struct err *e)
{
	struct syncstate *s = xcalloc(1, sizeof(*s));

	s->path = state_path(dir, label);
	if (open_ledger(&s->ledger, s->path, label, e) == -1 || load(s, e) == -1 || place(s, dir, e) == -1) {
		syncstate_free(&s);
		return -1;
	}
	*out = s;
	return 0;
}

void
syncstate_free(struct syncstate **sp)
{
	struct syncstate *s = *sp;

	if (s == NULL)
		return;
	ledger_free(&s->ledger);
	syncstate_rows_free(&s->rows);
	free(s->path);
	free(s);
	*sp = NULL;
}

int
syncstate_is_new(const struct syncstate *s)
{
	return ledger_is_new(s->ledger);
}

int
syncstate_origin(const char *dir, const char *label, char **mailbox, uint32_t *validity, struct err *e)
{
	char *path = state_path(dir, label);
	struct ledger *l = NULL;
	const char *name, *number;
	int r = 0;

	if (access(path, F_OK) == 0)
		r = open_ledger(&l, path, label, e);
	free(path);
	if (l == NULL)
		return r;
	name = ledger_get(l, "!" SYNCSTATE_MAILBOX);
	number = ledger_get(l, "!" SYNCSTATE_VALIDITY);
	if (name != NULL) {
		*mailbox = xstrdup(name);
		*validity = number == NULL ? 0 : (uint32_t)strtoul(number, NULL, 10);
		r = 1;
	}
	ledger_free(&l);
	return r;
}

static const char *
header_key(const char *name, char key[KEY_MAX])
{
	snprintf(key, KEY_MAX, "!%s", name);
	return key;
}

const char *
syncstate_text(const struct syncstate *s, const char *name)
{
	char key[KEY_MAX];

	return ledger_get(s->ledger, header_key(name, key));
}

uint64_t
syncstate_number(const struct syncstate *s, const char *name)
{
	const char *text = syncstate_text(s, name);

	return text == NULL ? 0 : strtoull(text, NULL, 10);
}

void
syncstate_set_text(struct syncstate *s, const char *name, const char *value)
{
	char key[KEY_MAX];

	if (value != NULL)
		ledger_put(s->ledger, header_key(name, key), value);
	else
		ledger_remove(s->ledger, header_key(name, key));
}

void
syncstate_set_number(struct syncstate *s, const char *name, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	syncstate_set_text(s, name, n == 0 ? NULL : text);
}

size_t
syncstate_count(const struct syncstate *s)
{
	return s->rows.count;
}

const struct syncstate_row *
syncstate_at(const struct syncstate *s, size_t i)
{
	return syncstate_rows_dropped(&s->rows.row[i]) ? NULL : &s->rows.row[i];
}

const struct syncstate_row *
syncstate_uid(const struct syncstate *s, uint32_t uid)
{
	const struct syncstate_row *row = syncstate_rows_uid(&s->rows, uid);

	return row != NULL && !syncstate_rows_dropped(row) ? row : NULL;
}

const struct syncstate_row *
syncstate_name(const struct syncstate *s, const char *name)
{
	return syncstate_rows_name(&s->rows, name);
}

size_t
syncstate_from(const struct syncstate *s, uint32_t uid)
{
	size_t low = 0, high = s->rows.sorted, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->rows.row[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The row's text becomes the ledger's; its name points there. */
static void
write_row(struct syncstate *s, struct syncstate_row *to, const struct syncstate_row *row)
{
	char key[SYNCSTATE_ROWS_KEY], value[SYNCSTATE_ROWS_TEXT];
	size_t at = syncstate_rows_print(row, key, value);

	*to = *row;
	ledger_put(s->ledger, key, value);
	to->name = row->name != NULL ? ledger_get(s->ledger, key) + at : NULL;
}

/* The file's other row goes. Its text may be what we were given. */
static void
take_name(struct syncstate *s, const struct syncstate_row *put, uint32_t other)
{
	struct syncstate_row row = *put;
	char name[SYNCSTATE_ROWS_NAME];

	snprintf(name, sizeof(name), "%s", row.name);
	row.name = name;
	syncstate_remove(s, other);
	syncstate_put(s, &row);
}

void
syncstate_put(struct syncstate *s, const struct syncstate_row *put)
{
	struct syncstate_row row = *put, *to, *twin = row.name != NULL ? syncstate_rows_name(&s->rows, row.name) : NULL;

	if (twin != NULL && twin->uid != row.uid) {
		take_name(s, put, twin->uid);
		return;
	}
	if ((to = syncstate_rows_uid(&s->rows, row.uid)) == NULL)
		to = syncstate_rows_add(&s->rows, row.uid);
	if (syncstate_rows_dropped(to))
		s->rows.dropped--;
	write_row(s, to, &row);
	if (twin == NULL && to->name != NULL)
		syncstate_rows_named(&s->rows, to);
}

void
syncstate_set_flags(struct syncstate *s, uint32_t uid, uint32_t flags)
{
	const struct syncstate_row *now = syncstate_uid(s, uid);
	struct syncstate_row row;

	if (now == NULL || now->flags == flags)
		return;
	row = *now;
	row.flags = flags;
	syncstate_put(s, &row);
}

void
syncstate_remove(struct syncstate *s, uint32_t uid)
{
	struct syncstate_row *row = syncstate_rows_uid(&s->rows, uid);
	char key[16];

	if (row == NULL || syncstate_rows_dropped(row))
		return;
	snprintf(key, sizeof(key), "%" PRIu32, uid);
	ledger_remove(s->ledger, key);
	syncstate_rows_drop(&s->rows, row);
}

void
syncstate_forget(struct syncstate *s)
{
	size_t i;

	for (i = 0; i < s->rows.count; i++)
		syncstate_remove(s, s->rows.row[i].uid);
}

static const char *
pending_key(const char *name, char key[KEY_MAX])
{
	snprintf(key, KEY_MAX, "^%s", name);
	return key;
}

void
syncstate_pend(struct syncstate *s, const char *name, uint32_t next)
{
	char key[KEY_MAX], value[16];

	snprintf(value, sizeof(value), "%" PRIu32, next);
	s->pendings += ledger_get(s->ledger, pending_key(name, key)) == NULL;
	ledger_put(s->ledger, key, value);
}

void
syncstate_unpend(struct syncstate *s, const char *name)
{
	char key[KEY_MAX];

	s->pendings -= ledger_get(s->ledger, pending_key(name, key)) != NULL;
	ledger_remove(s->ledger, key);
}

uint32_t
syncstate_pending(const struct syncstate *s, const char *name)
{
	char key[KEY_MAX];
	const char *value = ledger_get(s->ledger, pending_key(name, key));
	unsigned long next = value == NULL ? 0 : strtoul(value, NULL, 10);

	if (value == NULL)
		return 0;
	return next == 0 || next > UINT32_MAX ? 1 : (uint32_t)next;
}

size_t
syncstate_pendings(const struct syncstate *s)
{
	return s->pendings;
}

struct pending_walk {
	const struct syncstate *s;
	syncstate_pending_fn *fn;
	void *ctx;
};

static int
pending_entry(void *ctx, const char *key, const char *value, struct err *e)
{
	struct pending_walk *w = ctx;

	(void)value;
	return *key == '^' ? w->fn(w->ctx, key + 1, syncstate_pending(w->s, key + 1), e) : 0;
}

int
syncstate_each_pending(const struct syncstate *s, syncstate_pending_fn *fn, void *ctx, struct err *e)
{
	struct pending_walk w = { s, fn, ctx };

	return s->pendings == 0 ? 0 : ledger_each(s->ledger, pending_entry, &w, e);
}

int
syncstate_commit(struct syncstate *s, struct err *e)
{
	if (ledger_commit(s->ledger, e) == -1)
		return -1;
	syncstate_rows_tidy(&s->rows);
	return 0;
}
