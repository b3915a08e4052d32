# SPDX-License-Identifier: Apache-2.0
"""The process that is measured: measured.py WITH LOOPS PROGRAM ARGS...

WITH: bare, cprofile, cprofile-python (its builtins=False), sonde, sonde-python. The last
line of its output is JSON.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def main():
    variant, loops, program = sys.argv[1:4]
    if variant.startswith("sonde") != ("sonde._agent" in sys.modules):
        sys.exit("sonde's agent is where it should not be, or is not where it should")
    sys.path[0:1] = [str(HERE / "stand_in"), str(HERE), str(pathlib.Path(program).parent)]
    from window import window

    window.loops = int(loops)
    if variant.startswith("cprofile"):
        import cProfile
        window.profile = cProfile.Profile(builtins=variant == "cprofile")
    sys.argv = sys.argv[3:]
    with open(program, encoding="utf-8") as file:
        code = compile(file.read(), program, "exec")
    exec(code, {"__name__": "__main__", "__file__": program, "__builtins__": __builtins__})
    print()
    print(json.dumps({"cpu_s": window.cpu_s}))


if __name__ == "__main__":
    main()
