# SPDX-License-Identifier: Apache-2.0
"""Pythons that sonde has no agent for are named, and their programs run."""

import re

import pytest

# What such a Python does as far as sonde sees: the hook finds no agent and leaves a note.
STAND_IN = """#!/bin/sh
printf 'python {version} %s\\nFileNotFoundError: no agent\\n' "$0" > "$SONDE_RECORDING/$$.note"
echo ran
"""


@pytest.mark.parametrize("version, text", [
    ("3.10.4", r"is 3\.10\.4 \(sonde has 3\.1[\d.-]+; the program ran unprofiled\)"),
    ("3.13.2t", r"is 3\.13\.2t, free-threaded \(sonde has 3\.1[\d.-]+, with the GIL; the program ran unprofiled\)"),
])
def test_it_is_named(run_sonde, tmp_path, version, text):
    python = tmp_path / "python3"
    python.write_text(STAND_IN.format(version=version))
    python.chmod(0o755)
    done = run_sonde("run", "--python", python, "-c", "pass")
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert re.fullmatch(rf"sonde: no agent for this Python: {re.escape(str(python))} {text}\n", done.stderr)
