/* SPDX-License-Identifier: ISC */
/* err.c - formats into a temporary first, so the old text may be among the arguments. */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *e, enum err_class class, const char *fmt, ...)
{
	char text[sizeof e->text];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	e->class = class;
	e->offline = 0;
	strlcpy(e->text, text, sizeof e->text);
	return -1;
}

int
err_sys(struct err *e, enum err_class class, const char *fmt, ...)
{
	char text[sizeof e->text];
	const char *why = strerror(errno);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	e->class = class;
	e->offline = 0;
	snprintf(e->text, sizeof e->text, "%.400s: %.100s", text, why);
	return -1;
}

int
err_prefix(struct err *e, const char *fmt, ...)
{
	char text[2 * sizeof e->text];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof e->text, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof e->text)
		n = (int)strlen(text);
	snprintf(text + n, sizeof text - (size_t)n, ": %s", e->text);
	strlcpy(e->text, text, sizeof e->text);
	return -1;
}

void
err_clear(struct err *e)
{
	e->class = ERR_NONE;
	e->offline = 0;
	e->text[0] = '\0';
}

enum err_class
err_file(int errnum)
{
	switch (errnum) {
	case EACCES: case EPERM: case EROFS: case ENOENT: case ENOTDIR: case EISDIR: case EEXIST: case ENAMETOOLONG: case ELOOP:
		return ERR_CANTCREAT;
	case EAGAIN: case ENOMEM: case EMFILE: case ENFILE:
		return ERR_TEMP;
	default:
		return ERR_IO;
	}
}
