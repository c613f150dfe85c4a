/* SPDX-License-Identifier: ISC */
/* https.c - see https.h. Where the length is told, that many octets are the body; else all up to the end that TLS vouches for. */
#include "https.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "account.h"
#include "buf.h"
#include "config.h"
#include "deadline.h"
#include "dial.h"
#include "err.h"
#include "mx.h"
#include "stream.h"
#include "tls.h"

#define ALL_MS 60000
#define HEADER_LINES 200

struct reply {
	long long length;	/* -1: not told */
	int text;		/* text/plain */
};

static int
connect_tls(struct stream **out, struct account *a, struct dns *dns, const char *host, const char *port, struct err *e)
{
	struct stream_opts opts = { .end = deadline_in(ALL_MS, a->end), .trace = a->verbose > 1 };
	char *ca = account_get(a, KEY_TLS_CA) != NULL ? config_tilde(account_get(a, KEY_TLS_CA)) : NULL;
	struct tls_opts tls = { .host = host, .ca = ca };
	struct mx_addresses where;
	struct conn c = { .fd = -1 };
	int rc = -1;

	if (mx_resolve(&where, dns, host, e) == MX_FOUND && dial_addresses_from(&c, account_get(a, KEY_SOURCE), host, where.v,
	    where.n, port, opts.end, e) == 0) {
		*out = stream_new(&c, &opts);
		if ((rc = stream_starttls(*out, &tls, e)) == -1)
			stream_close(out);
	}
	mx_addresses_free(&where);
	free(ca);
	return rc;
}

/* The value of that field, or NULL. */
static const char *
field(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	line += n + 1;
	return line + strspn(line, " \t");
}

static int
take_field(struct reply *r, const char *line, struct err *e)
{
	const char *value, *bad = NULL;

	if ((value = field(line, "Content-Type")) != NULL)
		r->text = strncasecmp(value, "text/plain", 10) == 0 && strchr("; \t", value[10]) != NULL;
	else if ((value = field(line, "Content-Length")) != NULL)
		r->length = strtonum(value, 0, INT32_MAX, &bad);
	else if (field(line, "Transfer-Encoding") != NULL)
		bad = "unasked for";
	return bad != NULL ? err_set(e, ERR_PROTOCOL, "a bad line of HTTP: \"%.100s\"", line) : 0;
}

/* S: HTTP/1.1 200 OK, header fields, an empty line */
static int
read_head(struct stream *s, struct reply *r, struct err *e)
{
	char *line;
	size_t len;
	int i, rc;

	if ((rc = stream_line(s, &line, &len, e)) != 0)
		return rc == 1 ? err_set(e, ERR_TEMP, "no HTTP reply") : -1;
	if (strncmp(line, "HTTP/1.", 7) != 0 || strncmp(line + strcspn(line, " "), " 200", 4) != 0)
		return err_set(e, ERR_UNAVAILABLE, "the HTTP reply is \"%.100s\"", line);
	for (i = 0; i < HEADER_LINES; i++) {
		if ((rc = stream_line(s, &line, &len, e)) != 0)
			return rc == 1 ? err_set(e, ERR_TEMP, "the HTTP reply is cut short") : -1;
		if (len == 0)
			return r->text ? 0 : err_set(e, ERR_UNAVAILABLE, "the HTTP reply is not text/plain");
		if (take_field(r, line, e) == -1)
			return -1;
	}
	return err_set(e, ERR_PROTOCOL, "the HTTP reply has too many fields");
}

static int
read_body(struct stream *s, const struct reply *r, size_t max, struct buf *out, struct err *e)
{
	size_t want = r->length >= 0 ? (size_t)r->length : SIZE_MAX, got = 0, n;
	const char *p;
	int rc;

	while (got < want) {
		if ((rc = stream_peek(s, &p, &n, e)) == -1)
			return -1;
		if (rc == 1)
			return r->length >= 0 ? err_set(e, ERR_TEMP, "the HTTP reply is cut short") : 0;
		n = n < want - got ? n : want - got;
		if (n > max - got)
			return err_set(e, ERR_UNAVAILABLE, "the HTTP reply is longer than %zu octets", max);
		buf_add(out, p, n);
		stream_take(s, n);
		got += n;
	}
	return 0;
}

int
https_get(struct account *a, struct dns *dns, const char *host, const char *port, const char *path, size_t max, struct buf *out,
    struct err *e)
{
	struct reply r = { .length = -1 };
	struct stream *s = NULL;
	int rc = connect_tls(&s, a, dns, host, port, e);

	if (rc == 0)
		rc = stream_send(s, e, "GET %s HTTP/1.0", path) == -1 || stream_send(s, e, "Host: %s", host) == -1
		    || stream_send(s, e, "Accept: text/plain") == -1 || stream_send(s, e, "%s", "") == -1 ? -1 : 0;
	if (rc == 0)
		rc = read_head(s, &r, e) == -1 ? -1 : read_body(s, &r, max, out, e);
	if (s != NULL)
		stream_close(&s);
	return rc;
}
