/* SPDX-License-Identifier: ISC */
/* dane.h - which certificates an exchanger says it has, by TLSA records (RFC 7672; RFC 6698). For hosts whose MX and address
 * records were secure (dns.h); only secure TLSA records count. Where there are any, mail goes under TLS or not at all. */
#ifndef MSEND_DANE_H
#define MSEND_DANE_H

#include "dns.h"
#include "tls.h"

struct err;

struct dane {			/* zeroed is empty */
	struct tls_dane *v;
	size_t n;		/* 0: none, and no demand */
	struct dns_answer answer;	/* the octets */
};

int dane_find(struct dane *, struct dns *, const char *host, struct err *e);	/* -1: nobody knows now, so the host is out */
void dane_free(struct dane *);

#endif
