# SPDX-License-Identifier: Apache-2.0
"""Runs each construct cold, often, warm, and hot: recording begins when CPython has
specialised the code without it.

    python phases.py MODULE:TIMES...
"""

import importlib
import sys

import sonde


def cold(run):
    run()


def warming(run, times):
    for _ in range(times):
        run()


def warm(run):
    run()


def hot(run):
    run()


def main():
    for word in sys.argv[1:]:
        name, times = word.split(":")
        run = importlib.import_module(name).run
        cold(run)
        warming(run, int(times))
        warm(run)
        sonde.stop()
        for _ in range(int(times)):
            run()
        sonde.start()
        hot(run)


main()
