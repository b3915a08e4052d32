# SPDX-License-Identifier: Apache-2.0
"""Texts that are kept."""

import os
import pathlib

import pytest

HERE = pathlib.Path(__file__).parent


@pytest.fixture
def check_golden(run_sonde):
    """check_golden("callers", "report", ...): what is printed is callers.txt, letter by letter. GOLDEN=write writes it."""

    def check(name, *words):
        done = run_sonde(*words)
        assert (done.returncode, done.stderr) == (0, "")
        path = HERE / f"{name}.txt"
        if os.environ.get("GOLDEN") == "write":
            path.write_text(done.stdout)
        assert done.stdout == path.read_text()

    return check
