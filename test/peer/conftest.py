# SPDX-License-Identifier: Apache-2.0
"""Dumps, as test/dumps makes them; other tools."""

import subprocess
import sys

import pytest

from dumps.conftest import dump_tool, dumps_of  # noqa: F401


@pytest.fixture(scope="session")
def peers(root):
    """A folder with what test/peers.txt names."""
    folder, wanted = root / "build/peers", (root / "test/peers.txt").read_text()
    stamp = folder / "peers.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        names = [line for line in wanted.splitlines() if not line.startswith("#")]
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                        "--upgrade", "--target", folder, *names], check=True)
        stamp.write_text(wanted)
    return folder
