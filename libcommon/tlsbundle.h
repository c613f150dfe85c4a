/* SPDX-License-Identifier: ISC */
/* tlsbundle.h - a file of many PEM certificates as a place to look issuers up in. Parsing a system's whole bundle takes longer
 * than the rest of a short connection; here only those are parsed whose subject is asked for. For tlstrust.c only: it speaks
 * OpenSSL's types. */
#ifndef TLSBUNDLE_H
#define TLSBUNDLE_H

#include <openssl/types.h>

struct err;

/* The store looks into the file from now on; its text is read here. ERR_CONFIG if it can't be read, or holds no certificate. */
int tlsbundle_add(X509_STORE *, const char *path, struct err *e);

#endif
