/* SPDX-License-Identifier: Apache-2.0 */
/* guess.h - what a path cost, by files that know callers and no paths. Of a function's
 * whole cumulative time C a path to it had a part between `low` and `high`, and a call
 * from it an edge's E: what both had is at least low + E - C, and at most the
 * smaller of the two. Where a function may be active twice, what the second activation
 * may have had comes off; one that never is has no second place on a path. A single
 * call is on one path: there with all it had, or not at all. The estimate deals E out
 * by the path's share of C, the largest first where that is more than the path had. */
#ifndef QUERY_GUESS_H
#define QUERY_GUESS_H

#include "query/lens.h"

struct guess_path { /* functions on it, the last first */
    function_id function;
    const struct guess_path *before;
};

struct guess {
    uint64_t value, low, high, self, calls;
    bool of_self;  /* it is of a function's self time: all of that, or nothing */
    bool again;    /* its function may be on the path a second time */
    uint64_t seen; /* bits of functions on the path that may be there twice ... */
    uint64_t once; /* ... and of those that may not, */
    const struct guess_path *path; /* which are all in here */
};

struct guessed_step {
    function_id function;
    struct guess guess;
};

struct guessed_steps {
    struct guessed_step *at;
    uint32_t count;
};

/* Functions called by nobody, with what they had of that. */
struct guessed_steps guess_roots(struct query *q, const struct lens *l,
                                 struct arena *a);
enum guess_way {
    GUESS_CALLEES, /* what a path that ends in f called */
    GUESS_CALLERS, /* from where one that begins in f was called */
};

/* Functions by their self, for callers to be dealt out of it. */
struct guessed_steps guess_selves(struct query *q, const struct lens *l,
                                  struct arena *a);
/* at: what the path had. What the lens hides is gone through. By value. */
struct guessed_steps guess_steps(struct query *q, const struct lens *l, function_id f,
                                 const struct guess *at, enum guess_way way,
                                 struct arena *a);
/* All of a function, as files gave it: its cumulative figure, or its self. */
struct guess guess_whole(struct query *q, function_id f, bool self, struct arena *a);
bool guess_knows(struct query *q, function_id f); /* files gave something of it */
/* How much of the self time is on paths for certain; paths of a small share are left
 * out. */
uint64_t guess_certain(struct query *q, const struct lens *l, struct arena *a);

#endif
