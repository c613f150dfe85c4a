/* SPDX-License-Identifier: ISC */
/* outgoing.c - the last changes to a message: RFC 5321 4.5.3.1.6, RFC 6152 3, 3030 3, and the signature over what they leave. */
#include "outgoing.h"

#include <string.h>
#include <strings.h>

#include "answer.h"
#include "dkim.h"

static int
is_binary(const struct mail *m)
{
	struct buf encoding = { 0 };
	int binary = mail_get(m, "Content-Transfer-Encoding", &encoding) && strcasecmp(buf_str(&encoding), "binary") == 0;

	buf_free(&encoding);
	return binary;
}

/* Lines too long for SMTP, or octets that the server can't take: encoded anew where that is possible, else sent as it is. What is binary
 * stays so where it may; a signature would not survive the next server's encoding. */
static int
fit(struct outgoing *o, const struct offer *offer, int sign, struct err *e)
{
	const struct scan *scan = &o->mail->scan;
	int rc = 0, binary = is_binary(o->mail);

	if (binary && offer->binary && !sign)
		rc = mail_exact(&o->recoded, o->mail, e);
	if (rc == 0 && (binary || scan->longest > 998 || (scan->eight && !offer->eightbit)))
		rc = mail_recode(&o->recoded, o->mail, e);
	if (rc == 1)
		o->mail = &o->recoded;
	return rc == -1 ? -1 : 0;
}

int
outgoing_make(struct outgoing *o, const struct mail *mail, const struct offer *offer, const struct dkim *dkim, struct err *e)
{
	memset(o, 0, sizeof(*o));
	o->mail = mail;
	if (fit(o, offer, dkim != NULL, e) == -1)
		return -1;
	if (dkim != NULL && dkim_sign(dkim, &o->signed_mail, o->mail, e) == -1)
		return -1;
	if (dkim != NULL)
		o->mail = &o->signed_mail;
	return 0;
}

void
outgoing_free(struct outgoing *o)
{
	dkim_release(&o->signed_mail);
	mail_free(&o->recoded);
}
