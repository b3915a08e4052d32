# SPDX-License-Identifier: Apache-2.0
"""`python -m sonde ...` is the command line."""
import os
import shutil
import sys


def command():
    """Path of the sonde binary that belongs to this package."""
    name = os.path.join(os.path.dirname(sys.executable), "sonde")
    return name if os.access(name, os.X_OK) else shutil.which("sonde")


if __name__ == "__main__":
    binary = command()
    if binary is None:
        sys.exit("sonde: cannot start: sonde: not beside this Python nor on PATH "
                 "(pip install sonde brings it)")
    os.execv(binary, [binary] + sys.argv[1:])
