/* SPDX-License-Identifier: ISC */
/* limit.c - the least a client can do: pipelines all that the RFCs allow, handles no error, and so marks what is left to gain.
 *	limit smtp|smtps PORT CA MESSAGE [COUNT]       one message for ann@example.org, or so many; smtps logs in
 *	limit pop3s PORT CA DIR COUNT          fetches COUNT messages into files of DIR and deletes them; a syncfs per 256.
 *	                                       COUNT 0: only looks what there is
 *	limit imaps PORT CA DIR COUNT          the same by one UID FETCH, deletes nothing
 * The server is localhost, user ann, password secret. For scripts/bench; not a program to use. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>

#define PLAIN "AGFubgBzZWNyZXQ="	/* \0ann\0secret */
#define BATCH 256
#define ENVELOPE "MAIL FROM:<ann@example.org>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n"

static BIO *wire;

__attribute__((noreturn, format(printf, 1, 2))) static void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", errno != 0 ? strerror(errno) : "failed");
	_exit(1);
}

static void
dial(const char *port, const char *ca, int tls)
{
	char host[64];
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *link;

	snprintf(host, sizeof host, "127.0.0.1:%s", port);
	if (!tls) {
		link = BIO_new_connect(host);
	} else {
		OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
		ctx = SSL_CTX_new(TLS_client_method());
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		if (!SSL_CTX_load_verify_file(ctx, ca))
			die("%s", ca);
		link = BIO_new_ssl_connect(ctx);
		BIO_set_conn_hostname(link, host);
		BIO_get_ssl(link, &ssl);
		SSL_set1_host(ssl, "localhost");
	}
	wire = BIO_push(BIO_new(BIO_f_buffer()), link);
	BIO_set_read_buffer_size(wire, 65536);
	BIO_set_write_buffer_size(wire, 65536);
	if (BIO_do_connect(link) != 1)
		die("no connection to port %s", port);
}

static void
say(const char *text)
{
	if (*text != '\0' && BIO_puts(wire, text) <= 0)
		die("write");
}

static char *
hear(void)
{
	static char line[65536];

	if (BIO_flush(wire) != 1 || BIO_gets(wire, line, sizeof line) <= 0)
		die("read");
	return line;
}

static void
until(const char *start)
{
	while (strncmp(hear(), start, strlen(start)) != 0)
		;
}

static void
send_file(const char *path)
{
	static char text[1 << 20];
	FILE *f = fopen(path, "r");

	if (f == NULL)
		die("%s", path);
	while (fgets(text, sizeof text, f) != NULL) {
		text[strcspn(text, "\n")] = '\0';
		say(*text == '.' ? "." : "");
		say(text);
		say("\r\n");
	}
	fclose(f);
}

static void
smtp(const char *message, int tls, int count)
{
	until("220 ");
	say("EHLO localhost\r\n");
	until("250 ");
	if (tls) {
		say("AUTH PLAIN " PLAIN "\r\n");
		until("235 ");
	}
	say(ENVELOPE);
	for (int i = 1; i <= count; i++) {
		until("354");
		send_file(message);
		say(".\r\n");
		say(i < count ? ENVELOPE : "QUIT\r\n");
	}
	until("250");
}

/* One file of the batch; the next call after BATCH of them makes them durable. */
static FILE *
file(const char *dir, int n)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%d", dir, n);
	f = fopen(path, "w");
	if (f == NULL)
		die("%s", path);
	return f;
}

static void
durable(const char *dir, int n, int count)
{
	int fd;

	if (n % BATCH != 0 && n != count)
		return;
	fd = open(dir, O_RDONLY);
	if (fd == -1 || syncfs(fd) == -1)
		die("%s", dir);
	close(fd);
}

static void
pop3(const char *dir, int count)
{
	char text[64], *line;

	until("+OK");
	say("AUTH PLAIN " PLAIN "\r\n");
	until("+OK");
	if (count == 0) {
		say("UIDL\r\nQUIT\r\n");
		until(".\r\n");
		until("+OK");
		return;
	}
	for (int i = 1; i <= count; i++) {
		snprintf(text, sizeof text, "RETR %d\r\n", i);
		say(text);
	}
	for (int i = 1; i <= count; i++) {
		FILE *f = file(dir, i);

		until("+OK");
		while (strcmp(line = hear(), ".\r\n") != 0)
			fprintf(f, "%.*s\n", (int)strcspn(line, "\r"), *line == '.' ? line + 1 : line);
		fclose(f);
		durable(dir, i, count);
	}
	for (int i = 1; i <= count; i++) {
		snprintf(text, sizeof text, "DELE %d\r\n", i);
		say(text);
	}
	say("QUIT\r\n");
	for (int i = 0; i <= count; i++)
		until("+OK");
}

static void
literal(const char *dir, int n, long size)
{
	static char data[65536];
	FILE *f = file(dir, n);

	while (size > 0) {
		int got = BIO_read(wire, data, size < (long)sizeof data ? (int)size : (int)sizeof data);
		char *end = data + got;

		if (got <= 0)
			die("read");
		for (char *p = data, *cr; p < end; p = cr + 1) {	/* a CR at the end of a piece is lost with its LF kept */
			cr = memchr(p, '\r', (size_t)(end - p));
			if (cr == NULL)
				cr = end;
			fwrite(p, 1, (size_t)(cr - p), f);
		}
		size -= got;
	}
	fclose(f);
}

static void
imap(const char *dir, int count)
{
	char *line, *size, command[200];
	int n = 0;

	until("* OK");
	snprintf(command, sizeof command, "a LOGIN ann secret\r\nb EXAMINE INBOX\r\nc UID FETCH 1:%d (UID FLAGS INTERNALDATE BODY.PEEK[])\r\n", count);
	say(command);
	while (strncmp(line = hear(), "c ", 2) != 0)
		if ((size = strrchr(line, '{')) != NULL && strncmp(line, "* ", 2) == 0) {
			literal(dir, ++n, strtol(size + 1, NULL, 10));
			durable(dir, n, count);
		}
	if (n != count)
		die("%d messages", n);
}

int
main(int argc, char **argv)
{
	const char *kind = argc > 4 ? argv[1] : "";
	int count = argc > 5 ? atoi(argv[5]) : 0, tls = strcmp(kind, "smtp") != 0;

	if (argc < 5)
		die("usage: limit smtp|smtps|pop3s|imaps PORT CA MESSAGE|DIR [COUNT]");
	dial(argv[2], argv[3], tls);
	if (*kind == 's')
		smtp(argv[4], tls, count > 0 ? count : 1);
	else if (*kind == 'p')
		pop3(argv[4], count);
	else
		imap(argv[4], count);
	return 0;
}
