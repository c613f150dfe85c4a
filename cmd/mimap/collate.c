/* SPDX-License-Identifier: ISC */
/* collate.c - i;unicode-casemap as far as Latin goes: upper case, then letters with marks apart. */
#include "collate.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <wctype.h>

#include "buf.h"
#include "rune.h"
#include "words.h"

#define FIRST 0xc0		/* the tables: U+00C0 to U+017F */
#define MARKS 0x300		/* '@' in `marks` is U+0300 */

static const char letters[] = "AAAAAA CEEEEIIII NOOOOO  UUUUY  aaaaaa ceeeeiiii nooooo  uuuuy yAaAaAaCcCcCcCcDd  EeEeEeEeEeGgGg"
    "GgGgHh  IiIiIiIiI   JjKk LlLlLl    NnNnNn   OoOoOo  RrRrRrSsSsSsSsTtTt  UuUuUuUuUuUuWwYyYZzZzZz ";
static const char marks[] = "@ABCHJ g@ABH@ABH C@ABCH  @ABHA  @ABCHJ g@ABH@ABH C@ABCH  @ABHA HDDFFhhAABBGGLLLL  DDFFGGhhLLBBFF"
    "GGggBB  CCDDFFhhG   BBgg AAggLL    AAggLL   DDFFKK  AAggLLAABBggLLggLL  CCDDFFJJKKhhBBBBHAAGGLL ";

void
collate_fold(struct buf *out, const char *text, size_t n)
{
	uint32_t r;
	size_t i, len;

	for (i = 0; i < n; i += len) {
		if ((len = rune_get(text + i, n - i, &r)) == 0) {
			len = 1;
			r = 0xfffd;
		}
		r = (uint32_t)towupper((wint_t)r);
		if (r >= FIRST && r - FIRST < sizeof(letters) - 1 && letters[r - FIRST] != ' ') {
			buf_addc(out, letters[r - FIRST]);
			r = MARKS + (uint32_t)(marks[r - FIRST] - '@');
		}
		rune_put(out, r);
	}
}

/* A stretch of the subject that is left. */
struct span {
	const char *p;
	size_t n;
};

static int
starts(const struct span *s, const char *word)
{
	size_t n = strlen(word);

	return s->n >= n && strncasecmp(s->p, word, n) == 0;
}

static void
drop(struct span *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static void
drop_blanks(struct span *s)
{
	while (s->n > 0 && *s->p == ' ')
		drop(s, 1);
}

/* Octets of "[list] " at the beginning, or 0. */
static size_t
blob(const struct span *s)
{
	size_t i = 1;

	if (s->n < 2 || s->p[0] != '[')
		return 0;
	while (i < s->n && s->p[i] != '[' && s->p[i] != ']')
		i++;
	if (i == s->n || s->p[i] != ']')
		return 0;
	for (i++; i < s->n && s->p[i] == ' '; i++)
		;
	return i;
}

/* subj-leader: [blob]… ("re" / "fw" / "fwd") [blob] ":" */
static int
drop_leader(struct span *s)
{
	struct span at = *s;
	size_t n;

	while ((n = blob(&at)) > 0)
		drop(&at, n);
	if (!starts(&at, "re") && !starts(&at, "fw"))
		return 0;
	drop(&at, starts(&at, "fwd") ? 3 : 2);
	drop_blanks(&at);
	drop(&at, blob(&at));
	if (at.n == 0 || *at.p != ':')
		return 0;
	drop(&at, 1);
	*s = at;
	return 1;
}

static int
drop_trailer(struct span *s)
{
	if (s->n > 0 && s->p[s->n - 1] == ' ') {
		s->n--;
		return 1;
	}
	if (s->n < 5 || strncasecmp(s->p + s->n - 5, "(fwd)", 5) != 0)
		return 0;
	s->n -= 5;
	return 1;
}

/* The blob that is not all there is. */
static int
drop_blob(struct span *s)
{
	size_t n = blob(s);

	if (n == 0 || n == s->n)
		return 0;
	drop(s, n);
	return 1;
}

static int
unwrap(struct span *s)
{
	if (!starts(s, "[fwd:") || s->p[s->n - 1] != ']')
		return 0;
	drop(s, 5);
	s->n--;
	return 1;
}

static void
single_blanks(struct buf *out, const struct buf *in)
{
	size_t i;

	for (i = 0; i < in->len; i++) {
		char c = strchr("\t\r\n", in->data[i]) != NULL ? ' ' : in->data[i];

		if (c != ' ' || out->len == 0 || out->data[out->len - 1] != ' ')
			buf_addc(out, c);
	}
}

void
collate_subject(struct buf *out, const char *text, size_t n)
{
	struct buf decoded = { 0 }, flat = { 0 };
	struct span s;

	words_decode(&decoded, text, n);
	single_blanks(&flat, &decoded);
	s = (struct span){ buf_str(&flat), flat.len };
	do {
		while (drop_trailer(&s))
			;
		do
			drop_blanks(&s);
		while (drop_leader(&s) || drop_blob(&s));
	} while (unwrap(&s));
	collate_fold(out, s.p, s.n);
	buf_free(&decoded);
	buf_free(&flat);
}
