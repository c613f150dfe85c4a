/* SPDX-License-Identifier: ISC */
/* buf.h - a growing byte string.
 * A zeroed struct is empty and valid (data may be NULL then: read it by buf_str). The buffer owns its bytes, which
 * may hold NUL; one NUL that len does not count always follows them. Growing never fails (see xalloc.h). */
#ifndef BUF_H
#define BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t cap;
};

void buf_add(struct buf *, const void *, size_t);
void buf_adds(struct buf *, const char *);
void buf_addc(struct buf *, char);
void buf_printf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *, const char *fmt, va_list) __attribute__((format(printf, 2, 0)));
void buf_reserve(struct buf *, size_t more);	/* room for that many bytes beyond len */
void buf_drop(struct buf *, size_t n);		/* the first n bytes go */
void buf_cut(struct buf *, size_t len);		/* only the first len bytes stay */
const char *buf_str(const struct buf *);	/* never NULL; until the next change */
char *buf_steal(struct buf *);			/* the caller frees; the buffer is empty again */
void buf_wipe(struct buf *);			/* overwrite, then free: for secrets */
void buf_free(struct buf *);

#endif
