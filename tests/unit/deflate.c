/* SPDX-License-Identifier: ISC */
/* deflate: what one side packs the other expands, in pieces of any size; bombs, rubbish and silence are bounded. And a stream over it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"
#include "deadline.h"
#include "deflate.h"
#include "dial.h"
#include "err.h"
#include "stream.h"

static void
pack(struct deflate *d, const char *p, size_t n, int flush, struct buf *out)
{
	const char *packed;
	size_t len;

	while ((len = deflate_pack(d, &p, &n, flush, &packed)) > 0)
		buf_add(out, packed, len);
	assert_int_equal(n, 0);
}

/* All that the input gives, fed `piece` octets at a time, taken `take` at a time. The last return value. */
static ssize_t
unpack(struct deflate *d, const char *p, size_t n, size_t piece, size_t take, struct buf *out, struct err *e)
{
	char to[4096];
	ssize_t r;
	size_t room;

	for (;;) {
		while ((r = deflate_unpack(d, to, take, e)) > 0)
			buf_add(out, to, (size_t)r);
		if (r < 0 || n == 0)
			return r;
		char *in = deflate_room(d, &room);
		size_t m = piece < room ? piece : room;

		m = m < n ? m : n;
		memcpy(in, p, m);
		deflate_fed(d, m);
		p += m;
		n -= m;
	}
}

static void
random_text(struct buf *out, size_t n)
{
	uint32_t x = 12345;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		buf_addc(out, (char)(x >> 24 & (i / 1000 % 2 ? 0xff : 0x0f)));
	}
}

static void
test_both_ways(void **state)
{
	static const size_t sizes[] = { 1, 2, 7, 100, 4096 };
	struct buf text = { 0 };

	(void)state;
	random_text(&text, 100000);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct deflate *a = deflate_new(NULL, 0), *b = deflate_new(NULL, 0);
		struct buf wire = { 0 }, out = { 0 };
		struct err e;

		for (size_t at = 0; at < text.len; at += 10000)
			pack(a, text.data + at, 10000, at % 20000 == 0, &wire);
		assert_true(deflate_waiting(a));
		pack(a, NULL, 0, 1, &wire);
		assert_false(deflate_waiting(a));
		assert_int_equal(unpack(b, wire.data, wire.len, sizes[i], 1 + sizes[i] / 2, &out, &e), 0);
		assert_int_equal(out.len, text.len);
		assert_memory_equal(out.data, text.data, text.len);
		buf_free(&wire);
		buf_free(&out);
		deflate_free(&a);
		deflate_free(&b);
	}
	buf_free(&text);
}

/* After each flush everything is readable; the first input may be there before the expander is. */
static void
test_flush(void **state)
{
	struct deflate *a = deflate_new(NULL, 0), *b;
	struct buf wire = { 0 }, out = { 0 };
	struct err e;

	(void)state;
	pack(a, "* OK first\r\n", 12, 1, &wire);
	b = deflate_new(wire.data, wire.len);
	assert_int_equal(unpack(b, NULL, 0, 1, 5, &out, &e), 0);
	assert_string_equal(buf_str(&out), "* OK first\r\n");
	buf_cut(&wire, 0);
	pack(a, "A1 OK\r\n", 7, 1, &wire);
	pack(a, NULL, 0, 1, &wire);		/* again: changes nothing */
	assert_int_equal(unpack(b, wire.data, wire.len, 1, 100, &out, &e), 0);
	assert_string_equal(buf_str(&out), "* OK first\r\nA1 OK\r\n");
	buf_free(&wire);
	buf_free(&out);
	deflate_free(&a);
	deflate_free(&b);
}

static void
test_hostile(void **state)
{
	static const char empty_block[] = "\x00\x00\x00\xff\xff", end[] = "\x03\x00";
	struct deflate *d = deflate_new("\xff\xff\xff\xff", 4);
	struct buf many = { 0 }, out = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(unpack(d, NULL, 0, 1, 100, &out, &e), -1);
	assert_int_equal(e.class, ERR_PROTOCOL);
	deflate_free(&d);
	d = deflate_new(end, 2);
	assert_int_equal(unpack(d, NULL, 0, 1, 100, &out, &e), DEFLATE_END);
	assert_int_equal(unpack(d, "more", 4, 1, 100, &out, &e), DEFLATE_END);
	deflate_free(&d);
	for (int i = 0; i < 300000; i++)
		buf_add(&many, empty_block, 5);
	d = deflate_new(NULL, 0);
	assert_int_equal(unpack(d, many.data, many.len, 10000, 100, &out, &e), -1);
	assert_non_null(strstr(e.text, "expands to nothing"));
	assert_int_equal(out.len, 0);
	deflate_free(&d);
	buf_free(&many);
}

static struct stream *
joined(int *other, size_t max_line)
{
	const struct stream_opts o = { .max_line = max_line, .end = deadline_in(10000, 0) };
	struct conn c = { .peer = "test" };
	int sv[2], size = 1 << 20;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
	setsockopt(sv[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	c.fd = sv[0];
	*other = sv[1];
	return stream_new(&c, &o);
}

/* What the server packs right behind its OK belongs to the compressed part already, and lines are lines again. */
static void
test_stream(void **state)
{
	struct deflate *d = deflate_new(NULL, 0);
	struct buf wire = { 0 }, out = { 0 };
	struct stream *s;
	struct err e;
	char *line, got[4096];
	size_t n;
	ssize_t r;
	int fd;

	(void)state;
	s = joined(&fd, 100);
	buf_adds(&wire, "A1 OK go\r\n");
	pack(d, "* 1 EXISTS\r\n", 12, 1, &wire);
	assert_int_equal(write(fd, wire.data, wire.len), (ssize_t)wire.len);
	assert_int_equal(stream_line(s, &line, &n, &e), 0);
	assert_int_equal(stream_deflate(s, &e), 0);
	assert_int_equal(stream_ready(s, &e), 1);
	assert_int_equal(stream_line(s, &line, &n, &e), 0);
	assert_string_equal(line, "* 1 EXISTS");
	assert_int_equal(stream_ready(s, &e), 0);
	assert_int_equal(stream_send(s, &e, "A2 NOOP"), 0);
	for (int i = 0; i < 2000; i++)		/* more than the buffer holds, and then nothing waits */
		assert_int_equal(stream_write(s, "0123456789abcdef0123456789abcdef", 32, &e), 0);
	assert_int_equal(stream_flush(s, &e), 0);
	r = read(fd, got, sizeof(got));
	assert_true(r > 0 && r < 2000);
	assert_int_equal(unpack(d, got, (size_t)r, 4096, 4096, &out, &e), 0);
	assert_int_equal(out.len, 9 + 64000);
	assert_memory_equal(out.data, "A2 NOOP\r\n0123", 13);
	close(fd);
	assert_int_equal(stream_line(s, &line, &n, &e), 1);
	stream_close(&s);
	buf_free(&wire);
	buf_free(&out);
	deflate_free(&d);
}

/* A megabyte packed into a kilobyte is a line that is too long, no more. */
static void
test_bomb(void **state)
{
	struct deflate *d = deflate_new(NULL, 0);
	struct buf text = { 0 }, wire = { 0 };
	struct stream *s;
	struct err e;
	char *line;
	size_t n;
	int fd;

	(void)state;
	for (int i = 0; i < 1 << 20; i++)
		buf_addc(&text, 'x');
	pack(d, text.data, text.len, 1, &wire);
	assert_true(wire.len < 16384);
	s = joined(&fd, 20000);
	assert_int_equal(stream_deflate(s, &e), 0);
	assert_int_equal(write(fd, wire.data, wire.len), (ssize_t)wire.len);
	assert_int_equal(stream_line(s, &line, &n, &e), -1);
	assert_int_equal(e.class, ERR_PROTOCOL);
	assert_non_null(strstr(e.text, "a line of more than 20000"));
	stream_close(&s);
	s = joined(&fd, 20000);
	assert_int_equal(write(fd, "\xff\xff\xff", 3), 3);
	assert_int_equal(stream_deflate(s, &e), 0);
	assert_int_equal(stream_line(s, &line, &n, &e), -1);
	assert_string_equal(e.text, "test sent: compressed data that can't be expanded");
	stream_close(&s);
	buf_free(&text);
	buf_free(&wire);
	deflate_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways), cmocka_unit_test(test_flush), cmocka_unit_test(test_hostile), cmocka_unit_test(test_stream),
		cmocka_unit_test(test_bomb),
	};

	if (!deflate_known()) {
		puts("1..0 # SKIP built without zlib");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
