/* SPDX-License-Identifier: Apache-2.0 */
/* tool.h - our tool of sys.monitoring (3.12 and later): its id, its events and the
 * callables it is told them by, whose vectorcall slots are our functions: the cheapest
 * way in. false: a Python error is set. */
#ifndef CALLS_TOOL_H
#define CALLS_TOOL_H

#include <Python.h>
#include <stdbool.h>

typedef PyObject *tool_handler(PyObject *self, PyObject *const *args, size_t count,
                               PyObject *keywords);

enum tool_event {
    TOOL_START,
    TOOL_RESUME,
    TOOL_THROW,
    TOOL_RETURN,
    TOOL_YIELD,
    TOOL_UNWIND,
    TOOL_CALL, /* this and what follows: with builtins only */
    TOOL_C_RETURN,
    TOOL_C_RAISE,
    TOOL_EVENTS
};

bool tool_prepare(const char *name); /* the tool's; once a life of Python */
void tool_forget(void);              /* which has ended: its objects are gone */
/* Who is told of an event from now on. */
void tool_tell(enum tool_event event, tool_handler *handler);

bool tool_claim(void);   /* an id; false: others hold all that may be ours */
void tool_release(void); /* it, where nothing was listened to */
bool tool_is_claimed(void);

/* They are called from now on, as far as they are wanted; may be changed so. */
bool tool_listen(bool builtins);
/* Between the two, only what begins is told of: TOOL_START and TOOL_RESUME. Neither
 * allocates, calls back or lets go of the GIL: they may be called in a callback. Of a
 * tool that is another's by now they change nothing. */
bool tool_narrow(void);
bool tool_widen(void);
/* Gives all back. false, and no error: it was not ours any more, or not all. */
bool tool_stop(void);
bool tool_is_held(void);   /* the id is still ours, with the events that are wanted */
bool tool_is_intact(void); /* and the callables are in their places */
bool tool_is_alone(void);  /* no other tool has events of its own */

#endif
