# SPDX-License-Identifier: Apache-2.0
"""Steps statements, inside the Python that runs them: what test/stepping.py starts.

Words: a file of JSON {"setup", "after", "statements", "warm", "loops", "limit_ns",
"single"}, and the
folder where the log of each statement goes, in their order. `after` follows the loop, at
full speed. Prints how many whole loops were stepped, as a list.
Two words more, a statement's number and a count: so many loops of it instead, not stepped.
"""

import gc
import itertools
import json
import sys


def compiled(setup, statement, after):
    def indented(text, by):
        return "\n".join(by + line for line in text.split("\n"))

    text = (f"def inner(_it):\n{indented(setup or 'pass', '    ')}\n    for _i in _it:\n"
            f"{indented(statement, '        ')}\n{indented(after or 'pass', '    ')}\n")
    names = {}
    exec(compile(text, "<statement>", "exec"), names)
    return names["inner"]


def main(wanted, folder, number=None, loops=None):
    from sonde import _step

    with open(wanted) as file:
        wanted = json.load(file)
    inners = [compiled(wanted["setup"], text, wanted["after"]) for text in wanted["statements"]]
    gc.disable()
    if number:
        return inners[int(number)](itertools.repeat(None, int(loops)))
    jobs = [(inner, (), f"{folder}/{number}.steps") for number, inner in enumerate(inners)]
    print(_step.step_all(jobs, wanted["warm"], wanted["loops"], wanted["limit_ns"],
                         wanted["single"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
