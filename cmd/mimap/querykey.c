/* SPDX-License-Identifier: ISC */
/* querykey.c - search words, one table: the user's word, IMAP's key, and the function that reads the value. */
#include "querykey.h"

#include <string.h>
#include <strings.h>

#include "buf.h"
#include "date.h"
#include "err.h"
#include "flagname.h"
#include "query.h"
#include "units.h"
#include "xalloc.h"

#define TEXT_MAX 4096

typedef int value_fn(struct query *, const char *value, struct err *e);

static int
read_text(struct query *q, const char *value, struct err *e)
{
	(void)e;
	q->text = xstrdup(value);
	return 0;
}

/* Name=value, or Name where any value will do. */
static int
read_header(struct query *q, const char *value, struct err *e)
{
	size_t n = strcspn(value, "="), i;

	for (i = 0; i < n; i++) {
		if ((unsigned char)value[i] <= 0x20 || (unsigned char)value[i] >= 0x7f || value[i] == ':')
			break;
	}
	if (n == 0 || i < n)
		return err_set(e, ERR_USAGE, "\"header:%s\": write header:Name=value", value);
	q->name = xstrndup(value, n);
	q->text = xstrdup(value[n] == '=' ? value + n + 1 : "");
	return 0;
}

static int
read_keyword(struct query *q, const char *value, struct err *e)
{
	if (!flagname_keyword(value, strlen(value)))
		return err_set(e, ERR_USAGE, "\"%s\" can't be a keyword", value);
	q->text = xstrdup(value);
	return 0;
}

static int
read_date(struct query *q, const char *value, struct err *e)
{
	return date_day(value, &q->number, e);
}

static int
read_size(struct query *q, const char *value, struct err *e)
{
	if (units_size(value, &q->number, e) == -1)
		return -1;
	if (q->number > UINT32_MAX)
		return err_set(e, ERR_USAGE, "\"%s\" is larger than a message can be", value);
	return 0;
}

static int
read_age(struct query *q, const char *value, struct err *e)
{
	if (units_span(value, &q->number, e) == -1)
		return -1;
	if (q->number == 0 || q->number > UINT32_MAX)
		return err_set(e, ERR_USAGE, "\"%s\" is no age", value);
	return 0;
}

static int
read_uid(struct query *q, const char *value, struct err *e)
{
	return uidset_parse(&q->set, value, strlen(value), e);
}

/* Search keys as they are; what would end the command or promise a literal is refused. */
static int
read_raw(struct query *q, const char *value, struct err *e)
{
	const char *p;
	int quoted = 0, open = 0;

	for (p = value; *p != '\0' && open >= 0; p++) {
		if ((unsigned char)*p >= 0x80)
			break;
		if (quoted && *p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && *p == '{')
			break;
		else if (!quoted && (*p == '(' || *p == ')'))
			open += *p == '(' ? 1 : -1;
	}
	if (*p != '\0' || quoted || open != 0)
		return err_set(e, ERR_USAGE, "\"raw:%s\": only US-ASCII, quotes and parentheses paired, and no literals", value);
	return read_text(q, value, e);
}

static const struct key *find(const char *, size_t);
static void fill(struct query *, const struct key *);

/* thread:7 is thread(uid:7) */
static int
read_thread(struct query *q, const char *value, struct err *e)
{
	q->child = xcalloc(1, sizeof(*q->child));
	fill(q->child, find("uid", 3));
	return read_uid(q->child, value, e);
}

static const struct key {
	const char *word;
	enum query_kind kind;
	const char *key;
	value_fn *read;		/* NULL: a flag word */
} keys[] = {
	{ "from", QUERY_TEXT, "FROM", read_text },
	{ "to", QUERY_TEXT, "TO", read_text },
	{ "cc", QUERY_TEXT, "CC", read_text },
	{ "bcc", QUERY_TEXT, "BCC", read_text },
	{ "subject", QUERY_TEXT, "SUBJECT", read_text },
	{ "body", QUERY_TEXT, "BODY", read_text },
	{ "text", QUERY_TEXT, "TEXT", read_text },
	{ "header", QUERY_HEADER, "HEADER", read_header },
	{ "keyword", QUERY_KEYWORD, "KEYWORD", read_keyword },
	{ "unkeyword", QUERY_KEYWORD, "UNKEYWORD", read_keyword },
	{ "since", QUERY_DATE, "SINCE", read_date },
	{ "before", QUERY_DATE, "BEFORE", read_date },
	{ "on", QUERY_DATE, "ON", read_date },
	{ "sentsince", QUERY_DATE, "SENTSINCE", read_date },
	{ "sentbefore", QUERY_DATE, "SENTBEFORE", read_date },
	{ "senton", QUERY_DATE, "SENTON", read_date },
	{ "newer", QUERY_AGE, "YOUNGER", read_age },
	{ "older", QUERY_AGE, "OLDER", read_age },
	{ "larger", QUERY_SIZE, "LARGER", read_size },
	{ "smaller", QUERY_SIZE, "SMALLER", read_size },
	{ "uid", QUERY_UID, "UID", read_uid },
	{ "thread", QUERY_THREAD, "", read_thread },
	{ "gmail", QUERY_TEXT, "X-GM-RAW", read_text },
	{ "label", QUERY_TEXT, "X-GM-LABELS", read_text },
	{ "raw", QUERY_RAW, "", read_raw },
	{ "all", QUERY_FLAG, "ALL", NULL },
	{ "seen", QUERY_FLAG, "SEEN", NULL },
	{ "unseen", QUERY_FLAG, "UNSEEN", NULL },
	{ "flagged", QUERY_FLAG, "FLAGGED", NULL },
	{ "unflagged", QUERY_FLAG, "UNFLAGGED", NULL },
	{ "answered", QUERY_FLAG, "ANSWERED", NULL },
	{ "unanswered", QUERY_FLAG, "UNANSWERED", NULL },
	{ "draft", QUERY_FLAG, "DRAFT", NULL },
	{ "undraft", QUERY_FLAG, "UNDRAFT", NULL },
	{ "deleted", QUERY_FLAG, "DELETED", NULL },
	{ "undeleted", QUERY_FLAG, "UNDELETED", NULL },
	{ "new", QUERY_FLAG, "NEW", NULL },
	{ "old", QUERY_FLAG, "OLD", NULL },
	{ "recent", QUERY_FLAG, "RECENT", NULL },
};

static const struct key *
find(const char *word, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strlen(keys[i].word) == n && strncasecmp(keys[i].word, word, n) == 0)
			return &keys[i];
	}
	return NULL;
}

static void
fill(struct query *q, const struct key *k)
{
	q->kind = k->kind;
	q->word = k->word;
	q->key = k->key;
}

int
querykey_known(const char *word, size_t n)
{
	const struct key *k;

	if (n > 0 && word[n - 1] == ':')
		n--;
	k = find(word, n);
	return k != NULL && (k->read == NULL || word[n] == ':');
}

struct query *
querykey_thread(struct query *child)
{
	struct query *q = xcalloc(1, sizeof(*q));

	fill(q, find("thread", 6));
	q->child = child;
	return q;
}

void
querykey_all(struct query *q)
{
	fill(q, find("all", 3));
}

int
querykey_value(struct query *q, const char *word, size_t n, const char *value, struct err *e)
{
	const struct key *k = find(word, n);

	if (k == NULL || k->read == NULL)
		return err_set(e, ERR_USAGE, "there is no search key \"%.*s:\"; to find \"%.*s:%.40s\" as text, write it in double quotes"
		    " inside the argument", (int)n, word, (int)n, word, value);
	if (value[0] == '\0')
		return err_set(e, ERR_USAGE, "nothing follows \"%s:\"", k->word);
	if (strlen(value) > TEXT_MAX && k->kind != QUERY_UID && k->kind != QUERY_THREAD)
		return err_set(e, ERR_USAGE, "the value of \"%s:\" is longer than %d octets", k->word, TEXT_MAX);
	fill(q, k);
	return k->read(q, value, e);
}

int
querykey_word(struct query *q, const char *word, int quoted, struct err *e)
{
	const struct key *k = find(word, strlen(word));

	if (!quoted && k != NULL && k->read == NULL) {
		fill(q, k);
		return 0;
	}
	if (word[0] == '\0')
		return err_set(e, ERR_USAGE, "an empty word can't be searched for");
	return querykey_value(q, "text", 4, word, e);
}

static void
print_quoted(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *text);
	}
}

static void
print_value(struct buf *out, const struct query *q)
{
	size_t pos = 0;

	switch (q->kind) {
	case QUERY_HEADER:
		print_quoted(out, q->name);
		buf_addc(out, '=');
		print_quoted(out, q->text);
		break;
	case QUERY_DATE:
		buf_printf(out, "%04d-%02d-%02d", (int)(q->number / 10000), (int)(q->number / 100 % 100), (int)(q->number % 100));
		break;
	case QUERY_AGE:
	case QUERY_SIZE:
		buf_printf(out, "%lld", (long long)q->number);
		break;
	case QUERY_UID:
		uidset_piece(&q->set, &pos, SIZE_MAX, out);
		break;
	default:
		print_quoted(out, q->text);
	}
}

void
querykey_print(struct buf *out, const struct query *q)
{
	buf_adds(out, q->word);
	if (q->kind == QUERY_FLAG)
		return;
	buf_adds(out, ":\"");
	print_value(out, q);
	buf_addc(out, '"');
}
