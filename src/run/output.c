/* SPDX-License-Identifier: Apache-2.0 */
/* output.c - names, makes and replaces the directory of a recording. */
#include "run/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tape/content.h"
#include "tape/life.h"
#include "tape/names.h"

enum { PROGRAM_MAX = 200, TRIES_MAX = 1000, LOOKS = 50, LOOK_US = 10000 };

bool output_checked(const char *asked, struct err *e)
{
    struct str name = str_of(asked);

    while (name.len > 0 && name.at[name.len - 1] == '/')
        name.len--;
    name = str_basename(name);
    if (name.len == 0 || str_eq(name, STR(".")) || str_eq(name, STR("..")) ||
        str_eq(name, STR("-")))
        return err_set(e, ERR_USAGE,
                       "bad value: -o %s: a recording is a directory (-o NAME.sonde)",
                       asked);
    return true;
}

/* The pid of the process that writes the tape and lives; 0: none. */
static uint32_t writer_of(int fd, const char *name)
{
    struct tape_header h;
    int tape = openat(fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    bool lives = tape >= 0 && read(tape, &h, sizeof h) == sizeof h &&
                 life_of(tape, &h) == LIFE_LIVES;

    if (tape >= 0)
        close(tape);
    return lives ? h.pid : 0;
}

/* The first such of a recording: a program may outlive its sonde run. */
static uint32_t any_writer(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
    uint32_t pid = 0;

    for (struct dirent *n; d && pid == 0 && (n = readdir(d));)
        if (str_ends(str_of(n->d_name), STR(".tape")))
            pid = writer_of(fd, n->d_name);
    if (d)
        closedir(d);
    return pid;
}

/* An open directory holds tapes and notes of ours, and nothing else. */
static bool holds_recording(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
    bool ours = d != NULL;
    int tapes = 0;

    for (struct dirent *n; ours && (n = readdir(d));) {
        struct str name = str_of(n->d_name);
        uint64_t magic = 0;

        if (str_eq(name, STR(".")) || str_eq(name, STR("..")))
            continue;
        ours = tape_name_is_ours(name);
        int tape =
            str_ends(name, STR(".tape"))
                ? openat(fd, n->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
                : -1;
        if (tape >= 0 && read(tape, &magic, sizeof magic) == sizeof magic)
            tapes += magic == TAPE_MAGIC;
        if (tape >= 0)
            close(tape);
    }
    if (d)
        closedir(d);
    else if (copy >= 0)
        close(copy);
    return ours && tapes > 0;
}

static void remove_recording(int fd, const char *path)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;

    for (struct dirent *n; d && (n = readdir(d));)
        if (tape_name_is_ours(str_of(n->d_name)))
            unlinkat(fd, n->d_name, 0);
    if (d)
        closedir(d);
    rmdir(path);
}

/* Helpers of multiprocessing end a moment after the program. */
static uint32_t lasting_writer(int fd)
{
    uint32_t pid = any_writer(fd);

    for (int look = 0; pid != 0 && look < LOOKS; look++) {
        usleep(LOOK_US);
        pid = any_writer(fd);
    }
    return pid;
}

/* Puts what stands at the path aside when it is a recording. */
static bool set_aside(struct output *o, struct arena *a, struct err *e)
{
    struct stat s;
    int fd = open(o->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const char *fault = NULL;
    uint32_t writer;

    if (fd < 0 && errno == ENOTDIR && content_is_pack(o->path))
        fault = "it is a pack, and stays (-o names another place)";
    else if (fd < 0 || fstat(fd, &s) != 0)
        fault = errno == ENOTDIR || errno == ELOOP ? "it exists and is no recording"
                                                   : strerror(errno);
    else if (s.st_uid != geteuid())
        fault = "another user's";
    else if (!holds_recording(fd))
        fault = "it exists and is no recording";
    else if ((writer = lasting_writer(fd)) != 0)
        fault = arena_printf(a,
                             "process %u is writing it yet (end it, or name another "
                             "place by -o)",
                             writer)
                    .at;
    if (fd >= 0)
        close(fd);
    if (fault)
        return err_set(e, ERR_IO, "cannot record: %s: %s", o->shown, fault);
    o->aside = arena_printf(a, "%s.%ld.old", o->path, (long)getpid()).at;
    if (rename(o->path, o->aside) != 0) {
        o->aside = NULL;
        return err_set(e, ERR_IO, "cannot record: %s: %s", o->shown, strerror(errno));
    }
    return true;
}

/* 0700 whatever the umask takes away. */
static bool make_directory(const char *path)
{
    mode_t before = umask(077);
    bool made = mkdir(path, 0700) == 0;
    int fault = errno;

    umask(before);
    errno = fault;
    return made;
}

static bool open_directory(struct output *o, struct err *e)
{
    o->fd = open(o->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (o->fd >= 0)
        return true;
    return err_set(e, ERR_IO, "cannot record: %s: %s", o->shown, strerror(errno));
}

/* parent/name, absolute; parent "" is the current directory. */
static bool place(struct output *o, struct str parent, struct arena *a, struct err *e)
{
    const char *folder = parent.len ? arena_cstr(a, parent) : ".";
    char real[PATH_MAX];

    if (!realpath(folder, real))
        return err_set(e, ERR_IO, "cannot record: %s: %s", o->shown, strerror(errno));
    struct str name = str_basename(str_of(o->shown));
    o->path = arena_printf(a, "%s/%.*s", strcmp(real, "/") == 0 ? "" : real,
                           (int)name.len, name.at)
                  .at;
    return true;
}

static bool make_asked(struct output *o, const char *asked, struct arena *a,
                       struct err *e)
{
    struct str name = str_of(asked);

    while (name.len > 1 && name.at[name.len - 1] == '/')
        name.len--;
    o->shown = arena_printf(a, "%.*s%s", (int)name.len, name.at,
                            str_ends(name, STR(".sonde")) ? "" : ".sonde")
                   .at;
    name = str_of(o->shown);
    name.len -= str_basename(name).len;
    if (!place(o, name, a, e))
        return false;
    if (make_directory(o->path))
        return true;
    if (errno == EEXIST && !set_aside(o, a, e))
        return false;
    if (o->aside && make_directory(o->path))
        return true;
    err_set(e, ERR_IO, "cannot record: %s: %s", o->shown, strerror(errno));
    if (o->aside)
        rename(o->aside, o->path);
    return false;
}

static bool make_default(struct output *o, const char *program, struct arena *a,
                         struct err *e)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm local;

    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", localtime_r(&now, &local));
    for (int i = 1; i <= TRIES_MAX; i++) {
        const char *more = i == 1 ? "" : arena_printf(a, "-%d", i).at;
        o->shown =
            arena_printf(a, "%.*s-%s%s.sonde", PROGRAM_MAX, program, stamp, more).at;
        if (!place(o, (struct str){ 0 }, a, e))
            return false;
        if (make_directory(o->path))
            return true;
        if (errno != EEXIST)
            break;
    }
    return err_set(e, ERR_IO, "cannot record: %s: %s (-o names another place)",
                   o->shown, strerror(errno));
}

bool output_make(struct output *o, const char *asked, const char *program,
                 struct arena *a, struct err *e)
{
    *o = (struct output){ .fd = -1 };
    bool made = asked ? make_asked(o, asked, a, e) : make_default(o, program, a, e);

    if (!made || open_directory(o, e))
        return made;
    rmdir(o->path);
    output_undo(o);
    return false;
}

void output_keep(struct output *o)
{
    int fd =
        o->aside ? open(o->aside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

    if (fd >= 0) {
        remove_recording(fd, o->aside);
        close(fd);
    }
    o->aside = NULL;
}

void output_undo(struct output *o)
{
    if (o->fd >= 0) {
        remove_recording(o->fd, o->path);
        close(o->fd);
        o->fd = -1;
    }
    if (o->aside)
        rename(o->aside, o->path);
    o->aside = NULL;
}
