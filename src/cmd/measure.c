/* SPDX-License-Identifier: Apache-2.0 */
/* measure.c - sonde/selftest/probe_cost.py runs the loops. For each round: B the
 * loop's bare time, L its own time when watched, C that of what it calls, all by
 * call. What L and C have more than B is the probe's; that C of an empty function
 * is nearly all of it tells the two apart. Medians of the rounds are taken. */
#include "cmd/measure.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/trial.h"
#include "model/from_tape.h"
#include "model/stats.h"
#include "run/capture.h"

enum {
    ROUNDS = 80,
    ROUNDS_LEAST = 3,
    TURNS = 2000,
    ANSWER = 1 << 16,
    SECONDS_MAX = 20
};

enum kind {
    NONE,
    EMPTY,
    SHORT,
    LONG,
    FIB,
    FUNCTION,
    METHOD,
    TYPE,
    RESUME,
    FROM_C,
    INLINE, /* these in measure_truth alone */
    ONE,
    DEEP,
    KINDS
};

static const char *const names[KINDS] = { "none",   "empty",    "short",  "long",
                                          "fib",    "function", "method", "type",
                                          "resume", "from_c",   "inline", "one",
                                          "deep" };

struct loop { /* ns by call */
    double bare, loop, callee;
    bool calm; /* nothing disturbed it */
};

struct rounds {
    struct loop at[ROUNDS][KINDS];
    double calls[KINDS];
    double slow;
};

static int kind_named(struct str name)
{
    for (int i = 0; i < KINDS; i++)
        if (str_eq(name, str_of(names[i])))
            return i;
    return -1;
}

static void read_bare(struct rounds *r, const char *text)
{
    char word[2][16];
    double value;
    int used;

    for (int i = 0; i < KINDS; i++)
        r->calls[i] = TURNS;
    for (; sscanf(text, " %15s %15s %lf%n", word[0], word[1], &value, &used) == 3;
         text += used) {
        int kind = kind_named(str_of(word[1]));
        long round = strtol(word[0], NULL, 10);

        if (kind < 0 || round < 0 || round >= ROUNDS || value < 0)
            continue;
        if (strcmp(word[0], "calls") == 0)
            r->calls[kind] = value;
        else
            r->at[round][kind] =
                (struct loop){ .bare = value / r->calls[kind], .calm = true };
    }
}

/* "loop_KIND_pROUND" */
static struct loop *loop_named(struct rounds *r, struct str name)
{
    char text[32];
    char *suffix;

    if (name.len >= sizeof text || !str_begins(name, STR("loop_")))
        return NULL;
    memcpy(text, name.at, name.len);
    text[name.len] = '\0';
    if (!(suffix = strstr(text, "_p")))
        return NULL;
    *suffix = '\0';
    int kind = kind_named(str_of(text + 5));
    long round = strtol(suffix + 2, NULL, 10);
    return kind < 0 || round < 0 || round >= ROUNDS ? NULL : &r->at[round][kind];
}

static void read_watched(struct rounds *r, const struct profile *p)
{
    struct stats *s = stats_open(p);

    for (node_id n = NODE_ROOT + 1; n < profile_nodes(p); n++) {
        const struct node *node = profile_node(p, n);
        struct loop *loop =
            node->function == FUNCTION_NONE
                ? NULL
                : loop_named(r, profile_function(p, node->function)->name);

        if (!loop)
            continue;
        double calls = r->calls[(loop - r->at[0]) % KINDS];
        loop->loop = (double)node->self / calls;
        loop->callee = (double)(stats_below(s, n) - node->self) / calls;
    }
    stats_close(s);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Of a figure of those rounds in which the kinds it is made of were calm; < 0:
 * there were too few of them. Costs are not below 0. */
static double median(const struct rounds *r, unsigned needs,
                     double (*figure)(const struct rounds *, const struct loop *))
{
    double values[ROUNDS];
    size_t count = 0;

    for (int round = 0; round < ROUNDS; round++) {
        bool calm = true;

        for (int i = 0; i < KINDS; i++)
            calm = calm && (!(needs & 1u << i) || r->at[round][i].calm);
        if (calm)
            values[count++] = figure(r, r->at[round]);
    }
    if (count < ROUNDS_LEAST)
        return -1;
    qsort(values, count, sizeof *values, compare);
    double middle = (values[(count - 1) / 2] + values[count / 2]) / 2;
    return middle > 0 ? middle : 0;
}

/* What a body that does next to nothing takes. */
static double tiny(const struct loop *at)
{
    return at[NONE].bare / 8;
}

static double of_slow(const struct rounds *r, const struct loop *at)
{
    (void)r;
    double bare = at[LONG].bare - at[SHORT].bare;

    return bare > 0 ? (at[LONG].callee - at[SHORT].callee) / bare : 1;
}

static double more(const struct rounds *r, const struct loop *loop)
{
    return loop->loop + loop->callee - r->slow * loop->bare;
}

static double of_inside(const struct rounds *r, const struct loop *at)
{
    return at[EMPTY].callee - r->slow * tiny(at);
}

/* Calls of functions are not all alike: those of a recursion cost somewhat more
 * than those of a loop, which are what there is most of. */
static double of_call(const struct rounds *r, const struct loop *at)
{
    return 0.8 * more(r, &at[EMPTY]) + 0.2 * more(r, &at[FIB]);
}

static double of_resume(const struct rounds *r, const struct loop *at)
{
    return more(r, &at[RESUME]);
}

static double of_from_c(const struct rounds *r, const struct loop *at)
{
    return more(r, &at[FROM_C]);
}

static double inside_c(const struct loop *at, enum kind kind)
{
    return at[kind].callee - tiny(at);
}

static double of_function_inside(const struct rounds *r, const struct loop *at)
{
    (void)r;
    return inside_c(at, FUNCTION);
}

static double of_method_inside(const struct rounds *r, const struct loop *at)
{
    (void)r;
    return inside_c(at, METHOD);
}

static double of_function(const struct rounds *r, const struct loop *at)
{
    return at[FUNCTION].loop - r->slow * (at[FUNCTION].bare - tiny(at));
}

static double of_method(const struct rounds *r, const struct loop *at)
{
    return at[METHOD].loop - r->slow * (at[METHOD].bare - tiny(at));
}

/* What a constructor takes itself is not known; its event costs as others do. */
static double of_type(const struct rounds *r, const struct loop *at)
{
    double own = at[TYPE].callee - inside_c(at, FUNCTION);

    return at[TYPE].loop - r->slow * (at[TYPE].bare - (own > 0 ? own : 0));
}

static const struct term {
    double (*figure)(const struct rounds *, const struct loop *);
    unsigned needs;
} inside[PROBE_CALLEES] = {
    [PROBE_PYTHON] = { of_inside, 1 << NONE | 1 << EMPTY },
    [PROBE_FROM_C] = { of_inside, 1 << NONE | 1 << EMPTY },
    [PROBE_RESUME] = { of_inside, 1 << NONE | 1 << EMPTY },
    [PROBE_FUNCTION] = { of_function_inside, 1 << NONE | 1 << FUNCTION },
    [PROBE_METHOD] = { of_method_inside, 1 << NONE | 1 << METHOD },
    [PROBE_TYPE] = { of_function_inside, 1 << NONE | 1 << FUNCTION },
}, outside[PROBE_CALLEES] = {
    [PROBE_PYTHON] = { of_call, 1 << EMPTY | 1 << FIB },
    [PROBE_FROM_C] = { of_from_c, 1 << FROM_C },
    [PROBE_RESUME] = { of_resume, 1 << RESUME },
    [PROBE_FUNCTION] = { of_function, 1 << NONE | 1 << FUNCTION },
    [PROBE_METHOD] = { of_method, 1 << NONE | 1 << METHOD },
    [PROBE_TYPE] = { of_type, 1 << NONE | 1 << FUNCTION | 1 << TYPE },
};

enum { SLOW_LEAST_PERCENT = 108 }; /* less is noise */

static bool work_out(struct rounds *r, bool builtins, struct probe_cost *cost)
{
    r->slow = median(r, 1 << SHORT | 1 << LONG, of_slow);
    bool known = r->slow >= 0;
    if (r->slow * 100 < SLOW_LEAST_PERCENT)
        r->slow = 1;
    cost->slow = r->slow;
    for (int i = 0; i < PROBE_CALLEES; i++) {
        bool in_c = i >= PROBE_FUNCTION;

        if (in_c && !builtins)
            continue; /* none are told */
        cost->inside[i] = median(r, inside[i].needs, inside[i].figure);
        double all = median(r, outside[i].needs, outside[i].figure);
        known = known && cost->inside[i] >= 0 && all >= 0;
        cost->outside[i] = in_c ? all : all - cost->inside[i];
        if (cost->outside[i] < 0)
            cost->outside[i] = 0;
    }
    return known;
}

const char *measure_agent(const char *hook, uint32_t python, struct arena *a)
{
    const char *folder = arena_printf(a, "%s/..", hook).at;
    struct str prefix =
        arena_printf(a, "_agent.cpython-%u%u-", python >> 24, python >> 16 & 0xff);
    DIR *d = opendir(folder);
    const char *agent = NULL;

    for (struct dirent *n; d && !agent && (n = readdir(d));)
        if (str_begins(str_of(n->d_name), prefix))
            agent = arena_printf(a, "%s/%s", folder, n->d_name).at;
    if (d)
        closedir(d);
    return agent;
}

static bool run_loops(const struct measured *m, const char *hook, const char *folder,
                      const char *what, char *answer, struct arena *a)
{
    const char *script = arena_printf(a, "%s/../selftest/probe_cost.py", hook).at;
    const char *version = arena_printf(a, "%u", m->version).at;
    char *argv[] = { (char *)m->python,
                     "-I",
                     "-S",
                     (char *)script,
                     (char *)m->agent,
                     (char *)folder,
                     (char *)m->options,
                     (char *)version,
                     (char *)what,
                     NULL };
    struct capture c = { .argv = argv, .folder = "/", .seconds = SECONDS_MAX };

    return capture_good(&c, answer, ANSWER);
}

/* Runs the loops; NULL and e when they told nothing. cost: what to correct the
 * watched times by, NULL: they stay raw. */
static struct rounds *run_rounds(const struct measured *m, const char *hook,
                                 const struct probe_cost *cost, struct arena *a,
                                 struct err *e)
{
    const char *folder = trial_folder(a);
    char *answer = arena_alloc(a, ANSWER);
    struct build *b = build_open(UNIT_NS);
    struct err unread = { 0 };
    bool ran = *folder &&
               run_loops(m, hook, folder, cost ? "truth" : "cost", answer, a) &&
               from_recording(folder, b, &unread);

    trial_remove(folder, a);
    if (!ran) {
        build_abandon(b);
        err_set(e, ERR_TARGET, "probe cost not measured: %s: %s", m->python,
                *folder ? "the loops did not run to their end"
                        : "no temporary folder can be made");
        return NULL;
    }
    struct rounds *r = arena_alloc(a, sizeof *r);
    struct profile *p = build_finish(b);
    struct profile *corrected = cost ? correct(p, cost) : NULL; /* one process */
    read_bare(r, answer);
    read_watched(r, corrected ? corrected : p);
    profile_close(p);
    profile_close(corrected);
    return r;
}

bool measure_cost(const struct measured *m, const char *hook, struct probe_cost *cost,
                  struct arena *a, struct err *e)
{
    struct rounds *r = run_rounds(m, hook, NULL, a, e);

    *cost = (struct probe_cost){ .slow = 0 };
    if (r && work_out(r, !strstr(m->options, "builtins=0"), cost))
        return true;
    *cost = (struct probe_cost){ .slow = 0 };
    return err_set(e, ERR_TARGET,
                   "probe cost not measured: %s: the machine is too busy", m->python);
}

static double of_deep(const struct rounds *r, const struct loop *at)
{
    (void)r;
    return (at[DEEP].loop + at[DEEP].callee) / at[DEEP].bare;
}

/* The body of a one-line function takes what it takes where it is inlined. */
static double of_one(const struct rounds *r, const struct loop *at)
{
    (void)r;
    double body = at[INLINE].bare - at[NONE].bare;

    return body > 0 ? at[ONE].callee / body : 1;
}

static double of_caller(const struct rounds *r, const struct loop *at)
{
    (void)r;
    return at[ONE].loop / (at[ONE].bare - at[INLINE].bare + at[NONE].bare);
}

bool measure_truth(const struct measured *m, const char *hook,
                   const struct probe_cost *cost, struct truth *t, struct arena *a,
                   struct err *e)
{
    struct rounds *r = run_rounds(m, hook, cost, a, e);

    if (!r)
        return false;
    t->recursive = median(r, 1 << DEEP, of_deep);
    t->callee = median(r, 1 << NONE | 1 << INLINE | 1 << ONE, of_one);
    t->caller = median(r, 1 << NONE | 1 << INLINE | 1 << ONE, of_caller);
    return (t->recursive >= 0 && t->callee >= 0) ||
           err_set(e, ERR_TARGET, "not measured: %s: the machine is too busy",
                   m->python);
}
