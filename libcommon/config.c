/* SPDX-License-Identifier: ISC */
/* config.c - the lines of the configuration file. It may hold passwords, so what was read is wiped. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "xalloc.h"

#define CONFIG_MAX (1024 * 1024)
#define CONFIG_LINE_MAX 4096

const char *config_system = "/etc/pennypost/config";

static const char *
env(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

static const char *
home(void)
{
	const struct passwd *pw;
	const char *dir = env("HOME");

	if (dir == NULL && (pw = getpwuid(getuid())) != NULL)
		dir = pw->pw_dir;
	return dir != NULL ? dir : "/";
}

char *
config_tilde(const char *path)
{
	if (path[0] == '~' && (path[1] == '/' || path[1] == '\0'))
		return xasprintf("%s%s", home(), path + 1);
	return xstrdup(path);
}

char *
config_path(void)
{
	const char *xdg = env("XDG_CONFIG_HOME");
	char *path;

	if (env("PENNYPOST_CONFIG") != NULL)
		return xstrdup(env("PENNYPOST_CONFIG"));
	path = xdg != NULL ? xasprintf("%s/pennypost/config", xdg) : config_tilde("~/.config/pennypost/config");
	if (access(path, F_OK) == 0)
		return path;
	free(path);
	path = xstrdup(config_system);
	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

int
config_private(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return err_sys(e, ERR_CONFIG, "%s", path);
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return err_set(e, ERR_CONFIG, "%s holds a password and others can read it: chmod 600 %s", path, path);
	return 0;
}

int
config_slurp(struct buf *text, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n = 1;

	if (fd == -1)
		return err_sys(e, ERR_CONFIG, "%s", path);
	if (fstat(fd, &st) == -1)
		st = (struct stat){ 0 };
	if (S_ISREG(st.st_mode) && (st.st_mode & S_IWOTH) != 0) {
		close(fd);
		return err_set(e, ERR_CONFIG, "%s: anybody can write to it: chmod o-w %s", path, path);
	}
	/* Room for all of it, so that it need not move and leave secrets behind. */
	buf_reserve(text, (st.st_size < CONFIG_MAX ? (size_t)st.st_size : CONFIG_MAX) + 4096);
	while (n > 0 && text->len <= CONFIG_MAX) {
		buf_reserve(text, 4096);
		if ((n = read(fd, text->data + text->len, 4096)) > 0)
			text->len += (size_t)n;
		if (n == -1 && errno == EINTR)
			n = 1;
	}
	if (n == -1)
		err_sys(e, ERR_CONFIG, "%s", path);
	close(fd);
	buf_cut(text, text->len);	/* ends it */
	return n == -1 ? -1 : text->len > CONFIG_MAX ? err_set(e, ERR_CONFIG, "%s: more than 1 MiB", path) : 0;
}

/* Splits a line in place; blanks around are gone. 0 where it says nothing. */
static int
split(char *line, size_t len, char **key, char **value)
{
	while (len > 0 && isspace((unsigned char)line[len - 1]))
		line[--len] = '\0';
	*key = line + strspn(line, " \t");
	*value = *key + strcspn(*key, " \t");
	if (**value != '\0')
		*(*value)++ = '\0';
	*value += strspn(*value, " \t");
	len = strlen(*value);
	if (len >= 2 && **value == '"' && (*value)[len - 1] == '"') {
		(*value)[len - 1] = '\0';
		(*value)++;
	} else if (len == 0)
		*value = NULL;
	return **key != '\0' && **key != '#';
}

/* `final key value`, behind "final". */
static int
final_line(char *rest, const char *name, const char *section, char **key, char **value, struct err *e)
{
	if (strcmp(name, config_system) != 0)
		return err_set(e, ERR_CONFIG, "final has a meaning only in %s", config_system);
	if (section != NULL)
		return err_set(e, ERR_CONFIG, "final stands before the first account");
	if (!split(rest, strlen(rest), key, value) || *value == NULL)
		return err_set(e, ERR_CONFIG, "write `final key value`");
	return 0;
}

struct parse {
	const char *name;	/* of the file */
	int finals;		/* only those */
	char *section;
	config_fn *fn;
	void *ctx;
};

static int
one_line(struct parse *c, char *line, size_t len, struct err *e)
{
	char *key, *value;
	int final;

	if (len > CONFIG_LINE_MAX)
		return err_set(e, ERR_CONFIG, "a line of more than %d octets", CONFIG_LINE_MAX);
	if (strlen(line) != len)
		return err_set(e, ERR_CONFIG, "a NUL octet");
	if (!split(line, len, &key, &value))
		return 0;
	if (value == NULL)
		return err_set(e, ERR_CONFIG, "\"%s\" has no value: write lines as `key value`", key);
	final = strcmp(key, "final") == 0;
	if (final && final_line(value, c->name, c->section, &key, &value, e) == -1)
		return -1;
	if (strcmp(key, "account") == 0) {
		if (*value == '\0' || value[strcspn(value, " \t/")] != '\0')
			return err_set(e, ERR_CONFIG, "\"%s\" is no name of an account: one word, no /", value);
		free(c->section);
		c->section = xstrdup(value);
	}
	return c->finals && !final ? 0 : c->fn(c->ctx, c->section, key, value, e);
}

static int
parse(struct parse *c, struct buf *text, struct err *e)
{
	char *line, *next, *end = text->data + text->len;
	size_t number = 0;
	int rc = 0;

	for (line = text->data; rc == 0 && line < end; line = next) {
		number++;
		next = memchr(line, '\n', (size_t)(end - line));
		next = next != NULL ? next : end;	/* data[len] is there to be written */
		*next = '\0';
		if ((rc = one_line(c, line, (size_t)(next - line), e)) == -1)
			err_prefix(e, "%s:%zu", c->name, number);
		next++;
	}
	free(c->section);
	return rc;
}

int
config_parse(struct buf *text, const char *name, config_fn *fn, void *ctx, struct err *e)
{
	struct parse c = { .name = name, .fn = fn, .ctx = ctx };

	return parse(&c, text, e);
}

int
config_finals(config_fn *fn, void *ctx, struct err *e)
{
	struct parse c = { .name = config_system, .finals = 1, .fn = fn, .ctx = ctx };
	struct buf text = { 0 };
	int rc;

	if (access(config_system, R_OK) == -1)
		return 0;
	if ((rc = config_slurp(&text, config_system, e)) == 0)
		rc = parse(&c, &text, e);
	buf_wipe(&text);
	return rc;
}

int
config_read(const char *path, config_fn *fn, void *ctx, struct err *e)
{
	struct buf text = { 0 };
	int rc = config_slurp(&text, path, e);

	if (rc == 0)
		rc = config_parse(&text, path, fn, ctx, e);
	buf_wipe(&text);
	return rc;
}
