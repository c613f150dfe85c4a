/* SPDX-License-Identifier: ISC */
/* tlsneed.c - RFC 8689 sections 4 and 5. The key counts more than the field (section 4.1). The field is looked for in the first 64 KiB
 * of a message that is in a file. */
#include "tlsneed.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "account.h"
#include "buf.h"
#include "err.h"
#include "mail.h"
#include "smtp.h"
#include "stream.h"

#define LOOK (64 * 1024)

static int
says_no(const char *head, size_t n)
{
	struct buf value = { 0 };
	size_t len = n;
	int no;

	message_header(head, n, &len);
	no = message_get(head, len, "TLS-Required", &value) && strcasecmp(buf_str(&value), "no") == 0;
	buf_free(&value);
	return no;
}

static int
file_says_no(const struct held *body)
{
	struct buf start = { 0 };
	ssize_t n;
	int no = 0;

	buf_reserve(&start, LOOK);
	if ((n = pread(body->fd, start.data, LOOK, body->at)) > 0)
		no = says_no(start.data, (size_t)n);
	buf_free(&start);
	return no;
}

enum tlsneed
tlsneed_of(const struct account *a, const struct mail *m)
{
	const char *key = account_get(a, KEY_REQUIRE_TLS);
	int no;

	if (key != NULL && strcmp(key, "on") == 0)
		return TLSNEED_REQUIRED;
	if (m->head.len > 0)
		no = says_no(buf_str(&m->head), m->head.len);
	else
		no = m->body.file ? file_says_no(&m->body) : says_no(buf_str(&m->body.mem), m->body.mem.len);
	return no ? TLSNEED_NONE : TLSNEED_USUAL;
}

int
tlsneed_met(const struct smtp *s, struct err *e)
{
	if (stream_tls(s->stream) == NULL)
		return err_set(e, ERR_UNAVAILABLE, "%s is not reached by TLS, which require-tls demands, so nothing was sent",
		    stream_peer(s->stream));
	if (!s->offer.requiretls)
		return err_set(e, ERR_UNAVAILABLE, "%s does not offer REQUIRETLS, so nothing was sent; without require-tls it would be",
		    stream_peer(s->stream));
	return 0;
}
