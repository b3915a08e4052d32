/* SPDX-License-Identifier: Apache-2.0 */
/* command.c - fork, exec, wait4. fork and not vfork: the kernel counts the memory of
 * the process before exec to the peak of the one after, and what a fork has of ours is
 * less than any program takes. The fork is ours and no time of the command's: the clock
 * runs from the call of exec. */
#include "why/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

static const int from_terminal[] = { SIGINT, SIGQUIT };
static const int for_us[] = { SIGTERM, SIGHUP };
enum {
    TERMINAL = sizeof from_terminal / sizeof *from_terminal,
    FOR_US = sizeof for_us / sizeof *for_us
};

static struct sigaction terminal_before[TERMINAL], us_before[FOR_US], child_before;
static volatile sig_atomic_t stopped_by, running;

static void on_terminal(int number)
{
    stopped_by = number;
}

static void on_end(int number)
{
    stopped_by = number;
    if (running > 0)
        kill((pid_t)running, number);
}

static void ours(int number, void (*handler)(int), struct sigaction *before)
{
    struct sigaction s = { .sa_handler = handler, .sa_flags = SA_RESTART };

    sigaction(number, NULL, before);
    if (before->sa_handler != SIG_IGN)
        sigaction(number, &s, NULL);
}

void command_signals_ours(void)
{
    struct sigaction standard = { .sa_handler = SIG_DFL };

    for (int i = 0; i < TERMINAL; i++)
        ours(from_terminal[i], on_terminal, &terminal_before[i]);
    for (int i = 0; i < FOR_US; i++)
        ours(for_us[i], on_end, &us_before[i]);
    sigaction(SIGCHLD, &standard, &child_before); /* ignored, none would be reported */
}

void command_signals_back(void)
{
    for (int i = 0; i < TERMINAL; i++)
        sigaction(from_terminal[i], &terminal_before[i], NULL);
    for (int i = 0; i < FOR_US; i++)
        sigaction(for_us[i], &us_before[i], NULL);
    sigaction(SIGCHLD, &child_before, NULL);
}

int command_stopped_by(void)
{
    return stopped_by;
}

void command_is(int pid)
{
    running = pid;
}

/* Each run has an offset of its own: the file is opened anew. */
static int input(const struct command_files *f)
{
    char path[40];

    if (f->in < 0)
        return open("/dev/null", O_RDONLY);
    static const char before[] = "/proc/self/fd/";
    size_t at = sizeof before - 1;
    memcpy(path, before, at);
    if (f->in > 9)
        path[at++] = (char)('0' + f->in / 10 % 10);
    path[at++] = (char)('0' + f->in % 10);
    path[at] = '\0';
    int fd = open(path, O_RDONLY);
    if (fd >= 0)
        lseek(fd, f->start, SEEK_SET);
    return fd;
}

void command_child(const struct command_files *f)
{
    command_signals_back();
    if (!f->inherit) {
        int fd = input(f);

        if (fd > STDIN_FILENO) {
            dup2(fd, STDIN_FILENO);
            close(fd);
        }
    }
    if (!f->shown) {
        int fd = open("/dev/null", O_WRONLY);

        dup2(fd, STDOUT_FILENO);
        if (!f->errors)
            dup2(fd, STDERR_FILENO);
        if (fd > STDERR_FILENO)
            close(fd);
    }
    if (f->error > 0)
        dup2(f->error, STDERR_FILENO);
}

static _Noreturn void become(const struct command *c, const struct command_files *f,
                             int told, uint64_t *start)
{
    command_child(f);
    *start = clock_monotonic_ns();
    execvp(c->argv[0], c->argv);
    int fault = errno;
    ssize_t written = write(told, &fault, sizeof fault);
    _exit(written < 0 ? 126 : 127);
}

bool command_refused(const struct command *c, int fault, int *status, struct err *e)
{
    bool there = strchr(c->argv[0], '/') && access(c->argv[0], F_OK) == 0;

    *status = (fault == ENOENT ? 127 : 126) << 8;
    if (fault == ENOENT && there)
        return err_set(e, ERR_TARGET,
                       "cannot run: %s: the interpreter it asks for is missing",
                       c->argv[0]);
    if (fault == ENOENT && strchr(c->argv[0], ' '))
        return err_set(e, ERR_TARGET,
                       "cannot run: %s: no such command (a command of several words "
                       "is not quoted, or behind -c)",
                       c->argv[0]);
    return err_set(e, ERR_TARGET, "cannot run: %s: %s", c->argv[0],
                   fault == ENOENT ? "no such file or command" : strerror(fault));
}

bool command_run(const struct command *c, const struct command_files *f,
                 struct command_run *r, struct err *e)
{
    static uint64_t *start = MAP_FAILED; /* what the child has, we have */
    int told[2], fault = 0;

    *r = (struct command_run){ 0 };
    if (start == MAP_FAILED)
        start = mmap(NULL, sizeof *start, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED || pipe2(told, O_CLOEXEC) != 0)
        return command_refused(c, errno, &r->status, e);
    pid_t pid = fork();
    if (pid == 0)
        become(c, f, told[1], start);
    fault = pid < 0 ? errno : 0;
    running = pid;
    close(told[1]);
    while (pid > 0 && read(told[0], &fault, sizeof fault) < 0 && errno == EINTR)
        continue;
    close(told[0]);
    while (pid > 0 && wait4(pid, &r->status, 0, &r->used) < 0 && errno == EINTR)
        continue;
    r->wall_ns = clock_monotonic_ns() - *start;
    running = 0;
    return fault == 0 || command_refused(c, fault, &r->status, e);
}

int command_shell_status(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

uint64_t command_ns(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000u;
}

uint64_t command_cpu_ns(const struct command_run *r)
{
    return command_ns(r->used.ru_utime) + command_ns(r->used.ru_stime);
}
