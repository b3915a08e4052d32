/* SPDX-License-Identifier: Apache-2.0 */
/* time_text.c - a block a command, the verdicts, why, what to beware of. */
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "report/time.h"
#include "report/timeit.h"

/* A short answer into a file is no matter of the disk. */
enum { DISK_LEAST = 1 << 16 };

static struct figure ns(double value)
{
    return units_one(UNIT_NS, value);
}

static const char *plural(uint32_t n)
{
    return n == 1 ? "" : "s";
}

static void print_title(const struct time_report *r, const struct screen *s,
                        uint32_t command)
{
    const struct series_of *of = &r->series->of[command];
    struct str name = time_name(r, command);
    struct str runs = arena_printf(r->arena, "   %u run%s", of->runs, plural(of->runs));
    struct str shown = screen_safe(of->command->shown, r->arena);
    uint32_t columns = s->width && s->width < 80 ? s->width : 80;
    uint32_t taken = (uint32_t)runs.len + (uint32_t)name.len + (name.len > 0 ? 2 : 0);

    if (name.len > 0) {
        screen_put(s, TONE_BOLD, name, 0);
        out_text_of(s->out, "  ");
    }
    shown =
        screen_keep_start(shown, columns > taken + 20 ? columns - taken : 20, r->arena);
    screen_put(s, TONE_BOLD, shown, 0);
    out_str(s->out, runs);
    out_char(s->out, '\n');
}

/* "405 ms - 431 ms", in one unit where that reads */
static struct str range(const struct time_report *r, const struct spread *w)
{
    struct column c = units_column(UNIT_NS, w->max);
    struct figure low = units_cell(c, w->min), high = units_cell(c, w->max);
    struct str from = str_of(low.text), to = str_of(high.text);

    while (from.len > 0 && from.at[from.len - 1] == ' ')
        from.len--;
    while (to.len > 0 && to.at[to.len - 1] == ' ')
        to.len--;
    const char *unit = strchr(high.text, ' ');
    if (unit &&
        str_ends(from, (struct str){ unit, to.len - (size_t)(unit - high.text) }))
        from.len -= to.len - (size_t)(unit - high.text);
    return arena_printf(r->arena, "%.*s-%.*s", (int)from.len, from.at, (int)to.len,
                        to.at);
}

static void print_real(const struct time_report *r, const struct screen *s,
                       const struct series_of *of)
{
    struct spread w = series_spread(of, MEASURE_WALL, r->arena);

    if (of->runs == 1) {
        out_printf(s->out, "real   %8s\n", ns(w.mean).text);
        return;
    }
    struct str between = range(r, &w);
    out_text_of(s->out, "           mean    median      min-max            spread\n");
    out_printf(s->out, "real   %8s  %8s      %-18.*s %.*f %%\n", ns(w.mean).text,
               ns(w.median).text, (int)between.len, between.at,
               w.deviation < 0.1 * w.mean ? 1 : 0,
               w.mean > 0 ? 100 * w.deviation / w.mean : 0);
}

static const char *short_name(int kind)
{
    static const char *const names[WAITS] = {
        [WAIT_DISK] = "disk",   [WAIT_NETWORK] = "network",
        [WAIT_SLEEP] = "sleep", [WAIT_TERMINAL] = "terminal",
        [WAIT_OTHER] = "other", [WAIT_PIPE] = "pipe",
        [WAIT_LOCK] = "lock",   [WAIT_CHILD] = "child",
    };

    return kind == WAITS ? "not known" : names[kind];
}

/* "disk 11 ms, lock 2 ms": what is at least a tenth of it, the largest first. */
static struct str kinds_of(const struct time_report *r, const struct time_waiting *w)
{
    double left[WAITS + 1];
    struct str text = STR("");

    memcpy(left, w->of_ns, sizeof w->of_ns);
    left[WAITS] = w->unknown_ns;
    for (int n = 0; n < 3; n++) {
        int most = 0;

        for (int k = 1; k <= WAITS; k++)
            most = left[k] > left[most] ? k : most;
        if (left[most] <= 0 || left[most] < 0.05 * w->all_ns)
            break;
        text = arena_printf(r->arena, "%.*s%s%s %s", (int)text.len, text.at,
                            text.len > 0 ? ", " : "", short_name(most),
                            ns(left[most]).text);
        left[most] = 0;
    }
    return text;
}

static void print_parts(const struct time_report *r, const struct screen *s,
                        uint32_t command)
{
    const struct series_of *of = &r->series->of[command];
    struct spread user = series_spread(of, MEASURE_USER, r->arena);
    struct spread system = series_spread(of, MEASURE_SYSTEM, r->arena);
    struct time_waiting w = time_waiting(r, command);
    struct str kinds = w.known ? kinds_of(r, &w) : STR("");

    out_printf(s->out, "user   %8s   system %s   waiting %s", ns(user.mean).text,
               ns(system.mean).text, ns(w.all_ns).text);
    if (kinds.len > 0)
        out_printf(s->out, " (%.*s)", (int)kinds.len, kinds.at);
    out_char(s->out, '\n');
}

static struct figure count(const struct time_report *r, const struct series_of *of,
                           enum measure m)
{
    return units_count((uint64_t)(series_spread(of, m, r->arena).mean + 0.5));
}

static void print_counts(const struct time_report *r, const struct screen *s,
                         const struct series_of *of)
{
    double memory = series_spread(of, MEASURE_MEMORY, r->arena).max;
    double read = 512 * series_spread(of, MEASURE_READ, r->arena).mean;
    double written = 512 * series_spread(of, MEASURE_WRITTEN, r->arena).mean;

    out_printf(s->out, "max memory %s   page faults %s (%s from disk)",
               units_one(UNIT_BYTES, memory).text, count(r, of, MEASURE_FAULTS).text,
               count(r, of, MEASURE_FAULTS_READ).text);
    out_printf(
        s->out, "   switches %s\n",
        units_count((uint64_t)(series_spread(of, MEASURE_SWITCHES, r->arena).mean +
                               series_spread(of, MEASURE_PREEMPTED, r->arena).mean +
                               0.5))
            .text);
    if (read >= DISK_LEAST || written >= DISK_LEAST)
        out_printf(s->out, "disk read %s   written %s\n",
                   units_one(UNIT_BYTES, read).text,
                   units_one(UNIT_BYTES, written).text);
}

static void print_status(const struct time_report *r, const struct screen *s,
                         const struct series_of *of)
{
    int last = of->run[of->runs - 1].status;

    if (WIFSIGNALED(last))
        out_printf(s->out, "killed by signal %d (SIG%s)", WTERMSIG(last),
                   sigabbrev_np(WTERMSIG(last)) ? sigabbrev_np(WTERMSIG(last)) : "?");
    else
        out_printf(s->out, "status %d", WEXITSTATUS(last));
    if (of->failed > 0 && of->runs > 1)
        out_printf(s->out, " in the last run; %u of %u failed", of->failed, of->runs);
    out_char(s->out, '\n');
    (void)r;
}

static void print_sentences(const struct time_report *r, const struct screen *s,
                            const char *begin, const struct str *sentence,
                            uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        timeit_paragraph(s, begin, screen_safe(sentence[i], r->arena));
}

static void print_command(const struct time_report *r, const struct screen *s,
                          uint32_t command)
{
    const struct series_of *of = &r->series->of[command];
    uint32_t count;

    print_title(r, s, command);
    if (of->runs == 0)
        return;
    print_real(r, s, of);
    print_parts(r, s, command);
    print_counts(r, s, of);
    print_status(r, s, of);
    struct str *because = time_because(r, command, &count);
    print_sentences(r, s, "why: ", because, count);
}

void time_text(const struct time_report *r, const struct screen *s)
{
    uint32_t count;

    for (uint32_t i = 0; i < r->series->commands; i++) {
        out_text_of(s->out, i > 0 ? "\n" : "");
        print_command(r, s, i);
    }
    if (r->series->commands > 1)
        out_char(s->out, '\n');
    for (uint32_t i = 1; i < r->series->commands; i++) {
        struct series_comparison c = series_compare(r->series, 0, i, r->arena);
        struct str verdict = time_verdict(r, &c);

        timeit_paragraph(s, "", verdict);
        struct str *because = time_because_two(r, &c, &count);
        print_sentences(r, s, "", because, count);
    }
    struct str *note = time_notes(r, &count);
    print_sentences(r, s, "note: ", note, count);
}
