/* SPDX-License-Identifier: ISC */
/* sasl: a server that does not know the password says anything it likes, one challenge a line, "=" for its yes; a first line
 * may name the mechanism. With SCRAM it never gets a login; and whatever it says first, an answer repeats its nonce, which
 * continues ours, and has a proof of the right length. With a token it gets no login once it has said anything, with CRAM-MD5
 * a digest and no more. The password is in no answer, and what we tell of the server's reasons stays in its bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "buf.h"
#include "err.h"
#include "sasl.h"

#define NONCE "rOprNGfwEbeRWgbNEkqO"	/* seeds can continue it */
#define PASSWORD "not the seed's"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_first(const struct buf *text, const char *challenge, const char *head, size_t proof)
{
	size_t nonce = strcspn(challenge, ","), n = strlen(head);

	if (strncmp(challenge, "r=" NONCE, strlen("r=" NONCE)) != 0 || nonce == strlen("r=" NONCE))
		abort();
	if (text->len != n + nonce + 3 + proof || memcmp(text->data, head, n) != 0)
		abort();
	if (strncmp(text->data + n, challenge, nonce) != 0 || strncmp(text->data + n + nonce, ",p=", 3) != 0)
		abort();
}

static void
check_answer(const struct sasl *s, const char *response, const char *challenge, int steps)
{
	const char *name = sasl_name(s);
	struct buf text = { 0 };

	if (base64_decode(&text, response, strlen(response)) == -1)
		abort();
	if (strstr(buf_str(&text), PASSWORD) && !strstr(challenge, PASSWORD))
		abort();
	if (strncmp(name, "SCRAM-", 6) == 0 && steps > 0)
		abort();	/* it has proven to know what it can't know */
	if (strcmp(name, "SCRAM-SHA-256") == 0)
		check_first(&text, challenge, "c=eSws,", 44);
	else if (strcmp(name, "SCRAM-SHA-1-PLUS") == 0)
		check_first(&text, challenge, "c=cD10bHMtZXhwb3J0ZXIsLGJvdW5k,", 28);
	else if (strcmp(name, "CRAM-MD5") == 0 && (text.len != strlen("user ") + 32 || steps > 0))
		abort();
	else if (strcmp(name, "OAUTHBEARER") == 0 && strcmp(response, "AQ==") != 0)
		abort();
	else if (strcmp(name, "XOAUTH2") == 0 && *response != '\0')
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
say(struct sasl *s, const char *challenge, int steps, struct err *e)
{
	struct buf text = { 0 };
	const char *response;
	int r;

	base64_encode(&text, challenge, strlen(challenge));
	r = sasl_step(s, buf_str(&text), &response, e);
	if (r == 0)
		check_answer(s, response, challenge, steps);
	buf_free(&text);
	return r;
}

/* May the server say yes after so many challenges? Only where it has nothing to prove. */
static int
may_accept(const char *name, int steps)
{
	if (strncmp(name, "SCRAM-", 6) == 0)
		return 0;
	return strcmp(name, "CRAM-MD5") == 0 ? steps == 1 : steps == 0;
}

static int
binding(void *ctx, const char *kind, struct buf *out)
{
	(void)ctx;
	if (strcmp(kind, "tls-exporter") != 0)
		return -1;
	buf_adds(out, "bound");
	return 0;
}

static const char *
mechanism(char **rest)
{
	static const char *const names[] = { "SCRAM-SHA-1-PLUS", "CRAM-MD5", "OAUTHBEARER", "XOAUTH2" };

	for (size_t i = 0; *rest && i < sizeof names / sizeof *names; i++) {
		size_t n = strlen(names[i]);

		if (strncmp(*rest, names[i], n) == 0 && (*rest)[n] == '\n') {
			*rest += n + 1;
			return names[i];
		}
	}
	return "SCRAM-SHA-256";
}

static void
dialogue(struct sasl *s, char *rest)
{
	struct err e = { 0 };
	int r = 0, steps = 0, accept;
	char *line;

	sasl_initial(s);
	while (r == 0 && (line = strsep(&rest, "\n")) != NULL && !is_slow(line)) {
		int yes = strcmp(line, "=") == 0;

		r = yes ? sasl_done(s, NULL, &e) : say(s, line, steps, &e);
		if (r == 0 && yes && !may_accept(sasl_name(s), steps))
			abort();
		steps += !yes;
	}
	accept = sasl_done(s, NULL, &e) == 0;
	if (accept && !may_accept(sasl_name(s), steps))
		abort();
	if (strlen(sasl_advice(s)) > 100)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sasl_opts o = { .user = "user", .secret = PASSWORD, .token = "token", .nonce = NONCE, .safe = 1, .binding = binding };
	struct buf in = { 0 };
	struct sasl *s = NULL;
	struct err e = { 0 };
	char *rest;

	buf_add(&in, data, n);
	rest = in.data;
	o.offered = mechanism(&rest);
	o.only = o.offered;
	if (sasl_new(&s, &o, &e) == -1)
		abort();
	dialogue(s, rest);
	sasl_free(&s);
	buf_free(&in);
	return 0;
}
