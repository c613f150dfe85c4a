/* SPDX-License-Identifier: ISC */
/* seen_path.c - what ledgers are called. */
#include "seen.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "buf.h"
#include "xalloc.h"

#define NAME_LONG 160

static uint64_t
hash(const char *text)
{
	uint64_t h = 14695981039346656037u;	/* FNV-1a */

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return h;
}

/* user@host, with a port that is not the usual one; exec: has no host, so its command stands for it. Fit for a file name. */
char *
seen_mailbox(const struct account *a)
{
	struct buf raw = { NULL, 0, 0 }, name = { NULL, 0, 0 };
	const struct url *u = &a->url;

	buf_printf(&raw, "%s@", account_user(a));
	if (u->host == NULL)
		buf_printf(&raw, "exec-%016" PRIx64, hash(u->path != NULL ? u->path : ""));
	else
		for (const char *p = u->host; *p != '\0'; p++)
			buf_addc(&raw, (char)tolower((unsigned char)*p));
	if (u->host != NULL && u->port != NULL && strcmp(u->port, "995") != 0 && strcmp(u->port, "110") != 0)
		buf_printf(&raw, ":%s", u->port);
	for (const char *p = raw.data; *p != '\0'; p++)
		if (isalnum((unsigned char)*p) || strchr("@.-_+:", *p) != NULL)
			buf_addc(&name, *p);
		else
			buf_printf(&name, "%%%02X", (unsigned char)*p);
	if (name.len > NAME_LONG) {
		buf_cut(&name, NAME_LONG);
		buf_printf(&name, "-%016" PRIx64, hash(raw.data));
	}
	buf_free(&raw);
	return buf_steal(&name);
}

char *
seen_path(const struct account *a, const char *maildir, const char *kind)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *name = seen_mailbox(a), *path, mbox[32];

	if (kind != NULL && *kind == '/') {
		snprintf(mbox, sizeof mbox, "mbox-%016" PRIx64, hash(kind));
		kind = mbox;
	}
	if (maildir != NULL)
		path = xasprintf("%s/.pennypost-mpop-%s", maildir, name);
	else if (state != NULL && *state == '/')
		path = xasprintf("%s/pennypost/mpop-%s-%s", state, name, kind);
	else
		path = xasprintf("%s/.local/state/pennypost/mpop-%s-%s", home != NULL ? home : "", name, kind);
	free(name);
	return path;
}
