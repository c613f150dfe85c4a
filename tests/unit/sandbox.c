/* SPDX-License-Identifier: ISC */
/* sandbox: what a confined child can still do, and what not. Skipped where the kernel can't confine. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox.h"

static char dir[] = "/tmp/pennypost-sandbox-XXXXXX";

static char *
in_dir(const char *name)
{
	static char path[2][200];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

static int
put(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	return fd == -1 || write(fd, "x", 1) != 1 || close(fd) == -1 ? errno : 0;
}

static int
dial_out(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return connect(fd, (const struct sockaddr *)&in, sizeof in) == -1 ? errno : 0;
}

/* In the child: 100 and more tells which step went wrong. */
static int
confined(int rfd)
{
	char c;

	if (sandbox_delivery(in_dir("mail"), in_dir("state/ledger")) == 0)
		return 1;
	if (put(in_dir("mail/tmp/1")) != 0 || rename(in_dir("mail/tmp/1"), in_dir("mail/new/1")) == -1)
		return 100;
	if (put(in_dir("mail/tmp/2")) != 0 || link(in_dir("mail/tmp/2"), in_dir("mail/cur/2")) == -1)
		return 101;	/* cur is a link to a directory elsewhere */
	if (put(in_dir("state/ledger")) != 0 || unlink(in_dir("mail/tmp/2")) == -1)
		return 102;
	if (put(in_dir("private")) == 0 || open(in_dir("private"), O_RDONLY) != -1 || unlink(in_dir("private")) == 0)
		return 103;
	if (read(rfd, &c, 1) != 1 || c != 'p')
		return 104;	/* what is open stays open */
	if (open("/etc/passwd", O_RDONLY) == -1 || open("/dev/null", O_WRONLY) == -1)
		return 105;
	if (system("exit 0") == 0)
		return 106;
#ifdef __linux__
	if (dial_out() != EACCES && dial_out() != ECONNREFUSED)	/* refused: the kernel is older than 6.7 */
		return 107;
#endif
	return 0;
}

static void
what_is_left(void **state)
{
	int fd, status = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(mkdir(in_dir("mail"), 0700), 0);
	assert_int_equal(mkdir(in_dir("mail/tmp"), 0700), 0);
	assert_int_equal(mkdir(in_dir("mail/new"), 0700), 0);
	assert_int_equal(mkdir(in_dir("elsewhere"), 0700), 0);
	assert_int_equal(symlink(in_dir("elsewhere"), in_dir("mail/cur")), 0);
	assert_int_equal(mkdir(in_dir("state"), 0700), 0);
	fd = open(in_dir("private"), O_RDWR | O_CREAT, 0600);
	assert_int_equal(pwrite(fd, "p", 1, 0), 1);
	pid = fork();
	if (pid == 0)
		_exit(confined(fd));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	close(fd);
	if (WEXITSTATUS(status) == 1)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(access(in_dir("mail/new/1"), F_OK), 0);
	assert_int_equal(access(in_dir("elsewhere/2"), F_OK), 0);
	assert_int_equal(access(in_dir("private"), F_OK), 0);
}

/* 100 and more tells which step went wrong. */
static int
confined_online(void)
{
	const char *readable[] = { in_dir("certificate"), "/nonexistent" };
	struct sandbox more = { .readable = readable, .readables = 2, .connects = 1 };

	if (sandbox_redelivery(in_dir("mail"), &more) == 0)
		return 1;
	if (put(in_dir("mail/tmp/1")) != 0)
		return 100;
	if (open(in_dir("certificate"), O_RDONLY) == -1 || put(in_dir("certificate")) == 0)
		return 101;
	if (open(in_dir("private"), O_RDONLY) != -1 || system("exit 0") == 0)
		return 102;
	return dial_out() == ECONNREFUSED ? 0 : 103;
}

static void
what_is_left_to_go_on(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(put(in_dir("certificate")), 0);
	pid = fork();
	if (pid == 0)
		_exit(confined_online());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 1)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* A directory that is not there: nothing happens, rather than something that breaks. */
static void
missing(void **state)
{
	const char *paths[] = { dir, "/nonexistent/directory" };

	(void)state;
	assert_int_equal(sandbox_paths(paths, 2), 0);
	assert_int_equal(put(in_dir("free")), 0);
	assert_int_equal(system("exit 0"), 0);
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL;
}

static int
remove_dir(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_left), cmocka_unit_test(what_is_left_to_go_on), cmocka_unit_test(missing) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
