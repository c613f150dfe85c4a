/* SPDX-License-Identifier: ISC */
/* tls.h - a TLS client session over a conn's descriptor (TLS 1.2 and up, RFC 8446, 8996, 6125).
 * The server's certificate is verified against a CA and the host name (SNI sent too), or against a SHA-256 pin or TLSA records
 * instead, unless the caller says that any will do.
 * The system's CA directory is looked up by hash; the bundle file is read only where there is no such directory, and of it only
 * those certificates are parsed that are asked for.
 * Does not own the descriptor. OpenSSL's own configuration file is not read.
 * Errors say what to do: ERR_PERM for a certificate that is not trusted, ERR_PROTOCOL for a failed handshake, ERR_CONFIG for bad
 * files. */
#ifndef TLS_H
#define TLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct tls;
struct err;

struct tls_dane {		/* a TLSA record (RFC 6698 2.1), from an answer that was validated */
	unsigned char usage, selector, matching;
	const unsigned char *data;
	size_t len;
};

struct tls_opts {
	const char *host;	/* a name or an address */
	const char *ca;		/* file or directory; NULL: $SSL_CERT_DIR, $SSL_CERT_FILE, the system's */
	const char *pin;	/* SHA-256 of the certificate in hex, colons allowed; NULL: none */
	const char *cert, *key;	/* client certificate, PEM; NULL: none */
	int min13;		/* 1: TLS 1.3 only */
	int any;		/* 1: any certificate will do (RFC 7435), as between servers that would else speak in clear */
	const struct tls_dane *dane;	/* the certificate is one of these, instead; nothing else counts */
	size_t danes;
	const char *also;	/* with dane: a name that will do as well as host */
};

enum { TLS_EOF = 0, TLS_ERROR = -1, TLS_WANT_READ = -2, TLS_WANT_WRITE = -3 };

int tls_connect(struct tls **, int fd, const struct tls_opts *, int64_t deadline, struct err *e);	/* the whole handshake */
ssize_t tls_read(struct tls *, char *, size_t, struct err *e);	/* > 0, or one of the enum. EOF without close_notify is TLS_ERROR */
ssize_t tls_write(struct tls *, const char *, size_t, struct err *e);
void tls_close(struct tls **);			/* sends close_notify, waits for nothing */
/* What both ends know of this session and no other has (RFC 5929, 9266), of the kind "tls-exporter" or "tls-server-end-point";
 * -1 if it has none of that kind. */
int tls_binding(const struct tls *, const char *kind, struct buf *out);
/* The server's certificate, for people. Names are as the certificate has them. */
struct tls_peer {
	char subject[256], names[512], issuer[256];
	char from[16], until[16];	/* "2026-11-22" */
	int days;			/* until then */
	char sha256[65];		/* as tls-pin takes it */
	char trust[300];		/* why it is believed: "authority CN=Some Root", "tls-pin", or "" where nobody looked */
};
int tls_peer(const struct tls *, struct tls_peer *);	/* -1 if it showed none */
const char *tls_version(const struct tls *);	/* "TLSv1.3 TLS_AES_256_GCM_SHA384", for traces */

#endif
