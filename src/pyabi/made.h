/* SPDX-License-Identifier: Apache-2.0 */
/* made.h - being told of each object that is made: from CPython 3.13 on, free lists
 * included. One watcher a process; NULL takes it away. */
#ifndef PYABI_MADE_H
#define PYABI_MADE_H

#include <Python.h>
#include <stdbool.h>

#if PY_VERSION_HEX >= 0x030d0000

typedef PyRefTracerEvent pyabi_event;
#define PYABI_MADE PyRefTracer_CREATE

static inline bool pyabi_tells_made(void)
{
    return true;
}

static inline bool pyabi_watch_made(int (*watch)(PyObject *, pyabi_event, void *))
{
    return PyRefTracer_SetTracer(watch, NULL) == 0;
}

#else

typedef int pyabi_event;
enum { PYABI_MADE };

static inline bool pyabi_tells_made(void)
{
    return false;
}

static inline bool pyabi_watch_made(int (*watch)(PyObject *, pyabi_event, void *))
{
    (void)watch;
    return false;
}

#endif
#endif
