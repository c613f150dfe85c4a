/* SPDX-License-Identifier: ISC */
/* syncappend.h - a folder's new files to the server (APPEND, RFC 3501 section 6.3.11), sent ahead. Their marks are on disk. */
#ifndef MIMAP_SYNCAPPEND_H
#define MIMAP_SYNCAPPEND_H

struct err;
struct response;
struct syncfolder;

int syncappend_send(struct syncfolder *, struct err *e);
int syncappend_answer(struct syncfolder *, unsigned int tag, const struct response *, struct err *e);

/* UIDs that the answers did not tell (no UIDPLUS): looked for. After the answers. */
int syncappend_find(struct syncfolder *, struct err *e);

#endif
