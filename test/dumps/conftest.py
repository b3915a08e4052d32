# SPDX-License-Identifier: Apache-2.0
"""Dumps of every Python here, made once."""

import subprocess

import pytest

from .pythons import PYTHONS


@pytest.fixture(scope="session")
def dumps_of(root, tmp_path_factory):
    """dumps_of("3.13"): a folder with that Python's dumps; beside each NAME.prof is NAME.json."""
    made = {}

    def make(version):
        if version not in made:
            folder = tmp_path_factory.mktemp(f"dumps-{version}")
            done = subprocess.run([PYTHONS[version], "-W", "ignore", root / "test/dumps/writers.py", folder],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
            assert done.returncode == 0, done.stdout
            made[version] = folder
        return made[version]

    return make


@pytest.fixture(scope="session")
def dump_tool(root):
    """What a table holds, as JSON, or written again."""
    return root / "build/dev/test/unit/pstats_dump"
