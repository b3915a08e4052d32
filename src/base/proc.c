/* SPDX-License-Identifier: Apache-2.0 */
/* proc.c - one line of fields; the second, the name, may hold anything. */
#include "base/proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PARENT = 4, USER = 14, SYSTEM = 15, START = 22 };

/* "" where there is none. */
static const char *next_field(const char *at)
{
    at += strcspn(at, " ");
    return at + (*at == ' ');
}

bool proc_stat(uint32_t pid, struct proc_stat *s)
{
    char path[32] = "/proc/self/stat", text[1024];

    if (pid != 0)
        snprintf(path, sizeof path, "/proc/%u/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = '\0';
    const char *at = strrchr(text, ')');
    if (!at)
        return false;
    uint64_t field[START + 1] = { 0 };
    for (int i = 3; i <= START; i++) {
        at = next_field(at);
        field[i] = strtoull(at, NULL, 10);
    }
    *s = (struct proc_stat){ (uint32_t)field[PARENT], field[USER], field[SYSTEM],
                             field[START] };
    return true;
}

bool proc_ran(uint32_t tid, int fd, struct proc_ran *r)
{
    char text[96];
    unsigned long long ran, ready, times;
    int own = fd;

    if (fd < 0) {
        snprintf(text, sizeof text, "/proc/%u/schedstat", tid);
        own = open(text, O_RDONLY | O_CLOEXEC);
    }
    ssize_t got = own < 0 ? -1 : pread(own, text, sizeof text - 1, 0);
    if (own >= 0 && own != fd)
        close(own);
    if (got <= 0)
        return false;
    text[got] = '\0';
    if (sscanf(text, "%llu %llu %llu", &ran, &ready, &times) != 3)
        return false;
    *r = (struct proc_ran){ ran, ready, times };
    return true;
}
