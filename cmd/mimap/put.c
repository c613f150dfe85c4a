/* SPDX-License-Identifier: ISC */
/* put.c - mimap put: messages into a mailbox (APPEND, RFC 3501 section 6.3.11), sent ahead as far as the server's literals let
 * us (RFC 7888), many with one command where the server takes that (MULTIAPPEND, RFC 3502). It stores all of them or none, so what it
 * refuses is tried again one by one. The new UIDs come with the answers (UIDPLUS, RFC 4315), else they are looked for (newuids.h). */
#include "mimap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "date.h"
#include "flagname.h"
#include "imap.h"
#include "letters.h"
#include "log.h"
#include "newuids.h"
#include "progress.h"
#include "stream.h"
#include "uidset.h"
#include "update.h"
#include "upload.h"
#include "xalloc.h"

#define WINDOW 4096	/* commands under way without an answer */
#define BATCH 100	/* messages a command, with so many files open */
#define BATCH_OCTETS (8u * 1024 * 1024)

struct put {
	struct mimap *m;
	struct imap *im;
	struct letters letters;
	size_t answered, printed;	/* all letters before these are */
	int flags_given, date_given;
	struct buf flags;		/* -f, as on the wire */
	time_t date;			/* -D */
	struct err trouble;		/* the first one; those after it are told at once */
	int stop;			/* no other message will be taken either */
	int again;			/* some were refused together */
	int nowhere;			/* `trouble` is that there is no such mailbox */
	struct progress progress;
};

static void
failed(struct put *p, struct letter *l, const struct err *why)
{
	l->state = LETTER_FAILED;
	if (p->trouble.class == ERR_NONE)
		p->trouble = *why;
	else
		log_warn("%s", why->text);
}

/* In the order given, as far as they are known. */
static void
print_uids(struct put *p, int all)
{
	struct letter *l;

	for (; p->printed < p->letters.count; p->printed++) {
		l = &p->letters.letter[p->printed];
		if (l->state == LETTER_WAITS || (l->state == LETTER_STORED && l->uid == 0 && !all))
			return;
		if (l->state == LETTER_STORED && l->uid == 0)
			printf("-\n");
		else if (l->state == LETTER_STORED)
			printf("%u\n", (unsigned int)l->uid);
	}
}

/* OK [APPENDUID 38505 3955:3957]: the UID of the message that is the index-th of its command; 0 where it is not told */
static uint32_t
append_uid(const struct response *r, uint64_t index)
{
	struct uidset set = { NULL, 0, 0 };
	struct err ignored;
	uint32_t validity, uid = 0;
	size_t i;

	if (update_appended(r, &validity, &set, &ignored) == 1) {
		for (i = 0; i < set.count && index > set.range[i].hi - set.range[i].lo; i++)
			index -= (uint64_t)set.range[i].hi - set.range[i].lo + 1;
		if (i < set.count)
			uid = set.range[i].lo + (uint32_t)index;
	}
	uidset_free(&set);
	return uid;
}

/* There is no such mailbox. */
static int
nowhere(const struct response *r)
{
	return r->code != NULL && (strcasecmp(r->code, "TRYCREATE") == 0 || strcasecmp(r->code, "NONEXISTENT") == 0);
}

/* Not this message is the problem. */
static int
hopeless(const struct response *r)
{
	static const char *const codes[] = { "OVERQUOTA", "NOPERM", "LIMIT", "UNAVAILABLE" };
	size_t i;

	if (nowhere(r))
		return 1;
	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		if (r->code != NULL && strcasecmp(r->code, codes[i]) == 0)
			return 1;
	}
	return 0;
}

/* From `at` on, the next message that the command was to store. Answers mostly come in the order of the commands. */
static struct letter *
find(struct put *p, unsigned int tag, size_t *at)
{
	struct letter *l;

	for (; *at < p->letters.count; (*at)++) {
		l = &p->letters.letter[*at];
		if (l->tag == tag && l->state == LETTER_WAITS) {
			(*at)++;
			return l;
		}
	}
	return NULL;
}

static void
refused(struct put *p, struct letter *l)
{
	struct err why = { 0 };
	char what[160];

	snprintf(what, sizeof(what), "store %s in %s", l->path != NULL ? l->path : "the message", p->m->mailbox);
	imap_refusal(p->im, what, &why);
	p->nowhere |= p->trouble.class == ERR_NONE && imap_may_be_name(&p->im->response);
	failed(p, l, &why);
}

static int
on_answer(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	struct put *p = ctx;
	struct letter *l, *next;
	size_t at;
	uint64_t index = 0;
	int again;

	(void)e;
	while (p->answered < p->letters.count && p->letters.letter[p->answered].state != LETTER_WAITS)
		p->answered++;
	at = p->answered;
	if ((l = find(p, tag, &at)) == NULL)
		return 0;
	next = find(p, tag, &at);
	again = r->status != STATUS_OK && next != NULL && !nowhere(r);
	for (; l != NULL; l = next, next = l != NULL ? find(p, tag, &at) : NULL) {
		if (r->status == STATUS_OK) {
			l->state = LETTER_STORED;
			l->uid = r->code != NULL ? append_uid(r, index++) : 0;
			progress_add(&p->progress, 1, l->size);
		} else if (again) {
			l->tag = 0;
			p->again = 1;
		} else {
			refused(p, l);
		}
	}
	p->stop |= r->status != STATUS_OK && !again && hopeless(r);
	print_uids(p, 0);
	return 1;
}

/* " (\Seen) "22-Nov-2026 10:00:00 +0000" {310+}", or "UTF8 (~{310+}", and the message */
static int
add_letter(struct put *p, struct command *c, const struct letter *l, struct upload *u, struct err *e)
{
	struct buf flags = { 0 }, date = { 0 };
	int r;

	if (p->flags_given)
		buf_adds(&flags, buf_str(&p->flags));
	else
		letters_flags(l, &flags);
	if (p->date_given || l->from_maildir)
		date_imap_time(&date, p->date_given ? p->date : u->modified);
	r = flags.len > 0 || command_utf8(c, u->eight) ? command_add(c, e, flags.len > 0 ? " (%r)" : " ()", buf_str(&flags)) : 0;
	if (r == 0 && date.len > 0)
		r = command_add(c, e, " \"%r\"", buf_str(&date));
	if (r == 0)
		r = command_add(c, e, " ");
	command_message(c, u->size, u->eight, upload_send, u);
	buf_free(&flags);
	buf_free(&date);
	return r;
}

/* A file that can't be read is not the end of the others: 1 if it is one. */
static int
open_letter(struct put *p, struct letter *l, struct upload *u)
{
	struct err why = { 0 };

	if (upload_open(u, l->path, &why) == -1) {
		upload_close(u);
		failed(p, l, &why);
		return 1;
	}
	l->size = u->size;
	free(l->id);
	l->id = u->id.len > 0 ? buf_steal(&u->id) : NULL;
	l->tag = p->im->last_tag + 1;
	return 0;
}

/* C: APPEND mailbox (\Seen) "22-Nov-2026 10:00:00 +0000" {310+} … [(…) {280+} …]      for up to `most` messages from *at on that
 * wait and are not under way */
static int
put_some(struct put *p, size_t *at, size_t most, struct err *e)
{
	struct upload upload[BATCH];
	struct command c;
	uint64_t octets = 0;
	size_t n = 0, i;
	int r;

	imap_command(p->im, &c);
	r = command_add(&c, e, "APPEND %m", p->m->mailbox);
	for (; r == 0 && *at < p->letters.count && n < most && octets < BATCH_OCTETS; (*at)++) {
		struct letter *l = &p->letters.letter[*at];

		if (l->state != LETTER_WAITS || l->tag != 0 || open_letter(p, l, &upload[n]) == 1)
			continue;
		octets += upload[n].size;
		r = add_letter(p, &c, l, &upload[n], e);
		n++;
	}
	if (r == 0 && n > 0)
		r = imap_send(p->im, &c, "store messages", e);
	for (i = 0; i < n; i++)
		upload_close(&upload[i]);
	command_free(&c);
	if (r == 0)
		r = imap_poll(p->im, e);
	if (r == 0 && p->im->last_tag > WINDOW)
		r = imap_await(p->im, p->im->last_tag - WINDOW, e);
	return r;
}

static int
put_letters(struct put *p, size_t most, struct err *e)
{
	size_t at = 0;
	int r = 0;

	p->again = 0;
	if (p->letters.count >= IMAP_BULK)
		r = imap_compress(p->im, e);
	while (r == 0 && at < p->letters.count && !p->stop)
		r = put_some(p, &at, most, e);
	return r == 0 ? imap_finish(p->im, e) : r;
}

static int
put_all(struct put *p, struct err *e)
{
	uint32_t next = 0;
	int r;

	if (imap_name(p->im, p->m->mailbox, e) == -1)
		return -1;
	if (!caps_has(&p->im->caps, CAP_UIDPLUS) && newuids_before(p->im, p->m->mailbox, &next, e) == -1)
		return -1;
	p->im->handler = (struct imap_handler){ .answer = on_answer, .ctx = p };
	progress_begin(&p->progress, "storing", p->letters.count, 0, p->m->account.verbose);
	r = put_letters(p, caps_has(&p->im->caps, CAP_MULTIAPPEND) ? BATCH : 1, e);
	if (r == 0 && p->again)
		r = put_letters(p, 1, e);
	progress_end(&p->progress);
	if (r == 0 && next > 0)
		r = newuids_find(p->im, p->m->mailbox, next, &p->letters, e);
	print_uids(p, 1);
	if (r == 0 && p->nowhere)
		imap_misplaced(p->im, p->m->mailbox, &p->trouble);
	if (r == 0 && p->trouble.class != ERR_NONE) {
		*e = p->trouble;
		r = -1;
	}
	return r;
}

static int
read_flags(struct put *p, const char *list, struct err *e)
{
	size_t n;

	p->flags_given = 1;
	for (; *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (p->flags.len > 0)
			buf_addc(&p->flags, ' ');
		if (flagname_wire(&p->flags, list, n, e) == -1)
			return -1;
	}
	return 0;
}

static int
read_arguments(struct put *p, int argc, char **argv, struct err *e)
{
	int ch;

	while ((ch = getopt(argc, argv, "+:D:f:")) != -1) {
		switch (ch) {
		case 'D':
			p->date_given = 1;
			if (date_time(optarg, &p->date, e) == -1)
				return -1;
			break;
		case 'f':
			if (read_flags(p, optarg, e) == -1)
				return -1;
			break;
		default:
			return err_set(e, ERR_USAGE, ch == ':' ? "put: option -%c needs an argument" : "put: there is no option -%c", optopt);
		}
	}
	if (optind == argc)
		return letters_add(&p->letters, NULL, e);
	for (; optind < argc; optind++) {
		if (letters_add(&p->letters, argv[optind], e) == -1)
			return -1;
	}
	return 0;
}

int
verb_put(struct mimap *m, int argc, char **argv, struct err *e)
{
	struct put p = { .m = m };
	int r = read_arguments(&p, argc, argv, e);

	if (r == 0 && p.letters.count > 0 && (r = mimap_open(m, &p.im, e)) == 0) {
		r = put_all(&p, e);
		imap_logout(p.im);
	}
	imap_close(&p.im);
	letters_free(&p.letters);
	buf_free(&p.flags);
	return r;
}
