/* SPDX-License-Identifier: ISC */
/* trace.h - the fields that a delivery puts before a message (RFC 5321 4.4, RFC 9228): Return-Path, Delivered-To, Received. */
#ifndef TRACE_H
#define TRACE_H

struct account;
struct buf;

struct trace {
	int wanted;
	char *sender;		/* of the envelope; "" is the null sender, NULL: not known */
	char *recipient;	/* or NULL */
	char *server;		/* where it came from, or NULL */
	const char *protocol;	/* "POP3S", or NULL */
};

/* for what is fetched: its server does not tell the envelope's sender */
void trace_account(struct trace *, const struct account *);
void trace_environment(struct trace *);	/* $SENDER and $RECIPIENT, as a mail server that runs a command sets them */
void trace_fields(struct buf *out, const struct trace *);
void trace_free(struct trace *);

#endif
