# SPDX-License-Identifier: Apache-2.0
"""Every construct of test/constructs, on each Python: what sonde counts is the truth
written there by hand, or a difference doc/events.md explains."""

import dataclasses
import json
import pathlib

import pytest

from constructs import CONSTRUCTS, page, reasons
from constructs.table import PHASES, Counted, differences, parse
from counting import packages_in

FOLDER = pathlib.Path(__file__).parent.parent / "constructs"


@pytest.fixture
def counted(run_sonde, sonde, python, clean_env, tmp_path):
    """counted(program, constructs, **env): the trees of a program that runs constructs."""
    packages = packages_in(tmp_path, sonde)

    def run(program, constructs, **env):
        folder = tmp_path / "constructs"
        folder.mkdir()
        (folder / "phases.py").write_text((FOLDER / program).read_text())
        for c in constructs:
            (folder / f"{c.module}.py").write_text(c.program())
        words = [f"{c.module}:{c.warm}" for c in constructs]
        done = run_sonde("run", "--python", python, "-o", "out.sonde", folder / "phases.py", *words,
                         env=clean_env | {"PYTHONPATH": str(packages), "PYTHONWARNINGS": "ignore", **env})
        assert (done.returncode, done.stderr) == (0, "")
        report = json.loads(run_sonde("report", "--json", "--tree", "out.sonde", check=True).stdout)
        assert report["quality"]["exact"] and report["quality"]["lost_events"] == 0
        return Counted(report)

    return run


def wrong(counted, constructs, version, phases=PHASES):
    return [f"{c.name}, {phase}: {line}" for c in constructs for phase in phases
            for line in differences(counted.tree(c.module, phase, c.warm + 3 if phase else 1),
                                    c.expected_on(version))]


@pytest.mark.smoke
def test_constructs(counted, python_release):
    here = [c for c in CONSTRUCTS if c.exists(python_release) and not c.ends]
    assert wrong(counted("phases.py", here), here, python_release) == []


@pytest.mark.smoke
def test_constructs_at_the_end_of_a_program(counted, python_release):
    here = [c for c in CONSTRUCTS if c.ends]
    assert wrong(counted("ends.py", here), here, python_release, [None]) == []


@pytest.mark.long
@pytest.mark.smoke
def test_constructs_compiled(counted, python_release):
    """With the compiler of 3.14 and later; others ignore the variable."""
    here = [dataclasses.replace(c, warm=5000 if c.warm == 100 else c.warm) for c in CONSTRUCTS
            if c.exists(python_release) and not c.ends]
    assert wrong(counted("phases.py", here, PYTHON_JIT="1"), here, python_release) == []


def test_the_page_is_the_table():
    assert page.written()[1] == "\n" + page.page()


def test_each_difference_is_one_and_is_explained():
    modules = [c.module for c in CONSTRUCTS]
    assert len(set(modules)) == len(modules) > 100
    used = set()
    for c in CONSTRUCTS:
        parse(c.truth)
        for row in c.truths:
            assert row.why in reasons.THERE and parse(row.tree) != parse(c.truth), c.name
        for row in c.differs:
            assert row.why in reasons.DIFFERS, c.name
            for version in row.ends():
                assert parse(row.tree) != c.truth_on(version), c.name
        used |= {row.why for row in (*c.truths, *c.differs)}
    assert used == set(reasons.REASONS)
