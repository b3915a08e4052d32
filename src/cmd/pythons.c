/* SPDX-License-Identifier: Apache-2.0 */
/* pythons.c - runs one line in each Python that PATH leads to. */
#include "cmd/pythons.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/trial.h"
#include "run/capture.h"
#include "run/enter.h"
#include "run/target.h"

enum { ANSWER_MAX = 8192, SECONDS_MAX = 20, NAMES_MAX = 256 };

/* Read by 2.7 as well. */
static const char question[] =
    "import sys; sys.stdout.write('%d.%d.%d\\n%s\\n' % (sys.version_info[:3] + "
    "(sys.executable,)))";

/* What the Python prints; false when it does not run to its end. */
static bool ask(const char *path, char **environment, char answer[ANSWER_MAX])
{
    char *argv[] = { (char *)path, "-c", (char *)question, NULL };
    struct capture c = { .argv = argv,
                         .environment = environment,
                         .seconds = SECONDS_MAX };

    return capture_good(&c, answer, ANSWER_MAX);
}

/* What was left in a trial's recording. */
static const char *look_at_trial(const char *folder, bool *taped, struct arena *a)
{
    DIR *d = opendir(folder);
    const char *note = NULL;

    for (struct dirent *n; d && (n = readdir(d));) {
        const char *path = arena_printf(a, "%s/%s", folder, n->d_name).at;
        if (n->d_name[0] == '.')
            continue;
        *taped = *taped || str_ends(str_of(n->d_name), STR(".tape"));
        int fd = str_ends(str_of(n->d_name), STR(".note"))
                     ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
                     : -1;
        if (fd >= 0) {
            char text[2048];
            ssize_t got = read(fd, text, sizeof text - 1);
            text[got > 0 ? got : 0] = '\0';
            char *second = strchr(text, '\n');
            note = arena_cstr(a, str_of(second ? second + 1 : text));
            close(fd);
        }
    }
    if (d)
        closedir(d);
    return note;
}

static const char *why_not(const struct python *p, const char *hook, const char *note,
                           struct arena *a)
{
    const char *const *agents = enter_agents(hook, a);

    for (; *agents; agents++) {
        size_t len = strlen(*agents);
        if (strncmp(p->version, *agents, len) == 0 && p->version[len] == '.')
            return note ? arena_printf(a, "its agent could not start: %.*s",
                                       (int)strcspn(note, "\n"), note)
                              .at
                        : "the start-up hook did not run (another sitecustomize?)";
    }
    return "no agent for this Python";
}

/* Two names of one Python: an environment's is not its base's. */
static bool known(const struct pythons *p, const char *path)
{
    for (int i = 0; i < p->count; i++)
        if (strcmp(p->at[i].path, path) == 0)
            return true;
    return false;
}

static const char *told_path(const char *answer, struct arena *a)
{
    const char *path = strchr(answer, '\n');
    char real[PATH_MAX];
    struct str line = { path ? path + 1 : "", path ? strcspn(path + 1, "\n") : 0 };
    const char *told = arena_cstr(a, line);

    if (access(arena_printf(a, "%.*s/../pyvenv.cfg",
                            (int)(line.len - str_basename(line).len), told)
                   .at,
               F_OK) == 0)
        return told;
    return realpath(told, real) ? arena_cstr(a, str_of(real)) : told;
}

static void try_python(struct pythons *p, const char *path, const char *hook,
                       struct arena *a)
{
    char answer[ANSWER_MAX];
    const char *folder = hook ? trial_folder(a) : "";
    struct python found = { .chosen = false };
    char **environment = *folder ? enter_environment(hook, folder, "", a) : environ;

    bool answered = ask(path, environment, answer);
    const char *note = *folder ? look_at_trial(folder, &found.works, a) : NULL;
    trial_remove(folder, a);
    if (!answered || p->count == PYTHONS_MAX)
        return;
    found.path = told_path(answer, a);
    found.version = arena_cstr(a, (struct str){ answer, strcspn(answer, "\n") });
    if (!hook)
        found.why = "sonde's Python package is missing";
    else if (!*folder)
        found.why = "it was not tried: no temporary folder can be made";
    else if (!found.works)
        found.why = why_not(&found, hook, note, a);
    if (!known(p, found.path))
        p->at[p->count++] = found;
}

/* python, python3, python3.13, but not python3-config. */
static bool is_python_name(const char *name)
{
    if (strncmp(name, "python", 6) != 0)
        return false;
    return name[6 + strspn(name + 6, "0123456789.t")] == '\0';
}

/* The names in a folder that pass, newest version first; ends in NULL. */
static const char **names_in(const char *folder, bool (*pass)(const char *),
                             struct arena *a)
{
    const char **names = arena_array(a, NAMES_MAX + 1, sizeof *names);
    DIR *d = opendir(folder);
    int count = 0;

    for (struct dirent *n; d && count < NAMES_MAX && (n = readdir(d));) {
        int place = count;
        if (!pass(n->d_name))
            continue;
        for (; place > 0 && strverscmp(names[place - 1], n->d_name) < 0; place--)
            names[place] = names[place - 1];
        names[place] = arena_cstr(a, str_of(n->d_name));
        count++;
    }
    if (d)
        closedir(d);
    return names;
}

/* A file with a Python's name; false ends the search. */
typedef bool candidate(void *with, const char *path, struct arena *a);

static bool each_in_folder(const char *folder, candidate *take, void *with,
                           struct arena *a)
{
    for (const char **name = names_in(folder, is_python_name, a); *name; name++) {
        const char *path = arena_printf(a, "%s/%s", folder, *name).at;
        struct stat s;

        if (stat(path, &s) == 0 && S_ISREG(s.st_mode) && access(path, X_OK) == 0 &&
            !take(with, path, a))
            return false;
    }
    return true;
}

static bool is_version(const char *name)
{
    return name[0] >= '2' && name[0] <= '9';
}

/* A folder of PATH. pyenv's holds scripts, slow ones, that lead elsewhere. */
static bool each_in_path(const char *folder, candidate *take, void *with,
                         struct arena *a)
{
    const char *versions = arena_printf(a, "%s/../versions", folder).at;

    if (!str_ends(str_of(folder), STR("/shims")) || access(versions, F_OK) != 0)
        return each_in_folder(folder, take, with, a);
    for (const char **name = names_in(versions, is_version, a); *name; name++)
        if (!each_in_folder(arena_printf(a, "%s/%s/bin", versions, *name).at, take,
                            with, a))
            return false;
    return true;
}

static void each_candidate(candidate *take, void *with, bool absolute, struct arena *a)
{
    const char *path = getenv("PATH");

    for (path = path ? path : "/bin:/usr/bin"; *path;) {
        size_t len = strcspn(path, ":");
        if (len > 0 && (*path == '/' || !absolute) &&
            !each_in_path(arena_printf(a, "%.*s", (int)len, path).at, take, with, a))
            return;
        path += len + (path[len] == ':');
    }
}

struct finding {
    struct pythons found;
    const char *hook;
};

static bool try_new(void *with, const char *path, struct arena *a)
{
    struct finding *f = with;
    char real[PATH_MAX];

    if (!known(&f->found, path) && !(realpath(path, real) && known(&f->found, real)))
        try_python(&f->found, path, f->hook, a);
    return true;
}

struct pythons pythons_find(const char *hook, struct arena *a)
{
    struct finding f = { .hook = hook };
    struct err none = { 0 };
    const char *why, *chosen = target_python(NULL, &why, a, &none);

    if (chosen)
        try_python(&f.found, chosen, hook, a);
    if (f.found.count == 1)
        f.found.at[0].chosen = true;
    each_candidate(try_new, &f, false, a);
    return f.found;
}

bool pythons_try(const char *path, const char *hook, struct python *tried,
                 struct arena *a)
{
    struct pythons found = { .count = 0 };

    try_python(&found, path, hook, a);
    *tried = found.at[0];
    return found.count == 1;
}

struct looking {
    const char *executable;
    bool found;
};

static bool is_wanted(void *with, const char *path, struct arena *a)
{
    struct looking *l = with;
    char real[PATH_MAX];

    (void)a;
    l->found = realpath(path, real) && strcmp(real, l->executable) == 0;
    return !l->found;
}

bool pythons_leads_to(const char *executable, struct arena *a)
{
    struct looking l = { .executable = executable };
    struct err none = { 0 };
    const char *why, *chosen = target_python(NULL, &why, a, &none);

    if (!chosen || chosen[0] != '/' || is_wanted(&l, chosen, a))
        each_candidate(is_wanted, &l, true, a);
    return l.found;
}
