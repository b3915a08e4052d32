/* SPDX-License-Identifier: Apache-2.0 */
/* native.c - a module of threads made in C, and of forks that Python knows nothing of.
 */
#include <Python.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_key_t last_word;

static void call(PyObject *function)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *result = PyObject_CallNoArgs(function);
    void *room = PyMem_Malloc(1000);

    PyMem_Free(room);
    if (!result)
        PyErr_WriteUnraisable(function);
    Py_XDECREF(result);
    PyGILState_Release(state);
}

static void on_end(void *function)
{
    call(function);
}

static void *thread(void *function)
{
    pthread_setspecific(last_word, function);
    call(function);
    return NULL;
}

static int run_threads(int count, int at_once, PyObject *function)
{
    pthread_t threads[64];
    int begun = 0, fault = 0;

    for (; count > 0 && fault == 0; count -= begun) {
        for (begun = 0; begun < at_once && begun < count && fault == 0; begun++)
            fault = pthread_create(&threads[begun], NULL, thread, function);
        for (int i = 0; i < begun; i++)
            pthread_join(threads[i], NULL);
    }
    return fault;
}

/* threads(count, at_once, function): each calls it once, and once more as it ends. */
static PyObject *threads(PyObject *self, PyObject *args)
{
    int count, at_once, fault;
    PyObject *function;

    (void)self;
    if (!PyArg_ParseTuple(args, "iiO", &count, &at_once, &function))
        return NULL;
    if (at_once < 1 || at_once > 64)
        return PyErr_Format(PyExc_ValueError, "1 to 64 at once");
    Py_BEGIN_ALLOW_THREADS fault = run_threads(count, at_once, function);
    Py_END_ALLOW_THREADS return fault ? PyErr_SetFromErrno(PyExc_OSError)
                                      : Py_NewRef(Py_None);
}

/* fork(exec): a child that never comes back to Python; its pid, when it has ended. */
static PyObject *silent_fork(PyObject *self, PyObject *exec)
{
    int status = 0;
    bool is_exec = PyObject_IsTrue(exec) > 0;
    pid_t pid = fork();

    (void)self;
    if (pid == 0 && is_exec)
        execl("/bin/true", "true", (char *)NULL);
    if (pid == 0)
        _exit(0);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    return PyLong_FromLong(pid);
}

static PyMethodDef methods[] = {
    { "threads", threads, METH_VARARGS, NULL },
    { "fork", silent_fork, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "native",
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit_native(void);
PyMODINIT_FUNC PyInit_native(void)
{
    if (pthread_key_create(&last_word, on_end) != 0)
        return NULL;
    return PyModule_Create(&definition);
}
