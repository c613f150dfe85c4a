/* SPDX-License-Identifier: ISC */
/* arrivals.c - see arrivals.h. A close is not asked for: taking an entry and giving it back is one, so that two runners
 * would wake each other for ever. Who finds an entry in other hands has to come again by himself. */
#ifdef __linux__
#include <sys/inotify.h>
#elif defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__) || defined(__DragonFly__) || defined(__APPLE__)
#include <sys/event.h>
#define HAVE_KQUEUE 1
#endif

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "arrivals.h"
#include "xalloc.h"

#ifdef __linux__
#define GOES (IN_DELETE_SELF | IN_MOVE_SELF)

static int
listen_to(int fd, const struct spool *q, const char *box, uint32_t what)
{
	char *path = xasprintf("%s/%s", q->path, box);
	int wd = inotify_add_watch(fd, path, what | GOES | IN_ONLYDIR);

	free(path);
	return wd;
}

void
arrivals_open(struct arrivals *a, const struct spool *q)
{
	*a = (struct arrivals){ .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };
	if (a->fd == -1)
		return;
	a->root = listen_to(a->fd, q, "", IN_DELETE | IN_MOVED_FROM);
	a->box[SPOOL_NEW] = listen_to(a->fd, q, "new", IN_MOVED_TO | IN_CREATE | IN_MODIFY);
	a->box[SPOOL_CUR] = listen_to(a->fd, q, "cur", IN_MOVED_TO | IN_CREATE | IN_MODIFY);
	if (a->root == -1 || a->box[SPOOL_NEW] == -1 || a->box[SPOOL_CUR] == -1)
		arrivals_close(a);
}

static int
event(const struct arrivals *a, const struct inotify_event *ev, struct spool_list *list)
{
	if (ev->mask & IN_Q_OVERFLOW)
		return ARRIVALS_LOST;
	if (ev->mask & (GOES | IN_IGNORED | IN_UNMOUNT))
		return ARRIVALS_LOST | ARRIVALS_GONE;
	if (ev->wd == a->root)		/* a directory that is open is not told to be deleted, but its parent is */
		return ev->mask & IN_ISDIR ? ARRIVALS_LOST | ARRIVALS_GONE : 0;
	if (ev->len == 0 || ev->name[0] == '.')
		return 0;
	spool_list_add(list, ev->name, ev->wd == a->box[SPOOL_NEW] ? SPOOL_NEW : SPOOL_CUR);
	return ev->mask & IN_MODIFY ? ARRIVALS_CHANGED : ARRIVALS_CAME;
}

int
arrivals_read(struct arrivals *a, struct spool_list *list)
{
	static union { char octets[16384]; struct inotify_event align; } u;
	ssize_t n = read(a->fd, u.octets, sizeof u.octets), at = 0;
	int what = 0;

	while (at < n) {
		const struct inotify_event *ev = (const void *)(u.octets + at);

		what |= event(a, ev, list);
		at += (ssize_t)(sizeof *ev + ev->len);
	}
	if (what & ARRIVALS_GONE)
		arrivals_close(a);
	return what;
}
#elif defined(HAVE_KQUEUE)
void
arrivals_open(struct arrivals *a, const struct spool *q)
{
	struct kevent ev[2];
	int i;

	*a = (struct arrivals){ .fd = kqueue() };
	if (a->fd == -1)
		return;
	for (i = 0; i < 2; i++)
		EV_SET(&ev[i], (uintptr_t)q->box[i], EVFILT_VNODE, EV_ADD | EV_CLEAR, NOTE_WRITE | NOTE_DELETE | NOTE_RENAME, 0, 0);
	if (kevent(a->fd, ev, 2, NULL, 0, NULL) == -1)
		arrivals_close(a);
}

int
arrivals_read(struct arrivals *a, struct spool_list *list)
{
	struct timespec none = { 0 };
	struct kevent ev;
	int what = 0;

	(void)list;
	while (kevent(a->fd, NULL, 0, &ev, 1, &none) == 1)
		what |= ARRIVALS_LOST | (ev.fflags & (NOTE_DELETE | NOTE_RENAME) ? ARRIVALS_GONE : 0);
	if (what & ARRIVALS_GONE)
		arrivals_close(a);
	return what;
}
#else
void
arrivals_open(struct arrivals *a, const struct spool *q)
{
	(void)q;
	*a = (struct arrivals){ .fd = -1 };
}

int
arrivals_read(struct arrivals *a, struct spool_list *list)
{
	(void)a;
	(void)list;
	return 0;
}
#endif

void
arrivals_close(struct arrivals *a)
{
	if (a->fd != -1)
		close(a->fd);
	a->fd = -1;
}
