/* SPDX-License-Identifier: Apache-2.0 */
/* lineage.c - whose child a process is. Between it and the nearest that is recorded
 * may stand others (sh, env, timeout), and those may end before anybody reads: so the
 * pids above are written down while they are there to be asked. */
#include <string.h>

#include "agent/children.h"
#include "base/proc.h"

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

void lineage_tell(struct tape_header *h)
{
    h->flags |= from.forked ? TAPE_FORKED : TAPE_EXECUTED;
    if (from.forked) {
        memcpy(h->ancestors, from.above, sizeof h->ancestors);
        return;
    }
    struct proc_stat s = { .parent = h->parent_pid };
    for (uint32_t i = 0; i < TAPE_ANCESTORS && s.parent > 1; i++) {
        if (!proc_stat(s.parent, &s))
            break;
        h->ancestors[i] = s.parent;
    }
}
