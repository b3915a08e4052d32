# SPDX-License-Identifier: Apache-2.0
"""sonde: what a Python program spends its time on, and why.

Programs need no change to be profiled: `sonde run app.py`. To measure a part of one:

    with sonde.profiled():             # count what is called inside, and print it
        work()

    sonde.start()                      # record every call from here on ...
    sonde.stop()                       # ... to here; read it with `sonde report`
    sonde.reset()                      # forget what was counted

What cProfile and pstats offer, by sonde's engine: sonde.Profile, sonde.run, sonde.runctx,
sonde.Stats (of any file sonde reads); sonde.install() puts ours under the names cProfile and profile.
"""
import sys

_fault = None
try:
    from sonde._agent import reset, start, stop
except ImportError as error:
    _fault = "" if "No module named" in str(error) else ": " + str(error)
if _fault is not None:  # told outside of the handler: one traceback, on Pythons too old for sonde as well
    raise ImportError("sonde: no agent for this Python: %s is %s%s (sonde doctor tells which have one)"
                      % (sys.executable, sys.version.split()[0], _fault))

# Each is loaded when it is first asked for: a program that only starts and stops pays for no more.
_LATER = {
    "Profile": ("sonde.profile", "Profile"),
    "run": ("sonde.profile", "run"),
    "runctx": ("sonde.profile", "runctx"),
    "Stats": ("sonde.stats", "Stats"),
    "profiled": ("sonde.blocks", "profiled"),
    "install": ("sonde.names", "install"),
    "__version__": ("sonde._stats", "version"),
}

__all__ = ["reset", "start", "stop"] + [name for name in _LATER if name != "__version__"]


def __getattr__(name):
    if name not in _LATER:
        raise AttributeError("module 'sonde' has no attribute %r" % name)
    import importlib
    module, attribute = _LATER[name]
    value = globals()[name] = getattr(importlib.import_module(module), attribute)
    return value


def __dir__():
    return sorted(set(globals()) | set(_LATER))
