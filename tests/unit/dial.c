/* SPDX-License-Identifier: ISC */
/* dial: each kind of connection, and each way one fails. All on this machine; ports are the kernel's choice. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "deadline.h"
#include "dial.h"
#include "err.h"

static int
listen_on(char *port, size_t size, int backlog)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
	assert_int_equal(backlog < 0 ? 0 : listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	snprintf(port, size, "%d", ntohs(in.sin_port));
	return fd;
}

/* What arrives within five seconds, up to the end of the connection. */
static size_t
hear(int fd, char *to, size_t size)
{
	size_t n = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (n < size - 1 && poll(&p, 1, 5000) == 1) {
		ssize_t r = read(fd, to + n, size - 1 - n);

		if (r <= 0)
			break;
		n += (size_t)r;
	}
	to[n] = '\0';
	return n;
}

static void
says(const struct err *e, enum err_class class, const char *words)
{
	assert_int_equal(e->class, class);
	if (!strstr(e->text, words))
		fail_msg("\"%s\" does not say \"%s\"", e->text, words);
}

static void
tcp(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost" };	/* which may be ::1 first: refused, and the next one tried */
	char port[8], peer[64];
	int listener = listen_on(port, sizeof port, 5);

	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct conn c;
		struct err e;
		int on = 0;
		socklen_t len = sizeof on;

		assert_int_equal(dial_tcp(&c, hosts[i], port, deadline_in(5000, 0), &e), 0);
		snprintf(peer, sizeof peer, "%s port %s", hosts[i], port);
		assert_string_equal(c.peer, peer);
		assert_int_equal(c.local, 1);
		assert_int_equal(c.pid, 0);
		assert_int_equal(getsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
		assert_int_not_equal(on, 0);
		assert_int_not_equal(fcntl(c.fd, F_GETFL) & O_NONBLOCK, 0);
		assert_int_not_equal(fcntl(c.fd, F_GETFD) & FD_CLOEXEC, 0);
		conn_close(&c);
		assert_int_equal(c.fd, -1);
	}
	close(listener);
}

static void
tcp_from(void **state)
{
	static const struct { const char *source; enum err_class class; const char *why; } t[] = {
		{ "127.0.0.2", 0, NULL },
		{ "::1", ERR_TEMP, "is the source an address of this machine" },
		{ "192.0.2.1", ERR_TEMP, "is the source an address of this machine" },
		{ "localhost", ERR_CONFIG, "source localhost is no address" },
	};
	char port[8], address[] = "127.0.0.1", *const addresses[] = { address };
	int listener = listen_on(port, sizeof port, 5);

	(void)state;
	for (size_t i = 0; i < 2 * sizeof t / sizeof *t; i++) {
		const char *source = t[i / 2].source;
		struct sockaddr_in in;
		socklen_t len = sizeof in;
		struct conn c;
		struct err e = { 0 };
		int64_t at = deadline_in(5000, 0);
		int r = i % 2 == 0 ? dial_tcp_from(&c, source, address, port, at, &e)
		    : dial_addresses_from(&c, source, "x", addresses, 1, port, at, &e);

		assert_int_equal(r, t[i / 2].why ? -1 : 0);
		if (r == -1) {
			says(&e, t[i / 2].class, t[i / 2].why);
			continue;
		}
		assert_int_equal(getsockname(c.fd, (struct sockaddr *)&in, &len), 0);
		assert_string_equal(inet_ntoa(in.sin_addr), source);
		conn_close(&c);
	}
	close(listener);
}

static void
tcp_refused(void **state)
{
	char port[8];
	int fd = listen_on(port, sizeof port, -1);	/* bound, so nobody else listens there */
	struct conn c;
	struct err e;

	(void)state;
	assert_int_equal(dial_tcp(&c, "localhost", port, deadline_in(5000, 0), &e), -1);
	says(&e, ERR_TEMP, "connect to localhost port ");
	says(&e, ERR_TEMP, port);
	says(&e, ERR_TEMP, "Connection refused; is the server running, and the port right?");
	assert_int_equal(c.fd, -1);
	close(fd);
}

#ifdef __linux__	/* where a full backlog means that no answer comes */
static void
tcp_silent(void **state)
{
	char port[8];
	int fd = listen_on(port, sizeof port, 0), more = 1;
	struct conn c[8] = { { .fd = -1 } };
	struct err e = { 0 };
	int n = 0;
	int64_t before;

	(void)state;
	while (n < 8 && more) {
		before = deadline_now();
		more = dial_tcp(&c[n], "127.0.0.1", port, deadline_in(200, 0), &e) == 0;
		n += more;
	}
	assert_false(more);
	says(&e, ERR_TEMP, "timed out");
	assert_in_range(deadline_now() - before, 199, 2000);
	while (n > 0)
		conn_close(&c[--n]);
	close(fd);
}
#endif

static void
tcp_no_such_host(void **state)
{
	static const char *const names[] = { "a..b", "this-label-is-much-longer-than-the-63-octets-that-a-label-may-have-in-dns.example" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct conn c;
		struct err e;

		assert_int_equal(dial_tcp(&c, names[i], "25", deadline_in(5000, 0), &e), -1);
		assert_true(e.class == ERR_NOHOST || e.class == ERR_TEMP);	/* TEMP where there is no resolver to ask */
		says(&e, e.class, names[i]);
		assert_int_equal(c.fd, -1);
	}
}

static void
unix_socket(void **state)
{
	char dir[] = "/tmp/pennypost-dial-XXXXXX", long_path[200];
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct conn c;
	struct err e;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(sun.sun_path, sizeof sun.sun_path, "%s/s", dir);
	assert_int_equal(dial_unix(&c, sun.sun_path, deadline_in(1000, 0), &e), -1);
	says(&e, ERR_TEMP, "No such file or directory; is the server running, and the path right?");
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof sun), 0);
	assert_int_equal(dial_unix(&c, sun.sun_path, deadline_in(1000, 0), &e), -1);
	says(&e, ERR_TEMP, "Connection refused; is the server running");
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(dial_unix(&c, sun.sun_path, deadline_in(1000, 0), &e), 0);
	assert_int_equal(c.local, 1);
	conn_close(&c);
	memset(long_path, 'x', sizeof long_path - 1);
	long_path[sizeof long_path - 1] = '\0';
	assert_int_equal(dial_unix(&c, long_path, deadline_in(1000, 0), &e), -1);
	says(&e, ERR_CONFIG, "too long");
	close(fd);
	unlink(sun.sun_path);
	rmdir(dir);
}

static void
command(void **state)
{
	char text[200];
	struct conn c;
	struct err e;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(dup2(STDERR_FILENO, 9), 9);	/* not close-on-exec, and yet the child must not have it */
	assert_int_equal(dial_exec(&c, "read a; echo \"<$a>\"; test -e /dev/fd/9 && echo leaked; kill -PIPE $$; echo ignored", &e), 0);
	assert_int_equal(c.local, 1);
	assert_true(c.pid > 0);
	assert_int_equal(write(c.fd, "hello\n", 6), 6);
	hear(c.fd, text, sizeof text);
	assert_string_equal(text, "<hello>\n");
	conn_close(&c);
	assert_int_equal(c.pid, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	close(9);
	signal(SIGPIPE, SIG_DFL);
}

static void
command_without_our_stdin(void **state)
{
	int saved[2] = { fcntl(0, F_DUPFD_CLOEXEC, 3), fcntl(1, F_DUPFD_CLOEXEC, 3) };
	char text[20];
	struct conn c;
	struct err e;
	int r;

	(void)state;
	close(0);
	close(1);
	r = dial_exec(&c, "echo there", &e);
	hear(c.fd, text, sizeof text);
	conn_close(&c);
	dup2(saved[0], 0);
	dup2(saved[1], 1);
	close(saved[0]);
	close(saved[1]);
	assert_int_equal(r, 0);
	assert_string_equal(text, "there\n");
}

static void
command_that_stays(void **state)
{
	int64_t before = deadline_now();
	struct conn c;
	struct err e;
	pid_t pid;

	(void)state;
	assert_int_equal(dial_exec(&c, "exec sleep 60", &e), 0);
	pid = c.pid;
	conn_close(&c);
	assert_in_range(deadline_now() - before, 1000, 4000);
	assert_int_equal(kill(pid, 0), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp),
#ifdef __linux__	/* elsewhere 127.0.0.2 is not there unasked */
		cmocka_unit_test(tcp_from),
#endif
		cmocka_unit_test(tcp_refused),
#ifdef __linux__
		cmocka_unit_test(tcp_silent),
#endif
		cmocka_unit_test(tcp_no_such_host),
		cmocka_unit_test(unix_socket),
		cmocka_unit_test(command),
		cmocka_unit_test(command_without_our_stdin),
		cmocka_unit_test(command_that_stays),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
