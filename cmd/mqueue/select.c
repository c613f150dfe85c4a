/* SPDX-License-Identifier: ISC */
/* select.c - see select.h. A recipient counts as long as the message has not reached him. */
#include <string.h>
#include <strings.h>

#include "envelope.h"
#include "err.h"
#include "list.h"
#include "mqueue.h"
#include "select.h"
#include "units.h"

int
select_read(struct selection *s, const struct job *job, struct err *e)
{
	*s = (struct selection){ .sender = job->sender, .rcpt = job->rcpt, .age = -1 };
	if (job->age != NULL && units_span(job->age, &s->age, e) == -1)
		return err_prefix(e, "-A");
	return 0;
}

int
select_any(const struct selection *s)
{
	return s->sender == NULL && s->rcpt == NULL && s->age == -1;
}

int
select_address(const char *pattern, const char *addr)
{
	const char *at = strrchr(addr, '@');

	if (*pattern == '@')
		return at != NULL && strcasecmp(at, pattern) == 0;
	return strcasecmp(strcmp(pattern, "<>") == 0 ? "" : pattern, addr) == 0;
}

static int
any_rcpt(const char *pattern, const struct envelope *env)
{
	size_t i;

	for (i = 0; i < env->rcpts; i++)
		if (list_open((int)env->rcpt[i].fate) && select_address(pattern, env->rcpt[i].addr))
			return 1;
	return 0;
}

int
select_fits(const struct selection *s, const struct envelope *env, int64_t now)
{
	if (s->sender != NULL && !select_address(s->sender, env->from))
		return 0;
	if (s->rcpt != NULL && !any_rcpt(s->rcpt, env))
		return 0;
	return s->age == -1 || now - env->arrived >= s->age;
}
