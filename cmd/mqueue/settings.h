/* SPDX-License-Identifier: ISC */
/* settings.h - what mqueue takes from -o, the environment and the configuration file. Of the file it reads the keys queue,
 * retry, expire, warn, bounce-limit, bounce-size, parallel, per-destination and serve's before the first section, the `from` that
 * msend would use, and which accounts send by mx:; all other keys are other programs'. Owns its strings. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stddef.h>

#include "schedule.h"
#include "whereto.h"

struct err;

struct settings {
	char *queue;		/* the directory */
	char *from;		/* as configured, or NULL */
	char *serve_domains, *serve_relay, *serve_local;	/* of serve, or NULL */
	int64_t serve_size, serve_timeout;	/* of serve; 0: not said */
	struct schedule schedule;
	int64_t warn;		/* a sender is told of a delay after so many seconds; 0: never */
	unsigned int bounce_limit;	/* notices an hour */
	int64_t bounce_size;	/* a larger message is not returned whole */
	unsigned int parallel;	/* msend at a time in one pass, at most */
	unsigned int per_destination;	/* sessions with one destination at a time, of all runners together */
	struct whereto whereto;
};

struct settings_options {
	const char *queue;	/* -q, or NULL */
	const char *account;	/* whose `from`; NULL: the first section's */
	const char *const *set;	/* -o, each "key=value" */
	size_t sets;
};

/* queue is -q, else -o queue, else $PENNYPOST_QUEUE, else the key, else in the state directory, or /var/spool/pennypost. */
int settings_load(struct settings *, const struct settings_options *, struct err *e);
void settings_free(struct settings *);

#endif
