/* SPDX-License-Identifier: Apache-2.0 */
/* step_dump.c - for tests in Python: what a log of steps comes to, as JSON.
 * step_dump LOG [EMPTY]: less what the empty statement did. */
#include <stdio.h>

#include "base/json.h"
#include "why/split.h"

static void put_row(struct json *j, const struct split_row *r)
{
    json_object(j, NULL);
    json_str(j, "library", r->library);
    json_str(j, "function", r->function);
    json_str(j, "symbol", r->symbol);
    json_text(j, "part", split_part_name(r->part));
    json_bool(j, "borrowed", r->borrowed);
    json_i64(j, "self", r->self);
    json_i64(j, "inclusive", r->inclusive);
    json_i64(j, "calls", r->calls);
    json_end(j);
}

static void put_counts(struct json *j, const char *key, const struct split_count *c,
                       uint32_t count)
{
    json_object(j, key);
    for (uint32_t i = 0; i < count; i++) {
        char name[200];
        snprintf(name, sizeof name, "%.*s", (int)c[i].name.len, c[i].name.at);
        json_i64(j, name, c[i].count);
    }
    json_end(j);
}

static void put_lists(struct json *j, const struct split *s)
{
    json_array(j, "rows");
    for (uint32_t i = 0; i < s->rows; i++)
        put_row(j, &s->row[i]);
    json_end(j);
    json_array(j, "nodes");
    for (uint32_t i = 0; i < s->nodes; i++) {
        json_array(j, NULL);
        json_i64(j, NULL, s->node[i].parent);
        json_i64(j, NULL, i ? (int64_t)s->node[i].row : -1);
        json_i64(j, NULL, s->node[i].self);
        json_i64(j, NULL, s->node[i].inclusive);
        json_i64(j, NULL, s->node[i].calls);
        json_end(j);
    }
    json_end(j);
    json_array(j, "syscalls");
    for (uint32_t i = 0; i < s->syscalls; i++) {
        json_array(j, NULL);
        json_str(j, NULL, s->syscall[i].name);
        json_i64(j, NULL, s->syscall[i].count);
        json_i64(j, NULL, s->syscall[i].ns);
        json_end(j);
    }
    json_end(j);
    json_array(j, "functions");
    for (uint32_t i = 0; i < s->functions; i++) {
        json_array(j, NULL);
        json_str(j, NULL, s->called[i].name);
        json_str(j, NULL, s->called[i].file);
        json_i64(j, NULL, s->called[i].line);
        json_i64(j, NULL, s->called[i].calls);
        json_end(j);
    }
    json_end(j);
}

static void put_split(const struct split *s, struct out *o)
{
    static const char *const ends[] = { "whole", "partial", "refused" };
    struct json j = json_on(o);

    json_object(&j, NULL);
    json_text(&j, "end", ends[s->end]);
    json_str(&j, "why", s->why);
    json_i64(&j, "warm", s->warm);
    json_text(&j, "method", s->method == SPLIT_BLOCKS ? "blocks" : "single steps");
    json_bool(&j, "threads", s->threads);
    json_bool(&j, "jit", s->jit);
    json_bool(&j, "overwritten", s->overwritten);
    json_i64(&j, "total", s->total);
    json_i64(&j, "borrowed", s->borrowed);
    json_object(&j, "parts");
    for (int i = 0; i < SPLIT_PARTS; i++)
        json_i64(&j, split_part_name((enum split_part)i), s->part[i]);
    json_end(&j);
    json_array(&j, "loops");
    for (uint32_t i = 0; i < s->loops; i++)
        json_i64(&j, NULL, s->loop[i]);
    json_end(&j);
    json_i64(&j, "shown", s->shown);
    json_i64(&j, "allocations", s->allocations);
    json_i64(&j, "allocated_bytes", s->allocated_bytes);
    json_bool(&j, "objects_known", s->objects_known);
    put_counts(&j, "opcodes", s->opcode, s->opcodes);
    put_counts(&j, "objects", s->object, s->objects);
    put_lists(&j, s);
    json_end(&j);
}

int main(int argc, char **argv)
{
    struct arena *a = arena_open();
    struct err e = { 0 };
    struct split split = { 0 }, empty = { 0 };
    bool ok = argc > 1 && split_read(argv[1], &split, a, &e) &&
              (argc < 3 || split_read(argv[2], &empty, a, &e));

    if (ok) {
        struct out *o = out_stdout();
        if (argc > 2)
            split_subtract(&split, &empty, a);
        put_split(&split, o);
        ok = out_close(o, &e);
    }
    if (!ok)
        fprintf(stderr, "%s\n", argc > 1 ? e.text : "step_dump LOG [EMPTY]");
    arena_close(a);
    return ok ? 0 : 1;
}
