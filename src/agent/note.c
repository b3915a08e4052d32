/* SPDX-License-Identifier: Apache-2.0 */
/* note.c - PID.note: where there can be no tape, the recording says why. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"

bool note_leave(const char *why)
{
    char path[PATH_MAX], text[512];
    int len = snprintf(text, sizeof text, "python %s %s\nagent: %s\nparent %ld\n",
                       PY_VERSION, agent.program, why, (long)getppid());
    int fits =
        snprintf(path, sizeof path, "%s/%ld.note", agent.directory, (long)getpid());

    if (len >= (int)sizeof text)
        len = sizeof text - 1;
    if (fits < 0 || (size_t)fits >= sizeof path)
        return false;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool left = write(fd, text, (size_t)len) == len;
    if (!left)
        unlink(path); /* its name alone would mislead */
    close(fd);
    return left;
}

void note_leave_error(void)
{
    PyObject *type, *value, *traceback;
    int fault = errno;

    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyObject *message = value ? PyObject_GetAttrString(value, "strerror") : NULL;
    if (value && !message) {
        PyErr_Clear();
        message = PyObject_Str(value);
    }
    const char *told = message ? PyUnicode_AsUTF8(message) : NULL;
    note_leave(told ? told : strerror(fault));
    PyErr_Clear();
    Py_XDECREF(message);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}
