/* SPDX-License-Identifier: ISC */
/* saslplain.c - PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login): both give the password away. */
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
	(void)s, (void)in, (void)out;
	return err_set(e, ERR_PROTOCOL, "the server sent a challenge after PLAIN, which has none");
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

const struct sasl_mech sasl_plain = { "PLAIN", 1, plain_initial, plain_step, plain_done };
const struct sasl_mech sasl_login = { "LOGIN", 1, NULL, login_step, login_done };
