/* SPDX-License-Identifier: ISC */
/* login.c - who we are: AUTHENTICATE (RFC 3501 section 6.2.2, SASL-IR of RFC 4959) with what the server lists, LOGIN
 * (6.2.3) where it lists nothing of use and has not disabled it. No password leaves on a stream that others could
 * read. A refusal by a response code that is about the account (RFC 5530) is final, see below; after any other the
 * next mechanism is tried. */
#include "imap.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "account.h"
#include "sasl.h"
#include "stream.h"

static int
refused(const struct imap *im, const char *advice, struct err *e)
{
	struct account *a = im->account;
	const char *text = im->response.text;

	imap_refusal(im, "let us in", e);
	if (e->class == ERR_TEMP)
		return err_set(e, ERR_TEMP, "authentication as %.100s put off by %s: \"%.150s\"", account_user(a), stream_peer(im->stream), text);
	a->refused = 1;
	return err_set(e, ERR_PERM, "authentication as %.100s refused by %s: \"%.150s\"; %.100s of account %.60s",
	    account_user(a), stream_peer(im->stream), text, advice, a->name != NULL ? a->name : "given by -a");
}

/* Another mechanism would only count as one more wrong password, unless this was SCRAM: a server may offer that and have no
 * verifier for this user. */
static int
final(const struct response *r, const char *mechanism)
{
	if (r->code == NULL)
		return 0;
	if (strcasecmp(r->code, "AUTHENTICATIONFAILED") == 0)
		return strncmp(mechanism, "SCRAM-", 6) != 0;
	return strcasecmp(r->code, "UNAVAILABLE") == 0 || strcasecmp(r->code, "LIMIT") == 0 || strcasecmp(r->code, "EXPIRED") == 0
	    || strcasecmp(r->code, "AUTHORIZATIONFAILED") == 0;
}

static int
send_secret(struct imap *im, const char *shown, const char *secret, struct err *e)
{
	if (stream_send_secret(im->stream, shown, secret, e) == 0)
		return 0;
	im->broken = 1;
	return -1;
}

/* C: A1 AUTHENTICATE MECH [initial]    1: the server's challenge is in response, 0: its answer */
static int
start(struct imap *im, struct sasl *sasl, struct err *e)
{
	const char *initial = sasl_initial(sasl);
	int early = initial != NULL && caps_has(&im->caps, CAP_SASL_IR), r;
	char shown[80];

	im->last_tag++;
	snprintf(shown, sizeof(shown), "A%u AUTHENTICATE %s%s", im->last_tag, sasl_name(sasl), early ? " " : "");
	if (early ? send_secret(im, shown, initial, e) == -1 : stream_send(im->stream, e, "%s", shown) == -1)
		return -1;
	imap_expect(im, "let us in", 1);
	r = imap_next(im, e);
	if (r != 1 || early || initial == NULL)
		return r;
	if (send_secret(im, "", strcmp(initial, "=") == 0 ? "" : initial, e) == -1)
		return -1;
	return imap_next(im, e);
}

/* C: *    gives up a mechanism that the server got wrong */
static int
cancel(struct imap *im)
{
	struct err ignored;

	if (stream_send(im->stream, &ignored, "*") == 0)
		stream_flush(im->stream, &ignored);
	im->broken = 1;
	return -1;
}

/* 0 with the tagged answer in response. */
static int
exchange(struct imap *im, struct sasl *sasl, struct err *e)
{
	const char *response;
	int more = start(im, sasl, e);

	while (more == 1) {
		if (sasl_step(sasl, im->response.text, &response, e) == -1)
			return cancel(im);
		if (send_secret(im, "", response, e) == -1)
			return -1;
		more = imap_next(im, e);
	}
	if (more == 0 && im->response.status == STATUS_OK)
		return sasl_done(sasl, NULL, e);
	return more;
}

static int
authenticate(struct imap *im, struct sasl *sasl, struct err *e)
{
	do {
		if (exchange(im, sasl, e) == -1)
			return -1;
		if (im->response.status == STATUS_OK)
			return 0;
		refused(im, sasl_advice(sasl), e);
	} while (!final(&im->response, sasl_name(sasl)) && sasl_next(sasl, e) == 0);
	return -1;
}

static int
plain_ascii(const char *p)
{
	for (; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			return 0;
	}
	return 1;
}

static void
add_quoted(struct buf *out, const char *p)
{
	buf_addc(out, '"');
	for (; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *p);
	}
	buf_addc(out, '"');
}

/* C: A1 LOGIN "user" "password"; a password beyond US-ASCII goes as a literal, which the server must ask for. */
static int
send_login(struct imap *im, const char *secret, struct err *e)
{
	struct buf shown = { 0 }, quoted = { 0 };
	int r = -1;

	im->last_tag++;
	buf_printf(&shown, "A%u LOGIN ", im->last_tag);
	add_quoted(&shown, account_user(im->account));
	imap_expect(im, "let us in", 1);
	if (plain_ascii(secret)) {
		buf_addc(&shown, ' ');
		add_quoted(&quoted, secret);
		r = send_secret(im, buf_str(&shown), buf_str(&quoted), e);
	} else if (stream_send(im->stream, e, "%s {%zu}", buf_str(&shown), strlen(secret)) == 0) {
		r = imap_next(im, e);
		if (r == 1)
			r = send_secret(im, "", secret, e);
	}
	buf_free(&shown);
	buf_wipe(&quoted);
	return r;
}

static int
login(struct imap *im, struct err *e)
{
	const char *peer = stream_peer(im->stream);
	struct buf secret = { 0 };
	int r;

	if (!stream_safe(im->stream))
		return err_set(e, ERR_PERM, "no password is sent to %s over a connection without TLS", peer);
	if (caps_has(&im->caps, CAP_LOGINDISABLED))
		return err_set(e, ERR_PERM, "%s takes no password here (LOGINDISABLED), and offers no other way that we know", peer);
	if (!plain_ascii(account_user(im->account)))
		return err_set(e, ERR_PERM, "%s offers no authentication for a user name beyond US-ASCII", peer);
	r = account_secret(im->account, &secret, e);
	if (r == 0)
		r = send_login(im, buf_str(&secret), e);
	buf_wipe(&secret);
	if (r == -1)
		return -1;
	while (im->pending != NULL) {
		if (imap_next(im, e) != 0)
			return im->broken ? -1 : err_set(e, ERR_PROTOCOL, "%s waits for data that was not announced", peer);
	}
	return im->response.status == STATUS_OK ? 0 : refused(im, "check the user and password", e);
}

int
imap_login(struct imap *im, struct err *e)
{
	struct account *a = im->account;
	const char *only = account_get(a, KEY_AUTH);
	struct sasl *sasl = NULL;
	int r;

	if (im->caps.auth.len == 0 && only == NULL)
		return login(im, e);
	if (account_unlock(a, e) == -1)
		return -1;
	if (account_sasl(a, im->stream, buf_str(&im->caps.auth), &sasl, e) == -1)
		return only == NULL && stream_safe(im->stream) && !caps_has(&im->caps, CAP_LOGINDISABLED) ? login(im, e) : -1;
	r = authenticate(im, sasl, e);
	sasl_free(&sasl);
	return r;
}
