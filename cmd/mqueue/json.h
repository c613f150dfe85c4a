/* SPDX-License-Identifier: ISC */
/* json.h - a JSON string (RFC 8259 7) from any octets: what is no UTF-8 becomes U+FFFD, so the output is always valid. */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>

struct buf;

void json_string(struct buf *, const char *, size_t);	/* quotes with it */

#endif
