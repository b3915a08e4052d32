/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.c - a jump out of the arena's end. */
#include "binding/attempt.h"

#include <setjmp.h>
#include <stddef.h>

#include "base/arena.h"

static __thread jmp_buf *way_out;

static void break_off(void)
{
    if (way_out)
        longjmp(*way_out, 1);
}

bool attempt(void (*run)(void *with), void *with)
{
    jmp_buf here;

    arena_at_end(break_off);
    if (setjmp(here) != 0) {
        way_out = NULL;
        return false;
    }
    way_out = &here;
    run(with);
    way_out = NULL;
    return true;
}
