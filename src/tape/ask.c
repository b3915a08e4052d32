/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c - one visit to each tape: does its writer live, has it been asked, has it
 * answered? A reset removes the tapes of those that have ended: what they counted was
 * before it. */
#include "tape/ask.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "tape/asked.h"
#include "tape/life.h"
#include "tape/names.h"
#include "tape/recording.h"

enum stage {
    STAGE_NEW,   /* not asked yet: perhaps its header is not there yet */
    STAGE_ASKED, /* and it lives, as far as is known */
    STAGE_OVER,  /* none to ask (any more) */
};

struct visited {
    const char *name;
    enum stage stage;
    uint32_t pid;
};

struct ask {
    struct arena *arena;
    const char *path;
    enum ask_what what;
    int fd; /* the directory */
    uint64_t began_ns;
    struct visited *at; /* by name */
    uint32_t count, room, sorted;
    bool launcher; /* lives */
    bool asking;   /* else it is only looked who lives */
    int fault;     /* errno of what could not be written */
    struct ask_answers answers;
};

static const char *const verb[] = { "stop", "start", "reset" };

/* A tape is made before it has a lock and a header: so long after we began one without
 * is no writer's that will go on. */
enum { BEGINS_NS = 50000000 };

static int by_name(const void *a, const void *b)
{
    const struct visited *left = a, *right = b;

    return strcmp(left->name, right->name);
}

static bool is_known(const struct ask *a, const char *name)
{
    struct visited wanted = { .name = name };

    return a->sorted > 0 &&
           bsearch(&wanted, a->at, a->sorted, sizeof *a->at, by_name) != NULL;
}

static void add(struct ask *a, const char *name)
{
    if (a->count == a->room) {
        size_t size = sizeof *a->at;
        uint32_t room = a->room ? a->room * 2 : 64;

        a->at = arena_grow(a->arena, a->at, a->room * size, room * size);
        a->room = room;
    }
    a->at[a->count++] = (struct visited){ .name = arena_cstr(a->arena, str_of(name)) };
}

/* Those that came since the last time. */
static void list(struct ask *a)
{
    int copy = openat(a->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;

    for (struct dirent *n; d && (n = readdir(d));)
        if (n->d_name[0] != '.' && str_ends(str_of(n->d_name), STR(".tape")) &&
            !is_known(a, n->d_name))
            add(a, n->d_name);
    if (d)
        closedir(d);
    else if (copy >= 0)
        close(copy);
    if (a->count > 0)
        qsort(a->at, a->count, sizeof *a->at, by_name);
    a->sorted = a->count;
}

static bool put(struct ask *a, int fd, const void *bytes, size_t len, size_t at)
{
    ssize_t n;

    do
        n = pwrite(fd, bytes, len, (off_t)(TAPE_CONTROL_AT + at));
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)len)
        return true;
    a->fault = n < 0 ? errno : ENOSPC;
    return false;
}

#define PUT(a, fd, control, field)                                                     \
    put(a, fd, &(control)->field, sizeof(control)->field,                              \
        offsetof(struct tape_control, field))

/* Of one who has not heard the stop before it the pause would be lost: it is left
 * beside the wish. What a reset finds is past. */
static struct tape_control wanted(const struct ask *a, const struct tape_header *h)
{
    struct tape_control c = h->control;
    bool unheard = asked_hold(&c, &h->answer);

    c.begun = ++c.asked;
    c.idle = 0;
    if (a->what == ASK_START && unheard && a->began_ns > c.hold_ns)
        c.unheard_ns += a->began_ns - c.hold_ns;
    if ((a->what == ASK_STOP && !unheard) || (a->what == ASK_RESET && unheard))
        c.hold_ns = a->began_ns;
    if (a->what == ASK_RESET) {
        c.resets++;
        c.reset_ns = a->began_ns;
        c.unheard_before_ns = c.unheard_ns;
    } else {
        c.wish = a->what == ASK_STOP ? TAPE_WISH_HOLD : TAPE_WISH_COUNT;
        c.wish_ns = a->began_ns;
    }
    return c;
}

/* That something is, what, that it is all there, then the byte that events look at. */
static bool write_control(struct ask *a, int fd, const struct tape_header *h)
{
    struct tape_control c = wanted(a, h);

    return PUT(a, fd, &c, begun) && PUT(a, fd, &c, resets) &&
           PUT(a, fd, &c, reset_ns) && PUT(a, fd, &c, hold_ns) &&
           PUT(a, fd, &c, unheard_ns) && PUT(a, fd, &c, unheard_before_ns) &&
           PUT(a, fd, &c, wish_ns) && PUT(a, fd, &c, wish) && PUT(a, fd, &c, asked) &&
           PUT(a, fd, &c, idle);
}

/* When what a tape has counted began. */
static uint64_t since_ns(const struct tape_header *h)
{
    return h->answer.since.ns ? h->answer.since.ns : h->first.ns;
}

static bool is_done(const struct ask *a, const struct tape_header *h)
{
    switch (a->what) {
    case ASK_STOP:
        return h->answer.counting != TAPE_COUNTS;
    case ASK_START:
        return h->answer.counting == TAPE_COUNTS;
    case ASK_RESET:
        return since_ns(h) >= a->began_ns || h->answer.resets == h->control.resets;
    }
    return true;
}

static void count(struct ask *a, const struct visited *v, const struct tape_header *h)
{
    struct ask_answers *n = &a->answers;

    n->living++;
    if (is_done(a, h)) {
        n->done++;
    } else if (h->answer.counting == TAPE_STOPPED) {
        n->own++;
    } else {
        n->later += a->what == ASK_START || !(h->flags & TAPE_SHARED);
        if (n->waiting < ASK_NAMED)
            n->pid[n->waiting] = v->pid;
        n->waiting++;
    }
}

static void visit_living(struct ask *a, struct visited *v, int fd,
                         const struct tape_header *h)
{
    v->pid = h->pid;
    if (v->stage == STAGE_NEW && a->asking) {
        if (a->what == ASK_RESET && since_ns(h) >= a->began_ns) { /* it began since */
            v->stage = STAGE_OVER;
            return;
        }
        if (write_control(a, fd, h))
            v->stage = STAGE_ASKED;
    }
    count(a, v, h);
}

static void visit_over(struct ask *a, struct visited *v, const struct tape_header *h)
{
    if (!a->asking)
        return;
    v->stage = STAGE_OVER;
    if (a->what == ASK_RESET && since_ns(h) < a->began_ns)
        unlinkat(a->fd, v->name, 0);
}

static void visit_launcher(struct ask *a, struct visited *v, int fd,
                           const struct tape_header *h, enum life life)
{
    struct tape_control c = h->control;

    a->launcher = life == LIFE_LIVES;
    if (!a->asking)
        return;
    v->stage = STAGE_OVER;
    c.reset_ns = a->began_ns;
    if (a->what == ASK_RESET)
        PUT(a, fd, &c, reset_ns);
}

/* Its header is not there (yet). */
static void visit_begun(struct ask *a, struct visited *v, enum life life)
{
    if (life == LIFE_LIVES || clock_monotonic_ns() < a->began_ns + BEGINS_NS) {
        a->answers.living++;
        a->answers.waiting++;
        a->answers.later++;
    } else if (a->asking) {
        v->stage = STAGE_OVER;
    }
}

static void visit_open(struct ask *a, struct visited *v, int fd)
{
    struct tape_header h = { 0 };
    ssize_t got = pread(fd, &h, sizeof h, 0);
    enum life life = life_of(fd, &h);

    if (got < 0 || (h.magic != 0 && h.magic != TAPE_MAGIC) || h.version > TAPE_VERSION)
        v->stage = STAGE_OVER;
    else if (got < (ssize_t)sizeof h || h.magic == 0)
        visit_begun(a, v, life);
    else if (h.role == TAPE_ROLE_LAUNCHER)
        visit_launcher(a, v, fd, &h, life);
    else if (life == LIFE_LIVES)
        visit_living(a, v, fd, &h);
    else if (life == LIFE_OVER)
        visit_over(a, v, &h);
    else if (a->asking)
        v->stage = STAGE_OVER; /* nobody can tell: it is left as it is */
}

/* Gone, or something else of that name: a directory, a link, a socket. */
static bool is_no_tape(int fault)
{
    return fault == ENOENT || fault == EISDIR || fault == ELOOP || fault == ENXIO;
}

static void visit(struct ask *a, struct visited *v)
{
    int flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    int fd = openat(a->fd, v->name, O_RDWR | flags);
    struct stat s;

    if (fd < 0) {
        if (!is_no_tape(errno))
            a->fault = errno;
        v->stage = STAGE_OVER;
        return;
    }
    if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode))
        visit_open(a, v, fd);
    else
        v->stage = STAGE_OVER;
    close(fd);
}

struct ask_answers ask_look(struct ask *a)
{
    a->answers = (struct ask_answers){ 0 };
    list(a);
    for (uint32_t i = 0; i < a->count; i++)
        if (a->at[i].stage != STAGE_OVER)
            visit(a, &a->at[i]);
    return a->answers;
}

/* Two who ask at once do so one after the other; who holds the other up for too long
 * is not waited for. */
static void lock(int fd)
{
    const struct timespec pause = { .tv_nsec = 1000000 };

    for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0 && i < 500; i++)
        nanosleep(&pause, NULL);
}

/* What processes that begin look for; before the tapes are written to. */
static bool tell_who_begins(struct ask *a, struct err *e)
{
    int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    bool told = true;

    if (a->what == ASK_STOP) {
        int fd = openat(a->fd, TAPE_STOPPED_NAME, flags, 0600);
        told = fd >= 0;
        if (told)
            close(fd);
    } else if (a->what == ASK_START) {
        told = unlinkat(a->fd, TAPE_STOPPED_NAME, 0) == 0 || errno == ENOENT;
    }
    return told || err_set(e, ERR_IO, "cannot %s: %s: %s", verb[a->what], a->path,
                           strerror(errno));
}

static bool somebody_lives(struct ask *a, struct err *e)
{
    struct ask_answers found = ask_look(a);

    if (found.living > 0 || a->launcher)
        return true;
    if (a->fault != 0)
        return err_set(e, ERR_IO, "cannot %s: %s: %s", verb[a->what], a->path,
                       strerror(a->fault));
    return err_set(e, ERR_TARGET,
                   "cannot %s: %s: its program has ended (sonde report reads it)",
                   verb[a->what], a->path);
}

static bool ask_all(struct ask *a, struct err *e)
{
    if (!somebody_lives(a, e) || !tell_who_begins(a, e))
        return false;
    lock(a->fd);
    a->asking = true;
    ask_look(a);
    flock(a->fd, LOCK_UN);
    return a->fault == 0 || err_set(e, ERR_IO, "cannot %s: %s: %s", verb[a->what],
                                    a->path, strerror(a->fault));
}

/* A directory with tapes in it, or e says what it is instead. */
static bool is_recording(const char *path, enum ask_what what, struct err *e)
{
    struct recording *r = recording_open(path, e);
    struct stat s;

    if (!r)
        return false;
    bool pack = recording_is_pack(r),
         directory = stat(path, &s) == 0 && S_ISDIR(s.st_mode);
    struct tape_header header;
    bool tape = pack || directory || recording_peek(r, 0, &header, e);
    recording_close(r);
    if (!tape)
        return false;
    if (pack)
        return err_set(e, ERR_FORMAT,
                       "cannot %s: %s: a pack is not written to any more", verb[what],
                       path);
    return directory ||
           err_set(e, ERR_FORMAT, "cannot %s: %s: one tape, not its recording",
                   verb[what], path);
}

struct ask *ask_open(const char *recording, enum ask_what what, struct err *e)
{
    if (!is_recording(recording, what, e))
        return NULL;
    struct arena *arena = arena_open();
    struct ask *a = arena_alloc(arena, sizeof *a);
    *a = (struct ask){ .arena = arena,
                       .path = arena_cstr(arena, str_of(recording)),
                       .what = what,
                       .began_ns = clock_monotonic_ns() };
    a->fd = open(recording, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (a->fd < 0)
        err_set(e, ERR_IO, "cannot %s: %s: %s", verb[what], recording, strerror(errno));
    else if (ask_all(a, e))
        return a;
    ask_close(a);
    return NULL;
}

void ask_close(struct ask *a)
{
    if (!a)
        return;
    if (a->fd >= 0)
        close(a->fd);
    arena_close(a->arena);
}
