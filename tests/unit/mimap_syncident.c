/* SPDX-License-Identifier: ISC */
/* syncident: a message is told by the same number and size wherever it is met: whole, in pieces, on the wire, in a file. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cmd/mimap/syncident.h"
#include "eol.h"
#include "err.h"
#include "scratch.h"

static struct err e;

/* As they lie in a file. */
static const char *const messages[] = {
	"Message-ID: <a@example.org>\nSubject: x\n\nbody\n",
	"Subject: x\nMESSAGE-id : <a@example.org>\n\nbody\n",
	"Subject: x\nMessage-ID:\n <a@example.org>\n\nbody\n",
	"a line that is no field\nMessage-ID: <a@example.org>\n\nbody\n",
	"Message-ID: <a@example.org>\nMessage-ID: <b@example.org>\n\nbody\n",
	"Message-ID: <a@example.org>",
	"Message-ID: <a@example.org>\n",
	/* from here on without one */
	"Subject: x\nMessage-IDs: <a@example.org>\n\nbody\n",
	"Subject: x\n\nMessage-ID: <a@example.org>\n",
	"\nMessage-ID: <a@example.org>\n",
	"Message-ID:  \nSubject: empty\n\nbody\n",
	"Subject: a\rb\n\nbo\rdy\r",
	"Subject: no end\n\nbody",
	"\n",
	"x",
};
#define WITH_ID 7

static uint64_t
number_of(const char *text, size_t n, size_t chunk, struct syncident *out)
{
	struct syncident_run run = { .done = 0 };

	for (size_t at = 0; at < n; at += chunk)
		assert_int_equal(syncident_add(&run, text + at, n - at < chunk ? n - at : chunk, &e), 0);
	syncident_end(&run, out);
	return out->number;
}

static void
test_numbers(void **state)
{
	uint64_t a, n;
	struct syncident whole, piece;

	(void)state;
	assert_int_equal(syncident_header("Message-ID: <a@example.org>\r\n\r\n", 31, 0, &a), 1);
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		n = number_of(messages[i], strlen(messages[i]), SIZE_MAX / 2, &whole);
		assert_true(n != 0 && (n == a) == (i < WITH_ID));
		for (size_t chunk = 1; chunk < 30; chunk++) {
			number_of(messages[i], strlen(messages[i]), chunk, &piece);
			assert_memory_equal(&piece, &whole, sizeof whole);
		}
		assert_int_equal(syncident_header(messages[i], strlen(messages[i]), 0, &n), i < WITH_ID);
		assert_int_equal(syncident_header(messages[i], strlen(messages[i]), 1, &n), 1);
		assert_true(n == whole.number);
	}
}

/* What a server makes of a file that is sent up has the number of the file, and the size told for it. And of what comes down
 * from a server the file has the size that the server said. */
static void
test_wire(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		struct eol up = { 0 }, down = { 0 };
		struct buf wire = { 0 }, file = { 0 };
		struct syncident here, there, back;

		number_of(messages[i], strlen(messages[i]), 7, &here);
		assert_int_equal(eol_to_crlf(&up, messages[i], strlen(messages[i]), sink_buf, &wire, &e), 0);
		assert_int_equal(eol_to_crlf_end(&up, sink_buf, &wire, &e), 0);
		number_of(buf_str(&wire), wire.len, 5, &there);
		assert_true(here.size_up == wire.len && (strchr(messages[i], '\r') != NULL || there.number == here.number));
		assert_int_equal(eol_to_lf(&down, buf_str(&wire), wire.len, sink_buf, &file, &e), 0);
		assert_int_equal(eol_to_lf_end(&down, sink_buf, &file, &e), 0);
		number_of(buf_str(&file), file.len, 3, &back);
		assert_true(back.size == wire.len && back.number == there.number);
		buf_free(&wire);
		buf_free(&file);
	}
}

static void
test_hex(void **state)
{
	static const char *const bad[] = { "", "0", "00000000000000000", "0123456789abcdeF", "0123456789abcde ", "0123456789abcdeg", "0123456789abcde/" };
	char hex[SYNCIDENT_HEX];
	uint64_t n;

	(void)state;
	syncident_print(UINT64_C(0x0123456789abcdef), hex);
	assert_string_equal(hex, "0123456789abcdef");
	assert_true(syncident_parse(hex, &n) && n == UINT64_C(0x0123456789abcdef));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(syncident_parse(bad[i], &n));
}

static void
test_file(void **state)
{
	struct syncident whole, file;
	char *big = malloc(3000000);
	int fd;

	(void)state;
	assert_non_null(big);
	for (size_t i = 0; i < 3000000; i++)	/* a header without end, over the limit */
		big[i] = i % 70 == 69 ? '\n' : 'a';
	put_file(in_scratch("big"), big, 3000000);
	fd = open(in_scratch("big"), O_RDONLY);
	assert_int_equal(syncident_file(fd, "big", &file, &e), 0);
	number_of(big, 3000000, 1000, &whole);
	assert_memory_equal(&file, &whole, sizeof file);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	close(fd);
	put_file(in_scratch("empty"), "", 0);
	fd = open(in_scratch("empty"), O_RDONLY);
	assert_int_equal(syncident_file(fd, "empty", &file, &e), -1);
	assert_int_equal(e.class, ERR_DATA);
	close(fd);
	fd = open(scratch, O_RDONLY);
	assert_int_equal(syncident_file(fd, "dir", &file, &e), -1);
	assert_int_equal(e.class, ERR_DATA);
	close(fd);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_wire), cmocka_unit_test(test_hex),
		cmocka_unit_test_setup_teardown(test_file, scratch_make, scratch_remove),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
