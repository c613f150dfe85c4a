/* SPDX-License-Identifier: ISC */
/* caps.c - capability tokens to bits. */
#include "caps.h"

#include <string.h>
#include <strings.h>

#define BIT(cap) ((uint64_t)1 << (cap))

static const struct {
	const char *name;
	enum cap cap;
	int rev2;		/* IMAP4rev2 contains it */
} names[] = {
	{ "IMAP4rev1", CAP_REV1, 0 }, { "IMAP4rev2", CAP_REV2, 0 },
	{ "STARTTLS", CAP_STARTTLS, 0 }, { "LOGINDISABLED", CAP_LOGINDISABLED, 0 },
	{ "SASL-IR", CAP_SASL_IR, 1 }, { "LITERAL+", CAP_LITERAL_PLUS, 0 }, { "LITERAL-", CAP_LITERAL_MINUS, 1 },
	{ "ESEARCH", CAP_ESEARCH, 1 }, { "SEARCHRES", CAP_SEARCHRES, 1 }, { "WITHIN", CAP_WITHIN, 0 },
	{ "LIST-EXTENDED", CAP_LIST_EXTENDED, 1 }, { "LIST-STATUS", CAP_LIST_STATUS, 1 }, { "SPECIAL-USE", CAP_SPECIAL_USE, 1 },
	{ "STATUS=SIZE", CAP_STATUS_SIZE, 1 }, { "UIDPLUS", CAP_UIDPLUS, 1 }, { "MOVE", CAP_MOVE, 1 },
	{ "CREATE-SPECIAL-USE", CAP_CREATE_SPECIAL_USE, 0 }, { "QUOTA", CAP_QUOTA, 0 }, { "ENABLE", CAP_ENABLE, 1 },
	{ "UTF8=ACCEPT", CAP_UTF8, 0 }, { "UTF8=ONLY", CAP_UTF8_ONLY, 0 }, { "NAMESPACE", CAP_NAMESPACE, 1 },
	{ "SORT", CAP_SORT, 0 }, { "SORT=DISPLAY", CAP_SORT_DISPLAY, 0 }, { "ESORT", CAP_ESORT, 0 },
	{ "THREAD=REFERENCES", CAP_THREAD_REFERENCES, 0 }, { "THREAD=REFS", CAP_THREAD_REFS, 0 }, { "MULTIAPPEND", CAP_MULTIAPPEND, 0 },
	{ "CONDSTORE", CAP_CONDSTORE, 0 }, { "QRESYNC", CAP_QRESYNC, 0 }, { "IDLE", CAP_IDLE, 1 }, { "NOTIFY", CAP_NOTIFY, 0 },
	{ "ID", CAP_ID, 0 }, { "UNSELECT", CAP_UNSELECT, 1 }, { "BINARY", CAP_BINARY, 0 }, { "PREVIEW", CAP_PREVIEW, 0 },
	{ "OBJECTID", CAP_OBJECTID, 0 }, { "SAVEDATE", CAP_SAVEDATE, 0 }, { "COMPRESS=DEFLATE", CAP_COMPRESS, 0 },
	{ "X-GM-EXT-1", CAP_GMAIL, 0 }, { "LIST-MYRIGHTS", CAP_LIST_MYRIGHTS, 0 }, { "REPLACE", CAP_REPLACE, 0 },
	{ "PARTIAL", CAP_PARTIAL, 0 },
};

void
caps_clear(struct caps *c)
{
	buf_free(&c->auth);
	c->known = 0;
	c->set = 0;
}

/* The name is one of those that the user does without: as a whole, or up to its "=". */
static int
left_out(const struct caps *c, const char *name, size_t n)
{
	const char *p = c->without != NULL ? c->without : "";
	size_t len;

	for (; *p != '\0'; p += len) {
		p += strspn(p, ", \t");
		len = strcspn(p, ", \t");
		if (len > 0 && len <= n && strncasecmp(p, name, len) == 0 && (len == n || name[len] == '='))
			return 1;
	}
	return 0;
}

/* QRESYNC is CONDSTORE and more (RFC 7162 section 3.2.2); UTF8=ONLY is UTF8=ACCEPT that is a must (RFC 6855 section 6). */
static void
believe(struct caps *c, enum cap cap)
{
	size_t i;

	c->set |= BIT(cap);
	if (cap == CAP_QRESYNC)
		c->set |= BIT(CAP_CONDSTORE);
	if (cap == CAP_UTF8_ONLY)
		c->set |= BIT(CAP_UTF8);
	for (i = 0; cap == CAP_REV2 && i < sizeof(names) / sizeof(*names); i++) {
		if (names[i].rev2)
			c->set |= BIT(names[i].cap);
	}
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
			believe(c, names[i].cap);
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
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {	/* also what others stand for */
		if (left_out(c, names[i].name, strlen(names[i].name)))
			c->set &= ~BIT(names[i].cap);
	}
}

uint64_t
caps_bits(const char *p)
{
	struct caps c = { 0 };
	uint64_t set;

	caps_read(&c, p);
	set = c.set;
	caps_clear(&c);
	return set;
}

const char *
caps_name(enum cap cap)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (names[i].cap == cap)
			return names[i].name;
	}
	return "";
}

int
caps_without(const struct caps *c, const char *name)
{
	return left_out(c, name, strlen(name));
}

int
caps_has(const struct caps *c, enum cap cap)
{
	return (c->set & BIT(cap)) != 0;
}
