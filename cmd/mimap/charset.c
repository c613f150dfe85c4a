/* SPDX-License-Identifier: ISC */
/* charset.c - conversions. iconv's own UTF-8 is not always valid, so nothing here relies on it. */
#include "charset.h"

#include <errno.h>

#include "buf.h"

#define ROOM 256

/* One call's worth. (size_t)-1 as iconv returns it, errno E2BIG where only the room was too small. */
static size_t
some(struct buf *out, iconv_t cd, char **p, size_t *n)
{
	char room[ROOM], *to = room;
	size_t left = sizeof(room), r = iconv(cd, p, n, &to, &left);
	int saved = errno;

	buf_add(out, room, sizeof(room) - left);
	errno = saved;
	return r;
}

int
charset_convert(struct buf *out, iconv_t cd, const char *text, size_t n)
{
	struct buf copy = { 0 };
	size_t before = out->len, r = 0;
	char *p;

	buf_add(&copy, text, n);
	iconv(cd, NULL, NULL, NULL, NULL);
	for (p = copy.data; n > 0 && r != (size_t)-1;) {
		r = some(out, cd, &p, &n);
		if (r == (size_t)-1 && errno == E2BIG)
			r = 0;
		else if (r != 0)
			r = (size_t)-1;		/* wrong, or only something like it */
	}
	buf_free(&copy);
	if (r == 0)
		return 0;
	buf_cut(out, before);
	return -1;
}

size_t
charset_utf8(struct buf *out, iconv_t cd, const char *text, size_t n)
{
	char *p = (char *)(size_t)text;		/* iconv does not write to it */
	size_t left = n;

	while (left > 0) {
		if (some(out, cd, &p, &left) != (size_t)-1 || errno == E2BIG)
			continue;
		if (errno == EINVAL)
			break;
		buf_adds(out, "\xef\xbf\xbd");
		p++;
		left--;
	}
	return n - left;
}
