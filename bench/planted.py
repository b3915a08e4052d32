# SPDX-License-Identifier: Apache-2.0
"""The process that is measured: planted.py LOOPS PROGRAM FUNCTION TURNS ARGS...

A program of the bench with a loop of so many turns planted at the beginning of one of its functions, on that
function's own line: all of its time is that function's own.
"""

import ast
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def loop(turns, line):
    """It calls nothing that a profiler would count."""
    found = ast.parse(f"_turns = {turns}\nwhile _turns:\n    _turns -= 1").body
    for statement in found:
        for node in ast.walk(statement):
            if hasattr(node, "lineno"):
                node.lineno = node.end_lineno = line
    return found


def functions(node, prefix=""):
    """(qualified name, definition) of each."""
    for child in ast.iter_child_nodes(node):
        name = prefix
        if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
            name = prefix + child.name
            if isinstance(child, ast.FunctionDef):
                yield name, child
                name += ".<locals>"
            name += "."
        yield from functions(child, name)


def plant(tree, name, turns):
    [definition] = [child for known, child in functions(tree) if known == name]
    at = 1 if ast.get_docstring(definition) else 0
    definition.body[at:at] = loop(turns, definition.lineno)


def main():
    loops, program, name, turns = sys.argv[1:5]
    sys.path[0:1] = [str(HERE / "stand_in"), str(HERE), str(pathlib.Path(program).parent)]
    from window import window

    window.loops = int(loops)
    sys.argv = [program, *sys.argv[5:]]
    tree = ast.parse(pathlib.Path(program).read_text(encoding="utf-8"), program)
    plant(tree, name, int(turns))
    exec(compile(tree, program, "exec"),
         {"__name__": "__main__", "__file__": program, "__builtins__": __builtins__})


if __name__ == "__main__":
    main()
