# SPDX-License-Identifier: Apache-2.0
"""Why another tree holds on some Python."""

# The interpreter itself does something else there; sonde counts what it does.
THERE = {
    "inlined": "Since 3.12 a comprehension has no frame of its own: its loop is part of the function "
               "around it. On 3.11 it is a function that is called.",
    "no call": "The compiler makes a loop of `any`, `all` and `tuple` around a generator expression since "
               "3.14, of `list` and `set` since 3.15: those are not called there, and the loop resumes the "
               "expression itself.",
    "deferred": "Since 3.14 annotations are evaluated when somebody asks for them, not with the `def`.",
    "own task": "Before 3.12 `asyncio.wait_for` ran what it waits for in a task of its own.",
    "name": "The same calls; one of the functions is called otherwise there.",
}

# What sonde counts there is not the truth.
DIFFERS = {
    "C objects": "Python 3.11 tells a profiler of Python functions, C functions and C methods, and of no other "
                 "object made in C that is called: `functools.partial` and `lru_cache`, the getters of `operator`, "
                 "slots called by name (`dict.__init__`, `(3).__add__`). Constructors are seen by another way. "
                 "What such an object calls is counted, as called by the object's caller.",
    "around C": "Of a method object around a C function, which only `types.MethodType` makes, the interpreter "
                "tells the end and not the beginning on 3.12 and 3.13, and with `*` the beginning at most and never "
                "the end on any. Such a call is not counted; all around it is right.",
    "own class": "A class made in Python shows itself by its methods: they are what is counted. An object of such a "
                 "class whose call is inherited from one made in C has none. Keeping such classes, which die and move, as "
                 "functions would cost every constructor of a class made in Python.",
    "refused": "On 3.11 sonde sees every call of an exception's class made at a call instruction. Where that instruction "
               "itself is refused (wrong arguments, no callable, an abstract class) it is the interpreter that makes the `TypeError`.",
    "not begun": "Nothing of the body runs when a generator that was never begun is thrown into (on 3.11 also when it is closed "
                 "or dropped). The interpreter enters its frame all the same and tells of it: one resumption without a call. cProfile counts a "
                 "call there.",
    "dropped unrun": "CPython 3.13.0 to 3.13.9 drops a suspended generator without running it, when it stands in no `try`, and tells "
                     "nobody: no resumption is counted. Mended in CPython 3.13.10.",
    "handed on": "An exception thrown into a generator that waits in `yield from` or `await` goes to the innermost at once; "
                 "the outer ones are entered only when it comes out there. So the innermost counts as called by what threw, beside "
                 "the outer ones and not beneath them. Each resumption is counted once.",
    "with": "`with` calls `__enter__` and `__exit__` of an object made in C. Before 3.14 the interpreter tells of `__exit__` alone and only "
            "where no exception left the block, since 3.14 of both, but again of no `__exit__` after an exception.",
    "at entry": "A signal that waits when a function begins: its handler runs in the function's frame before the function is "
                "told to have begun. Where the handler raises, the function never begins: it is there, as the handler's caller, with no "
                "call counted.",
    "tracer": "The interpreter tells nothing while a trace function of the program's own runs.",
}
REASONS = {**THERE, **DIFFERS}
