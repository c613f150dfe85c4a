/* SPDX-License-Identifier: ISC */
/* netrc.c - see netrc.h. The text is taken apart in place and wiped. */
#include "netrc.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "buf.h"
#include "config.h"
#include "err.h"

#define BLANKS " \t\r\n"

/* The word at *p, NUL-ended in place; NULL at the end. */
static char *
word(char **p)
{
	char *from, *to, *start;
	int quoted;

	for (from = *p + strspn(*p, BLANKS); *from == '#'; from += strspn(from, BLANKS))
		from += strcspn(from, "\n");
	quoted = *from == '"';
	start = to = from += quoted;
	while (*from != '\0' && (quoted ? *from != '"' : strchr(BLANKS, *from) == NULL)) {
		if (*from == '\\' && quoted && from[1] != '\0')
			from++;
		*to++ = *from++;
	}
	*p = *from != '\0' ? from + 1 : from;
	*to = '\0';
	return to > start || quoted ? start : NULL;
}

/* A macro's text goes until an empty line. */
static void
skip_macro(char **p)
{
	char *end = strstr(*p, "\n\n");

	*p = end != NULL ? end + 2 : *p + strlen(*p);
}

struct entry {
	int host;		/* it is about the host */
	const char *login, *password, *port;
};

static int
fits(const struct entry *n, const char *port, const char *user)
{
	return n->host && n->password != NULL && (n->login == NULL || strcmp(n->login, user) == 0)
	    && (n->port == NULL || (port != NULL && strcmp(n->port, port) == 0));
}

static const char *
find(char *p, const char *host, const char *port, const char *user)
{
	struct entry n = { 0 };
	char *key, *value;

	while ((key = word(&p)) != NULL) {
		if (strcmp(key, "default") == 0 || strcmp(key, "machine") == 0) {
			if (fits(&n, port, user))
				break;
			value = *key == 'm' ? word(&p) : NULL;
			n = (struct entry){ .host = *key == 'd' || (value != NULL && strcasecmp(value, host) == 0) };
			continue;
		}
		value = word(&p);
		if (strcmp(key, "macdef") == 0)
			skip_macro(&p);
		else if (strcmp(key, "login") == 0)
			n.login = value;
		else if (strcmp(key, "password") == 0)
			n.password = value;
		else if (strcmp(key, "port") == 0)
			n.port = value;
	}
	return fits(&n, port, user) ? n.password : NULL;
}

int
netrc_find(const char *path, const char *host, const char *port, const char *user, struct buf *password, struct err *e)
{
	struct buf text = { 0 };
	const char *found = NULL;
	int rc;

	if (access(path, F_OK) == -1)
		return 1;
	if ((rc = config_slurp(&text, path, e)) == 0)
		found = find(text.data, host, port, user);
	if (found != NULL && (rc = config_private(path, e)) == 0)
		buf_adds(password, found);
	buf_wipe(&text);
	return rc != 0 ? rc : found == NULL;
}
