# SPDX-License-Identifier: Apache-2.0
"""Steps statements, inside the Python that runs them: what test/stepping.py starts.

Words: a file of JSON {"setup", "after", "statements", "warm", "loops", "limit_ns",
"single"}, and the
folder where the log of each statement goes, in their order. `after` follows the loop, at
full speed. Prints how many whole loops were stepped, as a list.
"""

import gc
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


def main(wanted, folder):
    from sonde import _step

    with open(wanted) as file:
        wanted = json.load(file)
    inners = [compiled(wanted["setup"], text, wanted["after"]) for text in wanted["statements"]]
    gc.disable()
    jobs = [(inner, (), f"{folder}/{number}.steps") for number, inner in enumerate(inners)]
    print(_step.step_all(jobs, wanted["warm"], wanted["loops"], wanted["limit_ns"],
                         wanted["single"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
