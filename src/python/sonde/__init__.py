# SPDX-License-Identifier: Apache-2.0
"""sonde: what a Python program spends its time on, and why.

    import sonde
    sonde.start()        # record every call from here on ...
    sonde.stop()         # ... to here; read it with `sonde report`

Programs need no change to be profiled: `sonde run app.py`.
"""
from sonde._agent import start, stop

__all__ = ["start", "stop"]
