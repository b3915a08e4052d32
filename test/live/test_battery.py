# SPDX-License-Identifier: Apache-2.0
"""Programs of many kinds under sonde: output, errors, status and files, byte for byte."""

import os
import re
import shutil
import stat
import subprocess
import textwrap

import pytest
from live.battery import BLURRED, CASES

MODES = [(), ("--no-builtins",), ("--clock", "cpu")]
WHEN = 1_600_000_000


def lay_out(folder, files):
    """The folder anew, with these files in it, all of one age: byte code holds it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())
        os.utime(path, (WHEN, WHEN))


def contents(folder):
    """What lies in the folder: by name its kind, rights and bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        kind = path.lstat().st_mode
        held = os.readlink(path) if stat.S_ISLNK(kind) else path.read_bytes() if stat.S_ISREG(kind) else b""
        found[str(path.relative_to(folder))] = oct(kind), held
    return found


def run(command, case, folder, env):
    lay_out(folder, case["files"])
    env = env | case["env"]
    if env.get("HERE") == ".":
        env["HERE"] = str(folder)
    done = subprocess.run([*command, *case["words"]], input=case["stdin"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, cwd=folder, env=env, timeout=100, start_new_session=True)
    out, err = (re.sub(BLURRED, b"", text, flags=re.M) for text in (done.stdout, done.stderr))
    return done.returncode, out, err, contents(folder)


def check(sonde, python, env, tmp_path, name, options):
    case, folder = CASES[name], tmp_path / "work"
    bare = run([python], case, folder, env)
    recording = tmp_path / "out.sonde"
    under = run([sonde, "run", "-q", *options, "-o", recording, python], case, folder, env)
    for one, other in zip(bare, under):
        assert other == one
    entered = not {"-E", "-I", "-S"} & {*case["words"]}
    assert bool(list(recording.glob("*.tape"))) or not entered or name in ("no_file", "no_module")


@pytest.mark.parametrize("name", list(CASES)[::4])
def test_program(sonde, python, clean_env, tmp_path, name):
    check(sonde, python, clean_env, tmp_path, name, ())


@pytest.mark.long
@pytest.mark.smoke
@pytest.mark.parametrize("options", MODES, ids=" ".join)
def test_all_on_each_python(sonde, python, clean_env, tmp_path, options):
    wrong = {}
    for name in CASES:
        try:
            check(sonde, python, clean_env, tmp_path, name, options)
        except AssertionError as error:
            wrong[name] = str(error)
        shutil.rmtree(tmp_path / "out.sonde", ignore_errors=True)
    assert wrong == {}
    assert len(CASES) >= 40
