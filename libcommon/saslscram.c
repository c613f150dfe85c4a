/* SPDX-License-Identifier: ISC */
/* saslscram.c - SCRAM (RFC 5802, 7677): the server never sees the password, and must prove that it knows it.
 *   client-first  n,,n=USER,r=NONCE                           "p=tls-exporter,," first: bound to the TLS session, "y,,": could be
 *   server-first  r=NONCE+MORE,s=SALT,i=COUNT[,extensions]     "m=" first: an extension we would have to understand
 *   client-final  c=biws,r=NONCE+MORE,p=PROOF                 c is the header of client-first, and the binding itself
 *   server-final  v=SIGNATURE | e=ERROR
 * The server's part is parsed within strict bounds; after success without a proven signature the login has failed. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base64.h"
#include "err.h"
#include "saslmech.h"

#define NONCE_OCTETS	18
#define NONCE_MAX	512		/* of the server's, with ours */
#define SALT_MAX	256
#define ROUNDS_MIN	4096		/* RFC 7677 4: less gives a stolen exchange away */
#define ROUNDS_MAX	1000000		/* about half a second; more is an attack on us */

struct server_first {
	struct buf nonce, salt;
	int rounds;
};

static int
odd(struct err *e, const char *what)
{
	return err_set(e, ERR_PROTOCOL, "SCRAM: %s", what);
}

static void
add_name(struct buf *out, const struct buf *user)
{
	for (size_t i = 0; i < user->len; i++) {
		if (user->data[i] == ',')
			buf_adds(out, "=2C");
		else if (user->data[i] == '=')
			buf_adds(out, "=3D");
		else
			buf_addc(out, user->data[i]);
	}
}

static void
make_nonce(struct sasl_state *s)
{
	unsigned char raw[NONCE_OCTETS];

	buf_cut(&s->nonce, 0);
	if (s->fixed_nonce) {
		buf_adds(&s->nonce, s->fixed_nonce);
		return;
	}
	arc4random_buf(raw, sizeof raw);
	base64_encode(&s->nonce, raw, sizeof raw);
}

static void
add_header(const struct sasl_state *s, struct buf *out)
{
	if (s->gs2 == 'p')
		buf_printf(out, "p=%s,,", s->mech->binding);
	else
		buf_printf(out, "%c,,", s->gs2);
}

static void
scram_initial(struct sasl_state *s, struct buf *out)
{
	s->step = 0;
	s->proven = 0;
	make_nonce(s);
	buf_cut(&s->bare, 0);
	buf_adds(&s->bare, "n=");
	add_name(&s->bare, &s->user);
	buf_printf(&s->bare, ",r=%s", buf_str(&s->nonce));
	add_header(s, out);
	buf_adds(out, buf_str(&s->bare));
}

/* Takes "K=value" off *p, up to the comma or the end. */
static int
attribute(const char **p, char key, const char **value, size_t *len)
{
	if ((*p)[0] != key || (*p)[1] != '=')
		return -1;
	*value = *p + 2;
	*len = strcspn(*value, ",");
	*p = *value + *len;
	if (**p == ',')
		(*p)++;
	return 0;
}

static int
parse_rounds(const char *text, size_t len, int *rounds, struct err *e)
{
	char digits[12];
	const char *bad = NULL;

	if (len == 0 || len >= sizeof digits || strspn(text, "0123456789") < len)
		return odd(e, "the iteration count is no number");
	memcpy(digits, text, len);
	digits[len] = '\0';
	*rounds = (int)strtonum(digits, ROUNDS_MIN, ROUNDS_MAX, &bad);
	if (bad)
		return err_set(e, ERR_PROTOCOL, "SCRAM: an iteration count of %s is refused (%d to %d are allowed)",
		    digits, ROUNDS_MIN, ROUNDS_MAX);
	return 0;
}

static int
parse_first(struct server_first *f, const struct sasl_state *s, const struct buf *in, struct err *e)
{
	const char *p = buf_str(in), *value;
	size_t len;

	if (memchr(p, '\0', in->len))
		return odd(e, "NUL in the server's challenge");
	if (p[0] == 'm')
		return odd(e, "the server asks for an extension that is not known here");
	if (p[0] == 'e')
		return err_set(e, ERR_PERM, "SCRAM: the server says: %.100s", p + 1 + (p[1] == '='));
	if (attribute(&p, 'r', &value, &len) == -1 || len > NONCE_MAX)
		return odd(e, "the server's challenge has no nonce");
	if (len <= s->nonce.len || memcmp(value, s->nonce.data, s->nonce.len) != 0)
		return odd(e, "the server's nonce does not continue ours");
	buf_add(&f->nonce, value, len);
	if (attribute(&p, 's', &value, &len) == -1 || base64_decode(&f->salt, value, len) == -1 ||
	    f->salt.len == 0 || f->salt.len > SALT_MAX)
		return odd(e, "the server's challenge has no usable salt");
	if (attribute(&p, 'i', &value, &len) == -1)
		return odd(e, "the server's challenge has no iteration count");
	return parse_rounds(value, len, &f->rounds, e);
}

static int
hmac(const struct sasl_state *s, unsigned char *out, const unsigned char *key, const void *data, size_t n)
{
	return HMAC(s->mech->digest(), key, EVP_MD_get_size(s->mech->digest()), data, n, out, NULL) != NULL;
}

/* From the password to our proof, and to the signature that the server owes us (RFC 5802 3). */
static int
compute(struct sasl_state *s, const struct server_first *f, const struct buf *auth, unsigned char *proof)
{
	unsigned char salted[EVP_MAX_MD_SIZE], key[EVP_MAX_MD_SIZE], stored[EVP_MAX_MD_SIZE], signature[EVP_MAX_MD_SIZE];
	const EVP_MD *md = s->mech->digest();
	int n = EVP_MD_get_size(md), ok;

	ok = PKCS5_PBKDF2_HMAC(buf_str(&s->secret), (int)s->secret.len, (const unsigned char *)f->salt.data, (int)f->salt.len,
	    f->rounds, md, n, salted) == 1;
	ok = ok && hmac(s, key, salted, "Client Key", 10);
	ok = ok && EVP_Digest(key, (size_t)n, stored, NULL, md, NULL) == 1;
	ok = ok && hmac(s, signature, stored, auth->data, auth->len);
	for (int i = 0; ok && i < n; i++)
		proof[i] = key[i] ^ signature[i];
	ok = ok && hmac(s, key, salted, "Server Key", 10);
	ok = ok && hmac(s, s->proof, key, auth->data, auth->len);
	explicit_bzero(salted, sizeof salted);
	explicit_bzero(key, sizeof key);
	explicit_bzero(stored, sizeof stored);
	return ok ? 0 : -1;
}

/* c=, the header again with the binding, and the nonce. */
static void
add_final(const struct sasl_state *s, const struct server_first *f, struct buf *out)
{
	struct buf bound = { 0 };

	add_header(s, &bound);
	buf_add(&bound, s->binding.data, s->binding.len);
	buf_adds(out, "c=");
	base64_encode(out, bound.data, bound.len);
	buf_printf(out, ",r=%s", buf_str(&f->nonce));
	buf_free(&bound);
}

static int
answer_first(struct sasl_state *s, const struct buf *in, struct buf *out, struct err *e)
{
	struct server_first f = { 0 };
	struct buf auth = { 0 };
	unsigned char proof[EVP_MAX_MD_SIZE];
	int r = parse_first(&f, s, in, e);

	if (r == 0) {
		add_final(s, &f, out);
		buf_printf(&auth, "%s,%s,%s", buf_str(&s->bare), buf_str(in), buf_str(out));
		OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
		r = compute(s, &f, &auth, proof);
		if (r == -1)
			err_set(e, ERR_SOFTWARE, "%s: OpenSSL does not have its hash", s->mech->name);
	}
	if (r == 0) {
		buf_adds(out, ",p=");
		base64_encode(out, proof, (size_t)EVP_MD_get_size(s->mech->digest()));
	}
	buf_free(&f.nonce);
	buf_free(&f.salt);
	buf_wipe(&auth);
	return r;
}

static int
verify(struct sasl_state *s, const struct buf *in, struct err *e)
{
	const char *p = buf_str(in), *value;
	struct buf signature = { 0 };
	size_t len, want = (size_t)EVP_MD_get_size(s->mech->digest());

	if (p[0] == 'e' && p[1] == '=')
		return err_set(e, ERR_PERM, "SCRAM: the server says: %.100s; check the user and password%s", p + 2,
		    s->gs2 == 'p' ? ", or set auth scram-sha-256" : "");
	if (attribute(&p, 'v', &value, &len) == -1)
		return odd(e, "the server's last message has no signature");
	s->proven = base64_decode(&signature, value, len) == 0 && signature.len == want &&
	    CRYPTO_memcmp(signature.data, s->proof, want) == 0;
	buf_free(&signature);
	if (!s->proven)
		return err_set(e, ERR_PERM, "SCRAM: the server does not know the password; is it the right server?");
	return 0;
}

static int
scram_step(struct sasl_state *s, const struct buf *in, struct buf *out, struct err *e)
{
	switch (s->step++) {
	case 0:
		return s->nonce.len > 0 ? answer_first(s, in, out, e) : odd(e, "a challenge before our first message");
	case 1:
		return verify(s, in, e);	/* answered with nothing */
	default:
		return odd(e, "a challenge after the last one");
	}
}

static int
scram_done(struct sasl_state *s, const struct buf *in, struct err *e)
{
	if (s->step == 1 && in) {
		s->step++;
		return verify(s, in, e);
	}
	if (s->proven && (!in || in->len == 0))
		return 0;
	return err_set(e, ERR_PERM, "SCRAM: the server says yes without having proven that it knows the password; is it the right server?");
}

#define SCRAM .needs = SASL_PASSWORD, .reveals = SASL_NOTHING, .initial = scram_initial, .step = scram_step, .done = scram_done

const struct sasl_mech sasl_scram_sha_256 = { .name = "SCRAM-SHA-256", .digest = EVP_sha256, SCRAM };
const struct sasl_mech sasl_scram_sha_256_exporter = {
	.name = "SCRAM-SHA-256-PLUS", .digest = EVP_sha256, .binding = "tls-exporter", SCRAM
};
const struct sasl_mech sasl_scram_sha_256_end_point = {
	.name = "SCRAM-SHA-256-PLUS", .digest = EVP_sha256, .binding = "tls-server-end-point", SCRAM
};
const struct sasl_mech sasl_scram_sha_1 = { .name = "SCRAM-SHA-1", .digest = EVP_sha1, SCRAM };
const struct sasl_mech sasl_scram_sha_1_exporter = {
	.name = "SCRAM-SHA-1-PLUS", .digest = EVP_sha1, .binding = "tls-exporter", SCRAM
};
const struct sasl_mech sasl_scram_sha_1_end_point = {
	.name = "SCRAM-SHA-1-PLUS", .digest = EVP_sha1, .binding = "tls-server-end-point", SCRAM
};
