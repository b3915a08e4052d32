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
