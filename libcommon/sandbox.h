/* SPDX-License-Identifier: ISC */
/* sandbox.h - a program that has its connection and its secrets needs little else: from here on it can write, make, rename and
 * remove files only below some directories, read only there and in the system's own directories, start no program and make no
 * new TCP connection. For good, and for its children. Whatever is open stays open. Landlock on Linux (5.19 and later), pledge
 * and unveil on OpenBSD; elsewhere, and where a directory can't be opened, nothing is done: a program works the same without. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>

struct sandbox {
	const char *const *writable;
	size_t writables;
	const char *const *readable;	/* more that may be read; what is not there does not matter */
	size_t readables;
	int connects;			/* new connections are possible: to go on with another one when this one breaks */
};

int sandbox_confine(const struct sandbox *);	/* 1: confined, 0: not */
int sandbox_paths(const char *const *writable, size_t count);	/* the same */
/* For deliveries into the maildir (also where its parts are links to elsewhere), or NULL: to stdout, with temporary files; and
 * to the ledger file, or NULL. */
int sandbox_delivery(const char *maildir, const char *ledger);
int sandbox_redelivery(const char *maildir, const struct sandbox *);	/* the same with the ledger in the maildir, and what else is readable */

#endif
