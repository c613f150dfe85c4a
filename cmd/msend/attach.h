/* SPDX-License-Identifier: ISC */
/* attach.h - a file as a part of a message (RFC 2183), of any size: it is read through one buffer. */
#ifndef MSEND_ATTACH_H
#define MSEND_ATTACH_H

struct err;
struct held;

/* *eight becomes 1 where the part has 8-bit octets, as only a message may. */
int attach_file(struct held *to, const char *boundary, const char *path, int *eight, struct err *e);

#endif
