/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.h - work of the library inside somebody's Python: out of memory it breaks
 * off there, where the command would end. What it had allocated stays so. */
#ifndef BINDING_ATTEMPT_H
#define BINDING_ATTEMPT_H

#include <stdbool.h>

/* false: memory ran out in run(with). */
bool attempt(void (*run)(void *with), void *with);

#endif
