/* SPDX-License-Identifier: Apache-2.0 */
/* callgrind.c - callgrind.out: functions with what they cost by line, and calls with
 * what they cost with callees. Names are told once and have numbers then; positions are
 * relative to the one before. Of several events the first is read. */
#include <string.h>

#include "base/map.h"
#include "base/pile.h"
#include "import/import.h"
#include "import/source.h"

struct cost {
    struct str name, file;
    function_id function;               /* when all is read */
    uint32_t line;                      /* of the first cost, 0: none so far */
    uint64_t self, calls, into, out_of; /* inclusive: of calls into it and out of it */
    bool called;
};

struct call {
    uint32_t caller, callee; /* places in costs */
    uint64_t calls, cost;
};

/* A number to a name, as this part has it. */
struct named {
    uint64_t number;
    struct str name;
};

struct names {
    struct pile all; /* struct named */
    struct map ids;
};

struct grind {
    struct build *build;
    struct arena *arena;
    const char *path;
    const char *begin;
    struct str left; /* of the text */
    struct names files, functions, objects;
    struct pile costs; /* struct cost, in the order of first sight */
    struct map cost_ids;
    struct pile calls; /* struct call */
    struct map call_ids;
    struct str file, callee_file;     /* current */
    struct str now_name, callee_name; /* at NULL: none */
    uint32_t now, callee;             /* places in costs, once they have any */
    uint32_t positions, instr;        /* columns; 1: the first is an address */
    uint64_t at[2];                   /* the last position */
    bool call_next; /* the cost line that follows is of calls, calls_next of them */
    uint64_t calls_next;
    uint64_t told; /* what summary: says there is in all parts */
    bool has_events, more_events, parts;
    struct str event;
};

static bool fail(const struct grind *g, const char *why, struct err *e)
{
    return source_fail("callgrind", g->path, (uint64_t)(g->left.at - g->begin), why, e);
}

static void skip_blanks(struct str *s)
{
    while (s->len > 0 && (s->at[0] == ' ' || s->at[0] == '\t')) {
        s->at++;
        s->len--;
    }
}

/* Decimal, or hexadecimal behind 0x. */
static bool take_number(struct str *s, uint64_t *value)
{
    bool hex = str_skip(s, STR("0x"));
    size_t digits = 0;

    for (*value = 0; digits < s->len; digits++) {
        char c = s->at[digits];
        uint64_t digit = c >= '0' && c <= '9'          ? (uint64_t)(c - '0')
                         : hex && c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a' + 10)
                         : hex && c >= 'A' && c <= 'F' ? (uint64_t)(c - 'A' + 10)
                                                       : 16;
        if (digit == 16 || *value > (UINT64_MAX - digit) / (hex ? 16 : 10))
            break;
        *value = *value * (hex ? 16 : 10) + digit;
    }
    s->at += digits;
    s->len -= digits;
    return digits > 0;
}

static struct names names_on(struct arena *a)
{
    return (struct names){ pile_on(a, sizeof(struct named)), map_on(a) };
}

struct wanted {
    const struct pile *all;
    uint64_t number;
};

static bool is_number(const void *with, uint32_t id)
{
    const struct wanted *w = with;

    return ((const struct named *)pile_at(w->all, id))->number == w->number;
}

/* "(7) name" tells number 7, "(7)" means it; anything else is a name. */
static bool name_of(struct grind *g, struct names *names, struct str s,
                    struct str *name, struct err *e)
{
    struct str rest = s;
    uint64_t number;

    *name = s;
    if (!str_skip(&rest, STR("(")) || !take_number(&rest, &number) ||
        !str_skip(&rest, STR(")")))
        return true;
    skip_blanks(&rest);
    struct wanted w = { &names->all, number };
    uint32_t id = map_find(&names->ids, map_hash(number), is_number, &w);
    struct named *known = id == MAP_NONE ? NULL : pile_at(&names->all, id);
    if (rest.len == 0 && !known)
        return fail(g, "a number that no name was told for", e);
    if (rest.len > 0 && !known) {
        map_add(&names->ids, map_hash(number), names->all.count);
        known = pile_add(&names->all);
        known->number = number;
    }
    if (rest.len > 0)
        known->name = rest;
    *name = known->name;
    return true;
}

struct looked_for {
    const struct pile *costs;
    struct str name, file;
};

static bool same_function(const void *with, uint32_t id)
{
    const struct looked_for *w = with;
    const struct cost *c = pile_at(w->costs, id);

    return str_eq(c->name, w->name) && str_eq(c->file, w->file);
}

static uint32_t place_of(struct grind *g, struct str name, struct str file)
{
    struct looked_for w = { &g->costs, name, file };
    uint64_t hash = str_hash(name) * 31 + str_hash(file);
    uint32_t place = map_find(&g->cost_ids, hash, same_function, &w);

    if (place != MAP_NONE)
        return place;
    map_add(&g->cost_ids, hash, g->costs.count);
    *(struct cost *)pile_add(&g->costs) = (struct cost){ .name = name, .file = file };
    return g->costs.count - 1;
}

struct pair {
    const struct pile *calls;
    uint32_t caller, callee;
};

static bool same_call(const void *with, uint32_t id)
{
    const struct pair *p = with;
    const struct call *c = pile_at(p->calls, id);

    return c->caller == p->caller && c->callee == p->callee;
}

static void add_call(struct grind *g, uint64_t cost)
{
    struct pair p = { &g->calls, g->now, g->callee };
    uint64_t hash = map_hash((uint64_t)g->now << 32 | g->callee);
    uint32_t id = map_find(&g->call_ids, hash, same_call, &p);
    struct cost *caller = pile_at(&g->costs, g->now),
                *callee = pile_at(&g->costs, g->callee);

    if (id == MAP_NONE) {
        id = g->calls.count;
        map_add(&g->call_ids, hash, id);
        *(struct call *)pile_add(&g->calls) = (struct call){ g->now, g->callee, 0, 0 };
    }
    struct call *c = pile_at(&g->calls, id);
    c->calls = source_add(c->calls, g->calls_next);
    c->cost = source_add(c->cost, cost);
    callee->called = true;
    callee->calls = source_add(callee->calls, g->calls_next);
    if (g->now != g->callee) { /* what a function calls of itself is in it already */
        callee->into = source_add(callee->into, cost);
        caller->out_of = source_add(caller->out_of, cost);
    }
}

/* "+3", "-3", "*", or absolute. */
static bool take_position(struct str *s, uint64_t *at)
{
    uint64_t by = 0;

    skip_blanks(s);
    if (str_skip(s, STR("*")))
        return true;
    if (str_skip(s, STR("+"))) {
        bool ok = take_number(s, &by);
        *at += by;
        return ok;
    }
    if (str_skip(s, STR("-"))) {
        bool ok = take_number(s, &by);
        *at -= by;
        return ok;
    }
    return take_number(s, at);
}

static bool take_costs(struct grind *g, struct str s, struct err *e)
{
    uint64_t cost = 0;

    for (uint32_t i = 0; i < g->positions; i++)
        if (!take_position(&s, &g->at[i]))
            return fail(g, "a cost without its position", e);
    skip_blanks(&s);
    if (s.len > 0 &&
        (!take_number(&s, &cost) || (s.len > 0 && s.at[0] != ' ' && s.at[0] != '\t')))
        return fail(g, "a cost that is no whole number", e);
    if (!g->has_events)
        return fail(g, "a cost before events: says what it is", e);
    if (!g->now_name.at)
        return fail(g, "a cost of no function", e);
    g->now = place_of(g, g->now_name, g->file);
    struct cost *c = pile_at(&g->costs, g->now);
    uint64_t line = g->at[g->positions - 1];
    if (g->call_next) {
        if (!g->callee_name.at)
            return fail(g, "a call of no function", e);
        g->callee = place_of(g, g->callee_name, g->callee_file);
        add_call(g, cost);
        g->call_next = false;
        g->callee_file = g->file;
        g->callee_name = (struct str){ 0 };
        return true;
    }
    if (c->line == 0 || (line > 0 && line < c->line))
        c->line = line < UINT32_MAX ? (uint32_t)line : 0;
    c->self = source_add(c->self, cost);
    return true;
}

/* A new part has its own numbers. */
static void begin_part(struct grind *g)
{
    g->parts = g->parts || g->has_events;
    if (!g->has_events)
        return;
    g->has_events = false;
    g->files = names_on(g->arena);
    g->functions = names_on(g->arena);
    g->objects = names_on(g->arena);
    g->now_name = g->callee_name = (struct str){ 0 };
    g->file = g->callee_file = STR("");
}

static bool take_header(struct grind *g, struct str line)
{
    if (str_skip(&line, STR("positions:"))) {
        begin_part(g);
        g->positions = 0;
        g->instr = memmem(line.at, line.len, "instr", 5) != NULL;
        g->positions = g->instr + (memmem(line.at, line.len, "line", 4) != NULL);
        g->positions += g->positions == 0;
        return true;
    }
    if (str_skip(&line, STR("part:")) || str_skip(&line, STR("pid:")) ||
        str_skip(&line, STR("thread:"))) {
        begin_part(g);
        return true;
    }
    if (str_skip(&line, STR("events:"))) {
        begin_part(g);
        skip_blanks(&line);
        const char *blank = line.len > 0 ? memchr(line.at, ' ', line.len) : NULL;
        struct str event = { line.at, blank ? (size_t)(blank - line.at) : line.len };

        if (g->event.len == 0)
            g->event = event;
        g->more_events = g->more_events || (blank && blank + 1 < line.at + line.len);
        g->has_events = true;
        return true;
    }
    if (str_skip(&line, STR("summary:"))) {
        uint64_t told = 0;

        skip_blanks(&line);
        g->told = source_add(g->told, take_number(&line, &told) ? told : 0);
        return true;
    }
    const char *colon = line.len > 0 ? memchr(line.at, ':', line.len) : NULL;
    const char *equals = line.len > 0 ? memchr(line.at, '=', line.len) : NULL;
    return colon && (!equals || colon < equals);
}

/* Of which file a function is, is known when it costs something: some tell all names
 * first. */
static bool take_name(struct grind *g, struct str line, struct err *e)
{
    struct str name;

    if (str_skip(&line, STR("fn=")))
        return name_of(g, &g->functions, line, &g->now_name, e);
    if (str_skip(&line, STR("cfn=")))
        return name_of(g, &g->functions, line, &g->callee_name, e);
    if (str_skip(&line, STR("fl="))) {
        bool ok = name_of(g, &g->files, line, &g->file, e);
        g->callee_file = g->file;
        return ok;
    }
    if (str_skip(&line, STR("cfi=")) || str_skip(&line, STR("cfl=")))
        return name_of(g, &g->files, line, &g->callee_file, e);
    if (str_skip(&line, STR("fi=")) || str_skip(&line, STR("fe=")))
        return name_of(g, &g->files, line, &name, e);
    if (str_skip(&line, STR("ob=")) || str_skip(&line, STR("cob=")))
        return name_of(g, &g->objects, line, &name, e);
    if (str_skip(&line, STR("calls="))) {
        g->call_next = true;
        return take_number(&line, &g->calls_next) ||
               fail(g, "calls= without their number", e);
    }
    if (str_skip(&line, STR("jfi=")))
        return name_of(g, &g->files, line, &name, e);
    if (str_skip(&line, STR("jfn=")))
        return name_of(g, &g->functions, line, &name, e);
    if (str_skip(&line, STR("jump=")) || str_skip(&line, STR("jcnd=")) ||
        str_skip(&line, STR("rcalls=")))
        return true;
    return fail(g, "a line of no known kind", e);
}

static bool take_line(struct grind *g, struct str line, struct err *e)
{
    while (line.len > 0 &&
           (line.at[line.len - 1] == '\r' || line.at[line.len - 1] == ' '))
        line.len--;
    if (line.len == 0 || line.at[0] == '#')
        return true;
    if (line.at[0] <= '9')
        return take_costs(g, line, e);
    return take_header(g, line) || take_name(g, line, e);
}

static bool take_all(struct grind *g, struct err *e)
{
    while (g->left.len > 0) {
        struct str next = g->left;

        if (source_line_is_long(next))
            return fail(g, SOURCE_LINE_LONG, e);
        if (!take_line(g, str_take_line(&next), e))
            return false;
        g->left = next;
    }
    return g->costs.count > 0 || fail(g, "no cost in it", e);
}

static enum unit unit_of(struct str event)
{
    if (str_eq(event, STR("ns")))
        return UNIT_NS;
    return str_eq(event, STR("bytes")) ? UNIT_BYTES : UNIT_SAMPLES;
}

/* Our own writer's caller of what nobody called. */
static bool is_nobody(const struct cost *c)
{
    return c->self == 0 && str_eq(c->name, STR("(program)")) &&
           str_eq(c->file, STR("~"));
}

/* Functions get their lines only now: known is the first of their costs. */
static void finish(struct grind *g, struct str process)
{
    thread_id t = source_thread(g->build, process, STR(""), 0);
    uint64_t held = 0;

    for (uint32_t i = 0; i < g->costs.count; i++) {
        struct cost *c = pile_at(&g->costs, i);
        struct str file = str_eq(c->file, STR("???")) ? STR("") : c->file;
        uint64_t all =
            c->called && c->into > 0 ? c->into : source_add(c->self, c->out_of);
        struct stat_row row = { c->calls, c->calls, 0, c->self, all };

        held = source_add(held, c->self);
        if (is_nobody(c))
            continue;
        c->function = source_named(g->build, c->name, file, c->line);
        build_given(g->build, t, c->function, &row);
    }
    for (uint32_t i = 0; i < g->calls.count && !build_spares_edges(g->build); i++) {
        const struct call *c = pile_at(&g->calls, i);
        const struct cost *callee = pile_at(&g->costs, c->callee);

        if (is_nobody(pile_at(&g->costs, c->caller)))
            continue;
        /* Of its self time it is known how much a caller had only where all is. */
        struct edge e = {
            .caller = ((const struct cost *)pile_at(&g->costs, c->caller))->function,
            .callee = callee->function & INT32_MAX,
            .stat = { c->calls, c->calls, 0,
                      callee->calls == c->calls ? callee->self : 0, c->cost },
        };
        build_given_edge(g->build, &e);
    }
    if (held < g->told) {
        build_quality(g->build)->truncated = true;
        build_note(g->build,
                   arena_printf(g->arena,
                                "A callgrind file says that it holds %llu in all, and "
                                "holds %llu: it may be cut short.",
                                (unsigned long long)g->told, (unsigned long long)held));
    }
    if (g->more_events)
        build_note(g->build, arena_printf(g->arena,
                                          "Of the events of a callgrind file the "
                                          "first is shown: %.*s.",
                                          (int)g->event.len, g->event.at));
}

static bool sniff(struct str head)
{
    if (str_begins(head, STR("# callgrind format")))
        return true;
    if (memchr(head.at, '\0', head.len))
        return false;
    for (size_t i = 0; i + 8 < head.len; i++)
        if ((i == 0 || head.at[i - 1] == '\n') &&
            (memcmp(head.at + i, "events:", 7) == 0 ||
             memcmp(head.at + i, "creator:", 8) == 0))
            return true;
    return false;
}

static bool read(const char *path, struct str name, struct build *b, struct err *e)
{
    struct arena *a = arena_open();
    struct grind g = { .build = b,
                       .arena = a,
                       .path = path,
                       .positions = 1,
                       .files = names_on(a),
                       .functions = names_on(a),
                       .objects = names_on(a),
                       .costs = pile_on(a, sizeof(struct cost)),
                       .cost_ids = map_on(a),
                       .calls = pile_on(a, sizeof(struct call)),
                       .call_ids = map_on(a) };
    bool ok = source_read(path, a, &g.left, e);

    g.begin = g.left.at;
    ok = ok && take_all(&g, e) && source_unit(b, unit_of(g.event), path, e);
    if (ok)
        finish(&g, name);
    arena_close(a);
    return ok;
}

static const char *const suffix[] = { ".callgrind", "callgrind.out*", NULL };

const struct importer import_callgrind = {
    .name = "callgrind",
    .suffix = suffix,
    .help = "valgrind, yappi; for KCacheGrind",
    .sniff = sniff,
    .read = read,
};
