/* SPDX-License-Identifier: Apache-2.0 */
/* section.h - what is written behind a log's events, when the stepping is over: at full
 * speed, by the process that was stepped. One section at a time. What finds no room is
 * left out. */
#ifndef STEP_SECTION_H
#define STEP_SECTION_H

#include <stddef.h>

#include "step/log.h"

struct section {
    struct log_header *log;
    uint64_t room;
    int file;
    uint64_t began;
};

void section_begin(struct section *s);
void section_bytes(struct section *s, const void *bytes, size_t count);
void section_name(struct section *s, uint64_t address, enum log_naming naming,
                  const char *name);
void section_count(struct section *s, uint64_t number, uint64_t count,
                   const char *name);
void section_end(struct section *s, struct log_section *where);
/* /proc/self/maps and the vDSO's image. */
void section_maps(struct section *s);

#endif
