/* SPDX-License-Identifier: ISC */
/* sts.c - RFC 8461: 3.1 the record, 3.2 the policy, 4.1 which hosts it means. Of a key that stands twice the first counts, but
 * mx; unknown keys are passed over. */
#include "sts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "dns.h"
#include "xalloc.h"

#define AGE_MAX 31557600
#define BLANK " \t"

static const char *const mode_names[] = { "none", "testing", "enforce" };

enum key { SEEN_VERSION = 1, SEEN_MODE = 2, SEEN_AGE = 4, SEEN_ID = 8, SEEN_UNTIL = 16 };

static int
id_ok(const char *id, size_t n)
{
	return n >= 1 && n <= 32
	    && strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") >= n;
}

static int
read_number(const char *value, long long max, int64_t *out)
{
	const char *bad = NULL;
	long long n = strtonum(value, 0, max, &bad);

	if (bad != NULL || value[strspn(value, "0123456789")] != '\0')
		return -1;
	*out = n;
	return 0;
}

static int
read_mode(struct sts *s, const char *value)
{
	size_t i;

	for (i = 0; i < sizeof(mode_names) / sizeof(*mode_names); i++)
		if (strcmp(value, mode_names[i]) == 0) {
			s->mode = (enum sts_mode)i;
			return 0;
		}
	return -1;
}

static void
add_mx(struct sts *s, const char *value)
{
	if (!dns_host_ok(strncmp(value, "*.", 2) == 0 ? value + 2 : value))
		return;
	s->mx = xreallocarray(s->mx, s->n + 1, sizeof(*s->mx));
	s->mx[s->n++] = xstrdup(value);
}

/* The first of its kind? */
static int
fresh(unsigned int *seen, enum key key)
{
	int first = (*seen & key) == 0;

	*seen |= key;
	return first;
}

static int
take_pair(struct sts *s, unsigned int *seen, const char *key, const char *value)
{
	if (strcmp(key, "version") == 0)
		return fresh(seen, SEEN_VERSION) && strcmp(value, "STSv1") != 0 ? -1 : 0;
	if (strcmp(key, "mode") == 0)
		return fresh(seen, SEEN_MODE) ? read_mode(s, value) : 0;
	if (strcmp(key, "max_age") == 0)
		return fresh(seen, SEEN_AGE) ? read_number(value, AGE_MAX, &s->max_age) : 0;
	if (strcmp(key, "until") == 0)
		return fresh(seen, SEEN_UNTIL) ? read_number(value, INT64_MAX, &s->until) : 0;
	if (strcmp(key, "id") == 0 && fresh(seen, SEEN_ID) && id_ok(value, strlen(value)))
		strlcpy(s->id, value, sizeof(s->id));
	if (strcmp(key, "mx") == 0)
		add_mx(s, value);
	return 0;
}

/* key: value, blanks around both. A line without a colon is none. */
static int
take_line(struct sts *s, unsigned int *seen, char *line)
{
	char *colon = strchr(line, ':'), *value, *end;

	line += strspn(line, BLANK);
	if (*line == '\0')
		return 0;
	if (colon == NULL)
		return -1;
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, BLANK);
	for (end = value + strlen(value); end > value && strchr(BLANK, end[-1]) != NULL; end--)
		end[-1] = '\0';
	line[strcspn(line, BLANK)] = '\0';
	return take_pair(s, seen, line, value);
}

int
sts_parse(struct sts *out, const char *text, size_t n)
{
	char *copy = xstrndup(text, n), *line, *next = copy;
	const unsigned int needed = SEEN_VERSION | SEEN_MODE | SEEN_AGE;
	struct sts s = { 0 };
	unsigned int seen = 0;
	int rc = n <= STS_TEXT_MAX && memchr(text, '\0', n) == NULL ? 0 : -1;

	while (rc == 0 && (line = strsep(&next, "\n")) != NULL) {
		size_t len = strlen(line);

		if (len > 0 && line[len - 1] == '\r')
			line[len - 1] = '\0';
		rc = take_line(&s, &seen, line);
	}
	free(copy);
	if (rc == -1 || (seen & needed) != needed || (s.mode != STS_NONE && s.n == 0)) {
		sts_free(&s);
		return -1;
	}
	*out = s;
	return 0;
}

void
sts_print(const struct sts *s, struct buf *out)
{
	size_t i;

	buf_printf(out, "version: STSv1\nmode: %s\nmax_age: %" PRId64 "\n", mode_names[s->mode], s->max_age);
	if (s->id[0] != '\0')
		buf_printf(out, "id: %s\n", s->id);
	buf_printf(out, "until: %" PRId64 "\n", s->until);
	for (i = 0; i < s->n; i++)
		buf_printf(out, "mx: %s\n", s->mx[i]);
}

int
sts_matches(const struct sts *s, const char *host)
{
	const char *dot = strchr(host, '.');
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (strcasecmp(s->mx[i], host) == 0)
			return 1;
		if (s->mx[i][0] == '*' && dot != NULL && dot != host && strcasecmp(s->mx[i] + 1, dot) == 0)
			return 1;
	}
	return 0;
}

/* v=STSv1; id=20260101T000000; other=…   RFC 8461 3.1 */
int
sts_record(const char *text, char id[33])
{
	const char *p;
	size_t n;

	if (strncmp(text, "v=STSv1", 7) != 0 || (text[7] != ';' && text[7] != ' ' && text[7] != '\t'))
		return 0;
	for (p = text; (p = strchr(p, ';')) != NULL;) {
		p += 1 + strspn(p + 1, BLANK);
		if (strncmp(p, "id=", 3) != 0)
			continue;
		p += 3;
		n = strcspn(p, "; \t");
		if (!id_ok(p, n))
			return -1;
		memcpy(id, p, n);
		id[n] = '\0';
		return 1;
	}
	return -1;
}

void
sts_free(struct sts *s)
{
	while (s->n > 0)
		free(s->mx[--s->n]);
	free(s->mx);
	*s = (struct sts){ 0 };
}
