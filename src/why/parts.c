/* SPDX-License-Identifier: Apache-2.0 */
/* parts.c - patterns of names, the first that fits decides: of CPython's 3.11 to 3.15.
 */
#include "why/parts.h"

struct pattern {
    const char *like; /* * stands for anything */
    enum split_part part;
};

/* Of the interpreter itself. */
static const struct pattern of_python[] = {
    { "gc_collect*", SPLIT_GC },
    { "_PyGC_Collect*", SPLIT_GC },
    { "_PyGC_Run*", SPLIT_GC },
    { "PyGC_Collect*", SPLIT_GC },
    { "_Py_RunGC", SPLIT_GC },
    { "gc_*young*", SPLIT_GC },
    { "gc_*increment*", SPLIT_GC },
    { "gc_*full*", SPLIT_GC },
    { "gc_mark*", SPLIT_GC },
    { "deduce_unreachable", SPLIT_GC },
    { "gc.collect", SPLIT_GC },
    { "<*.tp_traverse>", SPLIT_GC },

    { "_PyEval_EvalFrameDefault", SPLIT_BYTECODE },
    { "_TAIL_CALL_*", SPLIT_BYTECODE },
    { "_PyEvalFrame*", SPLIT_BYTECODE },
    { "_PyEval_*", SPLIT_BYTECODE },
    { "_PyFrame_*", SPLIT_BYTECODE },
    { "_PyThreadState_PushFrame", SPLIT_BYTECODE },
    { "_PyThreadState_PopFrame", SPLIT_BYTECODE },
    { "push_frame", SPLIT_BYTECODE },
    { "push_chunk", SPLIT_BYTECODE },
    { "clear_thread_frame", SPLIT_BYTECODE },
    { "clear_gen_frame", SPLIT_BYTECODE },
    { "initialize_locals", SPLIT_BYTECODE },
    { "_Py_Specialize_*", SPLIT_BYTECODE },
    { "specialize*", SPLIT_BYTECODE },
    { "_Py_HandlePending", SPLIT_BYTECODE },
    { "_PyJIT*", SPLIT_BYTECODE },
    { "_PyOptimizer*", SPLIT_BYTECODE },

    { "PyObject_GC_*", SPLIT_ALLOCATION },
    { "_PyObject_GC_*", SPLIT_ALLOCATION },
    { "_PyObject_New*", SPLIT_ALLOCATION },
    { "PyObject_Init*", SPLIT_ALLOCATION },
    { "PyObject_Malloc", SPLIT_ALLOCATION },
    { "PyObject_Calloc", SPLIT_ALLOCATION },
    { "PyObject_Realloc", SPLIT_ALLOCATION },
    { "PyObject_Free", SPLIT_ALLOCATION },
    { "_PyObject_Malloc", SPLIT_ALLOCATION },
    { "_PyObject_Calloc", SPLIT_ALLOCATION },
    { "_PyObject_Realloc", SPLIT_ALLOCATION },
    { "_PyObject_Free", SPLIT_ALLOCATION },
    { "PyObject_ClearWeakRefs", SPLIT_ALLOCATION },
    { "PyMem_*", SPLIT_ALLOCATION },
    { "_PyMem_*", SPLIT_ALLOCATION },
    { "pymalloc_*", SPLIT_ALLOCATION },
    { "new_arena", SPLIT_ALLOCATION },
    { "arena_map_*", SPLIT_ALLOCATION },
    { "mi_*", SPLIT_ALLOCATION },
    { "_mi_*", SPLIT_ALLOCATION },
    { "PyType_GenericAlloc", SPLIT_ALLOCATION },
    { "_PyType_AllocNoTrack", SPLIT_ALLOCATION },
    { "gc_alloc", SPLIT_ALLOCATION },
    { "_Py_NewReference*", SPLIT_ALLOCATION },
    { "_Py_Dealloc", SPLIT_ALLOCATION },
    { "*_dealloc", SPLIT_ALLOCATION },
    { "*_dealloc_*", SPLIT_ALLOCATION },
    { "*dealloc", SPLIT_ALLOCATION },
    { "_Py_DECREF_*", SPLIT_ALLOCATION },
    { "PyTuple_New", SPLIT_ALLOCATION },
    { "tuple_alloc", SPLIT_ALLOCATION },
    { "PyList_New", SPLIT_ALLOCATION },
    { "PyDict_New", SPLIT_ALLOCATION },
    { "new_dict", SPLIT_ALLOCATION },
    { "new_keys_object", SPLIT_ALLOCATION },
    { "free_keys_object", SPLIT_ALLOCATION },
    { "PyUnicode_New", SPLIT_ALLOCATION },
    { "_PyLong_New", SPLIT_ALLOCATION },
    { "_PyFreeList_*", SPLIT_ALLOCATION },
    { "*_freelist*", SPLIT_ALLOCATION },
    { "<*.tp_dealloc>", SPLIT_ALLOCATION },
    { "<*.tp_alloc>", SPLIT_ALLOCATION },
    { "<*.tp_free>", SPLIT_ALLOCATION },

    { "cfunction_vectorcall_*", SPLIT_CALLS },
    { "cfunction_call", SPLIT_CALLS },
    { "method_vectorcall*", SPLIT_CALLS },
    { "classmethoddescr_call", SPLIT_CALLS },
    { "PyObject_Vectorcall*", SPLIT_CALLS },
    { "PyObject_Call*", SPLIT_CALLS },
    { "_PyObject_Call*", SPLIT_CALLS },
    { "_PyObject_Vectorcall*", SPLIT_CALLS },
    { "_PyObject_MakeTpCall", SPLIT_CALLS },
    { "_PyObject_FastCall*", SPLIT_CALLS },
    { "object_vacall", SPLIT_CALLS },
    { "_PyFunction_Vectorcall", SPLIT_CALLS },
    { "_PyVectorcall*", SPLIT_CALLS },
    { "PyVectorcall*", SPLIT_CALLS },
    { "_PyStack_*", SPLIT_CALLS },
    { "type_call", SPLIT_CALLS },
    { "*.__call__", SPLIT_CALLS },
    { "slot_tp_*", SPLIT_CALLS },
    { "slot_nb_*", SPLIT_CALLS },
    { "slot_sq_*", SPLIT_CALLS },
    { "slot_mp_*", SPLIT_CALLS },
    { "vectorcall_method", SPLIT_CALLS },
    { "vectorcall_unbound", SPLIT_CALLS },
    { "wrap_*", SPLIT_CALLS },
    { "wrapper_call", SPLIT_CALLS },
    { "wrapperdescr_*", SPLIT_CALLS },
    { "tp_new_wrapper", SPLIT_CALLS },
    { "PyArg_*", SPLIT_CALLS },
    { "_PyArg_*", SPLIT_CALLS },
    { "getargs*", SPLIT_CALLS },
    { "vgetargs*", SPLIT_CALLS },
    { "convertitem", SPLIT_CALLS },
    { "convertsimple", SPLIT_CALLS },
    { "find_keyword", SPLIT_CALLS },
    { "_Py_CheckFunctionResult", SPLIT_CALLS },
    { "_Py_VectorCall*", SPLIT_CALLS },
    { "_Py_BuiltinCall*", SPLIT_CALLS },
    { "<*.tp_call>", SPLIT_CALLS },
};

/* Of all else: allocators that libraries bring, and what ends an object of theirs. */
static const struct pattern of_others[] = {
    { "malloc", SPLIT_ALLOCATION },         { "free", SPLIT_ALLOCATION },
    { "cfree", SPLIT_ALLOCATION },          { "calloc", SPLIT_ALLOCATION },
    { "realloc", SPLIT_ALLOCATION },        { "reallocarray", SPLIT_ALLOCATION },
    { "memalign", SPLIT_ALLOCATION },       { "aligned_alloc", SPLIT_ALLOCATION },
    { "posix_memalign", SPLIT_ALLOCATION }, { "__libc_malloc", SPLIT_ALLOCATION },
    { "__libc_free", SPLIT_ALLOCATION },    { "__libc_calloc", SPLIT_ALLOCATION },
    { "__libc_realloc", SPLIT_ALLOCATION }, { "je_*", SPLIT_ALLOCATION },
    { "mi_*", SPLIT_ALLOCATION },           { "_Znwm", SPLIT_ALLOCATION },
    { "_ZdlPv*", SPLIT_ALLOCATION },        { "*_dealloc", SPLIT_ALLOCATION },
    { "<*.tp_dealloc>", SPLIT_ALLOCATION }, { "<*.tp_free>", SPLIT_ALLOCATION },
    { "__tls_get_addr", SPLIT_CALLS },      { "_dl_runtime_resolve*", SPLIT_CALLS },
};

static bool fits(struct str name, const char *like)
{
    size_t at = 0;

    for (; *like && *like != '*'; like++, at++)
        if (at >= name.len || name.at[at] != *like)
            return false;
    if (!*like)
        return at == name.len;
    for (; at <= name.len; at++)
        if (fits((struct str){ name.at + at, name.len - at }, like + 1))
            return true;
    return false;
}

static bool look(const struct pattern *table, size_t count, struct str name,
                 enum split_part *part)
{
    for (size_t i = 0; name.len > 0 && i < count; i++)
        if (fits(name, table[i].like)) {
            *part = table[i].part;
            return true;
        }
    return false;
}

enum split_part parts_of(enum parts_home home, struct str symbol, struct str word)
{
    enum split_part part = SPLIT_NATIVE;
    size_t count = sizeof of_python / sizeof *of_python;

    if (home == PARTS_PYTHON &&
        (look(of_python, count, symbol, &part) || look(of_python, count, word, &part)))
        return part;
    count = sizeof of_others / sizeof *of_others;
    if (home != PARTS_PYTHON && !look(of_others, count, symbol, &part))
        look(of_others, count, word, &part);
    return part;
}
