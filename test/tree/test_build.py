# SPDX-License-Identifier: Apache-2.0
"""What was built: hardened, one symbol out of each agent, an agent for each Python."""

import pathlib
import re
import subprocess
import sys

import pytest


def output(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


@pytest.fixture(scope="module")
def package(sonde):
    """The installed Python package."""
    (folder,) = pathlib.Path(sonde).parent.parent.glob("lib/python3*/site-packages/sonde")
    return folder


@pytest.fixture(scope="module")
def agents(package):
    found = sorted(package.glob("_agent.*.so"))
    assert found
    return found


@pytest.fixture(scope="module")
def profiles(package, agents):
    found = sorted(package.glob("_profile.*.so"))
    assert len(found) == len(agents)
    return found


@pytest.fixture(scope="module")
def steppers(package, agents):
    found = sorted(package.glob("_step.*.so"))
    assert len(found) == len(agents)
    return found


def test_version_is_the_projects(root, run_sonde):
    (version,) = re.findall(r"^  version: '(.*)',$", (root / "meson.build").read_text(), re.M)
    done = run_sonde("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[:2] == ["sonde", version]


def test_changelog_knows_the_version(root):
    (version,) = re.findall(r"^  version: '(.*)',$", (root / "meson.build").read_text(), re.M)
    assert f"## [{version}]" in (root / "CHANGELOG.md").read_text()


def test_agents_export_one_symbol(agents, profiles, steppers):
    for agent in agents + profiles + steppers:
        symbols = output("nm", "-D", "--defined-only", str(agent)).split("\n")
        assert [line.split()[-1] for line in symbols if line] == ["PyInit_" + agent.name.split(".")[0]], agent


def test_agents_can_neither_print_nor_abort(agents, profiles):
    banned = re.compile(r"_*(v?f?printf|puts|fputs|putchar|perror|abort|exit|signal|sigaction"
                        r"|malloc|calloc|realloc|PyErr_Print\w*)(_chk)?")
    for agent in agents + profiles:
        symbols = re.findall(r"^ +U (\w+)", output("nm", "-D", str(agent)), re.M)
        assert [name for name in symbols if banned.fullmatch(name)] == [], agent


def test_the_steppers_handler_calls_no_library(root):
    """Its breakpoints are in all of them: a call would never come back."""
    text = output("nm", "-P", root / "build/dev/src/python/libsonde_stepping.a")
    kinds = [line.split()[:2] for line in text.splitlines() if len(line.split()) > 1]
    defined = {name for name, kind in kinds if kind != "U"}
    assert {"stepper_open", "run_at", "x86_decode"} <= defined
    assert {name for name, kind in kinds if kind == "U"} - defined <= {"_GLOBAL_OFFSET_TABLE_"}


def test_each_python_has_its_agent_and_hook(root, agents, package):
    lines = output(root / "tool/pythons", "--headers", "--long").splitlines()
    suffixes = {line.split()[2] for line in lines}
    assert {agent.name.split(".")[1] for agent in agents} == suffixes
    sources = sorted(path.stem for path in (package / "hook").glob("*.py"))
    tags = {"-".join(suffix.split("-")[:2]).rstrip("td") for suffix in suffixes}
    compiled = {path.name for path in (package / "hook/__pycache__").iterdir()}
    assert compiled >= {f"{name}.{tag}.pyc" for name in sources for tag in tags}


def test_hook_byte_code_is_never_checked(package):
    """Of the Pythons with an agent; others write their own beside it."""
    made = {path.name.split(".")[1].split("-")[1] for path in package.glob("_agent.*.so")}
    for path in (package / f"hook/__pycache__/sitecustomize.cpython-{tag}.pyc" for tag in made):
        assert path.read_bytes()[4:8] == b"\1\0\0\0", path


@pytest.mark.parametrize("flag", ["PIE", "BIND_NOW|NOW", "GNU_RELRO", "stack not executable"])
def test_command_is_hardened(sonde, flag):
    if flag == "stack not executable":
        stack = re.search(r"GNU_STACK.*\n?.*", output("readelf", "-lW", sonde)).group()
        assert "RWE" not in stack
    else:
        assert re.search(flag, output("readelf", "-ldW", sonde))


def test_command_needs_no_python_and_no_search_path(sonde):
    dynamic = output("readelf", "-dW", sonde)
    assert "python" not in dynamic and "RPATH" not in dynamic and "RUNPATH" not in dynamic


def test_wheel_installs_and_runs(root, tmp_path):
    """What `pip install .` does, for the Python of the build, without the network."""
    def pip(*args, python=sys.executable):
        subprocess.run([python, "-m", "pip", "--disable-pip-version-check", "--quiet", *args],
                       check=True, cwd=tmp_path, env={"PATH": f"{root}/build/venv/bin:/usr/bin:/bin"})

    pip("wheel", "--no-index", "--no-deps", "--no-build-isolation", str(root))
    (wheel,) = tmp_path.glob("sonde-*.whl")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    here = tmp_path / "venv/bin"
    pip("install", "--no-index", "--no-deps", str(wheel), python=here / "python")
    with open(here / "sonde", "rb") as file:
        assert file.read(4) == b"\x7fELF"
    assert output(here / "sonde", "--version").startswith("sonde ")
    assert output(here / "python", "-m", "sonde", "--version").startswith("sonde ")
    assert output(here / "sonde", "run", "-o", tmp_path / "x.sonde", "-c", "print(6 * 7)") == "42\n"
    assert list((tmp_path / "x.sonde").glob("*.tape"))
