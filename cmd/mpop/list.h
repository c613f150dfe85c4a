/* SPDX-License-Identifier: ISC */
/* list.h - what waits on the server, printed: mpop -l and -c. */
#ifndef LIST_H
#define LIST_H

struct err;
struct pop3;
struct seen;

/* seen may be NULL. Ends the session with QUIT. account is shown first, where there are several; or NULL. */
int list_messages(struct pop3 *, const struct seen *, const char *account, int json, struct err *e);
/* Prints nothing: 0 if something is new, 1 if not. */
int list_none(struct pop3 *, const struct seen *, struct err *e);
int list_count(struct pop3 *, const struct seen *, const char *account, int json, struct err *e);

#endif
