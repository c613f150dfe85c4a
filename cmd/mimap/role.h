/* SPDX-License-Identifier: ISC */
/* role.h - what mailboxes are for: attributes of LIST (RFC 6154) by the user's names (sent, trash, …). */
#ifndef MIMAP_ROLE_H
#define MIMAP_ROLE_H

struct err;
struct imap;
struct value;

int role_attribute(const struct value *attributes, const char *name);	/* it stands in the list */
const char *role_of(const struct value *attributes);			/* "trash", or NULL */
const char *role_wire(const char *role, struct err *e);			/* "\Trash"; NULL with ERR_USAGE */

/* The mailbox with that role: 1 and its name, which the caller frees; 0: there is none. Waits for all answers. */
int role_find(struct imap *, const char *role, char **name, struct err *e);

#endif
