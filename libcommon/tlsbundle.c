/* SPDX-License-Identifier: ISC */
/* tlsbundle.c - an X509_LOOKUP over a PEM file (RFC 7468). The first question decodes the base64 and notes where each
 * certificate has its subject's name; then names are compared as octets, and where none is equal as OpenSSL compares them
 * (case, blanks, kinds of string). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "buf.h"
#include "err.h"
#include "tlsbundle.h"
#include "xalloc.h"

#define FILE_MAX	((size_t)16 * 1024 * 1024)

struct cert {
	const unsigned char *der, *name;	/* in der of the bundle */
	long len, name_len;
	int trusted;				/* OpenSSL's own form, with what it is trusted for behind it */
};

struct bundle {
	struct buf pem;				/* until the first question */
	unsigned char *der;
	struct cert *cert;
	size_t certs;
};

/* Steps over one value, or into it. -1 unless it is of that kind and ends within the octets left. */
static int
der(const unsigned char **p, const unsigned char *end, int want, long *len)
{
	int tag, class;

	if (*p >= end || (ASN1_get_object(p, len, &tag, &class, end - *p) & 0x80) != 0 || *len > end - *p)
		return -1;
	return class == V_ASN1_UNIVERSAL && tag == want ? 0 : -1;
}

/* Certificate { tbs { [0] version, serial, algorithm, issuer, validity, subject … (RFC 5280 4.1) */
static int
find_name(struct cert *c)
{
	static const int before[] = { V_ASN1_INTEGER, V_ASN1_SEQUENCE, V_ASN1_SEQUENCE, V_ASN1_SEQUENCE };
	const unsigned char *p = c->der, *end = p + c->len;
	long len;

	for (int depth = 0; depth < 2; depth++)
		if (der(&p, end, V_ASN1_SEQUENCE, &len) == -1)
			return -1;
	if (p < end && *p == 0xa0) {
		int tag, class;

		if ((ASN1_get_object(&p, &len, &tag, &class, end - p) & 0x80) != 0 || len > end - p)
			return -1;
		p += len;
	}
	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		if (der(&p, end, before[i], &len) == -1)
			return -1;
		p += len;
	}
	c->name = p;
	if (der(&p, end, V_ASN1_SEQUENCE, &len) == -1)
		return -1;
	c->name_len = p + len - c->name;
	return 0;
}

static int
decode(unsigned char *out, const char *text, size_t n, long *len)
{
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	int got = 0, more = 0, ok;

	EVP_DecodeInit(ctx);
	ok = EVP_DecodeUpdate(ctx, out, &got, (const unsigned char *)text, (int)n) != -1 && EVP_DecodeFinal(ctx, out + got, &more) == 1;
	EVP_ENCODE_CTX_free(ctx);
	*len = got + more;
	return ok ? 0 : -1;
}

/* One of the labels that hold a certificate, and which. */
static int
is_certificate(const char *label, size_t n, int *trusted)
{
	static const char *const labels[] = { "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE" };

	for (int i = 0; i < 3; i++)
		if (strlen(labels[i]) == n && memcmp(label, labels[i], n) == 0) {
			*trusted = i == 2;
			return 1;
		}
	return 0;
}

/* What is no certificate, or not base64, is passed over. */
static void
index_all(struct bundle *b)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";
	const char *p = buf_str(&b->pem);
	unsigned char *out = b->der = xmalloc(b->pem.len + 1);

	while ((p = strstr(p, begin)) != NULL) {
		const char *label = p + strlen(begin), *text = strstr(label, "-----"), *stop;
		struct cert c = { .der = out };

		if (!text || (stop = strstr(text + 5, end)) == NULL)
			break;
		p = stop;
		if (!is_certificate(label, (size_t)(text - label), &c.trusted) ||
		    decode(out, text + 5, (size_t)(stop - text - 5), &c.len) == -1 || find_name(&c) == -1)
			continue;
		out += c.len;
		b->cert = xreallocarray(b->cert, b->certs + 1, sizeof *b->cert);
		b->cert[b->certs++] = c;
	}
	buf_free(&b->pem);
}

static int
same_name(const struct cert *c, const X509_NAME *name, int exactly)
{
	const unsigned char *octets = NULL, *p = c->name;
	size_t len = 0;
	X509_NAME *have;
	int same;

	if (exactly)
		return X509_NAME_get0_der(name, &octets, &len) == 1 && (size_t)c->name_len == len && memcmp(octets, c->name, len) == 0;
	have = d2i_X509_NAME(NULL, &p, c->name_len);
	same = have && X509_NAME_cmp(have, name) == 0;
	X509_NAME_free(have);
	return same;
}

/* Into the store, which owns it then; *found is one of them. */
static int
add(X509_STORE *store, const struct cert *c, X509 **found)
{
	const unsigned char *p = c->der;
	X509 *x = c->trusted ? d2i_X509_AUX(NULL, &p, c->len) : d2i_X509(NULL, &p, c->len);
	int ok = x && X509_STORE_add_cert(store, x) == 1;

	X509_free(x);
	if (ok)
		*found = x;
	return ok;
}

/* The caller takes a reference of its own to what stands in *out, so ours is given back
 * (X509_LOOKUP_meth_set_get_by_subject(3)). */
static int
by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name, X509_OBJECT *out)
{
	struct bundle *b = X509_LOOKUP_get_method_data(lookup);
	X509 *found = NULL;

	if (type != X509_LU_X509)
		return 0;
	if (b->der == NULL)
		index_all(b);
	for (int exactly = 1; exactly >= 0 && !found; exactly--)
		for (size_t i = 0; i < b->certs; i++)
			if (same_name(&b->cert[i], name, exactly))
				add(X509_LOOKUP_get_store(lookup), &b->cert[i], &found);
	if (!found || X509_OBJECT_set1_X509(out, found) != 1)
		return 0;
	X509_free(found);
	return 1;
}

static void
forget(X509_LOOKUP *lookup)
{
	struct bundle *b = X509_LOOKUP_get_method_data(lookup);

	if (!b)
		return;
	buf_free(&b->pem);
	free(b->der);
	free(b->cert);
	free(b);
}

/* All of the file's text; 0, or an errno. */
static int
read_all(struct buf *out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), errnum = 0;
	ssize_t n = 1;

	if (fd == -1)
		return errno;
	while (n > 0 && out->len < FILE_MAX) {
		buf_reserve(out, 64 * 1024);
		n = read(fd, out->data + out->len, 64 * 1024);
		if (n > 0)
			out->len += (size_t)n;
	}
	errnum = n == -1 ? errno : 0;
	out->data[out->len] = '\0';
	close(fd);
	return errnum;
}

int
tlsbundle_add(X509_STORE *store, const char *path, struct err *e)
{
	static X509_LOOKUP_METHOD *method;	/* the store holds on to it */
	struct bundle *b = xcalloc(1, sizeof *b);
	int errnum = read_all(&b->pem, path);
	X509_LOOKUP *lookup;

	if (errnum != 0 || !strstr(buf_str(&b->pem), "CERTIFICATE-----")) {
		buf_free(&b->pem);
		free(b);
		return err_set(e, ERR_CONFIG, "no CA certificates can be read from %s: %s", path,
		    errnum != 0 ? strerror(errnum) : "it holds none in PEM");
	}
	if (!method) {
		method = X509_LOOKUP_meth_new("bundle");
		X509_LOOKUP_meth_set_get_by_subject(method, by_subject);
		X509_LOOKUP_meth_set_free(method, forget);
	}
	lookup = X509_STORE_add_lookup(store, method);
	forget(lookup);		/* of a call before, if there was one */
	X509_LOOKUP_set_method_data(lookup, b);
	return 0;
}
