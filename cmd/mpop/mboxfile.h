/* SPDX-License-Identifier: ISC */
/* mboxfile.h - appends to a mailbox file that others use as well: under PATH.lock, as far as it can be made, and an fcntl lock.
 * What is appended comes from a file, and begins with an empty line where the mailbox needs one (the pad). */
#ifndef MBOXFILE_H
#define MBOXFILE_H

#include <stdint.h>
#include <sys/types.h>

struct err;
struct mboxfile;

/* Locked. Waits half a minute for others, not past `end` (0: none), then ERR_TEMP. */
int mboxfile_open(struct mboxfile **, const char *path, int64_t end, struct err *e);
void mboxfile_close(struct mboxfile **);		/* unlocked */
off_t mboxfile_size(const struct mboxfile *);		/* before anything is appended */
int mboxfile_pad(const struct mboxfile *);		/* so many line ends come first: 0 to 2 */

/* What is in `from` behind `head`, after the pad; synced. After a failure the mailbox is as long as it was before. */
int mboxfile_append(struct mboxfile *, int from, off_t head, struct err *e);
/* The same after a crash, when the mailbox was `at` octets long before, with that pad: what of it is there already is not
 * appended again. If something else stands there, all of it is appended. */
int mboxfile_resume(struct mboxfile *, int from, off_t head, off_t at, int pad, struct err *e);

#endif
