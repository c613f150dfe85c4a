/* SPDX-License-Identifier: ISC */
/* exchange.h - mx: a message straight to its recipients' exchangers (RFC 5321 5.1), a domain after the other.
 * The session with a domain's exchanger is kept for the next message to that domain; a domain none of whose hosts could be
 * reached is not tried again. Encrypted where the exchanger offers it, any certificate will do (RFC 7435); never with a password.
 * */
#ifndef MSEND_EXCHANGE_H
#define MSEND_EXCHANGE_H

struct account;
struct exchange;
struct mail;
struct rcpts;

/* Every recipient that is RCPT_WAITING has its verdict afterwards. *x is NULL at first. last: nothing will follow. */
void exchange_send(struct exchange **x, struct account *, const char *from, struct rcpts *, const struct mail *, int last);
void exchange_free(struct exchange **);

#endif
