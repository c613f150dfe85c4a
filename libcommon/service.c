/* SPDX-License-Identifier: ISC */
/* service.c - from an account's endpoint to a stream: which way to connect, and whether TLS is there already, must be asked for,
 * or is switched off. Nothing here sends anything of ours. */
#include "account.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "config.h"
#include "deadline.h"
#include "dial.h"
#include "err.h"
#include "socks.h"
#include "stream.h"
#include "tls.h"

static int
tls_is(const struct account *a, const char *value)
{
	const char *tls = account_get(a, KEY_TLS);

	return tls != NULL && strcmp(tls, value) == 0;
}

static int
unknown_scheme(const struct account *a, const struct service *s, struct err *e)
{
	struct buf known = { 0 };

	for (; s->scheme != NULL; s++)
		buf_printf(&known, "%s:%s, ", s->scheme, s->port != NULL ? "//" : "");
	err_set(e, ERR_CONFIG, "%s: is no endpoint for this: use %sexec:", a->url.scheme, buf_str(&known));
	buf_free(&known);
	return -1;
}

/* The service of the URL; NULL in *s for exec:. */
static int
find_service(const struct account *a, const struct service **s, struct err *e)
{
	const struct service *all = *s;
	const struct url *u = &a->url;

	if (strcmp(u->scheme, "exec") == 0) {
		*s = NULL;
		return u->path != NULL && *u->path != '\0' ? 0 : err_set(e, ERR_CONFIG,
		    "exec: needs a command, as in exec:ssh host imapd");
	}
	while ((*s)->scheme != NULL && strcmp((*s)->scheme, u->scheme) != 0)
		(*s)++;
	if ((*s)->scheme == NULL)
		return unknown_scheme(a, all, e);
	if ((*s)->unix_path && (u->host != NULL || u->path == NULL || *u->path == '\0'))
		return err_set(e, ERR_CONFIG, "%s: needs the path of a socket, as in %s:/run/socket", u->scheme, u->scheme);
	if (!(*s)->unix_path && u->host == NULL)
		return err_set(e, ERR_CONFIG, "%s: needs a host, as in %s://mail.example.org", u->scheme, u->scheme);
	if ((*s)->implicit_tls && tls_is(a, "off"))
		return err_set(e, ERR_CONFIG, "%s:// is TLS from the first octet: tls=off does not go with it", u->scheme);
	return 0;
}

/* The proxy's password, where its URL has a user, stands in the netrc file: nobody can be asked for two. */
static int
through_proxy(const struct account *a, struct conn *c, const char *port, int64_t by, struct err *e)
{
	struct buf password = { 0 };
	struct url u;
	int rc;

	if (url_parse(&u, account_get(a, KEY_PROXY), e) == -1)
		return -1;
	rc = u.user != NULL ? account_netrc(u.host, u.port, u.user, &password, e) : 0;
	if (rc == 1)
		rc = err_set(e, ERR_CONFIG, "no password of %s for the proxy %s: put it into ~/.netrc", u.user, u.host);
	if (rc == 0) {
		struct socks proxy = { .host = u.host, .port = u.port, .user = u.user, .password = buf_str(&password) };

		rc = socks_dial(c, &proxy, account_get(a, KEY_SOURCE), a->url.host, port, by, e);
	}
	buf_wipe(&password);
	url_free(&u);
	return rc;
}

static int
dial(const struct account *a, const struct service *s, struct conn *c, int timeout, struct err *e)
{
	int64_t by = deadline_in((int64_t)timeout * 1000, a->end);
	char *path;
	int rc;

	if (s == NULL)
		return dial_exec(c, a->url.path, e);
	if (!s->unix_path) {
		const char *port = a->url.port != NULL ? a->url.port : s->port;

		return account_get(a, KEY_PROXY) != NULL ? through_proxy(a, c, port, by, e)
		    : dial_tcp_again(c, account_get(a, KEY_SOURCE), a->url.host, port, a->tried, by, e);
	}
	path = config_tilde(a->url.path);
	rc = dial_unix(c, path, by, e);
	free(path);
	return rc;
}

int
account_connect(struct account *a, const struct service *services, struct stream **out, int *starttls, struct err *e)
{
	struct stream_opts opts = { .end = a->end, .trace = a->verbose > 0 };
	struct conn c = { .fd = -1 };
	struct stream *stream;
	const struct service *s = services;
	int rc;

	if (account_number(a, KEY_TIMEOUT, 60, 86400, &opts.timeout, e) == -1 || find_service(a, &s, e) == -1)
		return -1;
	if ((rc = dial(a, s, &c, opts.timeout > 0 ? opts.timeout : 60, e)) != 0)
		return rc;
	stream = stream_new(&c, &opts);
	a->port = s != NULL ? s->port : NULL;
	if (s != NULL && s->implicit_tls && account_starttls(a, stream, e) == -1) {
		stream_close(&stream);
		return -1;
	}
	*starttls = s == NULL || s->unix_path ? tls_is(a, "on") : !s->implicit_tls && !tls_is(a, "off");
	*out = stream;
	return 0;
}

int
account_starttls(struct account *a, struct stream *stream, struct err *e)
{
	static const enum account_key keys[] = { KEY_TLS_CA, KEY_TLS_CERT, KEY_TLS_KEY };
	char *file[3];
	struct tls_opts opts = { .host = a->url.host != NULL ? a->url.host : "localhost", .pin = account_get(a, KEY_TLS_PIN),
	    .min13 = tls_is(a, "1.3") };
	int i, rc;

	for (i = 0; i < 3; i++)
		file[i] = account_get(a, keys[i]) != NULL ? config_tilde(account_get(a, keys[i])) : NULL;
	opts.ca = file[0];
	opts.cert = file[1];
	opts.key = file[2];
	rc = stream_starttls(stream, &opts, e);
	for (i = 0; i < 3; i++)
		free(file[i]);
	return rc;
}
