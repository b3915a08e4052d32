/* SPDX-License-Identifier: Apache-2.0 */
/* draw.c - the text lies in memory and is dot's stdin; the picture comes by a pipe. */
#include "cmd/draw.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/out.h"
#include "run/target.h"

enum { PICTURE_MOST = 1 << 30 };

static _Noreturn void become(const char *dot, const char *format, int in, int out,
                             struct arena *a)
{
    const char *kind = arena_printf(a, "-T%s", format).at;
    char *argv[] = { (char *)dot, (char *)kind, NULL };
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO); /* it complains of fonts */
    execv(dot, argv);
    _exit(127);
}

static int text_file(struct str text)
{
    int fd = memfd_create("dot", MFD_CLOEXEC);

    for (size_t at = 0; fd >= 0 && at < text.len;) {
        ssize_t put = write(fd, text.at + at, text.len - at);

        if (put <= 0) {
            close(fd);
            return -1;
        }
        at += (size_t)put;
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

/* false: it is not done in time. */
static bool listen(int fd, uint64_t end_ns, struct out *picture)
{
    char bytes[1 << 16];

    for (;;) {
        uint64_t now = clock_monotonic_ns();
        struct pollfd p = { .fd = fd, .events = POLLIN };

        if (now >= end_ns || out_text(picture).len > PICTURE_MOST)
            return false;
        if (poll(&p, 1, (int)((end_ns - now) / 1000000) + 1) <= 0)
            continue;
        ssize_t got = read(fd, bytes, sizeof bytes);
        if (got == 0)
            return true;
        if (got > 0)
            out_bytes(picture, bytes, (size_t)got);
        else if (errno != EINTR)
            return true;
    }
}

enum drawn draw(struct str text, const char *format, uint64_t most_ns,
                struct str *picture, struct arena *a, struct err *e)
{
    const char *dot = target_on_path("dot", a);
    int in = dot ? text_file(text) : -1, ends[2] = { -1, -1 }, status = -1;
    uint64_t end = clock_monotonic_ns() + most_ns;

    if (!dot) {
        err_set(e, ERR_TARGET,
                "cannot draw: dot is not on PATH (install Graphviz, as by apt install "
                "graphviz; -o calls.dot writes the text for it)");
        return DRAW_FAILED;
    }
    pid_t pid = in >= 0 && pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    if (pid == 0)
        become(dot, format, in, ends[1], a);
    if (pid < 0) {
        err_set(e, ERR_IO, "cannot start: %s: %s", dot, strerror(errno));
        return DRAW_FAILED;
    }
    close(in);
    close(ends[1]);
    struct out *made = out_memory();
    bool done = listen(ends[0], end, made);
    close(ends[0]);
    if (!done)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    *picture = arena_str(a, out_text(made));
    out_abandon(made);
    if (!done)
        return DRAW_LATE;
    if (status == 0 && picture->len > 0)
        return DRAWN;
    err_set(e, ERR_TARGET,
            "cannot draw: %s -T%s failed (status %d; -o calls.dot writes "
            "the text for it)",
            dot, format,
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return DRAW_FAILED;
}
