/* SPDX-License-Identifier: ISC */
/* structure.h - a message's parts, out of BODYSTRUCTURE (RFC 3501 section 7.4.2): what is no multipart, in order, with the
 * section number that fetches it. Pure. Limits: 1000 parts; nesting is the response parser's. */
#ifndef MIMAP_STRUCTURE_H
#define MIMAP_STRUCTURE_H

#include <stddef.h>

struct err;
struct value;

#define PARTS_MAX 1000

enum encoding { ENCODING_NONE, ENCODING_BASE64, ENCODING_QUOTED };

struct part {
	char *section;		/* "2.1" */
	char *type;		/* "text/plain", in lower case */
	char *name;		/* UTF-8 as the sender wrote it: not fit for a path; NULL where there is none */
	char *charset;		/* or NULL */
	enum encoding encoding;
	int attachment;		/* it says so */
};

struct structure {		/* zeroed is valid and empty */
	struct part *part;
	size_t count;
};

int structure_read(struct structure *, const struct value *body, struct err *e);	/* ERR_PROTOCOL; free in any case */
const struct part *structure_section(const struct structure *, const char *section);
const struct part *structure_text(const struct structure *);	/* what is to be read: text/plain, else any text; NULL */
void structure_free(struct structure *);

#endif
