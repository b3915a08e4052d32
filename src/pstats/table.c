/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - keys found by a seeded hash, callers as lists through one pile. */
#include "pstats/table.h"

#include <string.h>

#include "base/clock.h"
#include "pstats/body.h"

_Static_assert(MAP_NONE == PSTATS_NONE, "what is not found is none");

/* Names in a file may have been made by an enemy: from one run to the next other
 * ones collide. Ids are given in order of appearance, so nothing else depends on it. */
static uint64_t seed_of(const struct pstats_table *t)
{
    return clock_monotonic_ns() * 0x9e3779b97f4a7c15u ^ (uint64_t)(uintptr_t)t;
}

struct pstats_table *table_open(void)
{
    struct arena *a = arena_open();
    struct pstats_table *t = arena_alloc(a, sizeof *t);

    t->arena = a;
    t->names = pile_on(a, sizeof(struct pstats_name));
    t->function_of = pile_on(a, sizeof(uint32_t));
    t->marks = pile_on(a, sizeof(struct mark));
    t->functions = pile_on(a, sizeof(struct pstats_function));
    t->callers = pile_on(a, sizeof(struct pstats_caller));
    t->files = pile_on(a, sizeof(struct str));
    t->deferred = pile_on(a, sizeof(struct deferred));
    t->readers = pile_on(a, sizeof(struct reader *));
    t->index = map_on(a);
    t->seed = seed_of(t);
    return t;
}

void table_close(struct pstats_table *t)
{
    if (t)
        arena_close(t->arena);
}

struct arena *table_arena(struct pstats_table *t)
{
    return t->arena;
}

uint32_t table_functions(const struct pstats_table *t)
{
    return t->functions.count;
}

struct pstats_function *table_function_body(const struct pstats_table *t, uint32_t i)
{
    return pile_at(&t->functions, i);
}

/* Whether callers are laid out already is nothing that can be seen from outside. */
static struct pstats_table *own(const struct pstats_table *t)
{
    return (struct pstats_table *)(uintptr_t)t;
}

const struct pstats_function *table_function(const struct pstats_table *t, uint32_t i)
{
    struct pstats_function *f = table_function_body(t, i);

    if (table_is_deferred(f))
        table_lay_out(own(t), i);
    return f;
}

const struct pstats_function *table_row(const struct pstats_table *t, uint32_t i)
{
    return table_function_body(t, i);
}

struct pstats_caller *table_caller_body(const struct pstats_table *t, uint32_t id)
{
    return pile_at(&t->callers, id);
}

const struct pstats_caller *table_caller(const struct pstats_table *t, uint32_t id)
{
    return table_caller_body(t, id);
}

uint32_t table_keys(const struct pstats_table *t)
{
    table_lay_out_all(own(t));
    return t->names.count;
}

const struct pstats_name *table_name_at(const struct pstats_table *t, pstats_key key)
{
    return pile_at(&t->names, key);
}

uint32_t *table_function_at(const struct pstats_table *t, pstats_key key)
{
    return pile_at(&t->function_of, key);
}

struct pstats_name table_name(const struct pstats_table *t, pstats_key key)
{
    return *table_name_at(t, key);
}

void table_fetch_name(const struct pstats_table *t, uint32_t i)
{
    __builtin_prefetch(table_name_at(t, table_function_body(t, i)->key));
}

uint32_t table_function_of(const struct pstats_table *t, pstats_key key)
{
    return *table_function_at(t, key);
}

struct pstats_totals table_totals(const struct pstats_table *t)
{
    return t->totals;
}

bool table_sampled(const struct pstats_table *t)
{
    return t->sampled;
}

bool table_timed(const struct pstats_table *t)
{
    return t->timed;
}

bool table_counted(const struct pstats_table *t)
{
    return t->counted;
}

void table_set_clock(struct pstats_table *t, enum pstats_clock clock)
{
    t->clock = clock;
}

void table_set_sampled(struct pstats_table *t)
{
    t->sampled = true;
}

uint32_t table_files(const struct pstats_table *t)
{
    return t->files.count;
}

struct str table_file(const struct pstats_table *t, uint32_t i)
{
    return *(const struct str *)pile_at(&t->files, i);
}

void table_put_file(struct pstats_table *t, struct str line)
{
    *(struct str *)pile_add(&t->files) = arena_str(t->arena, line);
}

struct wanted {
    const struct pstats_table *table;
    struct pstats_name name;
};

static bool is_wanted(const void *with, uint32_t id)
{
    const struct wanted *w = with;
    const struct pstats_name *n = table_name_at(w->table, id);

    return n->line == w->name.line && str_eq(n->name, w->name.name) &&
           str_eq(n->file, w->name.file);
}

uint64_t table_hash(const struct pstats_table *t, struct pstats_name name)
{
    struct str line = { (const char *)&name.line, sizeof name.line };
    uint64_t hash = str_hash_seeded(name.file, str_hash_seeded(name.name, t->seed));

    return str_hash_seeded(line, hash);
}

pstats_key table_find_key(const struct pstats_table *t, struct pstats_name name)
{
    table_lay_out_all(own(t));
    return table_look_up(t, name);
}

pstats_key table_look_up(const struct pstats_table *t, struct pstats_name name)
{
    struct wanted wanted = { t, name };

    return map_find(&t->index, table_hash(t, name), is_wanted, &wanted);
}

pstats_key table_key_hashed(struct pstats_table *t, struct pstats_name name,
                            uint64_t hash)
{
    struct wanted wanted = { t, name };
    uint32_t found = map_find(&t->index, hash, is_wanted, &wanted);

    if (found != MAP_NONE)
        return found;
    map_add(&t->index, hash, t->names.count);
    *(struct pstats_name *)pile_add(&t->names) = name;
    *(uint32_t *)pile_add(&t->function_of) = PSTATS_NONE;
    pile_add(&t->marks);
    return t->names.count - 1;
}

pstats_key table_key(struct pstats_table *t, struct pstats_name name, bool borrowed)
{
    uint64_t hash = table_hash(t, name);
    pstats_key key = table_key_hashed(t, name, hash);

    if (!borrowed && key == t->names.count - 1) {
        struct pstats_name *own = pile_at(&t->names, key);

        if (own->file.at == name.file.at)
            own->file = arena_str(t->arena, name.file);
        if (own->name.at == name.name.at)
            own->name = arena_str(t->arena, name.name);
    }
    return key;
}

void table_unsort(struct pstats_table *t)
{
    t->sorted = false;
}

void table_mark(struct pstats_table *t, pstats_key key, uint32_t caller)
{
    struct list *l = &t->list;

    if (l->count < LIST_SHORT) {
        l->key[l->count] = key;
        l->caller[l->count] = caller;
    } else {
        *(struct mark *)pile_at(&t->marks, key) = (struct mark){ l->number, caller };
    }
    l->count++;
}

void table_begin_list(struct pstats_table *t, const struct pstats_function *f)
{
    t->list.number++;
    t->list.count = 0;
    for (uint32_t id = f->first; id != PSTATS_NONE;) {
        const struct pstats_caller *c = table_caller_body(t, id);

        table_mark(t, c->key, id);
        id = c->next;
    }
}

struct pstats_caller *table_in_list(const struct pstats_table *t, pstats_key key)
{
    const struct list *l = &t->list;
    uint32_t first = l->count < LIST_SHORT ? l->count : LIST_SHORT;

    for (uint32_t i = 0; i < first; i++)
        if (l->key[i] == key)
            return table_caller_body(t, l->caller[i]);
    if (l->count <= LIST_SHORT)
        return NULL;
    const struct mark *m = pile_at(&t->marks, key);
    return m->list == l->number ? table_caller_body(t, m->caller) : NULL;
}

struct pstats_caller *table_append(struct pstats_table *t, struct pstats_function *f,
                                   pstats_key key)
{
    uint32_t id = t->callers.count;
    struct pstats_caller *c = pile_add(&t->callers);

    *c = (struct pstats_caller){ .key = key & 0x7fffffff, .next = PSTATS_NONE };
    if (f->callers++ == 0)
        f->first = id;
    else
        table_caller_body(t, f->last)->next = id;
    f->last = id;
    table_mark(t, key, id);
    return c;
}

bool table_sum(struct pstats_cost *to, const struct pstats_cost *more, struct err *e)
{
    to->tt += more->tt;
    to->ct += more->ct;
    if (__builtin_add_overflow(to->cc, more->cc, &to->cc) ||
        __builtin_add_overflow(to->nc, more->nc, &to->nc))
        return err_set(e, ERR_FORMAT,
                       "cannot sum profiles up: counts of calls: more than 2^63");
    return true;
}

static bool unlike(const struct pstats_table *t, pstats_key key, struct err *e)
{
    struct pstats_name n = table_name(t, key);

    return err_set(e, ERR_FORMAT,
                   "cannot sum profiles up: %.*s:%lld(%.*s): as a caller it has times "
                   "in one and none in the other (one is of cProfile, one of profile)",
                   (int)(n.file.len < 300 ? n.file.len : 300), n.file.at,
                   (long long)n.line, (int)(n.name.len < 200 ? n.name.len : 200),
                   n.name.at);
}

bool table_join(struct pstats_table *t, struct pstats_function *f, pstats_key key,
                bool counted, struct pstats_cost cost, struct err *e)
{
    struct pstats_caller *c = table_in_list(t, key);

    if (c && c->counted != counted)
        return unlike(t, key, e);
    if (c)
        return table_sum(&c->cost, &cost, e);
    c = table_append(t, f, key);
    c->counted = counted;
    c->cost = cost;
    return true;
}

void table_begin_adding(struct pstats_table *t)
{
    table_keep_callees(t);
    t->adding = true;
    t->added = (struct pstats_cost){ 0 };
    t->fault = (struct err){ 0 };
}

uint32_t table_put(struct pstats_table *t, pstats_key key, struct pstats_cost cost)
{
    uint32_t *function = table_function_at(t, key);
    bool there = *function != PSTATS_NONE;
    struct pstats_function *f =
        there ? table_function_body(t, *function) : pile_add(&t->functions);

    table_unsort(t);
    if (!there)
        *function = t->functions.count - 1;
    if (t->adding)
        table_sum(&t->added, &cost, &t->fault);
    if (!t->adding || !there)
        *f = (struct pstats_function){ .key = key,
                                       .first = PSTATS_NONE,
                                       .last = PSTATS_NONE };
    if (t->adding)
        table_sum(&f->cost, &cost, &t->fault); /* 0 + -0.0 is 0.0 */
    else
        f->cost = cost;
    if (!table_is_deferred(f))
        table_begin_list(t, f);
    t->put = *function;
    return *function;
}

/* What may not meet figures that are laid out later, see marshal.c. */
static void note_kind(struct pstats_table *t, bool counted,
                      const struct pstats_cost *cost)
{
    uint64_t nc = cost->nc < 0 ? -(uint64_t)cost->nc : (uint64_t)cost->nc;
    uint64_t cc = cost->cc < 0 ? -(uint64_t)cost->cc : (uint64_t)cost->cc;
    uint64_t larger = nc > cc ? nc : cc;

    t->counted |= counted;
    t->timed |= !counted;
    if (larger > t->largest_count)
        t->largest_count = larger;
}

void table_put_caller(struct pstats_table *t, pstats_key caller, bool counted,
                      struct pstats_cost cost)
{
    struct pstats_function *f = table_function_body(t, t->put);
    struct pstats_caller *c;

    note_kind(t, counted, &cost);
    if (t->adding) {
        table_join(t, f, caller, counted, cost, &t->fault);
        return;
    }
    c = table_in_list(t, caller);
    if (!c)
        c = table_append(t, f, caller);
    c->counted = counted;
    c->cost = cost;
}

bool table_add_totals(struct pstats_table *t, struct pstats_totals more, struct err *e)
{
    struct pstats_cost sum = { t->totals.cc, t->totals.nc, t->totals.tt, 0 };

    if (!table_sum(&sum, &(struct pstats_cost){ more.cc, more.nc, more.tt, 0 }, e))
        return false;
    t->totals = (struct pstats_totals){ sum.cc, sum.nc, sum.tt };
    return true;
}

static bool settle_added(struct pstats_table *t, struct err *e)
{
    struct pstats_totals more = { t->added.cc, t->added.nc, t->added.tt };

    t->adding = false;
    if (t->fault.code != ERR_NONE)
        return err_set(e, t->fault.code, "%s", t->fault.text);
    return table_add_totals(t, more, e);
}

bool table_settle(struct pstats_table *t, struct err *e)
{
    struct pstats_cost sum = { 0 };

    if (t->adding)
        return settle_added(t, e);
    for (uint32_t i = 0; i < t->functions.count; i++)
        if (!table_sum(&sum, &table_function_body(t, i)->cost, e))
            return false;
    t->totals = (struct pstats_totals){ sum.cc, sum.nc, sum.tt };
    return true;
}
