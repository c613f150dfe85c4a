/* SPDX-License-Identifier: ISC */
/* put.c - mimap put: messages into a mailbox (APPEND, RFC 3501 section 6.3.11), sent ahead as far as the server's literals let
 * us (RFC 7888). The new UIDs come with the answers (UIDPLUS, RFC 4315), else they are looked for (newuids.h). */
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
#include "upload.h"
#include "xalloc.h"

#define WINDOW 4096	/* messages under way without an answer */

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

/* OK [APPENDUID 38505 3955]; 0 where it is not told */
static uint32_t
append_uid(const struct response *r)
{
	const char *p = r->code_args + strcspn(r->code_args, " ");
	char *end;
	unsigned long n;

	if (strcasecmp(r->code, "APPENDUID") != 0 || *p != ' ' || p[1] < '1' || p[1] > '9')
		return 0;
	n = strtoul(p + 1, &end, 10);
	return *end != '\0' || n > UINT32_MAX ? 0 : (uint32_t)n;
}

/* Not this message is the problem. */
static int
hopeless(const struct response *r)
{
	static const char *const codes[] = { "TRYCREATE", "NONEXISTENT", "OVERQUOTA", "NOPERM", "LIMIT", "UNAVAILABLE" };
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		if (r->code != NULL && strcasecmp(r->code, codes[i]) == 0)
			return 1;
	}
	return 0;
}

/* Answers mostly come in the order of the commands. */
static struct letter *
find(struct put *p, unsigned int tag)
{
	size_t i;

	while (p->answered < p->letters.count && p->letters.letter[p->answered].state != LETTER_WAITS)
		p->answered++;
	for (i = p->answered; i < p->letters.count && p->letters.letter[i].tag != tag; i++)
		;
	return i < p->letters.count ? &p->letters.letter[i] : NULL;
}

static int
on_answer(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	struct put *p = ctx;
	struct letter *l = find(p, tag);
	struct err why = { 0 };
	char what[160];

	(void)e;
	if (l == NULL)
		return 0;
	if (r->status == STATUS_OK) {
		l->state = LETTER_STORED;
		l->uid = r->code != NULL ? append_uid(r) : 0;
		progress_add(&p->progress, 1, l->size);
	} else {
		snprintf(what, sizeof(what), "store %s in %s", l->path != NULL ? l->path : "the message", p->m->mailbox);
		imap_refusal(p->im, what, &why);
		failed(p, l, &why);
		p->stop |= hopeless(r);
	}
	print_uids(p, 0);
	return 1;
}

/* C: APPEND mailbox (\Seen) "22-Nov-2026 10:00:00 +0000" {310+} */
static int
send_append(struct put *p, const struct letter *l, struct upload *u, struct err *e)
{
	struct buf flags = { 0 }, date = { 0 };
	struct command c;
	int r;

	if (p->flags_given)
		buf_adds(&flags, buf_str(&p->flags));
	else
		letters_flags(l, &flags);
	if (p->date_given || l->from_maildir)
		date_imap_time(&date, p->date_given ? p->date : u->modified);
	imap_command(p->im, &c);
	r = command_add(&c, e, "APPEND %m ", p->m->mailbox);
	if (r == 0 && flags.len > 0)
		r = command_add(&c, e, "(%r) ", buf_str(&flags));
	if (r == 0 && date.len > 0)
		r = command_add(&c, e, "\"%r\" ", buf_str(&date));
	command_tail(&c, u->size, upload_send, u);
	if (r == 0)
		r = imap_send(p->im, &c, "store the message", e);
	command_free(&c);
	buf_free(&flags);
	buf_free(&date);
	return r;
}

/* A file that can't be read is not the end of the others. */
static int
put_one(struct put *p, struct letter *l, struct err *e)
{
	struct upload u;
	struct err why = { 0 };
	int r = 0;

	l->tag = p->im->last_tag + 1;
	if (upload_open(&u, l->path, &why) == -1) {
		l->tag = 0;
		failed(p, l, &why);
	} else {
		l->size = u.size;
		l->id = u.id.len > 0 ? buf_steal(&u.id) : NULL;
		r = send_append(p, l, &u, e);
	}
	upload_close(&u);
	if (r == 0)
		r = imap_poll(p->im, e);
	if (r == 0 && p->im->last_tag > WINDOW)
		r = imap_await(p->im, p->im->last_tag - WINDOW, e);
	return r;
}

static int
put_all(struct put *p, struct err *e)
{
	uint32_t next = 0;
	size_t i;
	int r;

	if (imap_name(p->im, p->m->mailbox, e) == -1)
		return -1;
	if (!caps_has(&p->im->caps, CAP_UIDPLUS) && newuids_before(p->im, p->m->mailbox, &next, e) == -1)
		return -1;
	p->im->handler = (struct imap_handler){ .answer = on_answer, .ctx = p };
	progress_begin(&p->progress, "storing", p->letters.count, 0, p->m->account.verbose);
	r = 0;
	for (i = 0; i < p->letters.count && r == 0 && !p->stop; i++)
		r = put_one(p, &p->letters.letter[i], e);
	if (r == 0)
		r = imap_finish(p->im, e);
	progress_end(&p->progress);
	if (r == 0 && next > 0)
		r = newuids_find(p->im, p->m->mailbox, next, &p->letters, e);
	print_uids(p, 1);
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
