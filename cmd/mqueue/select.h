/* SPDX-License-Identifier: ISC */
/* select.h - which entries a command is about: those named by id, or all, of them those that -s, -r and -A let through. */
#ifndef SELECT_H
#define SELECT_H

#include <stdint.h>

struct envelope;
struct err;
struct job;

struct selection {
	const char *sender, *rcpt;	/* an address, or @domain; "<>" is the null sender. NULL: any */
	int64_t age;			/* at least so many seconds; -1: any */
};

int select_read(struct selection *, const struct job *, struct err *e);	/* ERR_USAGE */
int select_any(const struct selection *);	/* nothing is asked for */
int select_fits(const struct selection *, const struct envelope *, int64_t now);
int select_address(const char *pattern, const char *addr);

#endif
