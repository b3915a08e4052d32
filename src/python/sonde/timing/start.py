# SPDX-License-Identifier: Apache-2.0
"""A Python whose statements `sonde timeit` times: run by it, as `python start.py SPEC REPORT`.

The two are descriptors: what to do (see sonde_loops.py) and where to tell of it.
"""
if __name__ == "__main__":  # not where a statement starts processes, which import their parent's file
    import os
    import sys
    if sys.version_info < (3, 6):
        os._exit(9)
    _folder = os.path.dirname(os.path.abspath(__file__))
    if sys.path[:1] != [_folder]:  # python -P
        sys.path.insert(0, _folder)
    _write, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # nothing is left in our folder
    import sonde_loops
    sys.dont_write_bytecode = _write
    sys.path[0] = os.curdir  # as timeit has it
    _words = sys.argv[1:]
    del sys.argv[1:], _folder, _write
    sonde_loops.main(*map(int, _words))
