/* SPDX-License-Identifier: ISC */
/* replay.c - feeds files to a fuzz target without a fuzzer: each file named, and each file in a directory named.
 * Prints how many there were; a target that is not content aborts, and the last name printed is the file. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static unsigned int count;

static void
die(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(1);
}

static void
feed_file(const char *path, size_t size)
{
	uint8_t *data = malloc(size + 1);	/* its own allocation, so that a sanitizer sees a read past the end */
	FILE *f = fopen(path, "rb");

	if (f == NULL || data == NULL)
		die(path);
	if (fread(data, 1, size, f) != size)
		die(path);
	fclose(f);
	fprintf(stderr, "%s\n", path);
	data = size > 0 ? realloc(data, size) : data;
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	count++;
}

static void
feed(const char *path)
{
	char name[4096];
	struct stat st;
	struct dirent *d;
	DIR *dir;

	if (stat(path, &st) == -1)
		die(path);
	if (S_ISREG(st.st_mode)) {
		feed_file(path, (size_t)st.st_size);
		return;
	}
	if ((dir = opendir(path)) == NULL)
		die(path);
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		if (snprintf(name, sizeof(name), "%s/%s", path, d->d_name) >= (int)sizeof(name)) {
			errno = ENAMETOOLONG;
			die(path);
		}
		feed(name);
	}
	closedir(dir);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		feed(argv[i]);
	printf("%u\n", count);
	return 0;
}
