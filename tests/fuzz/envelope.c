/* SPDX-License-Identifier: ISC */
/* envelope: what is read, written again, is the block that was read; a change in place is what a new reading sees.
 * The length in the first line is put right, so that a fuzzer gets past it; an input that begins with '!' is left as it is. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buf.h"
#include "envelope.h"
#include "err.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int so)
{
	if (!so)
		abort();
}

static int
file_of(const char *p, size_t n)
{
	int fd = memfd_create("entry", 0);

	must(fd != -1 && pwrite(fd, p, n, 0) == (ssize_t)n);
	return fd;
}

static void
check(int fd, struct envelope *v, const char *p)
{
	struct buf again = {0}, changed = {0}, reread = {0};
	struct envelope back;
	struct err e;

	envelope_write(&again, v);
	must((off_t)again.len == v->message_at && memcmp(again.data, p, again.len) == 0);
	must(envelope_set_held(fd, v, !v->held, &e) == 0 && envelope_set_next(fd, v, 1795344000, 7, &e) == 0);
	must(envelope_set_tried(fd, v, 1795344001, 60, &e) == 0 && envelope_set_warned(fd, v, &e) == 0);
	if (v->rcpts > 0)
		must(envelope_set_fate(fd, v, v->rcpts - 1, FATE_BOUNCED, "550 5.1.1 nobody \n", &e) == 0);
	must(envelope_read(fd, &back, &e) == 0);
	envelope_write(&changed, v);
	envelope_write(&reread, &back);
	must(changed.len == reread.len && memcmp(changed.data, reread.data, changed.len) == 0);
	envelope_free(&back);
	buf_free(&again);
	buf_free(&changed);
	buf_free(&reread);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = {0};
	struct envelope v;
	struct err e;
	int fd;

	if (size > 0 && data[0] == '!') {
		buf_add(&text, data + 1, size - 1);
	} else {
		buf_printf(&text, "Penny-Queue: 1 %010zu\n", size + 26);
		buf_add(&text, data, size);
	}
	fd = file_of(buf_str(&text), text.len);
	if (envelope_read(fd, &v, &e) == 0) {
		check(fd, &v, text.data);
		envelope_free(&v);
	}
	close(fd);
	buf_free(&text);
	return 0;
}
