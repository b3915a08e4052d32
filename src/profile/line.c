/* SPDX-License-Identifier: Apache-2.0 */
/* line.c - the blocks of a thread, and what becomes of them when it ends. */
#include <pthread.h>

#include "profile/profile.h"

static __thread struct block *first __attribute__((tls_model("initial-exec")));
static __thread uint64_t number __attribute__((tls_model("initial-exec")));
static uint64_t numbers; /* given so far */

static struct block *all; /* that are in a line, of whatever thread */
static pthread_key_t ending;
static uint32_t ended, seen_ended; /* lines */

static struct tape_thread no_cell;
static struct entry nowhere = { .tag = TAG_NOTHING, .frame = &no_cell };
struct thread line_nobody = {
    .top = &nowhere,
    .limit = &nowhere,
    .cell = &no_cell,
    .quick = &thread_quick[0],
    .special = true,
};
struct thread line_several = {
    .top = &nowhere,
    .limit = &nowhere,
    .cell = &no_cell,
    .quick = &thread_quick[0],
    .special = true,
};

/* Runs in the ending thread without the GIL: touches nothing but its blocks, and each
 * not any more once it is dead, since others may have it then. */
static void thread_ends(void *unused)
{
    (void)unused;
    for (struct block *b = first, *outer; b; b = outer) {
        outer = b->outer;
        __atomic_store_n(&b->thread.dead, 1, __ATOMIC_RELEASE);
    }
    if (first)
        __atomic_fetch_add(&ended, 1, __ATOMIC_RELEASE);
    first = NULL;
    number = 0;
    thread_now = &thread_nothing;
}

/* Only the thread that forked is left, in a child that goes on with all counts. */
static void after_fork_in_child(void)
{
    for (struct block *b = all; b; b = b->after)
        b->thread.dead = 1;
    for (struct block *b = first; b; b = b->outer)
        b->thread.dead = 0;
    ended++;
    events_after_fork();
}

bool line_prepare(void)
{
    static bool prepared;

    if (!prepared)
        prepared = pthread_key_create(&ending, thread_ends) == 0 &&
                   pthread_atfork(NULL, NULL, after_fork_in_child) == 0;
    return prepared;
}

struct block *line_begin(void)
{
    return first;
}

uint64_t line_thread(void)
{
    if (number == 0 && pthread_setspecific(ending, &numbers) == 0)
        number = ++numbers;
    return number;
}

void line_push(struct block *b)
{
    b->outer = first;
    first = b;
    b->after = all;
    all = b;
    b->in_line = true;
    b->number = number;
}

/* It is linked nowhere any more; whoever knows of it is its profile. */
static void leave(struct block *b)
{
    b->in_line = false;
    b->thread.dead = 0;
    blocks_shrink(b);
    if (!b->owner)
        blocks_give(b);
}

static void unlink_from_all(const struct block *b)
{
    struct block **at = &all;

    while (*at != b)
        at = &(*at)->after;
    *at = b->after;
}

/* Not to go on: its profile is dead, or it was off by this thread's own doing. One that
 * was started under a profile goes on when that does. */
static bool is_done(const struct block *b)
{
    return !b->owner || (!b->on && b->root == b->number);
}

/* The usual: what the callbacks count without looking any further. */
static bool is_plain(const struct block *b)
{
    return !b->owner->timer && b->builtins && !b->constructors;
}

void line_settle(void)
{
    struct block *on = NULL;
    uint32_t count = 0;

    for (struct block **at = &first; *at;) {
        struct block *b = *at;
        if (is_done(b)) {
            *at = b->outer;
            unlink_from_all(b);
            leave(b);
            continue;
        }
        if (b->on) {
            on = b;
            count++;
        }
        at = &b->outer;
    }
    thread_now = first ? &line_several : &line_nobody;
    if (count == 1 && is_plain(on)) {
        thread_now = &on->thread;
        on->thread.special = false;
    }
}

void line_unsettle(const struct block *b)
{
    for (struct block *other = all; other; other = other->after)
        if (other->number == b->number)
            other->thread.special = true;
}

struct profiler *line_innermost(uint64_t thread)
{
    for (const struct block *b = all; b; b = b->after)
        if (b->number == thread && b->on)
            return b->owner;
    return NULL;
}

bool line_has_ended(const struct block *b)
{
    return __atomic_load_n(&b->thread.dead, __ATOMIC_ACQUIRE);
}

void line_reap(void)
{
    uint32_t now = __atomic_load_n(&ended, __ATOMIC_ACQUIRE);

    if (now == seen_ended)
        return;
    seen_ended = now;
    for (struct block **at = &all; *at;) {
        struct block *b = *at;
        if (!line_has_ended(b)) {
            at = &b->after;
            continue;
        }
        *at = b->after;
        session_end(b);
        events_touch(b);
        leave(b);
    }
}
