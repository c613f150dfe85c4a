/* SPDX-License-Identifier: ISC */
/* ident.c - see ident.h. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ident.h"

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

int
ident_name(char *name, size_t size, const struct timespec *when, const char *host)
{
	unsigned char random[IDENT_LEN];
	char id[IDENT_LEN + 1] = "";
	long ms = when->tv_nsec / 1000000;
	size_t i;
	int n;

	arc4random_buf(random, sizeof random);
	id[0] = alphabet[ms / 32 % 32];
	id[1] = alphabet[ms % 32];
	for (i = 2; i < IDENT_LEN; i++)
		id[i] = alphabet[random[i] % 32];
	n = snprintf(name, size, "%010lld.%s.%s", (long long)when->tv_sec, id, host);
	return n < 0 || (size_t)n >= size || n > IDENT_NAME_MAX ? -1 : 0;
}

/* The digits up to the first dot. Eighteen of them fit an int64_t whatever they are. */
static int
parse_time(const char *name, size_t *len, int64_t *when)
{
	size_t i;

	*when = 0;
	for (i = 0; name[i] >= '0' && name[i] <= '9'; i++) {
		if (i == 18)
			return -1;
		*when = *when * 10 + (name[i] - '0');
	}
	*len = i;
	return i >= 10 && name[i] == '.' ? 0 : -1;
}

/* FNV-1a */
static uint64_t
mix(uint64_t hash, unsigned char octet)
{
	return (hash ^ octet) * 1099511628211u;
}

/* A maildir reader's additions to the name do not count. A second later: it stands behind the one it comes from. */
int
ident_derive(char *name, size_t size, const char *from, uint64_t what)
{
	size_t len = strcspn(from, ":"), at, i;
	uint64_t hash = 14695981039346656037u;
	char id[IDENT_LEN + 1] = "";
	int64_t when;
	int n;

	if (parse_time(from, &at, &when) == -1 || len < at + 1 + IDENT_LEN)
		return -1;
	at += 1 + IDENT_LEN;
	for (i = 0; i < len; i++)
		hash = mix(hash, (unsigned char)from[i]);
	for (i = 0; i < sizeof what; i++)
		hash = mix(hash, (unsigned char)(what >> 8 * i));
	hash ^= hash >> 40;
	for (i = 0; i < IDENT_LEN; i++)
		id[i] = alphabet[hash >> 5 * i & 31];
	n = snprintf(name, size, "%010lld.%s%.*s", (long long)when + 1, id, (int)(len - at), from + at);
	return n < 0 || (size_t)n >= size || n > IDENT_NAME_MAX ? -1 : 0;
}

int
ident_parse(const char *name, char id[IDENT_LEN + 1], int64_t *when)
{
	const char *p;
	int64_t t;
	size_t len, i;

	if (parse_time(name, &len, &t) == -1)
		return -1;
	p = name + len + 1;
	for (i = 0; i < IDENT_LEN; i++)
		if (p[i] == '\0' || strchr(alphabet, p[i]) == NULL)
			return -1;
	if (p[IDENT_LEN] != '.' || strchr(":,.", p[IDENT_LEN + 1]) != NULL)
		return -1;
	for (i = 0; name[i] != '\0'; i++)
		if (i == IDENT_NAME_MAX || iscntrl((unsigned char)name[i]))
			return -1;
	memcpy(id, p, IDENT_LEN);
	id[IDENT_LEN] = '\0';
	*when = t;
	return 0;
}

static char
fold(char c)
{
	c = (char)tolower((unsigned char)c);
	return c == 'o' ? '0' : c == 'i' || c == 'l' ? '1' : c;
}

int
ident_typed(const char *text, char id[IDENT_LEN + 1])
{
	char out[IDENT_LEN + 1] = "";
	size_t i;

	if (strlen(text) != IDENT_LEN)
		return -1;
	for (i = 0; i < IDENT_LEN; i++) {
		out[i] = fold(text[i]);
		if (strchr(alphabet, out[i]) == NULL)
			return -1;
	}
	memcpy(id, out, sizeof out);
	return 0;
}
