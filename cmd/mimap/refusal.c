/* SPDX-License-Identifier: ISC */
/* refusal.c - what a NO or BAD means to the user. */
#include "imap.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "stream.h"

/* The class of a refusal follows its response code (RFC 5530). */
static enum err_class
refusal_class(const struct response *r)
{
	static const struct { const char *code; enum err_class class; } codes[] = {
		{ "UNAVAILABLE", ERR_TEMP }, { "INUSE", ERR_TEMP }, { "SERVERBUG", ERR_TEMP }, { "LIMIT", ERR_TEMP }, { "NOPERM", ERR_PERM },
		{ "AUTHENTICATIONFAILED", ERR_PERM }, { "AUTHORIZATIONFAILED", ERR_PERM }, { "EXPIRED", ERR_PERM },
		{ "PRIVACYREQUIRED", ERR_PERM },
	};
	size_t i;

	for (i = 0; r->code != NULL && i < sizeof(codes) / sizeof(*codes); i++) {
		if (strcasecmp(codes[i].code, r->code) == 0)
			return codes[i].class;
	}
	return ERR_UNAVAILABLE;
}

int
imap_refusal(const struct imap *im, const char *what, struct err *e)
{
	const struct response *r = &im->response;
	const char *advice = r->code != NULL && strcasecmp(r->code, "TRYCREATE") == 0 ? "; mimap mkdir makes it" : "";

	if (strcasestr(r->text, "unsafe login") != NULL && caps_has(&im->caps, CAP_ID))
		advice = "; it may want to be told who asks: -o imap-id=on";
	return err_set(e, refusal_class(r), "%s refused to %s: \"%.200s\"%s", stream_peer(im->stream), what, r->text,
	    advice);
}

int
imap_may_be_name(const struct response *r)
{
	static const char *const codes[] = { "TRYCREATE", "NONEXISTENT", "NOPERM", "CANNOT" };
	size_t i;

	for (i = 0; r->code != NULL && i < sizeof(codes) / sizeof(*codes); i++) {
		if (strcasecmp(r->code, codes[i]) == 0)
			return 1;
	}
	return r->code == NULL;
}

void
imap_failed(struct imap *im, struct imap_pending *p)
{
	imap_refusal(im, p->what, &im->failure);
	free(im->failure_named);
	im->failure_named = imap_may_be_name(&im->response) ? p->named : NULL;
	if (im->failure_named != NULL)
		p->named = NULL;
}

int
imap_failure(struct imap *im, struct err *e)
{
	*e = im->failure;
	err_clear(&im->failure);
	if (im->failure_named != NULL)
		imap_misplaced(im, im->failure_named, e);
	free(im->failure_named);
	im->failure_named = NULL;
	return -1;
}
