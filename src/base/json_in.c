/* SPDX-License-Identifier: Apache-2.0 */
/* json_in.c - one pass, no look back. */
#include "base/json_in.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct json_in json_in_on(struct str bytes)
{
    return (struct json_in){ .at = bytes.at,
                             .end = bytes.at + bytes.len,
                             .begin = bytes.at };
}

void json_in_fail(struct json_in *j, const char *why)
{
    if (j->fault)
        return;
    j->fault = why;
    j->fault_at = (size_t)(j->at - j->begin);
    j->at = j->end;
}

static void skip_blanks(struct json_in *j)
{
    while (j->at < j->end &&
           (*j->at == ' ' || *j->at == '\n' || *j->at == '\t' || *j->at == '\r'))
        j->at++;
}

enum json_in_kind json_in_next(struct json_in *j)
{
    skip_blanks(j);
    if (j->at == j->end)
        return JSON_IN_NOTHING;
    switch (*j->at) {
    case '{':
        return JSON_IN_OBJECT;
    case '[':
        return JSON_IN_ARRAY;
    case '"':
        return JSON_IN_STRING;
    case 't':
    case 'f':
    case 'n':
    case 'N': /* NaN and its like, which some write */
    case 'I':
        return JSON_IN_WORD;
    }
    return *j->at == '-' || (*j->at >= '0' && *j->at <= '9') ? JSON_IN_NUMBER
                                                             : JSON_IN_NOTHING;
}

static void enter(struct json_in *j, enum json_in_kind kind, const char *why)
{
    if (json_in_next(j) != kind) {
        json_in_fail(j, why);
        return;
    }
    if (j->depth == JSON_IN_DEPTH) {
        json_in_fail(j, "nested too deeply");
        return;
    }
    j->at++;
    j->depth++;
    j->first = true;
}

void json_in_object(struct json_in *j)
{
    enter(j, JSON_IN_OBJECT, "no object where one must be");
}

void json_in_array(struct json_in *j)
{
    enter(j, JSON_IN_ARRAY, "no array where one must be");
}

/* The end of the container, or what stands before the next in it. */
static bool goes_on(struct json_in *j, char close)
{
    skip_blanks(j);
    if (j->at == j->end) {
        json_in_fail(j, "cut short");
        return false;
    }
    if (*j->at == close) {
        j->at++;
        j->depth--;
        j->first = false;
        return false;
    }
    if (!j->first) {
        if (*j->at != ',') {
            json_in_fail(j, "no comma between two values");
            return false;
        }
        j->at++;
        skip_blanks(j);
    }
    j->first = false;
    return true;
}

/* What stands between the quotes. */
static struct str raw(struct json_in *j)
{
    const char *start = ++j->at;

    while (j->at < j->end && *j->at != '"')
        j->at += *j->at == '\\' && j->at + 1 < j->end ? 2 : 1;
    if (j->at >= j->end) {
        json_in_fail(j, "a string without an end");
        return STR("");
    }
    j->at++;
    return (struct str){ start, (size_t)(j->at - 1 - start) };
}

bool json_in_key(struct json_in *j, struct str *key)
{
    if (!goes_on(j, '}'))
        return false;
    if (json_in_next(j) != JSON_IN_STRING) {
        json_in_fail(j, "no key where one must be");
        return false;
    }
    *key = raw(j);
    skip_blanks(j);
    if (j->at == j->end || *j->at != ':') {
        json_in_fail(j, "no colon behind a key");
        return false;
    }
    j->at++;
    return true;
}

bool json_in_item(struct json_in *j)
{
    return goes_on(j, ']');
}

static uint32_t hex4(const char *at, const char *end)
{
    uint32_t value = 0;

    if (end - at < 4)
        return UINT32_MAX;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return UINT32_MAX;
        value = value << 4 | digit;
    }
    return value;
}

static size_t put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* Behind "\u": moves at, gives the bytes written. */
static size_t put_escaped(const char **at, const char *end, char *to)
{
    uint32_t c = hex4(*at, end);

    if (c == UINT32_MAX) {
        *to = '?';
        return 1;
    }
    *at += 4;
    if (c >= 0xd800 && c < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' &&
        (*at)[1] == 'u') {
        uint32_t low = hex4(*at + 2, end);

        if (low >= 0xdc00 && low < 0xe000) {
            *at += 6;
            return put_utf8(to, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
        }
    }
    if (c >= 0xdc80 && c <= 0xdcff) { /* a byte that was no UTF-8 */
        *to = (char)(c - 0xdc00);
        return 1;
    }
    if (c >= 0xd800 && c < 0xe000) {
        *to = '?';
        return 1;
    }
    return put_utf8(to, c);
}

static struct str decoded(struct str s, struct arena *a)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    char *text = arena_alloc(a, s.len + 1);
    const char *at = s.at, *end = s.at + s.len;
    size_t len = 0;

    while (at < end) {
        if (*at != '\\' || at + 1 == end) {
            text[len++] = *at++;
            continue;
        }
        char c = at[1];
        const char *known = c ? strchr(from, c) : NULL;
        at += 2;
        if (c == 'u')
            len += put_escaped(&at, end, text + len);
        else
            text[len++] = known ? to[known - from] : c;
    }
    return (struct str){ text, len };
}

struct str json_in_str(struct json_in *j, struct arena *a)
{
    if (json_in_next(j) != JSON_IN_STRING) {
        json_in_skip(j);
        return STR("");
    }
    struct str s = raw(j);
    return s.len > 0 && memchr(s.at, '\\', s.len) ? decoded(s, a) : s;
}

static bool in_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' ||
           c == 'E';
}

static struct str number(struct json_in *j)
{
    const char *start = j->at;

    while (j->at < j->end && in_number(*j->at))
        j->at++;
    return (struct str){ start, (size_t)(j->at - start) };
}

double json_in_double(struct json_in *j)
{
    char text[64];

    if (json_in_next(j) != JSON_IN_NUMBER) {
        json_in_skip(j);
        return 0;
    }
    struct str s = number(j);
    size_t len = s.len < sizeof text - 1 ? s.len : sizeof text - 1;
    memcpy(text, s.at, len);
    text[len] = '\0';
    return strtod(text, NULL);
}

uint64_t json_in_u64(struct json_in *j)
{
    const char *at = j->at;
    uint64_t value = 0;

    if (json_in_next(j) != JSON_IN_NUMBER) {
        json_in_skip(j);
        return 0;
    }
    at = j->at;
    while (at < j->end && *at >= '0' && *at <= '9' && value < UINT64_MAX / 10 - 1)
        value = value * 10 + (uint64_t)(*at++ - '0');
    if (at > j->at && (at == j->end || !in_number(*at))) {
        j->at = at;
        return value;
    }
    double d = json_in_double(j);
    return d >= 0x1p64 ? UINT64_MAX : d > 0 ? (uint64_t)d : 0;
}

bool json_in_true(struct json_in *j)
{
    bool is = json_in_next(j) == JSON_IN_WORD && *j->at == 't';

    json_in_skip(j);
    return is;
}

static void skip_word(struct json_in *j)
{
    while (j->at < j->end &&
           ((*j->at >= 'a' && *j->at <= 'z') || (*j->at >= 'A' && *j->at <= 'Z')))
        j->at++;
}

void json_in_skip(struct json_in *j)
{
    uint32_t open = 0;
    bool object[JSON_IN_DEPTH + 1];
    struct str key;

    do {
        bool more = open == 0;

        if (open > 0)
            more = object[open] ? json_in_key(j, &key) : json_in_item(j);
        if (j->fault)
            return;
        if (!more) {
            open--;
            continue;
        }
        switch (json_in_next(j)) {
        case JSON_IN_OBJECT:
            json_in_object(j);
            if (!j->fault)
                object[++open] = true;
            break;
        case JSON_IN_ARRAY:
            json_in_array(j);
            if (!j->fault)
                object[++open] = false;
            break;
        case JSON_IN_STRING:
            raw(j);
            break;
        case JSON_IN_NUMBER:
            number(j);
            break;
        case JSON_IN_WORD:
            skip_word(j);
            break;
        case JSON_IN_NOTHING:
            json_in_fail(j,
                         j->at == j->end ? "cut short" : "no value where one must be");
        }
    } while (open > 0 && !j->fault);
}

bool json_in_ends(struct json_in *j)
{
    skip_blanks(j);
    return j->at == j->end && !j->fault;
}
