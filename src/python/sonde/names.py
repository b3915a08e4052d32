# SPDX-License-Identifier: Apache-2.0
"""sonde.install(): sonde's engine under the names of Python's own profilers."""
import importlib
import sys
import warnings


def install():
    """Put sonde.Profile, run and runctx into cProfile, and what answers as profile does into profile.

    For this process, before the program takes them from there: what was taken by `from cProfile import
    Profile` stays what it is.
    """
    from sonde import profile, pure
    put("cProfile", profile)
    put("profile", pure)
    if sys.version_info >= (3, 15):
        put("profiling.tracing", profile)


def put(name, ours):
    with warnings.catch_warnings():  # 3.15 warns of the module profile
        warnings.simplefilter("ignore", DeprecationWarning)
        module = importlib.import_module(name)
    for each in ours.__all__:
        setattr(module, each, getattr(ours, each))
