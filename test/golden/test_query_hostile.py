# SPDX-License-Identifier: Apache-2.0
"""Queries that nobody means, of profiles that somebody made to hurt: each key of each query of doc/query.md with
values that cannot be, natively and in the page's engine. Each is answered, by both alike."""

import json
import marshal
import pathlib
import random
import shutil
import subprocess
from urllib.parse import quote, quote_from_bytes

import pytest

from orders import write_orders

NARROW = ["process", "thread", "focus"]
SHAPE = [*NARROW, "hide", "collapse", "metric"]
KEYS = {
    "about": [], "diff": ["sort", "from", "count", "q"],
    "boxes": [*SHAPE, "view", "function", "root", "depth", "width", "least", "cutoff", "limit"],
    "path": [*SHAPE, "view", "path", "function"],
    "rows": [*NARROW, "by", "sort", "reverse", "from", "count", "q", "kinds"],
    "function": [*NARROW, "id", "callers", "callees"],
    "search": [*NARROW, "q", "limit"],
    "sandwich": [*SHAPE, "function", "depth", "width", "least", "cutoff", "limit", "root_callers", "root_callees"],
    "graph": [*NARROW, "focus_on", "nodes", "edges", "node_share", "edge_share"],
    "map": [*NARROW, "width", "height", "root", "depth", "least"],
    "source": [*NARROW, "file", "function"],
}
NEEDED = {"function": {"id": "0"}, "sandwich": {"function": "0"}}
ABSURD = ["0", "1", "7", "-1", "-0", "+1", "00000000000", "4294967295", "4294967296", "2147483648", "9007199254740993",
          "18446744073709551615", "99999999999999999999", "1e9", "1e308", "0x10", "NaN", "nan", "Infinity", "-Infinity", "null", "true", "[]",
          "{}", "0.5", ".", "..", "0.00000000000000001", "1.0000000001", "0,0,0", ",", "0,,1", ",".join(map(str, range(9000))),
          "p0", "t0", "p0.t0", "p0.t0.0", "g", "m", "g.g", "p4294967295.t4294967295", "0." * 9000 + "0", ".".join(["p0"] * 500),
          "p0.t0" + ".0" * 9000, "icicle", "callers", "callees", "inverted", "all", "calls", "name", "package", "own,own,library",
          "a" * 60000, "%20" * 9000, quote("é" * 3000), quote_from_bytes(bytes(range(256))), "%00", "%ff", "%zz", "%", "%2", "&&&", "=", "==",
          "/etc/passwd", "../../x", "<script>", "'; DROP TABLE x; --", "\\", '"', "\u202e", "%e2%80%a8"]


def queries():
    found = ["", "?", "&", "=", "about?", "about?&&&", "about?x=1", "a" * 70000, "boxes?" * 9000, "boxes?" + "&".join("depth=1" for _ in range(99))]
    chance = random.Random(4)
    for name, keys in KEYS.items():
        need = NEEDED.get(name, {})
        found.append(f"{name}?{'&'.join(f'{key}={value}' for key, value in need.items())}")
        for key in keys:
            rest = "".join(f"&{k}={v}" for k, v in need.items() if k != key)
            found += [f"{name}?{key}={value}{rest}" for value in ABSURD]
        for _ in range(60 if keys else 0):  # several at once
            some = chance.sample(keys, chance.randint(1, len(keys)))
            values = {**need, **{key: chance.choice(ABSURD[:52]) for key in some}}
            found.append(f"{name}?{'&'.join(f'{key}={value}' for key, value in values.items())}")
    return found


def write_huge(path):
    """Figures at the ends of their ranges, and functions in circles."""
    f, g, h = ("a.py", 1, "f"), ("a.py", 2 ** 31 - 1, "g"), ("~", 0, "h")
    path.write_bytes(marshal.dumps({
        f: (2 ** 62, 2 ** 62, 1e300, float("inf"), {g: (2 ** 62, 1, 1e300, 1e300), f: (1, 1, float("nan"), 1.0)}),
        g: (-1, -5, -1e9, float("nan"), {f: (2 ** 63 - 1, 1, 9.2e9, 9.2e9)}), h: (0, 0, 0.0, 0.0, {h: (0, 0, 0.0, 0.0)})}))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, sonde):
    folder = tmp_path_factory.mktemp("hostile")
    write_orders(folder / "orders.sonde")
    subprocess.run([sonde, "pack", "orders.sonde", "-o", "orders.pack.sonde"], cwd=folder, check=True)
    write_huge(folder / "huge.prof")
    deep = ";".join(f"f{i % 999}" for i in range(3000)), ";".join(["again"] * 3000)
    (folder / "deep.folded").write_text("".join(f"{stack} {count}\n" for stack, count in zip(deep, (5, 2 ** 52))))
    (folder / "none.folded").write_text("a;b 0\n")
    return folder


@pytest.mark.parametrize("file", ["orders.pack.sonde", "huge.prof", "deep.folded", "none.folded"])
def test_every_query_is_answered(hostile, root, sonde, file):
    sanitized = pathlib.Path(sonde).parents[2] / "test/unit/query_ask"  # of tool/check-sanitized
    program = sanitized if sanitized.exists() else root / "build/dev/test/unit/query_ask"
    asked = queries()
    text = "".join(f"{query}\n" for query in asked)
    assert len(asked) > 5000 and text.count("\n") == len(asked)
    native = subprocess.run([program, file, "-"], input=text, text=True, cwd=hostile, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    assert native.returncode == 0, native.stderr[-2000:]
    answers = [json.loads(line) for line in native.stdout.split("\n")[:-1]]
    assert len(answers) == len(asked)
    right = 0
    for query, answer in zip(asked, answers):
        if "error" in answer:
            assert list(answer) == ["error"] and answer["error"] and "\n" not in answer["error"]
            assert len(answer["error"]) < 400, query[:200]
        else:
            assert answer["query"] == query.partition("?")[0]
            right += 1
    assert 200 < right < len(asked)
    node = shutil.which("node", path=f"{root}/build/venv/bin") or shutil.which("node")
    engine = root / "build/dev/src/page/engine.wasm"
    if not node or not engine.is_file():
        pytest.skip("no node, or no compiler for WebAssembly: natively all is answered")
    page = subprocess.run([node, root / "test/page/ask.mjs", engine, hostile / file], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert page.returncode == 0, page.stderr[-2000:]
    for query, line, answer in zip(asked, page.stdout.split("\n")[:-1], answers, strict=True):
        if answer.get("query") not in ("about", "source") and "diff" not in query[:4]:
            assert json.loads(line) == answer, query[:200]
