# SPDX-License-Identifier: Apache-2.0
"""Disks for a test: small ones, odd ones. Mounting takes root; who has none skips."""

import contextlib
import pathlib
import subprocess
import tempfile

import pytest


@contextlib.contextmanager
def mounted(*words):
    """A folder on which `mount *words FOLDER` was done."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["mount", *words, folder], capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"cannot be mounted here (it takes root): {done.stderr.strip()}")
        try:
            yield pathlib.Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def disk(size, options="mode=0755"):
    """A folder on a disk of so many bytes."""
    return mounted("-t", "tmpfs", "-o", f"size={size},{options}", "none")
