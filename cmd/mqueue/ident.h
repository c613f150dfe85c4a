/* SPDX-License-Identifier: ISC */
/* ident.h - the name of a queue file, and the id in it that people type.
 * A name is TIME.ID.HOST, a valid maildir name; a maildir reader may have appended ":2,FLAGS". TIME is the second of
 * arrival, in at least ten digits; ID is eight of 0-9a-z without i, l, o and u: two for the millisecond, so that names sort
 * by age, and six random ones (30 bits): two entries of one queue hardly ever share an id, and where they do, the whole name
 * tells them apart. What is made out of another entry has a name that follows from that one's: made twice, it is there once. */
#ifndef IDENT_H
#define IDENT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define IDENT_LEN 8
#define IDENT_NAME_MAX 255

int ident_name(char *name, size_t size, const struct timespec *, const char *host);	/* a new name; -1 if it does not fit */
int ident_derive(char *name, size_t size, const char *from, uint64_t what);	/* of a name that parses */
int ident_parse(const char *name, char id[IDENT_LEN + 1], int64_t *when);	/* 0, or -1 when the name is none of ours */
int ident_typed(const char *text, char id[IDENT_LEN + 1]);	/* upper case and o, i, l are fine; -1: it is no id */

#endif
