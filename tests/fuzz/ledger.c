/* SPDX-License-Identifier: ISC */
/* ledger: (1) any file: refused and untouched, or read, and then a change and a new start keep every entry; (2) a run of puts, removes,
 * commits, starts and torn tails against a plain list as the model. The first octet chooses. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define HEADER "pennypost-ledger 1 o\n"
#define KEYS 8

static char dir[256], path[300];

static void
must(int so)
{
	if (!so)
		abort();
}

static void
cleanup(void)
{
	unlink(path);
	rmdir(dir);
}

/* $TMPDIR: where a sync costs nothing there are a hundred times more runs. */
static void
make_place(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof dir, "%s/pennypost-fuzz-XXXXXX", tmp == NULL || strlen(tmp) > 200 ? "/tmp" : tmp);
	must(mkdtemp(dir) != NULL);
	snprintf(path, sizeof path, "%s/ledger", dir);
	atexit(cleanup);
}

static void
put_file(const char *p, size_t n)
{
	FILE *f = fopen(path, "w");

	must(f != NULL && fwrite(p, 1, n, f) == n && fclose(f) == 0);
}

static void
get_file(struct buf *b)
{
	char chunk[4096];
	size_t n;
	FILE *f = fopen(path, "r");

	must(f != NULL);
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_add(b, chunk, n);
	fclose(f);
}

static int
add_pair(void *ctx, const char *key, const char *value, struct err *e)
{
	(void)e;
	buf_add(ctx, key, strlen(key) + 1);
	buf_add(ctx, value, strlen(value) + 1);
	return 0;
}

static void
any_file(const char *p, size_t n)
{
	struct ledger *l = NULL;
	struct buf text = {0}, before = {0}, after = {0};
	struct err e;

	buf_adds(&text, HEADER);
	buf_add(&text, p, n);
	put_file(text.data, text.len);
	if (ledger_open(&l, path, "o", &e) == -1) {
		get_file(&after);
		must(e.class == ERR_DATA && after.len == text.len && memcmp(after.data, text.data, text.len) == 0);
	} else {
		ledger_remove(l, "another");
		must(ledger_commit(l, &e) == 0);
		ledger_put(l, "another", "x");
		must(ledger_commit(l, &e) == 0 && ledger_each(l, add_pair, &before, &e) == 0);
		ledger_free(&l);
		must(ledger_open(&l, path, "o", &e) == 0 && ledger_each(l, add_pair, &after, &e) == 0);
		must(after.len == before.len && memcmp(after.data, before.data, after.len) == 0);
		ledger_free(&l);
	}
	buf_free(&text);
	buf_free(&before);
	buf_free(&after);
}

struct model {
	char value[KEYS][3];	/* "": none */
};

static void
compare(const struct ledger *l, const struct model *m)
{
	size_t count = 0;

	for (int k = 0; k < KEYS; k++) {
		char key[3] = {(char)('%' + k), '\t', '\0'};
		const char *got = ledger_get(l, key);

		must((got == NULL) == (m->value[k][0] == '\0') && (got == NULL || strcmp(got, m->value[k]) == 0));
		count += got != NULL;
	}
	must(count == ledger_count(l));
}

/* What follows the last commit was torn off, or only begun. */
static void
restart(struct ledger **l, const struct model *saved, unsigned int torn)
{
	struct buf text = {0};
	struct err e;

	ledger_free(l);
	get_file(&text);
	if (torn > 0 && text.len > 0) {
		buf_add(&text, "+&\tnot this\n", torn % 12);
		put_file(text.data, text.len);
	}
	must(ledger_open(l, path, "o", &e) == 0);
	compare(*l, saved);
	buf_free(&text);
}

static void
against_model(const uint8_t *p, size_t n)
{
	struct model now = {0}, saved = {0};
	struct ledger *l = NULL;
	struct err e;

	unlink(path);
	must(ledger_open(&l, path, "o", &e) == 0 && ledger_is_new(l));
	for (; n >= 2; p += 2, n -= 2) {
		unsigned int k = p[0] % KEYS;
		char key[3] = {(char)('%' + k), '\t', '\0'}, value[3] = {'v', (char)(p[1] == 0 ? 'x' : p[1]), '\0'};

		switch (p[0] / KEYS % 4) {
		case 0:
			ledger_put(l, key, value);
			memcpy(now.value[k], value, 3);
			break;
		case 1:
			ledger_remove(l, key);
			now.value[k][0] = '\0';
			break;
		case 2:
			must(ledger_commit(l, &e) == 0);
			saved = now;
			break;
		case 3:
			restart(&l, &saved, p[1]);
			now = saved;
			break;
		}
		compare(l, &now);
	}
	ledger_free(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (path[0] == '\0')
		make_place();
	if (size == 0)
		return 0;
	if (data[0] % 2 == 0)
		any_file((const char *)data + 1, size - 1);
	else
		against_model(data + 1, size - 1);
	return 0;
}
