/* SPDX-License-Identifier: ISC */
/* check.h - mpop -C: what the server offers, its limits, and how much waits. Ends the session with QUIT. */
#ifndef CHECK_H
#define CHECK_H

struct err;
struct pop3;

int pop3_show(struct pop3 *, struct err *e);

#endif
