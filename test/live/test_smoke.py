# SPDX-License-Identifier: Apache-2.0
"""The shortest walk through the command, on every Python of the machine."""

import subprocess

import pytest

pytestmark = pytest.mark.smoke


def test_a_program_prints_what_it_prints_without_sonde(run_sonde, python, root, tmp_path):
    program = root / "examples/weblog.py"
    alone = subprocess.run([python, program], check=True, text=True, stdout=subprocess.PIPE)
    done = run_sonde("run", "--python", python, "-o", "walk.sonde", program)
    assert (done.returncode, done.stdout, done.stderr) == (0, alone.stdout, "")
    assert list((tmp_path / "walk.sonde").glob("*.tape"))


def test_status_is_the_programs(run_sonde, python):
    done = run_sonde("run", "--python", python, "-c", "import sys; sys.exit(3)")
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
