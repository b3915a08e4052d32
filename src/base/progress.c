/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c - writes over one line of a terminal. */
#include "base/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { FIRST_NS = 500000000, EVERY_NS = 100000000 };

struct progress progress_of(const char *doing)
{
    bool seen = isatty(STDERR_FILENO) == 1;

    return (struct progress){ .doing = doing,
                              .next_ns =
                                  seen ? clock_monotonic_ns() + FIRST_NS : UINT64_MAX };
}

void progress_at(struct progress *p, uint64_t done, uint64_t all)
{
    uint64_t now = clock_monotonic_ns();

    if (now < p->next_ns)
        return;
    p->next_ns = now + EVERY_NS;
    p->shown = true;
    double share = all > done ? (double)done / (double)all : 1;
    dprintf(STDERR_FILENO, "\rsonde: %s: %2.0f %%", p->doing, 100 * share);
}

void progress_end(struct progress *p)
{
    if (p->shown)
        dprintf(STDERR_FILENO, "\r\033[K");
    p->shown = false;
}
