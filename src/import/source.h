/* SPDX-License-Identifier: Apache-2.0 */
/* source.h - what readers of other tools' texts have in common: the bytes, unpacked
 * where they are packed; errors that name format and byte; functions out of one text.
 */
#ifndef IMPORT_SOURCE_H
#define IMPORT_SOURCE_H

#include "base/arena.h"
#include "base/err.h"
#include "model/build.h"

#define SOURCE_MARK STR("\xef\xbb\xbf") /* the byte order mark of UTF-8 */

/* Mapped, or read from a pipe; gzip, xz and zstd are taken off. */
bool source_read(const char *path, struct arena *a, struct str *bytes, struct err *e);
/* "cannot read FORMAT: PATH: byte 12: WHY"; always false. */
bool source_fail(const char *format, const char *path, uint64_t byte, const char *why,
                 struct err *e);
/* Files of another unit cannot be one profile with what was read before. */
bool source_unit(struct build *b, enum unit unit, const char *path, struct err *e);
/* The thread of a file that tells none: of a process called so. */
thread_id source_thread(struct build *b, struct str process, struct str thread,
                        uint32_t native);
/* "parse (feed.py:41)", "len (~)", "main": what tools make of function and place. */
function_id source_function(struct build *b, struct str frame);
/* The same told apart. qualified: "Feed.parse"; file "" or line 0: not known. */
function_id source_named(struct build *b, struct str qualified, struct str file,
                         uint64_t line);
/* Longer than any line or field is: what is no text is not searched to its end. */
enum { SOURCE_LINE_MOST = 64 << 20 };
#define SOURCE_LINE_LONG "a line longer than 64 MB"
bool source_line_is_long(struct str text);
/* A sum of two, at most what can be told. */
uint64_t source_add(uint64_t a, uint64_t b);

#endif
