/* SPDX-License-Identifier: ISC */
/* popbox.c - a POP3 server for one client, on stdin and stdout: as little as it takes to be fetched from thousands of times a minute.
 *	popbox DIR		each file in DIR is a message (LF lines), its name is the UID; QUIT removes what was deleted
 * From the environment, so that the command line, by which a client may know the mailbox, stays the same:
 *	POPBOX_CUT_UP=N, POPBOX_CUT_DOWN=N	the connection breaks off after N octets from, or to the client
 *	POPBOX_REPORT=FILE			at the end "UP DOWN" octets
 *	POPBOX_CAPA="PIPELINING UIDL …"		what CAPA lists, instead of PIPELINING UIDL TOP USER
 * Any user and password will do. */
#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MESSAGES 10000

static const char *dir;
static struct dirent **entry;
static int deleted[MESSAGES];
static int count;
static long up, down, cut_up = LONG_MAX, cut_down = LONG_MAX;

static void
leave(int code)
{
	const char *report = getenv("POPBOX_REPORT");
	FILE *f = report != NULL ? fopen(report, "w") : NULL;

	if (f != NULL) {
		fprintf(f, "%ld %ld\n", up, down);
		fclose(f);
	}
	_exit(code);
}

static void
put(const char *text, size_t n)
{
	if (down + (long)n >= cut_down) {
		fwrite(text, 1, (size_t)(cut_down - down), stdout);
		fflush(stdout);
		down = cut_down;
		leave(0);
	}
	if (fwrite(text, 1, n, stdout) != n)
		leave(1);
	down += (long)n;
}

__attribute__((format(printf, 1, 2))) static void
say(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line - 2, fmt, ap);
	va_end(ap);
	strcat(line, "\r\n");
	put(line, strlen(line));
}

/* One octet of the client's, or the end. What was said before is out by then. */
static int
get(void)
{
	static char in[4096];
	static ssize_t at, end;

	if (up == cut_up)
		leave(0);
	if (at == end) {
		if (fflush(stdout) == EOF)
			leave(1);
		at = 0;
		end = read(STDIN_FILENO, in, sizeof in);
		if (end <= 0)
			leave(0);
	}
	up++;
	return in[at++];
}

static void
hear(char *line, size_t size)
{
	size_t n = 0;
	int c;

	while ((c = get()) != '\n')
		if (n + 1 < size)
			line[n++] = (char)c;
	line[n > 0 && line[n - 1] == '\r' ? n - 1 : n] = '\0';
}

static FILE *
message(int i)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, entry[i]->d_name);
	if ((f = fopen(path, "r")) == NULL)
		leave(1);
	return f;
}

static void
send_message(int i, int header_only)
{
	char line[8192];
	FILE *f = message(i);

	say("+OK");
	while (fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '.')
			put(".", 1);
		put(line, strlen(line));
		put("\r\n", 2);
		if (header_only && *line == '\0')
			break;
	}
	fclose(f);
	say(".");
}

static long
size_of(int i)
{
	FILE *f = message(i);
	long n = 0;
	int c;

	while ((c = getc(f)) != EOF)
		n += c == '\n' ? 2 : 1;
	fclose(f);
	return n;
}

static void
list(int sizes)
{
	say("+OK");
	for (int i = 0; i < count; i++)
		if (sizes)
			say("%d %ld", i + 1, size_of(i));
		else
			say("%d %s", i + 1, entry[i]->d_name);
	say(".");
}

static void
capabilities(void)
{
	const char *have = getenv("POPBOX_CAPA");
	char copy[512];

	say("+OK");
	snprintf(copy, sizeof copy, "%s", have != NULL ? have : "PIPELINING UIDL TOP USER");
	for (char *p = strtok(copy, " "); p != NULL; p = strtok(NULL, " "))
		say("%s", p);
	say(".");
}

static void
quit(void)
{
	char path[PATH_MAX];

	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, entry[i]->d_name);
		if (deleted[i])
			unlink(path);
	}
	say("+OK");
	fflush(stdout);
	leave(0);
}

static void
about(const char *verb, int i)
{
	if (i < 0 || i >= count || deleted[i])
		say("-ERR no such message");
	else if (strcasecmp(verb, "RETR") == 0 || strcasecmp(verb, "TOP") == 0)
		send_message(i, *verb == 'T');
	else if (strcasecmp(verb, "LIST") == 0)
		say("+OK %d %ld", i + 1, size_of(i));
	else if (strcasecmp(verb, "DELE") == 0) {
		deleted[i] = 1;
		say("+OK");
	} else
		say("-ERR what?");
}

static void
answer(const char *line)
{
	char verb[16] = "";
	int number = 0, words = sscanf(line, "%15s %d", verb, &number);

	if (strcasecmp(verb, "CAPA") == 0)
		capabilities();
	else if (strcasecmp(verb, "USER") == 0 || strcasecmp(verb, "PASS") == 0)
		say("+OK");
	else if (words == 2)
		about(verb, number - 1);
	else if (strcasecmp(verb, "UIDL") == 0 || strcasecmp(verb, "LIST") == 0)
		list(*verb == 'L' || *verb == 'l');
	else if (strcasecmp(verb, "QUIT") == 0)
		quit();
	else
		say("-ERR what?");
}

static int
is_message(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void
limit(const char *name, long *to)
{
	const char *value = getenv(name);

	if (value != NULL)
		*to = atol(value);
}

int
main(int argc, char **argv)
{
	char line[1024];

	if (argc != 2 || (count = scandir(dir = argv[1], &entry, is_message, alphasort)) == -1 || count > MESSAGES) {
		fprintf(stderr, "usage: popbox DIR\n");
		return 1;
	}
	limit("POPBOX_CUT_UP", &cut_up);
	limit("POPBOX_CUT_DOWN", &cut_down);
	say("+OK ready");
	for (;;) {
		hear(line, sizeof line);
		answer(line);
	}
}
