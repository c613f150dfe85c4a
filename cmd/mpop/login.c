/* SPDX-License-Identifier: ISC */
/* login.c - who we are: AUTH (RFC 5034) with what the server lists, USER and PASS (RFC 1939 section 7) where it lists nothing of
 * use, APOP only where the account says so. No password leaves on a stream that others could read. A refusal with [AUTH],
 * [SYS/TEMP] or [IN-USE] (RFC 2449, 3206) is
 * final; after any other the next mechanism is tried, but never USER after AUTH: servers lock accounts that fail too often. */
#include "pop3.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "account.h"
#include "buf.h"
#include "digest.h"
#include "sasl.h"
#include "stream.h"

#define AUTH_LINE 253	/* RFC 5034 section 4: a longer initial response waits for the server's + */

static int
refused(const struct pop3 *p, const struct account *a, const struct reply *r, const char *advice, struct err *e)
{
	const char *account = a->name != NULL ? a->name : "given by -a";

	if (reply_class(r) == ERR_TEMP)
		return err_set(e, ERR_TEMP, "authentication as %.100s put off by %s: \"%.150s\"", account_user(a),
		    stream_peer(p->s), r->text);
	return err_set(e, ERR_PERM, "authentication as %.100s refused by %s: \"%.150s\"; %.100s of account %.60s",
	    account_user(a), stream_peer(p->s), r->text, advice, account);
}

/* C: AUTH MECH [initial]   RFC 5034 section 4; in two steps where the server speaks first, or the line would be too long
 * S: + challenge … C: response …   S: +OK | -ERR        0 with the last reply in *r, which the caller judges */
static int
auth_start(struct pop3 *p, struct sasl *sasl, struct reply *r, struct err *e)
{
	const char *initial = sasl_initial(sasl);
	char shown[64];

	snprintf(shown, sizeof shown, "AUTH %s ", sasl_name(sasl));
	if (initial != NULL && strlen(shown) + strlen(initial) <= AUTH_LINE) {
		if (stream_send_secret(p->s, shown, initial, e) == -1)
			return -1;
		return pop3_recv(p, r, e);
	}
	if (pop3_send(p, e, "AUTH %s", sasl_name(sasl)) == -1 || pop3_recv(p, r, e) == -1)
		return -1;
	if (initial == NULL || r->kind != REPLY_MORE)
		return 0;
	return stream_send_secret(p->s, "", initial, e) == -1 ? -1 : pop3_recv(p, r, e);
}

static int
auth(struct pop3 *p, struct sasl *sasl, struct reply *r, struct err *e)
{
	const char *response;

	if (auth_start(p, sasl, r, e) == -1)
		return -1;
	while (r->kind == REPLY_MORE) {
		if (sasl_step(sasl, r->text, &response, e) == -1)
			return -1;
		if (stream_send_secret(p->s, "", response, e) == -1)
			return -1;
		if (pop3_recv(p, r, e) == -1)
			return -1;
	}
	return r->kind == REPLY_OK ? sasl_done(sasl, NULL, e) : 0;
}

static int
auth_all(struct pop3 *p, const struct account *a, struct sasl *sasl, struct err *e)
{
	struct reply r;

	for (;;) {
		if (auth(p, sasl, &r, e) == -1)
			return -1;
		if (r.kind == REPLY_OK)
			return 0;
		refused(p, a, &r, sasl_advice(sasl), e);
		if (r.code == CODE_AUTH || r.code == CODE_TEMP || r.code == CODE_PERM || sasl_next(sasl, e) == -1)
			return -1;
	}
}

/* C: USER name C: PASS secret       RFC 1939 section 7; one flight with PIPELINING */
static int
send_user_pass(struct pop3 *p, const struct account *a, const char *secret, struct err *e)
{
	int both = p->caps.pipelining;
	struct reply r;

	if (pop3_send(p, e, "USER %s", account_user(a)) == -1)
		return -1;
	if (both && stream_send_secret(p->s, "PASS ", secret, e) == -1)
		return -1;
	if (pop3_recv(p, &r, e) == -1)
		return -1;
	if (r.kind != REPLY_OK)
		return refused(p, a, &r, "check the user and password", e);
	if (!both && stream_send_secret(p->s, "PASS ", secret, e) == -1)
		return -1;
	if (pop3_recv(p, &r, e) == -1)
		return -1;
	return r.kind == REPLY_OK ? 0 : refused(p, a, &r, "check the user and password", e);
}

static int
user_pass(struct pop3 *p, struct account *a, struct err *e)
{
	struct buf secret = { NULL, 0, 0 };
	int r;

	if (!stream_safe(p->s))
		return err_set(e, ERR_PERM, "no password is sent to %s over a connection without TLS", stream_peer(p->s));
	r = account_secret(a, &secret, e);
	if (r == 0)
		r = send_user_pass(p, a, buf_str(&secret), e);
	buf_wipe(&secret);
	return r;
}

/* C: APOP name digest      RFC 1939 section 7; MD5 of the challenge and the password */
static int
apop(struct pop3 *p, struct account *a, struct err *e)
{
	struct buf secret = { NULL, 0, 0 };
	char hex[DIGEST_HEX];
	struct digest *md5;
	struct reply r;

	if (p->stamp[0] == '\0')
		return err_set(e, ERR_PERM,
		    "%s greets without a challenge for APOP (or with one that is no message-id); take auth apop "
		    "away", stream_peer(p->s));
	if (account_secret(a, &secret, e) == -1 || digest_new(&md5, DIGEST_MD5, e) == -1) {
		buf_wipe(&secret);
		return -1;
	}
	digest_add(md5, p->stamp, strlen(p->stamp));
	digest_add(md5, secret.data, secret.len);
	digest_end(&md5, hex);
	buf_wipe(&secret);
	if (pop3_send(p, e, "APOP %s %s", account_user(a), hex) == -1 || pop3_recv(p, &r, e) == -1)
		return -1;
	return r.kind == REPLY_OK ? 0 : refused(p, a, &r, "check the user and password", e);
}

static int
only_by(const struct account *a, const char *name)
{
	return account_get(a, KEY_AUTH) != NULL && strcasecmp(account_get(a, KEY_AUTH), name) == 0;
}

/* USER and PASS serve where the server has no SASL, or none that we can use and USER besides, or where the account says so. */
static int
wants_user(const struct pop3 *p, const struct account *a)
{
	return account_get(a, KEY_AUTH) != NULL ? only_by(a, "user") : p->caps.sasl[0] == '\0';
}

int
pop3_login(struct pop3 *p, struct account *a, struct err *e)
{
	struct sasl *sasl = NULL;
	int r;

	if (only_by(a, "apop"))
		return apop(p, a, e);
	if (wants_user(p, a))
		return user_pass(p, a, e);
	if (account_unlock(a, e) == -1)
		return -1;
	if (account_sasl(a, p->s, p->caps.sasl, &sasl, e) == -1)
		return p->caps.user && account_get(a, KEY_AUTH) == NULL && stream_safe(p->s) ? user_pass(p, a, e) : -1;
	r = auth_all(p, a, sasl, e);
	sasl_free(&sasl);
	return r;
}
