/* SPDX-License-Identifier: ISC */
/* xalloc.h - memory that is there or the program ends (exit 71, "out of memory"): no caller checks.
 * Sizes that come from a peer are bounded by the module that reads them, before they get here. */
#ifndef XALLOC_H
#define XALLOC_H

#include <stddef.h>

void *xmalloc(size_t);
void *xcalloc(size_t count, size_t size);
void *xreallocarray(void *, size_t count, size_t size);
char *xstrdup(const char *);
char *xstrndup(const char *, size_t);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
