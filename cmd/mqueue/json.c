/* SPDX-License-Identifier: ISC */
/* json.c - see json.h. Which octets are UTF-8 is RFC 3629 4. */
#include <string.h>

#include "buf.h"
#include "json.h"

/* Octets of the character at p, 0 if it is not well-formed. */
static size_t
utf8_len(const unsigned char *p, size_t n)
{
	size_t len = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0, i;

	if (len == 0 || len > n)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f))
		return 0;
	if ((*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

void
json_string(struct buf *out, const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + n;
	size_t len;

	buf_addc(out, '"');
	for (; p < end; p += len > 0 ? len : 1) {
		len = utf8_len(p, (size_t)(end - p));
		if (len == 0)
			buf_adds(out, "\xef\xbf\xbd");
		else if (*p < 0x20 || *p == 0x7f)
			buf_printf(out, "\\u%04x", (unsigned int)*p);
		else {
			if (*p == '"' || *p == '\\')
				buf_addc(out, '\\');
			buf_add(out, p, len);
		}
	}
	buf_addc(out, '"');
}
