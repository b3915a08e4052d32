/* SPDX-License-Identifier: Apache-2.0 */
/* enter.c - finds the hook of the newest Python beside us, builds environments. */
#include "run/enter.h"

#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_hook(const char *folder, struct arena *a)
{
    return access(arena_printf(a, "%s/sitecustomize.py", folder).at, R_OK) == 0;
}

/* Its place in the order of Pythons: 3.13 comes behind 3.9, whatever lib*. */
static const char *version_in(const char *path)
{
    const char *at = strstr(path, "/python3");

    return at ? at : path;
}

/* The match for the newest Python, without links such as lib64. */
static const char *newest(const char *pattern, struct arena *a)
{
    const char *known = NULL;
    char real[PATH_MAX];
    glob_t found;

    if (glob(pattern, GLOB_BRACE, NULL, &found) != 0)
        return known;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        if (is_hook(path, a) &&
            (!known || strverscmp(version_in(path), version_in(known)) > 0))
            known = arena_cstr(a, str_of(path));
    }
    globfree(&found);
    if (known && realpath(known, real))
        known = arena_cstr(a, str_of(real));
    return known;
}

/* Characters that mean something to glob(3), quoted. */
static const char *quoted(const char *path, struct arena *a)
{
    char *out = arena_alloc(a, 2 * strlen(path) + 1), *at = out;

    for (; *path; path++) {
        if (strchr("*?[]{},~\\", *path))
            *at++ = '\\';
        *at++ = *path;
    }
    return out;
}

const char *enter_hook(const char *package, struct arena *a, struct err *e)
{
    char real[PATH_MAX];
    const char *hook = NULL, *again;
    ssize_t len = readlink("/proc/self/exe", real, sizeof real - 1);

    real[len > 0 ? len : 0] = '\0';
    struct str root = { real, strlen(real) - str_basename(str_of(real)).len };
    while (root.len > 0 && root.at[root.len - 1] == '/')
        root.len--;
    root.len -= str_basename(root).len; /* of DIR/bin/sonde: DIR/ */
    if (root.len > 0) {
        const char *dir = quoted(arena_cstr(a, root), a);
        hook = newest(arena_printf(a,
                                   "%s{,local/}lib*/python3*/{site,dist}-packages/"
                                   "sonde/hook",
                                   dir)
                          .at,
                      a);
    }
    again = package ? arena_printf(a, "%s/hook", package).at : NULL;
    if (!hook && again && is_hook(again, a))
        hook = again;
    if (!hook)
        err_set(
            e, ERR_IO,
            "cannot profile: %s: its Python package was not found beside it (install"
            " sonde again)",
            real);
    else if (strchr(hook, ':')) {
        err_set(
            e, ERR_IO,
            "cannot profile: %s: PYTHONPATH cannot hold a path with ':' (install sonde"
            " elsewhere)",
            hook);
        hook = NULL;
    }
    return hook;
}

static bool sets(const char *entry, const char *name)
{
    size_t len = strlen(name);

    return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

/* PYTHONPATH with the hook first, and once. */
static const char *python_path(const char *hook, const char *old, struct arena *a)
{
    size_t len = strlen(hook);

    if (!old || !*old)
        return arena_printf(a, "PYTHONPATH=%s", hook).at;
    if (strncmp(old, hook, len) == 0 && (old[len] == ':' || old[len] == '\0'))
        return arena_printf(a, "PYTHONPATH=%s", old).at;
    return arena_printf(a, "PYTHONPATH=%s:%s", hook, old).at;
}

char **enter_environment(const char *hook, const char *recording, const char *options,
                         struct arena *a)
{
    size_t count = 0, n = 0;

    while (environ[count])
        count++;
    char **made = arena_array(a, count + 4, sizeof *made);
    const char *path = python_path(hook, getenv("PYTHONPATH"), a);
    for (size_t i = 0; i < count; i++) {
        if (sets(environ[i], "SONDE_RECORDING") || sets(environ[i], "SONDE_OPTIONS"))
            continue;
        if (!sets(environ[i], "PYTHONPATH"))
            made[n++] = environ[i];
        else if (path) {
            made[n++] = arena_cstr(a, str_of(path)); /* at its old place */
            path = NULL;
        }
    }
    if (path)
        made[n++] = arena_cstr(a, str_of(path));
    made[n++] = arena_cstr(a, arena_printf(a, "SONDE_RECORDING=%s", recording));
    made[n++] = arena_cstr(a, arena_printf(a, "SONDE_OPTIONS=%s", options));
    return made;
}

const char *const *enter_agents(const char *hook, struct arena *a)
{
    glob_t found;
    const char **versions = arena_array(a, 1, sizeof *versions);
    const char *pattern =
        arena_printf(a, "%s/../_agent.cpython-3*.so", quoted(hook, a)).at;

    if (glob(pattern, 0, NULL, &found) != 0)
        return versions;
    versions = arena_array(a, found.gl_pathc + 1, sizeof *versions);
    size_t n = 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *at =
            strstr(str_basename(str_of(found.gl_pathv[i])).at, "cpython-3");
        size_t len = at ? strcspn(at + 9, "-.") : 0;
        const char *minor = at ? arena_printf(a, "3.%.*s", (int)len, at + 9).at : "";
        size_t place = n;
        while (place > 0 && strverscmp(versions[place - 1], minor) > 0) {
            versions[place] = versions[place - 1];
            place--;
        }
        versions[place] = minor;
        n++;
    }
    globfree(&found);
    return versions;
}
