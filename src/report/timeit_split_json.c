/* SPDX-License-Identifier: Apache-2.0 */
/* timeit_split_json.c - the split's keys of sonde.timeit/1. */
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "report/timeit_json.h"

static void write_instructions(struct json *j, const struct explained *x)
{
    if (!x->split) {
        json_null(j, "instructions");
        return;
    }
    json_object(j, "instructions");
    json_i64(j, "total", x->split->total);
    for (enum split_part p = 0; p < SPLIT_PARTS; p++)
        json_i64(j, split_part_name(p), x->split->part[p]);
    json_i64(j, "borrowed", x->split->borrowed);
    json_i64(j, "other_threads", x->split->threads);
    json_array(j, "loops");
    for (uint32_t i = 0; i < x->split->loops; i++)
        json_i64(j, NULL, x->split->loop[i]);
    json_end(j);
    json_end(j);
}

/* Estimates, all of them. */
static void write_time(struct json *j, const struct explained *x)
{
    if (!x->split) {
        json_null(j, "time");
        return;
    }
    const double *ns = x->part_ns;
    json_object(j, "time");
    json_double(j, "python_ns", ns[SPLIT_BYTECODE] + ns[SPLIT_CALLS]);
    json_double(j, "native_ns",
                ns[SPLIT_NATIVE] + ns[SPLIT_ALLOCATION] + ns[SPLIT_GC] +
                    ns[SPLIT_VDSO] + ns[SPLIT_UNEXPLAINED]);
    json_double(j, "kernel_ns", ns[SPLIT_KERNEL_ENTRY]);
    json_double(j, "waiting_ns", x->waiting_ns);
    json_bool(j, "kernel_measured", x->kernel_measured);
    json_object(j, "parts");
    for (enum split_part p = 0; p < SPLIT_PARTS; p++)
        json_double(j, split_part_name(p), ns[p]);
    json_end(j);
    json_end(j);
}

static void write_counts(struct json *j, const char *key, const struct split_count *c,
                         uint32_t counts)
{
    json_array(j, key);
    for (uint32_t i = 0; i < counts; i++) {
        json_object(j, NULL);
        json_str(j, "name", c[i].name);
        json_i64(j, "count", c[i].count);
        json_end(j);
    }
    json_end(j);
}

static void write_syscalls(struct json *j, const struct split *s)
{
    json_array(j, "syscalls");
    for (uint32_t i = 0; i < s->syscalls; i++) {
        json_object(j, NULL);
        json_str(j, "name", s->syscall[i].name);
        json_i64(j, "count", s->syscall[i].count);
        json_i64(j, "stepped_ns", s->syscall[i].ns);
        json_end(j);
    }
    json_end(j);
}

static void write_native(struct json *j, const struct split *s)
{
    json_array(j, "native");
    for (uint32_t i = 0; i < s->rows; i++) {
        const struct split_row *r = &s->row[i];

        json_object(j, NULL);
        json_str(j, "object", r->library);
        json_str(j, "symbol", r->function);
        if (r->symbol.len > 0)
            json_str(j, "exported", r->symbol);
        else
            json_null(j, "exported");
        json_str(j, "path", r->path);
        json_text(j, "part", split_part_name(r->part));
        json_bool(j, "borrowed", r->borrowed);
        json_i64(j, "self", r->self);
        json_i64(j, "inclusive", r->inclusive);
        json_i64(j, "calls", r->calls);
        json_end(j);
    }
    json_end(j);
}

/* By row: "native" holds what each node is. */
static void write_tree(struct json *j, const struct split *s)
{
    json_array(j, "tree");
    for (uint32_t i = 1; i < s->nodes; i++) {
        const struct split_node *n = &s->node[i];

        json_object(j, NULL);
        json_u64(j, "id", i);
        json_u64(j, "parent", n->parent);
        json_u64(j, "native", n->row);
        json_i64(j, "self", n->self);
        json_i64(j, "inclusive", n->inclusive);
        json_i64(j, "calls", n->calls);
        json_end(j);
    }
    json_end(j);
}

static void write_functions(struct json *j, const struct split *s)
{
    json_array(j, "functions");
    for (uint32_t i = 0; i < s->functions; i++) {
        json_object(j, NULL);
        json_str(j, "name", s->called[i].name);
        json_str(j, "file", s->called[i].file);
        json_u64(j, "line", s->called[i].line);
        json_i64(j, "calls", s->called[i].calls);
        json_end(j);
    }
    json_end(j);
}

static void write_lists(struct json *j, const struct split *s)
{
    write_syscalls(j, s);
    json_object(j, "allocations");
    json_i64(j, "count", s->allocations);
    json_i64(j, "bytes", s->allocated_bytes);
    json_end(j);
    if (s->objects_known)
        write_counts(j, "objects", s->object, s->objects);
    else
        json_null(j, "objects");
    write_counts(j, "opcodes", s->opcode, s->opcodes);
    write_functions(j, s);
    write_native(j, s);
    write_tree(j, s);
}

static const char *method_of(const struct split *s)
{
    return s->method == SPLIT_SINGLE_STEPS ? "stepped singly" : "stepped";
}

void timeit_split_json(struct json *j, const struct explained *x)
{
    static const char *const none[] = { "syscalls", "allocations", "objects",
                                        "opcodes",  "functions",   "native",
                                        "tree" };
    const struct split *s = x->split;

    json_text(j, "method", s ? method_of(s) : "none");
    if (x->refused.len > 0)
        json_str(j, "refused", x->refused);
    else
        json_null(j, "refused");
    write_instructions(j, x);
    write_time(j, x);
    if (s) {
        write_lists(j, s);
        json_u64(j, "warm_loops", s->warm);
        json_bool(j, "partial", s->end == SPLIT_PARTIAL);
        json_bool(j, "jit", s->jit);
        return;
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        json_null(j, none[i]);
}
