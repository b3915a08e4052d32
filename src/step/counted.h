/* SPDX-License-Identifier: Apache-2.0 */
/* counted.h - what a loop of its own counts after the steps: Python functions entered,
 * and objects made where the Python tells of them. Begin, one loop, end. */
#ifndef STEP_COUNTED_H
#define STEP_COUNTED_H

#include <stdbool.h>

#include "step/section.h"

void counted_functions_begin(void);
bool counted_functions_end(struct section *s); /* false: there were too many */
bool counted_knows_objects(void);
/* One of each of some types is made: whether the log tells of all is whether it can be
 * relied on, where the Python does not tell by itself. */
void counted_try_objects(void);
void counted_objects_begin(void);
bool counted_objects_end(struct section *s);
/* The loop did not come to its end. */
void counted_abandon(void);

#endif
