/* SPDX-License-Identifier: ISC */
/* tls.c - OpenSSL behind tls.h: context and trust, handshake, bytes. What is wrong with a certificate is put into words by
 * tlscert.c. The descriptor is non-blocking, and written by send(2) so that no SIGPIPE comes of it. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "buf.h"
#include "deadline.h"
#include "err.h"
#include "tls.h"
#include "tlscert.h"
#include "tlsdane.h"
#include "tlstrust.h"
#include "xalloc.h"

struct tls {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO_METHOD *wire;
	int fd;
	int up;			/* the handshake is done */
	int asked;		/* the server asked for a certificate, and got none */
	int pinned;
	char host[256];
	char why[480];		/* what the certificate lacks */
	char version[80];
};

static const char *
reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	return text ? text : "unknown error";
}

static int
wire_write(BIO *b, const char *p, int n)
{
	const struct tls *t = BIO_get_data(b);
	ssize_t r = send(t->fd, p, (size_t)n, MSG_NOSIGNAL);

	BIO_clear_retry_flags(b);
	if (r == -1 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(b);
	return (int)r;
}

static int
wire_read(BIO *b, char *p, int n)
{
	const struct tls *t = BIO_get_data(b);
	ssize_t r = recv(t->fd, p, (size_t)n, 0);

	BIO_clear_retry_flags(b);
	if (r == -1 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(b);
	return (int)r;
}

static long
wire_ctrl(BIO *b, int cmd, long n, void *p)
{
	(void)b, (void)n, (void)p;
	return cmd == BIO_CTRL_FLUSH;
}

static BIO *
wire_new(struct tls *t)
{
	BIO *b = NULL;

	t->wire = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
	if (t->wire && BIO_meth_set_write(t->wire, wire_write) && BIO_meth_set_read(t->wire, wire_read) &&
	    BIO_meth_set_ctrl(t->wire, wire_ctrl))
		b = BIO_new(t->wire);
	if (b) {
		BIO_set_data(b, t);
		BIO_set_init(b, 1);
	}
	return b;
}

static int
client_certificate(SSL_CTX *ctx, const struct tls_opts *o, struct err *e)
{
	const char *key = o->key ? o->key : o->cert;

	if (!o->cert)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(ctx, o->cert) != 1)
		return err_set(e, ERR_CONFIG, "tls-cert %s: %s", o->cert, reason());
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		return err_set(e, ERR_CONFIG, "tls-key %s: %s", key, reason());
	return 0;
}

static int
on_verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);

	if (!ok)
		tlscert_explain(t->why, sizeof t->why, store, t->host);
	return ok;
}

/* Called where the server asks for a certificate, and no tls-cert is set. */
static int
on_request(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
	struct tls *t = SSL_get_app_data(ssl);

	(void)cert, (void)key;
	t->asked = 1;
	return 0;
}

static int
context_new(struct tls *t, const struct tls_opts *o, struct err *e)
{
	/* A short process has no use for the configuration, the tables of old cipher names (but to read an old key file), the clean-up */
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT | (o->cert ? 0 : OPENSSL_INIT_NO_ADD_ALL_CIPHERS), NULL);
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (!t->ctx)
		return err_set(e, ERR_SOFTWARE, "OpenSSL: %s", reason());
	SSL_CTX_set_min_proto_version(t->ctx, o->min13 ? TLS1_3_VERSION : TLS1_2_VERSION);
	SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(t->ctx, 1);
	SSL_CTX_set_client_cert_cb(t->ctx, on_request);
	if (client_certificate(t->ctx, o, e) == -1)
		return -1;
	if (o->pin || o->any)	/* a pin is compared after the handshake, before anything is sent */
		return 0;
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, on_verify);
	if (o->danes > 0)
		return 0;
	return o->ca ? tlstrust_own(t->ctx, o->ca, e) : tlstrust_system(t->ctx, e);
}

/* SNI carries names only (RFC 6066 3); an address must stand in the certificate as an address. */
static int
expect_host(struct tls *t, const struct tls_opts *o, struct err *e)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(t->ssl);
	unsigned char addr[sizeof(struct in6_addr)];
	size_t n = strlcpy(t->host, o->host, sizeof t->host);
	int ok;

	if (n == 0 || n >= sizeof t->host)
		return err_set(e, ERR_CONFIG, "no host name to verify a certificate against");
	if (t->host[n - 1] == '.')
		t->host[n - 1] = '\0';
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (inet_pton(AF_INET, t->host, addr) == 1 || inet_pton(AF_INET6, t->host, addr) == 1)
		ok = X509_VERIFY_PARAM_set1_ip_asc(param, t->host);
	else
		ok = X509_VERIFY_PARAM_set1_host(param, t->host, 0) && SSL_set_tlsext_host_name(t->ssl, t->host);
	if (!ok || !SSL_set_purpose(t->ssl, X509_PURPOSE_SSL_SERVER))
		return err_set(e, ERR_CONFIG, "host %s can't be verified: %s", t->host, reason());
	return 0;
}

/* Is it about our own certificate? TLS 1.3 tells only at the first read. */
static int
certificate_unwanted(const struct tls *t, unsigned long code, struct err *e)
{
	switch (ERR_GET_REASON(code)) {
	case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
		if (!t->asked)
			return 0;
		err_set(e, ERR_PERM, "the server lets nobody in without a client certificate; set tls-cert and tls-key");
		return 1;
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
	case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
		err_set(e, ERR_PERM, "the server refuses our client certificate (%s); check tls-cert", reason());
		return 1;
	default:
		return 0;
	}
}

static int
handshake_failed(const struct tls *t, int why, int errnum, struct err *e)
{
	unsigned long code = ERR_peek_error();

	if (t->why[0])
		return err_set(e, ERR_PERM, "%s", t->why);
	if (why == SSL_ERROR_SYSCALL && errnum != 0)
		return err_set(e, ERR_TEMP, "TLS handshake: %s", strerror(errnum));
	if (code == 0)
		return err_set(e, ERR_TEMP, "TLS handshake: the server closed the connection");
	if (certificate_unwanted(t, code, e))
		return -1;
	switch (ERR_GET_REASON(code)) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
		return err_set(e, ERR_PROTOCOL, "the server does not speak TLS on this port; is it a STARTTLS port?");
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
		return err_set(e, ERR_PROTOCOL, "the server speaks no TLS version that is allowed (1.2, or 1.3 with tls 1.3)");
	default:
		return err_set(e, ERR_PROTOCOL, "TLS handshake failed: %s", reason());
	}
}

static int
handshake(struct tls *t, int64_t deadline, struct err *e)
{
	for (;;) {
		struct pollfd p = { .fd = t->fd };
		int r, why;

		ERR_clear_error();
		errno = 0;
		r = SSL_connect(t->ssl);
		if (r == 1)
			return 0;
		why = SSL_get_error(t->ssl, r);
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
			return handshake_failed(t, why, errno, e);
		p.events = why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
		if (deadline_poll(&p, 1, deadline, "TLS handshake", e) == -1)
			return -1;
	}
}

int
tls_connect(struct tls **out, int fd, const struct tls_opts *o, int64_t deadline, struct err *e)
{
	struct tls *t = xcalloc(1, sizeof *t);
	BIO *wire;

	t->fd = fd;
	if (context_new(t, o, e) == -1)
		goto fail;
	t->ssl = SSL_new(t->ctx);
	wire = wire_new(t);
	if (!t->ssl || !wire) {
		BIO_free(wire);
		err_set(e, ERR_SOFTWARE, "OpenSSL: %s", reason());
		goto fail;
	}
	SSL_set_bio(t->ssl, wire, wire);
	SSL_set_app_data(t->ssl, t);
	if (expect_host(t, o, e) == -1 || (o->danes > 0 && tlsdane_expect(t->ctx, t->ssl, o, e) == -1)
	    || handshake(t, deadline, e) == -1)
		goto fail;
	if (o->pin && tlscert_pinned(SSL_get0_peer_certificate(t->ssl), o->pin, e) == -1)
		goto fail;
	t->up = 1;
	t->pinned = o->pin != NULL;
	snprintf(t->version, sizeof t->version, "%s %s", SSL_get_version(t->ssl), SSL_get_cipher_name(t->ssl));
	*out = t;
	return 0;
fail:
	tls_close(&t);
	return -1;
}

/* What the enum of tls.h says of a read or write that moved nothing. */
static ssize_t
outcome(const struct tls *t, int r, int errnum, struct err *e)
{
	switch (SSL_get_error(t->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_EOF;
	case SSL_ERROR_SYSCALL:
		return err_set(e, ERR_TEMP, "connection cut: %s", errnum ? strerror(errnum) : "end of file inside TLS");
	default:
		if (certificate_unwanted(t, ERR_peek_error(), e))
			return TLS_ERROR;
		return err_set(e, ERR_PROTOCOL, "TLS: %s", reason());
	}
}

ssize_t
tls_read(struct tls *t, char *p, size_t n, struct err *e)
{
	size_t got;

	ERR_clear_error();
	errno = 0;
	return SSL_read_ex(t->ssl, p, n, &got) == 1 ? (ssize_t)got : outcome(t, 0, errno, e);
}

ssize_t
tls_write(struct tls *t, const char *p, size_t n, struct err *e)
{
	size_t put;

	ERR_clear_error();
	errno = 0;
	return SSL_write_ex(t->ssl, p, n, &put) == 1 ? (ssize_t)put : outcome(t, 0, errno, e);
}

void
tls_close(struct tls **tp)
{
	struct tls *t = *tp;

	if (!t)
		return;
	if (t->up)
		SSL_shutdown(t->ssl);
	ERR_clear_error();
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	BIO_meth_free(t->wire);
	free(t);
	*tp = NULL;
}

const char *
tls_version(const struct tls *t)
{
	return t->version;
}

/* RFC 9266 3, 4.2: an exporter is only unique under TLS 1.3, or 1.2 with an extended master secret. */
int
tls_binding(const struct tls *t, const char *kind, struct buf *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	int n = -1;

	ERR_clear_error();
	if (strcmp(kind, "tls-server-end-point") == 0)
		n = tlscert_end_point(SSL_get0_peer_certificate(t->ssl), digest);
	else if (strcmp(kind, "tls-exporter") == 0 && (SSL_version(t->ssl) >= TLS1_3_VERSION || SSL_get_extms_support(t->ssl) == 1) &&
	    SSL_export_keying_material(t->ssl, digest, 32, "EXPORTER-Channel-Binding", 24, (const unsigned char *)"", 0, 1) == 1)
		n = 32;
	if (n > 0)
		buf_add(out, digest, (size_t)n);
	return n > 0 ? 0 : -1;
}

int
tls_peer(const struct tls *t, struct tls_peer *out)
{
	const X509 *cert = SSL_get0_peer_certificate(t->ssl);
	STACK_OF(X509) *chain = SSL_get0_verified_chain(t->ssl);

	memset(out, 0, sizeof *out);
	if (!cert)
		return -1;
	tlscert_describe(cert, out);
	if (t->pinned)
		strlcpy(out->trust, "tls-pin", sizeof out->trust);
	else if (chain && SSL_get_verify_mode(t->ssl) != SSL_VERIFY_NONE) {
		strlcpy(out->trust, "authority ", sizeof out->trust);
		tlscert_name(out->trust + 10, sizeof out->trust - 10, X509_get_subject_name(sk_X509_value(chain, sk_X509_num(chain) - 1)));
	}
	return 0;
}
