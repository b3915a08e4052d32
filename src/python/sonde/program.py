# SPDX-License-Identifier: Apache-2.0
"""Runs a script or a module under a profiler of this process, as python itself would run it."""
import builtins
import importlib.machinery
import importlib.util
import io
import optparse
import os
import sys


def parse(argv, sort):
    """The options of cProfile's command line, and the program's words."""
    import pstats
    parser = optparse.OptionParser(
        prog="python -m sonde.profile",
        usage="%prog [-o output_file_path] [-s sort] [-m module | scriptfile] [arg] ...")
    parser.allow_interspersed_args = False
    parser.add_option("-o", "--outfile", help="Save stats to <outfile>")
    parser.add_option("-s", "--sort", default=sort, choices=sorted(pstats.Stats.sort_arg_dict_default),
                      help="Sort order when printing to stdout, based on pstats.Stats class")
    parser.add_option("-m", dest="module", action="store_true", default=False,
                      help="Profile a library module")
    options, words = parser.parse_args(argv)
    if not words:
        parser.print_usage()
        sys.exit(2)
    return options, words


def module_of(origin):
    """A new __main__: what the program's classes belong to, for pickles and for `import __main__`."""
    spec = importlib.machinery.ModuleSpec("__main__", loader=None, origin=origin)
    module = importlib.util.module_from_spec(spec)
    module.__dict__.update(__file__=origin, __builtins__=builtins, __spec__=None, __package__=None)
    sys.modules["__main__"] = module
    return module


def script(path):
    """Code and namespace of a script, its folder first on sys.path."""
    path = os.path.abspath(path)
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(path)
    with io.open_code(path) as file:
        code = compile(file.read(), path, "exec")
    return code, module_of(path).__dict__


def module(name):
    """Code and namespace of `python -m name`."""
    import runpy
    return "run_module(name, run_name='__main__', alter_sys=True)", {"run_module": runpy.run_module, "name": name}


def beyond_ours(error):
    """Where the program's own part of a traceback begins."""
    at = error.__traceback__
    while at and os.path.dirname(at.tb_frame.f_code.co_filename) == os.path.dirname(__file__):
        at = at.tb_next
    return at


def main(profiler, sort=-1, argv=None):
    """Profile the program that argv names; it ends as it would without us, but for the report."""
    from sonde.profile import show
    options, words = parse(argv, sort)
    sys.argv[:] = words
    outfile = os.path.abspath(options.outfile) if options.outfile else None  # the program may chdir
    profile = profiler()
    try:
        code, names = module(words[0]) if options.module else script(words[0])
        try:
            profile.runctx(code, names, names)
        finally:
            show(profile, outfile, options.sort)
    except BrokenPipeError as error:
        sys.stdout = None  # else the interpreter complains as it ends
        sys.exit(error.errno)
    except SystemExit:
        raise
    except KeyboardInterrupt as error:
        told, at = sys.excepthook, beyond_ours(error)
        sys.excepthook = lambda kind, value, ours: told(kind, value.with_traceback(at), at)
        raise  # the interpreter dies of the signal
    except BaseException as error:
        error.__traceback__ = beyond_ours(error)
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(1)
