# SPDX-License-Identifier: Apache-2.0
"""src/pyabi's layouts against each Python's own headers, by the compiler."""

import subprocess

import pytest

pytestmark = pytest.mark.smoke

# Ours and theirs: the fields of a frame that are read.
FIELDS = {
    (3, 11): "function=f_func code=f_code previous=previous prev_instr=prev_instr owner=owner localsplus=localsplus",
    (3, 12): "function=f_funcobj code=f_code previous=previous owner=owner localsplus=localsplus",
    (3, 13): "function=f_funcobj executable=f_executable previous=previous owner=owner localsplus=localsplus",
    (3, 14): "function=f_funcobj executable=f_executable previous=previous owner=owner localsplus=localsplus",
    (3, 15): "function=f_funcobj executable=f_executable previous=previous owner=owner localsplus=localsplus",
}
# What else is told of frames there.
FACTS = {
    (3, 11): ["offsetof(PyFrameObject, f_frame) == sizeof(PyObject) + sizeof(void *)",
              "offsetof(struct pyabi_interpreter, newest_thread) == "
              "offsetof(PyInterpreterState, threads.next_unique_id)"],
    (3, 12): ["FRAME_OWNED_BY_CSTACK == 3"],
    (3, 13): ["FRAME_OWNED_BY_CSTACK == 3"],
    (3, 14): ["FRAME_OWNED_BY_INTERPRETER == 3", "FRAME_OWNED_BY_CSTACK == 4",
              "FRAME_OWNED_BY_FRAME_OBJECT == 2", "Py_INT_TAG == 3", "Py_TAG_REFCNT == 1"],
    (3, 15): ["FRAME_OWNED_BY_INTERPRETER == 3", "FRAME_OWNED_BY_FRAME_OBJECT == 2",
              "Py_INT_TAG == 3", "Py_TAG_INVALID == 2", "Py_TAG_REFCNT == 1"],
}
HEADERS = {(3, 11): ["frame", "interp"], (3, 14): ["frame", "interpframe_structs", "stackref"], (3, 15): ["frame", "interpframe_structs", "stackref"]}


def program(version):
    headers = HEADERS.get(version, ["frame"])
    same = [f"offsetof(struct pyabi_frame, {ours}) == offsetof(struct _PyInterpreterFrame, {theirs})"
            for ours, theirs in (field.split("=") for field in FIELDS[version].split())]
    sizes = [f"sizeof(((struct pyabi_frame *)0)->{ours}) == sizeof(((struct _PyInterpreterFrame *)0)->{theirs})"
             for ours, theirs in (field.split("=") for field in FIELDS[version].split())]
    return "\n".join(["#define Py_BUILD_CORE 1", "#include <Python.h>", "#include <stddef.h>",
                      *(f"#include <internal/pycore_{name}.h>" for name in headers),
                      '#include "pyabi/pyabi.h"',
                      *(f'_Static_assert({fact}, "");' for fact in same + sizes + FACTS[version]), ""])


def test_frames_lie_as_we_read_them(python, python_version, root, tmp_path):
    include = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('include'))"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout.strip()
    (tmp_path / "layout.c").write_text(program(python_version))
    done = subprocess.run(["cc", "-std=gnu17", "-fsyntax-only", f"-I{root}/src", f"-isystem{include}",
                           f"-isystem{include}/internal", tmp_path / "layout.c"], text=True,
                          stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 0, done.stderr
