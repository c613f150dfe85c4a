/* SPDX-License-Identifier: ISC */
/* date.c - dates: ISO 8601 from the user, RFC 3501's forms on the wire. Years 1900 to 9999. */
#include "date.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "err.h"

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static int
days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

/* `n` digits at p; -1 if one of them is none. */
static int
digits(const char *p, int n)
{
	int v = 0;

	for (; n > 0; n--, p++) {
		if (*p < '0' || *p > '9')
			return -1;
		v = v * 10 + (*p - '0');
	}
	return v;
}

static int
valid(int year, int month, int day)
{
	return year >= 1900 && month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}

int64_t
date_of(time_t t)
{
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		return 19700101;
	return (int64_t)(tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

int
date_day(const char *text, int64_t *out, struct err *e)
{
	int year, month, day;

	if (strcasecmp(text, "today") == 0 || strcasecmp(text, "yesterday") == 0) {
		*out = date_of(time(NULL) - (text[0] == 'y' || text[0] == 'Y' ? 86400 : 0));
		return 0;
	}
	if (strlen(text) == 10 && text[4] == '-' && text[7] == '-') {
		year = digits(text, 4);
		month = digits(text + 5, 2);
		day = digits(text + 8, 2);
		if (valid(year, month, day)) {
			*out = (int64_t)year * 10000 + month * 100 + day;
			return 0;
		}
	}
	return err_set(e, ERR_USAGE, "\"%s\" is no day: write 2026-11-22, today or yesterday", text);
}

void
date_imap(struct buf *out, int64_t day)
{
	buf_printf(out, "%d-%.3s-%04d", (int)(day % 100), months + (day / 100 % 100 - 1) * 3, (int)(day / 10000));
}

static int
month_of(const char *p)
{
	int m;

	for (m = 1; m <= 12; m++) {
		if (strncasecmp(p, months + (m - 1) * 3, 3) == 0)
			return m;
	}
	return -1;
}

int
date_internal(const char *p, size_t n, time_t *when)
{
	struct tm tm = { .tm_isdst = 0 };
	int year, month, day, zone, sign;

	if (n != 26 || p[2] != '-' || p[6] != '-' || p[11] != ' ' || p[14] != ':' || p[17] != ':' || p[20] != ' ')
		return 0;
	day = p[0] == ' ' ? digits(p + 1, 1) : digits(p, 2);
	month = month_of(p + 3);
	year = digits(p + 7, 4);
	tm.tm_hour = digits(p + 12, 2);
	tm.tm_min = digits(p + 15, 2);
	tm.tm_sec = digits(p + 18, 2);
	zone = digits(p + 22, 4);
	sign = p[21] == '-' ? -1 : p[21] == '+' ? 1 : 0;
	if (!valid(year, month, day) || tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0
	    || tm.tm_sec > 60 || zone < 0 || zone % 100 > 59 || sign == 0)
		return 0;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	*when = timegm(&tm) - sign * (zone / 100 * 3600 + zone % 100 * 60);
	return 1;
}
