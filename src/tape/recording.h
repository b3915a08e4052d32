/* SPDX-License-Identifier: Apache-2.0 */
/* recording.h - a recording: a directory NAME.sonde that holds *.tape files, or the
 * pack of one. A single tape stands for a recording of one. Paths are borrowed and
 * live as long as the open recording; of a pack they lead nowhere, and are to be
 * shown. */
#ifndef TAPE_RECORDING_H
#define TAPE_RECORDING_H

#include "base/arena.h"
#include "base/err.h"
#include "tape/read.h"

#define RECORDING_SUFFIX ".sonde"
#define RECORDING_PACKED ".pack.sonde"

struct recording;

/* NULL and e: missing, unreadable, or a directory without a tape. */
struct recording *recording_open(const char *path, struct err *e);
void recording_close(struct recording *r); /* NULL is allowed */

uint32_t recording_tapes(const struct recording *r);
const char *recording_tape(const struct recording *r, uint32_t i); /* by name */
/* As tape_open and tape_peek. */
struct tape *recording_open_tape(const struct recording *r, uint32_t i, struct err *e);
bool recording_peek(const struct recording *r, uint32_t i, struct tape_header *header,
                    struct err *e);
bool recording_is_pack(const struct recording *r);
uint64_t recording_packed_ns(
    const struct recording *r); /* CLOCK_REALTIME; 0: is none */

/* What a Python left that sonde has no agent for: it ran, and was not counted. */
struct recording_note {
    uint32_t pid;
    struct str version, python; /* "3.9.2", its path; empty: unreadable */
    struct str why;  /* the error behind it; of a recording that failed: "agent: ..." */
    uint32_t parent; /* its pid, 0: not told */
};
uint32_t recording_notes(const struct recording *r);
struct recording_note recording_note(const struct recording *r, uint32_t i);
const char *recording_note_name(const struct recording *r, uint32_t i);
struct str recording_note_text(const struct recording *r, uint32_t i); /* all of it */

/* The recording in that directory that changed last, NULL when there is none. A pack
 * NAME.pack.sonde beside its NAME.sonde is not looked at: it is older than it seems. */
char *recording_newest(const char *directory, struct arena *a);
char *recording_newest_unpacked(const char *directory, struct arena *a);

#endif
