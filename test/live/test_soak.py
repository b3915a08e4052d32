# SPDX-License-Identifier: Apache-2.0
"""A busy program under the agent: memory, descriptors, mappings and the tape do not grow.

The 30 minutes are `tool/soak`; here it is 20 seconds.
"""

import subprocess

import pytest


@pytest.mark.long
@pytest.mark.smoke
def test_twenty_seconds(root, sonde, python, clean_env):
    done = subprocess.run([root / "tool/soak", "--minutes", "0.34", "--python", python, "--sonde", sonde,
                           "--max-paths", "20000"], env=clean_env, text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    assert done.stdout.rstrip().endswith("flat")
