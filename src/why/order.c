/* SPDX-License-Identifier: Apache-2.0 */
/* order.c - keys and values, and what it means when the answer is not all there. */
#include "why/order.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "why/told.h"

#define START_NS 60000000000ull /* for Python to start, on a machine that is busy */

/* Where the state is: behind "state 1\n". */
enum { STATE_AT = 8, STATUS_OLD = 9, STATUS_NOT_STARTED = 127 };

void order_text(struct order *o, const char *key, struct str value)
{
    out_printf(o->text, "%s %zu\n", key, value.len);
    out_str(o->text, value);
}

void order_number(struct order *o, const char *key, uint64_t value)
{
    char digits[24];
    struct out *number = out_memory();

    out_u64(number, value);
    struct str text = out_text(number);
    memcpy(digits, text.at, text.len);
    order_text(o, key, (struct str){ digits, text.len });
    out_abandon(number);
}

struct order order_open(const char *mode, const struct timing_order *of)
{
    struct order o = { out_memory() };

    order_text(&o, "state", (struct str){ "", 1 });
    order_text(&o, "mode", str_of(mode));
    order_text(&o, "setup", of->setup);
    for (uint32_t i = 0; i < of->statements; i++) {
        order_text(&o, "file", str_of(of->statement[i].file));
        order_text(&o, "code", of->statement[i].code);
    }
    order_number(&o, "process", of->process);
    return o;
}

static bool sets(const char *entry, const char *name)
{
    size_t len = strlen(name);

    return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

/* The user's own hash seed stays. */
static char **fixed_environment(struct arena *a)
{
    size_t count = 0;
    bool seeded = false;

    while (environ[count])
        seeded = seeded || sets(environ[count], "PYTHONHASHSEED"), count++;
    char **made = arena_array(a, count + 3, sizeof *made);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (!sets(environ[i], "LD_BIND_NOW"))
            made[n++] = environ[i];
    if (!seeded)
        made[n++] = (char *)"PYTHONHASHSEED=0";
    made[n] = (char *)"LD_BIND_NOW=1";
    return made;
}

bool order_run(struct order *o, const struct timing_order *of,
               const struct order_run *r, struct guarded *end, struct arena *a,
               struct err *e)
{
    const char *script = arena_printf(a, "%s/start.py", of->scripts).at;
    const char *words[] = { r->python, script, NULL };
    struct guard g = {
        .words = words,
        .environment = r->fixed ? fixed_environment(a) : environ,
        .orders = out_text(o->text),
        .fixed = r->fixed,
        .loud = r->loud,
        .start_ns = START_NS,
        .quiet_ns = r->quiet_ns,
    };
    bool ok = guard_run(&g, end, a, e);

    out_abandon(o->text);
    return ok;
}

int order_ran(const struct guarded *end)
{
    return end->orders.len > STATE_AT ? (unsigned char)end->orders.at[STATE_AT] - 2
                                      : -2;
}

bool order_is_done(const struct guarded *end)
{
    struct told t = told_of(end->told);
    bool done = false, failed = false;

    while (told_next(&t)) {
        done = done || told_is(&t, "end", 1);
        failed = failed || told_is(&t, "failed", 4);
    }
    return done && !failed;
}

/* "statement B", "the setup" */
static const char *what_ran(const struct timing_order *o, int index, struct arena *a)
{
    if (index == -1)
        return "the setup";
    if (o->statements == 1)
        return "the statement";
    struct str label = timing_label(index < 0 ? 0 : (uint32_t)index);
    return arena_printf(a, "statement %.*s", (int)label.len, label.at).at;
}

static struct str without_end(struct str line)
{
    while (line.len > 0 && line.at[line.len - 1] == '\n')
        line.len--;
    return line;
}

/* "failed WHAT INDEX LINES", where it stands. */
static bool raised(const struct timing_order *o, struct told *t,
                   struct timing_failure *failure, struct arena *a, struct err *e)
{
    struct str what = t->word[1];
    int index = (int)told_number(t, 2);
    int64_t lines = told_number(t, 3);
    struct str above = told_lines(t, lines - 1);
    struct str last = without_end(told_lines(t, 1));
    bool compiled = !str_eq(what, STR("compile")), joined = false;

    failure->lines = above;
    while (told_next(t))
        joined = joined || (told_is(t, "joined", 2) && told_number(t, 1) == 1);
    const char *where = str_eq(what, STR("setup"))  ? "the setup"
                        : str_eq(what, STR("load")) ? o->statement[index].file
                                                    : what_ran(o, index, a);
    return err_set(e, ERR_TARGET, "cannot %s: %s: %.*s%s",
                   compiled ? "time" : "compile", where, (int)last.len, last.at,
                   joined ? " (each argument is a statement of its own: one of several "
                            "lines is one argument with line breaks in it)"
                          : "");
}

static const char *how_it_ended(const struct guarded *end, struct arena *a)
{
    if (WIFSIGNALED(end->status)) {
        const char *name = sigabbrev_np(WTERMSIG(end->status));

        return name ? arena_printf(a, "it was killed by SIG%s", name).at
                    : arena_printf(a, "it was killed by signal %d",
                                   WTERMSIG(end->status))
                          .at;
    }
    return arena_printf(a, "it ended Python with status %d", WEXITSTATUS(end->status))
        .at;
}

static bool vanished(const struct timing_order *o, const struct order_run *r,
                     const struct guarded *end, struct arena *a, struct err *e)
{
    int ran = order_ran(end),
        status = WIFEXITED(end->status) ? WEXITSTATUS(end->status) : -1;

    if (end->late)
        return err_set(e, ERR_TARGET,
                       "cannot time: %s: one loop did not end within %.0f s (--limit "
                       "SECONDS waits longer)",
                       what_ran(o, ran, a), (double)o->limit_ns / 1e9);
    if (status == STATUS_OLD)
        return err_set(e, ERR_TARGET,
                       "cannot time with this Python: %s: it is older than 3.6",
                       r->python);
    if (status == STATUS_NOT_STARTED && end->told.len == 0)
        return err_set(e, ERR_TARGET,
                       "cannot time with this Python: %s: it did not start", r->python);
    if (ran == -2 && end->told.len == 0)
        return err_set(e, ERR_TARGET,
                       "cannot time with this Python: %s: %s at its start", r->python,
                       how_it_ended(end, a));
    return err_set(e, ERR_TARGET, "cannot time: %s: %s", what_ran(o, ran, a),
                   how_it_ended(end, a));
}

bool order_failed(const struct timing_order *o, const struct order_run *r,
                  const struct guarded *end, struct timing_failure *failure,
                  struct arena *a, struct err *e)
{
    struct told t = told_of(end->told);

    while (told_next(&t))
        if (told_is(&t, "failed", 4) && told_number(&t, 2) < o->statements)
            return raised(o, &t, failure, a, e);
    return vanished(o, r, end, a, e);
}
