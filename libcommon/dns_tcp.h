/* SPDX-License-Identifier: ISC */
/* dns_tcp.h - a question asked again by TCP, where the answer was cut (RFC 7766). The C library would wait for that one without
 * an end. */
#ifndef DNS_TCP_H
#define DNS_TCP_H

#include <resolv.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* Of the first server that answers; each has as long as the C library gives it, and none goes beyond end (0: none). The octets of
 * the answer, or -1 with ERR_TEMP. */
int dns_tcp(struct __res_state *, const char *name, int type, int64_t end, unsigned char *reply, size_t size, struct err *e);

#endif
