# SPDX-License-Identifier: Apache-2.0
"""What the engine answers the page (doc/query.md): every figure beside sonde report --json, of a recording whose
every figure is known, of one made at random, of a dump of cProfile, of one of profile and of a callgrind file."""

import json
import marshal
import pathlib
import random
import shutil
import subprocess
from collections import Counter, defaultdict
from urllib.parse import quote

import pytest

from orders import write_orders
from tape_writer import Tape

WHOLE, PROCESS, THREAD, FUNCTION, GIVEN, MORE, MARKER = range(7)


def write_random(path):
    """Two threads of 400 call paths, of 25 functions that call each other and themselves."""
    chance = random.Random(5)
    tape = Tape(pid=77, wall_ns=10**10)
    functions = [tape.function(f"f{i}", f"/srv/app/{'ab'[i % 2]}/m{i % 5}.py", i + 1) for i in range(25)]
    for name in ("MainThread", "worker"):
        thread = tape.thread(name)
        there, nodes = set(), [tape.node(thread, None, functions[0], 1, 5)]
        while len(nodes) < 400:
            above, function = chance.choice(nodes[-60:]), chance.choice(functions)
            if (above, function) not in there:
                there.add((above, function))
                nodes.append(tape.node(thread, above, function, chance.randint(1, 9), chance.randint(0, 10**6),
                                       chance.choice((0, 0, 3))))
    tape.write(path)


def write_dumps(folder):
    """One of cProfile's, of a recursive program, and one of the module profile, which knows counts of callers."""
    module, load, walk = ("/srv/x.py", 1, "<module>"), ("/srv/x.py", 8, "load"), ("/srv/walk.py", 7, "walk")
    size = "~", 0, "<built-in method builtins.len>"
    (folder / "a.pstats").write_bytes(marshal.dumps({
        module: (1, 1, .02, 4.0, {}),
        load: (2, 2, .5, 3.5, {module: (2, 2, .5, 3.5)}),
        walk: (3, 15, 2.5, 3.4, {load: (2, 2, 1.0, 3.0), module: (1, 1, .5, .4), walk: (12, 3, 1.0, 2.0)}),
        size: (90, 90, .98, .98, {walk: (80, 80, .9, .9), load: (10, 10, .08, .08)})}))
    (folder / "b.prof").write_bytes(marshal.dumps({
        ("profile", 0, "profiler"): (0, 0, 0, 0, {}),
        load: (1, 1, .5, 3.5, {}), walk: (1000, 1000, 3.0, 3.0, {load: 1000}),
        ("", 0, "len"): (7, 7, .001, .001, {walk: 5, load: 2})}))


@pytest.fixture(scope="module")
def profiles(tmp_path_factory, sonde):
    folder = tmp_path_factory.mktemp("profiles")
    write_orders(folder / "orders.sonde")
    write_random(folder / "random.sonde")
    write_dumps(folder)
    chance = random.Random(8)
    (folder / "many.prof").write_bytes(marshal.dumps({
        (f"/srv/m{i % 9}.py", i, f"f{i}"): (1 + i % 7, 1 + i % 7, chance.randint(0, 40) / 1000, chance.randint(40, 50) / 1000, {})
        for i in range(1, 3000)}))
    subprocess.run([sonde, "convert", "random.sonde", "-o", "random.pstats"], cwd=folder, check=True)
    subprocess.run([sonde, "convert", "random.sonde", "-o", "callgrind.out.1"], cwd=folder, check=True)
    return folder


ALL = ["orders.sonde", "random.sonde", "a.pstats", "b.prof", "random.pstats", "callgrind.out.1"]
TREES = ["orders.sonde", "random.sonde"]


@pytest.fixture
def ask(root, profiles):
    def ask(file, *queries):
        done = subprocess.run([root / "build/dev/test/unit/query_ask", profiles / file, "-"], text=True, check=True,
                              input="".join(f"{query}\n" for query in queries), stdout=subprocess.PIPE)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(queries)
        return answers[0] if len(queries) == 1 else answers

    return ask


@pytest.fixture
def report(run_sonde, profiles):
    return lambda file, *words: json.loads(run_sonde("report", "--json", *words, profiles / file, check=True).stdout)


def figure(row, name):
    return row.get(f"{name}_ns", row.get(name))


def rows_of(answer):
    """The columns of a table as rows, by id."""
    columns = ["calls", "primitive_calls", "resumes", "self", "cumulative"]
    return {id: [answer[c][i] for c in columns] for i, id in enumerate(answer["id"])}


def in_report(row):
    return [row["calls"], row["primitive_calls"], row["resumes"], figure(row, "self"), figure(row, "cumulative")]


@pytest.mark.parametrize("file", ALL)
def test_every_function_has_the_reports_figures(ask, report, file):
    truth = report(file)
    rows = ask(file, "rows?count=5000")
    assert rows_of(rows) == {f["id"]: in_report(f) for f in truth["functions"]}
    assert rows["total"] == figure(truth, "total") == rows["matches_self"]
    assert rows["self"] == sorted(rows["self"], reverse=True)
    about = ask(file, "about")
    assert [about["total"], about["calls"], about["primitive_calls"], about["functions"]] == \
        [figure(truth, "total"), truth["total_calls"], truth["primitive_calls"], len(truth["functions"])]
    for key in ("exact", "sampled", "truncated", "lost_events", "lost_ns", "folded_calls"):
        assert about["quality"][key] == truth["quality"][key]
    assert [p["pid"] for p in about["processes"]] == [p["pid"] for p in truth["processes"]]
    assert [t["self"] for t in about["threads"]] == [figure(t, "self") for t in truth["threads"]]


def pairs(columns):
    return {id: [columns[c][i] for c in ("calls", "primitive_calls", "resumes", "self", "cumulative")]
            for i, id in enumerate(columns["id"])}


@pytest.mark.parametrize("file", ALL)
def test_each_function_alone(ask, report, file):
    functions = report(file)["functions"]
    callees = defaultdict(dict)
    for f in functions:
        for c in f["callers"]:
            callees[c["id"]][f["id"]] = in_report(c)
    answers = ask(file, *(f"function?id={f['id']}&callers=2000&callees=2000" for f in functions), "about")[:-1]
    for f, answer in zip(functions, answers):
        assert [answer["calls"], answer["primitive_calls"], answer["resumes"], answer["self"],
                answer["cumulative"]] == in_report(f)
        assert [answer["name"], answer["qualname"], answer["class"]] == [f["name"], f["qualname"], f["class"]]
        assert pairs(answer["callers"]) == {c["id"]: in_report(c) for c in f["callers"]}
        assert pairs(answer["callees"]) == callees[f["id"]]
        assert answer["rank"]["self"] == 1 + sum(figure(g, "self") > figure(f, "self") for g in functions)


@pytest.mark.parametrize("by", ["file", "module", "package", "class", "cycle", "thread", "process", "role"])
@pytest.mark.parametrize("file", ALL)
def test_groups(ask, report, file, by):
    rows = ask(file, f"rows?by={by}&count=5000")
    truth = {row["key"]: row for row in report(file, "--by", by)["rows"]}
    assert dict(zip(rows["key"], rows_of(rows).values())) == {key: in_report(row) for key, row in truth.items()}
    for i, key in enumerate(rows["key"]):
        if rows["low"]:
            assert (rows["low"][i], rows["high"][i]) == (
                figure(truth[key], "cumulative_least") or rows["cumulative"][i],
                figure(truth[key], "cumulative_most") or rows["cumulative"][i])


def circles_of(functions):
    """Sets of functions that call each other in a circle, by who calls whom."""
    callers = {f["id"]: {c["id"] for c in f["callers"]} for f in functions}
    reach = {id: set(above) for id, above in callers.items()}
    while any(any(not reach[b] <= reach[a] for b in set(reach[a])) for a in reach):
        for a in reach:
            reach[a] = reach[a].union(*(reach[b] for b in reach[a]))
    return {frozenset(b for b in reach[a] if a in reach[b]) for a in reach if any(a in reach[b] for b in reach[a] - {a})}


@pytest.mark.parametrize("file", ALL)
def test_cycles_are_those_of_the_call_graph(ask, report, file):
    functions = {f["id"]: f for f in report(file)["functions"]}
    circles = circles_of(functions.values())
    rows = ask(file, "rows?by=cycle&count=5000")
    assert sorted(self for key, self in zip(rows["key"], rows["self"]) if key != "(in no cycle)") == \
        sorted(sum(figure(functions[id], "self") for id in circle) for circle in circles)
    assert sum(rows["self"]) == rows["total"]


@pytest.mark.parametrize("file", ALL)
def test_who_calls_most(ask, report, file):
    functions = {f["id"]: f for f in report(file)["functions"]}
    rows = ask(file, "rows?count=5000&callers=1")
    for id, caller, calls in zip(rows["id"], rows["from_id"], rows["from_calls"]):
        above = {c["id"]: c["calls"] for c in functions[id]["callers"] if c["id"] != id and c["calls"] > 0}
        assert calls == max(above.values(), default=0) and (above[caller] == calls if above else caller == -1)


def paths_of(boxes):
    """{path: box} of an answer; "n more" has none."""
    found, paths = {}, []
    letter = {PROCESS: "p", THREAD: "t", GIVEN: "", FUNCTION: "", MARKER: ""}
    for i, kind in enumerate(boxes["type"]):
        above = paths[boxes["parent"][i]] if i else None
        step = {GIVEN: "g", MARKER: "m", WHOLE: ""}.get(kind, f"{letter.get(kind)}{boxes['id'][i]}")
        path = boxes["root"] if i == 0 else f"{above}.{step}".lstrip(".")
        paths.append(path)
        if kind != MORE:
            assert path not in found
            found[path] = {key: boxes[key][i] for key in ("row", "type", "id", "value", "self", "calls", "node", "x0",
                                                          "x1", "parent")}
    return found


WHOLE_TREE = "least=0&depth=512&limit=50000&width=16384"


@pytest.mark.parametrize("file", TREES)
def test_the_icicle_is_the_tree(ask, report, file):
    boxes = ask(file, f"boxes?{WHOLE_TREE}")
    assert not boxes["cut"] and boxes["omitted"] == 0 and boxes["guessed"] is None
    nodes = {n["id"]: n for n in report(file, "--tree")["nodes"]}
    found = {box["node"]: box for box in paths_of(boxes).values() if box["type"] == FUNCTION}
    assert set(found) == {id for id, n in nodes.items() if n["cumulative_ns"] > 0}
    for id, box in found.items():
        node = nodes[id]
        assert [box["id"], box["calls"], box["self"], box["value"]] == \
            [node["function"], node["calls"], node["self_ns"], node["cumulative_ns"]]
        above = boxes["node"][box["parent"]]
        assert above == (-1 if node["parent"] is None else node["parent"])


@pytest.mark.parametrize("view", ["icicle", "sunburst", "flame", "inverted"])
@pytest.mark.parametrize("file", ALL)
def test_boxes_fit_into_each_other(ask, file, view):
    boxes = ask(file, f"boxes?view={view}&depth=30&width=900&cutoff=0.001")
    below = defaultdict(list)
    for i, parent in enumerate(boxes["parent"]):
        assert boxes["x0"][i] <= boxes["x1"][i]
        if i:
            below[parent].append(i)
            assert boxes["row"][i] == boxes["row"][parent] + 1
    for parent, children in below.items():
        ends = [boxes["x0"][parent]] + [boxes["x1"][i] for i in children]
        assert all(boxes["x0"][i] == ends[n] for n, i in enumerate(children))
        assert ends[-1] <= boxes["x1"][parent] + 1
        plain = [boxes["value"][i] for i in children if boxes["type"][i] != MORE]
        assert plain == sorted(plain, reverse=True)
        assert [boxes["type"][i] for i in children].count(MORE) <= 1
        fits = sum(boxes["value"][i] for i in children) <= boxes["value"][parent]
        for i in children:
            if boxes["type"][i] == MORE:
                assert i == children[-1] and boxes["merged"][i] >= 1
            elif len(children) > 1 and fits:
                assert boxes["x1"][i] - boxes["x0"][i] >= 1_000_000 * 3 / 900 - 2 or boxes["merged"][children[-1]] == 0
    named = set(boxes["functions"]["id"])
    assert named == {id for type, id in zip(boxes["type"], boxes["id"]) if type == FUNCTION}


def test_no_time_is_made_up(tmp_path, root):
    """Two callers of one function that had 4 s and 1 s of it: what it called is not 5 s for both (snakeviz#112)."""
    key = {name: ("/srv/x.py", line, name) for line, name in enumerate(("main", "a", "b", "c", "d", "e"), 1)}
    (tmp_path / "x.prof").write_bytes(marshal.dumps({
        key["main"]: (1, 1, 0.0, 5.0, {}),
        key["a"]: (1, 1, 0.0, 4.0, {key["main"]: (1, 1, 0.0, 4.0)}),
        key["b"]: (1, 1, 0.0, 1.0, {key["main"]: (1, 1, 0.0, 1.0)}),
        key["c"]: (2, 2, 0.0, 5.0, {key["a"]: (1, 1, 0.0, 4.0), key["b"]: (1, 1, 0.0, 1.0)}),
        key["d"]: (2, 2, 3.5, 3.5, {key["c"]: (2, 2, 3.5, 3.5)}),
        key["e"]: (2, 2, 1.5, 1.5, {key["c"]: (2, 2, 1.5, 1.5)})}))
    done = subprocess.run([root / "build/dev/test/unit/query_ask", tmp_path / "x.prof", "boxes?depth=9&least=0"], text=True, check=True,
                          stdout=subprocess.PIPE)
    boxes = json.loads(done.stdout)
    names = dict(zip(boxes["functions"]["id"], boxes["functions"]["name"]))
    ways = {}
    for i, parent in enumerate(boxes["parent"]):
        ways[i] = [*ways.get(parent, []), *([names[boxes["id"][i]]] if boxes["type"][i] == FUNCTION else [])]
    s = 10**9
    found = {"/".join(way): (boxes["low"][i], boxes["value"][i], boxes["high"][i]) for i, way in ways.items() if way}
    assert {path: bounds for path, bounds in found.items() if bounds[0] == bounds[2]} == {
        "main": (5 * s,) * 3, "main/a": (4 * s,) * 3, "main/b": (1 * s,) * 3, "main/a/c": (4 * s,) * 3, "main/b/c": (1 * s,) * 3}
    assert {path: bounds for path, bounds in found.items() if bounds[0] != bounds[2]} == {
        "main/a/c/d": (5 * s // 2, 14 * s // 5, 7 * s // 2), "main/a/c/e": (s // 2, 6 * s // 5, 3 * s // 2),
        "main/b/c/d": (0, 7 * s // 10, s), "main/b/c/e": (0, 3 * s // 10, s)}


@pytest.mark.parametrize("file", TREES)
def test_merged_views_add_up(ask, report, file):
    nodes = {n["id"]: n for n in report(file, "--tree")["nodes"]}

    def way(n):
        return [*(way(nodes[n["parent"]]) if n["parent"] is not None else []), n["function"]]

    flame, inverted = Counter(), Counter()
    for node in nodes.values():
        path = way(node)
        flame[".".join(map(str, path))] += node["cumulative_ns"]
        for length in range(1, len(path) + 1):
            inverted[".".join(map(str, path[::-1][:length]))] += node["self_ns"]
    for view, truth in ("flame", flame), ("inverted", inverted):
        found = paths_of(ask(file, f"boxes?view={view}&{WHOLE_TREE}"))
        assert {path: box["value"] for path, box in found.items() if path} == +truth


@pytest.mark.parametrize("file", ALL)
def test_the_sandwich_has_the_functions_figures(ask, report, file):
    functions = report(file)["functions"]
    answers = ask(file, *(f"sandwich?function={f['id']}&least=0" for f in functions), "about")[:-1]
    for f, answer in zip(functions, answers):
        assert [answer["value"], answer["self"], answer["calls"]] == \
            [figure(f, "cumulative"), figure(f, "self"), f["calls"]]
        for half in answer["callers"], answer["callees"]:
            assert half["value"][0] == figure(f, "cumulative")
        if file in ("a.pstats", "callgrind.out.1"):
            first = {id: (value, low) for id, value, low, row in zip(
                answer["callers"]["id"], answer["callers"]["value"],
                answer["callers"]["low"] or answer["callers"]["value"], answer["callers"]["row"]) if row == 1}
            for c in f["callers"]:
                value, low = first.get(c["id"], (0, 0))
                assert low <= value and (f["calls"] != f["primitive_calls"] or value == figure(c, "cumulative"))


def test_modules_are_the_same_from_whatever_folder(root, tmp_path):
    """They are named below the folder of the program's own files: the page knows no current one."""
    tape = Tape()
    thread = tape.thread("MainThread")
    for name in "main", "parts/one", "parts/__init__":
        tape.node(thread, None, tape.function("f", f"{tmp_path}/app/{name}.py", 1), 1, 5)
    tape.write(tmp_path / "x.sonde")
    for folder in tmp_path, tmp_path / "app", pathlib.Path("/"):
        folder.mkdir(exist_ok=True)
        done = subprocess.run([root / "build/dev/test/unit/query_ask", tmp_path / "x.sonde", "rows?by=module&sort=name"],
                              cwd=folder, check=True, stdout=subprocess.PIPE)
        assert json.loads(done.stdout)["key"] == ["main", "parts", "parts.one"]


def test_functions_of_files_are_listed_where_no_text_may_be_shown(ask):
    about, source = ask("random.sonde", "about", "source?function=3")
    assert about["views"]["source"] is None and not about["source"]["shown"] and about["source"]["why"]
    assert source["functions_at"]["id"] and source["text"] is None and source["why"]


def test_hidden_and_collapsed_functions_lose_nothing(ask):
    plain, hidden, collapsed, both = ask(
        "random.sonde", f"boxes?{WHOLE_TREE}", f"boxes?hide=3,7&{WHOLE_TREE}", f"boxes?collapse=all&{WHOLE_TREE}",
        f"boxes?view=flame&hide=3&collapse=all&{WHOLE_TREE}")
    total = sum(plain["self"])
    assert total == plain["total"]
    for answer, gone in (hidden, {3, 7}), (collapsed, set()), (both, {3}):
        assert sum(answer["self"]) == total
        assert not gone & {id for type, id in zip(answer["type"], answer["id"]) if type == FUNCTION}
    for answer in collapsed, both:
        assert any(plain["id"][i] == plain["id"][plain["parent"][i]] for i in range(1, len(plain["id"])))
        for i in range(1, len(answer["id"])):
            above = answer["parent"][i]
            assert (answer["type"][i], answer["id"][i]) != (answer["type"][above], answer["id"][above])


def test_focus_threads_and_processes(ask, report):
    total, main, worker, focus, tree = ask(
        "random.sonde", "rows?count=5000", "rows?count=5000&thread=0", "rows?count=5000&thread=1",
        "rows?count=5000&focus=4", f"boxes?focus=4&{WHOLE_TREE}")
    everything, first, second = rows_of(total), rows_of(main), rows_of(worker)
    assert main["total"] + worker["total"] == total["total"] and main["total"] > 0 < worker["total"]
    for id, row in everything.items():
        assert row[3] == first.get(id, [0] * 5)[3] + second.get(id, [0] * 5)[3]
    nodes = report("random.sonde", "--tree")["nodes"]
    inside, expected = set(), 0
    for node in nodes:
        if node["function"] == 4 or node["parent"] in inside:
            inside.add(node["id"])
            expected += node["self_ns"]
    assert focus["total"] == expected == sum(tree["self"]) == tree["total"]
    assert rows_of(focus)[4][4] == everything[4][4], "all of it is in the focus"
    wrong = ask("a.pstats", "rows?focus=1")
    assert "paths" in wrong["error"]


def test_calls_as_the_measure(ask):
    boxes, about = ask("random.sonde", f"boxes?metric=calls&{WHOLE_TREE}", "about")
    assert boxes["total"] == boxes["value"][0] == about["calls"]
    assert "error" in ask("a.pstats", "boxes?metric=calls")


def test_the_way_down_and_beside(ask):
    boxes = ask("random.sonde", f"boxes?{WHOLE_TREE}")
    found = paths_of(boxes)
    some = sorted(found)[:: max(1, len(found) // 40)]
    for path, answer in zip(some, ask("random.sonde", *(f"path?path={path}" for path in some))):
        steps = answer["steps"]
        assert (steps["value"][-1], steps["self"][-1]) == (found[path]["value"], found[path]["self"]) if path else True
        siblings = [p for p in found if p.rpartition(".")[0] == path.rpartition(".")[0] and p and path]
        if path:
            assert answer["siblings"]["count"] == len(siblings)
            assert siblings[answer["siblings"]["place"] - 1] == path
        if answer["same"]:
            same = [p for p, box in found.items() if box["type"] == FUNCTION and box["id"] == found[path]["id"]]
            assert answer["same"]["count"] == len(same)
            for key in ("next", "previous"):
                assert answer["same"][key] is None or answer["same"][key] in same
        zoomed = ask("random.sonde", f"boxes?root={path}&{WHOLE_TREE}")
        assert {p for p in paths_of(zoomed)} == {p for p in found if not path or (p + ".").startswith(path + ".")}


def test_same_goes_through_all(ask):
    start = ask("random.sonde", "function?id=4")["largest_path"]
    seen, path = [], start
    while path:
        seen.append(path)
        answer = ask("random.sonde", f"path?path={path}")
        assert answer["same"]["place"] == len(seen)
        path = answer["same"]["next"]
    assert len(seen) == len(set(seen)) == answer["same"]["count"]


def test_search(ask, report):
    functions = report("orders.sonde")["functions"]
    found, none, place, two = ask("orders.sonde", "search?q=PARSE", "search?q=" + quote("no such"),
                                  "search?q=" + quote("feed.py:45"), "search?q=" + quote("feed parse"))
    [parse] = [f for f in functions if f["name"] == "parse_line"]
    assert found["id"] == place["id"] == two["id"] == [parse["id"]] and none["matches"] == 0
    assert (found["self"], found["cumulative"]) == (parse["self_ns"], parse["cumulative_ns"])
    rows = ask("orders.sonde", "rows?q=walk&kinds=library")
    assert {rows["functions"]["name"][0]} == {"walk"} and rows["matches"] == 1
    assert ask("orders.sonde", "rows?q=walk&kinds=own")["matches"] == 0


def test_the_first_of_many_rows_are_those_of_all(ask):
    for sort in "self", "cumulative", "calls", "name", "place", "self_percall":
        everything = ask("many.prof", f"rows?sort={sort}&count=5000")
        assert len(everything["id"]) == 2999
        if sort in everything:
            assert everything[sort] == sorted(everything[sort], reverse=True)
        for at, count in (0, 1), (0, 33), (0, 2990), (500, 40), (2980, 50):
            assert ask("many.prof", f"rows?sort={sort}&from={at}&count={count}")["id"] == everything["id"][at:at + count]
        assert ask("many.prof", f"rows?sort={sort}&reverse=1&count=40")["id"] == everything["id"][::-1][:40]


def test_rows_are_sorted_and_paged(ask):
    everything = ask("random.sonde", "rows?sort=calls&count=5000")
    assert everything["calls"] == sorted(everything["calls"], reverse=True)
    pages = ask("random.sonde", *(f"rows?sort=calls&from={at}&count=7" for at in range(0, 28, 7)))
    assert sum((page["id"] for page in pages), []) == everything["id"]
    for sort in ("self", "cumulative", "primitive_calls", "self_percall", "cumulative_percall", "name", "place", "kind"):
        down, up = ask("random.sonde", f"rows?sort={sort}&count=99", f"rows?sort={sort}&count=99&reverse=1")
        assert down["id"] == up["id"][::-1] and set(down["id"]) == set(everything["id"])


def inside(a, b):
    return b[0] <= a[0] and b[1] <= a[1] and a[0] + a[2] <= b[0] + b[2] and a[1] + a[3] <= b[1] + b[3]


def overlap(a, b):
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


@pytest.mark.parametrize("file", ALL)
def test_the_map_has_each_function_once(ask, report, file):
    truth = report(file)
    answer = ask(file, "map?width=900&height=600&least=0")
    boxes = list(zip(answer["x"], answer["y"], answer["w"], answer["h"]))
    selfs = {f["id"]: figure(f, "self") for f in truth["functions"] if figure(f, "self") > 0}
    assert {id: value for id, value in zip(answer["id"], answer["value"]) if id >= 0} == selfs
    for by, level in ("package", 0), ("module", 1):
        groups = Counter()
        for row in report(file, "--by", by)["rows"]:
            groups[row["key"]] += figure(row, "self")
        assert {key: value for key, value, l in zip(answer["key"], answer["value"], answer["level"]) if l == level} == +groups
    children = defaultdict(list)
    for i, parent in enumerate(answer["parent"]):
        children[parent].append(i)
        assert inside(boxes[i], boxes[parent] if parent >= 0 else (0, 0, 9000, 6000))
        assert answer["level"][i] == (answer["level"][parent] + 1 if parent >= 0 else 0)
    for parent, below in children.items():
        if len(below) < 60:
            assert not any(overlap(boxes[i], boxes[k]) for i in below for k in below if i < k)
        room = boxes[parent] if parent >= 0 else (0, 0, 9000, 6000)
        above = answer["parent"][parent] if parent >= 0 else -1
        again = above >= 0 and len(children[above]) == 1 and answer["key"][above] == answer["key"][parent]
        area = room[2] * (room[3] - (180 if parent >= 0 and not again and room[2] >= 640 and room[3] >= 440 else 0))
        all_of_it = sum(answer["value"][i] for i in below)
        for i in below:
            if min(boxes[i][2:]) > 40:  # as large as its value, but for the rounding of its edges
                share = boxes[i][2] * boxes[i][3] / area
                assert share == pytest.approx(answer["value"][i] / all_of_it, rel=.06)


def test_the_map_from_a_package_on(ask):
    whole = ask("random.sonde", "map?width=900&height=600&least=0")
    package = whole["key"][0]
    inner = ask("random.sonde", f"map?root={quote(quote(package, ''))}&depth=1")
    assert inner["root_names"] == [package] and set(inner["level"]) == {1}
    module = inner["key"][0]
    deepest = ask("random.sonde", f"map?root={quote(quote(package, '') + ',' + quote(module, ''))}")
    assert set(deepest["level"]) == {2} and sum(deepest["value"]) == inner["value"][0]
    merged = ask("random.sonde", "map?width=60&height=40&least=15")
    assert sum(merged["merged"]) > 0
    for level, parent in {(l, p) for l, p in zip(merged["level"], merged["parent"])}:
        below = [i for i, p in enumerate(merged["parent"]) if p == parent and merged["level"][i] == level]
        if parent >= 0:
            assert sum(merged["value"][i] for i in below) == merged["value"][parent]
    assert "error" in ask("random.sonde", "map?root=none") and "error" in ask("random.sonde", "map?root=a,b,c")


@pytest.mark.parametrize("file", ALL)
def test_the_graph_is_bounded_and_true(ask, report, file):
    functions = {f["id"]: f for f in report(file)["functions"]}
    answer = ask(file, "graph?nodes=9&edges=14&node_share=0&edge_share=0")
    nodes, edges = answer["nodes"], answer["edges"]
    assert len(nodes["id"]) == min(9, len([f for f in functions.values() if figure(f, "cumulative") > 0]))
    assert len(edges["from"]) <= 14 and answer["left_out"] == len(functions) - len(nodes["id"])
    for i, id in enumerate(nodes["id"]):
        f = functions[id]
        assert [nodes[c][i] for c in ("self", "cumulative", "calls")] == [figure(f, "self"), figure(f, "cumulative"), f["calls"]]
    least = min(nodes["cumulative"])
    left = [figure(f, "cumulative") for f in functions.values() if f["id"] not in nodes["id"]]
    assert not left or max(left) <= least
    for i in range(len(edges["from"])):
        above, below = nodes["id"][edges["from"][i]], nodes["id"][edges["to"][i]]
        if edges["via"][i] == 0:
            [c] = [c for c in functions[below]["callers"] if c["id"] == above]
            assert [edges["calls"][i], edges["value"][i]] == [c["calls"], figure(c, "cumulative")]
    around = {i: {i} for i in range(len(nodes["id"]))}  # circles, slowly
    step = {(edges["from"][i], edges["to"][i]) for i in range(len(edges["from"])) if edges["via"][i] == 0}
    for _ in around:
        around = {i: reached | {b for a, b in step if a in reached} for i, reached in around.items()}
    for i in around:
        for k in around:
            if i != k:
                together = i in around[k] and k in around[i]
                assert together == (nodes["cycle"][i] == nodes["cycle"][k] != -1)


def test_the_graph_around_a_function(ask, report):
    functions = report("orders.sonde")["functions"]
    [load] = [f["id"] for f in functions if f["name"] == "load"]
    near = {load} | {c["id"] for f in functions if f["id"] == load for c in f["callers"]}
    near |= {f["id"] for f in functions if any(c["id"] == load for c in f["callers"])}
    found = ask("orders.sonde", f"graph?focus_on={load}&node_share=0")["nodes"]["id"]
    assert found[0] == load and near <= set(found)
    [walk] = [f["id"] for f in functions if f["name"] == "walk"]
    assert walk not in found


@pytest.mark.parametrize("query", [
    "nothing", "boxes?view=cake", "boxes?depth=0", "boxes?depth=513", "boxes?depth=x", "boxes?depth=-1", "boxes?depth=",
    "boxes?nothing=1", "boxes?depth=3&depth=3", "boxes?root=p9", "boxes?root=p0.t0.99999", "boxes?root=..", "boxes?root=p0.",
    "boxes?root=p0.t0.x", "boxes?hide=1,x", "boxes?hide=4294967295", "boxes?hide=99999999999", "boxes?cutoff=2",
    "boxes?cutoff=1e3", "boxes?root=%zz", "boxes?root=%", "function", "function?id=", "function?id=1,2", "function?id=9999",
    "rows?by=colour", "rows?sort=0", "rows?kinds=own,x", "rows?count=5001", "rows?q=" + "a%20" * 17, "path?path=t0",
    "sandwich?function=77777", "boxes?view=callers", "", "?", "boxes?" + "&".join(f"k{i}=1" for i in range(40)),
    "boxes?root=" + "1." * 40000], ids=lambda query: query[:30])
def test_wrong_queries_are_told(ask, query):
    fine = query == "boxes?depth="
    answer = ask("orders.sonde", query, "about")[0]
    assert list(answer) == ["error"] if not fine else "error" not in answer
    if not fine:
        assert answer["error"] and "\n" not in answer["error"] and len(answer["error"]) < 400


@pytest.mark.parametrize("file", [*ALL, "random.pack.sonde"])
def test_the_pages_engine_answers_the_same(ask, root, sonde, profiles, file):
    """Compiled to WebAssembly, with bodies of its own for what it asks of a system."""
    node = shutil.which("node", path=f"{root}/build/venv/bin") or shutil.which("node")
    engine = root / "build/dev/src/page/engine.wasm"
    if not node or not engine.is_file():
        pytest.skip("no node, or no compiler for WebAssembly")
    if file.endswith(".pack.sonde"):
        subprocess.run([sonde, "pack", "random.sonde", "-o", file], cwd=profiles, check=True)
    if (profiles / file).is_dir():
        [handed] = (profiles / file).glob("*.tape") if file == "random.sonde" else (None,)
        if handed is None:
            handed = profiles / "orders.pack.sonde"
            subprocess.run([sonde, "pack", "orders.sonde", "-o", handed], cwd=profiles, check=True)
        file = handed.relative_to(profiles)
    queries = ["about", "boxes?depth=40&least=0", "boxes?view=flame", "boxes?view=inverted&depth=5&collapse=all", "rows?count=5000",
               "rows?by=package&sort=cumulative", "function?id=1", "sandwich?function=2", "map", "graph", "search?q=f1", "path?path=", "cake"]
    done = subprocess.run([node, root / "test/page/ask.mjs", engine, profiles / file], text=True, stdout=subprocess.PIPE,
                          input="".join(f"{query}\n" for query in queries), check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for answer, truth in zip(found, ask(file, *queries), strict=True):
        if truth.get("query") == "about":  # what a command knows beside the profile
            for key in "title", "files", "version", "source", "views", "formats":
                assert (answer.pop(key) is None) == (truth.pop(key) is None)
        assert answer == truth
