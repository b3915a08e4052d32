# SPDX-License-Identifier: Apache-2.0
"""A dump that we write is read by every Python from 3.4 on, and by what else reads such files, as the original is."""

import json
import marshal
import pstats
import subprocess
import sys

import pytest

from dumps.pythons import NEWEST, PYTHONS

READ = """
import json, marshal, pstats, sys
answers = []
for path in sys.argv[1:]:
    with open(path, "rb") as dump:
        stats = marshal.load(dump)
    stats.pop(("__sampled__",), None)
    answers.append([[list(k), list(v[:4]), [[list(c), list(w) if isinstance(w, tuple) else w]
                                           for c, w in v[4].items()]] for k, v in stats.items()])
    if sys.version_info >= (3, 15) or "sampled" not in path:
        pstats.Stats(path)
json.dump(answers, sys.stdout)
"""


@pytest.fixture(scope="session")
def pairs(dumps_of, dump_tool, tmp_path_factory):
    """[(original, written)], of what any Python can read."""
    folder = tmp_path_factory.mktemp("written")
    made = []
    for writer in "cprofile", "profile", "m-cProfile", "sampled":
        for program in "classes", "names", "recursion":
            original = dumps_of(NEWEST) / f"{program}-{writer}.prof"
            if original.exists():
                written = folder / original.name
                written.write_bytes(subprocess.run([dump_tool, "write", original], stdout=subprocess.PIPE,
                                                   check=True).stdout)
                made.append((original, written))
    return made


def reads(version):
    return tuple(map(int, version.split("."))) >= (3, 4)


@pytest.mark.parametrize("version", filter(reads, PYTHONS))
def test_every_python_reads_it(pairs, version):
    ours = [written for _, written in pairs]
    newest, read = (json.loads(subprocess.run([python, "-c", READ, *files], stdout=subprocess.PIPE, check=True).stdout)
                    for python, files in ((PYTHONS[NEWEST], [original for original, _ in pairs]),
                                          (PYTHONS[version], ours)))
    assert read == newest


@pytest.mark.parametrize("version", filter(reads, PYTHONS))
def test_counts_beyond_32_bits_and_names_that_are_no_text(dump_tool, tmp_path, version):
    counts = [-1, 0, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 45 - 1, 2 ** 58, -2 ** 31 - 1, -2 ** 58]
    lines = [0, 1, -1, 2 ** 31 - 1, 2 ** 31, -2 ** 40, 7, 8, 9]
    names = ["", "a" * 255, "a" * 256, "ä" * 200, "\udc80", "\ud800", "\U0001f40d", "\0"]
    stats = {("m.py", line, name): (count, 1, float(line), 1e-300, {("m.py", count % 9, name): (count, count, 0.5, 0.5)})
             for line, count in zip(lines, counts) for name in names}
    (tmp_path / "s.prof").write_bytes(marshal.dumps(stats))
    (tmp_path / "w.prof").write_bytes(subprocess.run([dump_tool, "write", tmp_path / "s.prof"], check=True,
                                                     stdout=subprocess.PIPE).stdout)
    same = "import marshal, sys; a, b = [marshal.load(open(p, 'rb')) for p in sys.argv[1:]]; print(a == b and list(a) == list(b))"
    done = subprocess.run([PYTHONS[version], "-c", same, "s.prof", "w.prof"], cwd=tmp_path, stdout=subprocess.PIPE,
                          check=True)
    assert done.stdout.split() == [b"True"]


def peer(peers, *words, cwd):
    done = subprocess.run([sys.executable, "-W", "ignore", *words], cwd=cwd, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env={"PYTHONPATH": str(peers), "PYTHONHASHSEED": "1"}, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


ASK = {
    "gprof2dot": "import gprof2dot, sys; gprof2dot.main(['-f', 'pstats', '-n0', '-e0', sys.argv[1]])",
    "pyprof2calltree": "import pyprof2calltree, pstats, sys; pyprof2calltree.CalltreeConverter(pstats.Stats(sys.argv[1]))"
                       ".output(sys.stdout)",
    "snakeviz": "import json, pstats, sys; from snakeviz.stats import json_stats, table_rows; "
                "s = pstats.Stats(sys.argv[1]); print(json_stats(s), table_rows(s))",
    "tuna": "import sys; from tuna._runtime_profile import read_runtime_profile; print(read_runtime_profile(sys.argv[1]))",
}


@pytest.mark.parametrize("name", ASK)
def test_peers_say_the_same_of_it(peers, pairs, tmp_path, name):
    tried = 0
    for original, written in pairs:
        if "cprofile" in original.name.lower():
            said = [peer(peers, "-c", ASK[name], path, cwd=tmp_path) for path in (original, written)]
            assert said[0] == said[1] and len(said[0]) > 200
            tried += 1
    assert tried == 6


def test_it_is_what_pstats_dumps(pairs):
    """In size as well: no references, so at most some times as large."""
    for original, written in pairs:
        if "sampled" not in original.name:
            assert pstats.Stats(str(written)).total_calls > 0
        assert written.stat().st_size < 4 * original.stat().st_size
