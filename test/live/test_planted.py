# SPDX-License-Identifier: Apache-2.0
"""Nothing of ours is imported or loaded from the folder a program happens to be started in."""

import subprocess

import pytest

from counting import packages_in

NAMES = ["sitecustomize", "usercustomize", "json", "os", "sys", "_imp", "importlib", "sonde", "_agent", "struct"]
PLANTED = "open({folder!r} + '/executed', 'a').write({name!r} + '\\n')\n"


@pytest.fixture
def trap(tmp_path):
    """A folder full of modules and libraries under names that ours have or use."""
    folder = tmp_path / "trap"
    (folder / "hook").mkdir(parents=True)
    for name in NAMES:
        text = PLANTED.format(folder=str(tmp_path), name=name)
        (folder / f"{name}.py").write_text(text)
        (folder / "hook" / f"{name}.py").write_text(text)
    for package in ("sonde", "sonde/hook"):
        (folder / package).mkdir(exist_ok=True)
        (folder / package / "__init__.py").write_text(PLANTED.format(folder=str(tmp_path), name=package))
    for library in ("libsonde.so", "_agent.so", "sonde/_agent.so", "libpcre2-8.so.0", "libm.so.6", "libc.so.6"):
        (folder / library).write_bytes(b"\x7fELF planted")
    (folder / "app.py").write_text("print('ran')")
    return folder


@pytest.fixture
def executed(tmp_path):
    return lambda: (tmp_path / "executed").read_text() if (tmp_path / "executed").exists() else ""


def test_the_trap_works(python, clean_env, trap, executed):
    subprocess.run([python, "-c", "import json"], cwd=trap, env=clean_env, check=True)
    assert executed() == "json\n"


@pytest.mark.smoke
@pytest.mark.parametrize("words", [["app.py"], ["-c", "print('ran')"], ["./app.py"]])
def test_launching_executes_nothing_of_the_folder(run_sonde, python, trap, executed, words):
    """Nor does the script's own folder give us a module, which is on sys.path when it runs."""
    done = run_sonde("run", "-o", "x", "--python", python, *words, cwd=trap)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")
    assert executed() == ""
    assert len(list((trap / "x.sonde").glob("*.tape"))) == 2


@pytest.mark.smoke
def test_a_module_is_found_as_python_finds_it(run_sonde, python, clean_env, trap, executed):
    """python -m takes modules from the folder by itself; sonde adds none to those."""
    bare = subprocess.run([python, "-m", "app"], cwd=trap, env=clean_env, stdout=-1, stderr=-1, text=True)
    before = executed()
    under = run_sonde("run", "-o", "x", "--python", python, "-m", "app", cwd=trap)
    assert (under.returncode, under.stdout) == (bare.returncode, bare.stdout)
    assert executed() == 2 * before


@pytest.mark.parametrize("words", [["doctor"], ["formats"], ["report", "x.sonde"], [], ["run", "--help"]])
def test_no_other_command_does(run_sonde, python, trap, executed, words):
    run_sonde("run", "-o", "x", "--python", python, "app.py", cwd=trap, check=True)
    assert run_sonde(*words, cwd=trap).returncode == 0
    assert executed() == ""


@pytest.mark.smoke
def test_importing_sonde_takes_its_own_parts(python, clean_env, sonde, trap, executed, tmp_path):
    """`import sonde` by PYTHONPATH, from the folder: the agent is the one beside it."""
    packages = packages_in(tmp_path, sonde)
    env = {**clean_env, "PYTHONPATH": str(packages)}
    code = "import sys; sys.path.remove(''); import sonde; sonde.start('x'); print(sys.modules['sonde._agent'].__file__)"
    done = subprocess.run([python, "-c", code], cwd=trap, env=env, text=True, stdout=-1, check=True)
    assert done.stdout.startswith(str(packages))
    assert executed() == ""
