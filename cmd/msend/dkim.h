/* SPDX-License-Identifier: ISC */
/* dkim.h - signs a message for the account's domain: RFC 6376 with rsa-sha256, RFC 8463 with ed25519-sha256; relaxed/relaxed.
 * What is asked for by dkim-domain, dkim-selector and dkim-key either happens or is an error: nothing leaves unsigned for want of a key.
 * Owns its keys. */
#ifndef MSEND_DKIM_H
#define MSEND_DKIM_H

struct account;
struct dkim;
struct err;
struct mail;

int dkim_load(struct dkim **, const struct account *, struct err *e);	/* NULL where the account asks for no signature */
/* signed_mail: the same message below its signatures, for as long as the first is there; scanned. mail_free is not for it, but
 * dkim_release. */
int dkim_sign(const struct dkim *, struct mail *signed_mail, const struct mail *, struct err *e);
void dkim_release(struct mail *signed_mail);
void dkim_free(struct dkim **);

#endif
