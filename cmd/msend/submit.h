/* SPDX-License-Identifier: ISC */
/* submit.h - a run of msend: what the command line asks for (msend.c and sendmail.c fill it in), and doing it.
 * Strings are borrowed from the command line. */
#ifndef MSEND_SUBMIT_H
#define MSEND_SUBMIT_H

#include <stddef.h>

#include "mail.h"
#include "readdress.h"
#include "rcpt.h"
#include "route.h"
#include "sender.h"

enum submit_verb { VERB_SEND, VERB_BATCH, VERB_CHECK, VERB_ALIASES };	/* the last only tells what is wrong with them */

struct list {
	const char **v;
	size_t n;
};

struct job {
	enum submit_verb verb;
	int print, queue_later, queue_now, from_headers, composing;
	int dot_ends;		/* a line of a single dot ends standard input, as its end does */
	const char *from, *copy;
	const char *full_name;	/* of the sender, where the message has no From; or NULL */
	struct list bcc, cc, attach, header, set;
	const char *subject;
	struct route route;
	struct sender sender;
	struct readdress readdress;
	struct rcpts rcpts;
	struct mail mail;
};

void list_append(struct list *, const char *);
int submit_run(struct job *, const char **args, size_t count, struct err *e);	/* the exit code, or -1 */
void submit_free(struct job *);

#endif
