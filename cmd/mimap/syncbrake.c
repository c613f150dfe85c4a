/* SPDX-License-Identifier: ISC */
/* syncbrake.c - too much at once is not removed, unless it is asked for. */
#include "buf.h"
#include "log.h"
#include "sync.h"

static size_t
removals(const struct syncfolder *f, enum syncplan_act act)
{
	size_t i, n = 0;

	for (i = 0; i < f->actions; i++) {
		const struct sync_action *a = &f->action[i];

		n += a->to == NULL && !a->moved && (a->plan.act == act || a->plan.act == SYNCPLAN_REMOVE_BOTH);
	}
	return n;
}

/* "12, 15, 16 …" */
static void
name_some(const struct syncfolder *f, enum syncplan_act act, struct buf *out)
{
	size_t i, n = 0;

	for (i = 0; i < f->actions; i++) {
		const struct sync_action *a = &f->action[i];

		if (a->to != NULL || a->moved || (a->plan.act != act && a->plan.act != SYNCPLAN_REMOVE_BOTH))
			continue;
		if (n++ == 5) {
			buf_adds(out, " …");
			return;
		}
		buf_printf(out, "%s%u", out->len > 0 ? ", " : "", (unsigned int)a->uid);
	}
}

static int
too_much(const struct syncfolder *f, enum syncplan_act act, size_t total, const char *gone, const char *where)
{
	size_t n = removals(f, act);
	struct buf uids = { 0 };

	if (!syncplan_brake(n, total, f->run->opts.percent))
		return 0;
	name_some(f, act, &uids);
	log_warn("%s: %zu of %zu messages are gone %s, and would be removed %s (UID %s); nothing of this folder is done; if it is right, say"
	    " --force", f->name, n, total, gone, where, buf_str(&uids));
	buf_free(&uids);
	return 1;
}

int
syncmeet_brake(struct syncfolder *f)
{
	if (f->run->opts.force || (!too_much(f, SYNCPLAN_REMOVE_HERE, f->here, "there", "here")
	    && !too_much(f, SYNCPLAN_REMOVE_THERE, f->there, "here", "there")))
		return 0;
	f->held = f->again = f->dead = 1;
	f->run->braked = 1;
	return 1;
}
