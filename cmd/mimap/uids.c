/* SPDX-License-Identifier: ISC */
/* uids.c - UIDs from the command line or a pipe. */
#include "uids.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "xalloc.h"

#define LINE_MAX_IN (1024 * 1024)

/* One set; what stands alone between its commas was asked for by name. */
static int
add(struct uidset *all, struct uidset *single, const char *text, size_t n, struct err *e)
{
	size_t from = 0, end;

	if (uidset_parse(all, text, n, e) == -1)
		return -1;
	for (; from < n; from = end + 1) {
		for (end = from; end < n && text[end] != ','; end++)
			;
		if (memchr(text + from, ':', end - from) == NULL && text[from] != '*'
		    && uidset_parse(single, text + from, end - from, e) == -1)
			return -1;
	}
	return 0;
}

static int
is_set(const char *p, size_t n)
{
	return n > 0 && strspn(p, "0123456789:,*") >= n;
}

/* Records of one mailbox mostly come together. */
static struct uids_box *
box_of(struct uids *u, const char *name, size_t n)
{
	size_t i;

	for (i = u->boxes; i > 0; i--) {
		if (strlen(u->box[i - 1].mailbox) == n && memcmp(u->box[i - 1].mailbox, name, n) == 0)
			return &u->box[i - 1];
	}
	u->box = xreallocarray(u->box, u->boxes + 1, sizeof(*u->box));
	u->box[u->boxes] = (struct uids_box){ .mailbox = xstrndup(name, n) };
	return &u->box[u->boxes++];
}

/* "UID", "UID UID", "UID TAB …" or "mailbox TAB UID [TAB …]" */
static int
add_line(struct uids *u, const char *line, struct err *e)
{
	size_t n = strcspn(line, "\t"), second = line[n] != '\0' ? strcspn(line + n + 1, "\t") : 0;
	struct uids_box *box;

	if (line[n] == '\t' && n > 0 && is_set(line + n + 1, second)) {
		box = box_of(u, line, n);
		return add(&box->all, &box->single, line + n + 1, second, e);
	}
	if (line[n] == '\t' && is_set(line, n))
		return add(&u->all, &u->single, line, n, e);
	for (; *line != '\0'; line += n) {
		line += strspn(line, " \t\r\f\v");
		n = strcspn(line, " \t\r\f\v");
		if (n > 0 && add(&u->all, &u->single, line, n, e) == -1)
			return -1;
	}
	return 0;
}

static int
read_stdin(struct uids *u, struct err *e)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int r = 0;

	u->piped = 1;
	while (r == 0 && (n = getline(&line, &room, stdin)) != -1) {
		if (n > LINE_MAX_IN || memchr(line, '\0', (size_t)n) != NULL)
			r = err_set(e, ERR_USAGE, "there are no UIDs");
		else
			r = add_line(u, strtok(line, "\n") != NULL ? line : "", e);
	}
	free(line);
	if (r == 0 && ferror(stdin))
		return err_sys(e, ERR_IO, "read standard input");
	if (r == -1) {
		e->class = ERR_DATA;
		err_prefix(e, "standard input");
	}
	return r;
}

int
uids_read(struct uids *u, const char *arg, struct err *e)
{
	if (strcmp(arg, "-") == 0)
		return read_stdin(u, e);
	return add(&u->all, &u->single, arg, strlen(arg), e);
}

int
uids_none(const struct uids *u)
{
	return u->all.count == 0 && u->boxes == 0;
}

void
uids_free(struct uids *u)
{
	uidset_free(&u->all);
	uidset_free(&u->single);
	while (u->boxes > 0) {
		uidset_free(&u->box[--u->boxes].all);
		uidset_free(&u->box[u->boxes].single);
		free(u->box[u->boxes].mailbox);
	}
	free(u->box);
}
