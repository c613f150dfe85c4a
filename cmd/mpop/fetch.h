/* SPDX-License-Identifier: ISC */
/* fetch.h - one session's work: choose, retrieve, make durable, record, place, and only then delete (the design's "exactly
 * once"). For each batch: deliver_sync → ledger → deliver_place. Deletion is one flight at the end, DELE… QUIT, and takes effect
 * with the server's +OK to QUIT; until a later listing shows that a message is gone its entry stays in the ledger, and it is
 * deleted again rather than fetched again. A problem with one message is told on stderr, the message stays on the server, the
 * rest goes on. */
#ifndef FETCH_H
#define FETCH_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "err.h"

struct deliver;
struct listing;
struct pop3;
struct seen;

struct fetch_opts {
	int keep;		/* delete nothing, or what is older than age */
	int quiet;		/* no progress line */
	int headers;		/* TOP n 0; implies keep */
	int64_t age;		/* seconds since it was fetched, or -1 */
	uint64_t count;		/* messages in this session; 0: all */
	uint64_t session_size;	/* octets in this session, but one message at least; 0: any */
	uint64_t max_size;	/* octets; 0: any */
	int notes;		/* of larger ones fetch the header, and deliver it with a note */
	int mark;		/* fetch nothing, mark what is new as seen; implies keep */
	const char *filter;	/* a command (filter.h), or NULL */
	int64_t end;		/* of the run, for the filter */
	struct timespec began;	/* files younger than this may be of other accounts of this run; 0: there are none */
};

/* Marks what is new, seen or too big, after the ledger, and what counts as seen although it was deleted, as its size is not
 * known (MSG_DOUBT). Returns the number of new ones. */
uint64_t fetch_choose(struct listing *, const struct seen *, const struct fetch_opts *, uint64_t *octets);

/* Is there room for one more of that size, after so many? */
int fetch_has_room(const struct fetch_opts *, uint64_t found, uint64_t octets, uint64_t size);

struct fetch_result {
	enum err_class first;		/* problem with a single message */
	uint64_t messages, octets;	/* delivered */
	uint64_t deleted;
};

/* The whole session after the login, QUIT included. */
int fetch(struct pop3 *, struct deliver *, struct seen *, const struct fetch_opts *, struct fetch_result *, struct err *e);

#endif
