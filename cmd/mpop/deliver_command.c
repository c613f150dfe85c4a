/* SPDX-License-Identifier: ISC */
/* deliver_command.c - one run of a command for each message. It finds the envelope in $SENDER and $RECIPIENT, as far as it is
 * known: the sender from the Return-Path that the last server has put there. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "delivering.h"
#include "err.h"
#include "message.h"
#include "trace.h"
#include "xalloc.h"

static int
take_address(void *ctx, const char *name, const char *addr, struct err *e)
{
	char **to = ctx;

	(void)name;
	(void)e;
	if (*to == NULL)
		*to = xstrdup(addr);
	return 0;
}

/* "" for <>, NULL where there is none; the caller frees. */
static char *
return_path(int spool)
{
	char text[8192], *addr = NULL;
	ssize_t n = pread(spool, text, sizeof text, 0);
	struct field f;
	struct err unused;
	size_t at = 0;

	while (n > 0 && addr == NULL && message_field(text, (size_t)n, &at, &f))
		if (message_is(&f, "Return-Path")) {
			if (memmem(f.value, f.value_len, "<>", 2) != NULL)
				return xstrdup("");
			message_addresses(f.value, f.value_len, take_address, &addr, &unused);
			break;
		}
	if (addr != NULL && !message_addr_ok(addr)) {
		free(addr);
		addr = NULL;
	}
	return addr;
}

static void
tell(const char *name, const char *value)
{
	if (value != NULL)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void
tell_envelope(const struct deliver *d)
{
	char *sender = return_path(d->spool);
	const char *recipient = d->opts.trace != NULL ? d->opts.trace->recipient : NULL;

	tell("SENDER", sender);
	tell("RECIPIENT", recipient != NULL && message_addr_ok(recipient) ? recipient : NULL);
	free(sender);
}

/* What it says by sysexits.h is passed on; 126 and 127 are the shell's: then no other message can be delivered either. */
static int
command_end(struct deliver *d, struct err *e)
{
	int code;

	tell_envelope(d);
	code = command_run(d->opts.where, d->spool, d->opts.end, e);
	deliver_spool_abort(d);
	if (code == 126 || code == 127)
		return err_set(e, ERR_CONFIG, "the command \"%.200s\" can't be run", d->opts.where);
	if (code > 0)
		err_set(e, code >= ERR_USAGE && code <= ERR_CONFIG ? (enum err_class)code : ERR_TEMP,
		    "the command exited with %d", code);
	return code != 0;
}

static int
nothing_to_do(struct deliver *d, struct err *e)
{
	(void)d;
	(void)e;
	return 0;
}

const struct deliver_kind_ops deliver_to_command = { 1, deliver_spool_begin, deliver_spool_write, command_end,
	deliver_spool_abort, nothing_to_do, nothing_to_do };
