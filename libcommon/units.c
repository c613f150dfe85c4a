/* SPDX-License-Identifier: ISC */
/* units.c - a number and its letter; an overflow is a mistake like any other. */
#include "units.h"

#include <stddef.h>
#include <string.h>

#include "err.h"

/* The digits at *p; -1 if there are none or too many. */
static int
number(const char **p, int64_t *n)
{
	const char *start = *p;

	for (*n = 0; **p >= '0' && **p <= '9'; (*p)++)
		if (__builtin_mul_overflow(*n, 10, n) || __builtin_add_overflow(*n, **p - '0', n))
			return -1;
	return *p > start ? 0 : -1;
}

int
units_size(const char *text, int64_t *bytes, struct err *e)
{
	static const char letters[] = "kKmMgG";
	const char *p = text, *at;
	int64_t n, unit = 1;

	if (number(&p, &n) == -1)
		goto bad;
	if (*p != '\0' && (at = strchr(letters, *p)) != NULL) {
		unit <<= 10 * ((at - letters) / 2 + 1);
		p++;
	}
	if (*p != '\0' || __builtin_mul_overflow(n, unit, &n))
		goto bad;
	*bytes = n;
	return 0;
bad:
	return err_set(e, ERR_USAGE, "\"%s\" is no size: write a number of octets, as 512, 20k, 1M or 2G", text);
}

int
units_span(const char *text, int64_t *seconds, struct err *e)
{
	static const struct { char letter; int unit; } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
	{ 'w', 604800 } };
	const char *p = text;
	int64_t n, sum = 0;
	size_t i;

	do {
		if (number(&p, &n) == -1)
			goto bad;
		for (i = 0; i < sizeof units / sizeof *units && units[i].letter != *p; i++)
			;
		if (*p != '\0') {
			if (i == sizeof units / sizeof *units || __builtin_mul_overflow(n, units[i].unit, &n))
				goto bad;
			p++;
		}
		if (__builtin_add_overflow(sum, n, &sum))
			goto bad;
	} while (*p != '\0');
	*seconds = sum;
	return 0;
bad:
	return err_set(e, ERR_USAGE, "\"%s\" is no span of time: write seconds, or as 15m, 12h, 14d, 2w, 1d12h", text);
}
