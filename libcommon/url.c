/* SPDX-License-Identifier: ISC */
/* url.c - RFC 3986 as far as endpoints need it. Errors quote the text, save where it may hold a password. */
#include "url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "xalloc.h"

#define URL_MAX 4096

static size_t
scheme_length(const char *text)
{
	size_t n = 0;

	if (isalpha((unsigned char)*text))
		while (isalnum((unsigned char)text[n]) || (text[n] != '\0' && strchr("+-.", text[n]) != NULL))
			n++;
	return n >= 2 && text[n] == ':' ? n : 0;
}

int
url_is(const char *text)
{
	return scheme_length(text) > 0;
}

/* The octet of two hex digits; 0 where they are none, which is no octet a URL may hold. */
static int
octet(const char *p)
{
	char digits[3] = { p[0], p[1], '\0' };

	return isxdigit((unsigned char)p[0]) && isxdigit((unsigned char)p[1]) ? (int)strtol(digits, NULL, 16) : 0;
}

/* NULL where an escape is broken or stands for a control. */
static char *
decode(const char *p, size_t n)
{
	char *s = xmalloc(n + 1), *to = s;
	size_t i;
	int c;

	for (i = 0; i < n; i++) {
		c = (unsigned char)p[i];
		if (c == '%') {
			c = n - i >= 3 ? octet(p + i + 1) : 0;
			i += 2;
		}
		if (c < 0x20 || c == 0x7f) {
			free(s);
			return NULL;
		}
		*to++ = (char)c;
	}
	*to = '\0';
	return s;
}

static int
parse_user(struct url *u, const char *p, size_t n, struct err *e)
{
	if (memchr(p, ':', n) != NULL)
		return err_set(e, ERR_CONFIG,
		    "a URL must not hold a password, others could see it: use the password key, or ~/.netrc");
	if (n == 0)
		return err_set(e, ERR_CONFIG, "no user before the @");
	if ((u->user = decode(p, n)) == NULL)
		return err_set(e, ERR_CONFIG, "a bad %% escape in the user \"%.*s\"", (int)n, p);
	return 0;
}

static int
parse_port(struct url *u, const char *p, size_t n, struct err *e)
{
	char text[6] = "";
	const char *bad = NULL;

	if (n > 0 && n < sizeof text) {
		memcpy(text, p, n);
		if (strspn(text, "0123456789") == n)
			strtonum(text, 1, 65535, &bad);
		else
			bad = "no number";
	}
	if (text[0] == '\0' || bad != NULL)
		return err_set(e, ERR_CONFIG, "a bad port \"%.*s\": 1 to 65535", (int)n, p);
	u->port = xstrdup(text);
	return 0;
}

/* host, [address] or host:port. */
static int
parse_host(struct url *u, const char *p, size_t n, struct err *e)
{
	const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._", *end = p + n, *close;
	size_t len;

	if (n > 0 && *p == '[') {
		if ((close = memchr(p, ']', n)) == NULL || memchr(p, ':', (size_t)(close - p)) == NULL)
			return err_set(e, ERR_CONFIG, "a bad address \"%.*s\": an IPv6 address stands between [ and ]", (int)n,
			    p);
		allowed = "0123456789abcdefABCDEF:.%ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ-_";	/* %eth0: a zone */
		u->host = xstrndup(p + 1, (size_t)(close - p) - 1);
		p = close + 1;
	} else {
		len = memchr(p, ':', n) != NULL ? (size_t)((const char *)memchr(p, ':', n) - p) : n;
		u->host = xstrndup(p, len);
		p += len;
	}
	if (*u->host == '\0')
		return err_set(e, ERR_CONFIG, "no host after the //");
	if (strlen(u->host) > 255 || u->host[strspn(u->host, allowed)] != '\0')
		return err_set(e, ERR_CONFIG, "a bad host name \"%s\": letters, digits, - and . (xn--… for others)", u->host);
	if (p < end)
		return *p == ':' ? parse_port(u, p + 1, (size_t)(end - p) - 1, e)
		    : err_set(e, ERR_CONFIG, "a bad host \"%.*s\"", (int)n, end - n);
	return 0;
}

/* What follows the //. */
static int
parse_authority(struct url *u, const char *p, struct err *e)
{
	size_t n = strcspn(p, "/?#"), user = n;

	while (user > 0 && p[user - 1] != '@')	/* the last @: ann@example.org@host is plain enough */
		user--;
	if (p[n] == '?' || p[n] == '#' || strpbrk(p + n, "?#") != NULL)
		return err_set(e, ERR_CONFIG, "nothing may follow host and path: \"%s\"", strpbrk(p + n, "?#"));
	if ((user > 0 && parse_user(u, p, user - 1, e) == -1) || parse_host(u, p + user, n - user, e) == -1)
		return -1;
	if (p[n] == '/' && p[n + 1] != '\0')
		u->path = xstrdup(p + n);
	return 0;
}

int
url_parse(struct url *out, const char *text, struct err *e)
{
	struct url u = { 0 };
	size_t n = scheme_length(text), i;

	if (n == 0)
		return err_set(e, ERR_CONFIG, "\"%s\" is no URL: write it as smtps://ann@mail.example.org", text);
	if (strlen(text) > URL_MAX)
		return err_set(e, ERR_CONFIG, "a URL of more than %d octets", URL_MAX);
	for (i = 0; text[i] != '\0'; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return err_set(e, ERR_CONFIG, "a control character in a URL");
	u.scheme = xstrndup(text, n);
	for (i = 0; i < n; i++)
		u.scheme[i] = (char)tolower((unsigned char)u.scheme[i]);
	text += n + 1;
	if (strncmp(text, "//", 2) != 0)
		u.path = xstrdup(text);
	else if (parse_authority(&u, text + 2, e) == -1) {
		url_free(&u);
		return -1;
	}
	*out = u;
	return 0;
}

void
url_free(struct url *u)
{
	free(u->scheme);
	free(u->user);
	free(u->host);
	free(u->port);
	free(u->path);
	*u = (struct url){ 0 };
}
