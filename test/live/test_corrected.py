# SPDX-License-Identifier: Apache-2.0
"""What the probe costs: measured once for an interpreter, kept, taken from times, and
never for a Python that only a recording names."""

import json
import os
import shutil
import stat
import tempfile

import jsonschema
import pytest

PROGRAM = """
def one(x): return x + 1
def loop(n):
    for i in range(n): one(i)
loop(20000)
"""
KINDS = 7  # of callees in src/model/correct.h
MACHINE = 200  # doc/format.md: where the header has the machine


@pytest.fixture
def env(clean_env, python, tmp_path):
    """Where `python` is found, and nothing is measured yet."""
    return {**clean_env, "PATH": f"{os.path.dirname(python)}:/usr/bin:/bin",
            "XDG_CACHE_HOME": str(tmp_path / "cache")}


@pytest.fixture
def recording(run_sonde, python, env, tmp_path):
    (tmp_path / "app.py").write_text(PROGRAM)
    assert run_sonde("run", "--python", python, "-o", "app", "app.py", env=env).returncode == 0
    return tmp_path / "app.sonde"


def kept(tmp_path):
    return list(tmp_path.glob("cache/sonde/cost-*"))


def plant(path, slow=1.0, inside=0.0, outside=0.0):
    """Other figures for what was measured."""
    lines = path.read_text().splitlines()[:5]
    path.write_text("\n".join([*lines, str(slow), *[f"{inside} {outside}"] * KINDS, ""]))


def report(run_sonde, env, recording, *options):
    done = run_sonde("report", "--json", *options, recording, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    return found, {f["name"]: f for f in found["functions"]}


@pytest.mark.smoke
def test_measured_once_and_kept(run_sonde, env, recording, root, tmp_path):
    found, functions = report(run_sonde, env, recording)
    schema = json.loads((root / "doc/schema/report.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(found)
    [path] = kept(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert 5 < found["quality"]["probe_ns"] < 5000
    for f in functions.values():
        assert f["corrected_self_ns"] <= f["self_ns"]
    assert functions["one"]["corrected_self_ns"] < functions["one"]["self_ns"]
    assert found["corrected_total_ns"] == sum(f["corrected_self_ns"] for f in functions.values())
    before = path.stat()
    assert report(run_sonde, env, recording)[0] == found
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_what_is_taken(run_sonde, env, recording, tmp_path):
    report(run_sonde, env, recording)
    [path] = kept(tmp_path)
    plant(path, inside=7, outside=11)
    found, functions = report(run_sonde, env, recording)
    one, loop = functions["one"], functions["loop"]
    assert one["self_ns"] - one["corrected_self_ns"] == 20000 * 7
    assert abs(loop["self_ns"] - loop["corrected_self_ns"] - 20001 * 11 - 7) <= 1
    # range(n), the call of main by nobody
    assert loop["corrected_cumulative_ns"] == loop["corrected_self_ns"] + one["corrected_self_ns"] + sum(
        f["corrected_self_ns"] for f in functions.values() if f["qualname"] == "builtins.range")
    assert found["quality"]["probe_ns"] == pytest.approx(18, rel=0.01)
    plant(path, inside=1e5)
    assert report(run_sonde, env, recording)[1]["one"]["corrected_self_ns"] == 0


def test_text(run_sonde, env, recording, tmp_path):
    assert run_sonde("report", recording, env=env).returncode == 0
    [path] = kept(tmp_path)
    plant(path, inside=1e5)
    text = run_sonde("report", recording, env=env).stdout
    assert ", probe cost " in text.splitlines()[0]
    assert "note: 100 % of one's raw time was the probe's; corrected 0 ns (column: --corrected)\n" in text
    assert "corrected  " not in text
    plant(path, inside=1e5, outside=1e5)
    assert "Counting took " in run_sonde(env=env).stdout
    plant(path, inside=1e5)
    for view in ([], ["--tree"], ["--callers"], ["--callees"], ["--by", "file"]):
        text = run_sonde("report", "--corrected", *view, recording, env=env).stdout
        assert "  corrected" in text
    plant(path, inside=0.001)
    assert "note:" not in run_sonde("report", recording, env=env).stdout


@pytest.mark.parametrize("harm", ["garbage", "nan", "huge", "empty", "folder", "link", "pipe"])
def test_hostile_cache(run_sonde, env, recording, tmp_path, harm):
    found, _ = report(run_sonde, env, recording)
    [path] = kept(tmp_path)
    good = path.read_text()
    if harm in ("folder", "link", "pipe"):
        path.unlink()
        {"folder": path.mkdir, "link": lambda: path.symlink_to("/dev/zero"),
         "pipe": lambda: os.mkfifo(path)}[harm]()
    else:
        path.write_text({"garbage": "\x00" * 9000, "empty": "", "nan": good.replace("\n1", "\nnan"),
                         "huge": good + "1" * 9000}[harm][: 20000])
        if harm == "nan":
            plant(path, slow="nan")
        if harm == "huge":
            plant(path, inside=1e9)
    again, _ = report(run_sonde, env, recording)
    assert 5 < again["quality"]["probe_ns"] < 5000


def test_no_room_to_keep(run_sonde, env, recording, tmp_path):
    (tmp_path / "file").write_text("")
    for cache in (str(tmp_path / "file"), "relative"):
        found, _ = report(run_sonde, {**env, "XDG_CACHE_HOME": cache, "HOME": "/nonexistent"}, recording)
        assert found["quality"]["probe_ns"] > 5
    assert not (tmp_path / "relative").exists()


def test_a_recording_starts_nothing(run_sonde, env, recording, tmp_path):
    """Its Python is no longer found: not on PATH, not in an environment."""
    found, functions = report(run_sonde, {**env, "PATH": "/nonexistent"}, recording, "--corrected")
    assert kept(tmp_path) == []
    assert found["quality"]["probe_ns"] is None and functions["one"]["corrected_self_ns"] is None
    [note] = found["quality"]["notes"]
    assert note.startswith("Probe cost not measured: sonde selftest --python /")


def test_a_recording_names_another_program(run_sonde, env, recording, python, tmp_path):
    """The path in the tape is made to lead to a program of the attacker's."""
    real, mark = os.path.realpath(python), tmp_path / "ran"
    folder = tempfile.mkdtemp(prefix="x", dir="/tmp")
    target = folder + "/" + "p" * (len(real) - len(folder) - 1)
    assert len(target) == len(real)
    with open(target, "w") as script:
        script.write(f"#!/bin/sh\ntouch {mark}\n")
    os.chmod(target, 0o755)
    [tape] = [t for t in recording.glob("*.tape") if real.encode() in t.read_bytes()]
    data = bytearray(tape.read_bytes().replace(real.encode(), target.encode()))
    data[20:24] = b"\1\0\0\0"  # running: nothing is sealed yet
    data[4088:4096] = bytes(8)
    for cell in range(0, len(data), 64):
        if data[cell:cell + 4] == b"tBLK":
            data[cell + 24:cell + 40] = bytes(16)
    tape.write_bytes(data)
    found, functions = report(run_sonde, env, recording, "--corrected")
    shutil.rmtree(folder)
    assert functions["one"]["calls"] == 20000
    assert not mark.exists() and kept(tmp_path) == []
    assert found["quality"]["probe_ns"] is None
    assert found["quality"]["notes"] == [f"Probe cost not measured: sonde selftest --python {target}"]


def test_another_machine(run_sonde, env, recording):
    for tape in recording.glob("*.tape"):
        data = bytearray(tape.read_bytes())
        data[MACHINE] ^= 0xFF
        tape.write_bytes(data)
    found, functions = report(run_sonde, env, recording, "--corrected")
    assert found["quality"]["probe_ns"] is None and functions["one"]["corrected_self_ns"] is None
    assert any("Recorded on another machine" in note for note in found["quality"]["notes"])
    text = run_sonde("report", "--corrected", recording, env=env).stdout
    assert "note: Recorded on another machine" in text
