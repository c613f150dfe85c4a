/* SPDX-License-Identifier: ISC */
/* saslplain.c - PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login), which give the password away, and EXTERNAL (RFC 4422
 * appendix A), which has none: the server goes by the client's certificate, or by who owns the other end of a socket. */
#include "err.h"
#include "saslmech.h"

static void
plain_initial(struct sasl_state *s, struct buf *out)
{
	s->step = 0;
	buf_addc(out, '\0');
	buf_add(out, s->user.data, s->user.len);
	buf_addc(out, '\0');
	buf_add(out, s->secret.data, s->secret.len);
}

static int
plain_step(struct sasl_state *s, const struct buf *in, struct buf *out, struct err *e)
{
	(void)in, (void)out;
	return err_set(e, ERR_PROTOCOL, "the server sent a challenge after %s, which has none", s->mech->name);
}

static int
plain_done(struct sasl_state *s, const struct buf *in, struct err *e)
{
	(void)s, (void)in, (void)e;
	return 0;
}

/* The prompts' words differ between servers; only their order counts. */
static int
login_step(struct sasl_state *s, const struct buf *in, struct buf *out, struct err *e)
{
	const struct buf *answer = s->step == 0 ? &s->user : &s->secret;

	(void)in;
	if (s->step++ > 1)
		return err_set(e, ERR_PROTOCOL, "the server sent a third challenge after LOGIN, which has two");
	buf_add(out, answer->data, answer->len);
	return 0;
}

static int
login_done(struct sasl_state *s, const struct buf *in, struct err *e)
{
	(void)in;
	if (s->step < 2)
		return err_set(e, ERR_PROTOCOL, "the server accepted LOGIN before it asked for the password");
	return 0;
}

static void
external_initial(struct sasl_state *s, struct buf *out)
{
	buf_add(out, s->as.data, s->as.len);
}

/* A server that wants it separately sends an empty challenge to ask. */
static int
external_step(struct sasl_state *s, const struct buf *in, struct buf *out, struct err *e)
{
	if (s->step++ > 0 || in->len > 0)
		return plain_step(s, in, out, e);
	external_initial(s, out);
	return 0;
}

const struct sasl_mech sasl_plain = {
	.name = "PLAIN", .reveals = SASL_ALL, .initial = plain_initial, .step = plain_step, .done = plain_done
};
const struct sasl_mech sasl_login = { .name = "LOGIN", .reveals = SASL_ALL, .step = login_step, .done = login_done };
const struct sasl_mech sasl_external = {
	.name = "EXTERNAL", .needs = SASL_CERTIFICATE, .initial = external_initial, .step = external_step, .done = plain_done
};
