/* SPDX-License-Identifier: ISC */
/* idn.h - domains in any script as the domain name system and old servers hold them (RFC 5890 A-labels, RFC 3492 punycode).
 * Pure. Text is UTF-8 in composed form, as it is typed. */
#ifndef MSEND_IDN_H
#define MSEND_IDN_H

struct buf;

/* "bücher.example" as "xn--bcher-kva.example". -1 where that can't be: not UTF-8, no letters, a label beyond 63 octets. */
int idn_domain(struct buf *out, const char *domain);
/* ann@bücher.example as ann@xn--bcher-kva.example; as it is where the local part is not ASCII (only SMTPUTF8 carries that), where there
 * is nothing to change, and where nothing can be. The caller frees. */
char *idn_address(const char *addr);

#endif
