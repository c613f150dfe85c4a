/* SPDX-License-Identifier: ISC */
/* notice: the fields of each kind of report, by what is known of each recipient. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mqueue/notice.h"
#include "buf.h"
#include "envelope.h"
#include "xalloc.h"

static struct envelope
envelope_of(enum envelope_fate fate, const char *reply, unsigned int notify)
{
	struct envelope v = { .from = xstrdup("ann@example.org"), .arrived = 1795344000, .tried = 1795344060 };

	envelope_add(&v, "bob@example.net");
	envelope_add(&v, "carl@example.net");
	v.rcpt[0].fate = fate;
	v.rcpt[0].notify = notify;
	free(v.rcpt[0].reply);
	v.rcpt[0].reply = xstrdup(reply);
	v.rcpt[1].fate = FATE_SENT;
	return v;
}

static void
make(struct buf *out, struct notice *n)
{
	n->host = "mail.example.org";
	n->boundary = "B";
	n->now = 1795344100;
	n->until = 1795776000;
	buf_cut(out, 0);
	notice_head(out, n);
	buf_adds(out, "Subject: hello\n\nhi\n");
	notice_tail(out, n);
}

static void
has(const struct buf *out, const char *text)
{
	if (strstr(buf_str(out), text) == NULL)
		fail_msg("\"%s\" is not in:\n%s", text, buf_str(out));
}

static void
lacks(const struct buf *out, const char *text)
{
	if (strstr(buf_str(out), text) != NULL)
		fail_msg("\"%s\" is in:\n%s", text, buf_str(out));
}

static void
test_form(void **state)
{
	struct envelope v = envelope_of(FATE_REFUSED, "550 5.1.1 no such user", 0);
	struct notice n = { .kind = NOTICE_FAILED, .env = &v, .reference = "<1@example.org>", .whole = 1 };
	struct buf out = { 0 };
	const char *head_end;

	(void)state;
	v.envid = xstrdup("QQ+3D1");
	v.rcpt[0].orcpt = xstrdup("rfc822;robert+2Bx@example.net");
	make(&out, &n);
	assert_ptr_equal(strstr(buf_str(&out), "From: Mail Delivery System <MAILER-DAEMON@mail.example.org>\n"), out.data);
	has(&out, "\nTo: ann@example.org\n");
	has(&out, "\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n");
	has(&out, "\nReferences: <1@example.org>\n");
	has(&out, "\nContent-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"B\"\n"
	    "Content-Transfer-Encoding: 7bit\n\n--B\n");
	has(&out, "\n<bob@example.net>\n    550 5.1.1 no such user\n\n--B\nContent-Type: message/delivery-status\n");
	has(&out, "\n\nReporting-MTA: dns; mail.example.org\nOriginal-Envelope-Id: QQ=1\nArrival-Date: ");
	has(&out, "\n\nOriginal-Recipient: rfc822;robert+x@example.net\nFinal-Recipient: rfc822; bob@example.net\n"
	    "Action: failed\nStatus: 5.1.1\n"
	    "Diagnostic-Code: smtp; 550 5.1.1 no such user\nLast-Attempt-Date: ");
	has(&out, "\n\n--B\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\nSubject: hello\n\nhi\n\n--B--\n");
	lacks(&out, "carl");
	head_end = strstr(buf_str(&out), "\n\n");
	assert_non_null(head_end);
	assert_true(strstr(buf_str(&out), "\nDate: ") < head_end && strstr(buf_str(&out), "\nMessage-ID: <") < head_end);
	n.whole = 0;
	n.eight = 1;
	make(&out, &n);
	has(&out, "Content-Type: text/rfc822-headers\nContent-Transfer-Encoding: 8bit\n");
	envelope_free(&v);
	buf_free(&out);
}

/* Status, Diagnostic-Code and the rest follow from kind and reply. */
static void
test_status(void **state)
{
	static const struct { enum notice_kind kind; enum envelope_fate fate; const char *reply, *remote, *want; } t[] = {
		{ NOTICE_FAILED, FATE_REFUSED, "550 no", NULL, "Status: 5.0.0\nDiagnostic-Code: smtp; 550 no\n" },
		{ NOTICE_FAILED, FATE_REFUSED, "550 5.7.26 no", "mx.example.net",
		    "Status: 5.7.26\nRemote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp; 550 5.7.26 no\n" },
		{ NOTICE_FAILED, FATE_REFUSED, "550 2.0.0 odd", NULL, "Status: 5.0.0\n" },
		{ NOTICE_FAILED, FATE_REFUSED, "550 5.1.1000 odd", NULL, "Status: 5.0.0\n" },
		{ NOTICE_FAILED, FATE_REFUSED, "550 5.1.", NULL, "Status: 5.0.0\n" },
		{ NOTICE_FAILED, FATE_REFUSED, "550", NULL, "Status: 5.0.0\nDiagnostic-Code: smtp; 550\n" },
		{ NOTICE_FAILED, FATE_REFUSED, "", NULL, "Status: 5.0.0\nLast-Attempt-Date: " },
		{ NOTICE_FAILED, FATE_REFUSED, NOTICE_GIVEN_UP "451 4.7.1 later", NULL,
		    "Status: 4.4.7\nDiagnostic-Code: smtp; 451 4.7.1 later\n" },
		{ NOTICE_FAILED, FATE_REFUSED, NOTICE_GIVEN_UP "connect: refused", "",
		    "Status: 4.4.7\nDiagnostic-Code: x-pennypost; connect: refused\n" },
		{ NOTICE_FAILED, FATE_REFUSED, "550 5.1.1 a\nStatus: 2.0.0", NULL,
		    "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 a?Status: 2.0.0\n" },
		{ NOTICE_FAILED, FATE_REFUSED, "550 5.1.1 \xc3\xb6", NULL, "Diagnostic-Code: smtp; 550 5.1.1 ??\n" },
		{ NOTICE_DELAYED, FATE_WAITING, "451 4.7.1 later", NULL, "Action: delayed\nStatus: 4.7.1\n" },
		{ NOTICE_DELAYED, FATE_WAITING, "connect: refused", NULL, "Status: 4.0.0\nDiagnostic-Code: x-pennypost; connect: refused\n" },
		{ NOTICE_RELAYED, FATE_UNTOLD, "250 2.1.5 ok", "mx", "Action: relayed\nStatus: 2.1.5\nRemote-MTA: dns; mx\n" },
		{ NOTICE_RELAYED, FATE_UNTOLD, "250 2.1.5 ok", NULL, "Action: relayed\nStatus: 2.1.5\n" },
		{ NOTICE_RELAYED, FATE_UNTOLD, "delivered", "", "Action: delivered\nStatus: 2.0.0\n" },
	};
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct envelope v = envelope_of(t[i].fate, t[i].reply, 0);
		struct notice_said said[2] = { { NULL, t[i].remote == NULL ? NULL : xstrdup(t[i].remote) } };
		struct notice n = { .kind = t[i].kind, .env = &v, .said = t[i].remote == NULL ? NULL : said };

		make(&out, &n);
		has(&out, t[i].want);
		if ((strstr(buf_str(&out), "Will-Retry-Until: ") != NULL) != (t[i].kind == NOTICE_DELAYED))
			fail_msg("%s", buf_str(&out));
		free(said[0].remote);
		envelope_free(&v);
	}
	buf_free(&out);
}

static void
test_concerns(void **state)
{
	static const struct { enum envelope_fate fate; unsigned int notify; int failed, delayed, relayed; } t[] = {
		{ FATE_REFUSED, 0, 1, 0, 0 }, { FATE_REFUSED, NOTIFY_FAILURE, 1, 0, 0 }, { FATE_REFUSED, NOTIFY_NEVER, 0, 0, 0 },
		{ FATE_REFUSED, NOTIFY_SUCCESS | NOTIFY_DELAY, 0, 0, 0 }, { FATE_WAITING, 0, 0, 1, 0 },
		{ FATE_WAITING, NOTIFY_DELAY | NOTIFY_FAILURE, 0, 1, 0 }, { FATE_WAITING, NOTIFY_FAILURE, 0, 0, 0 },
		{ FATE_UNTOLD, NOTIFY_SUCCESS, 0, 0, 1 }, { FATE_SENT, NOTIFY_SUCCESS, 0, 0, 0 }, { FATE_BOUNCED, 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct envelope_rcpt r = { .fate = t[i].fate, .notify = t[i].notify };

		assert_int_equal(notice_concerns(NOTICE_FAILED, &r), t[i].failed);
		assert_int_equal(notice_concerns(NOTICE_DELAYED, &r), t[i].delayed);
		assert_int_equal(notice_concerns(NOTICE_RELAYED, &r), t[i].relayed);
	}
}

/* RFC 6533 */
static void
test_global(void **state)
{
	struct envelope v = envelope_of(FATE_REFUSED, "550 5.1.1 no", 0);
	struct notice n = { .kind = NOTICE_FAILED, .env = &v, .whole = 1 };
	struct buf out = { 0 };

	(void)state;
	envelope_add(&v, "b\xc3\xb6" "b@example.net");
	v.rcpt[2].fate = FATE_REFUSED;
	make(&out, &n);
	has(&out, "\nContent-Type: message/global-delivery-status\nContent-Transfer-Encoding: 8bit\n");
	has(&out, "Final-Recipient: rfc822; bob@example.net\n");
	has(&out, "Final-Recipient: utf-8; b\xc3\xb6" "b@example.net\n");
	has(&out, "Content-Type: message/global\n");
	envelope_free(&v);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form), cmocka_unit_test(test_status), cmocka_unit_test(test_concerns), cmocka_unit_test(test_global),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
