# SPDX-License-Identifier: Apache-2.0
"""Statements stepped, instruction by instruction, each in a fork of this very Python: equal memory,
equal hashes. The order besides what sonde_loops.py tells of:

    package    the folder of the extensions sonde._step
    log        the file for each statement's log, last the empty one's
    warm       loops before the stepped ones
    stepped    loops to step
    limit_ns   of processor time for the steps of one statement
    steps      for the same: so many at most; 0: as many as there is time for
"""
import os
import sys

import sonde_loops as loops


def load(package):
    """The extension for this Python alone, without the package around it; None: there is none."""
    import _imp
    name = "sonde._step"
    for suffix in _imp.extension_suffixes():
        path = os.path.join(package, "_step" + suffix)
        if os.path.exists(path):
            loader = sys.modules["_frozen_importlib_external"].ExtensionFileLoader(name, path)
            spec = sys.modules["_frozen_importlib"].ModuleSpec(name, loader, origin=path)
            step = _imp.create_dynamic(spec)
            _imp.exec_dynamic(step)
            return step
    return None


def run(order, report):
    step, loaded, jobs = load(order["package"]), {}, []
    if step is None:
        report.tell("stepless")
        return
    for index, (file, code) in enumerate(order["statements"] + [("", "pass")]):
        setup = order["setup"] if index < len(order["statements"]) else "pass"
        space = loops.load(file, loaded) if file else loops.names()
        inner, _ = loops.make("step", setup, code, index, space)
        jobs.append((inner, (), order["log"][index]))
    loops.silence()
    report.send()
    step.step_all(jobs, int(order["warm"]), int(order["stepped"]), int(order["limit_ns"]), False,
                  int(order["steps"]))
