/* SPDX-License-Identifier: ISC */
/* config.h - reads the configuration file: lines of `key value`, as ssh_config.
 * `account NAME` opens a section; lines before the first one hold for every account. # starts a comment line; blanks around
 * are nothing; a value that begins and ends with a double quote stands between them. Knows no key: the reader is handed each
 * line, also `account NAME` itself as the first of its section, and says what is wrong with it.
 * Limits: 1 MiB, lines of 4096 octets; NUL is refused. Errors are ERR_CONFIG and begin with "FILE:LINE: ". */
#ifndef CONFIG_H
#define CONFIG_H

struct buf;
struct err;

/* section is NULL before the first account. Returns -1 with *e set to refuse (config adds file and line). */
typedef int config_fn(void *ctx, const char *section, const char *key, const char *value, struct err *e);

/* $PENNYPOST_CONFIG, else $XDG_CONFIG_HOME/pennypost/config (~/.config), else /etc/pennypost/config; the first that exists, or
 * NULL; the variable wins even when its file is missing. Caller frees. */
char *config_path(void);
/* The machine's file, which everybody's programs look into: a line `final key value` before its first account holds whatever a user's
 * file or command line say. Here for those alone, with a NULL section; config_read hands such a line over as `key value`. None where the
 * file is missing, or not readable for us. */
int config_finals(config_fn *, void *ctx, struct err *e);
extern const char *config_system;	/* "/etc/pennypost/config"; tests have another */
int config_read(const char *path, config_fn *, void *ctx, struct err *e);
int config_parse(struct buf *text, const char *name, config_fn *, void *ctx, struct err *e);	/* takes the text apart */
int config_slurp(struct buf *text, const char *path, struct err *e);	/* a small file (1 MiB), not everybody's; the caller wipes it */
char *config_tilde(const char *path);	/* ~/x becomes $HOME/x; caller frees */
int config_private(const char *path, struct err *e);	/* -1 unless only its owner can read it */

#endif
