/* SPDX-License-Identifier: Apache-2.0 */
/* capture.c - a fork, a pipe, and an alarm that outlives exec. */
#include "run/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void become(const struct capture *c, int nothing, int out)
{
    dup2(nothing, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    alarm(c->seconds);
    if (!c->folder || chdir(c->folder) == 0)
        execve(c->argv[0], c->argv, c->environment ? c->environment : environ);
    _exit(127);
}

/* All of it is read, so that the program does not wait for us. */
static void read_all(int fd, char *output, size_t room)
{
    size_t len = 0;
    char rest[4096];
    ssize_t got;

    do {
        bool full = len == room - 1;

        got = read(fd, full ? rest : output + len, full ? sizeof rest : room - 1 - len);
        if (got > 0 && !full)
            len += (size_t)got;
    } while (got > 0 || (got < 0 && errno == EINTR));
    output[len] = '\0';
}

int capture(const struct capture *c, char *output, size_t room)
{
    int fds[2], status = -1, nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    output[0] = '\0';
    if (nothing < 0)
        return -1;
    if (pipe2(fds, O_CLOEXEC) != 0) {
        close(nothing);
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0)
        become(c, nothing, fds[1]);
    close(fds[1]);
    close(nothing);
    read_all(fds[0], output, room);
    close(fds[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 ? status : -1;
}

bool capture_good(const struct capture *c, char *output, size_t room)
{
    int status = capture(c, output, room);

    return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
