/* SPDX-License-Identifier: Apache-2.0 */
/* sound.h - what must hold of whatever a reader made of any bytes; what does not hold
 * ends the process. */
#ifndef FUZZ_SOUND_H
#define FUZZ_SOUND_H

#include "model/profile.h"
#include "tape/read.h"

/* Each record by its cell, and every text: what views may ask of the reader. */
void sound_tape(const struct tape *t);
/* Parts sum to the whole, references lead somewhere; folded as cProfile does, too. */
void sound_profile(const struct profile *p, bool folds);
/* One of sixteen reports: nothing raw in its text, its JSON is some. */
void sound_view(const struct profile *p, unsigned view);
void sound_refusal(const struct err *e);

#endif
