/* SPDX-License-Identifier: Apache-2.0 */
/* link_311.h - our profile function in the threads of Python 3.11 that are counted. One
 * that was there before is told all it would be told without ours, and comes back when
 * ours goes. */
#ifndef PROFILE_LINK_311_H
#define PROFILE_LINK_311_H

#include "profile/profile.h"

bool links_prepare(void); /* once a process; false: a Python error is set */
/* Puts ours where threads are counted, takes it away where they are not. */
void links_adjust(void);

/* events_311.c: an event of the running thread */
void link_event(PyFrameObject *object, int what, PyObject *argument);

#endif
