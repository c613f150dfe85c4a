/* SPDX-License-Identifier: ISC */
/* message_stamp.c - Date (RFC 5322 3.3), Message-ID (3.6.4) and the name of this machine. */
#include "message.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"

/* Not strftime: the names are English whatever the locale. */
void
message_date(struct buf *out, time_t when)
{
	static const char *const day[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const month[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm tm;
	long zone;

	if (localtime_r(&when, &tm) == NULL) {
		when = 0;
		gmtime_r(&when, &tm);
	}
	zone = tm.tm_gmtoff / 60;
	buf_printf(out, "%s, %02d %s %04d %02d:%02d:%02d %c%02ld%02ld", day[tm.tm_wday], tm.tm_mday, month[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec, zone < 0 ? '-' : '+', labs(zone) / 60, labs(zone) % 60);
}

void
message_id(struct buf *out, const char *host)
{
	unsigned char random[12];

	arc4random_buf(random, sizeof random);
	buf_printf(out, "<%llx.", (unsigned long long)time(NULL));
	for (size_t i = 0; i < sizeof random; i++)
		buf_printf(out, "%02x", random[i]);
	buf_printf(out, "@%s>", host);
}

/* Letters, digits, hyphens and single dots, no dot or hyphen at either end. */
const char *
message_hostname(void)
{
	static char name[256];
	char raw[256] = "";
	size_t n = 0;

	if (name[0] != '\0')
		return name;
	if (gethostname(raw, sizeof raw - 1) == -1)
		raw[0] = '\0';
	for (const char *p = raw; *p != '\0'; p++) {
		int letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');

		if (letter || (n > 0 && *p == '-') || (n > 0 && *p == '.' && name[n - 1] != '.'))
			name[n++] = *p;
	}
	while (n > 0 && (name[n - 1] == '.' || name[n - 1] == '-'))
		n--;
	name[n] = '\0';
	if (n == 0)
		strlcpy(name, "localhost", sizeof name);
	return name;
}
