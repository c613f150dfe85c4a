/* SPDX-License-Identifier: ISC */
/* lock.h - an exclusive lock on an open file: whoever has it may send, change or remove the entry.
 * It belongs to the open file and ends with it, however its process ends. On Linux it is an open file description lock,
 * which NFSv4 carries to other hosts and which can be looked at without being taken; elsewhere flock. The file is open for
 * writing. */
#ifndef LOCK_H
#define LOCK_H

#include <sys/types.h>

int lock_file(int fd);		/* 0; 1 when another has it; -1 with errno */
int lock_taken(int fd);		/* 1 when another has it; 0 when not, or when that can't be told */

/* Of one octet, there or not: several that know nothing of each other. flock has none: it locks at 0, and elsewhere does nothing. */
int lock_octet(int fd, off_t at);

#endif
