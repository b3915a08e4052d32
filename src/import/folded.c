/* SPDX-License-Identifier: Apache-2.0 */
/* folded.c - a line a stack, the count behind its last blank. */
#include <string.h>

#include "import/import.h"
#include "import/source.h"

enum { DEPTH_MOST = 100000 };

/* "a;b 12": a count at the end. py-spy writes " 2" of threads it could not see. */
static bool split(struct str line, struct str *stack, uint64_t *count)
{
    size_t at;

    while (line.len > 0 &&
           (line.at[line.len - 1] == '\r' || line.at[line.len - 1] == ' '))
        line.len--;
    *count = 0;
    uint64_t place = 1;
    for (at = line.len; at > 0 && line.at[at - 1] >= '0' && line.at[at - 1] <= '9';
         at--) {
        if (line.len - at >= 19)
            return false;
        *count += (uint64_t)(line.at[at - 1] - '0') * place;
        place *= 10;
    }
    if (at == line.len || at < 1 || line.at[at - 1] != ' ')
        return false;
    *stack = (struct str){ line.at, at - 1 };
    return true;
}

static bool sniff(struct str head)
{
    struct str line = STR(""), stack;
    uint64_t count;

    if (memchr(head.at, '\0', head.len) || !memchr(head.at, '\n', head.len))
        return false;
    if (!memchr(head.at, ';', head.len)) /* so has any list of counts */
        return false;
    while (head.len > 0 && (line.len == 0 || line.at[0] == '#'))
        line = str_take_line(&head);
    return split(line, &stack, &count) &&
           (stack.len == 0 || (stack.at[0] != '{' && stack.at[0] != '['));
}

static bool add_stack(struct build *b, thread_id t, struct str stack, uint64_t count)
{
    node_id n = build_thread_root(b, t);
    uint32_t depth = 0;

    if (stack.len == 0)
        stack = STR("<unknown>");
    while (stack.len > 0) {
        const char *end = memchr(stack.at, ';', stack.len);
        struct str frame = { stack.at, end ? (size_t)(end - stack.at) : stack.len };

        if (++depth > DEPTH_MOST)
            return false;
        n = build_child(b, n, source_function(b, frame));
        stack.at += frame.len + (end != NULL);
        stack.len -= frame.len + (end != NULL);
    }
    build_add(b, n, count, 0, count);
    return true;
}

static bool read_lines(struct str text, const char *path, thread_id t, struct build *b,
                       struct err *e)
{
    const char *begin = text.at;

    while (text.len > 0) {
        uint64_t count, at = (uint64_t)(text.at - begin);

        if (source_line_is_long(text))
            return source_fail("folded stacks", path, at, SOURCE_LINE_LONG, e);
        struct str line = str_take_line(&text), stack;

        if (line.len == 0 || line.at[0] == '#' || (line.len == 1 && line.at[0] == '\r'))
            continue;
        if (!split(line, &stack, &count))
            return source_fail("folded stacks", path, at,
                               "a line that is no stack with a count behind it", e);
        if (!add_stack(b, t, stack, count))
            return source_fail("folded stacks", path, at,
                               "a stack deeper than 100,000 frames", e);
    }
    return true;
}

static bool read(const char *path, struct str name, struct build *b, struct err *e)
{
    struct arena *a = arena_open();
    struct str text;
    bool ok = source_read(path, a, &text, e) && source_unit(b, UNIT_SAMPLES, path, e);

    if (ok) {
        ok = read_lines(text, path, source_thread(b, name, STR(""), 0), b, e);
        build_quality(b)->sampled = true;
        build_quality(b)->exact = false;
        build_note(b, STR("Folded stacks tell counts, not of what: they are taken for "
                          "samples."));
    }
    arena_close(a);
    return ok;
}

static const char *const suffix[] = { ".folded", ".collapsed", NULL };

const struct importer import_folded = {
    .name = "folded",
    .suffix = suffix,
    .help = "stacks: py-spy raw, flamegraph.pl",
    .sniff = sniff,
    .read = read,
};
