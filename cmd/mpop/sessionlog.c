/* SPDX-License-Identifier: ISC */
/* sessionlog.c - see sessionlog.h. */
#include "sessionlog.h"

#include <inttypes.h>
#include <string.h>

#include "account.h"
#include "buf.h"
#include "err.h"
#include "fetch.h"
#include "logfile.h"

void
session_log(const struct account *a, int opened, const char *target, const struct fetch_result *r, const struct err *failed,
    int code)
{
	const char *where = account_get(a, KEY_LOG), *tls = account_get(a, KEY_TLS);
	int private = a->url.host != NULL ? tls == NULL || strcmp(tls, "off") != 0 : tls != NULL && strcmp(tls, "off") != 0;
	struct buf line = { NULL, 0, 0 };

	if (where == NULL)
		return;
	logfile_word(&line, "host", a->url.host != NULL ? a->url.host : a->url.path != NULL ? a->url.path : "localhost");
	buf_printf(&line, "tls=%s ", private ? "on" : "off");
	logfile_word(&line, "user", account_user(a));
	logfile_word(&line, "target", target);
	buf_printf(&line, "fetched=%" PRIu64 " octets=%" PRIu64 " deleted=%" PRIu64 " ", r->messages, r->octets, r->deleted);
	if (failed != NULL)
		logfile_quoted(&line, "errormsg", failed->text);
	buf_printf(&line, "exitcode=%s", logfile_code(code));
	logfile_write("mpop", where, opened, &line, code);
	buf_free(&line);
}
