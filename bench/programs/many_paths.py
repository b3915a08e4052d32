# SPDX-License-Identifier: Apache-2.0
"""many_paths.py PATHS FUNCTIONS: calls along so many distinct paths, of so many functions."""

import sys
import types


def step(left, at, table, many):
    """One call makes `left` calls in all, itself included: a third of them below the first callee, and so on."""
    left -= 1
    while left:
        part = (left + 2) // 3
        left -= part
        following = table[at % many]
        following(part, at * 7 + 1, table, many)
        at += 1


def main():
    paths, functions = int(sys.argv[1]), int(sys.argv[2])
    table = []
    for n in range(functions):
        module = n % 97
        code = step.__code__.replace(co_name=f"f{n}", co_firstlineno=n // 97 * 12 + 1,
                                     co_filename=f"/srv/app/package_{module % 12}/module_{module}.py")
        if hasattr(code, "co_qualname"):
            code = code.replace(co_qualname=f"f{n}")
        table.append(types.FunctionType(code, globals(), f"f{n}"))
    table[0](paths, 1, table, functions)


main()
