/* SPDX-License-Identifier: ISC */
/* deflate.c - over zlib. */
#include "deflate.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "xalloc.h"

#ifdef HAVE_ZLIB
#define ZLIB_CONST
#include <zlib.h>

#define ROOM	((size_t)16 * 1024)
#define BARREN	((size_t)1024 * 1024)	/* octets of input on end that may give nothing */

struct deflate {
	z_stream in, out;
	int waiting, ended;
	size_t barren;
	char *input;		/* ROOM, or more at first */
	char output[ROOM];
};

int
deflate_known(void)
{
	return 1;
}

/* Level 1 costs a third of the default's time, and mail gets hardly larger by it. */
struct deflate *
deflate_new(const char *first, size_t n)
{
	struct deflate *d = xcalloc(1, sizeof(*d));

	d->input = xmalloc(n > ROOM ? n : ROOM);
	if (n > 0)
		memcpy(d->input, first, n);
	if (inflateInit2(&d->in, -15) != Z_OK || deflateInit2(&d->out, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();	/* as xalloc does: zlib has no other reason than memory */
	deflate_fed(d, n);
	return d;
}

void
deflate_free(struct deflate **dp)
{
	struct deflate *d = *dp;

	if (d == NULL)
		return;
	inflateEnd(&d->in);
	deflateEnd(&d->out);
	free(d->input);
	free(d);
	*dp = NULL;
}

static unsigned int
at_most(size_t n)
{
	return n > UINT_MAX ? UINT_MAX : (unsigned int)n;
}

size_t
deflate_pack(struct deflate *d, const char **p, size_t *n, int flush, const char **out)
{
	unsigned int take = at_most(*n);

	d->out.next_in = (const unsigned char *)*p;
	d->out.avail_in = take;
	d->out.next_out = (unsigned char *)d->output;
	d->out.avail_out = sizeof(d->output);
	deflate(&d->out, flush && take == *n ? Z_SYNC_FLUSH : Z_NO_FLUSH);
	take -= d->out.avail_in;
	*p += take;
	*n -= take;
	d->waiting = !flush;
	*out = d->output;
	return sizeof(d->output) - d->out.avail_out;
}

int
deflate_waiting(const struct deflate *d)
{
	return d->waiting;
}

ssize_t
deflate_unpack(struct deflate *d, char *to, size_t n, struct err *e)
{
	unsigned int room = at_most(n), got;
	int r;

	if (d->ended)
		return DEFLATE_END;
	d->in.next_out = (unsigned char *)to;
	d->in.avail_out = room;
	r = inflate(&d->in, Z_SYNC_FLUSH);
	got = room - d->in.avail_out;
	d->ended = r == Z_STREAM_END;
	if (r != Z_OK && r != Z_BUF_ERROR && r != Z_STREAM_END)
		return err_set(e, ERR_PROTOCOL, "compressed data that can't be expanded");
	if (got > 0)
		d->barren = 0;
	else if (d->barren > BARREN)
		return err_set(e, ERR_PROTOCOL, "compressed data that expands to nothing");
	return got > 0 || !d->ended ? (ssize_t)got : DEFLATE_END;
}

char *
deflate_room(struct deflate *d, size_t *n)
{
	*n = ROOM;
	return d->input;
}

void
deflate_fed(struct deflate *d, size_t n)
{
	d->in.next_in = (const unsigned char *)d->input;
	d->in.avail_in = at_most(n);
	d->barren += n;
}

#else

int
deflate_known(void)
{
	return 0;
}

struct deflate *
deflate_new(const char *first, size_t n)
{
	(void)first;
	(void)n;
	return NULL;
}

void
deflate_free(struct deflate **dp)
{
	*dp = NULL;
}

size_t
deflate_pack(struct deflate *d, const char **p, size_t *n, int flush, const char **out)
{
	(void)d;
	(void)flush;
	*out = *p;
	*n = 0;
	return 0;
}

int
deflate_waiting(const struct deflate *d)
{
	(void)d;
	return 0;
}

ssize_t
deflate_unpack(struct deflate *d, char *to, size_t n, struct err *e)
{
	(void)d;
	(void)to;
	(void)n;
	return err_set(e, ERR_SOFTWARE, "built without zlib");
}

char *
deflate_room(struct deflate *d, size_t *n)
{
	(void)d;
	*n = 0;
	return NULL;
}

void
deflate_fed(struct deflate *d, size_t n)
{
	(void)d;
	(void)n;
}

#endif
