# SPDX-License-Identifier: Apache-2.0
"""Brings sonde's agent into a Python that `sonde run` started, directly or not.

Runs in every Python of the program, also in those that have no agent: so it
keeps to what Python 2.7 and 3.x both read, imports nothing, and never fails.
At its end sys.path is as it would be without us, and the user's own
sitecustomize, if there is one, has run under its name.
"""
import sys


def privileged():
    """This process has more rights than who started it (setuid, capabilities): AT_SECURE."""
    with open("/proc/self/auxv", "rb") as auxiliary:
        words = auxiliary.read()
    for at in range(0, len(words), 16):
        if words[at:at + 8] == b"\x17" + b"\0" * 7:
            return words[at + 8:at + 16] != b"\0" * 8
    return False


def enter(hook):
    import os
    recording = os.environ.get("SONDE_RECORDING")
    options = os.environ.get("SONDE_OPTIONS", "")
    if not recording:
        return
    before, _, children = ("," + options).partition(",children=")  # which is the last, or 0
    if (children + ",").startswith("0,"):
        del os.environ["SONDE_RECORDING"]
    elif children and ",inner=1" not in before:
        os.environ["SONDE_OPTIONS"] = "inner=1," + options  # from here on it is not the program
    try:
        import _imp
        external = sys.modules["_frozen_importlib_external"]
        name = "sonde._agent"
        path = os.path.join(os.path.dirname(hook), "_agent" + _imp.extension_suffixes()[0])
        os.stat(path)
        loader = external.ExtensionFileLoader(name, path)
        spec = sys.modules["_frozen_importlib"].ModuleSpec(name, loader, origin=path)
        agent = _imp.create_dynamic(spec)
        _imp.exec_dynamic(agent)
        agent.__spec__ = spec
        agent.__file__ = path
        sys.modules[name] = agent
        agent.enter(recording, options)
    except Exception:
        error = sys.exc_info()[1]
        threaded = "t" if "t" in getattr(sys, "abiflags", "") else ""  # as in python3.13t
        why = "python %s%s %s\n%s: %s\nparent %d\n" % (
            sys.version.split()[0], threaded, sys.executable, type(error).__name__, error, os.getppid())
        if privileged() or "subinterpreter" in str(error):  # which the agent tells of
            return
        note = os.open(os.path.join(recording, "%d.note" % os.getpid()),
                       os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        os.write(note, why.encode("utf-8", "replace"))
        os.close(note)


def go_on(hook):
    """Run the sitecustomize that ours stands before, as site would."""
    while hook in sys.path:
        sys.path.remove(hook)
    sys.path_importer_cache.pop(hook, None)
    ours = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401  the user's own
    except ImportError:
        if sys.exc_info()[1].args[:1] and "sitecustomize" not in str(sys.exc_info()[1]):
            raise
        if ours is not None:
            sys.modules["sitecustomize"] = ours


def leave_no_cache():
    """Where byte code is kept in a place of its own, ours is not found, and was written."""
    import os
    path = __spec__.cached
    try:
        os.unlink(path)
        while path != sys.pycache_prefix:
            path = os.path.dirname(path)
            os.rmdir(path)
    except OSError:  # nothing was written, or others have theirs in there
        pass


_hook = __file__.rpartition("/")[0].replace("/__pycache__", "")
try:
    enter(_hook)
    if getattr(sys, "pycache_prefix", None):
        leave_no_cache()
except Exception:
    pass
go_on(_hook)
