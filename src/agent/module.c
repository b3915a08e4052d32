/* SPDX-License-Identifier: Apache-2.0 */
/* module.c - sonde._agent: what the start-up hook and `import sonde` call. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "agent/children.h"

/* Of this life of Python: it may end and begin again in one process. */
static bool by_run; /* the recording is that of `sonde run`, whatever start() names */
static bool prepared, listening, begun;

static void set_program(const char *name)
{
    struct str path = str_of(name);

    while (path.len > 1 && path.at[path.len - 1] == '/') /* a folder's */
        path.len--;
    struct str base = str_basename(path);
    if (base.len >= sizeof agent.program)
        base.len = sizeof agent.program - 1;
    memcpy(agent.program, base.at, base.len);
    agent.program[base.len] = '\0';
}

/* Bytes of a file name that are no UTF-8 are in the program's name what they are. */
static void set_program_of(PyObject *name, const char *otherwise)
{
    PyObject *bytes = name && PyUnicode_Check(name)
                          ? PyUnicode_AsEncodedString(name, "utf-8", "surrogateescape")
                          : NULL;

    PyErr_Clear();
    set_program(bytes && PyBytes_GET_SIZE(bytes) > 0 ? PyBytes_AS_STRING(bytes)
                                                     : otherwise);
    Py_XDECREF(bytes);
}

/* Python has ended: no event comes after, nothing of its objects is left. */
static void python_ends(void)
{
    agent_finish();
    agent_forget();
    probe_forget();
    by_run = prepared = listening = begun = false;
}

static bool turn_on(void)
{
    if (agent.held)
        return heed_start();
    if (!probe_claim())
        return false;
    if (!agent_begin()) {
        int why = errno;
        probe_unclaim();
        errno = why;
        PyErr_SetFromErrnoWithFilename(PyExc_OSError, agent.directory);
        return false;
    }
    deaths_begin();
    greenlet_look();
    agent_resume();
    agent.on = true;
    agent.on = probe_start();
    if (!agent.on || !heed_start())
        return false;
    roles_look();
    return true;
}

/* A tape that tells who it was, and whom it starts, but of no call. */
static bool begin_left_out(void)
{
    deaths_begin();
    return agent_begin();
}

static void turn_off(void)
{
    bool counted = agent.on;

    if (!agent.on && !agent.held)
        return;
    probe_stop();
    agent.on = agent.held = false;
    heed_answer(TAPE_STOPPED);
    if (counted)
        agent_pause(clock_monotonic_ns());
}

void agent_stand_aside(void)
{
    turn_off();
}

static void look_at_code(PyObject *code)
{
    char text[128] = "";

    if (code && PyUnicode_Check(code))
        names_bytes(code, text, sizeof text);
    roles_command(text);
}

static bool is_beginning(const char *event, PyObject *args)
{
    if (event[0] == 'c')
        return strncmp(event, "cpython.run_", 12) == 0 &&
               strcmp(event, "cpython.run_startup") != 0;
    return embedder_begins(event, args);
}

/* What the audit tells of it: a file, a module, or of a zip archive or a folder, which
 * are run as the module __main__ in them, sys.argv[0]. */
static PyObject *program_of(PyObject *what)
{
    PyObject *argv = PySys_GetObject("argv");
    PyObject *first = argv && PyList_Check(argv) && PyList_GET_SIZE(argv) > 0
                          ? PyList_GET_ITEM(argv, 0)
                          : NULL;
    bool in_archive = what && PyUnicode_Check(what) && first &&
                      PyUnicode_Check(first) &&
                      PyUnicode_CompareWithASCIIString(what, "__main__") == 0 &&
                      PyUnicode_CompareWithASCIIString(first, "-m") != 0;

    return in_archive ? first : what;
}

static void set_program_begun(const char *event, PyObject *what)
{
    bool command = strcmp(event, "cpython.run_command") == 0;

    if (event[0] != 'c')
        set_program(program_invocation_short_name);
    else
        set_program_of(command ? NULL : program_of(what), command ? "-c" : "-");
    if (command)
        look_at_code(what);
}

/* The main program is about to run: site is done, __main__ has not begun. */
static void program_begins(const char *event, PyObject *args)
{
    PyObject *what = PyTuple_GET_SIZE(args) > 0 ? PyTuple_GET_ITEM(args, 0) : NULL;
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    set_program_begun(event, what);
    errno = 0;
    if (!choice_of_command(agent.program)) {
        if (!begin_left_out())
            note_leave_error();
    } else if (turn_on())
        heed_join();
    else
        note_leave_error();
    PyErr_Restore(type, value, traceback);
}

static int on_audit(const char *event, PyObject *args, void *data)
{
    (void)data;
    if (deaths_elsewhere()) {
        deaths_several();
        return 0;
    }
    if (by_run && !begun && is_beginning(event, args)) {
        begun = true;
        program_begins(event, args);
    }
    if (event[0] == 's' && strcmp(event, "sys.setprofile") == 0)
        probe_replaced();
    else
        front_look_again();
    if (event[0] == 'i' && strcmp(event, "import") == 0)
        greenlet_watch_import(args);
    if (event[0] == 'c' && strcmp(event, "cpython.PyInterpreterState_Clear") == 0)
        probe_end();
    if (event[0] == 'o')
        endings_heard(event, args);
    starts_heard(event, args);
    heed_heard();
    return 0;
}

/* Once a life of Python: a hook cannot be taken away again. */
static bool listen_to_audit(void)
{
    if (!listening)
        listening = PySys_AddAuditHook(on_audit, NULL) == 0;
    return listening;
}

static uint64_t number_of(const char *text, const char *name, uint64_t otherwise)
{
    const char *at = strstr(text, name);

    return at ? strtoull(at + strlen(name), NULL, 10) : otherwise;
}

/* "clock=cpu,builtins=0,io=pwrite,paths=1000"; what is unknown is passed over. */
static void read_options(const char *all)
{
    char text[1024];

    snprintf(text, sizeof text, "%s", all);
    const char *children = choice_cut(text);
    agent.options = (struct options){
        .clock = clock_trusts_tsc() ? CLOCK_KIND_TSC : CLOCK_KIND_MONOTONIC,
        .builtins = true,
        .threads = number_of(text, "threads=", AGENT_THREADS),
        .text_bytes = number_of(text, "texts=", AGENT_TEXT_BYTES),
        .step = writer_step(number_of(text, "step=", 0)),
    };
    choice_read(children, number_of(text, "inner=", 0) != 0);
    calls.max_paths = number_of(text, "paths=", AGENT_PATHS);
    calls.max_functions = number_of(text, "functions=", AGENT_FUNCTIONS);
    if (strstr(text, "clock=cpu"))
        agent.options.clock = CLOCK_KIND_THREAD_CPU;
    if (strstr(text, "builtins=0"))
        agent.options.builtins = false;
    if (strstr(text, "io=mapped"))
        agent.options.io = WRITER_MAPPED;
    if (strstr(text, "io=pwrite"))
        agent.options.io = WRITER_PWRITE;
}

/* enter(directory, options): called by the start-up hook. From the beginning of
 * the main program on, everything is recorded. Not where the process has more rights
 * than who started it: the environment that names the directory is not its own. */
static PyObject *enter(PyObject *self, PyObject *args)
{
    PyObject *directory, *options; /* bytes: they need not be UTF-8 */

    (void)self;
    if (getauxval(AT_SECURE))
        Py_RETURN_NONE;
    if (!PyArg_ParseTuple(args, "O&O&", PyUnicode_FSConverter, &directory,
                          PyUnicode_FSConverter, &options))
        return NULL;
    bool again = agent.directory[0] != '\0'; /* a subinterpreter's site, say */
    bool fits = (size_t)PyBytes_GET_SIZE(directory) < sizeof agent.directory;
    if (!again && fits)
        strcpy(agent.directory, PyBytes_AS_STRING(directory));
    if (!again && fits)
        read_options(PyBytes_AS_STRING(options));
    Py_DECREF(directory);
    Py_DECREF(options);
    if (again)
        Py_RETURN_NONE;
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "the recording's path is too long");
        return NULL;
    }
    by_run = agent.follows = true;
    if (!listen_to_audit())
        return NULL;
    Py_RETURN_NONE;
}

static void program_from_argv(void)
{
    PyObject *argv = PySys_GetObject("argv");
    PyObject *first = argv && PyList_Check(argv) && PyList_GET_SIZE(argv) > 0
                          ? PyList_GET_ITEM(argv, 0)
                          : NULL;

    set_program_of(first, "python");
}

static bool open_recording(PyObject *path)
{
    const char *options = secure_getenv("SONDE_OPTIONS");

    read_options(options ? options : "");
    program_from_argv();
    agent.off = false;
    if (path != Py_None)
        return place_named(path);
    if (place_by_default())
        return true;
    PyErr_SetFromErrno(PyExc_OSError);
    return false;
}

/* One start or stop at a time: an audit hook in Python lets other threads run in
 * the midst of one. They wait; false: it is this thread's own, from such a hook. */
static bool begin_change(void)
{
    unsigned long me = PyThread_get_thread_ident();

    while (agent.changing && agent.changer != me) {
        Py_BEGIN_ALLOW_THREADS usleep(100);
        Py_END_ALLOW_THREADS
    }
    if (agent.changing)
        return false;
    agent.changing = true;
    agent.changer = me;
    return true;
}

static PyObject *start_once(PyObject *path)
{
    if (agent.on && path == Py_None)
        Py_RETURN_NONE;
    if (agent.on)
        return PyErr_Format(PyExc_RuntimeError, "sonde is recording already, to %s",
                            agent.directory);
    bool entered = agent.directory[0] != '\0';
    if (entered && path != Py_None && (agent.off || !place_is_current(path))) {
        turn_off();
        agent_finish(); /* the one before ends here */
        entered = false;
    }
    if (!entered && !open_recording(path)) {
        agent.directory[0] = '\0';
        return NULL;
    }
    if (!listen_to_audit()) /* another hook forbids: what it tells is missed */
        PyErr_Clear();
    if (!turn_on())
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *start(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = { "path", NULL };
    PyObject *path = Py_None;

    (void)self;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|O:start", names, &path))
        return NULL;
    if (!begin_change())
        Py_RETURN_NONE;
    PyObject *result = start_once(by_run ? Py_None : path);
    agent.changing = false;
    return result;
}

static PyObject *stop(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    if (begin_change()) {
        turn_off();
        agent.changing = false;
    }
    Py_RETURN_NONE;
}

static PyObject *reset(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    agent_reset(clock_monotonic_ns());
    Py_RETURN_NONE;
}

PyDoc_STRVAR(start_doc,
             "start(path=None)\n--\n\n"
             "Record every call of this process from here on, in the recording path\n"
             "(.sonde is added; default PROGRAM-YYYYMMDD-HHMMSS.sonde here). After a\n"
             "stop() goes on with the recording of before, where path names no other;\n"
             "under `sonde run` always. Does nothing when recording already\n"
             "(RuntimeError, if a path is given). OSError: it cannot be written.");
PyDoc_STRVAR(stop_doc, "stop()\n--\n\n"
                       "Pause. What was counted is in the recording and can be read.");

PyDoc_STRVAR(reset_doc,
             "reset()\n--\n\n"
             "Begin anew: what this process has counted so far is forgotten, and what\n"
             "runs now is running already, as after a start(). Does nothing where\n"
             "nothing was recorded. Other processes go on as they were.");

PyMethodDef agent_methods[AGENT_METHODS] = {
    { "enter", enter, METH_VARARGS, NULL },
    { "start", (PyCFunction)(void (*)(void))start, METH_VARARGS | METH_KEYWORDS,
      start_doc },
    { "stop", stop, METH_NOARGS, stop_doc },
    { "reset", reset, METH_NOARGS, reset_doc },
    { NULL, NULL, 0, NULL },
};

static bool make_names(void)
{
    if (!agent.name_attribute)
        agent.name_attribute = PyUnicode_InternFromString("_name");
    return agent.name_attribute != NULL && roles_prepare();
}

static int execute(PyObject *module)
{
    (void)module;
    if (prepared)
        return 0; /* in another interpreter */
    if (!agent_prepare() || !calls_prepare() || !make_names() || !probe_prepare() ||
        Py_AtExit(python_ends) != 0) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ImportError,
                            "sonde: no thread key or exit function is left");
        return -1;
    }
    prepared = true;
    if (!deaths_listening())
        deaths_listen();
    return 0;
}

static PyModuleDef_Slot slots[] = {
    { Py_mod_exec, (void *)(uintptr_t)execute },
#ifdef Py_mod_multiple_interpreters
    { Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED },
#endif
    { 0, NULL },
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "sonde._agent",
    .m_doc = "The part of sonde that is loaded into the profiled program.",
    .m_methods = agent_methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__agent(void);
PyMODINIT_FUNC PyInit__agent(void)
{
    return PyModuleDef_Init(&definition);
}
