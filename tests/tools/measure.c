/* SPDX-License-Identifier: ISC */
/* measure.c - what a command costs: measure [--runs N] [--before CMD] -- PROGRAM ARG…
 * Runs it N times (5), each after the shell command CMD; prints medians and the peak, tab-separated: wall ms, CPU ms (user and system,
 * children that were waited for included), peak RSS in KiB. Its stdin is /dev/null or what --stdin names, its stdout is dropped.
 * A run that fails ends it: a failing command's time says nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 101

__attribute__((noreturn, format(printf, 1, 2))) static void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", errno != 0 ? strerror(errno) : "failed");
	_exit(1);
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, compare);
	return v[n / 2];
}

static void
become(char *const *argv, const char *input)
{
	int in = open(input, O_RDONLY), out = open("/dev/null", O_WRONLY);

	if (in == -1 || out == -1 || dup2(in, 0) == -1 || dup2(out, 1) == -1)
		die("%s", input);
	execvp(argv[0], argv);
	die("%s", argv[0]);
}

static double
ms_of(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void
run(char *const *argv, const char *input, double *wall, double *cpu, long *rss)
{
	struct rusage u;
	double began = now_ms();
	int status;
	pid_t pid = fork();

	if (pid == 0)
		become(argv, input);
	if (pid == -1 || wait4(pid, &status, 0, &u) == -1)
		die("fork");
	*wall = now_ms() - began;
	*cpu = ms_of(u.ru_utime) + ms_of(u.ru_stime);
	if (u.ru_maxrss > *rss)
		*rss = u.ru_maxrss;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		die("%s failed (status %d)", argv[0], status);
}

int
main(int argc, char **argv)
{
	double wall[RUNS_MAX], cpu[RUNS_MAX];
	const char *before = NULL, *input = "/dev/null", *wrong = NULL;
	long rss = 0;
	int runs = 5, at = 1;

	for (; at + 1 < argc && strcmp(argv[at], "--") != 0; at += 2) {
		if (strcmp(argv[at], "--runs") == 0)
			runs = (int)strtonum(argv[at + 1], 1, RUNS_MAX, &wrong);
		else if (strcmp(argv[at], "--before") == 0)
			before = argv[at + 1];
		else if (strcmp(argv[at], "--stdin") == 0)
			input = argv[at + 1];
		else
			wrong = argv[at];
	}
	if (wrong != NULL || at + 1 >= argc)
		die("usage: measure [--runs N] [--before CMD] [--stdin FILE] -- PROGRAM ARG...");
	for (int i = 0; i < runs; i++) {
		if (before != NULL && system(before) != 0)
			die("failed: %s", before);
		run(argv + at + 1, input, &wall[i], &cpu[i], &rss);
	}
	printf("%.1f\t%.1f\t%ld\n", median(wall, runs), median(cpu, runs), rss);
	return 0;
}
