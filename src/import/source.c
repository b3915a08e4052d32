/* SPDX-License-Identifier: Apache-2.0 */
/* source.c - mapped where it can be. */
#include "import/source.h"

#include <string.h>

#include "base/unpack.h"
#include "base/whole.h"

/* As much as a machine of today can hold; what is unpacked, so much. */
#define FILE_MOST ((uint64_t)1 << 36)
#define UNPACKED_MOST ((uint64_t)1 << 33)

bool source_read(const char *path, struct arena *a, struct str *bytes, struct err *e)
{
    static const struct whole_kind any = { .what = "cannot read profile",
                                           .most = FILE_MOST,
                                           .page_by_page = true };

    if (!whole_map(path, &any, a, bytes, e))
        return false;
    if (unpack_is_packed(*bytes) && !unpack(*bytes, UNPACKED_MOST, path, a, bytes, e))
        return false;
    str_skip(bytes, SOURCE_MARK);
    return true;
}

bool source_line_is_long(struct str text)
{
    return text.len > SOURCE_LINE_MOST &&
           !memchr(text.at, '\n', (size_t)SOURCE_LINE_MOST);
}

bool source_fail(const char *format, const char *path, uint64_t byte, const char *why,
                 struct err *e)
{
    return err_set(e, ERR_FORMAT, "cannot read %s: %s: byte %llu: %s", format, path,
                   (unsigned long long)byte, why);
}

bool source_unit(struct build *b, enum unit unit, const char *path, struct err *e)
{
    static const char *const names[] = {
        [UNIT_NS] = "times", [UNIT_SAMPLES] = "samples", [UNIT_BYTES] = "bytes"
    };

    if (build_processes(b) == 0)
        build_set_unit(b, unit);
    if (build_unit(b) == unit)
        return true;
    return err_set(e, ERR_FORMAT,
                   "cannot be one profile: %s: its figures are %s, those of the other "
                   "files are %s (report them one by one)",
                   path, names[unit], names[build_unit(b)]);
}

thread_id source_thread(struct build *b, struct str process, struct str thread,
                        uint32_t native)
{
    struct process p = {
        .name = process, .role = STR("file"), .exit = -1, .entered = true
    };

    return build_thread(b, build_process(b, &p), thread, native);
}

/* "parse" of "Feed.parse"; what has blanks or colons in it is no qualified name. */
static struct str last_part(struct str qualified)
{
    for (size_t i = 0; i < qualified.len; i++)
        if (qualified.at[i] == ' ' || qualified.at[i] == ':')
            return qualified;
    for (size_t i = qualified.len; i > 1; i--)
        if (qualified.at[i - 1] == '.' && i < qualified.len)
            return (struct str){ qualified.at + i, qualified.len - i };
    return qualified;
}

function_id source_named(struct build *b, struct str qualified, struct str file,
                         uint64_t line)
{
    bool builtin = str_eq(file, STR("~"));
    bool python = str_ends(file, STR(".py")) || str_begins(file, STR("<"));
    struct function f = {
        .name = python && !builtin ? last_part(qualified) : qualified,
        .qualname = qualified,
        .file = file,
        .line = line < UINT32_MAX ? (uint32_t)line : UINT32_MAX,
        .kind = builtin ? FUNCTION_BUILTIN : FUNCTION_PYTHON,
        .merged = 1,
    };

    return build_function(b, &f);
}

/* Digits at the end of s, behind a colon, are taken off. */
static uint64_t take_line(struct str *s)
{
    uint64_t line = 0, place = 1;
    size_t at = s->len;

    while (at > 0 && s->len - at < 10 && s->at[at - 1] >= '0' && s->at[at - 1] <= '9') {
        line += (uint64_t)(s->at[--at] - '0') * place;
        place *= 10;
    }
    if (at == s->len || at < 2 || s->at[at - 1] != ':')
        return 0;
    s->len = at - 1;
    return line;
}

function_id source_function(struct build *b, struct str frame)
{
    struct str name = frame, file = STR("");
    uint64_t line = 0;

    if (frame.len > 3 && frame.at[frame.len - 1] == ')')
        for (size_t i = frame.len - 2; i > 1; i--)
            if (frame.at[i] == '(' && frame.at[i - 1] == ' ') {
                file = (struct str){ frame.at + i + 1, frame.len - i - 2 };
                name.len = i - 1;
                break;
            }
    if (file.len > 0)
        line = take_line(&file);
    /* Of what is in brackets without a line it is not known whether it is a file. */
    if (file.len > 0 && line == 0 && !str_eq(file, STR("~"))) {
        name = frame;
        file = STR("");
    }
    return source_named(b, name, file, line);
}

uint64_t source_add(uint64_t a, uint64_t b)
{
    return a + b < a ? UINT64_MAX : a + b;
}
