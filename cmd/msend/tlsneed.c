/* SPDX-License-Identifier: ISC */
/* tlsneed.c - RFC 8689 sections 4 and 5. The key counts more than the field (section 4.1). */
#include "tlsneed.h"

#include <string.h>
#include <strings.h>

#include "account.h"
#include "buf.h"
#include "err.h"
#include "mail.h"
#include "smtp.h"
#include "stream.h"

enum tlsneed
tlsneed_of(const struct account *a, const struct mail *m)
{
	const char *key = account_get(a, KEY_REQUIRE_TLS);
	struct buf value = { 0 };
	int no;

	if (key != NULL && strcmp(key, "on") == 0)
		return TLSNEED_REQUIRED;
	no = mail_get(m, "TLS-Required", &value) && strcasecmp(buf_str(&value), "no") == 0;
	buf_free(&value);
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
