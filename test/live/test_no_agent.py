# SPDX-License-Identifier: Apache-2.0
"""Pythons that sonde has no agent for are named, and their programs run."""

import re
import subprocess
from pathlib import Path

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


def test_import_says_so_in_one_line(sonde, tmp_path, clean_env, python):
    """Without its extensions the package is what it is to a Python they were not made for."""
    package = tmp_path / "sonde"
    package.mkdir()
    source = Path(__file__).parents[2] / "src/python/sonde/__init__.py"
    (package / "__init__.py").write_text(source.read_text())
    done = subprocess.run([python, "-c", "import sonde"], cwd=tmp_path, env=clean_env | {"PYTHONPATH": str(tmp_path)},
                          text=True, capture_output=True)
    assert done.returncode == 1 and done.stderr.count("Traceback") == 1
    assert re.fullmatch(r"ImportError: sonde: no agent for this Python: \S+ is \S+ "
                        r"\(sonde doctor tells which have one\)", done.stderr.splitlines()[-1])
