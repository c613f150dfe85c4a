/* SPDX-License-Identifier: ISC */
/* sasl.c - which mechanism, and the exchange around it; base64 is taken off and put on here, so a mechanism sees octets.
 * The table is in order of strength. A new mechanism is a line in it and its functions. */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "buf.h"
#include "err.h"
#include "sasl.h"
#include "saslmech.h"
#include "xalloc.h"

static const struct sasl_mech *const mechs[] = { &sasl_scram_sha_256, &sasl_plain, &sasl_login };
#define MECHS (sizeof mechs / sizeof *mechs)
#define MAX_CHALLENGE ((size_t)12 * 1024)

struct sasl {
	size_t at;			/* in mechs */
	char *offered;
	char *only;			/* or NULL */
	int safe;
	struct sasl_state state;
	struct buf wire;		/* the last response, in base64 */
};

/* Does the list hold the name, as a whole word? */
static int
listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (*list) {
		size_t n = strcspn(list, " ");

		if (n == len && strncasecmp(list, name, len) == 0)
			return 1;
		list += n;
		list += strspn(list, " ");
	}
	return 0;
}

static int
usable(const struct sasl *s, const struct sasl_mech *m)
{
	return (s->safe || !m->exposes) && (!s->only || strcasecmp(s->only, m->name) == 0) && listed(s->offered, m->name);
}

static int
choose(struct sasl *s, size_t from)
{
	for (size_t i = from; i < MECHS; i++)
		if (usable(s, mechs[i])) {
			s->at = i;
			return 0;
		}
	return -1;
}

static void
restart(struct sasl *s)
{
	struct sasl_state *st = &s->state;

	buf_wipe(&s->wire);
	buf_wipe(&st->nonce);
	buf_wipe(&st->bare);
	explicit_bzero(st->proof, sizeof st->proof);
	st->step = 0;
	st->proven = 0;
}

/* Nothing will do: why, and what the user can change. */
static int
refuse(const struct sasl *s, struct err *e)
{
	const struct sasl_mech *m = NULL;
	int known = !s->only;

	for (size_t i = 0; i < MECHS; i++) {
		if (s->only && strcasecmp(s->only, mechs[i]->name) == 0)
			known = 1;
		if (listed(s->offered, mechs[i]->name) && (!s->only || strcasecmp(s->only, mechs[i]->name) == 0))
			m = mechs[i];
	}
	if (!known)
		return err_set(e, ERR_CONFIG, "auth %s is not known here; use scram-sha-256, plain or login", s->only);
	if (m)
		return err_set(e, ERR_PERM, "authentication by %s would show the password on a connection without TLS; set tls on", m->name);
	if (s->offered[0] == '\0')
		return err_set(e, ERR_PERM, "the server offers no authentication here; is it the right port, and is TLS on?");
	if (s->only)
		return err_set(e, ERR_PERM, "the server does not offer %s, but: %s; change auth", s->only, s->offered);
	return err_set(e, ERR_PERM, "the server offers no authentication known here: %s", s->offered);
}

/* RFC 4013 2.3 in its ASCII part; other UTF-8 passes as it is. */
static int
has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return 1;
	return 0;
}

int
sasl_new(struct sasl **out, const struct sasl_opts *o, struct err *e)
{
	struct sasl *s;

	if (has_control(o->user) || has_control(o->secret))
		return err_set(e, ERR_CONFIG, "the user name or password holds a control character (a line end, perhaps)");
	s = xcalloc(1, sizeof *s);
	s->offered = xstrdup(o->offered ? o->offered : "");
	s->only = o->only ? xstrdup(o->only) : NULL;
	s->safe = o->safe;
	buf_adds(&s->state.user, o->user);
	buf_adds(&s->state.secret, o->secret);
	s->state.fixed_nonce = o->nonce;
	if (choose(s, 0) == -1) {
		refuse(s, e);
		sasl_free(&s);
		return -1;
	}
	*out = s;
	return 0;
}

int
sasl_next(struct sasl *s, struct err *e)
{
	(void)e;	/* what the refusal said stands */
	if (!s->safe || choose(s, s->at + 1) == -1)
		return -1;
	restart(s);
	return 0;
}

void
sasl_free(struct sasl **sp)
{
	struct sasl *s = *sp;

	if (!s)
		return;
	restart(s);
	buf_wipe(&s->state.secret);
	buf_wipe(&s->state.user);
	free(s->offered);
	free(s->only);
	free(s);
	*sp = NULL;
}

const char *
sasl_name(const struct sasl *s)
{
	return mechs[s->at]->name;
}

const char *
sasl_initial(struct sasl *s)
{
	struct buf plain = { 0 };

	if (!mechs[s->at]->initial)
		return NULL;
	mechs[s->at]->initial(&s->state, &plain);
	buf_wipe(&s->wire);
	base64_encode(&s->wire, plain.data, plain.len);
	buf_wipe(&plain);
	return s->wire.len > 0 ? buf_str(&s->wire) : "=";
}

static int
decode(struct buf *out, const char *text, struct err *e)
{
	size_t len = strlen(text);

	if (len > MAX_CHALLENGE || base64_decode(out, text, len) == -1)
		return err_set(e, ERR_PROTOCOL, "the server's authentication challenge is not base64: \"%.60s\"", text);
	return 0;
}

int
sasl_step(struct sasl *s, const char *challenge, const char **response, struct err *e)
{
	struct buf in = { 0 }, out = { 0 };
	int r = decode(&in, challenge, e);

	if (r == 0)
		r = mechs[s->at]->step(&s->state, &in, &out, e);
	if (r == 0) {
		buf_wipe(&s->wire);
		base64_encode(&s->wire, out.data, out.len);
		*response = buf_str(&s->wire);
	}
	buf_wipe(&in);
	buf_wipe(&out);
	return r;
}

int
sasl_done(struct sasl *s, const char *data, struct err *e)
{
	struct buf in = { 0 };
	int r = data ? decode(&in, data, e) : 0;

	if (r == 0)
		r = mechs[s->at]->done(&s->state, data ? &in : NULL, e);
	buf_wipe(&in);
	return r;
}
