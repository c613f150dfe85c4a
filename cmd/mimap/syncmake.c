/* SPDX-License-Identifier: ISC */
/* syncmake.c - folders that are made, renamed or removed on one side because the other has it so. Nothing is removed that holds a
 * message the other side never had, and no more than a share of all messages in one run (the brake). */
#include <stdio.h>
#include <string.h>

#include "imap.h"
#include "log.h"
#include "sync.h"
#include "syncdir.h"
#include "syncnear.h"
#include "syncpair.h"
#include "syncreport.h"
#include "syncrun.h"
#include "syncstate.h"
#include "update.h"

/* One command of which a refusal is this folder's trouble alone: 1 OK, 0 refused, -1. */
struct asked {
	struct sync_run *run;
	struct sync_numbers *numbers;	/* of a STATUS, or NULL */
	const char *what, *mailbox, *to;	/* the last: its new name, or NULL */
	struct err why;		/* it was refused; ERR_NONE: not */
};

static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct asked *a = ctx;
	struct update_status s;

	(void)e;
	if (a->numbers == NULL || !update_status(r, &s))
		return 0;
	a->numbers->validity = s.uidvalidity;
	a->numbers->next = s.uidnext;
	a->numbers->modseq = s.highestmodseq;
	a->numbers->messages = s.messages;
	return 1;
}

/* That it is there already is as good. */
static int
on_answer(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	struct asked *a = ctx;
	char what[160];

	(void)tag;
	(void)e;
	if (r->status == STATUS_OK || (a->numbers != NULL && r->code != NULL && strcmp(r->code, "ALREADYEXISTS") == 0)
	    || a->why.class != ERR_NONE)
		return 1;
	snprintf(what, sizeof(what), "%s the mailbox %s", a->what, a->mailbox);
	imap_refusal(a->run->im, what, &a->why);
	return 1;
}

static int
ask(struct asked *a, struct command *c, struct command *then, struct err *e)
{
	struct imap_handler h = { .data = on_data, .answer = on_answer, .ctx = a };
	struct syncwire_flight flight = { .first = 0 };
	struct syncwire *w = &a->run->wire;
	int r;

	syncwire_begin(w, &flight, &h);
	r = imap_send(w->im, c, a->what, e);
	if (r == 0 && then != NULL)
		r = imap_send(w->im, then, a->what, e);
	syncwire_end(w, &flight);
	if (r == 0)
		r = syncwire_await(w, &flight, e);
	else
		syncwire_drop(w, &flight);
	if (r == -1 || a->why.class == ERR_NONE)
		return r == -1 ? -1 : 1;
	imap_misplaced(w->im, a->to != NULL ? a->to : a->mailbox, &a->why);
	syncreport_trouble(a->run, &a->why);
	return 0;
}

/* C: CREATE mailbox
 * C: STATUS mailbox (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ) */
static int
create_there(struct sync_run *run, const char *mailbox, struct sync_numbers *told, struct err *e)
{
	struct asked a = { .run = run, .numbers = told, .what = "make", .mailbox = mailbox };
	struct command create, status;
	int r;

	memset(told, 0, sizeof(*told));
	imap_command(run->im, &create);
	imap_command(run->im, &status);
	r = imap_name(run->im, mailbox, e);
	if (r == 0)
		r = command_add(&create, e, "CREATE %m", mailbox);
	if (r == 0)
		r = command_add(&status, e, caps_has(&run->im->caps, CAP_CONDSTORE)
		    ? "STATUS %m (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)" : "STATUS %m (MESSAGES UIDNEXT UIDVALIDITY)", mailbox);
	if (r == 0)
		r = ask(&a, &create, &status, e);
	else {
		syncreport_trouble(run, e);	/* a name that can't be sent */
		r = 0;
	}
	command_free(&create);
	command_free(&status);
	return r;
}

/* C: RENAME from name */
static int
rename_there(struct sync_run *run, const struct sync_pair *p, struct err *e)
{
	struct asked a = { .run = run, .what = "rename", .mailbox = p->from, .to = p->name };
	struct command c;
	int r;

	imap_command(run->im, &c);
	r = command_add(&c, e, "RENAME %m %m", p->from, p->name);
	if (r == 0)
		r = ask(&a, &c, NULL, e);
	else {
		syncreport_trouble(run, e);
		r = 0;
	}
	command_free(&c);
	return r;
}

/* C: DELETE mailbox */
static int
delete_there(struct sync_run *run, const char *mailbox, struct err *e)
{
	struct asked a = { .run = run, .what = "remove", .mailbox = mailbox };
	struct command c;
	int r;

	imap_command(run->im, &c);
	r = command_add(&c, e, "DELETE %m", mailbox);
	if (r == 0)
		r = ask(&a, &c, NULL, e);
	command_free(&c);
	return r;
}

static int
may(const struct sync_run *run, unsigned int what, enum syncplan_exact not)
{
	unsigned int s = run->opts.rules.switches;

	return (s & SYNC_FOLDERS) != 0 && (s & what) != 0 && run->opts.rules.exact != not;
}

static int
local(struct sync_run *run, int r, const struct err *why)
{
	if (r == -1)
		syncreport_trouble(run, why);
	return r == 0;
}

static int
rename_here(struct sync_run *run, const struct sync_pair *p)
{
	struct err why = { 0 };

	if (!p->implied && syncdir_rename(&run->tree, p->from, p->name, p->whole, run->label, &why) == -1)
		return local(run, -1, &why);
	syncroot_remove(run->root, p->from);
	return 1;
}

/* -n: what would be done; a folder that is not there yet is not opened. */
static int
show(const struct sync_run *run, const struct sync_pair *p)
{
	char messages[32];

	snprintf(messages, sizeof(messages), "%llu messages", p->there != NULL ? (unsigned long long)p->there->numbers.messages : 0ULL);
	switch (p->job) {
	case SYNC_CREATE_HERE:
		syncreport_folder("make-here", p->name, messages);
		return 0;
	case SYNC_CREATE_THERE:
		syncreport_folder("make-there", p->name, NULL);
		return 0;
	case SYNC_RENAME_HERE:
		syncreport_folder("rename-here", p->from, p->name);
		return 0;
	case SYNC_RENAME_THERE:
		syncreport_folder("rename-there", p->from, p->name);
		return 0;
	default:
		(void)run;
		return 1;
	}
}

int
syncmake(struct sync_run *run, const struct sync_pair *p, struct sync_numbers *told, struct err *e)
{
	struct err why = { 0 };
	int r;

	if (p->there != NULL)
		*told = p->there->numbers;
	if ((p->job == SYNC_CREATE_HERE && !may(run, SYNC_PULL_NEW, SYNC_EXACT_PUSH))
	    || (p->job == SYNC_CREATE_THERE && !may(run, SYNC_PUSH_NEW, SYNC_EXACT_PULL))
	    || (p->job == SYNC_RENAME_HERE && !may(run, SYNC_PULL, SYNC_EXACT_PUSH))
	    || (p->job == SYNC_RENAME_THERE && !may(run, SYNC_PUSH, SYNC_EXACT_PULL)))
		return 0;
	if (run->opts.dry)
		return show(run, p);
	switch (p->job) {
	case SYNC_CREATE_HERE:
		return local(run, syncdir_create(&run->tree, p->name, &why), &why);
	case SYNC_CREATE_THERE:
		return create_there(run, p->name, told, e);
	case SYNC_RENAME_HERE:
		return rename_here(run, p);
	case SYNC_RENAME_THERE:
		r = p->implied ? 1 : rename_there(run, p, e);
		if (r == 1)
			syncroot_remove(run->root, p->from);
		return r;
	default:
		return 1;
	}
}

/* Every file has its row, with the flags it has, and nothing waits to be stored. */
static int
is_clean(struct near *near, const struct syncstate *state, const struct syncflag_table *flags)
{
	size_t i;
	char name[256];

	if (near_scan(near, &(struct err){ 0 }) != 0 || syncstate_pendings(state) > 0)
		return 0;
	for (i = 0; i < near_count(near); i++) {
		const struct near_file *f = near_at(near, i);
		const struct syncstate_row *row;

		near_name(f, name);
		row = syncstate_name(state, name);
		if (f->odd != NEAR_FINE || row == NULL || row->flags != syncflag_here(flags, f->flags))
			return 0;
	}
	return 1;
}

static int
too_many(struct sync_run *run, const struct sync_pair *p, size_t messages, const char *where)
{
	if (run->opts.force || !syncplan_brake(run->removed_whole + messages, run->all_messages, run->opts.percent)) {
		run->removed_whole += messages;
		return 0;
	}
	log_warn("%s is gone %s: to remove it with its %zu messages %s would be too much of all %llu; nothing of it is done; if it is right,"
	    " say --force", p->name, where, messages, strcmp(where, "here") == 0 ? "there" : "here", (unsigned long long)run->all_messages);
	run->braked = 1;
	return 1;
}

static int
empty(struct near *near, struct err *e)
{
	size_t i;

	for (i = 0; i < near_count(near); i++) {
		if (near_at(near, i)->odd == NEAR_FINE && near_remove(near, near_at(near, i), e) == -1)
			return -1;
	}
	return near_sync(near, e);
}

/* The mailbox is gone. 1: the maildir holds what the server never had, and is to be made there again. */
static int
remove_here(struct sync_run *run, const struct sync_pair *p)
{
	struct near *near = NULL;
	struct syncstate *state = NULL;
	struct syncflag_table flags = { .changed = 0 };
	struct err why = { 0 };
	int r = near_open(&near, p->here->path, &why), again = 0;

	if (r == 0)
		r = syncstate_open(&state, p->here->path, run->label, &why);
	if (r == 0)
		r = syncflag_load(&flags, p->here->path, &why);
	if (r == 0 && !is_clean(near, state, &flags) && run->opts.rules.exact != SYNC_EXACT_PULL)
		again = 1;
	else if (r == 0 && run->opts.dry)
		syncreport_folder("remove-folder-here", p->name, NULL);
	else if (r == 0 && !too_many(run, p, near_count(near), "there") && (r = empty(near, &why)) == 0) {
		syncstate_free(&state);
		r = syncdir_remove(&run->tree, p->name, run->label, &why);
		if (r == 0 && p->known != NULL)
			syncroot_remove(run->root, p->known->name);
	}
	syncstate_free(&state);
	near_free(&near);
	syncflag_free(&flags);
	local(run, r == 1 ? 0 : r, &why);
	return again;
}

/* The maildir is gone, and that is to count: unless there is something there that was never here. */
static int
remove_there(struct sync_run *run, const struct sync_pair *p, struct err *e)
{
	const struct sync_numbers *n = &p->there->numbers;

	if (run->opts.rules.exact != SYNC_EXACT_PUSH && (p->known == NULL || n->next != p->known->entry.there.next
	    || n->messages != p->known->entry.there.messages))
		return 1;
	if (run->opts.dry) {
		syncreport_folder("remove-folder-there", p->name, NULL);
		return 0;
	}
	if (too_many(run, p, (size_t)n->messages, "here"))
		return 0;
	switch (delete_there(run, p->name, e)) {
	case 1:
		if (p->known != NULL)
			syncroot_remove(run->root, p->known->name);
		return 0;
	case 0:
		return 0;
	default:
		return -1;
	}
}

int
syncmake_remove(struct sync_run *run, const struct sync_pair *p, struct err *e)
{
	if (p->job == SYNC_FORGET) {
		if (!run->opts.dry)
			syncroot_remove(run->root, p->known->name);
		return 0;
	}
	if (p->job == SYNC_REMOVE_HERE)
		return may(run, SYNC_PULL_DELETE, SYNC_EXACT_PUSH) && run->list.count > 0 ? remove_here(run, p) : run->opts.rules.exact
		    == SYNC_EXACT_PUSH;
	return may(run, SYNC_PUSH_DELETE, SYNC_EXACT_PULL) ? remove_there(run, p, e) : 0;
}
