# SPDX-License-Identifier: Apache-2.0
"""sonde: what a Python program spends its time on, and why.

    import sonde
    sonde.start()        # record every call from here on ...
    sonde.stop()         # ... to here; read it with `sonde report`

Programs need no change to be profiled: `sonde run app.py`.
"""
import sys

try:
    from sonde._agent import start, stop
except ImportError as error:
    raise ImportError("sonde: no agent for this Python: %s is %s (sonde doctor tells "
                      "which have one)" % (sys.executable, sys.version.split()[0])) from error

__all__ = ["start", "stop"]
