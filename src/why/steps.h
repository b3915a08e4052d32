/* SPDX-License-Identifier: Apache-2.0 */
/* steps.h - a stepper's log (step/log.h) read back, event by event and by sections.
 * Checked as it is read: nothing is believed of lengths and places. */
#ifndef WHY_STEPS_H
#define WHY_STEPS_H

#include "base/arena.h"
#include "base/err.h"
#include "step/log.h"

struct steps {
    struct str bytes;
    struct log_header head; /* its text terminated, its events_end within the file */
};

struct step {
    enum log_kind kind;
    uint32_t count;   /* instructions */
    uint64_t address; /* or a number */
    uint64_t second;  /* the stack pointer, a result, a figure */
    uint64_t ticks;   /* of a system call */
};

bool steps_open(struct steps *s, const char *path, struct arena *a, struct err *e);
/* The event at *at, which begins as LOG_EVENTS; false: no more. */
bool steps_next(const struct steps *s, uint64_t *at, struct step *step);

struct str steps_section(const struct steps *s, struct log_section section);
/* The next record of a section's rest, and what is left of it; false: no more. */
bool steps_name(struct str *rest, struct log_name *record, struct str *name);
bool steps_count(struct str *rest, struct log_count *record, struct str *name);

#endif
