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

static const struct sasl_mech *const mechs[] = {
	&sasl_external, &sasl_oauthbearer, &sasl_xoauth2,
	&sasl_scram_sha_256_exporter, &sasl_scram_sha_256_end_point, &sasl_scram_sha_1_exporter, &sasl_scram_sha_1_end_point,
	&sasl_scram_sha_256, &sasl_scram_sha_1, &sasl_cram_md5, &sasl_plain, &sasl_login,
};
#define MECHS (sizeof mechs / sizeof *mechs)
#define MAX_CHALLENGE ((size_t)12 * 1024)

struct sasl {
	size_t at;			/* in mechs */
	char *offered;
	char *only;			/* or NULL */
	int safe;
	int has[SASL_NEEDS];		/* what mechanisms need */
	sasl_binding_fn *binding;
	void *binding_ctx;
	struct sasl_state state;
	struct buf wire;		/* the last response, in base64 */
	struct buf advice;
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
asked_for(const struct sasl *s, const struct sasl_mech *m)
{
	return s->only && strcasecmp(s->only, m->name) == 0;
}

static int
exposed(const struct sasl *s, const struct sasl_mech *m)
{
	return !s->safe && (m->reveals == SASL_ALL || (m->reveals == SASL_GUESSABLE && !asked_for(s, m)));
}

/* It could be tried, if only it did not show too much. */
static int
possible(const struct sasl *s, const struct sasl_mech *m)
{
	return s->has[m->needs] && (!s->only || asked_for(s, m)) && (!m->binding || s->binding) && listed(s->offered, m->name);
}

static int
bind(struct sasl *s, const struct sasl_mech *m)
{
	buf_wipe(&s->state.binding);
	return m->binding ? s->binding(s->binding_ctx, m->binding, &s->state.binding) : 0;
}

/* Would m after `failed` only count as one more wrong password, or token? Of SCRAM another hash would. A binding may have been the
 * reason: then the other kind is tried, and none. */
static int
pointless(const struct sasl *s, const struct sasl_mech *failed, const struct sasl_mech *m)
{
	if (failed->needs == SASL_TOKEN && m->needs == SASL_TOKEN)
		return s->state.refusal[0] != '\0';
	if (!failed->digest || !m->digest)
		return 0;
	return !failed->binding || (m->binding && m->digest != failed->digest);
}

static int
choose(struct sasl *s, size_t from, const struct sasl_mech *failed)
{
	for (size_t i = from; i < MECHS; i++)
		if (possible(s, mechs[i]) && !exposed(s, mechs[i]) && !(failed && pointless(s, failed, mechs[i])) &&
		    bind(s, mechs[i]) == 0) {
			s->at = i;
			s->state.mech = mechs[i];
			return 0;
		}
	return -1;
}

/* RFC 5802 6: 'y' lets a server that does offer a binding see that somebody has struck it off its list. */
static char
gs2_flag(const struct sasl *s, const struct sasl_mech *m)
{
	if (m->binding)
		return 'p';
	for (size_t i = 0; i < MECHS; i++)
		if (mechs[i]->binding && listed(s->offered, mechs[i]->name))
			return 'n';
	return s->binding ? 'y' : 'n';
}

static void
restart(struct sasl *s)
{
	struct sasl_state *st = &s->state;

	buf_wipe(&s->wire);
	buf_wipe(&st->nonce);
	buf_wipe(&st->bare);
	explicit_bzero(st->proof, sizeof st->proof);
	st->refusal[0] = '\0';
	st->step = 0;
	st->proven = 0;
	st->gs2 = gs2_flag(s, mechs[s->at]);
}

static int
unknown(const char *name)
{
	for (size_t i = 0; i < MECHS; i++)
		if (strcasecmp(name, mechs[i]->name) == 0)
			return 0;
	return 1;
}

/* Its own words for what is missing, where `auth` names a mechanism that wants it. */
static const char *
missing(const struct sasl *s)
{
	static const char *const what[SASL_NEEDS] = {
		[SASL_PASSWORD] = "a password", [SASL_TOKEN] = "a token: set the token key", [SASL_CERTIFICATE] = "a certificate",
	};

	for (size_t i = 0; i < MECHS; i++)
		if (asked_for(s, mechs[i]) && !s->has[mechs[i]->needs])
			return what[mechs[i]->needs];
	return NULL;
}

/* Nothing will do: why, and what the user can change. */
static int
refuse(const struct sasl *s, struct err *e)
{
	if (s->only && unknown(s->only))
		return err_set(e, ERR_CONFIG, "auth %s is not known here; use scram-sha-256, plain or another of pennypost(5)", s->only);
	if (s->only && missing(s))
		return err_set(e, ERR_CONFIG, "auth %s needs %s", s->only, missing(s));
	for (size_t i = 0; i < MECHS; i++)
		if (possible(s, mechs[i]) && exposed(s, mechs[i]))
			return err_set(e, ERR_PERM, "authentication by %s would show the %s on a connection without TLS; set tls on",
			    mechs[i]->name, mechs[i]->needs == SASL_TOKEN ? "token" : "password");
	if (s->offered[0] == '\0')
		return err_set(e, ERR_PERM, "the server offers no authentication here; is it the right port, and is TLS on?");
	if (s->only && listed(s->offered, s->only))
		return err_set(e, ERR_PERM, "%s needs TLS, to bind to", s->only);
	if (s->only)
		return err_set(e, ERR_PERM, "the server does not offer %s, but: %s; change auth", s->only, s->offered);
	if (!s->has[SASL_PASSWORD])
		return err_set(e, ERR_PERM, "the server offers no authentication by %s, but: %s",
		    s->has[SASL_TOKEN] ? "token" : "certificate", s->offered);
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

static void
set(struct buf *b, const char *text)
{
	buf_reserve(b, strlen(text ? text : "") + 1);	/* a secret is not to be left behind by growing */
	buf_adds(b, text ? text : "");
}

static struct sasl *
start(const struct sasl_opts *o)
{
	struct sasl *s = xcalloc(1, sizeof *s);

	s->offered = xstrdup(o->offered ? o->offered : "");
	s->only = o->only ? xstrdup(o->only) : NULL;
	s->safe = o->safe;
	s->has[SASL_PASSWORD] = o->secret != NULL;
	s->has[SASL_TOKEN] = o->token != NULL;
	s->has[SASL_CERTIFICATE] = o->external != NULL || asked_for(s, &sasl_external);
	s->binding = o->binding;
	s->binding_ctx = o->binding_ctx;
	set(&s->state.user, o->user);
	set(&s->state.secret, o->secret);
	set(&s->state.token, o->token);
	set(&s->state.as, o->external);
	set(&s->state.host, o->host);
	set(&s->state.port, o->port);
	s->state.fixed_nonce = o->nonce;
	return s;
}

int
sasl_new(struct sasl **out, const struct sasl_opts *o, struct err *e)
{
	struct sasl *s;

	if (has_control(o->user) || (o->external && has_control(o->external)) || (o->secret && has_control(o->secret)))
		return err_set(e, ERR_CONFIG, "the user name or password holds a control character (a line end, perhaps)");
	if (o->token && (has_control(o->token) || o->token[0] == '\0'))
		return err_set(e, ERR_CONFIG, "the token is empty, or holds a control character");
	s = start(o);
	if (choose(s, 0, NULL) == -1) {
		refuse(s, e);
		sasl_free(&s);
		return -1;
	}
	restart(s);
	*out = s;
	return 0;
}

int
sasl_next(struct sasl *s, struct err *e)
{
	(void)e;	/* what the refusal said stands */
	if (!s->safe || choose(s, s->at + 1, mechs[s->at]) == -1)
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
	buf_wipe(&s->state.token);
	buf_wipe(&s->state.user);
	buf_wipe(&s->state.binding);
	buf_free(&s->state.as);
	buf_free(&s->state.host);
	buf_free(&s->state.port);
	buf_free(&s->advice);
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

const char *
sasl_advice(struct sasl *s)
{
	static const char *const what[SASL_NEEDS] = {
		[SASL_PASSWORD] = "password", [SASL_TOKEN] = "token", [SASL_CERTIFICATE] = "client certificate",
	};

	buf_cut(&s->advice, 0);
	buf_printf(&s->advice, "check the user and %s", what[mechs[s->at]->needs]);
	if (s->state.refusal[0] != '\0')
		buf_printf(&s->advice, " (%s)", s->state.refusal);
	return buf_str(&s->advice);
}
