# SPDX-License-Identifier: Apache-2.0
"""Threads, forks and whole Pythons that C code makes: counted where they call Python, else left alone."""

import json
import re
import subprocess

import pytest

from tape import FINISHED, tapes

pytestmark = pytest.mark.wide


def configured(python, *names):
    code = "import sys, sysconfig; print(sys.base_prefix, *map(sysconfig.get_config_var, sys.argv[1:]), sep='\\n')"
    return subprocess.run([python, "-c", code, *names], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.splitlines()


@pytest.fixture(scope="module")
def native(python, root, tmp_path_factory):
    """A folder with the module native for this Python."""
    folder = tmp_path_factory.mktemp("native")
    include = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('include'))"], check=True,
                             text=True, stdout=subprocess.PIPE).stdout.strip()
    subprocess.run(["cc", "-O1", "-Wall", "-shared", "-fPIC", "-pthread", f"-isystem{include}", "-o",
                    folder / "native.so", root / "test/processes/native.c"], check=True)
    return folder


@pytest.fixture
def recorded(run_sonde, python, clean_env, native, tmp_path):
    """recorded(text, count): what a program printed that may import native, and its tapes."""

    def run(text, count):
        (tmp_path / "app.py").write_text(text)
        done = run_sonde("run", "-q", "--python", python, "-o", "app.sonde", "app.py", count,
                         env=clean_env | {"PYTHONPATH": str(native)})
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout, tapes(tmp_path / "app.sonde")

    return run


THREADS = """
import native, sys
def called():
    return [bytearray(100) for _ in range(3)]
native.threads(int(sys.argv[1]), 8, called)
"""


UNSEEN = "Threads made in C ran: on Python 3.11 what they call is not counted until they are seen, if ever."


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_threads_made_in_c(recorded, run_sonde, python_version, count):
    """They call in, allocate, and call once more from what C runs at their end, after we have let go of them."""
    _, [tape] = recorded(THREADS, count)
    assert tape.header.lost_events == 0
    quality = json.loads(run_sonde("report", "--json", "app.sonde", check=True).stdout)["quality"]
    if python_version < (3, 12):
        assert tape.calls("called") < 2 * count and not quality["exact"] and quality["notes"] == [UNSEEN]
        return
    assert quality["exact"] and tape.calls("called") == 2 * count
    assert count + 1 <= len(tape.threads) <= 2 * count + 1


FORKS = """
import native, sys
def seen():
    pass
for n in range(int(sys.argv[1])):
    seen()
    print(native.fork(n % 2))
"""


def test_children_without_an_event(recorded, count=50):
    """They have no tape, and their parent's is as they found it."""
    output, [tape] = recorded(FORKS, count)
    assert len({*output.split()}) == count
    assert (tape.calls("seen"), tape.calls("native.fork"), tape.header.lost_events) == (count, count, 0)


def linked(python, root, folder):
    """test/processes/embedding.c with this Python's library, loaded as that Python itself is."""
    home, include, library, version, where = configured(python, "INCLUDEPY", "LDLIBRARY", "LDVERSION", "LIBDIR")
    told = subprocess.run(["readelf", "-ld", python], check=True, text=True, stdout=subprocess.PIPE).stdout
    loader = re.search(r"interpreter: (\S+)\]", told)[1]
    paths = re.findall(r"(?:RPATH|RUNPATH).*\[(.*)\]", told)
    origin = str(python).rpartition("/")[0]
    folders = [path.replace("$ORIGIN", origin) for line in paths for path in line.split(":")] + [where]
    return home, ["cc", "-O1", "-Wall", f"-isystem{include}", f"-Wl,--dynamic-linker={loader}", "-Wl,--disable-new-dtags",
                  "-Wl,--allow-shlib-undefined", *(f"-Wl,-rpath,{path}" for path in folders),
                  *(f"-L{path}" for path in folders), root / "test/processes/embedding.c", f"-lpython{version}",
                  "-o", folder / "embedding"]


@pytest.mark.parametrize("way", ["string", "main"])
def test_python_begun_and_ended_often(run_sonde, python, root, clean_env, tmp_path, way, count=20):
    home, command = linked(python, root, tmp_path)
    subprocess.run(command, check=True)
    bare = subprocess.run([tmp_path / "embedding", home, str(count), way], env=clean_env, check=True, text=True,
                          stdout=subprocess.PIPE)
    done = run_sonde("run", "-q", "-o", "app.sonde", tmp_path / "embedding", home, count, way)
    assert (done.returncode, done.stdout, done.stderr) == (0, bare.stdout, "")
    assert bare.stdout.count("\n") == count
    found = tapes(tmp_path / "app.sonde")
    assert [tape.calls("inside") for tape in found] == [10] * count
    assert {(tape.header.state, tape.header.lost_events) for tape in found} == {(FINISHED, 0)}
    assert {tape.header.program for tape in found} == {"embedding" if way == "string" else "-c"}
    report = json.loads(run_sonde("report", "--json", "app.sonde", check=True).stdout)
    assert [f["calls"] for f in report["functions"] if f["name"] == "inside"] == [10 * count]
    assert report["quality"]["exact"] and len(report["processes"]) == count
