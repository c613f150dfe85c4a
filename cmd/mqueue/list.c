/* SPDX-License-Identifier: ISC */
/* list.c - see list.h. */
#include <string.h>
#include <time.h>

#include "buf.h"
#include "envelope.h"
#include "json.h"
#include "list.h"
#include "log.h"

static int
refused(const struct envelope *env)
{
	size_t i;

	for (i = 0; i < env->rcpts; i++)
		if (env->rcpt[i].fate == FATE_REFUSED)
			return 1;
	return 0;
}

static int
waits(const struct envelope *env)
{
	size_t i;

	for (i = 0; i < env->rcpts; i++)
		if (env->rcpt[i].fate == FATE_WAITING)
			return 1;
	return 0;
}

const char *
list_state(const struct row *r)
{
	if (r->taken)
		return "sending";
	if (r->env->held)
		return !waits(r->env) && refused(r->env) ? "refused" : "held";
	return r->env->next <= r->now ? "due" : "waiting";
}

const char *
list_fate(int fate)
{
	switch (fate) {
	case FATE_SENT: case FATE_UNTOLD:
		return "sent";
	case FATE_REFUSED:
		return "refused";
	case FATE_BOUNCED:
		return "bounced";
	default:
		return "waiting";
	}
}

void
list_time(struct buf *out, int64_t when)
{
	char text[64];
	time_t t = (time_t)when;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &tm) == 0)
		buf_printf(out, "%lld", (long long)when);
	else
		buf_adds(out, text);
}

static void
safe(struct buf *out, const char *text)
{
	log_safe(out, text, strlen(text));
}

/* The null sender is shown as RFC 5321 writes it. */
static void
sender(struct buf *out, const char *from)
{
	safe(out, *from == '\0' ? "<>" : from);
}

static void
span(struct buf *out, int64_t seconds)
{
	static const struct { int64_t unit; char letter; } units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t i = 0;

	if (seconds < 0)
		seconds = 0;
	while (i < 3 && seconds < 2 * units[i].unit)
		i++;
	buf_printf(out, "%lld%c", (long long)(seconds / units[i].unit), units[i].letter);
}

static void
octets(struct buf *out, int64_t n)
{
	static const char letter[] = " kMGT";
	double size = (double)n;
	size_t i = 0;

	while (size >= 1000 && i < sizeof letter - 2) {
		size /= 1024;
		i++;
	}
	if (i == 0)
		buf_printf(out, "%lld", (long long)n);
	else
		buf_printf(out, "%.*f%c", size < 10, size, letter[i]);
}

int
list_open(int fate)
{
	return fate == FATE_WAITING || fate == FATE_REFUSED;
}

/* Those the message has not reached, and whose sender was not told so. */
static void
remaining(struct buf *out, const struct envelope *env, const char *between)
{
	size_t i, n = 0;

	for (i = 0; i < env->rcpts; i++) {
		if (!list_open((int)env->rcpt[i].fate))
			continue;
		if (n++ > 0)
			buf_adds(out, between);
		safe(out, env->rcpt[i].addr);
	}
	if (n == 0)
		buf_addc(out, '-');
}

static void
state_and_time(struct buf *out, const struct row *r)
{
	const char *state = list_state(r);

	if (strcmp(state, "waiting") == 0) {
		buf_adds(out, "in ");
		span(out, r->env->next - r->now);
	} else
		buf_adds(out, state);
}

void
list_header(struct buf *out)
{
	buf_printf(out, "%-8s %6s %5s  %-8s %-24s %s\n", "ID", "SIZE", "AGE", "NEXT", "SENDER", "RECIPIENTS");
}

void
list_columns(struct buf *out, const struct row *r)
{
	struct buf size = { 0 }, age = { 0 }, state = { 0 }, from = { 0 };

	octets(&size, r->size);
	span(&age, r->now - r->env->arrived);
	state_and_time(&state, r);
	sender(&from, r->env->from);
	buf_printf(out, "%-8s %6s %5s  %-8s %-24s ", r->id, buf_str(&size), buf_str(&age), buf_str(&state), buf_str(&from));
	remaining(out, r->env, " ");
	buf_addc(out, '\n');
	buf_free(&size);
	buf_free(&age);
	buf_free(&state);
	buf_free(&from);
}

void
list_recipients(struct buf *out, const struct row *r)
{
	size_t i;

	for (i = 0; i < r->env->rcpts; i++) {
		const struct envelope_rcpt *p = &r->env->rcpt[i];

		buf_printf(out, "         %-8s ", list_fate((int)p->fate));
		safe(out, p->addr);
		if (*p->reply != '\0') {
			buf_adds(out, ": ");
			safe(out, p->reply);
		}
		buf_addc(out, '\n');
	}
}

static void
record_head(struct buf *out, const struct row *r)
{
	buf_printf(out, "%s\t%lld\t", r->id, (long long)r->size);
	list_time(out, r->env->arrived);
	buf_printf(out, "\t%s\t", list_state(r));
	if (r->env->held)
		buf_addc(out, '-');
	else
		list_time(out, r->env->next);
	buf_addc(out, '\t');
	sender(out, r->env->from);
	buf_addc(out, '\t');
}

void
list_record(struct buf *out, const struct row *r)
{
	record_head(out, r);
	remaining(out, r->env, ",");
	buf_addc(out, '\n');
}

void
list_details(struct buf *out, const struct row *r)
{
	size_t i;

	for (i = 0; i < r->env->rcpts; i++) {
		const struct envelope_rcpt *p = &r->env->rcpt[i];

		record_head(out, r);
		safe(out, p->addr);
		buf_printf(out, "\t%s\t", list_fate((int)p->fate));
		safe(out, p->reply);
		buf_addc(out, '\n');
	}
}

static const char *
queue_name(const struct row *r)
{
	if (r->env->held)
		return "hold";
	return r->taken || (r->env->tries == 0 && r->env->next <= r->now) ? "active" : "deferred";
}

static void
json_text(struct buf *out, const char *key, const char *text)
{
	buf_printf(out, "\"%s\": ", key);
	json_string(out, text, strlen(text));
}

const char *
list_sender(const struct envelope *env)
{
	return *env->from == '\0' ? "MAILER-DAEMON" : env->from;
}

static void
json_rcpt(struct buf *out, const struct envelope_rcpt *p)
{
	buf_addc(out, '{');
	json_text(out, "address", p->addr);
	if (*p->reply != '\0') {
		buf_adds(out, ", ");
		json_text(out, "delay_reason", p->reply);
	}
	buf_printf(out, ", \"state\": \"%s\"}", list_fate((int)p->fate));
}

static void
json_rcpts(struct buf *out, const struct envelope *env, const char *key, int open)
{
	size_t i, n = 0;

	buf_printf(out, "\"%s\": [", key);
	for (i = 0; i < env->rcpts; i++) {
		if (list_open((int)env->rcpt[i].fate) != open)
			continue;
		if (n++ > 0)
			buf_adds(out, ", ");
		json_rcpt(out, &env->rcpt[i]);
	}
	buf_addc(out, ']');
}

/* Those who read postqueue's take all recipients for waiting: the others stand apart. */
void
list_json(struct buf *out, const struct row *r)
{
	buf_printf(out, "{\"queue_name\": \"%s\", \"queue_id\": \"%s\", \"arrival_time\": %lld, \"message_size\": %lld, "
	    "\"forced_expire\": false, ",
	    queue_name(r), r->id, (long long)r->env->arrived, (long long)r->size);
	buf_printf(out, "\"state\": \"%s\", \"next_time\": %lld, \"tries\": %u, ", list_state(r), (long long)r->env->next,
	    r->env->tries);
	if (r->env->account != NULL) {
		json_text(out, "account", r->env->account);
		buf_adds(out, ", ");
	}
	json_text(out, "sender", list_sender(r->env));
	buf_adds(out, ", ");
	json_rcpts(out, r->env, "recipients", 1);
	buf_adds(out, ", ");
	json_rcpts(out, r->env, "done", 0);
	buf_adds(out, "}\n");
}

void
list_summary(struct buf *out, size_t entries, int64_t bytes)
{
	if (entries == 0)
		buf_adds(out, "Mail queue is empty\n");
	else
		buf_printf(out, "-- %lld Kbytes in %zu Request%s.\n", (long long)((bytes + 1023) / 1024), entries,
		    entries == 1 ? "" : "s");
}
