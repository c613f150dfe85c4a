/* SPDX-License-Identifier: ISC */
/* list.c - TAB-separated lines into a pipe, columns on a terminal, JSON where asked for. UIDs are the server's text: always made
 * harmless. */
#include "list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "fetch.h"
#include "listing.h"
#include "log.h"
#include "pop3.h"

/* Printable ASCII as it is, all else as \u00XX: UIDs are ASCII (RFC 1939), other octets stand for themselves. */
static void
add_json(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			buf_addc(out, '\\');
		if (c >= ' ' && c < 0x7f)
			buf_addc(out, *text);
		else
			buf_printf(out, "\\u%04x", c);
	}
}

static void
add_size(struct buf *out, const struct listing_msg *m, const char *unknown)
{
	if (m->size == LISTING_NO_SIZE)
		buf_adds(out, unknown);
	else
		buf_printf(out, "%" PRIu64, m->size);
}

static void
add_account(struct buf *out, const char *account)
{
	if (account == NULL)
		return;
	buf_adds(out, "\"account\":\"");
	add_json(out, account);
	buf_adds(out, "\",");
}

static void
print_json(const struct listing_msg *m, const char *account, const char *state)
{
	struct buf out = { NULL, 0, 0 };

	buf_addc(&out, '{');
	add_account(&out, account);
	buf_printf(&out, "\"number\":%u,\"uid\":", m->number);
	if (m->uid != NULL) {
		buf_addc(&out, '"');
		add_json(&out, m->uid);
		buf_addc(&out, '"');
	} else
		buf_adds(&out, "null");
	buf_adds(&out, ",\"size\":");
	add_size(&out, m, "null");
	printf("%s,\"state\":\"%s\"}\n", out.data, state);
	buf_free(&out);
}

static void
print_line(const struct listing_msg *m, const char *account, const char *state, int terminal)
{
	struct buf uid = { NULL, 0, 0 }, size = { NULL, 0, 0 };

	if (m->uid == NULL)
		buf_addc(&uid, '-');
	else
		log_safe(&uid, m->uid, strlen(m->uid));
	add_size(&size, m, "-");
	if (account != NULL)
		printf("%-*s%s", terminal ? 12 : 0, account, terminal ? " " : "\t");
	if (terminal)
		printf("%6u  %-32s %10s  %s\n", m->number, buf_str(&uid), buf_str(&size), state);
	else
		printf("%u\t%s\t%s\t%s\n", m->number, buf_str(&uid), buf_str(&size), state);
	buf_free(&uid);
	buf_free(&size);
}

/* Reads the listing, marks it, and leaves. */
static int
look(struct pop3 *p, const struct seen *s, struct listing *l, uint64_t *count, uint64_t *octets, struct err *e)
{
	struct fetch_opts all = { .age = -1 };
	struct reply r;
	struct err unused;
	int uids;

	if (pop3_list(p, l, &uids, e) == -1)
		return -1;
	all.keep = uids;	/* without UIDs everything is new */
	*count = fetch_choose(l, s, &all, octets);
	if (pop3_send(p, &unused, "QUIT") == 0)
		pop3_recv(p, &r, &unused);	/* whatever it says */
	return 0;
}

static int
printed(struct err *e)
{
	return fflush(stdout) == EOF || ferror(stdout) ? err_sys(e, ERR_IO, "standard output") : 0;
}

int
list_messages(struct pop3 *p, const struct seen *s, const char *account, int json, struct err *e)
{
	struct listing l = { 0 };
	uint64_t count, octets;
	int terminal = isatty(STDOUT_FILENO), r = look(p, s, &l, &count, &octets, e);

	if (r == 0 && terminal && !json && account == NULL && l.count > 0)
		printf("%6s  %-32s %10s  %s\n", "NUMBER", "UID", "SIZE", "STATE");
	for (size_t i = 0; r == 0 && i < l.count; i++) {
		const char *state = l.msg[i].state == MSG_SEEN ? "seen" : "new";

		if (json)
			print_json(&l.msg[i], account, state);
		else
			print_line(&l.msg[i], account, state, terminal);
	}
	listing_free(&l);
	return r == -1 ? -1 : printed(e);
}

static void
print_count(const char *account, uint64_t count, uint64_t octets, size_t all, int json)
{
	struct buf out = { NULL, 0, 0 };

	if (json) {
		add_account(&out, account);
		printf("{%s\"new\":%" PRIu64 ",\"size\":%" PRIu64 ",\"all\":%zu}\n", buf_str(&out), count, octets, all);
	} else
		printf("%s%s%" PRIu64 "\n", account != NULL ? account : "", account != NULL ? "\t" : "", count);
	buf_free(&out);
}

int
list_none(struct pop3 *p, const struct seen *s, struct err *e)
{
	struct listing l = { 0 };
	uint64_t count, octets;
	int r = look(p, s, &l, &count, &octets, e);

	listing_free(&l);
	return r == -1 ? -1 : count == 0;
}

int
list_count(struct pop3 *p, const struct seen *s, const char *account, int json, struct err *e)
{
	struct listing l = { 0 };
	uint64_t count, octets;
	int r = look(p, s, &l, &count, &octets, e);

	if (r == 0)
		print_count(account, count, octets, l.count, json);
	listing_free(&l);
	return r == -1 ? -1 : printed(e);
}
