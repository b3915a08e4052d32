# SPDX-License-Identifier: Apache-2.0
"""What the tests of processes share: servers and wrappers from PyPI (test/servers.txt)."""

import platform
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def servers(root):
    """A folder with what test/servers.txt names, for every Python."""
    folder, wanted = root / "build/servers", root / "test/servers.txt"
    stamp = folder / "servers.txt"
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        tags = [f"manylinux_2_{minor}_{platform.machine()}" for minor in (36, 35, 34, 31, 28, 27, 24, 17)]
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--no-deps", "--upgrade", "--target", folder, "--only-binary=:all:",
                        "--implementation", "py", "--python-version", "3.11",
                        *(f"--platform={tag}" for tag in tags), "-r", wanted], check=True)
        stamp.write_text(wanted.read_text())
    return folder
