/* SPDX-License-Identifier: ISC */
/* tlscert.c - what is wrong with a certificate, said so that the user knows what to do next. */
#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "err.h"
#include "tls.h"
#include "tlscert.h"

#define FEW_NAMES	3	/* of the certificate, in a message */
#define MANY_NAMES	15

static int
name_text(char *out, size_t size, const GENERAL_NAME *name)
{
	int type;
	const ASN1_STRING *s = GENERAL_NAME_get0_value(name, &type);
	const unsigned char *data = type == GEN_DNS || type == GEN_IPADD ? ASN1_STRING_get0_data(s) : NULL;
	int len = data ? ASN1_STRING_length(s) : 0;

	if (type == GEN_DNS && len > 0)
		snprintf(out, size, "%.*s", len < 100 ? len : 100, (const char *)data);
	else if (type == GEN_IPADD && (len == 4 || len == 16))
		return inet_ntop(len == 4 ? AF_INET : AF_INET6, data, out, (socklen_t)size) != NULL;
	else
		return 0;
	return 1;
}

/* "mail.example.org, imap.example.org, …" */
static void
names_of(char *out, size_t size, const X509 *cert, int max)
{
	GENERAL_NAMES *names = cert ? X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL) : NULL;
	int shown = 0;

	strlcpy(out, "", size);
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && shown <= max; i++) {
		char one[128];

		if (!name_text(one, sizeof one, sk_GENERAL_NAME_value(names, i)))
			continue;
		strlcat(out, shown > 0 ? ", " : "", size);
		strlcat(out, shown < max ? one : "…", size);
		shown++;
	}
	GENERAL_NAMES_free(names);
	if (shown == 0)
		strlcpy(out, "no host at all", size);
}

static void
date_of(char *out, size_t size, const ASN1_TIME *at)
{
	struct tm tm;

	if (!at || !ASN1_TIME_to_tm(at, &tm) || strftime(out, size, "%Y-%m-%d", &tm) == 0)
		strlcpy(out, "an unknown date", size);
}

/* SHA-256 in hex, 65 octets; "" if there is none. */
static void
digest_of(char *out, const X509 *cert)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	*out = '\0';
	if (!cert || !X509_digest(cert, EVP_sha256(), digest, &n) || n != 32)
		return;
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02X", digest[i]);
}

void
tlscert_name(char *out, size_t size, const X509_NAME *name)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *text;
	long n;

	strlcpy(out, "", size);
	if (b && X509_NAME_print_ex(b, name, 0, XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ & ~ASN1_STRFLGS_ESC_MSB) > 0) {
		n = BIO_get_mem_data(b, &text);
		snprintf(out, size, "%.*s", (int)n, text);
	}
	BIO_free(b);
}

void
tlscert_describe(const X509 *cert, struct tls_peer *out)
{
	int seconds = 0;

	tlscert_name(out->subject, sizeof out->subject, X509_get_subject_name(cert));
	tlscert_name(out->issuer, sizeof out->issuer, X509_get_issuer_name(cert));
	names_of(out->names, sizeof out->names, cert, MANY_NAMES);
	date_of(out->from, sizeof out->from, X509_get0_notBefore(cert));
	date_of(out->until, sizeof out->until, X509_get0_notAfter(cert));
	digest_of(out->sha256, cert);
	if (!ASN1_TIME_diff(&out->days, &seconds, NULL, X509_get0_notAfter(cert)))
		out->days = 0;
}

void
tlscert_explain(char *out, size_t size, X509_STORE_CTX *store, const char *host)
{
	const X509 *cert = X509_STORE_CTX_get_current_cert(store);
	const char *which = X509_STORE_CTX_get_error_depth(store) > 0 ? "a certificate above the server's" : "the server's certificate";
	int code = X509_STORE_CTX_get_error(store);
	char text[300];

	switch (code) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		names_of(text, sizeof text, cert, FEW_NAMES);
		snprintf(out, size, "the certificate is for %s, not %s; is the host's name right?", text, host);
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		date_of(text, sizeof text, cert ? X509_get0_notAfter(cert) : NULL);
		snprintf(out, size, "%s expired on %s; its owner must renew it", which, text);
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		date_of(text, sizeof text, cert ? X509_get0_notBefore(cert) : NULL);
		snprintf(out, size, "%s is not valid before %s; is this machine's clock right?", which, text);
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		digest_of(text, X509_STORE_CTX_get0_cert(store));
		snprintf(out, size, "the certificate is signed by no authority known here (%s); set tls-ca or tls-pin (its SHA-256 is %s)",
		    X509_verify_cert_error_string(code), text);
		break;
	default:
		snprintf(out, size, "%s is refused: %s", which, X509_verify_cert_error_string(code));
	}
}

int
tlscert_pinned(const X509 *cert, const char *pin, struct err *e)
{
	char want[65], have[65];
	size_t len = 0;

	for (const char *p = pin; *p; p++) {
		if (*p == ':')
			continue;
		if (len == 64 || !strchr("0123456789ABCDEFabcdef", *p))
			return err_set(e, ERR_CONFIG, "tls-pin is not a SHA-256 in hex (64 digits): %s", pin);
		want[len++] = *p;
	}
	want[len] = '\0';
	if (len != 64)
		return err_set(e, ERR_CONFIG, "tls-pin is not a SHA-256 in hex (64 digits): %s", pin);
	digest_of(have, cert);
	if (have[0] == '\0')
		return err_set(e, ERR_PERM, "the server shows no certificate to compare with tls-pin");
	if (strcasecmp(have, want) != 0)
		return err_set(e, ERR_PERM, "the certificate's SHA-256 is %s, not the tls-pin; "
		    "set that if the server's owner says that it is right", have);
	return 0;
}

int
tlscert_end_point(const X509 *cert, unsigned char *out)
{
	int nid = NID_undef;
	unsigned int n = 0;
	const EVP_MD *md;

	if (!cert || !X509_get_signature_info((X509 *)(uintptr_t)cert, &nid, NULL, NULL, NULL) || nid == NID_undef)
		return -1;
	if (nid == NID_md5 || nid == NID_sha1)
		nid = NID_sha256;
	md = EVP_get_digestbynid(nid);
	return md && X509_digest(cert, md, out, &n) ? (int)n : -1;
}

static int
is_hashed(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] != '\0' &&
	    name[9 + strspn(name + 9, "0123456789")] == '\0';
}

int
tlscert_hashed(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	int found = 0;

	if (!d)
		return 0;
	while (!found && (entry = readdir(d)) != NULL)
		found = is_hashed(entry->d_name);
	closedir(d);
	return found;
}
