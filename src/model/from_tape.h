/* SPDX-License-Identifier: Apache-2.0 */
/* from_tape.h - puts recordings into a profile: every tape of each.
 * A tape that cannot be read is told in a note; it is an error only where none
 * could. Functions of several tapes are one where file, names, first line, hash
 * of the code and kind are; in generated code (its file is no file) also the
 * class of the first argument; and what ties within one tape, by its order. */
#ifndef MODEL_FROM_TAPE_H
#define MODEL_FROM_TAPE_H

#include "base/err.h"
#include "model/build.h"

bool from_recording(const char *path, struct build *b, struct err *e);

#endif
