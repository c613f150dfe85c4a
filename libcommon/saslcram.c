/* SPDX-License-Identifier: ISC */
/* saslcram.c - CRAM-MD5 (RFC 2195): a keyed digest of what the server says. The password stays here, but whoever plays the server
 * can try out passwords as fast as MD5 goes. */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "err.h"
#include "saslmech.h"

#define DIGEST 16

static int
cram_step(struct sasl_state *s, const struct buf *in, struct buf *out, struct err *e)
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (s->step++ > 0)
		return err_set(e, ERR_PROTOCOL, "the server sent a second challenge after CRAM-MD5, which has one");
	if (in->len == 0)
		return err_set(e, ERR_PROTOCOL, "the server's challenge for CRAM-MD5 is empty");
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	if (!HMAC(EVP_md5(), buf_str(&s->secret), (int)s->secret.len, (const unsigned char *)in->data, in->len, digest, NULL))
		return err_set(e, ERR_SOFTWARE, "CRAM-MD5: OpenSSL does not have its hash");
	buf_add(out, s->user.data, s->user.len);
	buf_addc(out, ' ');
	for (int i = 0; i < DIGEST; i++)
		buf_printf(out, "%02x", digest[i]);
	return 0;
}

static int
cram_done(struct sasl_state *s, const struct buf *in, struct err *e)
{
	(void)in;
	return s->step == 1 ? 0 : err_set(e, ERR_PROTOCOL, "the server accepted CRAM-MD5 before it sent a challenge");
}

const struct sasl_mech sasl_cram_md5 = { .name = "CRAM-MD5", .reveals = SASL_GUESSABLE, .step = cram_step, .done = cram_done };
