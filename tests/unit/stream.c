/* SPDX-License-Identifier: ISC */
/* stream: lines and octets whole and one at a time, cut at each offset, at their limits; waits, deadlock, hang-ups, trace.
 * The server's side is a socket that the test fills beforehand, or a child where both must move. A SOCK_SEQPACKET
 * pair keeps the borders of writes, so the stream sees exactly the pieces that were sent. */
#include <errno.h>
#include <fcntl.h>
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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"
#include "deadline.h"
#include "err.h"
#include "stream.h"

#define MB	((size_t)1024 * 1024)

static struct stream *
stream_on(int fd, const struct stream_opts *o)
{
	struct conn c = { .fd = fd, .local = 1, .peer = "server" };
	const struct stream_opts none = { 0 };
	struct stream *s;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	s = stream_new(&c, o ? o : &none);
	assert_int_equal(c.fd, -1);
	return s;
}

static struct stream *
pair(int type, int *server, const struct stream_opts *o)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, type, 0, sv), 0);
	*server = sv[1];
	return stream_on(sv[0], o);
}

static void
feed(int fd, const char *text, size_t n, size_t piece)
{
	for (; n > 0; text += piece, n -= piece) {
		if (piece > n)
			piece = n;
		assert_int_equal(send(fd, text, piece, 0), (ssize_t)piece);
	}
}

/* A server that is a process, as both sides have to move: runs fn with its end, then exits. */
static struct stream *
served(void (*fn)(int), const struct stream_opts *o, pid_t *pid)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	*pid = fork();
	if (*pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		close(sv[0]);
		fn(sv[1]);
		_exit(0);
	}
	close(sv[1]);
	return stream_on(sv[0], o);
}

static void
says(const struct err *e, enum err_class class, const char *words)
{
	assert_int_equal(e->class, class);
	if (!strstr(e->text, words))
		fail_msg("\"%s\" does not say \"%s\"", e->text, words);
}

static const struct { const char *in; size_t n; const char *line[4]; size_t len[4]; } lines[] = {
	{ "a\r\n", 3, { "a" }, { 1 } },
	{ "\r\n", 2, { "" }, { 0 } },
	{ "a\nb\r\n\n", 6, { "a", "b", "" }, { 1, 1, 0 } },
	{ "a\rb\r\r\n", 6, { "a\rb\r" }, { 4 } },
	{ "a\0b\r\nc\r\n", 8, { "a\0b", "c" }, { 3, 1 } },
	{ "\xff\x80\r\n\r\n", 6, { "\xff\x80", "" }, { 2, 0 } },
};

static void
lines_in_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		for (size_t piece = 1; piece <= lines[i].n; piece++) {
			char *line;
			size_t len;
			struct err e;
			int server;
			struct stream *s = pair(SOCK_SEQPACKET, &server, NULL);

			feed(server, lines[i].in, lines[i].n, piece);
			close(server);
			for (size_t k = 0; k < 4 && lines[i].line[k]; k++) {
				assert_int_equal(stream_line(s, &line, &len, &e), 0);
				assert_int_equal(len, lines[i].len[k]);
				assert_memory_equal(line, lines[i].line[k], len + 1);
			}
			assert_int_equal(stream_line(s, &line, &len, &e), 1);
			assert_int_equal(stream_line(s, &line, &len, &e), 1);
			stream_close(&s);
			assert_null(s);
		}
}

static void
line_cut_anywhere(void **state)
{
	(void)state;
	for (size_t n = 0; n < 7; n++) {
		char *line;
		size_t len;
		struct err e = { 0 };
		int server;
		struct stream *s = pair(SOCK_STREAM, &server, NULL);

		feed(server, "250 ok\r\n", n, n ? n : 1);
		close(server);
		assert_int_equal(stream_line(s, &line, &len, &e), n == 0 ? 1 : -1);
		if (n > 0)
			says(&e, ERR_TEMP, "server closed the connection inside a line");
		stream_close(&s);
	}
}

static void
line_at_its_limit(void **state)
{
	static const size_t max[] = { 1, 100, 8192, 16383, 16384, 100000 };

	(void)state;
	for (size_t i = 0; i < sizeof max / sizeof *max; i++)
		for (size_t extra = 0; extra < 3; extra++)
			for (int crlf = 0; crlf < 2; crlf++) {
				const struct stream_opts o = { .max_line = max[i], .timeout = 5 };
				size_t n = max[i] + (extra == 2 ? 50000 : extra), len;
				char *text = malloc(n + 2), *line;
				struct err e = { 0 };
				int server;
				struct stream *s = pair(SOCK_STREAM, &server, &o);

				memset(text, 'x', n);
				memcpy(text + n, crlf ? "\r\n" : "\n", (size_t)1 + (size_t)crlf);
				feed(server, text, n + 1 + (size_t)crlf, n + 2);
				if (extra == 0) {
					assert_int_equal(stream_line(s, &line, &len, &e), 0);
					assert_int_equal(len, n);
				} else {
					assert_int_equal(stream_line(s, &line, &len, &e), -1);
					says(&e, ERR_PROTOCOL, "a line of more than");
				}
				stream_close(&s);
				close(server);
				free(text);
			}
}

/* From here on: what is already buffered as well. */
static void
limit_changed(void **state)
{
	const struct stream_opts o = { .max_line = 4, .timeout = 5 };
	struct err e = { 0 };
	char *line;
	size_t len;
	int server;
	struct stream *s = pair(SOCK_STREAM, &server, &o);

	(void)state;
	feed(server, "four\r\nlonger\r\nlonger\r\n", 22, 22);
	assert_int_equal(stream_line(s, &line, &len, &e), 0);
	stream_limit(s, 6);
	assert_int_equal(stream_line(s, &line, &len, &e), 0);
	assert_string_equal(line, "longer");
	stream_limit(s, 5);
	assert_int_equal(stream_line(s, &line, &len, &e), -1);
	says(&e, ERR_PROTOCOL, "a line of more than 5");
	stream_close(&s);
	close(server);
}

static void
counted_octets(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 20; piece++) {
		struct buf out = { 0 };
		char *line;
		const char *p;
		size_t len;
		struct err e = { 0 };
		int server;
		struct stream *s = pair(SOCK_SEQPACKET, &server, NULL);

		feed(server, "{5}\r\na\r\n\0b)\r\nxyz", 16, piece);
		close(server);
		assert_int_equal(stream_line(s, &line, &len, &e), 0);
		assert_int_equal(stream_copy(s, 0, sink_buf, &out, &e), 0);
		assert_int_equal(stream_copy(s, 5, sink_buf, &out, &e), 0);
		assert_int_equal(out.len, 5);
		assert_memory_equal(out.data, "a\r\n\0b", 5);
		assert_int_equal(stream_line(s, &line, &len, &e), 0);
		assert_string_equal(line, ")");
		assert_int_equal(stream_peek(s, &p, &len, &e), 0);
		assert_int_equal(p[0], 'x');
		stream_take(s, 1);
		assert_int_equal(stream_copy(s, 3, sink_buf, &out, &e), -1);
		says(&e, ERR_TEMP, "server closed the connection inside data");
		assert_string_equal(out.data + 5, "yz");
		assert_int_equal(stream_peek(s, &p, &len, &e), 1);
		stream_close(&s);
		buf_free(&out);
	}
}

static int
refuse(void *ctx, const char *p, size_t n, struct err *e)
{
	(void)ctx, (void)p, (void)n;
	return err_set(e, ERR_IO, "disk full");
}

static void
sink_that_fails(void **state)
{
	struct err e = { 0 };
	int server;
	struct stream *s = pair(SOCK_STREAM, &server, NULL);

	(void)state;
	feed(server, "12345", 5, 5);
	assert_int_equal(stream_copy(s, 5, refuse, NULL, &e), -1);
	says(&e, ERR_IO, "disk full");
	stream_close(&s);
	close(server);
}

static size_t
arrived(int fd, char *to, size_t size)
{
	ssize_t n = recv(fd, to, size - 1, MSG_DONTWAIT);

	to[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void
writes_wait_for_a_read_or_a_flush(void **state)
{
	char got[100], *line;
	size_t len;
	struct err e;
	int server;
	struct stream *s = pair(SOCK_STREAM, &server, NULL);

	(void)state;
	assert_int_equal(stream_send(s, &e, "MAIL FROM:<%s>", "ann@example.org"), 0);
	assert_int_equal(stream_write(s, "a\nb", 3, &e), 0);
	assert_int_equal(stream_send(s, &e, "%s", ""), 0);
	assert_int_equal(arrived(server, got, sizeof got), 0);
	assert_int_equal(stream_flush(s, &e), 0);
	arrived(server, got, sizeof got);
	assert_string_equal(got, "MAIL FROM:<ann@example.org>\r\na\nb\r\n");
	assert_int_equal(stream_send(s, &e, "NOOP"), 0);
	feed(server, "ok\r\n", 4, 4);
	assert_int_equal(stream_line(s, &line, &len, &e), 0);
	arrived(server, got, sizeof got);
	assert_string_equal(got, "NOOP\r\n");
	stream_close(&s);
	close(server);
}

static void
controls_never_leave(void **state)
{
	static const char *const bad[] = { "a\r\nQUIT", "a\nb", "a\rb", "\t", "\x1b[0m", "\x7f" };
	char got[100];
	struct err e;
	int server;
	struct stream *s = pair(SOCK_STREAM, &server, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(stream_send(s, &e, "RCPT TO:<%s>", bad[i]), -1);
		says(&e, ERR_DATA, "control character");
		assert_int_equal(stream_send_secret(s, "AUTH ", bad[i], &e), -1);
		assert_null(strstr(e.text, bad[i]));
	}
	assert_int_equal(stream_flush(s, &e), 0);
	assert_int_equal(arrived(server, got, sizeof got), 0);
	stream_close(&s);
	close(server);
}

static void
ready_does_not_wait(void **state)
{
	struct err e;
	char *line;
	size_t len;
	int server;
	struct stream *s = pair(SOCK_STREAM, &server, NULL);

	(void)state;
	assert_int_equal(stream_ready(s, &e), 0);
	feed(server, "a\r\nb\r\n", 6, 6);
	assert_int_equal(stream_ready(s, &e), 1);
	assert_int_equal(stream_line(s, &line, &len, &e), 0);
	assert_int_equal(stream_ready(s, &e), 1);
	assert_int_equal(stream_line(s, &line, &len, &e), 0);
	assert_int_equal(stream_ready(s, &e), 0);
	close(server);
	assert_int_equal(stream_ready(s, &e), 1);
	assert_int_equal(stream_line(s, &line, &len, &e), 1);
	stream_close(&s);
}

static void
plaintext_before_tls(void **state)
{
	const struct tls_opts o = { .host = "localhost" };
	struct err e = { 0 };
	char *line;
	size_t len;
	int server;
	struct stream *s = pair(SOCK_STREAM, &server, NULL);

	(void)state;
	assert_int_equal(stream_safe(s), 1);
	assert_null(stream_tls(s));
	feed(server, "220 go ahead\r\n250 injected\r\n", 28, 28);
	assert_int_equal(stream_line(s, &line, &len, &e), 0);
	assert_int_equal(stream_starttls(s, &o, &e), -1);
	says(&e, ERR_PROTOCOL, "sent data before TLS began");
	stream_close(&s);
	close(server);
}

/* A pipelining server: an answer as long as the command, at once. */
static void
echo(int fd)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof chunk)) > 0)
		if (write(fd, chunk, (size_t)n) != n)
			_exit(1);
}

static void
no_deadlock_over_long_flights(void **state)
{
	const size_t size = 1000 * 1000;	/* far over the sockets' buffers, and under the stream's own limit */
	char *sent = malloc(size);
	struct buf back = { 0 };
	struct err e;
	pid_t pid;
	struct stream *s = served(echo, NULL, &pid);

	(void)state;
	for (size_t i = 0; i < size; i++)
		sent[i] = (char)(i * 7 + i / 251);
	for (size_t at = 0; at < size; at += 100)
		assert_int_equal(stream_write(s, sent + at, 100, &e), 0);
	assert_int_equal(stream_copy(s, size, sink_buf, &back, &e), 0);
	assert_memory_equal(back.data, sent, size);
	stream_close(&s);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	buf_free(&back);
	free(sent);
}

/* Talks without ever listening. */
static void
babble(int fd)
{
	static char chunk[65536];

	while (write(fd, chunk, sizeof chunk) > 0)
		;
}

static void
server_that_only_talks(void **state)
{
	const struct stream_opts o = { .end = deadline_in(300, 0) };
	static char block[65536];
	struct err e = { 0 };
	int r = 0;
	pid_t pid;
	struct stream *s = served(babble, &o, &pid);

	(void)state;
	for (int i = 0; r == 0 && i < 1000; i++)
		r = stream_write(s, block, sizeof block, &e);
	assert_int_equal(r, -1);
	says(&e, ERR_TEMP, "server: timed out");
	stream_close(&s);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
drip(int fd)
{
	for (;; poll(NULL, 0, 50))
		if (write(fd, "x", 1) != 1)
			return;
}

static void
server_that_drips(void **state)
{
	int64_t before = deadline_now();
	struct err e = { 0 };
	char *line;
	size_t len;
	pid_t pid;
	struct stream *s = served(drip, NULL, &pid);

	(void)state;
	stream_arm(s, 1);
	assert_int_equal(stream_line(s, &line, &len, &e), -1);
	says(&e, ERR_TEMP, "timed out");
	assert_in_range(deadline_now() - before, 900, 3000);
	stream_close(&s);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
silence(void **state)
{
	const struct stream_opts o = { .end = deadline_in(50, 0) };
	struct err e = { 0 };
	char *line;
	size_t len;
	int server;
	struct stream *s = pair(SOCK_STREAM, &server, &o);

	(void)state;
	assert_int_equal(stream_line(s, &line, &len, &e), -1);
	says(&e, ERR_TEMP, "server: timed out");
	stream_close(&s);
	close(server);
}

static void
last_words_of_a_server_that_hangs_up(void **state)
{
	static char block[MB];
	struct err e = { 0 };
	char *line;
	size_t len;
	int server;
	struct stream *s = pair(SOCK_STREAM, &server, NULL);

	(void)state;
	feed(server, "421 too busy\r\n", 14, 14);
	close(server);
	assert_int_equal(stream_write(s, block, sizeof block, &e), 0);
	assert_int_equal(stream_flush(s, &e), 0);
	assert_int_equal(stream_line(s, &line, &len, &e), 0);
	assert_string_equal(line, "421 too busy");
	assert_int_equal(stream_line(s, &line, &len, &e), 1);
	stream_close(&s);

	s = pair(SOCK_STREAM, &server, NULL);
	close(server);
	assert_int_equal(stream_write(s, block, sizeof block, &e), -1);
	says(&e, ERR_TEMP, "connection to server lost: Broken pipe");
	stream_close(&s);
}

static void
trace_without_secrets(void **state)
{
	const struct stream_opts o = { .trace = 1 };
	char path[] = "/tmp/pennypost-stream-XXXXXX", got[1000], *line;
	int trace = mkstemp(path), saved = dup(STDERR_FILENO), server;
	struct buf out = { 0 };
	struct err e;
	size_t len;
	struct stream *s = pair(SOCK_STREAM, &server, &o);

	(void)state;
	dup2(trace, STDERR_FILENO);
	feed(server, "+OK \x1b[31m\r\n12345\r\n", 18, 18);
	stream_send(s, &e, "USER %s", "ann");
	stream_send_secret(s, "PASS ", "sesame", &e);
	stream_line(s, &line, &len, &e);
	stream_copy(s, 3, sink_buf, &out, &e);
	stream_copy(s, 2, sink_buf, &out, &e);
	stream_line(s, &line, &len, &e);
	stream_write(s, "1234567", 7, &e);
	stream_send(s, &e, ".");
	stream_flush(s, &e);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_int_not_equal(len = (size_t)pread(trace, got, sizeof got - 1, 0), 0);
	got[len] = '\0';
	assert_string_equal(got, "C: USER ann\nC: PASS ********\nS: +OK \\^[[31m\nS: [5 octets]\nS: \nC: [7 octets]\nC: .\n");
	arrived(server, got, sizeof got);
	assert_string_equal(got, "USER ann\r\nPASS sesame\r\n1234567.\r\n");
	close(trace);
	unlink(path);
	stream_close(&s);
	close(server);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_in_pieces),
		cmocka_unit_test(line_cut_anywhere),
		cmocka_unit_test(line_at_its_limit),
		cmocka_unit_test(limit_changed),
		cmocka_unit_test(counted_octets),
		cmocka_unit_test(sink_that_fails),
		cmocka_unit_test(writes_wait_for_a_read_or_a_flush),
		cmocka_unit_test(controls_never_leave),
		cmocka_unit_test(ready_does_not_wait),
		cmocka_unit_test(plaintext_before_tls),
		cmocka_unit_test(no_deadlock_over_long_flights),
		cmocka_unit_test(server_that_only_talks),
		cmocka_unit_test(server_that_drips),
		cmocka_unit_test(silence),
		cmocka_unit_test(last_words_of_a_server_that_hangs_up),
		cmocka_unit_test(trace_without_secrets),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
