/* SPDX-License-Identifier: Apache-2.0 */
/* witness.c - two kinds of children that watch for the launcher. */
#include "run/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TITLE_MAX = 4096, WAKE_MS = 50 };

static void close_all(void)
{
    struct rlimit limit;

    if (close_range(0, ~0u, 0) == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    for (int fd = 0; fd < 65536 && (rlim_t)fd < limit.rlim_cur; fd++)
        close(fd);
}

/* The words lie end to end, the environment behind them: that is the room. */
static void set_title(char *const *argv)
{
    char title[TITLE_MAX] = "";
    size_t len = 0, room = strlen(program_invocation_name) + 1;
    char *start = program_invocation_name;

    for (; *argv && len < sizeof title - 1; argv++)
        len += (size_t)snprintf(title + len, sizeof title - len, len ? " %s" : "%s",
                                *argv);
    for (char **v = environ; *v; v++)
        if (*v > start && (size_t)(*v - start) < (1u << 20) &&
            (size_t)(*v - start) + strlen(*v) + 1 > room)
            room = (size_t)(*v - start) + strlen(*v) + 1;
    len = strlen(title);
    if (len >= room)
        len = room - 1;
    memset(start, 0, room);
    memcpy(start, title, len);
}

static pid_t fork_watcher(void)
{
    pid_t parent = getpid(), pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    close_all();
    return 0;
}

pid_t witness_start(char *const *argv)
{
    const char *name = strrchr(argv[0], '/');
    pid_t pid = fork_watcher();

    if (pid != 0)
        return pid;
    prctl(PR_SET_NAME, name ? name + 1 : argv[0]);
    set_title(argv);
    for (;;)
        pause(); /* every signal is blocked: until SIGKILL */
}

/* A line of /proc/PID/NAME that begins so, from behind that beginning. */
static bool read_line(pid_t pid, const char *name, const char *begin, char *line,
                      size_t size)
{
    char path[64], text[32768]; /* the list of groups can be long */

    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    const char *at = strstr(text, begin);
    if (at)
        snprintf(line, size, "%.*s", (int)strcspn(at + strlen(begin), "\n"),
                 at + strlen(begin));
    return at != NULL;
}

uint64_t witness_pending(pid_t pid)
{
    char line[64];

    if (pid <= 0 || !read_line(pid, "status", "\nShdPnd:", line, sizeof line))
        return 0;
    return strtoull(line, NULL, 16);
}

void witness_stop(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

char witness_state(pid_t pid)
{
    char state[64];

    if (pid <= 0 || !read_line(pid, "status", "\nState:\t", state, sizeof state))
        return 0;
    return state[0];
}

pid_t witness_wake(pid_t stopped)
{
    struct timespec pause_for = { 0, WAKE_MS * 1000000L };
    pid_t parent = getpid(), pid = fork_watcher();

    if (pid != 0)
        return pid;
    while (witness_state(stopped) == 'T' || witness_state(stopped) == 't')
        nanosleep(&pause_for, NULL);
    kill(parent, SIGCONT);
    _exit(0);
}
