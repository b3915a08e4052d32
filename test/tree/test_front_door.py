# SPDX-License-Identifier: Apache-2.0
"""The Makefile and the tools behind it, and the pages that speak of them."""

import os
import re
import shutil
import subprocess
import sys

import pytest


def run(*command, **options):
    return subprocess.run(list(map(str, command)), text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def test_help_names_every_target(root):
    text = (root / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", text, re.M).group(1).split()
    listed = re.findall(r"^make (\S+)", run("make", "help", cwd=root).stdout, re.M)
    assert sorted(listed) == sorted(set(targets) - {"FORCE"})


def test_building_again_does_nothing(root):
    done = run("make", "build", cwd=root, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_each_python_is_found_once(root):
    lines = [line.split() for line in run(root / "tool/pythons", "--long").stdout.splitlines()]
    paths = [line[0] for line in lines]
    assert len(set(paths)) == len(paths) and all(path == os.path.realpath(path) for path in paths)
    versions = [tuple(map(int, line[1].split("."))) for line in lines]
    assert versions == sorted(versions, reverse=True) and min(versions) >= (3, 11)


def test_only_pythons_that_run_are_found(root, tmp_path):
    """A link is followed to what it names; what fails or is something else is passed over."""
    for name, body in (("python3.14", "exit 127"), ("python3.15", "echo 1 2 3 4; exit 1")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "python3").symlink_to(os.path.realpath(sys.executable))
    bare = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
    found = run(root / "tool/pythons", env=bare).stdout.splitlines()
    assert os.path.realpath(sys.executable) in found
    assert all(path.startswith("/") and str(tmp_path) not in path for path in found)


@pytest.mark.parametrize("group", ["build", "test"])
def test_packages_are_named_where_they_cannot_be_installed(root, tmp_path, group):
    """No dpkg, no programs at all: one line, naming the first that is missing."""
    done = run("/bin/bash", root / "tool/packages", group, env={"PATH": str(tmp_path)})
    assert done.returncode == 1 and done.stdout == ""
    assert re.fullmatch(r"make: packages: \S+ is missing \(.*\)\n", done.stderr)


def test_links_of_the_pages_lead_somewhere(root):
    names = run("git", "ls-files", "*.md", cwd=root).stdout.split()
    broken = []
    for name in names:
        page = root / name
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / link).exists():
                broken.append(f"{name}: {link}")
    assert broken == []


def test_pythons_from_sid_are_missed_in_one_line(root, tmp_path):
    """No apt, as on another system: said once, and nothing is left behind."""
    here = tmp_path / "tool"
    here.mkdir()
    for name in ("sid-pythons", "packages"):
        (here / name).write_bytes((root / "tool" / name).read_bytes())
        (here / name).chmod(0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/dirname").symlink_to(shutil.which("dirname"))
    done = run("/bin/bash", here / "sid-pythons", env={"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "make: no Pythons from Debian sid: there is no apt-get\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "tool"]
