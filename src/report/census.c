/* SPDX-License-Identifier: Apache-2.0 */
/* census.c - counts roles and ends in one pass. */
#include "report/census.h"

#include <string.h>

#include "report/units.h"

struct str census_kind(struct str role)
{
    for (size_t i = 0; i + 1 < role.len; i++)
        if (role.at[i] == ':' && role.at[i + 1] == ' ')
            return (struct str){ role.at, i };
    return role;
}

static void count_role(struct census *c, struct str role)
{
    for (uint32_t i = 0; i < c->parts; i++)
        if (str_eq(c->part[i].role, role)) {
            c->part[i].count++;
            return;
        }
    if (c->parts < CENSUS_MOST)
        c->part[c->parts++] = (struct census_part){ role, 1 };
    else
        c->others++;
}

static void count_death(struct census *c, const struct process *p)
{
    uint32_t i = 0;

    if (c->killed++ == 0)
        c->victim = census_kind(p->role);
    else if (!str_eq(c->victim, census_kind(p->role)))
        c->victim = (struct str){ 0 };
    while (i < c->signals && c->signal[i] != p->signal)
        i++;
    if (i == c->signals && i < CENSUS_MOST)
        c->signal[c->signals++] = p->signal;
}

/* Nothing is missing of what is no Python, was not wanted, or did nothing. */
static bool is_shut_out(const struct process *p)
{
    static const char *const fine[] = {
        "not Python",       "left out by ",          "it could not be executed",
        "it ended before ", "recording was stopped", NULL
    };
    bool is = !p->entered && p->reason.len > 0;

    for (int i = 0; is && fine[i]; i++)
        is = !str_begins(p->reason, str_of(fine[i]));
    return is;
}

struct census census_of(const struct profile *p, bool kinds)
{
    struct census c = { 0 };

    for (process_id i = 0; i < profile_processes(p); i++) {
        const struct process *process = profile_process(p, i);

        c.alive += process->alive;
        c.shut_out += is_shut_out(process);
        if (!process->entered)
            continue;
        c.entered++;
        count_role(&c, kinds ? census_kind(process->role) : process->role);
        if (process->signal != 0)
            count_death(&c, process);
    }
    return c;
}

struct str census_roles(const struct census *c, struct arena *a)
{
    struct str list = STR("");

    for (uint32_t i = 0; i < c->parts; i++)
        list =
            arena_printf(a, "%.*s%s%s %.*s", (int)list.len, list.at, i ? ", " : "",
                         units_count(c->part[i].count).text, (int)c->part[i].role.len,
                         c->part[i].role.len ? c->part[i].role.at : "");
    if (c->others > 0)
        list = arena_printf(a, "%.*s, %s others", (int)list.len, list.at,
                            units_count(c->others).text);
    return list;
}

struct str census_signal(int signal, struct arena *a)
{
    const char *name = sigabbrev_np(signal);

    return name ? arena_printf(a, "SIG%s", name) : arena_printf(a, "signal %d", signal);
}

struct str census_signals(const struct census *c, struct arena *a)
{
    struct str list = STR("");

    for (uint32_t i = 0; i < c->signals; i++) {
        struct str name = census_signal(c->signal[i], a);

        list = arena_printf(a, "%.*s%s%.*s", (int)list.len, list.at,
                            i == 0               ? ""
                            : i + 1 < c->signals ? ", "
                                                 : " and ",
                            (int)name.len, name.at);
    }
    return list;
}

/* As a sentence begins. */
static struct str number(uint32_t n, struct arena *a)
{
    static const char *const words[] = { "No",    "One",  "Two", "Three",
                                         "Four",  "Five", "Six", "Seven",
                                         "Eight", "Nine", "Ten" };

    return n < sizeof words / sizeof *words
               ? str_of(words[n])
               : arena_printf(a, "%s", units_count(n).text);
}

struct str census_killed(const struct census *c, struct arena *a)
{
    struct str count = number(c->killed, a), how = census_signals(c, a);
    bool worker = str_eq(c->victim, STR("worker"));

    if (c->killed == 0)
        return (struct str){ 0 };
    if (c->entered == 1)
        return arena_printf(a, "It was killed (%.*s); what it counted is here.",
                            (int)how.len, how.at);
    return arena_printf(a, "%.*s %s%s killed (%.*s); what %s counted is here.",
                        (int)count.len, count.at, worker ? "worker" : "process",
                        c->killed == 1 ? " was"
                        : worker       ? "s were"
                                       : "es were",
                        (int)how.len, how.at, c->killed == 1 ? "it" : "they");
}

struct str census_shut_out(const struct census *c, struct arena *a)
{
    struct str count = number(c->shut_out, a);

    if (c->shut_out == 0)
        return (struct str){ 0 };
    return arena_printf(a,
                        "%.*s process%s not entered (sonde report --processes tells "
                        "why).",
                        (int)count.len, count.at,
                        c->shut_out == 1 ? " was" : "es were");
}
