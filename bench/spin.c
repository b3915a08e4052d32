/* SPDX-License-Identifier: Apache-2.0 */
/* spin.c - spin(n): reads the clock until n ns are over; how many they were in truth.
 * The one statement of which is known what it takes. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <time.h>

static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static PyObject *spin(PyObject *self, PyObject *asked)
{
    (void)self;
    long long n = PyLong_AsLongLong(asked), start = now(), passed;

    do
        passed = now() - start;
    while (passed < n);
    return PyLong_FromLongLong(passed + 1000); /* no small int: made each time */
}

static PyMethodDef methods[] = { { "spin", spin, METH_O, NULL },
                                 { NULL, NULL, 0, NULL } };
static struct PyModuleDef module = { PyModuleDef_HEAD_INIT, .m_name = "spin",
                                     .m_methods = methods, .m_size = 0 };

PyMODINIT_FUNC PyInit_spin(void);
PyMODINIT_FUNC PyInit_spin(void)
{
    return PyModule_Create(&module);
}
