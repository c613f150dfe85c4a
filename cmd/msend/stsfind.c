/* SPDX-License-Identifier: ISC */
/* stsfind.c - see stsfind.h. A fetch that failed is remembered for five minutes as a policy of nothing. */
#include "stsfind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "account.h"
#include "buf.h"
#include "config.h"
#include "dir.h"
#include "dns.h"
#include "err.h"
#include "https.h"
#include "idn.h"
#include "sink.h"
#include "xalloc.h"

#define RETRY_SECONDS 300

/* The domain is a host name, so that it is fit for a file's. */
static char *
cache_path(const char *domain)
{
	const char *base = getenv("XDG_CACHE_HOME");
	char *home = base != NULL && *base == '/' ? xstrdup(base) : config_tilde("~/.cache"), *path, *p;

	path = xasprintf("%s/pennypost/mta-sts/%s", home, domain);
	for (p = path + strlen(path) - strlen(domain); *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p | 0x20);
	free(home);
	return path;
}

/* What is kept and still holds; else nothing. */
static void
load(struct sts *s, const char *path)
{
	char *text = xmalloc(STS_TEXT_MAX);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd != -1 ? read(fd, text, STS_TEXT_MAX) : -1;

	if (fd != -1)
		close(fd);
	if (n > 0 && sts_parse(s, text, (size_t)n) == 0 && s->until <= (int64_t)time(NULL))
		sts_free(s);
	free(text);
}

/* Without a place to keep it, it is fetched again next time. */
static void
save(const struct sts *s, const char *path)
{
	char *temp = xasprintf("%s.%ld", path, (long)getpid());
	struct buf text = { 0 };
	struct err ignored;
	int fd = -1, rc;

	sts_print(s, &text);
	if (dir_make_parent(path, &ignored) == 0)
		fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd != -1) {
		rc = sink_fd(&fd, text.data, text.len, &ignored);
		if (close(fd) == -1 || rc == -1 || rename(temp, path) == -1)
			unlink(temp);
	}
	buf_free(&text);
	free(temp);
}

/* 1 and the id of the domain's one record; 0 if there is none, or none that can be read. */
static int
announced(struct dns *dns, const char *domain, char id[33])
{
	char *name = xasprintf("_mta-sts.%s", domain);
	struct dns_answer a;
	struct err ignored;
	size_t i;
	int found = 0, bad = 0, rc;

	dns_query(dns, name, DNS_TXT, &a, &ignored);
	for (i = 0; i < a.n; i++) {
		rc = sts_record(a.v[i].data, id);
		found += rc != 0;
		bad |= rc == -1;
	}
	dns_answer_free(&a);
	free(name);
	return found == 1 && !bad;
}

static int
fetch(struct sts *s, struct account *a, struct dns *dns, const char *domain)
{
	const char *key = account_get(a, KEY_MTA_STS), *port = key != NULL && *key >= '0' && *key <= '9' ? key : "443";
	char *host = xasprintf("mta-sts.%s", domain);
	struct buf text = { 0 };
	struct err ignored;
	int rc = -1;

	if (dns_host_ok(host) && https_get(a, dns, host, port, "/.well-known/mta-sts.txt", STS_TEXT_MAX, &text, &ignored) == 0)
		rc = sts_parse(s, buf_str(&text), text.len);
	buf_free(&text);
	free(host);
	return rc;
}

static void
renew(struct sts *s, struct account *a, struct dns *dns, const char *domain, const char *path, const char *id)
{
	struct sts new = { 0 };

	if (fetch(&new, a, dns, domain) == -1) {
		if (s->until != 0)	/* the one kept still holds */
			return;
		new = (struct sts){ .mode = STS_NONE, .max_age = RETRY_SECONDS };
	}
	strlcpy(new.id, id, sizeof(new.id));
	new.until = (int64_t)time(NULL) + new.max_age;
	save(&new, path);
	sts_free(s);
	*s = new;
}

static void
find(struct sts *s, struct account *a, struct dns *dns, const char *domain)
{
	char *path, id[33] = "";

	path = cache_path(domain);
	load(s, path);
	if (announced(dns, domain, id) && strcmp(id, s->id) != 0)
		renew(s, a, dns, domain, path, id);
	free(path);
}

void
sts_find(struct sts *s, struct account *a, struct dns *dns, const char *domain)
{
	const char *key = account_get(a, KEY_MTA_STS);
	struct buf ascii = { 0 };

	*s = (struct sts){ 0 };
	if ((key == NULL || strcmp(key, "off") != 0) && idn_domain(&ascii, domain) == 0 && dns_host_ok(buf_str(&ascii)))
		find(s, a, dns, buf_str(&ascii));
	buf_free(&ascii);
}
