/* SPDX-License-Identifier: ISC */
/* tls: certificates good and bad, servers that stop, lie or speak something else. Certificates are made here; the server is a
 * child at the other end of a socket pair. */
#include <arpa/inet.h>
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cmocka.h>

#include "buf.h"
#include "deadline.h"
#include "err.h"
#include "stream.h"
#include "tls.h"

#define DAY	(24L * 3600)

static char dir[] = "/tmp/pennypost-tls-XXXXXX";
static EVP_PKEY *ca_key, *key;
static X509 *ca;

static char *
in_dir(const char *name)
{
	static char path[2][100];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

static void
extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(ext);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

/* A name with a NUL inside, which the text form of a SAN can't say. */
static void
nul_name(X509 *cert)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	ASN1_STRING_set(text, "localhost\0.evil.example", 23);
	GENERAL_NAME_set0_value(name, GEN_DNS, text);
	sk_GENERAL_NAME_push(names, name);
	X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0);
	GENERAL_NAMES_free(names);
}

static X509 *
make(const char *cn, const char *san, const char *usage, long from, long to, int self)
{
	X509 *cert = X509_new();
	static long serial;

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), from);
	X509_gmtime_adj(X509_getm_notAfter(cert), to);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(self ? cert : ca));
	X509_set_pubkey(cert, self && !ca ? ca_key : key);
	if (san && strcmp(san, "NUL") == 0)
		nul_name(cert);
	else if (san)
		extension(cert, NID_subject_alt_name, san);
	if (usage)
		extension(cert, strcmp(usage, "CA") == 0 ? NID_basic_constraints : NID_ext_key_usage,
		    strcmp(usage, "CA") == 0 ? "critical,CA:TRUE" : usage);
	assert_true(X509_sign(cert, self && ca ? key : ca_key, EVP_sha256()) > 0);
	return cert;
}

static void
save(const X509 *cert, const char *name)
{
	FILE *f = fopen(in_dir(name), "w");

	assert_non_null(f);
	PEM_write_X509(f, cert);
	fclose(f);
}

static int
set_up(void **state)
{
	char hashed[32];

	(void)state;
	if (!mkdtemp(dir) || mkdir(in_dir("hashed"), 0700) || mkdir(in_dir("empty"), 0700))
		return -1;
	ca_key = EVP_EC_gen("P-256");
	key = EVP_EC_gen("P-256");
	ca = make("Test CA", NULL, "CA", -DAY, DAY, 1);
	save(ca, "ca.pem");
	snprintf(hashed, sizeof hashed, "hashed/%08lx.0", X509_subject_name_hash(ca));
	save(ca, hashed);
	return 0;
}

static int
tear_down(void **state)
{
	char command[100];

	(void)state;
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

struct server {
	X509 *cert;
	int min, max;			/* versions, 0: any */
	int want_cert;			/* from the client */
	const char *plain;		/* says this instead of TLS */
	void (*then)(SSL *, int fd);	/* after the handshake */
};

static void
serve(const struct server *v, int fd)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl;

	if (v->plain) {
		if (write(fd, v->plain, strlen(v->plain)) > 0)
			poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 5000);
		return;
	}
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, v->min);
	SSL_CTX_set_max_proto_version(ctx, v->max);
	SSL_CTX_use_certificate(ctx, v->cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	if (v->want_cert)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 && v->then)
		v->then(ssl, fd);
	else
		poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 5000);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

static int
start(const struct server *v, pid_t *pid)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	*pid = fork();
	if (*pid == 0) {
		signal(SIGPIPE, SIG_IGN);
		close(sv[0]);
		serve(v, sv[1]);
		_exit(0);
	}
	close(sv[1]);
	fcntl(sv[0], F_SETFL, O_NONBLOCK);
	return sv[0];
}

static int
meet(const struct server *v, const struct tls_opts *o, struct err *e)
{
	struct tls *t = NULL;
	pid_t pid;
	int fd = start(v, &pid), r;

	memset(e, 0, sizeof *e);
	r = tls_connect(&t, fd, o, deadline_in(5000, 0), e);
	assert_true((r == 0) == (t != NULL));
	if (t)
		assert_memory_equal(tls_version(t), "TLSv1.", 6);
	tls_close(&t);
	close(fd);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return r;
}

static void
says(const char *name, const struct err *e, enum err_class class, const char *words)
{
	if (e->class != class || !strstr(e->text, words))
		fail_msg("%s: class %d, \"%s\", wanted class %d, \"%s\"", name, e->class, e->text, class, words);
}

static void
certificates(void **state)
{
	static const struct { const char *name, *cn, *san, *usage, *host; long from, to; int self; const char *why; } t[] = {
		{ "good", "x", "DNS:localhost", NULL, "localhost", -DAY, DAY, 0, NULL },
		{ "good for a server", "x", "DNS:localhost", "serverAuth", "localhost", -DAY, DAY, 0, NULL },
		{ "case, final dot", "x", "DNS:LocalHost", NULL, "LOCALHOST.", -DAY, DAY, 0, NULL },
		{ "wildcard", "x", "DNS:*.example.org", NULL, "mail.example.org", -DAY, DAY, 0, NULL },
		{ "address", "x", "DNS:a,IP:127.0.0.1", NULL, "127.0.0.1", -DAY, DAY, 0, NULL },
		{ "address 6", "x", "IP:::1", NULL, "::1", -DAY, DAY, 0, NULL },
		{ "other host", "x", "DNS:a.example,IP:10.0.0.1,DNS:b.example,DNS:c.example,DNS:d.example", NULL, "localhost", -DAY, DAY, 0,
		    "the certificate is for a.example, 10.0.0.1, b.example, …, not localhost" },
		{ "other address", "x", "IP:127.0.0.2", NULL, "127.0.0.1", -DAY, DAY, 0, "is for 127.0.0.2, not 127.0.0.1" },
		{ "name of an address", "x", "DNS:127.0.0.1", NULL, "127.0.0.1", -DAY, DAY, 0, "not 127.0.0.1" },
		{ "common name only", "localhost", NULL, NULL, "localhost", -DAY, DAY, 0, "is for no host at all, not localhost" },
		{ "common name beside others", "localhost", "DNS:a.example", NULL, "localhost", -DAY, DAY, 0, "is for a.example" },
		{ "NUL in the name", "x", "NUL", NULL, "localhost", -DAY, DAY, 0, "not localhost" },
		{ "partial wildcard", "x", "DNS:m*.example.org", NULL, "mail.example.org", -DAY, DAY, 0, "not mail.example.org" },
		{ "wildcard too deep", "x", "DNS:*.example.org", NULL, "a.mail.example.org", -DAY, DAY, 0, "not a.mail" },
		{ "expired", "x", "DNS:localhost", NULL, "localhost", -10 * DAY, -DAY, 0, "the server's certificate expired on 20" },
		{ "not yet", "x", "DNS:localhost", NULL, "localhost", DAY, 2 * DAY, 0, "clock" },
		{ "self-signed", "x", "DNS:localhost", NULL, "localhost", -DAY, DAY, 1, "signed by no authority known here" },
		{ "for clients", "x", "DNS:localhost", "clientAuth", "localhost", -DAY, DAY, 0, "purpose" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct server v = { .cert = make(t[i].cn, t[i].san, t[i].usage, t[i].from, t[i].to, t[i].self) };
		struct tls_opts o = { .host = t[i].host, .ca = in_dir("ca.pem") };
		struct err e;

		if (meet(&v, &o, &e) != (t[i].why ? -1 : 0))
			fail_msg("%s: %s", t[i].name, t[i].why ? "accepted" : e.text);
		if (t[i].why)
			says(t[i].name, &e, ERR_PERM, t[i].why);
		X509_free(v.cert);
	}
}

static void
where_trust_comes_from(void **state)
{
	struct server v = { .cert = make("x", "DNS:localhost", NULL, -DAY, DAY, 0) };
	struct tls_opts o = { .host = "localhost", .ca = in_dir("hashed") };
	struct err e;

	(void)state;
	assert_int_equal(meet(&v, &o, &e), 0);
	o.ca = in_dir("empty");
	assert_int_equal(meet(&v, &o, &e), -1);
	says("empty", &e, ERR_CONFIG, "rehash");
	o.ca = in_dir("missing");
	assert_int_equal(meet(&v, &o, &e), -1);
	says("missing", &e, ERR_CONFIG, "No such file");
	o.ca = "/dev/null";
	assert_int_equal(meet(&v, &o, &e), -1);
	says("no certificates", &e, ERR_CONFIG, "/dev/null");
	o.ca = NULL;
	setenv("SSL_CERT_DIR", in_dir("empty"), 1);
	assert_int_equal(meet(&v, &o, &e), -1);
	says("unknown CA", &e, ERR_PERM, "set tls-ca or tls-pin");
	setenv("SSL_CERT_DIR", in_dir("hashed"), 1);
	assert_int_equal(meet(&v, &o, &e), 0);
	unsetenv("SSL_CERT_DIR");
	setenv("SSL_CERT_FILE", in_dir("ca.pem"), 1);
	assert_int_equal(meet(&v, &o, &e), 0);
	unsetenv("SSL_CERT_FILE");
	X509_free(v.cert);
}

static void
pins(void **state)
{
	struct server v = { .cert = make("x", "DNS:a.example", NULL, -10 * DAY, -DAY, 1) };	/* wrong in all but its digest */
	unsigned char digest[32];
	char pin[100] = "", plain[65] = "";
	struct tls_opts o = { .host = "localhost", .pin = pin };
	struct err e;

	(void)state;
	assert_int_equal(X509_digest(v.cert, EVP_sha256(), digest, NULL), 1);
	for (size_t i = 0; i < sizeof digest; i++) {
		snprintf(pin + 3 * i, 4, "%02x:", digest[i]);
		snprintf(plain + 2 * i, 3, "%02X", digest[i]);
	}
	assert_int_equal(meet(&v, &o, &e), 0);
	o.pin = plain;
	assert_int_equal(meet(&v, &o, &e), 0);
	pin[0] = pin[0] == '0' ? '1' : '0';
	o.pin = pin;
	assert_int_equal(meet(&v, &o, &e), -1);
	says("wrong pin", &e, ERR_PERM, plain);
	pin[3] = 'x';
	assert_int_equal(meet(&v, &o, &e), -1);
	says("no hex", &e, ERR_CONFIG, "tls-pin");
	plain[63] = '\0';
	o.pin = plain;
	assert_int_equal(meet(&v, &o, &e), -1);
	says("short", &e, ERR_CONFIG, "64 digits");
	X509_free(v.cert);
}

static void
versions(void **state)
{
	struct server v = { .cert = make("x", "DNS:localhost", NULL, -DAY, DAY, 0), .min = TLS1_VERSION, .max = TLS1_1_VERSION };
	struct tls_opts o = { .host = "localhost", .ca = in_dir("ca.pem") };
	struct err e;

	(void)state;
	assert_int_equal(meet(&v, &o, &e), -1);
	says("1.1", &e, ERR_PROTOCOL, "no TLS version that is allowed");
	v.max = TLS1_2_VERSION;
	assert_int_equal(meet(&v, &o, &e), 0);
	o.min13 = 1;
	assert_int_equal(meet(&v, &o, &e), -1);
	says("1.2, not 1.3", &e, ERR_PROTOCOL, "no TLS version that is allowed");
	v.max = TLS1_3_VERSION;
	assert_int_equal(meet(&v, &o, &e), 0);
	X509_free(v.cert);
}

static void
what_a_peer_showed(void **state)
{
	struct server v = { .cert = make("Mail of Ann", "DNS:localhost,DNS:mail.example.org", NULL, -DAY, 10 * DAY + 60, 0) };
	struct tls_opts o = { .host = "localhost", .ca = in_dir("ca.pem") };
	struct tls_peer peer;
	struct tls *t = NULL;
	struct err e = { 0 };
	pid_t pid;

	(void)state;
	for (int turn = 0; turn < 3; turn++) {
		static const char *const trust[] = { "authority CN=Test CA", "tls-pin", "" };
		int fd = start(&v, &pid);

		assert_int_equal(tls_connect(&t, fd, &o, deadline_in(5000, 0), &e), 0);
		assert_int_equal(tls_peer(t, &peer), 0);
		assert_string_equal(peer.subject, "CN=Mail of Ann");
		assert_string_equal(peer.issuer, "CN=Test CA");
		assert_string_equal(peer.names, "localhost, mail.example.org");
		assert_int_equal(strlen(peer.from), 10);
		assert_int_equal(strlen(peer.until), 10);
		assert_int_equal(peer.days, 10);
		assert_int_equal(strlen(peer.sha256), 64);
		assert_string_equal(peer.trust, trust[turn]);
		tls_close(&t);
		close(fd);
		waitpid(pid, NULL, 0);
		o.pin = turn == 0 ? peer.sha256 : NULL;
		o.any = turn == 1;
	}
	X509_free(v.cert);
}

/* A file of many is looked into, not read as a whole: by the name as it stands, by the name in other letters, past what is no
 * certificate. */
static void
bundles(void **state)
{
	static const struct { const char *before, *after; int ok; } t[] = {
		{ "", "", 1 },
		{ "# comment\n-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "", 1 },
		{ "-----BEGIN CERTIFICATE-----\nno base64!\n-----END CERTIFICATE-----\n", "", 1 },
		{ "-----BEGIN CERTIFICATE-----\nMIIBAgME\n-----END CERTIFICATE-----\n", "", 1 },
		{ "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\nMIIB", 1 },
		{ "-----BEGIN CERTIFICATE-----\nMIIB", NULL, 0 },
	};
	struct server v = { .cert = make("x", "DNS:localhost", NULL, -DAY, DAY, 0) };
	X509 *other = make("Another", NULL, "CA", -DAY, DAY, 1);
	struct tls_opts o = { .host = "localhost", .ca = in_dir("many.pem") };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		FILE *f = fopen(in_dir("many.pem"), "w");

		PEM_write_X509(f, other);
		fputs(t[i].before, f);
		if (t[i].after != NULL) {
			PEM_write_X509(f, ca);
			fputs(t[i].after, f);
		}
		fclose(f);
		o.ca = in_dir("many.pem");
		if (meet(&v, &o, &e) != (t[i].ok ? 0 : -1))
			fail_msg("%zu: %s", i, e.text);
		if (!t[i].ok)
			says("not there", &e, ERR_PERM, "signed by no authority known here");
	}
	X509_free(other);
	X509_free(v.cert);

	v.cert = make("x", "DNS:localhost", NULL, -DAY, DAY, 0);
	{
		X509_NAME *loud = X509_NAME_new();

		X509_NAME_add_entry_by_txt(loud, "CN", MBSTRING_UTF8, (const unsigned char *)"TEST  ca", -1, -1, 0);
		X509_set_issuer_name(v.cert, loud);
		X509_NAME_free(loud);
		assert_true(X509_sign(v.cert, ca_key, EVP_sha256()) > 0);
	}
	assert_int_equal(meet(&v, &o, &e), -1);		/* the last file lacks it */
	o.ca = in_dir("ca.pem");
	if (meet(&v, &o, &e) == -1)
		fail_msg("%s", e.text);
	X509_free(v.cert);
}

static void
not_tls_at_all(void **state)
{
	static const char *const greetings[] = { "220 mail.example.org ESMTP\r\n", "+OK ready\r\n", "* OK IMAP4rev1 ready\r\n" };
	struct tls_opts o = { .host = "localhost", .ca = in_dir("ca.pem") };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
		struct server v = { .plain = greetings[i] };

		assert_int_equal(meet(&v, &o, &e), -1);
		says(greetings[i], &e, ERR_PROTOCOL, "does not speak TLS on this port; is it a STARTTLS port?");
	}
}

static void
handshake_that_stops(void **state)
{
	struct tls_opts o = { .host = "localhost", .ca = in_dir("ca.pem") };
	struct tls *t = NULL;
	struct err e = { 0 };
	int sv[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
	assert_int_equal(tls_connect(&t, sv[0], &o, deadline_in(50, 0), &e), -1);
	says("silent", &e, ERR_TEMP, "TLS handshake: timed out");
	close(sv[1]);
	assert_int_equal(tls_connect(&t, sv[0], &o, deadline_in(5000, 0), &e), -1);
	says("closed", &e, ERR_TEMP, "TLS handshake");
	assert_null(t);
	close(sv[0]);
}

/* Says its own view of the bindings, in hex; the certificate's digest is made here by hand. */
static void
tell_bindings(SSL *ssl, int fd)
{
	unsigned char octets[64] = { 0 };
	char text[129];

	(void)fd;
	SSL_export_keying_material(ssl, octets, 32, "EXPORTER-Channel-Binding", 24, (const unsigned char *)"", 0, 1);
	X509_digest(SSL_get_certificate(ssl), EVP_sha256(), octets + 32, NULL);
	for (int n = 0; n < 64; n++)
		snprintf(text + 2 * n, 3, "%02x", octets[n]);
	SSL_write(ssl, text, 128);
	SSL_read(ssl, text, 1);
}

static void
bindings(void **state)
{
	struct server v = { .cert = make("x", "DNS:localhost", NULL, -DAY, DAY, 0), .then = tell_bindings };
	struct tls_opts o = { .host = "localhost", .ca = in_dir("ca.pem") };

	(void)state;
	for (v.max = TLS1_2_VERSION; v.max <= TLS1_3_VERSION; v.max++) {
		struct buf exporter = { 0 }, end_point = { 0 };
		char told[129] = "", have[129] = "";
		struct tls *t = NULL;
		struct err e = { 0 };
		pid_t pid;
		int fd = start(&v, &pid);
		ssize_t n;

		assert_int_equal(tls_connect(&t, fd, &o, deadline_in(5000, 0), &e), 0);
		while ((n = tls_read(t, told, 128, &e)) == TLS_WANT_READ)
			poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 5000);
		assert_int_equal(n, 128);
		assert_int_equal(tls_binding(t, "tls-exporter", &exporter), 0);
		assert_int_equal(tls_binding(t, "tls-server-end-point", &end_point), 0);
		assert_int_equal(tls_binding(t, "tls-unique", &exporter), -1);
		assert_int_equal(exporter.len, 32);
		assert_int_equal(end_point.len, 32);
		buf_add(&exporter, end_point.data, end_point.len);
		for (int i = 0; i < 64; i++)
			snprintf(have + 2 * i, 3, "%02x", (unsigned char)exporter.data[i]);
		assert_memory_equal(have, told, 128);
		buf_free(&exporter);
		buf_free(&end_point);
		tls_close(&t);
		close(fd);
		waitpid(pid, NULL, 0);
	}
	X509_free(v.cert);
}

static void
cut_after_words(SSL *ssl, int fd)
{
	SSL_write(ssl, "words\r\n", 7);
	close(fd);
}

static void
bye_after_words(SSL *ssl, int fd)
{
	SSL_write(ssl, "words\r\n", 7);
	SSL_shutdown(ssl);
	close(fd);
}

static void
echo(SSL *ssl, int fd)
{
	char chunk[5000];
	int n;

	(void)fd;
	while ((n = SSL_read(ssl, chunk, sizeof chunk)) > 0)
		if (SSL_write(ssl, chunk, n) != n)
			_exit(1);
}

static struct stream *
stream_to(const struct server *v, pid_t *pid)
{
	const struct stream_opts o = { .timeout = 5 };
	const struct tls_opts t = { .host = "localhost", .ca = in_dir("ca.pem") };
	struct conn c = { .fd = start(v, pid), .peer = "server" };
	struct stream *s = stream_new(&c, &o);
	struct err e = { 0 };

	assert_int_equal(stream_safe(s), 0);
	if (stream_starttls(s, &t, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(stream_safe(s), 1);
	assert_non_null(stream_tls(s));
	return s;
}

static void
ends_of_a_connection(void **state)
{
	struct server v = { .cert = make("x", "DNS:localhost", NULL, -DAY, DAY, 0) };

	(void)state;
	for (int polite = 0; polite < 2; polite++) {
		pid_t pid;
		char *line;
		size_t len;
		struct err e = { 0 };
		struct stream *s;

		v.then = polite ? bye_after_words : cut_after_words;
		s = stream_to(&v, &pid);
		assert_int_equal(stream_line(s, &line, &len, &e), 0);
		assert_string_equal(line, "words");
		assert_int_equal(stream_line(s, &line, &len, &e), polite ? 1 : -1);
		if (!polite)
			says("cut", &e, ERR_TEMP, "server: connection cut");
		stream_close(&s);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	X509_free(v.cert);
}

static void
bulk_both_ways_without_deadlock(void **state)
{
	struct server v = { .cert = make("x", "DNS:localhost", NULL, -DAY, DAY, 0), .then = echo };
	const size_t size = 900 * 1000;
	char *sent = malloc(size);
	struct buf back = { 0 };
	struct err e = { 0 };
	pid_t pid;
	struct stream *s = stream_to(&v, &pid);

	(void)state;
	for (size_t i = 0; i < size; i++)
		sent[i] = (char)(i * 13 + i / 509);
	for (size_t at = 0, n = 1; at < size; at += n, n = n * 3 % 40009) {
		if (n > size - at)
			n = size - at;
		assert_int_equal(stream_write(s, sent + at, n, &e), 0);
	}
	assert_int_equal(stream_copy(s, size, sink_buf, &back, &e), 0);
	assert_memory_equal(back.data, sent, size);
	stream_close(&s);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	buf_free(&back);
	free(sent);
	X509_free(v.cert);
}

/* The handshake, and the read in which TLS 1.3 tells how it ended. */
static int
first_words(const struct server *v, const struct tls_opts *o, struct err *e)
{
	struct tls *t = NULL;
	char text[100];
	pid_t pid;
	int fd = start(v, &pid);
	ssize_t n;

	assert_int_equal(tls_connect(&t, fd, o, deadline_in(5000, 0), e), 0);
	while ((n = tls_read(t, text, sizeof text, e)) == TLS_WANT_READ)
		poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 5000);
	tls_close(&t);
	close(fd);
	waitpid(pid, NULL, 0);
	return (int)n;
}

static void
client_certificates(void **state)
{
	char cert[100], keyfile[100], authority[100];
	struct tls_opts o = { .host = "localhost", .ca = authority, .cert = "/dev/null" };
	struct server v = { .cert = make("x", "DNS:localhost", NULL, -DAY, DAY, 0) };
	struct err e;
	FILE *f;

	(void)state;
	snprintf(authority, sizeof authority, "%s", in_dir("ca.pem"));
	assert_int_equal(meet(&v, &o, &e), -1);
	says("no certificate", &e, ERR_CONFIG, "tls-cert /dev/null");
	save(v.cert, "client.pem");
	f = fopen(in_dir("client.key"), "w");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	snprintf(cert, sizeof cert, "%s", in_dir("client.pem"));
	snprintf(keyfile, sizeof keyfile, "%s", in_dir("client.key"));
	o.cert = cert;
	assert_int_equal(meet(&v, &o, &e), -1);
	says("no key in it", &e, ERR_CONFIG, "tls-key");
	o.key = keyfile;
	assert_int_equal(meet(&v, &o, &e), 0);
	v.want_cert = 1;
	v.max = TLS1_2_VERSION;
	o.cert = o.key = NULL;
	assert_int_equal(meet(&v, &o, &e), -1);
	says("none shown", &e, ERR_PERM, "lets nobody in without a client certificate; set tls-cert");
	v.max = 0;
	assert_int_equal(first_words(&v, &o, &e), -1);
	says("none shown, TLS 1.3", &e, ERR_PERM, "lets nobody in without a client certificate; set tls-cert");
	o.cert = cert;
	o.key = keyfile;
	assert_int_equal(first_words(&v, &o, &e), -1);
	says("unknown to the server", &e, ERR_PERM, "refuses our client certificate (");
	v.max = TLS1_2_VERSION;
	assert_int_equal(meet(&v, &o, &e), -1);
	says("unknown to the server, TLS 1.2", &e, ERR_PERM, "refuses our client certificate (");
	X509_free(v.cert);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates),
		cmocka_unit_test(where_trust_comes_from),
		cmocka_unit_test(pins),
		cmocka_unit_test(versions),
		cmocka_unit_test(bindings),
		cmocka_unit_test(what_a_peer_showed),
		cmocka_unit_test(bundles),
		cmocka_unit_test(not_tls_at_all),
		cmocka_unit_test(handshake_that_stops),
		cmocka_unit_test(ends_of_a_connection),
		cmocka_unit_test(bulk_both_ways_without_deadlock),
		cmocka_unit_test(client_certificates),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
