/* SPDX-License-Identifier: ISC */
/* attach.h - a file as a part of a message (RFC 2183), of any size: it is read once, through one buffer. */
#ifndef MSEND_ATTACH_H
#define MSEND_ATTACH_H

struct err;
struct held;

int attach_file(struct held *to, const char *boundary, const char *path, struct err *e);

#endif
