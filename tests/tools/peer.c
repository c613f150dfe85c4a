/* SPDX-License-Identifier: ISC */
/* peer.c - a scripted server: plays one transcript to one client, and tells whether the client kept to it.
 *	peer [--cert FILE --key FILE] SCRIPT			on stdin and stdout (an exec: endpoint)
 *	peer --listen [--tls] [--cert FILE --key FILE] [--address 127.0.0.2] [--port N] SCRIPT	on a loopback port, printed first;
 *								--tls: handshake at once
 * The certificate may also come from $PEER_CERT and $PEER_KEY. One directive a line:
 *	C: text		expects exactly this line (no escapes)		C~ ere		expects a line that matches
 *	C+ text		as C:, and it must be here already, sent together with the line before: 2 seconds, nothing said meanwhile
 *	C* n		expects n octets, whatever they are
 *	S: text		says text and CRLF. Escapes: \r \n \0 \t \xHH \\; another \ is itself (\Seen)
 *	S- text		the same without the line end			S* n c		says the octet c (or escape) n times
 *	S! drop		closes, without a TLS good-bye			S! eof		says no more, but listens on
 *	S! stall	is silent until the client goes away		S! starttls	does the server's part of a handshake
 *	S! deflate	both sides are compressed from here on (RFC 4978)
 *	# comment, empty lines
 * After the last directive the client must close. SCRIPT.result gets "ok" or "mismatch: line N: …". Saying something to a client
 * that has gone is no mismatch; expecting something of it is. A client that is silent for 30 seconds is one. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "buf.h"
#include "deadline.h"
#include "deflate.h"
#include "err.h"

#define SILENCE_MS	30000
#define TOGETHER_MS	2000
#define LINE_MAX_	(8 * 1024 * 1024)

struct peer {
	int rfd, wfd;
	const char *cert, *key;
	SSL *ssl;		/* NULL in clear */
	struct deflate *deflate;	/* NULL: not compressed */
	struct buf in;
	int over;		/* the connection is closed by us */
	unsigned int line;	/* of the script */
	const char *address, *port;	/* to listen on */
};

static int
mismatch(const struct peer *p, struct err *e, const char *want, const char *got)
{
	return err_set(e, ERR_DATA, "mismatch: line %u: want %.200s, got %.200s", p->line, want, got);
}

static ssize_t
get_raw(struct peer *p, char *to, size_t n)
{
	int r;

	if (!p->ssl)
		return read(p->rfd, to, n);
	r = SSL_read(p->ssl, to, (int)n);
	return r > 0 ? r : 0;
}

/* What waits inside the expander comes first; then what the connection has, until it gives something. */
static ssize_t
get(struct peer *p, char *to, size_t n)
{
	struct err ignored;
	ssize_t r;
	size_t room;
	char *in;

	if (!p->deflate)
		return get_raw(p, to, n);
	while ((r = deflate_unpack(p->deflate, to, n, &ignored)) == 0) {
		in = deflate_room(p->deflate, &room);
		if ((r = get_raw(p, in, room)) <= 0)
			return r;
		deflate_fed(p->deflate, (size_t)r);
	}
	return r > 0 ? r : 0;
}

/* More input: 1, or 0 at the end of it; -1 when none came in time. */
static int
fill(struct peer *p, int ms, struct err *e)
{
	char chunk[16384];
	struct pollfd pfd = { .fd = p->rfd, .events = POLLIN };
	ssize_t n;

	if (!(p->ssl && SSL_pending(p->ssl) > 0) && deadline_poll(&pfd, 1, deadline_in(ms, 0), "client", e) == -1)
		return -1;
	do {
		n = get(p, chunk, sizeof chunk);
		if (n <= 0)
			return 0;
		buf_add(&p->in, chunk, (size_t)n);
	} while (p->deflate && n == sizeof chunk);	/* more may wait inside, where poll can't see it */
	return 1;
}

static void
say_raw(struct peer *p, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t r = p->ssl ? SSL_write(p->ssl, text, (int)n) : write(p->wfd, text, n);

		if (r <= 0 && errno == EINTR && !p->ssl)
			continue;
		if (r <= 0)
			return;
		text += r;
		n -= (size_t)r;
	}
}

static void
say(struct peer *p, const char *text, size_t n)
{
	const char *packed;
	size_t len;

	if (!p->deflate)
		say_raw(p, text, n);
	else
		while ((len = deflate_pack(p->deflate, &text, &n, 1, &packed)) > 0)
			say_raw(p, packed, len);
}

static unsigned int
hex(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c | 0x20);

	return c && at ? (unsigned int)(at - digits) : 0;
}

static void
unescape(struct buf *out, const char *text)
{
	static const char from[] = "rn0t\\", to[] = "\r\n\0\t\\";

	for (; *text; text++) {
		const char *at = text[0] == '\\' && text[1] ? strchr(from, text[1]) : NULL;

		if (at) {
			buf_addc(out, to[at - from]);
			text++;
		} else if (text[0] == '\\' && text[1] == 'x' && text[2] && text[3]) {
			buf_addc(out, (char)(hex(text[2]) << 4 | hex(text[3])));
			text += 3;
		} else
			buf_addc(out, *text);
	}
}

static void
say_text(struct peer *p, const char *text, const char *end)
{
	struct buf out = { 0 };

	unescape(&out, text);
	buf_adds(&out, end);
	say(p, out.data, out.len);
	buf_free(&out);
}

static void
say_many(struct peer *p, const char *text)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);
	struct buf c = { 0 };
	char block[4096];

	unescape(&c, end + strspn(end, " "));
	memset(block, c.len > 0 ? c.data[0] : ' ', sizeof block);
	for (; n > 0; n -= n < sizeof block ? n : sizeof block)
		say(p, block, n < sizeof block ? (size_t)n : sizeof block);
	buf_free(&c);
}

/* The next line, its CRLF removed, in *line (the caller frees it). */
static int
hear_line(struct peer *p, int ms, const char *want, struct buf *line, struct err *e)
{
	const char *lf;
	size_t n, seen = 0;

	while ((lf = memchr(buf_str(&p->in) + seen, '\n', p->in.len - seen)) == NULL) {
		int r;

		seen = p->in.len;
		r = seen < LINE_MAX_ ? fill(p, ms, e) : -1;
		if (r == -1)
			return mismatch(p, e, want, seen > 0 ? buf_str(&p->in) : "nothing in time");
		if (r == 0)
			return mismatch(p, e, want, "the end of the connection");
	}
	n = (size_t)(lf - p->in.data);
	buf_add(line, p->in.data, n);
	buf_drop(&p->in, n + 1);
	if (n == 0 || line->data[n - 1] != '\r')
		return mismatch(p, e, want, "a line without CR");
	buf_cut(line, n - 1);
	return 0;
}

static int
matches(const char *ere, const char *text)
{
	regex_t re;
	int r;

	if (regcomp(&re, ere, REG_EXTENDED | REG_NOSUB) != 0)
		return 0;
	r = regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return r == 0;
}

static int
hear(struct peer *p, char kind, const char *want, struct err *e)
{
	struct buf line = { 0 };
	int r = hear_line(p, kind == '+' ? TOGETHER_MS : SILENCE_MS, want, &line, e);
	int nul = strlen(buf_str(&line)) != line.len;

	if (r == 0 && (nul || !(kind == '~' ? matches(want, buf_str(&line)) : strcmp(want, buf_str(&line)) == 0)))
		r = mismatch(p, e, want, buf_str(&line));
	buf_free(&line);
	return r;
}

static int
hear_many(struct peer *p, const char *text, struct err *e)
{
	unsigned long long n = strtoull(text, NULL, 10);

	while (n > 0) {
		size_t take = p->in.len < n ? p->in.len : (size_t)n;

		buf_drop(&p->in, take);
		n -= take;
		if (n > 0 && fill(p, SILENCE_MS, e) <= 0)
			return mismatch(p, e, "more octets", "none");
	}
	return 0;
}

static int
starttls(struct peer *p, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int ok;

	if (p->in.len > 0)
		return mismatch(p, e, "nothing before the handshake", buf_str(&p->in));
	if (!p->cert || !p->key || SSL_CTX_use_certificate_chain_file(ctx, p->cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, p->key, SSL_FILETYPE_PEM) != 1)
		return mismatch(p, e, "--cert and --key", "none that can be used");
	p->ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	ok = SSL_set_rfd(p->ssl, p->rfd) && SSL_set_wfd(p->ssl, p->wfd) && SSL_accept(p->ssl) == 1;
	return ok ? 0 : mismatch(p, e, "a TLS handshake", "a failure of it");
}

/* Reads until the client goes away; whatever it says meanwhile counts only where it must be silent. */
static int
hear_end(struct peer *p, int silent, struct err *e)
{
	int r = 1;

	if (p->over)
		return 0;
	while (r > 0 && !(silent && p->in.len > 0)) {
		if (!silent)
			buf_cut(&p->in, 0);
		r = fill(p, 2 * SILENCE_MS, e);
	}
	if (silent && p->in.len > 0)
		return mismatch(p, e, "the end of the connection", buf_str(&p->in));
	return r == -1 ? mismatch(p, e, "the end of the connection", "nothing in time") : 0;
}

static void
drop(struct peer *p)
{
	close(p->rfd);
	if (p->wfd != p->rfd)
		close(p->wfd);
	p->over = 1;
}

static int
act(struct peer *p, const char *what, struct err *e)
{
	if (strcmp(what, "drop") == 0)
		drop(p);
	else if (strcmp(what, "eof") == 0)
		p->ssl ? (void)SSL_shutdown(p->ssl) : (void)shutdown(p->wfd, SHUT_WR);
	else if (strcmp(what, "stall") == 0)
		return hear_end(p, 0, e);
	else if (strcmp(what, "starttls") == 0)
		return starttls(p, e);
	else if (strcmp(what, "deflate") == 0) {
		p->deflate = deflate_new(p->in.data, p->in.len);
		buf_cut(&p->in, 0);
	}
	else
		return mismatch(p, e, "a directive", what);
	return 0;
}

static int
directive(struct peer *p, const char *line, struct err *e)
{
	const char *text = strlen(line) > 3 ? line + 3 : "";

	if (line[0] == '#' || line[0] == '\0')
		return 0;
	if (p->over)
		return mismatch(p, e, "the script's end after the connection's", line);
	if (line[0] == 'C' && line[1] && strchr(":~+", line[1]))
		return hear(p, line[1], text, e);
	if (line[0] == 'C' && line[1] == '*')
		return hear_many(p, text, e);
	if (line[0] == 'S' && line[1] == '!')
		return act(p, text, e);
	if (line[0] == 'S' && line[1] == '*')
		say_many(p, text);
	else if (line[0] == 'S' && (line[1] == ':' || line[1] == '-'))
		say_text(p, text, line[1] == ':' ? "\r\n" : "");
	else
		return mismatch(p, e, "a directive", line);
	return 0;
}

static int
play(struct peer *p, const char *path, struct err *e)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	int r = 0;

	if (!f)
		return err_sys(e, ERR_DATA, "mismatch: %s", path);
	while (r == 0 && getline(&line, &cap, f) != -1) {
		line[strcspn(line, "\n")] = '\0';
		p->line++;
		r = directive(p, line, e);
	}
	free(line);
	fclose(f);
	return r == 0 ? hear_end(p, 1, e) : r;
}

/* One client on a loopback port that the kernel picks. */
static int
listen_for(struct peer *p)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr(p->address),
	    .sin_port = htons((uint16_t)atoi(p->port)) };
	const int one = 1;
	socklen_t len = sizeof in;
	struct pollfd pfd = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .events = POLLIN };
	struct err ignored;

	setsockopt(pfd.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (pfd.fd == -1 || bind(pfd.fd, (struct sockaddr *)&in, len) == -1 || listen(pfd.fd, 1) == -1 ||
	    getsockname(pfd.fd, (struct sockaddr *)&in, &len) == -1)
		return -1;
	printf("%d\n", ntohs(in.sin_port));
	fclose(stdout);
	if (deadline_poll(&pfd, 1, deadline_in(2 * SILENCE_MS, 0), "listen", &ignored) == -1)
		return -1;
	p->rfd = p->wfd = accept(pfd.fd, NULL, NULL);
	close(pfd.fd);
	return p->rfd;
}

static void
report(const char *script, const char *text)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s.result", script);
	f = fopen(path, "w");
	if (f) {
		fprintf(f, "%s\n", text);
		fclose(f);
	}
}

int
main(int argc, char **argv)
{
	static const struct option opts[] = { { "listen", 0, NULL, 'l' }, { "tls", 0, NULL, 't' }, { "cert", 1, NULL, 'c' },
	    { "key", 1, NULL, 'k' }, { "address", 1, NULL, 'a' }, { "port", 1, NULL, 'p' }, { 0 } };
	struct peer p = { .rfd = STDIN_FILENO, .wfd = STDOUT_FILENO, .cert = getenv("PEER_CERT"), .key = getenv("PEER_KEY"),
	    .address = "127.0.0.1", .port = "0" };
	struct err e = { .text = "ok" };
	int ch, tcp = 0, tls = 0;

	while ((ch = getopt_long(argc, argv, "", opts, NULL)) != -1)
		switch (ch) {
		case 'l': tcp = 1; break;
		case 't': tls = 1; break;
		case 'c': p.cert = optarg; break;
		case 'k': p.key = optarg; break;
		case 'a': p.address = optarg; break;
		case 'p': p.port = optarg; break;
		default: return ERR_USAGE;
		}
	if (optind + 1 != argc)
		return ERR_USAGE;
	signal(SIGPIPE, SIG_IGN);
	alarm(300);
	if (tcp && listen_for(&p) == -1)
		err_sys(&e, ERR_OS, "mismatch: no client came");
	else if (!tls || starttls(&p, &e) == 0)
		play(&p, argv[optind], &e);
	report(argv[optind], e.text);
	SSL_free(p.ssl);
	deflate_free(&p.deflate);
	buf_free(&p.in);
	return e.class;
}
