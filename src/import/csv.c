/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c - what export/csv.c writes: a row a function. The unit is in the header. */
#include <string.h>

#include "import/import.h"
#include "import/source.h"

enum { COLUMNS = 8 };

static const char header[] = "file,line,name,qualname,calls,primitive_calls,self_";

struct rows {
    struct str left;
    const char *begin, *path;
    struct arena *arena;
};

/* Where a quoted field ends: its last quote; 0: nowhere. */
static size_t end_of(struct str s)
{
    for (size_t at = 1; at < s.len; at++) {
        if (s.at[at] != '"')
            continue;
        if (at + 1 == s.len || s.at[at + 1] != '"')
            return at;
        at++;
    }
    return 0;
}

static struct str unquoted(struct str s, struct arena *a)
{
    char *text = arena_alloc(a, s.len + 1);
    size_t len = 0;

    for (size_t at = 0; at < s.len; at++) {
        text[len++] = s.at[at];
        at += s.at[at] == '"';
    }
    return (struct str){ text, len };
}

/* A field, with quotes taken off; *last: a row ends behind it. */
static bool take_field(struct rows *r, struct str *field, bool *last)
{
    struct str s = r->left;
    size_t at = 0;

    if (s.len > SOURCE_LINE_MOST)
        s.len = SOURCE_LINE_MOST;
    if (s.len > 0 && s.at[0] == '"') {
        at = end_of(s);
        if (at == 0)
            return false;
        *field = unquoted((struct str){ s.at + 1, at - 1 }, r->arena);
        at++;
    } else {
        while (at < s.len && !memchr(",\n\r", s.at[at], 3))
            at++;
        *field = (struct str){ s.at, at };
    }
    if (at == SOURCE_LINE_MOST)
        return false;
    if (at < s.len && s.at[at] == '\r')
        at++;
    *last = at >= s.len || s.at[at] == '\n';
    if (!*last && s.at[at] != ',')
        return false;
    at += at < s.len;
    r->left.at += at;
    r->left.len -= at;
    return true;
}

static bool number_of(struct str s, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] < '0' || s.at[i] > '9' || *value > UINT64_MAX / 10 - 1)
            return false;
        *value = *value * 10 + (uint64_t)(s.at[i] - '0');
    }
    return s.len > 0;
}

static bool fail(const struct rows *r, const char *why, struct err *e)
{
    return source_fail("csv", r->path, (uint64_t)(r->left.at - r->begin), why, e);
}

static bool take_row(struct rows *r, struct build *b, thread_id t, struct err *e)
{
    struct str field[COLUMNS];
    uint64_t number[COLUMNS] = { 0 };
    bool last = false;

    for (int i = 0; i < COLUMNS; i++) {
        if (last || !take_field(r, &field[i], &last))
            return fail(r, "a row that has not its eight fields", e);
        bool figure = i == 1 || i >= 4;
        if (figure && !number_of(field[i], &number[i]))
            return fail(r, "a figure that is no whole number", e);
    }
    if (!last)
        return fail(r, "a row of more than eight fields", e);
    struct function f = {
        .file = field[0],
        .line = number[1] < UINT32_MAX ? (uint32_t)number[1] : 0,
        .name = field[2],
        .qualname = field[3],
        .kind = str_eq(field[0], STR("~")) ? FUNCTION_BUILTIN : FUNCTION_PYTHON,
        .merged = 1,
    };
    struct stat_row row = { number[4], number[5], 0, number[6], number[7] };
    build_given(b, t, build_function(b, &f), &row);
    return true;
}

static bool sniff(struct str head)
{
    return str_begins(head, str_of(header));
}

static bool read(const char *path, struct str name, struct build *b, struct err *e)
{
    struct rows r = { .path = path, .arena = arena_open() };
    bool ok = source_read(path, r.arena, &r.left, e);

    r.begin = r.left.at;
    if (ok && !sniff(r.left))
        ok = fail(&r, "not a table that sonde convert wrote", e);
    if (ok) {
        char unit = r.left.at[sizeof header - 1];

        str_take_line(&r.left);
        ok = source_unit(b,
                         unit == 'n'   ? UNIT_NS
                         : unit == 'b' ? UNIT_BYTES
                                       : UNIT_SAMPLES,
                         path, e);
    }
    if (ok) {
        thread_id t = source_thread(b, name, STR(""), 0);

        while (ok && r.left.len > 0)
            ok = take_row(&r, b, t, e);
        build_note(b, STR("A table tells functions alone: no callers, no paths."));
    }
    arena_close(r.arena);
    return ok;
}

static const char *const suffix[] = { ".csv", NULL };

const struct importer import_csv = {
    .name = "csv",
    .suffix = suffix,
    .help = "a row a function, as we write it",
    .sniff = sniff,
    .read = read,
};
