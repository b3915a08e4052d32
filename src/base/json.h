/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - writes JSON as a stream: commas and quoting are seen to here.
 * key is NULL inside an array. Bytes that are not UTF-8 are written as the
 * surrogate escapes (\udc80..\udcff) Python reads them back from; every other
 * non-ASCII character stays as it is. Nesting is bounded by JSON_DEPTH. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/out.h"

enum { JSON_DEPTH = 32 };

struct json {
    struct out *out;
    int depth;
    bool filled[JSON_DEPTH]; /* something was written at that depth */
    bool array[JSON_DEPTH];  /* it is closed by ']' */
};

struct json json_on(struct out *o);
void json_object(struct json *j, const char *key); /* opens one ... */
void json_array(struct json *j, const char *key);
void json_end(struct json *j); /* ... and closes the last */
void json_str(struct json *j, const char *key, struct str value);
void json_text(struct json *j, const char *key, const char *value); /* NULL: null */
void json_u64(struct json *j, const char *key, uint64_t value);
void json_i64(struct json *j, const char *key, int64_t value);
void json_double(struct json *j, const char *key, double value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
void json_str_or_null(struct json *j, const char *key, struct str value); /* of none */
void json_i64_or_null(struct json *j, const char *key, int64_t value, bool known);
/* CLOCK_REALTIME in UTC, as ISO 8601 has it, to the microsecond; 0: null. */
void json_moment(struct json *j, const char *key, uint64_t ns);

#endif
