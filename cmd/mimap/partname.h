/* SPDX-License-Identifier: ISC */
/* partname.h - the name of an attachment: as its sender wrote it, and as a file may be called. Pure. */
#ifndef MIMAP_PARTNAME_H
#define MIMAP_PARTNAME_H

struct buf;
struct value;

#define PARTNAME_MAX 200	/* octets of a safe name */

/* Parameter `key` of ("KEY" "value" …): encoded words, RFC 2231's key* and key*0 too. NULL where it is missing; the caller
 * frees. */
char *partname_read(const struct value *parameters, const char *key);

/* Appends a name that is one component of a path, at most PARTNAME_MAX octets: what is before the last slash or backslash goes,
 * controls and invalid UTF-8 become "_"; so do a dot and a hyphen at the beginning. An empty one becomes part-SECTION. */
void partname_safe(struct buf *out, const char *name, const char *section);

#endif
