/* SPDX-License-Identifier: ISC */
/* lexer.h - the tokens of one line of an IMAP server response (RFC 3501 section 9). Pure: bytes in, a token out, nothing kept.
 * Tolerant where servers differ (any run of spaces, 8-bit octets in atoms and strings), strict where a mistake could be used
 * (controls, quotes left open, sizes that overflow). A literal's marker is only one where the line ends with it. */
#ifndef MIMAP_LEXER_H
#define MIMAP_LEXER_H

#include <stddef.h>
#include <stdint.h>

struct buf;

enum token_kind { TOKEN_END, TOKEN_ATOM, TOKEN_STRING, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_LITERAL, TOKEN_BAD };

struct token {
	enum token_kind kind;
	const char *text;	/* in the line: the atom, what stands between the quotes, or for TOKEN_BAD why it is */
	size_t len;
	int escaped;		/* the string holds \" or \\ */
	uint64_t size;		/* of the literal that follows the line; at most INT64_MAX */
};

/* From *pos, which moves behind the token. `BODY[…]<n>` and BINARY[…] are one atom, spaces and parentheses in it
 * included. */
void lexer_next(const char *line, size_t len, size_t *pos, struct token *);
void lexer_unescape(struct buf *out, const struct token *);	/* appends the string's octets */

#endif
