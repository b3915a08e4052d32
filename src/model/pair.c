/* SPDX-License-Identifier: Apache-2.0 */
/* pair.c - a ladder of looser and looser keys: on each step what is left is sorted by
 * the key, and what is equal is paired. Lines tell more than their order does: what is
 * paired already says by how many each part of a file has moved. */
#include "model/pair.h"

#include <stdlib.h>

#include "model/pair_files.h"

enum field {
    FIELD_FILE = 1 << 0, /* counted as one where it moved */
    FIELD_LINE = 1 << 1,
    FIELD_NAME = 1 << 2,
    FIELD_QUALNAME = 1 << 3, /* and class; what has none is left out */
    FIELD_CODE = 1 << 4,     /* its hash; what has none is left out */
    FIELD_IDENTITY = 1 << 5, /* all there is, known or not */
};

enum rule {
    IN_ORDER,     /* of lines: the first ones, where one side has more */
    EQUALLY_MANY, /* in order, or not at all */
    ALONE,        /* one on each side, or not at all */
    SHIFTED,      /* at the line that its neighbours moved to */
    BUILTINS,     /* in order, of functions that are not Python's */
};

static const struct step {
    unsigned fields;
    enum rule rule;
} ladder[] = {
    { FIELD_IDENTITY, IN_ORDER },
    { FIELD_FILE | FIELD_LINE | FIELD_NAME | FIELD_QUALNAME | FIELD_CODE, IN_ORDER },
    { FIELD_FILE | FIELD_NAME | FIELD_QUALNAME | FIELD_CODE, IN_ORDER }, /* moved */
    { FIELD_FILE | FIELD_NAME | FIELD_QUALNAME, IN_ORDER },              /* edited */
    { FIELD_FILE | FIELD_LINE | FIELD_NAME, ALONE }, /* one list knows less */
    { FIELD_FILE | FIELD_NAME, ALONE },
    { FIELD_FILE | FIELD_NAME, SHIFTED },
    { FIELD_FILE | FIELD_NAME, EQUALLY_MANY },
    { FIELD_QUALNAME, BUILTINS }, /* "... at 0x7f...": names that hold an address */
    { FIELD_NAME | FIELD_QUALNAME | FIELD_CODE, ALONE }, /* a file was renamed */
};

enum { STEPS = sizeof ladder / sizeof *ladder };

struct list {
    struct functions functions;
    const uint32_t *file;
    uint32_t *partner; /* FUNCTION_NONE: not paired yet */
};

struct pairing {
    struct list a, b;
    struct arena *arena; /* of what is needed meanwhile */
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static bool takes_part(const struct step *step, const struct function *f)
{
    bool known = !(step->fields & FIELD_CODE) || f->hash != 0;
    bool named = !(step->fields & FIELD_QUALNAME) || f->qualname.len > 0;

    return known && named && (step->rule != BUILTINS || f->kind != FUNCTION_PYTHON);
}

static uint64_t key_of(const struct step *step, const struct list *l, uint32_t i)
{
    const struct function *f = l->functions.at[i];
    unsigned fields = step->fields;
    uint64_t key = mix(1, f->kind);

    if (fields & FIELD_IDENTITY) {
        key = mix(mix(key, str_hash(f->file)), f->order);
        fields = FIELD_LINE | FIELD_NAME | FIELD_QUALNAME | FIELD_CODE;
    }
    if (fields & FIELD_FILE)
        key = mix(key, l->file[i]);
    if (fields & FIELD_LINE)
        key = mix(key, f->line);
    if (fields & FIELD_NAME)
        key = mix(key, str_hash(f->name));
    if (fields & FIELD_QUALNAME)
        key = mix(mix(key, str_hash(f->qualname)), str_hash(f->owner));
    if (fields & FIELD_CODE)
        key = mix(key, f->hash);
    return key;
}

/* Of two whose keys are equal: numbers that are may be so by chance. */
static bool same(const struct step *step, const struct pairing *p, uint32_t a,
                 uint32_t b)
{
    const struct function *f = p->a.functions.at[a], *g = p->b.functions.at[b];
    bool all = step->fields & FIELD_IDENTITY;
    bool file = !(step->fields & FIELD_FILE) || p->a.file[a] == p->b.file[b];
    bool name = !(all || step->fields & FIELD_NAME) || str_eq(f->name, g->name);
    bool qualname = !(all || step->fields & FIELD_QUALNAME) ||
                    (str_eq(f->qualname, g->qualname) && str_eq(f->owner, g->owner));

    return f->kind == g->kind && file && name && qualname &&
           (!all || str_eq(f->file, g->file));
}

struct item {
    uint64_t key;
    uint32_t line, order, place;
};

static int compare_items(const void *one, const void *other)
{
    const struct item *a = one, *b = other;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

static uint32_t gather(const struct step *step, const struct list *l, struct item *item)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < l->functions.count; i++) {
        const struct function *f = l->functions.at[i];

        if (l->partner[i] == FUNCTION_NONE && takes_part(step, f))
            item[count++] = (struct item){ key_of(step, l, i), f->line, f->order, i };
    }
    qsort(item, count, sizeof *item, compare_items);
    return count;
}

static uint32_t run_length(const struct item *item, uint32_t count)
{
    uint32_t length = 1;

    while (length < count && item[length].key == item[0].key)
        length++;
    return length;
}

static void pair(struct pairing *p, uint32_t a, uint32_t b)
{
    p->a.partner[a] = b;
    p->b.partner[b] = a;
}

static void pair_runs(struct pairing *p, const struct step *step, const struct item *a,
                      uint32_t run_a, const struct item *b, uint32_t run_b)
{
    uint32_t both = run_a < run_b ? run_a : run_b;

    if (step->rule == ALONE && (run_a != 1 || run_b != 1))
        return;
    if (step->rule == EQUALLY_MANY && run_a != run_b)
        return;
    for (uint32_t i = 0; i < both; i++)
        if (same(step, p, a[i].place, b[i].place))
            pair(p, a[i].place, b[i].place);
}

/* A function that is paired, in a file of which both sides have one. */
struct anchor {
    uint32_t file, line;
    int64_t shift;
};

static int compare_anchors(const void *one, const void *other)
{
    const struct anchor *a = one, *b = other;

    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->shift < b->shift ? -1 : a->shift > b->shift;
}

struct anchors {
    struct anchor *at;
    uint32_t count;
};

static struct anchors drop_anchors(const struct pairing *p)
{
    uint32_t count = p->a.functions.count;
    struct anchors n = { .at = arena_array(p->arena, count, sizeof *n.at) };

    for (uint32_t i = 0; i < count; i++) {
        uint32_t partner = p->a.partner[i];
        uint32_t line = p->a.functions.at[i]->line;

        if (partner != FUNCTION_NONE && p->a.file[i] == p->b.file[partner] && line > 0)
            n.at[n.count++] =
                (struct anchor){ p->a.file[i], line,
                                 (int64_t)p->b.functions.at[partner]->line -
                                     (int64_t)line };
    }
    qsort(n.at, n.count, sizeof *n.at, compare_anchors);
    return n;
}

/* The first anchor that does not lie before that line. */
static uint32_t anchor_from(const struct anchors *n, uint32_t file, uint32_t line)
{
    uint32_t low = 0, high = n->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct anchor *a = &n->at[middle];

        if (a->file < file || (a->file == file && a->line < line))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* In b, sorted by lines: the one at that line, FUNCTION_NONE: there is none, or it
 * is not alone there. */
static uint32_t at_line(const struct item *b, uint32_t run_b, int64_t line)
{
    uint32_t low = 0, high = run_b;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if ((int64_t)b[middle].line < line)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == run_b || (int64_t)b[low].line != line)
        return FUNCTION_NONE;
    if (low + 1 < run_b && b[low + 1].line == b[low].line)
        return FUNCTION_NONE;
    return b[low].place;
}

static void pair_shifted(struct pairing *p, const struct step *step,
                         const struct anchors *n, const struct item *a, uint32_t run_a,
                         const struct item *b, uint32_t run_b)
{
    for (uint32_t i = 0; i < run_a; i++) {
        uint32_t place = a[i].place, file = p->a.file[place];
        uint32_t next = anchor_from(n, file, a[i].line);

        for (uint32_t k = next > 0 ? next - 1 : 0; k <= next && k < n->count; k++) {
            if (n->at[k].file != file || p->a.partner[place] != FUNCTION_NONE)
                continue;
            uint32_t to = at_line(b, run_b, (int64_t)a[i].line + n->at[k].shift);
            if (to != FUNCTION_NONE && p->b.partner[to] == FUNCTION_NONE &&
                same(step, p, place, to))
                pair(p, place, to);
        }
    }
}

static void climb(struct pairing *p, const struct step *step, struct item *a,
                  struct item *b)
{
    uint32_t left_a = gather(step, &p->a, a), left_b = gather(step, &p->b, b);
    struct anchors anchors = { 0 };

    if (step->rule == SHIFTED)
        anchors = drop_anchors(p);

    while (left_a > 0 && left_b > 0) {
        uint32_t run_a = a->key <= b->key ? run_length(a, left_a) : 0;
        uint32_t run_b = b->key <= a->key ? run_length(b, left_b) : 0;

        if (step->rule == SHIFTED)
            pair_shifted(p, step, &anchors, a, run_a, b, run_b);
        else
            pair_runs(p, step, a, run_a, b, run_b);
        a += run_a;
        b += run_b;
        left_a -= run_a;
        left_b -= run_b;
    }
}

static struct list list_of(struct functions functions, const uint32_t *file,
                           struct arena *arena)
{
    struct list l = { functions, file,
                      arena_array(arena, functions.count, sizeof *l.partner) };

    for (uint32_t i = 0; i < functions.count; i++)
        l.partner[i] = FUNCTION_NONE;
    return l;
}

uint32_t *pair_functions(struct functions a, struct functions b, struct arena *arena)
{
    struct arena *scratch = arena_open();
    struct file_ids files = pair_files(a, b, scratch);
    struct pairing p = {
        .a = list_of(a, files.a, arena),
        .b = list_of(b, files.b, scratch),
        .arena = scratch,
    };
    struct item *item_a = arena_array(scratch, a.count, sizeof *item_a);
    struct item *item_b = arena_array(scratch, b.count, sizeof *item_b);

    for (int i = 0; i < STEPS; i++)
        climb(&p, &ladder[i], item_a, item_b);
    arena_close(scratch);
    return p.a.partner;
}
