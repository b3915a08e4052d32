# SPDX-License-Identifier: Apache-2.0
"""Runs constructs whose part is played at the end of the program.

    python ends.py MODULE:TIMES...
"""

import importlib
import sys

for word in sys.argv[1:]:
    importlib.import_module(word.partition(":")[0]).run()
