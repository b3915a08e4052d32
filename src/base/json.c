/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - the writer's commas, quoting and numbers. */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct json json_on(struct out *o)
{
    return (struct json){ .out = o };
}

/* A lone surrogate as WTF-8 has it: ed a0..bf 80..bf. */
static bool is_surrogate(const unsigned char *s, size_t left)
{
    return left >= 3 && s[0] == 0xed && (s[1] & 0xe0) == 0xa0 && (s[2] & 0xc0) == 0x80;
}

/* Writes what stands at s in a form JSON allows; returns the bytes it took. */
static size_t write_special(struct out *o, const unsigned char *s, size_t left)
{
    size_t len = str_utf8((struct str){ (const char *)s, left });

    if (len > 0) {
        out_bytes(o, s, len);
        return len;
    }
    if (is_surrogate(s, left)) {
        out_printf(o, "\\u%04x", 0xd000 | (s[1] & 0x3f) << 6 | (s[2] & 0x3f));
        return 3;
    }
    if (s[0] >= 0x80)
        out_printf(o, "\\udc%02x", s[0]);
    else if (s[0] == '"' || s[0] == '\\')
        out_printf(o, "\\%c", s[0]);
    else
        out_printf(o, "\\u%04x", s[0]);
    return 1;
}

static void write_quoted(struct out *o, struct str s)
{
    const unsigned char *at = (const unsigned char *)s.at;
    size_t plain = 0;

    out_char(o, '"');
    for (size_t i = 0; i < s.len;) {
        if (at[i] >= ' ' && at[i] < 127 && at[i] != '"' && at[i] != '\\') {
            i++;
            continue;
        }
        out_bytes(o, at + plain, i - plain);
        i += write_special(o, at + i, s.len - i);
        plain = i;
    }
    if (s.len > plain) /* the empty text may be nowhere */
        out_bytes(o, at + plain, s.len - plain);
    out_char(o, '"');
}

static void begin(struct json *j, const char *key)
{
    if (j->filled[j->depth])
        out_char(j->out, ',');
    j->filled[j->depth] = true;
    if (key) {
        write_quoted(j->out, str_of(key));
        out_char(j->out, ':');
    }
}

static void open_level(struct json *j, const char *key, char bracket)
{
    begin(j, key);
    out_char(j->out, bracket);
    if (j->depth + 1 >= JSON_DEPTH)
        abort();
    j->depth++;
    j->filled[j->depth] = false;
    j->array[j->depth] = bracket == '[';
}

void json_object(struct json *j, const char *key)
{
    open_level(j, key, '{');
}

void json_array(struct json *j, const char *key)
{
    open_level(j, key, '[');
}

void json_end(struct json *j)
{
    out_char(j->out, j->array[j->depth] ? ']' : '}');
    j->depth--;
    if (j->depth == 0)
        out_char(j->out, '\n');
}

void json_str(struct json *j, const char *key, struct str value)
{
    begin(j, key);
    write_quoted(j->out, value);
}

void json_text(struct json *j, const char *key, const char *value)
{
    if (value)
        json_str(j, key, str_of(value));
    else
        json_null(j, key);
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
    begin(j, key);
    out_u64(j->out, value);
}

void json_i64(struct json *j, const char *key, int64_t value)
{
    begin(j, key);
    if (value < 0)
        out_char(j->out, '-');
    out_u64(j->out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_double(struct json *j, const char *key, double value)
{
    if (!isfinite(value)) {
        json_null(j, key);
        return;
    }
    begin(j, key);
    out_printf(j->out, "%.17g", value);
}

void json_bool(struct json *j, const char *key, bool value)
{
    begin(j, key);
    out_text_of(j->out, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
    begin(j, key);
    out_text_of(j->out, "null");
}

void json_str_or_null(struct json *j, const char *key, struct str value)
{
    if (value.len > 0)
        json_str(j, key, value);
    else
        json_null(j, key);
}

void json_i64_or_null(struct json *j, const char *key, int64_t value, bool known)
{
    if (known)
        json_i64(j, key, value);
    else
        json_null(j, key);
}

void json_moment(struct json *j, const char *key, uint64_t ns)
{
    time_t seconds = (time_t)(ns / 1000000000u);
    struct tm tm;
    char date[32], text[48];

    if (ns == 0 || !gmtime_r(&seconds, &tm) ||
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
        json_null(j, key);
        return;
    }
    snprintf(text, sizeof text, "%s.%06uZ", date, (unsigned)(ns % 1000000000u / 1000));
    json_text(j, key, text);
}
