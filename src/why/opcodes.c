/* SPDX-License-Identifier: Apache-2.0 */
/* opcodes.c - the interpreter's table of 256 addresses. 3.15 has a second one before
 * it, for tracing, in which nearly all entries are one address. */
#include <stdlib.h>

#include "why/opcodes.h"

enum { LOOPS = 8 };

static int by_address(const void *left, const void *right)
{
    const struct opcode_target *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return (a->opcode > b->opcode) - (a->opcode < b->opcode);
}

static uint32_t distinct(const uint64_t *table)
{
    uint64_t sorted[OPCODES];
    uint32_t found = 0;

    for (int i = 0; i < OPCODES; i++) {
        uint32_t at = found;
        while (at > 0 && sorted[at - 1] > table[i])
            at--;
        if (at > 0 && sorted[at - 1] == table[i])
            continue;
        for (uint32_t k = found++; k > at; k--)
            sorted[k] = sorted[k - 1];
        sorted[at] = table[i];
    }
    return found;
}

/* Unused codes share a target with each other and with none that has a name. */
static void take_table(struct opcodes *o, const uint64_t *table, uint64_t bias)
{
    struct opcode_target all[OPCODES];
    uint32_t used = 0;

    for (uint32_t i = 0; i < OPCODES; i++)
        if (o->name[i].len > 0)
            all[used++] = (struct opcode_target){ table[i] + bias, i };
    qsort(all, used, sizeof *all, by_address);
    for (uint32_t i = 0; i < used; i++)
        if (o->targets == 0 || o->target[o->targets - 1].address != all[i].address)
            o->target[o->targets++] = all[i];
}

/* The loop's own function and what was moved out of it. */
static uint32_t find_loop(struct code *c, const struct object *object, uint64_t bias,
                          const struct object_function *found[LOOPS])
{
    const struct object_function *f = object_find(object, c->evaluator - bias);

    return f ? object_named(object, f->name, found, LOOPS) : 0;
}

void opcodes_open(struct opcodes *o, struct code *c, const struct steps *s)
{
    const struct object_function *loop[LOOPS];
    struct code_place *place = code_at(c, c->evaluator);
    struct str rest = steps_section(s, s->head.opcodes), name;
    const uint64_t *table;
    struct log_count record;
    uint32_t count, parts;

    *o = (struct opcodes){ 0 };
    while (steps_count(&rest, &record, &name))
        if (record.number < OPCODES)
            o->name[record.number] = name;
    if (!place->image || !place->image->object)
        return;
    parts = find_loop(c, place->image->object, place->image->bias, loop);
    count = object_table(place->image->object, loop, parts, &table);
    if (count < OPCODES)
        return;
    if (count >= 2 * OPCODES && distinct(table + OPCODES) > distinct(table))
        table += OPCODES;
    take_table(o, table, place->image->bias);
}

uint32_t opcodes_at(const struct opcodes *o, uint64_t address)
{
    struct opcode_target key = { address, 0 };
    uint32_t low = 0, high = o->targets;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (o->target[middle].address < key.address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < o->targets && o->target[low].address == address)
        return o->target[low].opcode;
    return OPCODE_NONE;
}

static int by_count(const void *left, const void *right)
{
    const struct split_count *a = left, *b = right;

    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return str_cmp(a->name, b->name);
}

void opcodes_close(const struct opcodes *o, struct split *out, struct arena *a)
{
    out->opcode = arena_array(a, OPCODES, sizeof *out->opcode);
    for (uint32_t i = 0; i < OPCODES; i++)
        if (o->count[i] != 0)
            out->opcode[out->opcodes++] =
                (struct split_count){ o->name[i], o->count[i] };
    qsort(out->opcode, out->opcodes, sizeof *out->opcode, by_count);
}
