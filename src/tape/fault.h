/* SPDX-License-Identifier: Apache-2.0 */
/* fault.h - what a tape's `fault` says, in words. What is returned is static,
 * or as of strerror(3). */
#ifndef TAPE_FAULT_H
#define TAPE_FAULT_H

#include <stdbool.h>

#include "tape/layout.h"

/* "no room left on the device" */
const char *fault_text(uint32_t fault);
/* What to do about it; "": nobody can tell. */
const char *fault_remedy(uint32_t fault);

/* Written by copies, and the last one is missing. alive: its writer lives. */
bool fault_behind(const struct tape_header *h, bool alive);

#endif
