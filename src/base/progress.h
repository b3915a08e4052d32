/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h - how far a long task is: one line on stderr where that is a terminal.
 * It comes after half a second, ten times a second at most, and goes at the end. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *doing; /* "packing" */
    uint64_t next_ns;
    bool shown;
};

struct progress progress_of(const char *doing);
void progress_at(struct progress *p, uint64_t done, uint64_t all);
void progress_end(struct progress *p);

#endif
