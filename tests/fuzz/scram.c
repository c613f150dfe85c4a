/* SPDX-License-Identifier: ISC */
/* scram: a server that does not know the password says anything it likes, one challenge a line, "=" for its yes. It never gets a
 * login; and whatever it says first, an answer repeats its nonce, which continues ours, and has a proof of the right length. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "buf.h"
#include "err.h"
#include "sasl.h"

#define NONCE "rOprNGfwEbeRWgbNEkqO"	/* seeds can continue it */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_answer(const char *response, const char *challenge)
{
	static const char head[] = "c=biws,";
	size_t nonce = strcspn(challenge, ",");
	struct buf text = { 0 };

	if (base64_decode(&text, response, strlen(response)) == -1 || strncmp(buf_str(&text), head, strlen(head)) != 0)
		abort();
	if (strncmp(challenge, "r=" NONCE, strlen("r=" NONCE)) != 0 || nonce == strlen("r=" NONCE))
		abort();
	buf_drop(&text, strlen(head));
	if (strncmp(buf_str(&text), challenge, nonce) != 0 || strncmp(buf_str(&text) + nonce, ",p=", 3) != 0)
		abort();
	if (text.len != nonce + 3 + 44)
		abort();
	buf_free(&text);
}

/* Counts that are allowed, but slow. */
static int
is_slow(const char *challenge)
{
	const char *i = strstr(challenge, ",i=");

	return i && strspn(i + 3, "0123456789") > 4;
}

static int
say(struct sasl *s, const char *challenge, int first, struct err *e)
{
	struct buf text = { 0 };
	const char *response;
	int r;

	base64_encode(&text, challenge, strlen(challenge));
	r = sasl_step(s, buf_str(&text), &response, e);
	if (r == 0 && first)
		check_answer(response, challenge);
	else if (r == 0)
		abort();	/* it has proven to know what it can't know */
	buf_free(&text);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct sasl_opts o = { .offered = "SCRAM-SHA-256", .user = "user", .secret = "not the seed's", .nonce = NONCE };
	struct buf in = { 0 };
	struct sasl *s = NULL;
	struct err e = { 0 };
	char *rest, *line;
	int r = 0, first = 1;

	buf_add(&in, data, n);
	rest = in.data;
	if (sasl_new(&s, &o, &e) == -1)
		abort();
	sasl_initial(s);
	for (; r == 0 && (line = strsep(&rest, "\n")) != NULL && !is_slow(line); first = 0) {
		int yes = strcmp(line, "=") == 0;

		r = yes ? sasl_done(s, NULL, &e) : say(s, line, first, &e);
		if (r == 0 && yes)
			abort();
	}
	if (sasl_done(s, NULL, &e) == 0)
		abort();
	sasl_free(&s);
	buf_free(&in);
	return 0;
}
