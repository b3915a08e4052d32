/* SPDX-License-Identifier: Apache-2.0 */
/* pack.h - makes one compressed file of a recording, which may be being written:
 * of each tape the state a reader finds at that moment, and whether its writer lives.
 * The recording is left as it is. Memory is a few MB, whatever its size. */
#ifndef TAPE_PACK_H
#define TAPE_PACK_H

#include "base/err.h"
#include "base/progress.h"

struct pack_made {
    uint32_t processes, alive; /* Python's; those whose tape is being written */
    uint64_t bytes, packed_bytes;
};

/* to: a file for its owner alone, or "-". progress may be NULL. */
bool pack_write(const char *recording, const char *to, struct progress *progress,
                struct pack_made *made, struct err *e);

#endif
