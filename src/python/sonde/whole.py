# SPDX-License-Identifier: Apache-2.0
"""Files that are there whole, or not at all."""
import os
import stat

MARSHAL_VERSION = 4  # which every Python from 3.4 on reads


def write(path, make):
    """Write the bytes that make() gives; where that fails nothing is left of a regular file."""
    with open(path, "wb", buffering=0) as file:
        try:
            rest = memoryview(make())
            while rest:
                rest = rest[file.write(rest):]
        except BaseException:
            discard(file, path)
            raise


def discard(file, path):
    """Take away what was begun."""
    if isinstance(path, int) or not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return
    try:
        os.unlink(path)
    except OSError:
        os.ftruncate(file.fileno(), 0)  # its folder is not ours to change
