/* SPDX-License-Identifier: ISC */
/* log.c - one write(2) a line, so lines of several processes do not mix; nothing alive reaches a terminal.
 * Well-formed UTF-8 is RFC 3629's (no overlong forms, no surrogates, at most U+10FFFF). */
#define LIBBSD_OPENBSD_VIS	/* which strnvis libbsd shall offer; not used here */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <vis.h>

#include "buf.h"
#include "err.h"

static const char *program = "pennypost";
static int status_shown;

/* A standard descriptor that is closed would be the next socket or file that is opened, and what we say would go there. It is opened the
 * wrong way round, so that its use still fails. */
static void
occupy_standard(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) == -1)
			return;
}

void
log_init(const char *name)
{
	program = name;
	occupy_standard();
}

/* Octets of the UTF-8 character at p, and the character; 0 if it is not well-formed. */
static size_t
utf8(const unsigned char *p, size_t n, unsigned long *ch)
{
	static const unsigned long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf8 ? 4 : 0, i;

	if (len == 0 || len > n)
		return 0;
	*ch = len == 1 ? p[0] : p[0] & (0x7fU >> len);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*ch = *ch << 6 | (p[i] & 0x3f);
	}
	if (*ch < least[len] || *ch > 0x10ffff || (*ch >= 0xd800 && *ch <= 0xdfff))
		return 0;
	return len;
}

/* Controls and what turns the direction or the line of a terminal's text. */
static int
harmful(unsigned long ch)
{
	return ch < 0x20 || (ch >= 0x7f && ch < 0xa0) || ch == 0x2028 || ch == 0x2029 || (ch >= 0x202a && ch <= 0x202e)
	    || (ch >= 0x2066 && ch <= 0x2069);
}

static void
add_escaped(struct buf *out, unsigned char c)
{
	char seen[8];

	if (c >= 0x80) {	/* vis(3) depends on the locale here */
		buf_printf(out, "\\x%02x", (unsigned int)c);
		return;
	}
	vis(seen, c, VIS_CSTYLE | VIS_TAB | VIS_NL, '0');
	buf_adds(out, seen);
}

void
log_safe(struct buf *out, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len, *plain = p;
	unsigned long ch;
	size_t n;

	while (p < end) {
		n = utf8(p, (size_t)(end - p), &ch);
		if (n > 0 && !harmful(ch)) {
			p += n;
			continue;
		}
		buf_add(out, plain, (size_t)(p - plain));
		for (n = n > 0 ? n : 1; n > 0; n--)
			add_escaped(out, *p++);
		plain = p;
	}
	buf_add(out, plain, (size_t)(p - plain));
}

static void
emit(struct buf *line)
{
	size_t at = 0;
	ssize_t n;

	while (at < line->len && (n = write(STDERR_FILENO, line->data + at, line->len - at)) > 0)
		at += (size_t)n;
	buf_free(line);
}

static void
print(const char *head, const char *text, size_t len)
{
	struct buf line = { 0 };

	if (status_shown)
		log_status(NULL);
	buf_printf(&line, "%s: ", head);
	log_safe(&line, text, len);
	buf_addc(&line, '\n');
	emit(&line);
}

void
log_warn(const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	print(program, buf_str(&text), text.len);
	buf_free(&text);
}

int
log_err(const struct err *e)
{
	print(program, e->text, strlen(e->text));
	return (int)e->class;
}

void
log_trace(const char *side, const char *text, size_t len)
{
	print(side, text, len);
}

void
log_status(const char *text)
{
	struct buf line = { 0 };

	if (text == NULL && !status_shown)
		return;
	buf_adds(&line, "\r\033[K");
	if (text != NULL)
		log_safe(&line, text, strlen(text));
	status_shown = text != NULL;
	emit(&line);
}
