/* SPDX-License-Identifier: ISC */
/* syncident.c - numbers and sizes of messages. The header ends at the first empty line, as servers see it, whatever stands before. */
#include "syncident.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "err.h"
#include "message.h"
#include "xalloc.h"

#define CHUNK (64 * 1024)

void
syncident_print(uint64_t number, char out[SYNCIDENT_HEX])
{
	snprintf(out, SYNCIDENT_HEX, "%016" PRIx64, number);
}

int
syncident_parse(const char *hex, uint64_t *number)
{
	uint64_t n = 0;
	unsigned int bad = 0, c;
	size_t i;

	if (strlen(hex) != 16)
		return 0;
	for (i = 0; i < 16; i++) {	/* without a branch: digits are random */
		c = (unsigned char)hex[i];
		bad |= (unsigned int)(c - (unsigned int)'0' > 9) & (unsigned int)(c - (unsigned int)'a' > 5);
		n = n << 4 | ((c & 0xf) + (c >> 6) * 9);
	}
	if (bad)
		return 0;
	*number = n;
	return 1;
}

/* Where p, the start of a line, is followed by an empty one: "\n" or "\r\n". */
static int
empty_line(const char *p, size_t n)
{
	return n > 0 && (*p == '\n' || (n > 1 && *p == '\r' && p[1] == '\n'));
}

/* Octets of the header less the empty line, from the start of a line at `from` on; *ended: there is one. */
static size_t
header_length(const char *p, size_t n, size_t from, int *ended)
{
	const char *lf;

	*ended = 0;
	while (from < n) {
		if (empty_line(p + from, n - from)) {
			*ended = 1;
			return from;
		}
		if ((lf = memchr(p + from, '\n', n - from)) == NULL)
			break;
		from = (size_t)(lf + 1 - p);
	}
	return n;
}

/* All but blanks and controls: folding and line ends are none of its meaning. */
static int
put_hash(const char *p, size_t n, int header, uint64_t *number)
{
	struct buf text = { 0 };
	struct digest *d = NULL;
	struct err unused;
	char hex[DIGEST_HEX];
	size_t i;

	for (i = 0; i < n; i++) {
		if (header ? p[i] != '\r' : (unsigned char)p[i] > ' ')
			buf_addc(&text, p[i]);
	}
	while (header && text.len > 0 && text.data[text.len - 1] == '\n')
		buf_cut(&text, text.len - 1);
	i = text.len;
	if (i > 0 && digest_new(&d, DIGEST_SHA256, &unused) == 0) {
		digest_add(d, buf_str(&text), text.len);
		digest_end(&d, hex);
		hex[16] = '\0';
		if (!syncident_parse(hex, number) || *number == 0)
			*number = 1;
	}
	buf_free(&text);
	return i > 0;
}

/* The line that Message-ID begins with, or n. */
static size_t
find_id(const char *p, size_t n)
{
	static const char name[] = "Message-ID";
	size_t at = 0, end;
	const char *lf;

	while (at < n) {
		if (n - at > strlen(name) && strncasecmp(p + at, name, strlen(name)) == 0) {
			for (end = at + strlen(name); end < n && (p[end] == ' ' || p[end] == '\t'); end++)
				;
			if (end < n && p[end] == ':')
				return at;
		}
		if ((lf = memchr(p + at, '\n', n - at)) == NULL)
			break;
		at = (size_t)(lf + 1 - p);
	}
	return n;
}

int
syncident_header(const char *block, size_t n, int whole, uint64_t *number)
{
	struct buf id = { 0 };
	uint64_t found = 0;
	size_t at;
	int ended;

	n = header_length(block, n, 0, &ended);
	at = find_id(block, n);
	if (at < n && message_get(block + at, n - at, "Message-ID", &id))
		put_hash(buf_str(&id), id.len, 0, &found);
	buf_free(&id);
	if (found == 0 && whole && !put_hash(block, n, 1, &found))
		found = 1;	/* a message without any header */
	if (found != 0)
		*number = found;
	return found != 0;
}

/* The header grows until its empty line is there; only from the last line on is there anything new to see. */
static void
add_header(struct syncident_run *r, const char *p, size_t n)
{
	size_t from = r->header.len, room = MESSAGE_HEADER_MAX - from;

	while (from > 0 && r->header.data[from - 1] != '\n')
		from--;
	buf_add(&r->header, p, n < room ? n : room);
	from = header_length(buf_str(&r->header), r->header.len, from, &r->done);
	if (r->done)
		buf_cut(&r->header, from);
	r->done |= r->header.len == MESSAGE_HEADER_MAX;
}

int
syncident_add(void *ctx, const char *p, size_t n, struct err *e)
{
	struct syncident_run *r = ctx;
	uint64_t cr = 0, lf = 0, crlf = 0;
	size_t i;

	(void)e;
	if (n == 0)
		return 0;
	if (!r->done)
		add_header(r, p, n);
	for (i = 0; i < n; i++) {
		cr += p[i] == '\r';
		lf += p[i] == '\n';
	}
	for (i = 1; i < n; i++)
		crlf += (p[i] == '\n') & (p[i - 1] == '\r');
	r->crlf += crlf + (r->last == '\r' && *p == '\n');
	r->cr += cr;
	r->lf += lf;
	r->octets += n;
	r->last = (unsigned char)p[n - 1];
	return 0;
}

/* On the way down each CRLF became LF. On the way up LF, CR and CRLF become CRLF, and the last line gets one. */
void
syncident_end(struct syncident_run *r, struct syncident *out)
{
	int open = r->octets > 0 && r->last != '\n' && r->last != '\r';

	out->number = 0;
	if (r->octets > 0)
		syncident_header(buf_str(&r->header), r->header.len, 1, &out->number);
	out->size = r->octets + r->lf;
	out->size_up = r->octets + r->cr + r->lf - 2 * r->crlf + (open ? 2 : 0);
	buf_free(&r->header);
	*r = (struct syncident_run){ .done = 0 };
}

int
syncident_file(int fd, const char *path, struct syncident *out, struct err *e)
{
	struct syncident_run run = { .done = 0 };
	struct stat st;
	char *chunk;
	ssize_t n;
	off_t at = 0;

	if (fstat(fd, &st) == -1)
		return err_sys(e, err_file(errno), "look at %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_DATA, "%s is no regular file", path);
	chunk = xmalloc(CHUNK);
	while ((n = pread(fd, chunk, CHUNK, at)) > 0) {
		syncident_add(&run, chunk, (size_t)n, e);
		at += n;
	}
	free(chunk);
	syncident_end(&run, out);
	if (n == -1)
		return err_sys(e, err_file(errno), "read %s", path);
	return at > 0 ? 0 : err_set(e, ERR_DATA, "%s is empty", path);
}
