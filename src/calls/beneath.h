/* SPDX-License-Identifier: Apache-2.0 */
/* beneath.h - 3.11: a thread has one place for a profile function. Where sonde.Profile
 * has it, the agent's is told by that one: this is how it finds its place there. */
#ifndef CALLS_BENEATH_H
#define CALLS_BENEATH_H

#include <Python.h>

/* A capsule, the attribute `beneath` of the module sonde._profile. */
#define BENEATH_MODULE "sonde._profile"
#define BENEATH_NAME "sonde._profile.beneath"

/* The function that a thread's profile function passes on to; NULL: it is not ours. */
typedef Py_tracefunc *beneath_function(PyThreadState *thread);

#endif
