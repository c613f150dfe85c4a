/* SPDX-License-Identifier: ISC */
/* unbroken.h - another program that reads a message from us must not take a part of it for the whole: while it is written, no signal that
 * could wait ends us, and if something does end us, it ends the other as well (where the system can do that: Linux). */
#ifndef MSEND_UNBROKEN_H
#define MSEND_UNBROKEN_H

#include <signal.h>

void unbroken_begin(sigset_t *before);		/* before the other program is started */
void unbroken_child(const sigset_t *before);	/* in it, last of all: another user's would forget it */
void unbroken_end(const sigset_t *before);	/* when all is written: a signal that came meanwhile counts now */

#endif
