/* SPDX-License-Identifier: ISC */
/* whereto.h - what the destination of a recipient is: the account, by name; where that sends straight to the recipients'
 * exchangers (mx:) it is "@" and the recipient's domain in lower case. Learns from the configuration, line by line, which
 * accounts do so. Owns its strings; zeroed it knows none. */
#ifndef WHERETO_H
#define WHERETO_H

#include <stddef.h>

struct envelope;

#define WHERETO_MAX 256		/* octets of a name; longer ones are cut */

enum whereto_mx { WHERETO_UNSAID, WHERETO_MX, WHERETO_SERVER };

struct whereto {
	struct whereto_account {
		char *name, *from;	/* from: its address, or NULL */
		enum whereto_mx mx;
	} *at;
	size_t count;
	enum whereto_mx all, final;	/* before the first account; what the machine will have */
};

void whereto_line(struct whereto *, const char *section, const char *key, const char *value);
void whereto_final(struct whereto *, const char *key, const char *value);
void whereto_free(struct whereto *);

int whereto_is_mx(const struct whereto *, const char *account);	/* NULL: msend's default */
void whereto_name(const struct whereto *, const struct envelope *, size_t rcpt, char name[WHERETO_MAX + 1]);
/* The name if it is that of all who wait: 1; 0 where they differ. */
int whereto_one(const struct whereto *, const struct envelope *, char name[WHERETO_MAX + 1]);

#endif
