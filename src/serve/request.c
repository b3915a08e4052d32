/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - line by line, strictly: every line ends in CR LF, no line is folded, no
 * name is followed by a blank, and what may be there once is there once. */
#include "serve/request.h"

#include <string.h>
#include <strings.h>

static bool take_line(struct str *text, struct str *line)
{
    const char *end = text->len ? memchr(text->at, '\n', text->len) : NULL;

    if (!end || end == text->at || end[-1] != '\r')
        return false;
    *line = (struct str){ text->at, (size_t)(end - text->at) - 1 };
    *text = (struct str){ end + 1, text->len - line->len - 2 };
    return true;
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= ' ' || s.at[i] == 127 || strchr("\"(),/:;<=>?@[\\]{}", s.at[i]))
            return false;
    return s.len > 0;
}

static struct str take_until(struct str *s, char c)
{
    const char *end = s->len ? memchr(s->at, c, s->len) : NULL;
    struct str taken = { s->at, end ? (size_t)(end - s->at) : s->len };
    size_t skip = taken.len + (end != NULL);

    *s = (struct str){ s->at + skip, s->len - skip };
    return taken;
}

/* "GET /path?query HTTP/1.1": a path from the root, of visible ASCII. */
static bool take_first(struct str line, struct request *r)
{
    r->method = take_until(&line, ' ');
    struct str target = take_until(&line, ' ');

    for (size_t i = 0; i < target.len; i++)
        if (target.at[i] <= ' ' || target.at[i] >= 127 || target.at[i] == '#')
            return false;
    if (!is_token(r->method) || target.len == 0 || target.at[0] != '/' ||
        !(str_eq(line, STR("HTTP/1.1")) || str_eq(line, STR("HTTP/1.0"))))
        return false;
    r->close = str_eq(line, STR("HTTP/1.0"));
    r->path = take_until(&target, '?');
    r->query = target;
    return true;
}

static bool is_called(struct str name, const char *wanted)
{
    return name.len == strlen(wanted) && strncasecmp(name.at, wanted, name.len) == 0;
}

static struct str trimmed(struct str s)
{
    while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
        s = (struct str){ s.at + 1, s.len - 1 };
    while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Once: a second one makes the request a bad one. */
static bool once(struct str *to, struct str value)
{
    bool first = to->at == NULL;

    *to = value;
    return first;
}

static bool take_field(struct str line, struct request *r, uint32_t *hosts)
{
    struct str name = take_until(&line, ':'), value = trimmed(line);

    if (!is_token(name))
        return false;
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.at[i] < ' ' && value.at[i] != '\t')
            return false;
    if (is_called(name, "host")) {
        r->host = value;
        ++*hosts;
    } else if (is_called(name, "origin")) {
        r->has_origin = true;
        return once(&r->origin, value);
    } else if (is_called(name, "sec-fetch-site")) {
        r->has_site = true;
        return once(&r->site, value);
    } else if (is_called(name, "sec-fetch-mode")) {
        return once(&r->mode, value);
    } else if (is_called(name, "sec-fetch-dest")) {
        return once(&r->dest, value);
    } else if (is_called(name, "cookie")) {
        return once(&r->cookie, value);
    } else if (is_called(name, "content-length")) {
        return str_eq(value, STR("0"));
    } else if (is_called(name, "connection")) {
        r->close =
            r->close || (value.len == 5 && strncasecmp(value.at, "close", 5) == 0);
    } else if (is_called(name, "transfer-encoding") || is_called(name, "upgrade")) {
        return false;
    }
    return true;
}

enum request_state request_parse(struct str bytes, struct request *r, size_t *taken)
{
    struct str left = bytes, line;
    uint32_t hosts = 0;

    *r = (struct request){ 0 };
    if (!bytes.len || !memmem(bytes.at, bytes.len, "\r\n\r\n", 4)) {
        /* What can become none, by its first line, is not waited for. */
        bool bad = memchr(bytes.at ? bytes.at : "", '\0', bytes.len) != NULL;

        return bytes.len >= REQUEST_MAX ? REQUEST_LONG
               : bad                    ? REQUEST_BAD
                                        : REQUEST_MORE;
    }
    if (!take_line(&left, &line) || !take_first(line, r))
        return REQUEST_BAD;
    for (;;) {
        if (!take_line(&left, &line))
            return REQUEST_BAD;
        if (line.len == 0)
            break;
        if (!take_field(line, r, &hosts))
            return REQUEST_BAD;
    }
    *taken = (size_t)(left.at - bytes.at);
    return hosts == 1 ? REQUEST_WHOLE : REQUEST_HOST;
}
