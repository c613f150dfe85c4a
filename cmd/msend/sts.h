/* SPDX-License-Identifier: ISC */
/* sts.h - MTA-STS (RFC 8461): what a domain says of its exchangers, and whether one of them is meant. Pure: no input or output.
 * Owns its strings. Limits: STS_TEXT_MAX octets of policy, names as dns_host_ok has them (others match nothing). */
#ifndef MSEND_STS_H
#define MSEND_STS_H

#include <stddef.h>
#include <stdint.h>

struct buf;

#define STS_TEXT_MAX 65536

enum sts_mode { STS_NONE, STS_TESTING, STS_ENFORCE };

struct sts {			/* zeroed is empty: no policy */
	enum sts_mode mode;
	int64_t max_age;	/* seconds, at most a year (RFC 8461 3.2) */
	char **mx;		/* "mail.example.net", "*.example.net" */
	size_t n;
	char id[33];		/* of the record that announced it; "" */
	int64_t until;		/* kept so long: seconds since 1970; 0 in a policy that was not kept */
};

int sts_parse(struct sts *, const char *text, size_t n);	/* a policy, or sts_print's; -1 if it is none */
void sts_print(const struct sts *, struct buf *out);
int sts_matches(const struct sts *, const char *host);		/* one of mx; * is one label (RFC 8461 4.1) */
int sts_record(const char *text, char id[33]);			/* of TXT: 1 and its id; 0 if it is none of ours, -1 if a bad one */
void sts_free(struct sts *);

#endif
