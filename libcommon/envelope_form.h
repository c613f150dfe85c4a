/* SPDX-License-Identifier: ISC */
/* envelope_form.h - what the reader and the writer of envelopes share. */
#ifndef ENVELOPE_FORM_H
#define ENVELOPE_FORM_H

#define ENVELOPE_FIRST "Penny-Queue: 1 "	/* then ten digits */
#define ENVELOPE_REPLY 120			/* octets */
#define ENVELOPE_REMOTE 64

#endif
