/* SPDX-License-Identifier: Apache-2.0 */
/* functions.h - records of functions, shared by all profiles, and what is still alive
 * of each: more of them than calls/front.h asks for. */
#ifndef PROFILE_FUNCTIONS_H
#define PROFILE_FUNCTIONS_H

#include "profile/profile.h"

void functions_unlink(uint32_t function); /* it has one node less */
void functions_release(void); /* lets go of what died so; may run anything */
PyObject *functions_object(uint32_t function); /* its code, borrowed; NULL: made in C */
tape_text functions_name(uint32_t function);   /* of what is made in C */
uint32_t *functions_number(uint32_t function); /* for who counts them, until the next */
bool functions_hide(PyObject *code);           /* its calls leave no trace */

#endif
