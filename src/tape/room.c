/* SPDX-License-Identifier: Apache-2.0 */
/* room.c - small steps at first, doubled up to a bound. */
#include "tape/room.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum {
    STEP_FIRST = 256 * 1024,
    STEP_MAX = 4 * 1024 * 1024,
};
#define RESERVE_MAX ((size_t)16 << 30) /* address space only: 250 M nodes */
#define RESERVE_MIN ((size_t)64 << 20)
#define AGAIN_NS 1000000000u /* after "no room", before the next try */

/* Address space is the program's as well: of a limited one, take little. */
static size_t reserve_bytes(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return RESERVE_MAX;
    size_t share = limit.rlim_cur / 16;
    share -= share % STEP_MAX;
    return share < RESERVE_MIN   ? RESERVE_MIN
           : share > RESERVE_MAX ? RESERVE_MAX
                                 : share;
}

/* Smaller where the system does not give that much. */
bool room_reserve(struct writer *w)
{
    for (w->reserved = reserve_bytes(); w->reserved >= RESERVE_MIN; w->reserved /= 4) {
        void *at = mmap(NULL, w->reserved, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at != MAP_FAILED) {
            w->base = at;
            return true;
        }
    }
    return false;
}

static bool grow(struct writer *w, size_t wanted,
                 bool (*add)(struct writer *w, size_t bytes))
{
    size_t most = w->step > STEP_MAX ? w->step : STEP_MAX;
    size_t step = w->step            ? w->step
                  : w->mapped == 0   ? STEP_FIRST
                  : w->mapped < most ? w->mapped
                                     : most;

    while (w->mapped + step < wanted)
        step += w->step ? w->step : STEP_MAX;
    if (w->mapped + step > w->reserved) {
        errno = ENOMEM;
        return false;
    }
    if (!add(w, step))
        return false;
    w->mapped += step;
    return true;
}

bool room_grow(struct writer *w, size_t wanted,
               bool (*add)(struct writer *w, size_t bytes))
{
    if (w->again_ns != 0 && clock_coarse_ns() < w->again_ns) {
        errno = w->refused;
        return false;
    }
    w->again_ns = 0;
    if (grow(w, wanted, add))
        return true;
    w->refused = errno;
    w->again_ns = clock_coarse_ns() + AGAIN_NS;
    return false;
}
