/* SPDX-License-Identifier: ISC */
/* lint.h - for clang-tidy, which sees one file at a time: these always return -1 (err.h). */
#include "err.h"

#define err_set(...) (err_set(__VA_ARGS__), -1)
#define err_sys(...) (err_sys(__VA_ARGS__), -1)
#define err_prefix(...) (err_prefix(__VA_ARGS__), -1)
