/* SPDX-License-Identifier: ISC */
/* compress.c - COMPRESS=DEFLATE (RFC 4978): octets for processor time, where a network is between. It begins after the login, so no
 * secret is ever compressed with what others chose. Limits for lines and literals hold for what was expanded. */
#include "imap.h"

#include <string.h>

#include "account.h"
#include "deflate.h"
#include "stream.h"

static int
key_is(const struct imap *im, const char *value)
{
	const char *key = account_get(im->account, KEY_COMPRESS);

	return strcmp(key != NULL ? key : "auto", value) == 0;
}

static int
pays(const struct imap *im)
{
	if (!caps_has(&im->caps, CAP_COMPRESS) || !deflate_known() || key_is(im, "off"))
		return 0;
	return key_is(im, "on") || !stream_local(im->stream);
}

/* C: COMPRESS DEFLATE      RFC 4978 section 3
 * S: OK, and all that follows is compressed | NO [COMPRESSIONACTIVE], and nothing is */
int
imap_compress(struct imap *im, struct err *e)
{
	struct command c;
	int r;

	if (im->compressed || im->compressing != 0 || !pays(im))
		return 0;
	imap_command(im, &c);
	r = command_add(&c, e, "COMPRESS DEFLATE");
	if (r == 0)
		r = imap_send(im, &c, "compress", e);
	command_free(&c);
	if (r == 0)
		im->compressing = im->last_tag;
	return r;
}

int
imap_compress_always(struct imap *im, struct err *e)
{
	if (!key_is(im, "on") || imap_compress(im, e) == -1 || im->compressing == 0)
		return im->broken ? -1 : 0;
	return imap_finish(im, e);
}

/* A refusal is none of the caller's business: then it goes on as it was, and we do not ask again. */
int
imap_compressed(struct imap *im, struct err *e)
{
	im->compressing = 0;
	im->compressed = 1;
	if (im->response.status == STATUS_OK && stream_deflate(im->stream, e) == -1)
		return -1;
	return 1;
}
