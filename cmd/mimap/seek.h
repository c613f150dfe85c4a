/* SPDX-License-Identifier: ISC */
/* seek.h - one UID SEARCH (RFC 3501 section 6.4.4; ESEARCH, RFC 4731) or UID SORT (RFC 5256), and its results. Text beyond US-ASCII is
 * sent as UTF-8; a server that refuses is asked in a charset it names, and what can't be said in that is not for seek_send
 * (seek_can). */
#ifndef MIMAP_SEEK_H
#define MIMAP_SEEK_H

struct buf;
struct err;
struct imap;
struct query;
struct response;
struct sortkey_order;
struct uidset;

struct seek_opts {		/* zeroed is valid */
	const char *within;	/* only among this set */
	const struct sortkey_order *sort;	/* UID SORT by these; the server must offer it */
	int save;		/* the server is to remember the result as $ (SEARCHRES, RFC 5182) */
};

int seek_can(const struct imap *, const struct query *);	/* its text can be sent in the charset that the server takes */
int seek_send(struct imap *, const struct query *, const struct seek_opts *, struct err *e);	/* ahead */
/* SEARCH, ESEARCH and SORT responses: adds to found; order, where given, gets a uint32_t for each. 1: it was one */
int seek_data(struct imap *, const struct response *, struct uidset *found, struct buf *order, struct err *e);
/* After a refusal, with the answer at hand: 1 if it was because of the charset. Another one is used from here on, or none. */
int seek_refused(struct imap *, const struct query *);

#endif
