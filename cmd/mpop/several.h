/* SPDX-License-Identifier: ISC */
/* several.h - more than one account in a run: a process for each, with one connection each. */
#ifndef SEVERAL_H
#define SEVERAL_H

#include <stddef.h>

struct account;
struct account_names;

/* One for each name, as if it had been given alone: with the options of `common`. Accounts are loaded, and secrets asked for,
 * here and one by one; `work` runs in a process of its own, at most so many at once. What is said about an account begins with its
 * name. Returns the highest code of all. */
typedef int several_fn(void *ctx, struct account *);
int several_run(const struct account_names *, const struct account *common, size_t at_once, several_fn *work, void *ctx);

#endif
