/* SPDX-License-Identifier: Apache-2.0 */
/* out.h - where bytes go: a file, stdout, or memory.
 * Sticky: after a fault (disk full, closed pipe) writes vanish, and out_close
 * tells it once, so writers have no error branch. A file appears whole or not
 * at all: it has no name, or where that cannot be one beside its place, until a good
 * out_close. */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct out;

/* "-" is stdout. Only a regular file of the user's own is replaced. */
struct out *out_open(const char *path, struct err *e);
/* A file for its owner alone (0600), whatever the umask. */
struct out *out_open_private(const char *path, struct err *e);
struct out *out_stdout(void);
struct out *out_memory(void);
/* The text so far of an out_memory, terminated by a NUL beyond len. */
struct str out_text(struct out *o);
bool out_close(struct out *o, struct err *e); /* frees it; NULL gives true */
void out_abandon(struct out *o);              /* no file appears */
bool out_failed(const struct out *o);

void out_char(struct out *o, char c);
void out_bytes(struct out *o, const void *bytes, size_t len);
/* Room for so many bytes, OUT_ROOM at most, to be filled in place; out_filled tells up
 * to where it was. */
enum { OUT_ROOM = 1024 };
char *out_room(struct out *o, size_t most);
void out_filled(struct out *o, const char *end);
/* What raw deflate (RFC 1951) makes of them, as one whole stream. */
void out_deflate(struct out *o, const void *bytes, uint32_t len);
/* The same as a gzip file (RFC 1952) with no name and no date. */
void out_gzip(struct out *o, const void *bytes, uint32_t len);
void out_str(struct out *o, struct str s);
void out_text_of(struct out *o, const char *terminated);
void out_csv(struct out *o, struct str s); /* quoted (RFC 4180) */
void out_u64(struct out *o, uint64_t value);
enum { DIGITS_MOST = 20 };
/* Decimal; where it ends, with nothing put behind it. */
char *digits_to(char *to, uint64_t value);
char *text_to(char *to, struct str s); /* the same of a text */
void out_printf(struct out *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
