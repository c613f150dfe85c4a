/* SPDX-License-Identifier: ISC */
/* account.h - the configured endpoint a program works with: options, configuration file, secrets, connection.
 * A key's value comes from the machine's file if it is final there, else from -o, else from the account's section, else from
 * the lines before the first section.
 * -a names a section (or gives the address of its `from`), or is a URL used directly. Errors are ERR_CONFIG or ERR_USAGE and name
 * file and line, or the option.
 * Owns its strings; account_free wipes secrets. */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <stdint.h>

#include "url.h"

struct buf;
struct dial_tried;
struct err;
struct sasl;
struct stream;

enum account_key {
	KEY_FROM, KEY_SEND, KEY_POP, KEY_IMAP, KEY_IMAP_WITHOUT, KEY_IMAP_ID, KEY_USER, KEY_PASSWORD, KEY_TOKEN, KEY_AUTH, KEY_TLS, KEY_TLS_CA, KEY_TLS_PIN,
	KEY_TLS_CERT, KEY_TLS_KEY, KEY_PROXY, KEY_SOURCE, KEY_HELO, KEY_TIMEOUT, KEY_DEADLINE, KEY_MAILDIR, KEY_QUEUE, KEY_RETRY, KEY_EXPIRE,
	KEY_DKIM_DOMAIN, KEY_DKIM_SELECTOR, KEY_DKIM_KEY, KEY_RESOLVER, KEY_MX_PORT, KEY_MTA_STS, KEY_WARN, KEY_BOUNCE_LIMIT, KEY_BOUNCE_SIZE, KEY_PARALLEL,
	KEY_PER_DESTINATION,
	KEY_ALIASES, KEY_DOMAIN, KEY_FROM_FORCE, KEY_LOG, KEY_WINDOW, KEY_REQUIRE_TLS,
	KEY_COMPRESS, KEY_WATCH_IDLE, KEY_WATCH_POLL,
	KEY_SYNC, KEY_EXPUNGE, KEY_TRASH, KEY_LAYOUT, KEY_FOLDERS, KEY_MAX_SIZE, KEY_MAX_AGE, KEY_TOO_LARGE, KEY_MAX_DELETE,
	KEY_SERVE_DOMAINS, KEY_SERVE_LOCAL, KEY_SERVE_RELAY, KEY_SERVE_SIZE, KEY_SERVE_TIMEOUT, KEY_COUNT
};

struct account {
	char *name;			/* section, or NULL */
	char *file;			/* configuration read, or NULL */
	char *value[KEY_COUNT];		/* NULL: not set */
	char *option[KEY_COUNT];	/* given by -o */
	char *final[KEY_COUNT];		/* the machine's configuration will have it so (config.h) */
	char *which;			/* given by -a */
	struct url url;			/* the endpoint */
	int64_t end;			/* of the run (deadline key) */
	int verbose;			/* -v, counted */
	char *secret, *token;		/* once they were asked for */
	int refused;			/* a server did not take them, for good */
	const char *port;		/* of the service that was connected to, where the URL has none; NULL before */
	struct dial_tried *tried;	/* NULL, or the addresses that account_connect leaves out from now on; borrowed */
};

/* The options all clients share; others are the caller's. For getopt: ACCOUNT_OPTS "…". */
#define ACCOUNT_OPTS "a:o:v"
int account_option(struct account *, int ch, const char *arg, struct err *e);

/* Reads the configuration and settles on the account. endpoint (KEY_SEND, KEY_POP, KEY_IMAP, or KEY_COUNT for none) is parsed
 * into url. Without any -a and any file: 1 and nothing set but options, so that msend can deliver locally; *e says what to write, for
 * the programs that can't. 0 else. */
int account_load(struct account *, enum account_key endpoint, struct err *e);
const char *account_get(const struct account *, enum account_key);	/* NULL if not set */
int account_number(const struct account *, enum account_key, int fallback, int max, int *n, struct err *e);
int account_find_from(const char *addr, char **name, struct err *e);	/* the section whose `from` is addr, else addr without its
								 * +detail; NULL if none */
void account_free(struct account *);

/* user of the URL, else the key, else the local login name. */
const char *account_user(const struct account *);
char *account_label(const struct account *);	/* "ann@mail.example.org", with the URL's port if it has one: fit for a file name. Caller frees */
/* password key (!command, or text in a private file), else ~/.netrc, $CREDENTIALS_DIRECTORY/password-NAME, else a prompt on the
 * terminal; ERR_CONFIG when there is none. Asked for once. The caller wipes it. */
int account_secret(struct account *, struct buf *secret, struct err *e);
int account_netrc(const char *host, const char *port, const char *user, struct buf *password, struct err *e);	/* see netrc.h */
int account_token(struct account *, struct err *e);	/* the token key, likewise, into token; 1 if there is none */
/* Finds now what account_sasl will need: nobody is to be kept waiting while a command or a person is asked. */
int account_unlock(struct account *, struct err *e);
/* An exchange (sasl.h) with what the account has, of the mechanisms offered; ERR_PERM when none will do. The stream stays open as long. */
int account_sasl(struct account *, struct stream *, const char *offered, struct sasl **, struct err *e);

/* What a protocol calls its endpoints, and how a connection of each kind begins. */
struct service {
	const char *scheme;	/* "smtps" */
	const char *port;	/* "465", NULL: no TCP (unix: path) */
	int implicit_tls;
	int unix_path;		/* the url's path is a socket */
};
/* Connects as the URL says: TCP with or without implicit TLS, Unix socket, or exec:. services ends with a NULL scheme; exec: is
 * known to all. *starttls is set where the protocol must ask for TLS itself before any secret or mail: on plain TCP unless
 * tls=off, on exec: and Unix sockets only with tls=on. 1, with *e as it was, when all of the host's addresses were tried. */
int account_connect(struct account *, const struct service *, struct stream **, int *starttls, struct err *e);
int account_starttls(struct account *, struct stream *, struct err *e);	/* the handshake, after the server said yes */

#endif
