/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - what Python itself says that functions of C are: the methods, attributes,
 * operators and slots of all types, and what modules hold. In a stripped Python there
 * is no other name for most of them. No code of the program runs. */
#ifndef STEP_NAMES_H
#define STEP_NAMES_H

#include "step/section.h"

/* The sections of names, types and opcodes. */
void names_write(struct section *s);
/* Imports what the opcodes' names are in; before anything is measured. */
void names_prepare(void);

#endif
