# SPDX-License-Identifier: Apache-2.0
"""What every test of the command shares: the binary and the Pythons it profiles.

A test that asks for `python` runs on the newest Python, or, marked `smoke`, on each (`wide`: with --long);
--python PATH (repeatable) runs everything on the Pythons named.
"""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


def pytest_addoption(parser):
    group = parser.getgroup("sonde")
    group.addoption("--python", action="append", metavar="PATH", default=[],
                    help="a Python to run the profiled programs in (repeatable)")
    group.addoption("--sonde", metavar="PATH", default=str(ROOT / "build/venv/bin/sonde"),
                    help="the command under test")
    group.addoption("--env", action="append", metavar="NAME=VALUE", default=[],
                    help="added to the environment of the command (repeatable)")
    group.addoption("--long", action="store_true", help="run the tests marked long as well")


def find_pythons():
    """(path, version) of each Python that has an agent, newest first."""
    lines = subprocess.run([ROOT / "tool/pythons", "--long"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    found = [line.split() for line in lines]
    return [(path, version) for path, version, _, headers in found if headers == "yes"]


def version_of(path):
    code = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
    return subprocess.run([path, "-c", code], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def pytest_configure(config):
    named = config.getoption("--python")
    config.sonde_pythons = [(os.path.abspath(p), version_of(p)) for p in named] or find_pythons()
    config.sonde_each = bool(named)


def pytest_report_header(config):
    pythons = ", ".join(f"{version} ({path})" for path, version in config.sonde_pythons)
    return f"pythons: {pythons}"


def pytest_generate_tests(metafunc):
    if "python" not in metafunc.fixturenames:
        return
    pythons = metafunc.config.sonde_pythons
    marked = metafunc.definition.get_closest_marker
    everywhere = marked("smoke") or (marked("wide") and metafunc.config.getoption("--long"))
    if not (metafunc.config.sonde_each or everywhere):
        pythons = pythons[:1]
    metafunc.parametrize("python", [path for path, _ in pythons], scope="session",
                         ids=[version for _, version in pythons])


def pytest_collection_modifyitems(config, items):
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)


@pytest.fixture(scope="session")
def root():
    """The project's own folder."""
    return ROOT


@pytest.fixture(scope="session")
def sonde(request):
    """Path of the command."""
    return request.config.getoption("--sonde")


@pytest.fixture(scope="session")
def python_version(python):
    """(3, 13): the version of `python`."""
    return tuple(int(part) for part in version_of(python).split(".")[:2])


@pytest.fixture(scope="session")
def python_release(python):
    """(3, 13, 0): the release of `python`."""
    return tuple(int(part) for part in version_of(python).split("."))


@pytest.fixture(scope="session")
def clean_env(request):
    """This environment without what would steer sonde or Python, and with --env."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("PYTHON", "SONDE")) and name != "VIRTUAL_ENV"}
    env["XDG_CACHE_HOME"] = str(ROOT / "build/cache")  # what a probe costs is measured once for all tests
    return env | dict(word.split("=", 1) for word in request.config.getoption("--env"))


@pytest.fixture
def run_sonde(sonde, clean_env, tmp_path):
    """run_sonde("report", "x.sonde", ...): runs the command in the test's own folder.

    Keyword arguments are those of subprocess.run; stdin is empty unless given.
    """

    def run(*args, **options):
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        settings = {"cwd": tmp_path, "env": clean_env, "text": True, "timeout": 120,
                    "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.run([sonde, *map(str, args)], **{**settings, **options})

    return run


@pytest.fixture
def report(run_sonde):
    """report("x.sonde", ...): what sonde report --json says of it, without a word on stderr."""

    def report(*words):
        done = run_sonde("report", "--json", *words)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return report


@pytest.fixture
def profiled(python, sonde, clean_env, tmp_path):
    """profiled(text, before...): runs a program that looks at profiles of its own (profile_inside), and asserts.

    It ends with 0 and prints what is given as `output` (None: anything), no errors.
    """
    (package,) = pathlib.Path(sonde).absolute().parent.parent.glob("lib/python3*/site-packages/sonde")
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "sonde").symlink_to(package)
    begin = "import os, sys, threading, time\nfrom profile_inside import *\n"

    def run(text, *before, output="", paths=(), **options):
        (tmp_path / "app.py").write_text(begin + text)
        paths = [packages, ROOT / "test", *paths]
        env = clean_env | {"PYTHONPATH": ":".join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"}
        settings = {"cwd": tmp_path, "env": env, "text": True, "timeout": 120, "stdin": subprocess.DEVNULL,
                    "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        done = subprocess.run([*before, python, "app.py"], **{**settings, **options})
        assert (done.returncode, done.stderr or "") == (0, ""), done.stderr
        assert output is None or done.stdout == output
        return done

    return run
