/* SPDX-License-Identifier: ISC */
/* choose.c - which of the messages listed are to be fetched, and which deleted. */
#include "fetch.h"

#include <time.h>

#include "listing.h"
#include "seen.h"

static int
is_due(const struct fetch_opts *o, const struct seen_entry *entry, time_t now)
{
	return !entry->marked && (!o->keep || (o->age >= 0 && now - entry->time >= o->age));
}

/* Twins can't be told apart from one session to the next: no record may have one deleted. Where all is deleted they are fetched
 * again. */
static int
is_known(const struct seen *s, const struct fetch_opts *o, const struct listing_msg *m, struct seen_entry *entry)
{
	return (m->twin == 0 || o->keep) && seen_get(s, m, entry);
}

/* Of what is not known. What has no UID can't be kept: it would be fetched each time. */
static int
is_wanted(const struct fetch_opts *o, const struct listing_msg *m)
{
	return !o->keep || m->uid != NULL;
}

static int
is_large(const struct fetch_opts *o, uint64_t size)
{
	return o->max_size > 0 && size != LISTING_NO_SIZE && size > o->max_size;
}

int
fetch_has_room(const struct fetch_opts *o, uint64_t found, uint64_t octets, uint64_t size)
{
	if (o->count > 0 && found >= o->count)
		return 0;
	return o->session_size == 0 || found == 0 || size == LISTING_NO_SIZE || octets + size <= o->session_size;
}

uint64_t
fetch_choose(struct listing *l, const struct seen *s, const struct fetch_opts *o, uint64_t *octets)
{
	time_t now = time(NULL);
	uint64_t found = 0;

	*octets = 0;
	for (size_t i = 0; i < l->count; i++) {
		struct listing_msg *m = &l->msg[i];
		uint64_t size = o->max_size > 0 ? seen_size(s, m) : m->size;
		struct seen_entry entry;

		m->drop = 0;
		m->state = MSG_SKIP;
		if (is_known(s, o, m, &entry)) {
			m->state = entry.deleted && m->size == LISTING_NO_SIZE ? MSG_DOUBT : MSG_SEEN;
			m->drop = m->twin == 0 && is_due(o, &entry, now);
		} else if (is_large(o, size)) {
			if (o->notes && m->uid != NULL && m->twin == 0 && !seen_noted(s, m))
				m->state = MSG_LARGE;
		} else if (is_wanted(o, m) && fetch_has_room(o, found, *octets, size)) {
			m->state = MSG_NEW;
			*octets += size != LISTING_NO_SIZE ? size : 0;
			found++;
		}
	}
	return found;
}
