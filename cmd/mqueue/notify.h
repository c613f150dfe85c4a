/* SPDX-License-Identifier: ISC */
/* notify.h - tells the service manager how it goes (sd_notify(3)): a datagram to $NOTIFY_SOCKET, nothing where that is not
 * set. */
#ifndef NOTIFY_H
#define NOTIFY_H

void notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));	/* "READY=1", "STATUS=…", "STOPPING=1" */

#endif
