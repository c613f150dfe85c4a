/* SPDX-License-Identifier: ISC */
/* result.c - see result.h. */
#include <ctype.h>
#include <string.h>

#include "result.h"

enum { FIELDS = 8, FIELDS_LEAST = 6 };

/* None has a control octet. Those that are missing at the end are empty. */
static int
split(char *line, size_t len, char *field[FIELDS])
{
	size_t i;
	int n = 0;

	field[n++] = line;
	for (i = 0; i < len; i++) {
		if (line[i] == '\t') {
			if (n == FIELDS)
				return -1;
			line[i] = '\0';
			field[n++] = line + i + 1;
		} else if (iscntrl((unsigned char)line[i]))
			return -1;
	}
	if (n < FIELDS_LEAST)
		return -1;
	while (n < FIELDS)
		field[n++] = line + len;
	return 0;
}

static int
parse_verdict(const char *word, enum verdict *v)
{
	if (strcmp(word, "ok") == 0)
		*v = VERDICT_OK;
	else if (strcmp(word, "later") == 0)
		*v = VERDICT_LATER;
	else if (strcmp(word, "refused") == 0)
		*v = VERDICT_REFUSED;
	else
		return -1;
	return 0;
}

static int
none(const char *word)
{
	return *word == '\0' || strcmp(word, "-") == 0;
}

static int
parse_code(const char *word, int *code)
{
	*code = 0;
	if (none(word))
		return 0;
	if (strspn(word, "0123456789") != 3 || word[3] != '\0' || word[0] < '2' || word[0] > '5')
		return -1;
	*code = (word[0] - '0') * 100 + (word[1] - '0') * 10 + word[2] - '0';
	return 0;
}

/* RFC 3463 2: 2, 4 or 5, then two numbers of one to three digits. */
static int
enhanced_ok(const char *word)
{
	int part;

	if (strchr("245", *word) == NULL || *word++ == '\0')
		return 0;
	for (part = 0; part < 2; part++) {
		size_t digits;

		if (*word++ != '.')
			return 0;
		digits = strspn(word, "0123456789");
		if (digits < 1 || digits > 3)
			return 0;
		word += digits;
	}
	return *word == '\0';
}

static int
agree(enum verdict v, int code)
{
	int class = code / 100;

	switch (v) {
	case VERDICT_OK:
		return code == 0 || class == 2;
	case VERDICT_REFUSED:
		return code == 0 || class == 5;
	case VERDICT_LATER:
		break;
	}
	return 1;
}

int
result_parse(char *line, size_t len, struct result *out)
{
	char *field[FIELDS];
	struct result r = { 0 };

	if (len > RESULT_LINE_MAX || split(line, len, field) == -1)
		return -1;
	r.path = field[0];
	r.addr = field[1];
	r.enhanced = none(field[4]) ? "" : field[4];
	r.text = field[5];
	r.host = field[6];
	r.dsn = strcmp(field[7], "dsn") == 0;
	if (*r.path == '\0' || *r.addr == '\0')
		return -1;
	if (parse_verdict(field[2], &r.verdict) == -1 || parse_code(field[3], &r.code) == -1)
		return -1;
	if (!r.dsn && *field[7] != '\0')
		return -1;
	r.offline = r.verdict == VERDICT_LATER && r.code == 0 && strcmp(r.enhanced, "4.4.3") == 0;
	if ((*r.enhanced != '\0' && !enhanced_ok(r.enhanced)) || !agree(r.verdict, r.code))
		return -1;
	*out = r;
	return 0;
}
