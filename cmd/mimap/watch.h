/* SPDX-License-Identifier: ISC */
/* watch.h - the inside of mimap watch. A process for each connection (watcher) writes what happens as lines into a pipe; the one that was
 * started (the keeper) prints them or runs the command, and asks for more processes where a watcher says that it takes them.
 *   watchwait   the one place where a watcher sleeps      watchlook    opens a mailbox and compares it with what is known
 *   watchidle   one mailbox, open: IDLE or NOOP           watchmany    many, none open: NOTIFY, or STATUS now and then
 *   watcher     a connection after the other              watchkeep    the keeper      watchrun   the command
 * Lines in the pipe: mailbox TAB event TAB uid TAB [flags], or for the keeper TAB "unit" TAB idle|poll (TAB mailbox)…; names hold no
 * controls (mailbox_check). */
#ifndef MIMAP_WATCH_H
#define MIMAP_WATCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "boxes.h"
#include "buf.h"
#include "clockwatch.h"
#include "mimap.h"
#include "netwatch.h"
#include "watchbox.h"

struct imap;

#define WATCH_IDLE (25 * 60)	/* seconds of one IDLE: servers end a silent session after 30 minutes (RFC 2177) */
#define WATCH_IDLE_MAX (29 * 60)
#define WATCH_POLL 60		/* seconds between two looks where the server tells nothing by itself */
#define WATCH_UNITS 8		/* connections for one account */
#define WATCH_BOXES 1000	/* mailboxes */
#define WATCH_LINE 65536	/* octets of a server's line while nothing was asked for */
#define WATCH_BRISK 15		/* seconds for an answer when the network or the machine was away */

enum watch_mode { WATCH_PLAN, WATCH_ONE, WATCH_MANY };

struct watcher {
	struct mimap *m;
	enum watch_mode mode;	/* PLAN: mailboxes and patterns as the user gave them; how, is decided with the server */
	int patterns;		/* mailboxes may be added */
	struct watchbox *box;	/* room for WATCH_BOXES: they stay where they are */
	size_t boxes;
	struct imap *im;
	int out;		/* the pipe */
	struct buf lines;	/* not yet written */
	int idle, poll;		/* seconds */
	int no_idle, no_notify;	/* the server refused, though it offers it */
	int short_idles;	/* that the server ended at once */
	int64_t ready;		/* when this session was in step with the server; 0: not yet */
	int ever;		/* one was */
	int delay;		/* ms before the next session */
	int warned;		/* that there is none */
	struct clockwatch clock;
	struct netwatch net;
};

/* watchwait.c */
enum watch_wake { WAKE_TIME, WAKE_DATA, WAKE_AWAY, WAKE_STOP };	/* AWAY: the machine slept, or the network changed */
void watchwait_signals(void);				/* from here on SIGTERM and SIGINT are held until a wait */
int watchwait_stopped(void);
enum watch_wake watchwait(struct watcher *, int with_session, int64_t until);	/* deadline_now's clock */
int watchwait_flush(struct watcher *, struct err *e);	/* writes the lines; waits for who reads them */
watchbox_tell watchwait_tell;				/* ctx is the watcher */

/* watchlook.c */
int watchlook_all(struct watcher *, struct err *e);	/* at the dirty ones; they are closed again */
int watchlook_open(struct watcher *, struct watchbox *, struct err *e);	/* and leaves it open */
int watchlook_status(struct watcher *, const struct watchbox *, struct err *e);	/* STATUS of it, ahead */
int watchlook_news(struct watcher *, struct watchbox *, struct err *e);	/* of the open one: what is above uidnext */

int watchidle(struct watcher *, struct err *e);		/* until the session ends (-1) or we are to stop (0) */
int watchmany(struct watcher *, struct err *e);		/* the same; 1 where NOTIFY is refused and IDLE would do */
int watchmany_expand(struct watcher *, int *added, struct err *e);	/* patterns to boxes */
int watcher_start(struct watcher *, struct mimap *, enum watch_mode, char *const *names, size_t count, int out, struct err *e);
int watcher_run(struct watcher *, struct err *e);	/* until we are to stop, or it is hopeless */
int watcher_split(struct watcher *, size_t from, struct err *e);	/* boxes from there on get processes of their own */
void watcher_is_ready(struct watcher *);	/* it is in step with the server */
int watcher_answers(struct watcher *, struct err *e);	/* waits briskly for an answer to what was sent: -1 if none comes */

/* watchkeep.c, watchrun.c */
struct watch_opts {
	const char *command;	/* -e; NULL: lines are printed */
	const char *kinds;	/* -t: "new,flags"; NULL: all */
	int json, once, single;	/* -j, -1, -s */
};
struct watchrun;
struct watchrun *watchrun_new(const struct watch_opts *);
void watchrun_free(struct watchrun **);
void watchrun_add(struct watchrun *, const char *account, const char *mailbox, const char *event, uint32_t uid, const char *flags);
int watchrun_full(const struct watchrun *);		/* no more, until some have run */
int64_t watchrun_next(const struct watchrun *);		/* when watchrun_go has something to do; INT64_MAX */
int watchrun_go(struct watchrun *, int all, struct err *e);	/* starts what is due, or whatever there is */
int watchrun_ended(struct watchrun *, int pid, int status);	/* 1: it was ours */
int watchrun_busy(const struct watchrun *);		/* one runs, or is to */
int watchkeep(struct mimap *, size_t accounts, const struct watch_opts *, struct err *e);	/* an array of them */

#endif
