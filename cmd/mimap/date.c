/* SPDX-License-Identifier: ISC */
/* date.c - dates: ISO 8601 from the user, RFC 3501's forms on the wire. Years 1900 to 9999. */
#include "date.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "err.h"
#include "units.h"

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
	int64_t ago;

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
	if (*text != '\0' && strchr("dw", text[strlen(text) - 1]) != NULL && units_span(text, &ago, e) == 0) {
		*out = date_of(time(NULL) - (time_t)ago);
		return 0;
	}
	return err_set(e, ERR_USAGE, "\"%s\" is no day: write 2026-11-22, today, yesterday, or 7d for the day a week ago", text);
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

/* "Z", "+01:00", "-0330": seconds; *p moves behind it. -1 where it is none. */
static int
read_zone(const char **p, int *zone)
{
	int sign = **p == '-' ? -1 : 1, hours, minutes;

	*zone = 0;
	if (**p == 'Z') {
		(*p)++;
		return 0;
	}
	hours = digits(*p + 1, 2);
	if ((**p != '+' && **p != '-') || hours < 0 || hours > 23)
		return -1;
	*p += (*p)[3] == ':' ? 4 : 3;
	minutes = digits(*p, 2);
	if (minutes < 0 || minutes > 59)
		return -1;
	*p += 2;
	*zone = sign * (hours * 3600 + minutes * 60);
	return 0;
}

/* "10:00" or "10:00:30", behind a day; *p moves behind it. */
static int
read_clock(const char **p, struct tm *tm)
{
	tm->tm_hour = digits(*p, 2);
	if (tm->tm_hour < 0 || tm->tm_hour > 23 || (*p)[2] != ':')
		return -1;
	tm->tm_min = digits(*p + 3, 2);
	if (tm->tm_min < 0 || tm->tm_min > 59)
		return -1;
	*p += 5;
	if (**p != ':')
		return 0;
	tm->tm_sec = digits(*p + 1, 2);
	*p += 3;
	return tm->tm_sec < 0 || tm->tm_sec > 60 ? -1 : 0;
}

int
date_time(const char *text, time_t *when, struct err *e)
{
	char day[11];
	struct tm tm = { .tm_isdst = -1 };
	const char *p = text + strnlen(text, 10);
	int64_t ymd;
	int zone = 0, clock, r = 0;

	snprintf(day, sizeof(day), "%s", text);
	if (date_day(day, &ymd, e) == -1)
		return -1;
	clock = *p == 'T' || *p == ' ';
	if (clock) {
		p++;
		r = read_clock(&p, &tm);
	}
	tm.tm_year = (int)(ymd / 10000) - 1900;
	tm.tm_mon = (int)(ymd / 100 % 100) - 1;
	tm.tm_mday = (int)(ymd % 100);
	if (r == 0 && *p == '\0')
		*when = mktime(&tm);
	else if (r == 0 && clock && (r = read_zone(&p, &zone)) == 0)
		*when = timegm(&tm) - zone;
	if (r == 0 && *p == '\0')
		return 0;
	return err_set(e, ERR_USAGE, "\"%s\" is no time: write 2026-11-22, 2026-11-22T10:00 or 2026-11-22T10:00:00+01:00", text);
}

void
date_imap_time(struct buf *out, time_t when)
{
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL || tm.tm_year < 0 || tm.tm_year > 9999 - 1900) {
		when = 0;
		gmtime_r(&when, &tm);
	}
	buf_printf(out, "%02d-%.3s-%04d %02d:%02d:%02d +0000", tm.tm_mday, months + tm.tm_mon * 3, tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
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

/* Hours of the zones that have names; others are unknown, which stands for UTC. */
static int
zone_name(const char *p)
{
	static const struct { const char *name; int hours; } zones[] = {
		{ "EST", -5 }, { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 }, { "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 },
	};
	size_t i;

	for (i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		if (strncasecmp(p, zones[i].name, 3) == 0)
			return zones[i].hours * 3600;
	}
	return 0;
}

static int
zone_of(const char *p)
{
	int n = digits(p + (*p != '\0'), 4);

	if ((*p != '+' && *p != '-') || n < 0)
		return zone_name(p);
	return (*p == '-' ? -1 : 1) * (n / 100 * 3600 + n % 100 * 60);
}

/* A number of at most `most` digits at *p, which moves behind it and the `after` that must follow; -1 if it is none. */
static int
next_number(const char **p, size_t most, char after)
{
	size_t n = strspn(*p, "0123456789");
	int v = n > 0 && n <= most ? digits(*p, (int)n) : -1;

	*p += n;
	if (after != '\0' && *(*p)++ != after)
		return -1;
	*p += strspn(*p, " ");
	return v;
}

/* "[Sun,] 1 Nov 2026 10:00[:30] [+0100]" */
static int
read_header_date(const char *p, struct tm *tm, int *zone)
{
	const char *comma = strchr(p, ',');

	p = comma != NULL ? comma + 1 : p;
	p += strspn(p, " ");
	tm->tm_mday = next_number(&p, 2, ' ');
	tm->tm_mon = strlen(p) > 3 ? month_of(p) - 1 : -1;
	p += strcspn(p, " ");
	p += strspn(p, " ");
	tm->tm_year = next_number(&p, 4, ' ');
	if (tm->tm_mday < 0 || tm->tm_mon < 0 || tm->tm_year < 0)
		return -1;
	tm->tm_year += tm->tm_year < 50 ? 2000 : tm->tm_year < 1000 ? 1900 : 0;
	tm->tm_hour = next_number(&p, 2, ':');
	tm->tm_min = next_number(&p, 2, '\0');
	if (*p == ':') {
		p++;
		tm->tm_sec = next_number(&p, 2, '\0');
	}
	*zone = zone_of(p);
	return valid(tm->tm_year, tm->tm_mon + 1, tm->tm_mday) && tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 && tm->tm_min < 60
	    && tm->tm_sec >= 0 && tm->tm_sec <= 60 ? 0 : -1;
}

int
date_header(const char *text, size_t n, time_t *when)
{
	struct tm tm = { .tm_isdst = 0 };
	char line[80];
	int zone;

	snprintf(line, sizeof(line), "%.*s", n < sizeof(line) ? (int)n : (int)sizeof(line) - 1, text);
	if (read_header_date(line, &tm, &zone) == -1)
		return 0;
	tm.tm_year -= 1900;
	*when = timegm(&tm) - zone;
	return 1;
}
