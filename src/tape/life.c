/* SPDX-License-Identifier: Apache-2.0 */
/* life.c - asks the kernel: the lock, then whose pid it is, then what that maps. */
#include "tape/life.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/host.h"
#include "base/proc.h"

bool life_is_locked(int fd, uint32_t *by)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
    bool held = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;

    if (by)
        *by = held && lock.l_pid > 0 ? (uint32_t)lock.l_pid : 0;
    return held;
}

/* Whether the process has the tape mapped; an exec takes that away. */
static bool is_mapped(uint32_t pid, ino_t inode, bool *known)
{
    char path[64], line[8192];
    unsigned long long found;
    bool mapped = false;

    snprintf(path, sizeof path, "/proc/%u/maps", pid);
    FILE *maps = fopen(path, "re");
    *known = maps != NULL;
    while (maps && !mapped && fgets(line, sizeof line, maps))
        mapped = sscanf(line, "%*s %*s %*s %*s %llu", &found) == 1 && found == inode;
    if (maps)
        fclose(maps);
    return mapped;
}

enum life life_of(int fd, const struct tape_header *h)
{
    struct proc_stat process;
    struct stat s;
    bool known = false;

    if (life_is_locked(fd, NULL))
        return LIFE_LIVES;
    if (h->magic != TAPE_MAGIC || h->state != TAPE_RUNNING)
        return LIFE_OVER;
    if (h->machine != host_id() || h->start_ticks == 0)
        return LIFE_MAYBE;
    if (!proc_stat(h->pid, &process) || process.start != h->start_ticks)
        return LIFE_OVER;
    if (!(h->flags & TAPE_SHARED) || fstat(fd, &s) != 0)
        return LIFE_MAYBE;
    if (is_mapped(h->pid, s.st_ino, &known))
        return LIFE_LIVES;
    return known ? LIFE_OVER : LIFE_MAYBE;
}
