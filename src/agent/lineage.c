/* SPDX-License-Identifier: Apache-2.0 */
/* lineage.c - whose child a process is. Between it and the nearest that is recorded
 * may stand others (sh, env, timeout), and those may end before anybody reads: so the
 * pids above are written down while they are there to be asked. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/children.h"

static struct {
    bool forked;
    uint32_t above[TAPE_ANCESTORS]; /* of a forked one: who forked it, and above */
} from;

/* The one who forked is not always its parent any more: a daemon's has ended. */
void lineage_leave(const struct tape_header *parents)
{
    uint32_t n = 0;

    from.forked = true;
    from.above[n++] = parents->pid;
    if (parents->parent_pid != 0)
        from.above[n++] = parents->parent_pid;
    for (uint32_t i = 0; i < TAPE_ANCESTORS && n < TAPE_ANCESTORS; i++)
        from.above[n++] = parents->ancestors[i];
    while (n < TAPE_ANCESTORS)
        from.above[n++] = 0;
}

/* Field 4 of /proc/PID/stat; 0: it is not there. */
static uint32_t parent_of(uint32_t pid)
{
    char path[32], text[512];

    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    const char *at = strrchr(text, ')'); /* the name before it may hold anything */
    return at && at[1] == ' ' && at[2] != '\0' && at[3] == ' '
               ? (uint32_t)strtoul(at + 4, NULL, 10)
               : 0;
}

void lineage_tell(struct tape_header *h)
{
    h->flags |= from.forked ? TAPE_FORKED : TAPE_EXECUTED;
    if (from.forked) {
        memcpy(h->ancestors, from.above, sizeof h->ancestors);
        return;
    }
    uint32_t pid = h->parent_pid;
    for (uint32_t i = 0; i < TAPE_ANCESTORS && pid > 1; i++)
        h->ancestors[i] = pid = parent_of(pid);
}
