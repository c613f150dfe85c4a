/* SPDX-License-Identifier: ISC */
/* usage.c - asked for: stdout and 0; misused: stderr and 64. */
#include "usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

void
usage_standard(int argc, char *const *argv, const char *program, const char *text)
{
	if (argc < 2)
		return;
	if (strcmp(argv[1], "--version") == 0)
		printf("%s (Penny Post) %s\n", program, PENNYPOST_VERSION);
	else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		fputs(text, stdout);
	else
		return;
	exit(fflush(stdout) == 0 ? 0 : ERR_IO);
}

int
usage_wrong(const char *program, const char *text, const char *why)
{
	fprintf(stderr, "%s: %s\n%s", program, why, text);
	return ERR_USAGE;
}
