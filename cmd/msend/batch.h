/* SPDX-License-Identifier: ISC */
/* batch.h - msend -B: the paths of queue files in, a result line per waiting recipient out, over as few connections as possible.
 *   path TAB address TAB ok|later|refused TAB code TAB enhanced TAB text [TAB host [TAB "dsn"]] LF
 * code is three digits and enhanced a class.subject.detail, each empty where no server spoke. A file that can't be read has one
 * line with "-" for the address, and later. later without a code and with 4.4.3 is this machine being offline: nobody was
 * reached. host is the server that spoke, and dsn follows where it was told what the queue file says that the sender wants to
 * hear. Lines of a message are flushed together. */
#ifndef MSEND_BATCH_H
#define MSEND_BATCH_H

struct err;

struct batch_options {		/* for each account that comes up, as on the command line */
	const char *which;	/* -a, else what the entry says */
	const char **set;	/* -o */
	int sets;
	int verbose;
};

int send_batch(const struct batch_options *, int *code, struct err *e);	/* code: as for one message, of all of them */

#endif
