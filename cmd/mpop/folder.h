/* SPDX-License-Identifier: ISC */
/* folder.h - Maildir++ folders: Lists/penny of DIR is the maildir DIR/.Lists.penny, marked by a file `maildirfolder`. */
#ifndef FOLDER_H
#define FOLDER_H

struct err;

/* ERR_USAGE for a name that can't be one: an empty level, a dot or a control in it, no UTF-8. On disk it is in modified UTF-7, as
 * Dovecot has it. INBOX is DIR itself. The caller frees. */
int folder_path(const char *maildir, const char *folder, char **path, struct err *e);
int folder_make(const char *maildir, const char *path, struct err *e);	/* both, with the mark */

#endif
