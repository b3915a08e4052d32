# SPDX-License-Identifier: Apache-2.0
"""What sonde adds to the start of Python: `python -c pass`, bare, with the agent's hook,
and with launcher and all; processor time of the process and those it waited for."""

import pathlib
import sys

from figures import difference, median
from process import cpu_ms, output


def environment(sonde, python, recording):
    """What `sonde run` gives the program."""
    said = output([sonde, "run", "-q", "-o", recording, "--python", python, "env", "-0"])
    return dict(entry.split("=", 1) for entry in said.split("\0") if entry)


def measure(sonde, python, recording, rounds):
    """{"bare_ms", "hook", "run"}: the latter two are what is added, with an interval."""
    recording = pathlib.Path(recording)
    env = environment(sonde, python, recording)
    start = [python, "-c", "pass"]
    under = [sonde, "run", "-q", "-o", recording.with_name("started.sonde"), "--python", python,
             "-c", "pass"]
    variants = [lambda: cpu_ms(start), lambda: cpu_ms(start, env=env), lambda: cpu_ms(under)]
    for run in variants:
        run()
    series = [[], [], []]
    for turn in range(rounds):
        for step in range(3):
            which = (turn + step) % 3
            series[which].append(variants[which]())
    bare, hook, run = series
    return {"bare_ms": median(bare), "hook": difference(bare, hook), "run": difference(bare, run)}


if __name__ == "__main__":
    import json
    import tempfile
    sonde = pathlib.Path(__file__).resolve().parent.parent / "build/venv/bin/sonde"
    with tempfile.TemporaryDirectory() as folder:
        for python in sys.argv[1:] or [sys.executable]:
            print(python, json.dumps(measure(sonde, python, f"{folder}/start.sonde", 100)))
