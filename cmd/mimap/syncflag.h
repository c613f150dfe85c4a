/* SPDX-License-Identifier: ISC */
/* syncflag.h - a message's flags as one number: in file names, on the wire, and between the two.
 * Bits 0 to 5 are the letters D F P R S T (\Draft \Flagged $Forwarded \Answered \Seen \Deleted), bits 6 to 31 a folder's keywords
 * a to z, as its file dovecot-keywords names them: "0 $Label1" is a. \Recent is nothing, and $Forwarded never a keyword: where
 * such a file lists it, that letter is read as P and never written.
 * Limits: 26 keywords a folder; what comes after them is not synchronised, and counted. */
#ifndef MIMAP_SYNCFLAG_H
#define MIMAP_SYNCFLAG_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct value;

#define SYNCFLAG_DRAFT     (UINT32_C(1) << 0)
#define SYNCFLAG_FLAGGED   (UINT32_C(1) << 1)
#define SYNCFLAG_FORWARDED (UINT32_C(1) << 2)
#define SYNCFLAG_ANSWERED  (UINT32_C(1) << 3)
#define SYNCFLAG_SEEN      (UINT32_C(1) << 4)
#define SYNCFLAG_DELETED   (UINT32_C(1) << 5)
#define SYNCFLAG_KEYWORD   6	/* the first one's bit */
#define SYNCFLAG_KEYWORDS  26
#define SYNCFLAG_STANDARD  UINT32_C(0x3f)
#define SYNCFLAG_TEXT      33	/* room for all letters and the NUL */

uint32_t syncflag_letters(const char *);		/* "FSa" to bits, up to the NUL; other letters are nothing */
void syncflag_text(uint32_t, char out[SYNCFLAG_TEXT]);	/* in the order of ASCII; "" for none */

struct syncflag_table {		/* zeroed is valid and empty; tied to one folder */
	char *name[SYNCFLAG_KEYWORDS];
	uint32_t alias;		/* the bit of a letter that stands for $Forwarded, or 0 */
	int changed;		/* a name was added that is not on disk yet */
	size_t left_out;	/* keywords that had no room, each time they were met; the first of them: */
	char *first_left_out;
	uint32_t taken;		/* bits of the letters that the file gives to something, whatever that is */
	char *text;		/* the file as it was read; NULL: there was none */
};

/* dir/dovecot-keywords; that there is none is fine. Lines that make no sense are left out. */
int syncflag_load(struct syncflag_table *, const char *dir, struct err *e);
/* Before the first file name bears a new letter. Nothing is written unless a name was added. By a temporary file, sync and rename;
 * ERR_TEMP where another program changed the file since. */
int syncflag_save(struct syncflag_table *, const char *dir, struct err *e);
void syncflag_free(struct syncflag_table *);

/* The bits that mean something: the six and the keywords that have a name. Letters of a file name beyond them stay as they are. */
uint32_t syncflag_known(const struct syncflag_table *);
/* What a file's letters say on the server: unknown ones are left out, the alias is P. Compare and store these only. */
uint32_t syncflag_here(const struct syncflag_table *, uint32_t letters);
uint32_t syncflag_wire(struct syncflag_table *, const struct value *list);	/* of a FLAGS list; adds the names that are new */
uint32_t syncflag_wire_one(struct syncflag_table *, const char *name, size_t n);	/* of one flag or keyword; 0: nothing */
/* Appends "\Seen $Label1" (nothing for no flags): fit between the parentheses of STORE or APPEND. */
void syncflag_names(const struct syncflag_table *, uint32_t flags, struct buf *out);

#endif
