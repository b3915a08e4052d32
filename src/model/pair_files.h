/* SPDX-License-Identifier: Apache-2.0 */
/* pair_files.h - files of two lists of functions, numbered: equal numbers are one
 * file, as which also counts what has moved with its folder, or into another one. */
#ifndef MODEL_PAIR_FILES_H
#define MODEL_PAIR_FILES_H

#include "model/pair.h"

struct file_ids { /* by place of the function */
    uint32_t *a, *b;
};

struct file_ids pair_files(struct functions a, struct functions b, struct arena *arena);

#endif
