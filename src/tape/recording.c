/* SPDX-License-Identifier: Apache-2.0 */
/* recording.c - lists tapes, and finds the newest recording of a directory. */
#include "tape/recording.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct recording {
    struct arena *arena;
    char **path;
    uint32_t tapes, room;
};

static bool is_tape(const char *name)
{
    return name[0] != '.' && str_ends(str_of(name), STR(".tape"));
}

static void add(struct recording *r, const char *directory, const char *name)
{
    if (r->tapes == r->room) {
        size_t size = sizeof *r->path;
        uint32_t room = r->room ? r->room * 2 : 16;

        r->path = arena_grow(r->arena, r->path, r->room * size, room * size);
        r->room = room;
    }
    const char *slash = str_ends(str_of(directory), STR("/")) ? "" : "/";
    struct str path = arena_printf(r->arena, "%s%s%s", directory, slash, name);
    r->path[r->tapes++] = (char *)(uintptr_t)path.at;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool list(struct recording *r, const char *path, struct err *e)
{
    DIR *d = opendir(path);

    if (!d)
        return err_set(e, ERR_IO, "cannot read recording: %s: %s", path,
                       strerror(errno));
    for (struct dirent *entry; (entry = readdir(d)) != NULL;)
        if (is_tape(entry->d_name))
            add(r, path, entry->d_name);
    closedir(d);
    if (r->tapes == 0)
        return err_set(e, ERR_FORMAT,
                       "cannot read recording: %s: a directory that is no recording: "
                       "there is no tape in it (sonde run makes recordings)",
                       path);
    qsort(r->path, r->tapes, sizeof *r->path, by_name);
    return true;
}

/* Says of what could not be found how it would come to be. */
static bool missing(const char *path, struct err *e)
{
    if (errno != ENOENT)
        return err_set(e, ERR_IO, "cannot read recording: %s: %s", path,
                       strerror(errno));
    if (str_ends(str_of(path), STR(RECORDING_SUFFIX)))
        return err_set(
            e, ERR_IO,
            "cannot read recording: %s: no such file (sonde run -o %s app.py "
            "makes it)",
            path, path);
    return err_set(e, ERR_IO, "cannot read recording: %s: no such file", path);
}

struct recording *recording_open(const char *path, struct err *e)
{
    struct arena *arena = arena_open();
    struct recording *r = arena_alloc(arena, sizeof *r);
    struct stat s;
    bool ok;

    r->arena = arena;
    if (stat(path, &s) != 0) {
        ok = missing(path, e);
    } else if (S_ISDIR(s.st_mode)) {
        ok = list(r, path, e);
    } else if (S_ISREG(s.st_mode)) {
        r->path = arena_array(arena, 1, sizeof *r->path);
        r->path[r->tapes++] = arena_cstr(arena, str_of(path));
        ok = true;
    } else {
        ok = err_set(e, ERR_FORMAT, "cannot read recording: %s: not a regular file",
                     path);
    }
    if (ok)
        return r;
    arena_close(arena);
    return NULL;
}

void recording_close(struct recording *r)
{
    if (r)
        arena_close(r->arena);
}

uint32_t recording_tapes(const struct recording *r)
{
    return r->tapes;
}

const char *recording_tape(const struct recording *r, uint32_t i)
{
    return r->path[i];
}

static bool later(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

static bool holds_tape(const char *path)
{
    DIR *d = opendir(path);
    bool found = false;

    if (!d)
        return false;
    for (struct dirent *entry; !found && (entry = readdir(d)) != NULL;)
        found = is_tape(entry->d_name);
    closedir(d);
    return found;
}

char *recording_newest(const char *directory, struct arena *a)
{
    DIR *d = opendir(directory);
    struct timespec newest = { 0 };
    char *found = NULL;

    if (!d)
        return NULL;
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        const char *name = entry->d_name;
        struct stat s;

        if (!str_ends(str_of(name), STR(RECORDING_SUFFIX)))
            continue;
        if (fstatat(dirfd(d), name, &s, 0) != 0 || !S_ISDIR(s.st_mode))
            continue;
        if (found && !later(s.st_mtim, newest))
            continue;
        const char *path = strcmp(directory, ".") == 0
                               ? name
                               : arena_printf(a, "%s/%s", directory, name).at;
        if (!holds_tape(path))
            continue;
        newest = s.st_mtim;
        found = arena_cstr(a, str_of(path));
    }
    closedir(d);
    return found;
}
