# SPDX-License-Identifier: Apache-2.0
"""sonde doctor and sonde formats: what is told is what is there."""

import json
import os
import shutil
import subprocess

import jsonschema
import pytest


@pytest.mark.parametrize("name", ["doctor", "formats"])
def test_json_is_as_its_schema_says(run_sonde, root, name):
    schema = json.loads((root / f"doc/schema/{name}.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(run_sonde(name, "--json").stdout))


def test_each_python_under_test_works(run_sonde, python, clean_env, tmp_path):
    env = {**clean_env, "PATH": f"{os.path.dirname(python)}:/usr/bin:/bin", "VIRTUAL_ENV": ""}
    done = run_sonde("doctor", "--json", env=env)
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr, found["schema"], found["works"]) == (0, "", "sonde.doctor/1", True)
    [mine] = [p for p in found["pythons"] if p["path"] == os.path.realpath(python)]
    assert (mine["works"], mine["why"]) == (True, None)
    assert mine["version"].rsplit(".", 1)[0] in found["agents"]
    assert [p["chosen"] for p in found["pythons"]].count(True) == 1
    assert {check["name"] for check in found["checks"]} >= {"clock", "this folder", "file size", "kernel"}
    assert list(tmp_path.iterdir()) == []


def test_text(run_sonde):
    done = run_sonde("doctor")
    assert done.returncode == 0
    assert done.stdout.startswith("sonde ") and done.stdout.endswith("\nsonde run app.py works here.\n")
    assert "  ok   agents for     3." in done.stdout


def test_without_any_python(sonde, clean_env, tmp_path):
    """The command elsewhere than its environment, and nothing on PATH."""
    shutil.copy(sonde, tmp_path / "sonde")
    done = subprocess.run([tmp_path / "sonde", "doctor"], env={**clean_env, "PATH": "/nonexistent"}, stdout=-1,
                          text=True)
    assert done.returncode == 1
    assert "  no   none found on PATH" in done.stdout
    assert done.stdout.endswith("\nNothing can be profiled here yet.\n")


def test_folder_that_cannot_hold_a_recording(run_sonde, sonde, clean_env):
    done = subprocess.run([sonde, "doctor", "--json"], cwd="/proc", env=clean_env, stdout=-1, text=True)
    [place] = [check for check in json.loads(done.stdout)["checks"] if check["name"] == "this folder"]
    assert not place["ok"] and "another place" in place["means"]


def test_python_without_an_agent(run_sonde, sonde, clean_env, tmp_path):
    """What calls itself a Python and never is entered."""
    (tmp_path / "python3.9").write_text("#!/bin/sh\nprintf '3.9.2\\n%s\\n' \"$0\"\n")
    (tmp_path / "python3.10").write_text("#!/bin/sh\nexit 1\n")
    for name in ("python3.9", "python3.10"):
        (tmp_path / name).chmod(0o755)
    found = json.loads(run_sonde("doctor", "--json", env={**clean_env, "PATH": str(tmp_path)}).stdout)
    assert [(p["version"], p["works"], p["why"]) for p in found["pythons"] if str(tmp_path) in p["path"]] == [
        ("3.9.2", False, "no agent for this Python")]


def test_formats(run_sonde):
    done = run_sonde("formats", "--json")
    found = {f["name"]: f for f in json.loads(done.stdout)["formats"]}
    assert found["recording"]["reads"] and found["recording"]["suffix"] == ".sonde"
    text = run_sonde("formats").stdout
    assert [line.split()[0] for line in text.splitlines()[1:]] == list(found)


@pytest.mark.parametrize("name", ["doctor", "formats"])
def test_words_are_refused(run_sonde, name):
    done = run_sonde(name, "x")
    assert done.returncode == 2 and done.stderr.startswith("sonde: one word too many: x (")


def test_formats_fit_a_screen(run_sonde):
    assert max(map(len, run_sonde("formats").stdout.splitlines())) <= 80
