/* SPDX-License-Identifier: ISC */
/* syncflag.c - letters, bits and names of flags; a folder's dovecot-keywords: lines "NUMBER NAME", number 0 is the letter a
 * (Dovecot's maildir format; others read and write it too). The file is only ever added to: what we can't read in it stays. */
#include "syncflag.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "buf.h"
#include "dir.h"
#include "err.h"
#include "flagname.h"
#include "sink.h"
#include "value.h"
#include "xalloc.h"

#define FILE_NAME "dovecot-keywords"
#define TEXT_MAX (64 * 1024)

static const char standard[] = "DFPRST";

static uint32_t
letter_bit(char c)
{
	const char *p;

	if (c >= 'a' && c <= 'z')
		return UINT32_C(1) << (SYNCFLAG_KEYWORD + (c - 'a'));
	p = c == '\0' ? NULL : strchr(standard, c);
	return p == NULL ? 0 : UINT32_C(1) << (p - standard);
}

uint32_t
syncflag_letters(const char *text)
{
	uint32_t flags = 0;

	for (; *text != '\0'; text++)
		flags |= letter_bit(*text);
	return flags;
}

void
syncflag_text(uint32_t flags, char out[SYNCFLAG_TEXT])
{
	size_t n = 0, i;

	for (i = 0; i < SYNCFLAG_KEYWORD; i++) {
		if (flags >> i & 1)
			out[n++] = standard[i];
	}
	for (i = 0; i < SYNCFLAG_KEYWORDS; i++) {
		if (flags >> (SYNCFLAG_KEYWORD + i) & 1)
			out[n++] = (char)('a' + i);
	}
	out[n] = '\0';
}

static uint32_t
keyword_bit(size_t number)
{
	return UINT32_C(1) << (SYNCFLAG_KEYWORD + number);
}

static int
is_forwarded(const char *name, size_t n)
{
	return n == strlen("$Forwarded") && strncasecmp(name, "$Forwarded", n) == 0;
}

/* The bit of a keyword that has one, else 0. */
static uint32_t
keyword_find(const struct syncflag_table *t, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < SYNCFLAG_KEYWORDS; i++) {
		if (t->name[i] != NULL && strncasecmp(t->name[i], name, n) == 0 && t->name[i][n] == '\0')
			return keyword_bit(i);
	}
	return 0;
}

/* A name that is listed twice has the first number; the second one's letter says nothing. */
static void
load_line(struct syncflag_table *t, const char *line, size_t n)
{
	size_t number = 0, digits = 0;

	while (digits < n && digits < 3 && line[digits] >= '0' && line[digits] <= '9')
		number = number * 10 + (size_t)(line[digits++] - '0');
	if (digits == 0 || number >= SYNCFLAG_KEYWORDS || (t->taken & keyword_bit(number)) != 0)
		return;
	t->taken |= keyword_bit(number);
	if (digits == n || line[digits] != ' ')
		return;
	line += digits + 1;
	n -= digits + 1;
	if (is_forwarded(line, n))
		t->alias |= keyword_bit(number);
	else if (flagname_keyword(line, n) && keyword_find(t, line, n) == 0)
		t->name[number] = xstrndup(line, n);
}

/* The file's text, to be freed; NULL where there is none. */
static int
read_file(const char *path, char **text, struct err *e)
{
	struct buf all = { 0 };
	char chunk[4096];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	*text = NULL;
	if (fd == -1)
		return errno == ENOENT ? 0 : err_sys(e, err_file(errno), "open %s", path);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && all.len <= TEXT_MAX)
		buf_add(&all, chunk, (size_t)n);
	if (n == -1)
		err_sys(e, err_file(errno), "read %s", path);
	else if (all.len > TEXT_MAX || strlen(buf_str(&all)) != all.len)
		n = err_set(e, ERR_DATA, "%s is no list of keywords: move it away", path);
	close(fd);
	if (n == -1) {
		buf_free(&all);
		return -1;
	}
	buf_addc(&all, '\0');
	*text = buf_steal(&all);
	return 0;
}

int
syncflag_load(struct syncflag_table *t, const char *dir, struct err *e)
{
	char *path = xasprintf("%s/" FILE_NAME, dir);
	const char *p, *end;
	int r;

	*t = (struct syncflag_table){ .changed = 0 };
	r = read_file(path, &t->text, e);
	for (p = t->text; p != NULL && *p != '\0'; p = *end == '\0' ? end : end + 1) {
		end = p + strcspn(p, "\n");
		load_line(t, p, (size_t)(end - p));
	}
	free(path);
	return r;
}

/* The old text and a line for each name it does not have. */
static void
print_table(const struct syncflag_table *t, struct buf *out)
{
	size_t i;

	buf_adds(out, t->text != NULL ? t->text : "");
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		buf_addc(out, '\n');
	for (i = 0; i < SYNCFLAG_KEYWORDS; i++) {
		if (t->name[i] != NULL && (t->taken & keyword_bit(i)) == 0)
			buf_printf(out, "%zu %s\n", i, t->name[i]);
	}
}

static int
write_file(const char *path, struct buf *text, struct err *e)
{
	char *temp = xasprintf("%s.new", path);
	int fd, r;

	unlink(temp);
	if ((fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) == -1) {
		r = err_sys(e, err_file(errno), "create %s", temp);
	} else {
		r = sink_fd(&fd, buf_str(text), text->len, e);
		if (r == 0 && fsync(fd) == -1)
			r = err_sys(e, err_file(errno), "sync %s", temp);
		close(fd);
		if (r == 0 && rename(temp, path) == -1)
			r = err_sys(e, err_file(errno), "rename %s", temp);
		if (r == -1)
			unlink(temp);
	}
	free(temp);
	return r == 0 ? dir_sync_parent(path, e) : r;
}

/* Nobody else has written to it since it was read. */
static int
check_same(const struct syncflag_table *t, const char *path, struct err *e)
{
	char *now;
	int r;

	if (read_file(path, &now, e) == -1)
		return -1;
	r = strcmp(now != NULL ? now : "", t->text != NULL ? t->text : "") == 0 ? 0
	    : err_set(e, ERR_TEMP, "%s: another program added keywords meanwhile; run it again", path);
	free(now);
	return r;
}

int
syncflag_save(struct syncflag_table *t, const char *dir, struct err *e)
{
	char *path;
	struct buf text = { 0 };
	size_t i;
	int r;

	if (!t->changed)
		return 0;
	path = xasprintf("%s/" FILE_NAME, dir);
	print_table(t, &text);
	r = check_same(t, path, e);
	if (r == 0)
		r = write_file(path, &text, e);
	if (r == 0) {
		free(t->text);
		t->text = buf_steal(&text);
		t->changed = 0;
		for (i = 0; i < SYNCFLAG_KEYWORDS; i++)
			t->taken |= t->name[i] != NULL ? keyword_bit(i) : 0;
	}
	buf_free(&text);
	free(path);
	return r;
}

void
syncflag_free(struct syncflag_table *t)
{
	size_t i;

	for (i = 0; i < SYNCFLAG_KEYWORDS; i++)
		free(t->name[i]);
	free(t->first_left_out);
	free(t->text);
	*t = (struct syncflag_table){ .changed = 0 };
}

uint32_t
syncflag_known(const struct syncflag_table *t)
{
	uint32_t known = SYNCFLAG_STANDARD;
	size_t i;

	for (i = 0; i < SYNCFLAG_KEYWORDS; i++)
		known |= t->name[i] != NULL ? keyword_bit(i) : 0;
	return known;
}

uint32_t
syncflag_here(const struct syncflag_table *t, uint32_t letters)
{
	return (letters & syncflag_known(t)) | ((letters & t->alias) != 0 ? SYNCFLAG_FORWARDED : 0);
}

/* The bit of a keyword, which gets the first letter that is free if it is new. */
static uint32_t
keyword_add(struct syncflag_table *t, const char *name, size_t n)
{
	uint32_t bit = keyword_find(t, name, n);
	size_t i;

	if (bit != 0 || !flagname_keyword(name, n))
		return bit;
	for (i = 0; i < SYNCFLAG_KEYWORDS && (t->name[i] != NULL || (t->taken & keyword_bit(i)) != 0); i++)
		;
	if (i < SYNCFLAG_KEYWORDS) {
		t->name[i] = xstrndup(name, n);
		t->changed = 1;
		return keyword_bit(i);
	}
	if (t->left_out++ == 0)
		t->first_left_out = xstrndup(name, n);
	return 0;
}

uint32_t
syncflag_wire(struct syncflag_table *t, const struct value *list)
{
	char letters[FLAG_LETTERS];
	const struct value *v;
	uint32_t flags;

	flagname_letters(list, letters);
	flags = syncflag_letters(letters);
	for (v = value_at(list, 0); v != NULL; v = v->next) {
		if (v->kind == VALUE_ATOM && v->len > 0 && *v->text != '\\' && !is_forwarded(v->text, v->len))
			flags |= keyword_add(t, v->text, v->len);
	}
	return flags;
}

uint32_t
syncflag_wire_one(struct syncflag_table *t, const char *name, size_t n)
{
	struct value atom = { .kind = VALUE_ATOM, .text = name, .len = n }, list = { .kind = VALUE_LIST, .first = &atom };

	return syncflag_wire(t, &list);
}

void
syncflag_names(const struct syncflag_table *t, uint32_t flags, struct buf *out)
{
	char letters[SYNCFLAG_TEXT];
	size_t before = out->len, i;

	syncflag_text(flags & SYNCFLAG_STANDARD, letters);
	flagname_from_letters(out, letters);
	for (i = 0; i < SYNCFLAG_KEYWORDS; i++) {
		if ((flags & keyword_bit(i)) != 0 && t->name[i] != NULL)
			buf_printf(out, "%s%s", out->len > before ? " " : "", t->name[i]);
	}
}
