/* SPDX-License-Identifier: ISC */
/* query.h - what `mimap search` is asked for, from words to a tree of typed IMAP search keys (RFC 3501 section 6.4.4). Pure.
 * An argument is one term, as the shell quoted it (subject:big plan, raw:OR SEEN NEW); any other that holds a double quote or a
 * parenthesis is query text:
 *   query = term *(blanks term)
 *   term  = "-" term / "not(" query ")" / "or(" term term … ")" / "thread(" query ")" / "(" query ")" / key ":" value
 *         / flag word / words to find in the text
 *   value = bare, up to a blank, inner parentheses paired / "…" or '…' with \ before what it escapes
 * Limits: 32 levels, 4096 octets a value, if it is no set of UIDs. Text is UTF-8 without controls. Errors are ERR_USAGE and quote the word at fault. */
#ifndef MIMAP_QUERY_H
#define MIMAP_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "uidset.h"

struct buf;
struct err;

enum query_kind {
	QUERY_FLAG,		/* key: SEEN, ALL, … */
	QUERY_TEXT,		/* key text: FROM, SUBJECT, TEXT, … */
	QUERY_HEADER,		/* name, text */
	QUERY_KEYWORD,		/* key: KEYWORD, UNKEYWORD; text */
	QUERY_DATE,		/* key: SINCE, SENTBEFORE, …; number is yyyymmdd */
	QUERY_SIZE,		/* key: LARGER, SMALLER; number */
	QUERY_AGE,		/* key: YOUNGER, OLDER; number is seconds */
	QUERY_UID,		/* set */
	QUERY_RAW,		/* text: search keys as they are, 7-bit, no literal in them */
	QUERY_AND, QUERY_OR,	/* any number of children, at least one */
	QUERY_NOT,		/* one child */
	QUERY_THREAD		/* one child: all messages of the threads that hold one that matches it; no search key says that */
};

struct query {
	enum query_kind kind;
	const char *word;	/* the user's, as in the table */
	const char *key;	/* the protocol's */
	char *name, *text;
	int64_t number;
	struct uidset set;
	struct query *child, *next;
};

/* The root is a QUERY_AND; without arguments it is ALL. */
int query_parse(struct query **, int argc, char *const argv[], struct err *e);
void query_free(struct query **);
int query_ascii(const struct query *);			/* no text in it is beyond US-ASCII */
/* A copy with its text in that charset; NULL where the charset is not known or lacks a character. */
struct query *query_recode(const struct query *, const char *charset);
void query_print(struct buf *, const struct query *);	/* as one argument that query_parse reads to the same tree */

#endif
