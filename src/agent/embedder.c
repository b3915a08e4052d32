/* SPDX-License-Identifier: Apache-2.0 */
/* embedder.c - programs that have Python in them: where the first of their code runs,
 * when Python's own main, which would tell of it, does not. */
#include <string.h>

#include "agent/agent.h"

static bool is_named(PyObject *name, const char *text)
{
    return PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, text) == 0;
}

/* What Python's own main imports before it tells of the program. */
static bool is_for_prompt(PyObject *args)
{
    PyObject *name = PyTuple_GET_SIZE(args) > 0 ? PyTuple_GET_ITEM(args, 0) : NULL;

    return name && (is_named(name, "readline") || is_named(name, "rlcompleter"));
}

bool embedder_begins(const char *event, PyObject *args)
{
    bool runs = strcmp(event, "exec") == 0;
    bool imports = strcmp(event, "import") == 0 && !is_for_prompt(args);

    return (runs || imports) && !pyabi_real(pyabi_current(pyabi_thread()));
}
