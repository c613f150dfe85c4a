/* SPDX-License-Identifier: ISC */
/* syncpair: each case is three lists of folders, here, there and known, and what is to be done with them. The root state is tested
 * along with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mimap/synclist.h"
#include "../../cmd/mimap/syncpair.h"
#include "../../cmd/mimap/syncroot.h"
#include "../../cmd/mimap/synctree.h"
#include "buf.h"
#include "err.h"
#include "scratch.h"

#define MAX 16

static const char *const jobs[] = { "same", "open", "create-here", "create-there", "rename-here", "rename-there", "remove-here",
	"remove-there", "forget" };

/* here: NAME (unchanged), NAME@ORIGIN:VALIDITY (changed, with that state) or NAME@ (changed, without); there: "NAME:VALIDITY[!]" (! changed) or "NAME-"
 * (\Noselect); known: "NAME:VALIDITY". Result: "job[*+?~] [FROM>]NAME", * implied, + whole, ? verify, ~ lost. */
static const struct { const char *why, *here, *there, *known, *flags, *result; } cases[] = {
	{ "nothing anywhere", "", "", "", "", "" },
	{ "first run, only there", "", "INBOX:1 A:2", "", "", "create-here INBOX, create-here A" },
	{ "first run, only here", "A", "INBOX:1", "", "", "create-here INBOX, create-there A" },
	{ "first run, both", "INBOX A", "INBOX:1 A:2", "", "", "open INBOX, open A" },
	{ "nothing changed", "INBOX A", "INBOX:1 A:2", "INBOX:1 A:2", "", "same INBOX, same A" },
	{ "changed here", "INBOX@INBOX:1 A", "INBOX:1 A:2", "INBOX:1 A:2", "", "open INBOX, same A" },
	{ "changed there", "INBOX A", "INBOX:1 A:2!", "INBOX:1 A:2", "", "same INBOX, open A" },
	{ "another UIDVALIDITY", "A", "A:3", "A:2", "", "open A" },
	{ "gone there", "INBOX A", "INBOX:1", "INBOX:1 A:2", "", "same INBOX, remove-here A" },
	{ "gone there, a name without a mailbox is left", "INBOX A", "INBOX:1 A-", "INBOX:1 A:2", "", "same INBOX, remove-here A" },
	{ "gone here is fetched again", "INBOX", "INBOX:1 A:2", "INBOX:1 A:2", "", "same INBOX, create-here~ A" },
	{ "gone here, asked for", "INBOX", "INBOX:1 A:2", "INBOX:1 A:2", "r", "same INBOX, remove-there A" },
	{ "gone on both sides", "INBOX", "INBOX:1", "INBOX:1 A:2", "", "same INBOX, forget A" },
	{ "everything gone here deletes nothing", "", "INBOX:1 A:2", "INBOX:1 A:2", "", "create-here~ INBOX, create-here~ A" },
	{ "root state lost", "INBOX@INBOX:1 A@A:2", "INBOX:1 A:2", "", "", "open INBOX, open A" },
	{ "renamed there", "A", "B:2", "A:2", "", "rename-here+? A>B" },
	{ "gone there, and another one made", "A", "B:3", "A:2", "", "create-here B, remove-here A" },
	{ "renamed there, and made anew under the old name", "A", "A:9 B:2", "A:2", "", "rename-here+? A>B, create-here A" },
	{ "renamed here", "B@A:2", "A:2", "A:2", "", "rename-there A>B" },
	{ "copied here", "A B@A:2", "A:2", "A:2", "", "same A, create-there B" },
	{ "renamed here, another made under the old name", "A@ B@A:2", "A:2", "A:2", "", "rename-there A>B, create-there A" },
	{ "state lost", "A@", "A:2", "A:2", "", "open A" },
	{ "renamed here with what is in it", "B@A:2 B/x@A/x:3", "A:2 A/x:3", "A:2 A/x:3", "", "rename-there A>B, rename-there* A/x>B/x" },
	{ "renamed there with what is in it", "A A/x", "B:2 B/x:3", "A:2 A/x:3", "", "rename-here+? A>B, rename-here*+? A/x>B/x" },
	{ "the same in maildir++", "A A/x", "B:2 B/x:3", "A:2 A/x:3", "+", "rename-here+? A>B, rename-here+? A/x>B/x" },
	{ "renamed there, what is in it stays", "A A/x", "A/x:3 B:2", "A:2 A/x:3", "", "rename-here? A>B, same A/x" },
	{ "what was in it goes elsewhere first", "A A/x", "B:2 C:3", "A:2 A/x:3", "", "rename-here+? A/x>C, rename-here+? A>B" },
	{ "a chain there", "A B", "B:2 C:3", "A:2 B:3", "", "rename-here+? B>C, rename-here+? A>B" },
	{ "a chain here", "B@A:2 C@B:3", "A:2 B:3", "A:2 B:3", "", "rename-there B>C, rename-there A>B" },
	{ "a circle is matched by content", "A B", "A:3 B:2", "A:2 B:3", "", "open? A, open? B" },
	{ "renamed on both sides: the server's name holds", "B@A:2", "C:2", "A:2", "", "rename-here+? B>C" },
	{ "renamed on both sides alike", "B@A:2", "B:2", "A:2", "", "open? B" },
	{ "renamed there onto a folder made here", "A C@", "C:2", "A:2", "", "open C, remove-here A" },
	{ "renamed here onto a folder made there", "C@A:2", "A:2 C:5", "A:2", "", "create-here A, open? C" },
	{ "two that can't be told apart by UIDVALIDITY: the numbers decide", "A B", "X:2 Y:2!", "A:2 B:2", "",
	    "rename-here+? A>X, rename-here+? B>Y" },
	{ "a name without a mailbox there", "", "P- P/x:3", "", "", "create-here P/x" },
};

static struct sync_here here[MAX];
static struct synclist_folder there[MAX];
static struct sync_known known[MAX];
static char words[3][1000];

static size_t
split(char *store, const char *text, char **word)
{
	size_t n = 0;
	char *p;

	strcpy(store, text);
	for (p = strtok(store, " "); p != NULL && n < MAX; p = strtok(NULL, " "))
		word[n++] = p;
	return n;
}

static void
read_numbers(struct sync_numbers *n, char *text)
{
	*n = (struct sync_numbers){ .next = 10, .modseq = 5, .messages = 3 };
	n->validity = (uint32_t)strtoul(text, NULL, 10);
}

static size_t
read_here(const char *text)
{
	char *word[MAX], *at, *colon;
	size_t n = split(words[0], text, word), i;

	for (i = 0; i < n; i++) {
		here[i] = (struct sync_here){ .name = word[i], .stamp = "s" };
		if ((at = strchr(word[i], '@')) == NULL)
			continue;
		*at++ = '\0';
		strcpy(here[i].stamp, "other");
		if ((colon = strchr(at, ':')) != NULL) {
			*colon = '\0';
			here[i].origin = at;
			here[i].origin_validity = (uint32_t)strtoul(colon + 1, NULL, 10);
		}
	}
	return n;
}

static size_t
read_there(const char *text)
{
	char *word[MAX], *end, *colon;
	size_t n = split(words[1], text, word), i;

	for (i = 0; i < n; i++) {
		end = word[i] + strlen(word[i]) - 1;
		there[i] = (struct synclist_folder){ .name = word[i], .selectable = *end != '-', .counted = 1 };
		if (*end == '-') {
			*end = '\0';
			continue;
		}
		colon = strchr(word[i], ':');
		*colon = '\0';
		if (*end == '!')
			*end = '\0';
		else
			end = NULL;
		read_numbers(&there[i].numbers, colon + 1);
		there[i].numbers.next += end != NULL;
	}
	return n;
}

static size_t
read_known(const char *text)
{
	char *word[MAX], *colon;
	size_t n = split(words[2], text, word), i;

	for (i = 0; i < n; i++) {
		colon = strchr(word[i], ':');
		*colon = '\0';
		known[i] = (struct sync_known){ .name = word[i], .entry = { .stamp = "s" } };
		read_numbers(&known[i].entry.there, colon + 1);
	}
	return n;
}

static void
print(struct buf *out, const struct sync_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		const struct sync_pair *p = &pairs->pair[i];

		buf_printf(out, "%s%s%s%s%s%s %s%s%s", i > 0 ? ", " : "", jobs[p->job], p->implied ? "*" : "", p->whole ? "+" : "",
		    p->verify ? "?" : "", p->lost ? "~" : "", p->from != NULL ? p->from : "", p->from != NULL ? ">" : "", p->name);
	}
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sync_sides s = { .here = here, .there = there, .known = known };
		struct sync_pairs pairs = { 0 };
		struct buf out = { 0 };

		s.heres = read_here(cases[i].here);
		s.theres = read_there(cases[i].there);
		s.knowns = read_known(cases[i].known);
		s.remove_there = strchr(cases[i].flags, 'r') != NULL;
		s.plusplus = strchr(cases[i].flags, '+') != NULL;
		syncpair_make(&pairs, &s);
		print(&out, &pairs);
		if (strcmp(buf_str(&out), cases[i].result) != 0)
			print_error("%s: got \"%s\"\n", cases[i].why, buf_str(&out));
		assert_string_equal(buf_str(&out), cases[i].result);
		buf_free(&out);
		syncpair_free(&pairs);
	}
}

/* Random folders on both sides: each is dealt with exactly once, nothing is removed there unasked, and every new name is free by
 * the time it is taken. */
static int
taken(const char *const *names, size_t n, const char *name)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		k += names[i] != NULL && strcmp(names[i], name) == 0;
	return (int)k;
}

static void
check_pairs(const struct sync_sides *s, const struct sync_pairs *pairs)
{
	const char *names[MAX], *others[MAX];
	size_t seen_here[MAX] = { 0 }, seen_there[MAX] = { 0 };

	for (size_t i = 0; i < s->heres; i++)
		names[i] = s->here[i].name;
	for (size_t i = 0; i < s->theres; i++)
		others[i] = s->there[i].name;
	for (size_t i = 0; i < pairs->count; i++) {
		const struct sync_pair *p = &pairs->pair[i];

		if (p->here != NULL)
			seen_here[p->here - s->here]++;
		if (p->there != NULL)
			seen_there[p->there - s->there]++;
		assert_int_not_equal(p->job, SYNC_REMOVE_THERE);
		if (p->job == SYNC_RENAME_HERE) {
			assert_int_equal(taken(names, s->heres, p->name), 0);
			names[p->here - s->here] = p->name;
		} else if (p->job == SYNC_CREATE_HERE) {
			assert_int_equal(taken(names, s->heres, p->name), 0);
		} else if (p->job == SYNC_RENAME_THERE) {
			assert_int_equal(taken(others, s->theres, p->name), 0);
			others[p->there - s->there] = p->name;
		} else if (p->job == SYNC_CREATE_THERE) {
			assert_int_equal(taken(others, s->theres, p->name), 0);
		} else if (p->job == SYNC_OPEN || p->job == SYNC_SAME) {
			assert_string_equal(p->here->name, p->there->name);
		}
	}
	for (size_t i = 0; i < s->heres; i++)
		assert_int_equal(seen_here[i], 1);
	for (size_t i = 0; i < s->theres; i++)
		assert_int_equal(seen_there[i], s->there[i].selectable);
}

static void
test_random(void **state)
{
	static const char *const names[] = { "A", "B", "C", "D", "E" };
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct sync_sides s = { .here = here, .there = there, .known = known };
		struct sync_pairs pairs = { 0 };
		unsigned int used = 0;

		for (size_t i = 0; i < 5; i++) {
			unsigned int r = (unsigned int)rand_r(&seed), what = (r >> 8) % 5;

			if (r % 4 > 0)
				known[s.knowns++] = (struct sync_known){ .name = names[i], .entry = { .stamp = "s", .there = { .validity = 10 + (uint32_t)i,
				    .next = 1, .modseq = 1 } } };
			if ((r >> 4) % 4 > 0 && (used & 1u << what) == 0) {
				there[s.theres++] = (struct synclist_folder){ .name = (char *)(uintptr_t)names[i], .selectable = 1, .counted = 1,
					.numbers = { .validity = 10 + what, .next = 1, .modseq = 1 } };
				used |= 1u << what;
			}
			what = (r >> 16) % 5;
			if ((r >> 12) % 4 > 0)
				here[s.heres++] = (struct sync_here){ .name = names[i], .stamp = "s", .origin = (r >> 20) % 2 ? names[what] : NULL,
					.origin_validity = 10 + what };
		}
		syncpair_make(&pairs, &s);
		check_pairs(&s, &pairs);
		syncpair_free(&pairs);
	}
}

static int
count_entry(void *ctx, const char *mailbox, const struct sync_entry *entry, struct err *e)
{
	(void)e;
	assert_true(strlen(mailbox) > 0);
	assert_int_equal(entry->there.validity, 4294967295u);
	++*(int *)ctx;
	return 0;
}

static void
test_root(void **state)
{
	struct sync_entry in = { .there = { .validity = 4294967295u, .next = 7, .modseq = 9223372036854775807u, .messages = 5 }, .stamp = "1:2.3,4:5.6" },
	    out;
	struct syncroot *r, *second;
	struct err e = { 0 };
	int count = 0;

	(void)state;
	assert_int_equal(syncroot_open(&r, scratch, "ann@example.org", &e), 0);
	assert_true(syncroot_is_new(r));
	assert_int_equal(syncroot_open(&second, scratch, "ann@example.org", &e), -1);
	assert_int_equal(e.class, ERR_TEMP);
	assert_int_equal(syncroot_get(r, "A/b c", &out), 0);
	syncroot_put(r, "A/b c", &in);
	syncroot_put(r, "Grüße", &in);
	syncroot_put(r, "gone", &in);
	assert_int_equal(syncroot_commit(r, &e), 0);
	syncroot_remove(r, "gone");
	assert_int_equal(syncroot_commit(r, &e), 0);
	syncroot_free(&r);
	assert_int_equal(syncroot_open(&r, scratch, "ann@example.org", &e), 0);
	assert_int_equal(syncroot_get(r, "Grüße", &out), 1);
	assert_memory_equal(&out.there, &in.there, sizeof(in.there));
	assert_string_equal(out.stamp, in.stamp);
	assert_int_equal(syncroot_get(r, "A/b c", &out), 1);
	assert_int_equal(syncroot_get(r, "gone", &out), 0);
	assert_int_equal(syncroot_each(r, count_entry, &count, &e), 0);
	assert_int_equal(count, 2);
	syncroot_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases), cmocka_unit_test(test_random), cmocka_unit_test(test_root) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
