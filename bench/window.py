# SPDX-License-Identifier: Apache-2.0
"""The part of a program that is measured: its work, without imports and set-up."""

import time


def repeat(work, args, loops):
    for _ in range(loops):
        work(*args)


class Window:
    def __init__(self):
        self.loops = 1
        self.profile = None  # a cProfile.Profile that is on inside the window only
        self.cpu_s = 0.0

    def measure(self, work, *args):
        """Add the processor time of one call of `work`."""
        profile = self.profile
        start = time.process_time()
        if profile:
            profile.enable()
        work(*args)
        if profile:
            profile.disable()
        self.cpu_s += time.process_time() - start


window = Window()
