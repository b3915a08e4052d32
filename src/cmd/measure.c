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

enum { ROUNDS = 400, ROUNDS_LEAST = 3, ANSWER = 1 << 18, SECONDS_MAX = 20 };

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
        r->calls[i] = 1;
    for (; sscanf(text, " %15s %15s %lf%n", word[0], word[1], &value, &used) == 3;
         text += used) {
        int kind = kind_named(str_of(word[1]));
        long round = strtol(word[0], NULL, 10);

        if (kind < 0 || round < 0 || round >= ROUNDS || value < 0)
            continue;
        if (strcmp(word[0], "calls") == 0)
            r->calls[kind] = value > 0 ? value : 1;
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

static struct str name_of(const struct profile *p, node_id n)
{
    function_id f = profile_node(p, n)->function;

    return f == FUNCTION_NONE ? STR("") : profile_function(p, f)->name;
}

static void read_watched(struct rounds *r, const struct profile *p)
{
    struct stats *s = stats_open(p);

    for (node_id n = NODE_ROOT + 1; n < profile_nodes(p); n++) {
        const struct node *node = profile_node(p, n);
        struct loop *loop = str_eq(name_of(p, node->parent), STR("run"))
                                ? loop_named(r, name_of(p, n))
                                : NULL;

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
    return at[NONE].bare / 4;
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

static double of_call(const struct rounds *r, const struct loop *at)
{
    return more(r, &at[EMPTY]);
}

static double of_recursion(const struct rounds *r, const struct loop *at)
{
    return more(r, &at[FIB]);
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
    [PROBE_RECURSION] = { of_inside, 1 << NONE | 1 << EMPTY },
    [PROBE_FROM_C] = { of_inside, 1 << NONE | 1 << EMPTY },
    [PROBE_RESUME] = { of_inside, 1 << NONE | 1 << EMPTY },
    [PROBE_FUNCTION] = { of_function_inside, 1 << NONE | 1 << FUNCTION },
    [PROBE_METHOD] = { of_method_inside, 1 << NONE | 1 << METHOD },
    [PROBE_TYPE] = { of_function_inside, 1 << NONE | 1 << FUNCTION },
}, outside[PROBE_CALLEES] = {
    [PROBE_PYTHON] = { of_call, 1 << EMPTY },
    [PROBE_RECURSION] = { of_recursion, 1 << FIB },
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

/* What the loops told: the bare times as text, the watched ones as a profile. */
struct told {
    char *answer;
    struct profile *profile;
};

static bool listen(const struct measured *m, const char *hook, const char *what,
                   struct told *t, struct arena *a, struct err *e)
{
    const char *folder = trial_folder(a);
    struct build *b = build_open(UNIT_NS);
    struct err unread = { 0 };

    t->answer = arena_alloc(a, ANSWER);
    bool ran = *folder && run_loops(m, hook, folder, what, t->answer, a) &&
               from_recording(folder, b, &unread);
    trial_remove(folder, a);
    if (ran) {
        t->profile = build_finish(b);
        return true;
    }
    build_abandon(b);
    return err_set(e, ERR_TARGET, "probe cost not measured: %s: %s", m->python,
                   *folder ? "the loops did not run to their end"
                           : "no temporary folder can be made");
}

static struct rounds *rounds_of(const struct told *t, const struct profile *watched,
                                struct arena *a)
{
    struct rounds *r = arena_alloc(a, sizeof *r);

    read_bare(r, t->answer);
    read_watched(r, watched);
    return r;
}

static bool cost_of_told(const struct measured *m, const struct told *t,
                         struct probe_cost *cost, struct arena *a, struct err *e)
{
    bool builtins = !strstr(m->options, "builtins=0");

    *cost = (struct probe_cost){ .slow = 0 };
    if (work_out(rounds_of(t, t->profile, a), builtins, cost))
        return true;
    *cost = (struct probe_cost){ .slow = 0 };
    return err_set(e, ERR_TARGET,
                   "probe cost not measured: %s: the machine is too busy", m->python);
}

bool measure_cost(const struct measured *m, const char *hook, struct probe_cost *cost,
                  struct arena *a, struct err *e)
{
    struct told t;

    if (!listen(m, hook, "cost", &t, a, e))
        return false;
    bool ok = cost_of_told(m, &t, cost, a, e);
    profile_close(t.profile);
    return ok;
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

static bool truth_of_told(const struct told *told, const struct probe_cost *cost,
                          struct truth *t, struct arena *a)
{
    struct profile *corrected = correct(told->profile, cost); /* of one process */
    struct rounds *r = rounds_of(told, corrected, a);

    profile_close(corrected);
    t->recursive = median(r, 1 << DEEP, of_deep);
    t->callee = median(r, 1 << NONE | 1 << INLINE | 1 << ONE, of_one);
    t->caller = median(r, 1 << NONE | 1 << INLINE | 1 << ONE, of_caller);
    return t->recursive >= 0 && t->callee >= 0;
}

bool measure_truth(const struct measured *m, const char *hook, struct probe_cost *cost,
                   struct truth *t, struct arena *a, struct err *e)
{
    struct told told;

    if (!listen(m, hook, "truth", &told, a, e))
        return false;
    bool ok = cost_of_told(m, &told, cost, a, e);
    if (ok && !truth_of_told(&told, cost, t, a))
        ok = err_set(e, ERR_TARGET, "not measured: %s: the machine is too busy",
                     m->python);
    profile_close(told.profile);
    return ok;
}
