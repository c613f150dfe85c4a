/* SPDX-License-Identifier: ISC */
/* mda.h - mpop -d: one message from standard input to a target, durable when it returns. */
#ifndef MDA_H
#define MDA_H

struct deliver_opts;
struct err;

/* A "From " line before the message is dropped. Whatever fails here may work later: ERR_TEMP, so that no mail server sends a
 * message back
 * for a full disk; only a message that is none is ERR_DATA. */
int mda(const struct deliver_opts *, struct err *e);

#endif
