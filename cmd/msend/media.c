/* SPDX-License-Identifier: ISC */
/* media.c - media types: by a file's name, else by how it begins. */
#include <string.h>
#include <strings.h>

#include "err.h"
#include "mime.h"

static const struct {
	const char *suffix, *type;
} types[] = {
	{ "7z", "application/x-7z-compressed" }, { "avi", "video/x-msvideo" }, { "avif", "image/avif" }, { "bmp", "image/bmp" },
	{ "bz2", "application/x-bzip2" }, { "c", "text/x-c" }, { "conf", "text/plain" }, { "css", "text/css" },
	{ "csv", "text/csv" },
	{ "deb", "application/vnd.debian.binary-package" }, { "diff", "text/x-diff" }, { "doc", "application/msword" },
	{ "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" }, { "eml", "message/rfc822" },
	{ "epub", "application/epub+zip" }, { "flac", "audio/flac" }, { "gif", "image/gif" }, { "gz", "application/gzip" },
	{ "htm", "text/html" }, { "html", "text/html" }, { "ics", "text/calendar" }, { "jpeg", "image/jpeg" },
	{ "jpg", "image/jpeg" },
	{ "js", "text/javascript" }, { "json", "application/json" }, { "log", "text/plain" }, { "md", "text/markdown" },
	{ "mov", "video/quicktime" }, { "mp3", "audio/mpeg" }, { "mp4", "video/mp4" }, { "mpeg", "video/mpeg" },
	{ "odp", "application/vnd.oasis.opendocument.presentation" }, { "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" }, { "ogg", "audio/ogg" }, { "opus", "audio/ogg" },
	{ "patch", "text/x-diff" }, { "pdf", "application/pdf" }, { "pem", "application/x-pem-file" }, { "png", "image/png" },
	{ "ppt", "application/vnd.ms-powerpoint" },
	{ "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
	{ "ps", "application/postscript" },
	{ "py", "text/x-python" }, { "rar", "application/vnd.rar" }, { "rtf", "application/rtf" }, { "sh", "text/x-shellscript" },
	{ "svg", "image/svg+xml" }, { "tar", "application/x-tar" }, { "tgz", "application/gzip" }, { "tif", "image/tiff" },
	{ "tiff", "image/tiff" }, { "txt", "text/plain" }, { "vcf", "text/vcard" }, { "wav", "audio/x-wav" },
	{ "webm", "video/webm" },
	{ "webp", "image/webp" }, { "xls", "application/vnd.ms-excel" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" }, { "xml", "application/xml" },
	{ "xz", "application/x-xz" }, { "zip", "application/zip" }, { "zst", "application/zstd" },
};

const char *
mime_type(const char *filename)
{
	const char *dot = strrchr(filename, '.'), *slash = strrchr(filename, '/');
	size_t i;

	if (dot != NULL && (slash == NULL || dot > slash))
		for (i = 0; i < sizeof(types) / sizeof(*types); i++)
			if (strcasecmp(dot + 1, types[i].suffix) == 0)
				return types[i].type;
	return "application/octet-stream";
}

static const struct {
	size_t at, n;
	const char *octets, *type;
} magic[] = {
	{ 0, 5, "%PDF-", "application/pdf" }, { 0, 8, "\x89PNG\r\n\x1a\n", "image/png" }, { 0, 3, "\xff\xd8\xff", "image/jpeg" },
	{ 0, 4, "GIF8", "image/gif" }, { 8, 4, "WEBP", "image/webp" }, { 8, 4, "WAVE", "audio/x-wav" },
	{ 4, 8, "ftypavif", "image/avif" }, { 4, 4, "ftyp", "video/mp4" }, { 0, 4, "\x1a\x45\xdf\xa3", "video/webm" }, { 0, 3, "ID3", "audio/mpeg" },
	{ 0, 4, "OggS", "audio/ogg" }, { 0, 4, "fLaC", "audio/flac" }, { 0, 4, "PK\3\4", "application/zip" }, { 0, 3, "\x1f\x8b\x08", "application/gzip" },
	{ 0, 3, "BZh", "application/x-bzip2" }, { 0, 6, "\xfd" "7zXZ\0", "application/x-xz" },
	{ 0, 4, "\x28\xb5\x2f\xfd", "application/zstd" },
	{ 0, 6, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed" }, { 257, 5, "ustar", "application/x-tar" },
	{ 0, 4, "\x7f" "ELF", "application/x-executable" }, { 0, 16, "SQLite format 3\0", "application/vnd.sqlite3" },
	{ 0, 4, "%!PS", "application/postscript" }, { 0, 5, "{\\rtf", "application/rtf" }, { 0, 5, "<?xml", "application/xml" },
	{ 0, 9, "<!DOCTYPE", "text/html" },
};

static int
has_controls(const char *p, size_t n)
{
	for (; n > 0; p++, n--)
		if (((unsigned char)*p < ' ' && strchr("\t\n\v\f\r\b\033", *p) == NULL) || *p == '\0' || *p == 127)
			return 1;
	return 0;
}

static const char *
by_content(const char *start, size_t n, const struct text_facts *facts)
{
	size_t i;

	for (i = 0; i < sizeof(magic) / sizeof(*magic); i++)
		if (n >= magic[i].at + magic[i].n && memcmp(start + magic[i].at, magic[i].octets, magic[i].n) == 0)
			return magic[i].type;
	return n > 0 && !has_controls(start, n) && !facts->broken ? "text/plain" : "application/octet-stream";
}

void
mime_guess(struct mime_guess *g, const char *filename, const char *start, size_t n, int all)
{
	struct text_facts facts = { 0 };
	struct err ignored;

	text_facts_feed(&facts, start, n, &ignored);
	g->type = mime_type(filename);
	if (strcmp(g->type, "application/octet-stream") == 0)
		g->type = by_content(start, n, &facts);
	if (strncmp(g->type, "text/", 5) == 0 && memchr(start, '\0', n) != NULL)
		g->type = "application/octet-stream";
	g->charset = NULL;
	if (strncmp(g->type, "text/", 5) == 0)
		g->charset = facts.broken || (all && facts.more > 0) ? "unknown-8bit"
		    : all && facts.eight == 0 ? "us-ascii" : "utf-8";
}
