/* SPDX-License-Identifier: ISC */
/* imap.h - a session with an IMAP server (RFC 3501, 9051): connected, under TLS, authenticated; commands sent ahead, answers
 * handed out as they come.
 * Send any number of commands, then imap_finish: it reads until each has its tagged answer. Untagged data may come at
 * any time; the session keeps what it needs (capabilities, EXISTS, UIDVALIDITY …) and shows the rest to the handler.
 * Owns stream and buffers; the account is borrowed. After `broken` only imap_close is of use. */
#ifndef MIMAP_IMAP_H
#define MIMAP_IMAP_H

#include <stdint.h>

#include "buf.h"
#include "caps.h"
#include "command.h"
#include "err.h"
#include "response.h"
#include "sink.h"

struct account;
struct stream;

#define IMAP_MESSAGE_MAX UINT32_MAX	/* octets: RFC 3501's largest literal */
#define IMAP_LINE_MAX (8u * 1024 * 1024)	/* once we know who it is: a million UIDs in one SEARCH */

struct imap_handler {
	/* Untagged data: 1 if it is what was waited for, 0 if not, -1 with *e set to stop. */
	int (*data)(void *ctx, const struct response *, struct err *e);
	/* A FETCH item's literal comes: 1 to have it streamed into *sink, 0 to have it in memory. May be NULL. */
	int (*literal)(void *ctx, const struct response *, const char *item, uint64_t size, sink_fn **sink, void **sink_ctx,
	    struct err *e);
	/* The answer to the command with that tag: 1 if it is dealt with, 0 where a refusal is to be a failure, -1 to
	 * stop. May be NULL. */
	int (*answer)(void *ctx, unsigned int tag, const struct response *, struct err *e);
	/* An untagged OK, NO or BAD, which may hold a code (COPYUID): as data. May be NULL. */
	int (*status)(void *ctx, const struct response *, struct err *e);
	void *ctx;
};

struct imap_mailbox {		/* the one whose answers come in, from its SELECT or EXAMINE on; 0 and NULL: not told */
	char *name;
	uint32_t exists, uidvalidity, uidnext;
	uint64_t highestmodseq;
	int read_only;
	int nomodseq;		/* it keeps no mod-sequences (RFC 7162 section 3.1.2.2) */
	int uidnotsticky;	/* UIDs do not outlast the session (RFC 4315 section 2) */
	char *permanent;	/* PERMANENTFLAGS as listed, or NULL */
	char *id;		/* MAILBOXID (RFC 8474 section 4.1), or NULL */
};

struct imap_since {		/* what is known of a mailbox (RFC 7162 section 3.2.5.2) */
	uint32_t uidvalidity;
	uint64_t modseq;
	const char *uids;	/* a set: VANISHED names only UIDs in it; NULL: all */
};

struct imap_pending {		/* a command without its answer yet */
	struct imap_pending *next;
	unsigned int tag;
	char *named;		/* the last mailbox in it, or NULL */
	int judged;		/* a refusal is not a failure here: the sender looks at the answer itself */
	char *opens;		/* the mailbox that it selects, or NULL */
	char what[200];		/* "open mailbox Lists": what the server refused to do */
};

struct imap {
	struct account *account;
	struct stream *stream;
	struct caps caps;
	struct mailbox_form form;
	int form_known;
	struct imap_handler handler;
	struct imap_mailbox mailbox;
	char *charset;		/* for SEARCH, of the server's choice; NULL: UTF-8, "": only US-ASCII (seek.h) */
	uint64_t enabled;	/* a bit (caps.h) for each capability that ENABLE has switched on */
	int utf8;		/* UTF8=ACCEPT is enabled, or about to be by the command with this tag: */
	unsigned int enabling;
	struct response response;	/* the last one read */
	struct buf literal;
	struct imap_pending *pending, **pending_end;	/* in the order sent */
	struct imap_pending *sending;	/* not yet sent as a whole */
	unsigned int last_tag, compressing;	/* the latter: COMPRESS, which nothing may follow before its answer; 0: none */
	int compressed;
	unsigned int idle;		/* responses since the last that was waited for */
	struct err failure;		/* of the first command refused since imap_finish */
	char *failure_named;		/* the last mailbox in it, if that may be why; or NULL */
	int preauth, broken;
};

int imap_open(struct imap **, struct account *, struct err *e);
void imap_logout(struct imap *);	/* after the last answer; waits for nothing. Skipped when broken */
void imap_close(struct imap **);

void imap_command(const struct imap *, struct command *);	/* sets up an empty command as this server wants it */
/* sends it ahead; waits where a literal has to */
int imap_send(struct imap *, const struct command *, const char *what, struct err *e);
int imap_poll(struct imap *, struct err *e);		/* takes in what has come, waits for nothing */
int imap_await(struct imap *, unsigned int tag, struct err *e);	/* until all commands up to that tag have their answers */
/* every answer: -1 with the first refusal ("… refused to WHAT: "text""), or when broken */
int imap_finish(struct imap *, struct err *e);
/* A name that a command is to hold is fit for it. Takes a turn where it needs the delimiter: to be called before the first
 * command. */
int imap_name(struct imap *, const char *mailbox, struct err *e);
/* Ahead of what follows. Takes a turn first where the name needs the delimiter. */
int imap_select(struct imap *, const char *mailbox, int read_only, struct err *e);
/* The same; what has changed since comes as VANISHED (EARLIER) and FETCH, if the mailbox still has that UIDVALIDITY. For servers
 * that have QRESYNC enabled. */
int imap_select_since(struct imap *, const char *mailbox, int read_only, const struct imap_since *, struct err *e);
/* Switches on what the server has of "QRESYNC", "CONDSTORE" …, ahead of what follows (RFC 5161): 1 if it was sent, 0 if the
 * server does not know ENABLE or that. Before the first imap_select. */
int imap_enable(struct imap *, enum cap, struct err *e);
int imap_enabled(const struct imap *, enum cap);	/* the server has said so */
/* UTF-8 in names and headers both ways where the server has UTF8=ACCEPT (RFC 6855), ahead of what follows. Right after imap_open. */
int imap_utf8(struct imap *, struct err *e);
/* A command that names the mailbox was refused: says to *why where names have to begin, if that is not so. Takes a turn on servers
 * with NAMESPACE (RFC 2342), unless another answer is still awaited: then it does nothing. */
void imap_misplaced(struct imap *, const char *mailbox, struct err *why);
int imap_may_be_name(const struct response *);	/* a refusal that may be due to the mailbox's name */
#define IMAP_BULK 100	/* messages: for so many or more it pays even where it takes a turn */
/* Has both sides compressed where that pays: the server is not on this machine (or the key compress is on) and knows COMPRESS.
 * Ahead, but the next command waits for its answer: so this is to be the last one of a flight that is waited for anyway. */
int imap_compress(struct imap *, struct err *e);

/* The rest is for session.c and login.c. */
int imap_greeting(struct imap *, struct err *e);	/* the first response, whatever it is */
/* sends, and waits for the answer: it is in response */
int imap_ask(struct imap *, const char *line, const char *what, struct err *e);
void imap_opens(struct imap *, const char *mailbox);	/* the command sent last selects it: what comes from its turn on is about it */
void imap_expect(struct imap *, const char *what, int judged);	/* last_tag was sent by other means: its answer is awaited */
int imap_next(struct imap *, struct err *e);	/* reads up to a continuation (1) or the tagged answer awaited last (0) */
int imap_login(struct imap *, struct err *e);
int imap_refusal(const struct imap *, const char *what, struct err *e);	/* sets *e from the response: -1 */
void imap_failed(struct imap *, struct imap_pending *);	/* the response refuses that command, the first since imap_finish */
int imap_failure(struct imap *, struct err *e);	/* that one, to *e: -1; all answers are in */
int imap_compress_always(struct imap *, struct err *e);	/* at once, if the key compress is on */
void imap_enable_answered(struct imap *);	/* what imap_utf8 sent */
int imap_compressed(struct imap *, struct err *e);	/* COMPRESS has its answer, in response */

#endif
