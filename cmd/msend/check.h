/* SPDX-License-Identifier: ISC */
/* check.h - msend -C: what the account's server is, shows and offers, on stdout; a name and a value a line, with a tab between.
 * What was found out before something failed is printed all the same. */
#ifndef MSEND_CHECK_H
#define MSEND_CHECK_H

struct account;
struct err;

int check_server(struct account *, struct err *e);

#endif
