/* SPDX-License-Identifier: Apache-2.0 */
/* imported.c - lines "import time: SELF | CUMULATIVE | NAME" in microseconds, a
 * module's after those of what it imported; on stderr, among what the program writes
 * there. */
#include "why/imported.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"
#include "base/pile.h"
#include "why/interval.h"

enum { STARTS = 5, TEXT_MOST = 64 << 20 };
#define VARIABLE "PYTHONPROFILEIMPORTTIME"

struct line {
    uint64_t self_us;
    struct str name;
    bool outermost;
};

static void skip_blanks(struct str *s)
{
    while (str_skip(s, STR(" ")))
        continue;
}

static bool take_number(struct str *s, uint64_t *number)
{
    size_t digits = 0;

    skip_blanks(s);
    *number = 0;
    for (;
         digits < s->len && digits < 18 && s->at[digits] >= '0' && s->at[digits] <= '9';
         digits++)
        *number = *number * 10 + (uint64_t)(s->at[digits] - '0');
    s->at += digits;
    s->len -= digits;
    return digits > 0;
}

static bool read_line(struct str s, struct line *l)
{
    uint64_t cumulative;

    if (!str_skip(&s, STR("import time:")) || !take_number(&s, &l->self_us) ||
        !str_skip(&s, STR(" |")) || !take_number(&s, &cumulative) ||
        !str_skip(&s, STR(" | ")))
        return false;
    l->outermost = s.len > 0 && s.at[0] != ' ';
    skip_blanks(&s);
    l->name = s;
    return s.len > 0;
}

struct wanted {
    const struct pile *packages;
    struct str name;
};

static bool same(const void *with, uint32_t id)
{
    const struct wanted *w = with;
    const struct imported_package *p = pile_at(w->packages, id);

    return str_eq(p->name, w->name);
}

static void count(struct pile *packages, struct map *ids, const struct line *l)
{
    const char *dot = memchr(l->name.at, '.', l->name.len);
    struct str name = { l->name.at, dot ? (size_t)(dot - l->name.at) : l->name.len };
    struct wanted w = { packages, name };
    uint32_t id = map_find(ids, str_hash(name), same, &w);

    if (id == MAP_NONE) {
        map_add(ids, str_hash(name), packages->count);
        id = packages->count;
        *(struct imported_package *)pile_add(packages) =
            (struct imported_package){ .name = name };
    }
    struct imported_package *p = pile_at(packages, id);
    p->self_ns += l->self_us * 1000;
}

static int by_time(const void *one, const void *other)
{
    const struct imported_package *a = one, *b = other;

    if (a->self_ns != b->self_ns)
        return a->self_ns < b->self_ns ? 1 : -1;
    return str_cmp(a->name, b->name);
}

void imported_read(struct str text, struct imported *i, struct arena *a)
{
    struct pile packages = pile_on(a, sizeof(struct imported_package));
    struct map ids = map_on(a);
    bool started = false;

    *i = (struct imported){ 0 };
    while (text.len > 0) {
        struct line l;

        if (!read_line(str_take_line(&text), &l))
            continue;
        i->known = true;
        if (!started) {
            i->startup_ns += l.self_us * 1000;
            started = l.outermost && str_eq(l.name, STR("site"));
            continue;
        }
        i->all_ns += l.self_us * 1000;
        count(&packages, &ids, &l);
    }
    i->packages = packages.count;
    i->package = arena_array(a, packages.count + 1, sizeof *i->package);
    for (uint32_t n = 0; n < i->packages; n++)
        i->package[n] = *(struct imported_package *)pile_at(&packages, n);
    qsort(i->package, i->packages, sizeof *i->package, by_time);
}

static struct str contents(int fd, struct arena *a)
{
    struct stat s;

    if (fstat(fd, &s) != 0 || s.st_size > TEXT_MOST)
        return STR("");
    char *bytes = arena_alloc(a, (size_t)s.st_size + 1);
    ssize_t got = pread(fd, bytes, (size_t)s.st_size, 0);
    return (struct str){ bytes, got > 0 ? (size_t)got : 0 };
}

void imported_run(const struct command *c, const struct command_files *f,
                  struct imported *i, struct arena *a)
{
    struct command_files files = *f;
    struct command_run run = { 0 };
    struct err e = { 0 };

    *i = (struct imported){ 0 };
    files.error = memfd_create("stderr", MFD_CLOEXEC);
    if (files.error < 0 || getenv(VARIABLE)) {
        if (files.error >= 0)
            close(files.error);
        return;
    }
    setenv(VARIABLE, "1", 1);
    bool ok = command_run(c, &files, &run, &e);
    unsetenv(VARIABLE);
    if (ok)
        imported_read(contents(files.error, a), i, a);
    i->status = run.status;
    close(files.error);
}

uint64_t imported_start_ns(const char *python, struct arena *a)
{
    char *argv[] = { arena_cstr(a, str_of(python)), (char *)"-c", (char *)"pass",
                     NULL };
    struct command c = { .argv = argv };
    struct command_files f = { .in = -1 };
    double wall[STARTS];

    for (int i = 0; i < STARTS; i++) {
        struct command_run run;
        struct err e = { 0 };

        if (!command_run(&c, &f, &run, &e) || run.status != 0)
            return 0;
        wall[i] = (double)run.wall_ns;
    }
    return (uint64_t)interval_median(wall, STARTS);
}
