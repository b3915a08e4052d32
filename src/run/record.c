/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - one process record, and a count of files. */
#include "run/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tape/fault.h"
#include "tape/life.h"
#include "tape/read.h"

enum { RECORD_BYTES = 64 * 1024 }; /* one process and its name */

bool record_open(struct record *r, const struct output *o, enum writer_io io,
                 struct err *e)
{
    /* Ours tells ticks from ns for agents that are killed before theirs can. */
    struct writer_how how = {
        .role = TAPE_ROLE_LAUNCHER,
        .clock = clock_trusts_tsc() ? CLOCK_KIND_TSC : CLOCK_KIND_MONOTONIC,
        .io = io,
        .step = RECORD_BYTES,
    };

    *r = (struct record){ 0 };
    if (writer_open(&r->writer, o->path, &how)) {
        r->inode = r->writer.inode;
        return true;
    }
    return err_set(e, ERR_IO, "cannot record: %s: %s", o->shown, strerror(errno));
}

/* A file somebody cut short would kill who touches what is missing. */
static bool is_whole(const struct writer *w)
{
    struct stat s;

    return !w->shared || (fstat(w->fd, &s) == 0 && (size_t)s.st_size >= w->mapped);
}

void record_started(struct record *r, const struct launch *l, const char *name)
{
    struct writer *w = &r->writer;

    if (!w->base || !is_whole(w))
        return;
    tape_text text = writer_text(w, name, strlen(name));
    writer_header(w)->program = text;
    r->process = writer_add(w, &w->processes, TAPE_PROCESSES, 0);
    if (r->process == 0)
        return;
    struct tape_process *p = writer_cell(w, r->process);
    p->name = text;
    p->pid = (uint32_t)l->pid;
    p->parent_pid = (uint32_t)getpid();
    p->start_ns = l->start_ns;
    writer_commit(&w->processes);
    writer_flush(w);
}

void record_ended(struct record *r, const struct launch *l)
{
    if (!r->writer.base)
        return;
    if (!is_whole(&r->writer)) {
        writer_forget(&r->writer);
        return;
    }
    if (r->process != 0) {
        struct tape_process *p = writer_cell(&r->writer, r->process);
        p->status = (uint32_t)l->status;
        p->end_ns = l->end_ns;
        p->cpu_ns = l->cpu_ns;
        p->max_rss_bytes = l->max_rss_bytes;
        __atomic_store_n(&p->flags, p->flags | TAPE_PROCESS_ENDED, __ATOMIC_RELEASE);
    }
    writer_close(&r->writer);
}

static void read_note(int folder, const char *name, struct record_found *found,
                      struct arena *a)
{
    char text[4096];
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = '\0';
    size_t first = strcspn(text, "\n");
    const char *second = text + first + (text[first] == '\n');
    struct str note = { text, first }, why = { second, strcspn(second, "\n") };
    bool failed = str_begins(why, STR("agent: "));

    found->notes += first > 0; /* there was no room for an empty one */
    if (failed || found->failed == 0) {
        found->note = arena_cstr(a, note);
        found->why = arena_cstr(a, why);
    }
    found->failed += failed;
}

static bool was_replaced(const struct output *o)
{
    struct stat ours, there;

    return fstat(o->fd, &ours) != 0 || stat(o->path, &there) != 0 ||
           ours.st_dev != there.st_dev || ours.st_ino != there.st_ino;
}

/* By a writer that lives. */
static bool is_held(const char *path)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    bool held = fd >= 0 && life_is_locked(fd, NULL);

    if (fd >= 0)
        close(fd);
    return held;
}

static void look_into(const char *path, struct record_found *found)
{
    struct tape_header h;
    struct err ignored = { 0 }; /* the report tells it */

    if (!tape_peek(path, &h, &ignored))
        return;
    found->reset |= h.role == TAPE_ROLE_LAUNCHER && h.answer.since.ns != 0;
    bool behind = fault_behind(&h, is_held(path));
    if (h.fault != 0 && (h.lost_events > 0 || behind))
        found->fault = h.fault;
    found->lost += h.lost_events;
    found->behind += behind;
}

static void say_whose(struct record_found *found)
{
    const char *whose = found->tapes > 0 ? "a process of it" : "the program";

    if (found->failed > 1)
        snprintf(found->whose, sizeof found->whose, "%d processes of it",
                 found->failed);
    else
        snprintf(found->whose, sizeof found->whose, "%s", whose);
}

/* Why even a note may be missing. */
static uint32_t room_fault(const struct output *o)
{
    int fd = openat(o->fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    int fault = fd < 0 ? errno : posix_fallocate(fd, 0, RECORD_BYTES);

    if (fd >= 0)
        close(fd);
    return fault == EOPNOTSUPP || fault == EISDIR || fault == EINVAL ? 0
                                                                     : (uint32_t)fault;
}

struct record_found record_look(const struct record *r, const struct output *o,
                                struct arena *a)
{
    struct record_found found = { .replaced = was_replaced(o) };
    int copy = openat(o->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;

    for (struct dirent *n; d && (n = readdir(d));) {
        struct stat s;

        if (str_ends(str_of(n->d_name), STR(".note")))
            read_note(o->fd, n->d_name, &found, a);
        else if (str_ends(str_of(n->d_name), STR(".tape")) &&
                 fstatat(o->fd, n->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0)
            found.tapes += s.st_ino != r->inode;
        if (str_ends(str_of(n->d_name), STR(".tape")))
            look_into(arena_printf(a, "%s/%s", o->path, n->d_name).at, &found);
    }
    if (d)
        closedir(d);
    say_whose(&found);
    if (found.fault == 0 && (found.behind > 0 || found.tapes + found.notes == 0))
        found.fault = room_fault(o);
    return found;
}
