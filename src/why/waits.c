/* SPDX-License-Identifier: Apache-2.0 */
/* waits.c - by the call; where it has a descriptor, by what that is open on. Of several
 * descriptors it is the one that came to be ready. */
#include "why/waits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include "why/syscalls.h"

enum source {
    BY_KIND,
    BY_FIRST, /* the first argument is a descriptor */
    BY_POLL,
    BY_SELECT,
    BY_EPOLL,
    BY_FCNTL,
};

/* By name, as not every machine has each of them. */
static const struct row {
    enum source source;
    enum wait_kind kind;
    const char *names; /* each with a blank before and behind */
} rows[] = {
    { BY_FIRST, WAIT_OTHER,
      " read write readv writev pread64 pwrite64 preadv pwritev preadv2"
      " pwritev2 sendfile splice tee copy_file_range accept accept4 connect"
      " sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg ioctl close"
      " fallocate ftruncate getdents64 getdents " },
    { BY_POLL, WAIT_OTHER, " poll ppoll " },
    { BY_SELECT, WAIT_OTHER, " select pselect6 " },
    { BY_EPOLL, WAIT_OTHER, " epoll_wait epoll_pwait epoll_pwait2 " },
    { BY_FCNTL, WAIT_OTHER, " fcntl " },
    { BY_KIND, WAIT_DISK,
      " fsync fdatasync sync syncfs sync_file_range msync open openat"
      " openat2 creat stat lstat newfstatat statx access faccessat"
      " faccessat2 readlink readlinkat unlink unlinkat mkdir mkdirat rmdir"
      " rename renameat renameat2 link linkat symlink symlinkat chmod"
      " fchmodat fchownat utimensat truncate statfs execve execveat madvise"
      " readahead " },
    { BY_KIND, WAIT_LOCK, " futex flock semop semtimedop mmap munmap mprotect brk " },
    { BY_KIND, WAIT_PIPE, " msgrcv msgsnd mq_timedreceive mq_timedsend " },
    { BY_KIND, WAIT_CHILD, " wait4 waitid clone clone3 fork vfork " },
    { BY_KIND, WAIT_SLEEP,
      " nanosleep clock_nanosleep pause rt_sigsuspend rt_sigtimedwait " },
};

const char *wait_name(enum wait_kind k)
{
    static const char *const names[WAITS] = {
        [WAIT_DISK] = "the disk",         [WAIT_NETWORK] = "the network",
        [WAIT_SLEEP] = "time to pass",    [WAIT_TERMINAL] = "the terminal",
        [WAIT_OTHER] = "other things",    [WAIT_PIPE] = "a pipe",
        [WAIT_LOCK] = "a lock or thread", [WAIT_CHILD] = "a child",
    };

    return names[k];
}

/* /proc/net/unix and its like: is a socket of that inode in the list? */
static bool is_local(pid_t tid, ino_t inode)
{
    char line[512];
    unsigned long long found;
    bool is = false;

    snprintf(line, sizeof line, "/proc/%d/net/unix", (int)tid);
    FILE *f = fopen(line, "re");
    while (f && !is && fgets(line, sizeof line, f))
        is = sscanf(line, "%*s %*s %*s %*s %*s %*s %llu", &found) == 1 &&
             (ino_t)found == inode;
    if (f)
        fclose(f);
    return is;
}

/* Descriptor `fd` of a thread: /proc/PID/fd leads to the very thing. */
static enum wait_kind of_descriptor(pid_t tid, uint64_t fd)
{
    enum { TTY = 4, TTY_NOW = 5, PTS_FIRST = 136, PTS_LAST = 143 };
    char path[64];
    struct stat s;

    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)tid, (int)fd);
    if (stat(path, &s) != 0)
        return WAIT_OTHER;
    if (S_ISSOCK(s.st_mode))
        return is_local(tid, s.st_ino) ? WAIT_PIPE : WAIT_NETWORK;
    if (S_ISFIFO(s.st_mode))
        return WAIT_PIPE;
    if (S_ISREG(s.st_mode) || S_ISDIR(s.st_mode) || S_ISBLK(s.st_mode))
        return WAIT_DISK;
    unsigned type = S_ISCHR(s.st_mode) ? major(s.st_rdev) : 0;
    return type == TTY || type == TTY_NOW || (type >= PTS_FIRST && type <= PTS_LAST)
               ? WAIT_TERMINAL
               : WAIT_OTHER;
}

static bool peek(pid_t tid, uint64_t address, void *into, size_t len)
{
    struct iovec here = { into, len },
                 there = { (void *)(uintptr_t)address, len }; /* not ours */

    return address != 0 &&
           process_vm_readv(tid, &here, 1, &there, 1, 0) == (ssize_t)len;
}

static enum wait_kind of_poll(pid_t tid, const struct waited *w)
{
    struct pollfd p;

    for (uint64_t i = 0; i < w->args[1] && i < 4096; i++)
        if (!peek(tid, w->args[0] + i * sizeof p, &p, sizeof p))
            break;
        else if (p.revents)
            return of_descriptor(tid, (uint64_t)p.fd);
    return WAIT_OTHER;
}

static enum wait_kind of_select(pid_t tid, const struct waited *w)
{
    fd_set set;
    uint64_t fds = w->args[0] < FD_SETSIZE ? w->args[0] : FD_SETSIZE;

    for (int i = 1; i <= 3; i++) {
        if (!peek(tid, w->args[i], &set, sizeof set))
            continue;
        for (uint64_t fd = 0; fd < fds; fd++)
            if (FD_ISSET((int)fd, &set))
                return of_descriptor(tid, fd);
    }
    return WAIT_OTHER;
}

/* What is in the event is the program's own; mostly it is the descriptor. */
static enum wait_kind of_epoll(pid_t tid, const struct waited *w)
{
    struct epoll_event event;
    enum wait_kind kind = WAIT_OTHER;

    if (peek(tid, w->args[1], &event, sizeof event) && event.data.fd >= 0)
        kind = of_descriptor(tid, (uint64_t)event.data.fd);
    return kind == WAIT_DISK || kind == WAIT_OTHER ? WAIT_NETWORK : kind;
}

static enum wait_kind of_row(pid_t tid, const struct row *row, const struct waited *w)
{
    bool several =
        row->source == BY_POLL || row->source == BY_SELECT || row->source == BY_EPOLL;

    if (several && w->result <= 0)
        return WAIT_SLEEP; /* until its time was over, or a signal came */
    switch (row->source) {
    case BY_KIND:
        return row->kind;
    case BY_FIRST:
        return of_descriptor(tid, w->args[0]);
    case BY_POLL:
        return of_poll(tid, w);
    case BY_SELECT:
        return of_select(tid, w);
    case BY_EPOLL:
        return of_epoll(tid, w);
    case BY_FCNTL:
        return w->args[1] == F_SETLKW || w->args[1] == F_OFD_SETLKW ? WAIT_LOCK
                                                                    : WAIT_DISK;
    }
    return WAIT_OTHER;
}

enum wait_kind wait_of(pid_t tid, const struct waited *w)
{
    struct arena *a = arena_open();
    struct str name = syscalls_name(w->number, a);
    const char *key = arena_printf(a, " %.*s ", (int)name.len, name.at).at;
    enum wait_kind kind = WAIT_OTHER;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strstr(rows[i].names, key))
            kind = of_row(tid, &rows[i], w);
    arena_close(a);
    return kind;
}
