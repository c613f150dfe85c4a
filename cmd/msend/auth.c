/* SPDX-License-Identifier: ISC */
/* auth.c - AUTH (RFC 4954) with the mechanisms of sasl.h, the strongest first. */
#include <stdio.h>
#include <string.h>

#include "account.h"
#include "err.h"
#include "sasl.h"
#include "smtp.h"
#include "stream.h"

enum { WAIT_AUTH = 120 };
#define AUTH_LINE 510		/* RFC 4954 4: a longer initial response waits for the server's 334 */

/* A user, a password, a token or a mechanism in the account says that the server is to know who we are. LMTP is local delivery: the
 * user and password that the account has for pop and imap are no reason to log in there. */
int
smtp_wants_auth(const struct account *a)
{
	if (strncmp(a->url.scheme, "lmtp", 4) == 0)
		return a->url.user != NULL || account_get(a, KEY_AUTH) != NULL;
	return a->url.user != NULL || account_get(a, KEY_USER) != NULL || account_get(a, KEY_PASSWORD) != NULL
	    || account_get(a, KEY_TOKEN) != NULL || account_get(a, KEY_AUTH) != NULL;
}

/* 1 for 334, 0 for 235, -1 for anything else with *e set. */
static int
judge(struct smtp *s, struct sasl *sasl, struct err *e)
{
	const struct account *a = s->account;
	struct buf shown = { 0 };

	if (s->answer.code == 334 || s->answer.code == 235)
		return s->answer.code == 334;
	answer_show(&s->answer, &shown);
	if (answer_class(&s->answer) == ERR_TEMP)
		err_set(e, ERR_TEMP, "authentication as %s put off by %s: \"%s\"", account_user(a), stream_peer(s->stream),
		    buf_str(&shown));
	else
		err_set(e, ERR_PERM, "authentication as %.100s refused by %.120s: \"%.150s\"; %.100s of account %.60s",
		    account_user(a), stream_peer(s->stream), buf_str(&shown), sasl_advice(sasl), a->name != NULL ? a->name : "given by -a");
	buf_free(&shown);
	return -1;
}

/* C: AUTH MECH [initial]    S: 334 challenge | 235 | 4yz | 5yz     RFC 4954 4; in two steps where the line would be too long */
static int
start(struct smtp *s, struct sasl *sasl, struct err *e)
{
	const char *initial = sasl_initial(sasl);
	char shown[64];

	snprintf(shown, sizeof(shown), "AUTH %s ", sasl_name(sasl));
	if (initial != NULL && strlen(shown) + strlen(initial) <= AUTH_LINE)
		return smtp_send_secret(s, shown, initial, e) == -1 ? -1 : smtp_recv(s, WAIT_AUTH, e);
	if (smtp_send(s, e, "AUTH %s", sasl_name(sasl)) == -1 || smtp_recv(s, WAIT_AUTH, e) == -1)
		return -1;
	if (initial == NULL || s->answer.code != 334)
		return 0;
	return smtp_send_secret(s, "", strcmp(initial, "=") == 0 ? "" : initial, e) == -1 ? -1 : smtp_recv(s, WAIT_AUTH, e);
}

/* C: *    gives up a mechanism that the server got wrong (RFC 4954 4). */
static int
cancel(struct smtp *s)
{
	struct err ignored;

	if (smtp_send(s, &ignored, "*") == 0)
		stream_flush(s->stream, &ignored);
	return -1;
}

static int
exchange(struct smtp *s, struct sasl *sasl, struct err *e)
{
	const char *response;
	int more;

	if (start(s, sasl, e) == -1)
		return -1;
	while ((more = judge(s, sasl, e)) == 1) {
		if (sasl_step(sasl, buf_str(&s->answer.text), &response, e) == -1)
			return cancel(s);
		if (smtp_send_secret(s, "", response, e) == -1 || smtp_recv(s, WAIT_AUTH, e) == -1)
			return -1;
	}
	return more == 0 ? sasl_done(sasl, NULL, e) : -1;
}

/* The server said no, for good, and is still there: the next mechanism may do. */
static int
may_go_on(const struct smtp *s, const struct err *e)
{
	return smtp_usable(s) && e->class == ERR_PERM && s->answer.code >= 500;
}

int
smtp_auth(struct smtp *s, struct err *e)
{
	struct sasl *sasl = NULL;
	int rc;

	if (s->offer.auth[0] == '\0')
		return err_set(e, ERR_PERM, "%s offers no authentication; take the user out of the account if it wants none",
		    stream_peer(s->stream));
	if (account_sasl(s->account, s->stream, s->offer.auth, &sasl, e) == -1)
		return -1;
	do {
		rc = exchange(s, sasl, e);
	} while (rc == -1 && may_go_on(s, e) && sasl_next(sasl, e) == 0);
	sasl_free(&sasl);
	return rc;
}
