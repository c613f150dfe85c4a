/* SPDX-License-Identifier: ISC */
/* complain.c - see mqueue.h. */
#include "err.h"
#include "log.h"
#include "mqueue.h"

void
complain(int *code, const struct err *e)
{
	int class = log_err(e);

	if (*code == 0)
		*code = class;
}
