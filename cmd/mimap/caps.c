/* SPDX-License-Identifier: ISC */
/* caps.c - capability tokens to bits. */
#include "caps.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	unsigned int bits;
} names[] = {
	{ "IMAP4rev1", CAP_REV1 },
	{ "IMAP4rev2", CAP_REV2 | CAP_SASL_IR | CAP_LITERAL_MINUS | CAP_ESEARCH | CAP_SEARCHRES | CAP_LIST_EXTENDED | CAP_LIST_STATUS
	    | CAP_SPECIAL_USE | CAP_STATUS_SIZE | CAP_UIDPLUS | CAP_MOVE },
	{ "STARTTLS", CAP_STARTTLS },
	{ "LOGINDISABLED", CAP_LOGINDISABLED },
	{ "SASL-IR", CAP_SASL_IR },
	{ "LITERAL+", CAP_LITERAL_PLUS },
	{ "LITERAL-", CAP_LITERAL_MINUS },
	{ "ESEARCH", CAP_ESEARCH },
	{ "SEARCHRES", CAP_SEARCHRES },
	{ "WITHIN", CAP_WITHIN },
	{ "LIST-EXTENDED", CAP_LIST_EXTENDED },
	{ "LIST-STATUS", CAP_LIST_STATUS },
	{ "SPECIAL-USE", CAP_SPECIAL_USE },
	{ "STATUS=SIZE", CAP_STATUS_SIZE },
	{ "UIDPLUS", CAP_UIDPLUS },
	{ "MOVE", CAP_MOVE },
	{ "CREATE-SPECIAL-USE", CAP_CREATE_SPECIAL_USE },
	{ "QUOTA", CAP_QUOTA },
};

void
caps_clear(struct caps *c)
{
	buf_free(&c->auth);
	c->known = 0;
	c->set = 0;
}

/* The name is one of those that the user does without. */
static int
left_out(const struct caps *c, const char *name, size_t n)
{
	const char *p = c->without != NULL ? c->without : "";
	size_t len;

	for (; *p != '\0'; p += len) {
		p += strspn(p, ", \t");
		len = strcspn(p, ", \t");
		if (len == n && n > 0 && strncasecmp(p, name, n) == 0)
			return 1;
	}
	return 0;
}

static void
take(struct caps *c, const char *p, size_t n)
{
	size_t i;

	if (left_out(c, p, n))
		return;
	if (n > 5 && strncasecmp(p, "AUTH=", 5) == 0) {
		if (c->auth.len > 0)
			buf_addc(&c->auth, ' ');
		buf_add(&c->auth, p + 5, n - 5);
		return;
	}
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strlen(names[i].name) == n && strncasecmp(names[i].name, p, n) == 0)
			c->set |= names[i].bits;
	}
}

void
caps_read(struct caps *c, const char *p)
{
	size_t n, i;

	caps_clear(c);
	c->known = 1;
	for (; *p != '\0'; p += n) {
		p += strspn(p, " ");
		n = strcspn(p, " ");
		take(c, p, n);
	}
	for (i = 2; i < sizeof(names) / sizeof(*names); i++) {	/* also what IMAP4rev2 stands for */
		if (left_out(c, names[i].name, strlen(names[i].name)))
			c->set &= ~names[i].bits;
	}
}

int
caps_has(const struct caps *c, enum cap cap)
{
	return (c->set & cap) != 0;
}
