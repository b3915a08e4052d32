/* SPDX-License-Identifier: Apache-2.0 */
/* results.h - what a profile has counted, as Python objects. NULL: an error is set. */
#ifndef PROFILE_RESULTS_H
#define PROFILE_RESULTS_H

#include "profile/profile.h"

/* The types of getstats()'s entries, for the module; false: a Python error. */
bool results_prepare(PyObject *module);
/* As cProfile.Profile.getstats(): a list of entries, one a function. */
PyObject *results_entries(const struct profiler *p);
/* As pstats has it: a dict by (file, line, name). Functions that share these are one,
 * whose figures are those of all their calls. */
PyObject *results_stats(const struct profiler *p);

#endif
