/* SPDX-License-Identifier: Apache-2.0 */
/* recording.h - a recording: a directory NAME.sonde that holds *.tape files.
 * A single tape stands for a recording of one. Paths are borrowed and live as
 * long as the open recording. */
#ifndef TAPE_RECORDING_H
#define TAPE_RECORDING_H

#include "base/arena.h"
#include "base/err.h"

#define RECORDING_SUFFIX ".sonde"

struct recording;

/* NULL and e: missing, unreadable, or a directory without a tape. */
struct recording *recording_open(const char *path, struct err *e);
void recording_close(struct recording *r); /* NULL is allowed */

uint32_t recording_tapes(const struct recording *r);
const char *recording_tape(const struct recording *r, uint32_t i); /* by name */

/* What a Python left that sonde has no agent for: it ran, and was not counted. */
struct recording_note {
    uint32_t pid;
    struct str version, python; /* "3.9.2", its path; empty: unreadable */
    struct str why; /* the error behind it; of a recording that failed: "agent: ..." */
};
uint32_t recording_notes(const struct recording *r);
struct recording_note recording_note(const struct recording *r, uint32_t i);

/* The recording in that directory that changed last, NULL when there is none. */
char *recording_newest(const char *directory, struct arena *a);

#endif
