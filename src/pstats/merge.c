/* SPDX-License-Identifier: Apache-2.0 */
/* merge.c - Stats.add and Stats.strip_dirs, and pstats' picture of callees. */
#include "pstats/body.h"

/* By key of the other table: the key here, once it was asked for. */
struct translation {
    struct pstats_table *to;
    const struct pstats_table *from;
    uint32_t *key;
};

static pstats_key translate(const struct translation *tr, pstats_key key)
{
    if (tr->from == tr->to)
        return key;
    if (tr->key[key] == 0)
        tr->key[key] = table_key(tr->to, table_name(tr->from, key), false) + 1;
    return tr->key[key] - 1;
}

static bool add_function(const struct translation *tr, uint32_t i, struct err *e)
{
    struct pstats_table *t = tr->to;
    struct pstats_function from = *table_function(tr->from, i);
    pstats_key key = translate(tr, from.key);
    uint32_t here = table_function_of(t, key);

    if (here == PSTATS_NONE)
        here = table_put(t, key, (struct pstats_cost){ 0 });
    struct pstats_function *to = table_function_body(t, here);
    if (table_is_deferred(to))
        table_lay_out(t, here);
    if (!table_sum(&to->cost, &from.cost, e))
        return false;
    table_begin_list(t, to);
    uint32_t id = from.first;
    for (uint32_t left = from.callers; left > 0; left--) {
        const struct pstats_caller *c = table_caller(tr->from, id);

        id = c->next;
        if (!table_join(t, to, translate(tr, c->key), c->counted, c->cost, e))
            return false;
    }
    return true;
}

static bool of_one_clock(struct pstats_table *t, const struct pstats_table *other,
                         struct err *e)
{
    if (t->clock == PSTATS_CLOCK_UNKNOWN)
        t->clock = other->clock;
    if (other->clock == PSTATS_CLOCK_UNKNOWN || other->clock == t->clock)
        return true;
    return err_set(e, ERR_FORMAT,
                   "cannot sum profiles up: clocks: some tell wall time, some CPU time "
                   "(take them one by one)");
}

bool table_add(struct pstats_table *t, const struct pstats_table *other, struct err *e)
{
    if (!of_one_clock(t, other, e))
        return false;
    struct arena *scratch = arena_open();
    uint32_t files = table_files(other), functions = table_functions(other);
    struct translation tr = { t, other,
                              arena_array(scratch, table_keys(other), sizeof *tr.key) };
    bool ok = table_add_totals(t, other->totals, e);

    table_keep_callees(t);
    t->counted |= other->counted;
    t->timed |= other->timed;
    if (__builtin_add_overflow(t->largest_count, other->largest_count,
                               &t->largest_count))
        t->largest_count = UINT64_MAX;
    table_unsort(t);
    for (uint32_t i = 0; i < files; i++)
        table_put_file(t, table_file(other, i));
    for (uint32_t i = 0; ok && i < functions; i++)
        ok = add_function(&tr, i, e);
    arena_close(scratch);
    return ok;
}

struct stripping {
    struct pstats_table *table;
    struct pile old; /* functions */
    uint32_t *key;   /* by key: the stripped one + 1 */
};

static pstats_key strip(const struct stripping *s, pstats_key key)
{
    if (s->key[key] == 0) {
        struct pstats_name name = table_name(s->table, key);

        name.file = str_basename(name.file);
        s->key[key] = table_key(s->table, name, true) + 1;
    }
    return s->key[key] - 1;
}

/* Puts a function's callers under their stripped keys. Of those that become equal
 * the last one's figures stay, in the first one's place: pstats loses the others. */
static void strip_callers(const struct stripping *s, struct pstats_function *f)
{
    struct pstats_function stripped = {
        .key = f->key, .first = PSTATS_NONE, .last = PSTATS_NONE, .cost = f->cost
    };
    uint32_t last = PSTATS_NONE;

    table_begin_list(s->table, &stripped);
    for (uint32_t id = f->first; id != PSTATS_NONE;) {
        struct pstats_caller *c = table_caller_body(s->table, id);
        pstats_key key = strip(s, c->key);
        struct pstats_caller *there = table_in_list(s->table, key);
        uint32_t next = c->next;

        if (there) {
            there->counted = c->counted;
            there->cost = c->cost;
        } else {
            table_mark(s->table, key, id);
            c->key = key & 0x7fffffff;
            c->next = PSTATS_NONE;
            if (last == PSTATS_NONE)
                stripped.first = id;
            else
                table_caller_body(s->table, last)->next = id;
            last = id;
            stripped.callers++;
        }
        id = next;
    }
    stripped.last = last;
    *f = stripped;
}

static bool strip_function(const struct stripping *s, struct pstats_function f,
                           struct err *e)
{
    struct pstats_table *t = s->table;
    uint32_t *function = table_function_at(t, strip(s, f.key));

    strip_callers(s, &f);
    f.key = s->key[f.key] - 1;
    if (*function == PSTATS_NONE) {
        *function = t->functions.count;
        *(struct pstats_function *)pile_add(&t->functions) = f;
        return true;
    }
    struct pstats_function *to = table_function_body(t, *function);
    bool ok = table_sum(&to->cost, &f.cost, e);
    table_begin_list(t, to);
    for (uint32_t id = f.first; ok && id != PSTATS_NONE;) {
        const struct pstats_caller *c = table_caller(t, id);

        id = c->next;
        ok = table_join(t, to, c->key, c->counted, c->cost, e);
    }
    return ok;
}

bool table_strip_dirs(struct pstats_table *t, struct err *e)
{
    table_lay_out_all(t);
    struct arena *scratch = arena_open();
    struct stripping s = { t, t->functions,
                           arena_array(scratch, t->names.count, sizeof *s.key) };
    uint32_t functions = t->functions.count;
    bool ok = true;

    table_unsort(t);
    t->callees = NULL;
    for (uint32_t i = 0; i < functions; i++)
        *table_function_at(t, table_function_body(t, i)->key) = PSTATS_NONE;
    t->functions = pile_on(t->arena, sizeof(struct pstats_function));
    for (uint32_t i = 0; ok && i < functions; i++)
        ok = strip_function(&s, *(struct pstats_function *)pile_at(&s.old, i), e);
    arena_close(scratch);
    return ok;
}

/* Where each key's callees begin: as many as it is a caller of. */
static void count_callees(const struct pstats_table *t, struct callees *c)
{
    for (uint32_t i = 0; i < t->functions.count; i++)
        for (uint32_t id = table_function(t, i)->first; id != PSTATS_NONE;
             id = table_caller(t, id)->next)
            c->from[table_caller(t, id)->key + 1]++;
    for (uint32_t i = 0; i < c->keys; i++)
        c->from[i + 1] += c->from[i];
}

/* from[k] moves to the end of k's, which is where k + 1's begin: so one place
 * further it says again where they begin. */
static void fill_callees(const struct pstats_table *t, struct callees *c)
{
    for (uint32_t i = 0; i < t->functions.count; i++) {
        const struct pstats_function *f = table_function(t, i);

        for (uint32_t id = f->first; id != PSTATS_NONE; id = table_caller(t, id)->next)
            c->at[c->from[table_caller(t, id)->key]++] = (struct callee){ f->key, id };
    }
    for (uint32_t i = c->keys; i > 0; i--)
        c->from[i] = c->from[i - 1];
    c->from[0] = 0;
}

const struct callees *table_callees(struct pstats_table *t)
{
    if (t->callees || t->functions.count == 0)
        return t->callees;
    struct callees *c = arena_alloc(t->arena, sizeof *c);

    c->keys = table_keys(t); /* callers are laid out now */
    c->from = arena_array(t->arena, (size_t)c->keys + 1, sizeof *c->from);
    count_callees(t, c);
    c->at = arena_array(t->arena, c->from[c->keys], sizeof *c->at);
    fill_callees(t, c);
    t->callees = c;
    return c;
}

struct pstats_caller table_callee(const struct pstats_table *t, uint32_t i)
{
    const struct callees *c = t->callees;

    return c->kept ? c->kept[i] : *table_caller(t, c->at[i].caller);
}

void table_keep_callees(struct pstats_table *t)
{
    struct callees *c = t->callees;

    if (!c || c->kept)
        return;
    uint32_t count = c->from[c->keys];
    struct pstats_caller *kept = arena_array(t->arena, count, sizeof *kept);
    for (uint32_t i = 0; i < count; i++)
        kept[i] = table_callee(t, i);
    c->kept = kept;
}
