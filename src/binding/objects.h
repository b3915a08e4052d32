/* SPDX-License-Identifier: Apache-2.0 */
/* objects.h - a table's contents as Python's objects; NULL: an error is set. */
#ifndef BINDING_OBJECTS_H
#define BINDING_OBJECTS_H

#include <Python.h>

#include "pstats/table.h"

PyObject *objects_text(struct str s);
PyObject *objects_stats(struct pstats_table *t); /* the dict of pstats.Stats.stats */
PyObject *objects_order(struct pstats_table *t); /* its keys, as they are sorted */

#endif
