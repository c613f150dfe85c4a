/* SPDX-License-Identifier: ISC */
/* usage.h - --help and --version, the same in all programs, and PENNYPOST_VERSION. */
#ifndef USAGE_H
#define USAGE_H

#define PENNYPOST_VERSION "0.1"

/* If argv[1] is --help or --version (or -h) it prints to stdout and exits 0. */
void usage_standard(int argc, char *const *argv, const char *program, const char *text);
/* Prints "program: why" and the text to stderr; returns 64 for main to return. */
int usage_wrong(const char *program, const char *text, const char *why);

#endif
