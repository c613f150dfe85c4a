/* SPDX-License-Identifier: ISC */
/* sasltoken.c - OAuth 2 access tokens: OAUTHBEARER (RFC 7628) and XOAUTH2, which Google and Microsoft had before it.
 *   OAUTHBEARER  n,a=USER,^Ahost=HOST^Aport=PORT^Aauth=Bearer TOKEN^A^A
 *   XOAUTH2      user=USER^Aauth=Bearer TOKEN^A^A
 * A server that refuses the token says why in a challenge (JSON), and no only after a dummy answer to that. */
#include <string.h>

#include "err.h"
#include "saslmech.h"

static void
add_token(const struct sasl_state *s, struct buf *out)
{
	buf_reserve(out, s->token.len + 32);
	buf_adds(out, "\001auth=Bearer ");
	buf_add(out, s->token.data, s->token.len);
	buf_adds(out, "\001\001");
}

/* RFC 5801 4: the name in a GS2 header. */
static void
add_name(const struct sasl_state *s, struct buf *out)
{
	for (size_t i = 0; i < s->user.len; i++) {
		char c = s->user.data[i];

		if (c == ',' || c == '=')
			buf_adds(out, c == ',' ? "=2C" : "=3D");
		else
			buf_addc(out, c);
	}
}

static void
bearer_initial(struct sasl_state *s, struct buf *out)
{
	buf_adds(out, "n,a=");
	add_name(s, out);
	buf_addc(out, ',');
	if (s->host.len > 0)
		buf_printf(out, "\001host=%s", buf_str(&s->host));
	if (s->port.len > 0)
		buf_printf(out, "\001port=%s", buf_str(&s->port));
	add_token(s, out);
}

static void
xoauth2_initial(struct sasl_state *s, struct buf *out)
{
	buf_adds(out, "user=");
	buf_add(out, s->user.data, s->user.len);
	add_token(s, out);
}

/* The status of {"status":"invalid_token",…}: all of the JSON that says anything to a person. */
static void
keep_status(struct sasl_state *s, const struct buf *in)
{
	const char *p = strstr(buf_str(in), "\"status\"");
	size_t n;

	strlcpy(s->refusal, "the server gives no reason", sizeof s->refusal);
	if (!p)
		return;
	p += strlen("\"status\"");
	p += strspn(p, " \t\r\n:");
	if (*p != '"')
		return;
	n = strcspn(++p, "\"\\");
	if (n > 0 && n < sizeof s->refusal && p[n] == '"')
		strlcpy(s->refusal, p, n + 1);
}

/* RFC 7628 3.2.3 wants ^A for an answer, XOAUTH2 nothing. */
static int
token_step(struct sasl_state *s, const struct buf *in, struct buf *out, struct err *e)
{
	if (s->step++ > 0)
		return err_set(e, ERR_PROTOCOL, "the server sent a second challenge after %s, which has one at most", s->mech->name);
	keep_status(s, in);
	if (s->mech == &sasl_oauthbearer)
		buf_addc(out, '\001');
	return 0;
}

static int
token_done(struct sasl_state *s, const struct buf *in, struct err *e)
{
	(void)in;
	return s->step == 0 ? 0 : err_set(e, ERR_PROTOCOL, "the server accepted the token after it had refused it (%s)", s->refusal);
}

const struct sasl_mech sasl_oauthbearer = {
	.name = "OAUTHBEARER", .needs = SASL_TOKEN, .reveals = SASL_ALL, .initial = bearer_initial, .step = token_step,
	.done = token_done
};
const struct sasl_mech sasl_xoauth2 = {
	.name = "XOAUTH2", .needs = SASL_TOKEN, .reveals = SASL_ALL, .initial = xoauth2_initial, .step = token_step, .done = token_done
};
