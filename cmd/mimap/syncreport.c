/* SPDX-License-Identifier: ISC */
/* syncreport.c - lines for people and for pipes. */
#include "syncreport.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"
#include "mimap.h"
#include "sync.h"

void
syncreport_path(void *ctx, const char *path)
{
	(void)ctx;
	printf("%s\n", path);
}

static void
field(const char *text)
{
	struct buf safe = { 0 };

	log_safe(&safe, text, strlen(text));
	printf("\t%s", buf_str(&safe));
	buf_free(&safe);
}

void
syncreport_folder(const char *what, const char *mailbox, const char *which)
{
	printf("%s", what);
	field(mailbox);
	field(which != NULL ? which : "-");
	putchar('\n');
}

static void
flags_line(const struct syncfolder *f, const struct sync_action *a, const char *where, uint32_t add, uint32_t del)
{
	struct buf which = { 0 }, names = { 0 };
	char what[32];

	snprintf(what, sizeof(what), "flag-%s", where);
	buf_printf(&which, "%u", a->uid);
	if (add != 0) {
		syncflag_names(&f->flags, add, &names);
		buf_printf(&which, " +(%s)", buf_str(&names));
		buf_cut(&names, 0);
	}
	if (del != 0) {
		syncflag_names(&f->flags, del, &names);
		buf_printf(&which, " -(%s)", buf_str(&names));
	}
	syncreport_folder(what, f->name, buf_str(&which));
	buf_free(&which);
	buf_free(&names);
}

static void
by_uid(const struct syncfolder *f, const char *what, uint32_t uid)
{
	char text[24];

	snprintf(text, sizeof(text), "%u", (unsigned int)uid);
	syncreport_folder(what, f->name, text);
}

void
syncreport_action(const struct syncfolder *f, const struct sync_action *a)
{
	struct buf which = { 0 };

	if (a->moved || a->left_out || a->plan.act == SYNCPLAN_NOTHING || a->plan.act == SYNCPLAN_FORGET)
		return;
	if (a->to != NULL || a->source != NULL) {
		buf_printf(&which, "%u", a->uid);
		if (a->to != NULL)
			buf_printf(&which, " to %s", a->to->name);
		else
			buf_printf(&which, " from %s", a->source->name);
		syncreport_folder(a->to != NULL ? "move-there" : "move-here", f->name, buf_str(&which));
		buf_free(&which);
		return;
	}
	switch (a->plan.act) {
	case SYNCPLAN_FLAGS:
		if (a->plan.set_here)
			flags_line(f, a, "here", a->plan.here & ~a->m.here, a->m.here & ~a->plan.here);
		if (a->plan.store_add != 0 || a->plan.store_del != 0)
			flags_line(f, a, "there", a->plan.store_add, a->plan.store_del);
		break;
	case SYNCPLAN_FETCH:
		by_uid(f, a->part ? "fetch-header" : "fetch", a->uid);
		break;
	case SYNCPLAN_PUT:
		syncreport_folder("put", f->name, a->name);
		break;
	case SYNCPLAN_REMOVE_BOTH:
	case SYNCPLAN_REMOVE_HERE:
		syncreport_folder("remove-here", f->name, a->name);
		if (a->plan.act == SYNCPLAN_REMOVE_HERE)
			break;
		/* FALLTHROUGH */
	case SYNCPLAN_REMOVE_THERE:
		by_uid(f, "remove-there", a->uid);
		break;
	case SYNCPLAN_NOTHING:
	case SYNCPLAN_FORGET:
		break;
	}
}

void
syncreport_trouble(struct sync_run *run, const struct err *why)
{
	if (run->trouble.class == ERR_NONE)
		run->trouble = *why;
	else
		log_warn("%s", why->text);
}

void
syncreport_summary(const struct sync_run *run, int folders)
{
	static const char *const words[SYNC_COUNTS] = { "fetched", "stored", "flagged here", "flagged there", "removed here",
		"removed there", "moved" };
	struct buf line = { 0 };
	int i;

	if (run->m->account.verbose || !isatty(STDERR_FILENO))
		return;
	for (i = 0; i < SYNC_COUNTS; i++) {
		if (run->count[i] > 0)
			buf_printf(&line, "%s%llu %s", line.len > 0 ? ", " : "", (unsigned long long)run->count[i], words[i]);
	}
	log_warn("%d folder%s: %s", folders, folders == 1 ? "" : "s", line.len > 0 ? buf_str(&line) : "nothing to do");
	buf_free(&line);
}
