# SPDX-License-Identifier: Apache-2.0
"""Every Python whose dumps are read: of each minor version from 2.7 on one, where it is here."""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
OLD = ["2.7", "3.6", "3.7", "3.8", "3.9", "3.10"]  # sonde has no agent for these, and reads what they wrote


def with_agent():
    """{version: path} of 3.11 and later."""
    lines = subprocess.run([ROOT / "tool/pythons", "--long"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    found = {}
    for line in lines:
        path, version, _, _ = line.split()
        found.setdefault(".".join(version.split(".")[:2]), path)
    return found


def old():
    versions = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv")) / "versions"
    found = {}
    for folder in sorted(versions.glob("*")):
        version = re.match(r"\d+\.\d+", folder.name)
        python = folder / "bin/python"
        if version and version[0] in OLD and python.exists():
            found[version[0]] = str(python)
    for version in OLD:
        if version not in found and os.path.exists(f"/usr/bin/python{version}"):
            found[version] = f"/usr/bin/python{version}"
    return found


PYTHONS = {**old(), **with_agent()}
MISSING = [version for version in OLD if version not in PYTHONS]
NEWEST = max(PYTHONS, key=lambda version: tuple(map(int, version.split("."))))
