/* SPDX-License-Identifier: Apache-2.0 */
/* endings.c - the ends of a process that run no code of ours: os._exit and
 * os.abort, whose C functions we stand before; exec and signals to oneself,
 * which are audited. The last moment, and what a processor spent until then, is to
 * be told; and where the tape is copied out now and then, what was counted. */
#include <string.h>
#include <unistd.h>

#include "agent/children.h"

static named_function *real_exit;
static PyCFunction real_abort;

static PyObject *save_and_exit(PyObject *module, PyObject *const *args,
                               Py_ssize_t count, PyObject *keywords)
{
    agent_save();
    return real_exit(module, args, count, keywords);
}

static PyObject *save_and_abort(PyObject *module, PyObject *unused)
{
    agent_save();
    return real_abort(module, unused);
}

void endings_watch(void)
{
    ROWS_STAND_BEFORE("posix", "_exit", METH_FASTCALL | METH_KEYWORDS, real_exit,
                      save_and_exit);
    ROWS_STAND_BEFORE("posix", "abort", METH_NOARGS, real_abort, save_and_abort);
}

static bool kills_us(PyObject *args)
{
    PyObject *pid = PyTuple_GET_SIZE(args) > 0 ? PyTuple_GET_ITEM(args, 0) : NULL;
    long number = pid && PyLong_Check(pid) ? PyLong_AsLong(pid) : 0;

    if (number == -1 && PyErr_Occurred())
        PyErr_Clear();
    return number <= 0 || number == getpid();
}

void endings_heard(const char *event, PyObject *args)
{
    if (!calls.tape.base)
        return;
    if (strcmp(event, "os.exec") == 0 || strcmp(event, "os.killpg") == 0 ||
        (strcmp(event, "os.kill") == 0 && kills_us(args)))
        agent_save();
}
