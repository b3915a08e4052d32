/* SPDX-License-Identifier: Apache-2.0 */
/* parts.h - which part of a split a function belongs to, by its name. */
#ifndef WHY_PARTS_H
#define WHY_PARTS_H

#include "base/str.h"
#include "why/split.h"

enum parts_home { PARTS_PYTHON, PARTS_LIBRARY };

/* symbol: of the file, or empty; word: Python's own name for it, or empty. */
enum split_part parts_of(enum parts_home home, struct str symbol, struct str word);

#endif
