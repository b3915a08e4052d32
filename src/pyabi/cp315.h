/* SPDX-License-Identifier: Apache-2.0 */
/* cp315.h - CPython 3.15: frames are laid out, tagged and owned as in 3.14, where
 * the second kind of the interpreter's own frames is not used any more. */
#ifndef PYABI_CP315_H
#define PYABI_CP315_H

#include "pyabi/cp314.h"

#endif
