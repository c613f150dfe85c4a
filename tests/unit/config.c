/* SPDX-License-Identifier: ISC */
/* config: lines as they are handed out, what is refused with file and line, where the file is looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"
#include "config.h"
#include "err.h"

static char dir[] = "/tmp/pennypost-config-XXXXXX", path[64];

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/c", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void
put(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static int
note(void *ctx, const char *section, const char *key, const char *value, struct err *e)
{
	if (strcmp(key, "bad") == 0)
		return err_set(e, ERR_CONFIG, "no such key \"%s\"", key);
	buf_printf(ctx, "%s|%s|%s\n", section != NULL ? section : "-", key, value);
	return 0;
}

#define T(text, out, err) { text, sizeof text - 1, out, err }

static const struct { const char *text; size_t len; const char *out, *err; } cases[] = {
	T("", "", NULL), T("\n\n  \t\n# c\n   # c\n", "", NULL), T("a b", "-|a|b\n", NULL), T("a b\r\n", "-|a|b\n", NULL),
	T("  a \t b c  \n", "-|a|b c\n", NULL), T("a \"b  \"\n", "-|a|b  \n", NULL), T("a \"\"\n", "-|a|\n", NULL),
	T("a \"\n", "-|a|\"\n", NULL),
	T("a \"b\" <c>\n", "-|a|\"b\" <c>\n", NULL), T("a b # c\n", "-|a|b # c\n", NULL), T("a \"x\"y\"\n", "-|a|x\"y\n", NULL),
	T("a 1\naccount w\nb 2\naccount h\nc 3\n", "-|a|1\nw|account|w\nw|b|2\nh|account|h\nh|c|3\n", NULL),
	T("a 1\nbad x\n", "-|a|1\n", ":2: no such key \"bad\""),
	T("a\n", "", ":1: \"a\" has no value: write lines as `key value`"),
	T("account\n", "", ":1: \"account\" has no value: write lines as `key value`"),
	T("\n\naccount a b\n", "", ":3: \"a b\" is no name of an account: one word, no /"),
	T("account a/b\n", "", ":1: \"a/b\" is no name of an account: one word, no /"),
	T("account \"\"\n", "", ":1: \"\" is no name of an account: one word, no /"),
	T("a b\0c\n", "", ":1: a NUL octet"), T("a b\n\0", "-|a|b\n", ":2: a NUL octet"),
};

static void
test_lines(void **state)
{
	struct buf out = { 0 };
	struct err e;
	char want[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_cut(&out, 0);
		put(cases[i].text, cases[i].len);
		assert_int_equal(config_read(path, note, &out, &e), cases[i].err != NULL ? -1 : 0);
		assert_string_equal(buf_str(&out), cases[i].out);
		if (cases[i].err == NULL)
			continue;
		snprintf(want, sizeof want, "%s%s", path, cases[i].err);
		assert_string_equal(e.text, want);
		assert_int_equal(e.class, ERR_CONFIG);
	}
	buf_free(&out);
}

static void
test_limits(void **state)
{
	struct buf text = { 0 }, out = { 0 };
	struct err e;

	(void)state;
	buf_adds(&text, "k ");
	while (text.len < 4096)
		buf_addc(&text, 'x');
	put(text.data, text.len);
	assert_int_equal(config_read(path, note, &out, &e), 0);
	buf_addc(&text, 'x');
	put(text.data, text.len);
	assert_int_equal(config_read(path, note, &out, &e), -1);
	assert_non_null(strstr(e.text, ":1: a line of more than 4096 octets"));
	buf_cut(&text, 0);
	while (text.len < 1024 * 1024)
		buf_addc(&text, '\n');
	put(text.data, text.len);
	assert_int_equal(config_read(path, note, &out, &e), 0);
	buf_addc(&text, '\n');
	put(text.data, text.len);
	assert_int_equal(config_read(path, note, &out, &e), -1);
	assert_non_null(strstr(e.text, "more than 1 MiB"));
	unlink(path);
	assert_int_equal(config_read(path, note, &out, &e), -1);
	assert_non_null(strstr(e.text, "No such file"));
	assert_int_equal(config_read(dir, note, &out, &e), -1);
	assert_int_equal(e.class, ERR_CONFIG);
	buf_free(&text);
	buf_free(&out);
}

static void
assert_path(const char *want)
{
	char *got = config_path();

	if (want == NULL)	/* what the machine has */
		assert_true(got == NULL || strcmp(got, "/etc/pennypost/config") == 0);
	else
		assert_string_equal(got, want);
	free(got);
}

static void
test_places(void **state)
{
	char sub[80], file[96], *s;

	(void)state;
	snprintf(sub, sizeof sub, "%s/pennypost", dir);
	snprintf(file, sizeof file, "%s/config", sub);
	setenv("PENNYPOST_CONFIG", "/no/such/file", 1);
	setenv("XDG_CONFIG_HOME", dir, 1);
	assert_path("/no/such/file");
	setenv("PENNYPOST_CONFIG", "", 1);
	assert_path(NULL);
	assert_int_equal(mkdir(sub, 0700), 0);
	put("", 0);
	assert_int_equal(rename(path, file), 0);
	assert_path(file);
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", dir, 1);
	assert_path(NULL);
	unlink(file);
	rmdir(sub);
	s = config_tilde("~/x");
	assert_memory_equal(s, dir, strlen(dir));
	assert_string_equal(s + strlen(dir), "/x");
	free(s);
	s = config_tilde("~ann/x");
	assert_string_equal(s, "~ann/x");
	free(s);
}

static void
test_private(void **state)
{
	static const struct { mode_t mode; int rc; } modes[] = { { 0600, 0 }, { 0400, 0 }, { 0640, -1 }, { 0604, -1 },
	{ 0660, -1 }, { 0644, -1 } };
	struct err e;
	size_t i;

	(void)state;
	put("", 0);
	for (i = 0; i < sizeof modes / sizeof *modes; i++) {
		assert_int_equal(chmod(path, modes[i].mode), 0);
		assert_int_equal(config_private(path, &e), modes[i].rc);
		if (modes[i].rc == -1)
			assert_non_null(strstr(e.text, "chmod 600 /"));
	}
	assert_int_equal(chmod(path, 0602), 0);
	assert_int_equal(config_read(path, note, NULL, &e), -1);
	assert_non_null(strstr(e.text, "anybody can write to it"));
	unlink(path);
	assert_int_equal(config_private(path, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_private),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
