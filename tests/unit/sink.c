/* SPDX-License-Identifier: ISC */
/* sink: all of it arrives, also through a full non-blocking pipe; a reader that is gone is an error, not a signal's business. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"
#include "err.h"
#include "sink.h"

static void
test_buf(void **state)
{
	struct buf b = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(sink_buf(&b, "a\0b", 3, &e), 0);
	assert_int_equal(sink_buf(&b, "", 0, &e), 0);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 3);
	buf_free(&b);
}

/* The child counts what comes; it exits with 0 if that is n octets. */
static pid_t
counter(int fd, size_t n)
{
	char part[4096];
	ssize_t got;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	while ((got = read(fd, part, sizeof part)) > 0)
		n -= (size_t)got;
	_exit(n != 0);
}

static void
test_nonblocking(void **state)
{
	size_t n = 300000;	/* more than a pipe holds */
	char *data = calloc(1, n);
	int fds[2], status;
	struct err e = { 0 };
	pid_t pid;

	(void)state;
	assert_non_null(data);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	if ((pid = fork()) == 0) {	/* writes; the test reads afterwards, so the pipe does fill */
		close(fds[0]);
		_exit(sink_fd(&fds[1], data, n, &e) != 0);
	}
	close(fds[1]);
	assert_int_equal(waitpid(counter(fds[0], n), &status, 0) > 0 && status == 0, 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fds[0]);
	free(data);
}

static void
test_nobody_reads(void **state)
{
	struct err e = { 0 };
	int fds[2], closed = -1;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[0]);
	assert_int_equal(sink_fd(&fds[1], "x", 1, &e), -1);
	assert_int_equal(e.class, ERR_IO);
	assert_string_equal(e.text, "write: Broken pipe");
	close(fds[1]);
	assert_int_equal(sink_fd(&closed, "x", 1, &e), -1);
	assert_int_equal(sink_fd(&closed, "", 0, &e), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_nonblocking),
		cmocka_unit_test(test_nobody_reads),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
