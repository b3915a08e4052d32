# SPDX-License-Identifier: Apache-2.0
"""Every view of the page shows, served and saved, on a recording and on a file of cProfile;
its figures are those of `sonde report --json`."""

import json
import subprocess

import pytest

from browser import figures
from browser.views import CHARTS, VIEWS, hottest, pictures, views_of

LOOKS = {"light": {}, "dark": {"theme": "dark"}, "narrow": {"width": 390, "height": 844},
         "middling": {"width": 1000, "height": 700}, "wide": {"width": 1920, "height": 1080}}


def check(seen, problems, reports, theme="light"):
    """What the rail dims says why, everything else is shown."""
    assert problems == [] and reports == []
    for name, view in seen.items():
        if name == "source" and view["refused"]:
            assert view["heading"] in view["dimmed"] and view["refused"] == view["dimmed"]["Source"]
            continue
        assert view["refused"] is None and view["heading"] not in view["dimmed"], (name, view)
        assert view["colours"] > 4 if name in CHARTS else view["rows"] > 2, (name, view)
        assert not view["overflows"], name
        assert view["theme"] == theme


@pytest.mark.parametrize("look", LOOKS)
def test_every_view_shows(browser, serve, recording, told, look):
    """The pictures are kept in build/pictures, for people to look at."""
    fn = hottest(told(recording), "Rule.matches")["id"]
    played = browser.play("views", url=serve(recording), views=views_of(fn), pictures=pictures(look), **LOOKS[look])
    check(**played, theme=LOOKS[look].get("theme", "light"))
    assert [view["heading"] for view in played["seen"].values()] == [
        "Icicle", "Sunburst", "Flame", "Inverted", "Table", "Sandwich", "Tree map", "Call graph", "Source", "Processes"]


def test_a_saved_page_needs_no_network(browser, save, recording, told):
    fn = hottest(told(recording), "Rule.matches")["id"]
    played = browser.play("views", url=save(recording), views=views_of(fn), offline=True)
    check(**played)


def test_files_that_know_callers_show_what_is_guessed(browser, serve, save, dump, told):
    fn = hottest(told(dump))["id"]
    names = [name for name in VIEWS if name != "processes"]
    for url in (serve(dump), save(dump)):
        check(**browser.play("views", url=url, views=views_of(fn, *names), pictures=pictures("dump")))


def rows_of(report):
    """What the table is to say of each function, by name and place."""
    expected = {}
    for f in report["functions"]:
        per_call = f["self_ns"] / f["calls"] if f["calls"] else 0
        cumulative = f["cumulative_ns"] / f["primitive_calls"] if f["primitive_calls"] else 0
        expected.setdefault(f["line"], []).append([
            figures.count(f["calls"]), figures.time(f["self_ns"]), figures.percent(f["self_ns"], report["total_ns"]),
            figures.time(per_call), figures.time(f["cumulative_ns"]),
            figures.percent(f["cumulative_ns"], report["total_ns"]), figures.time(cumulative)])
    return expected


@pytest.mark.parametrize("way", ["served", "saved"])
@pytest.mark.parametrize("kind", ["recording", "dump"])
def test_the_table_says_what_the_report_says(browser, serve, save, told, request, way, kind):
    file = request.getfixturevalue(kind)
    url = (serve if way == "served" else save)(file)
    played = browser.play("table", url=f"{url}#v=table")
    report = told(file)
    assert played["problems"] == [] and len(played["rows"]) == len(report["functions"])

    expected = rows_of(report)
    for cells in played["rows"]:
        line = int(cells[8].rsplit(":", 1)[1]) if ":" in cells[8] else 0
        row = [text.strip() for text in cells[1:8]]
        wanted = [[text.replace(" ", "") for text in one] for one in expected[line]]
        assert [text.replace(" ", "") for text in row] in wanted, (cells, expected[line])
        expected[line].pop(wanted.index([text.replace(" ", "") for text in row]))
    assert not any(expected.values())


def test_details_and_sandwich_say_what_the_report_says(browser, serve, recording, told):
    report = told(recording)
    functions = sorted(report["functions"], key=lambda f: -f["cumulative_ns"])[:40]
    played = browser.play("functions", url=serve(recording), ids=[f["id"] for f in functions])
    assert played["problems"] == []
    for f in functions:
        found = played["found"][str(f["id"])]
        pairs = found["pairs"]
        share = figures.percent(f["cumulative_ns"], report["total_ns"])
        own = figures.percent(f["self_ns"], report["total_ns"])
        assert pairs["Cumulative"] == f"{figures.time(f['cumulative_ns'])}{share}{'' if share == '–' else ' %'}"
        assert pairs["Self"] == f"{figures.time(f['self_ns'])}{own}{'' if own == '–' else ' %'}"
        assert pairs["Calls"].split(" ")[0] == figures.count(f["calls"])
        assert pairs["Per call, self"] == figures.time(f["self_ns"] / f["calls"])
        assert found["bar"][1] == figures.time(f["cumulative_ns"])
        assert found["bar"][3] == figures.time(f["self_ns"])


@pytest.mark.parametrize("way", ["served", "saved"])
def test_the_chart_says_what_the_tree_says(browser, serve, save, recording, told, way):
    """Down the largest boxes from the top, by keys: each is a node of report --tree."""
    report = told(recording, options=["--tree"])
    url = (serve if way == "served" else save)(recording)
    path = browser.play("walk", url=url)["path"]
    names = {f["id"]: f["qualname"].replace(".<locals>", "") for f in report["functions"]}
    children = {}
    for node in report["nodes"]:
        children.setdefault(node["parent"], []).append(node)
    steps = path[path.index(next(s for s in path if s["cells"][0] == "MainThread")) + 1:]
    assert len(steps) >= 4
    at = None
    for step in steps:
        name, value = step["cells"][:2]
        name = name.partition(" ")[0] if name.startswith("<") else name  # its module stands behind it
        found = [n for n in children[at] if names[n["function"]].endswith(name)
                 and figures.time(n["cumulative_ns"]) == value]
        assert found, (name, value, [names[n["function"]] for n in children[at]])
        assert figures.time(found[0]["self_ns"]) == step["cells"][3]
        at = found[0]["id"]


@pytest.mark.parametrize("way", ["served", "saved"])
def test_source_is_shown_where_it_was_allowed(browser, serve, save, recording, told, way):
    text = (recording.parent / "orders.py").read_text().splitlines()
    fn = hottest(told(recording), "price_order")
    options = ["--source", str(recording.parent)]
    url = serve(recording, options=options) if way == "served" else save(recording, options=[*options, "--with-source"])
    played = browser.play("rows", url=url, address=f"v=source&f={fn['id']}", picture=pictures(f"source-{way}"))
    assert played["problems"] == [] and played["reports"] == []
    shown = {int(row[0]): row for row in played["rows"]}
    assert [shown[i + 1][-1] for i in range(len(text))] == text
    assert figures.time(fn["self_ns"]) == shown[fn["line"]][-2]
    assert played["preview"][0] == text[fn["line"] - 1]

    library = browser.play("rows", url=serve(recording), address=f"v=source&f={fn['id']}")
    assert not any(line.strip() and line in str(library) for line in text[4:9])


@pytest.mark.parametrize("way", ["served", "saved"])
def test_two_sides_are_compared(browser, serve, save, recording, sonde, pythons_newest, tmp_path, way):
    changed = (recording.parent / "orders.py").read_text().replace("fib(14)", "fib(17)").replace(
        "publish()", "publish_all()").replace("target=publish", "target=publish_all")
    (tmp_path / "orders.py").write_text(changed)
    subprocess.run([sonde, "run", "--python", pythons_newest, "-o", "after.sonde", "orders.py"], cwd=tmp_path,
                   check=True, stdin=subprocess.DEVNULL)
    after = tmp_path / "after.sonde"
    url = serve("--diff", recording, after) if way == "served" else save(recording, after, options=["--diff"])
    played = browser.play("rows", url=url, address="v=diff", picture=pictures(f"diff-{way}"))
    assert played["problems"] == [] and played["reports"] == [] and played["began"] == "#v=diff"
    before, later = (json.loads(subprocess.run([sonde, "report", "--json", file], check=True,
                                               stdout=subprocess.PIPE).stdout) for file in (recording, after))
    fibs = [next(f for f in report["functions"] if f["qualname"] == "fib") for report in (before, later)]
    groups, group = {}, None
    for row in played["rows"]:
        if len(row) == 1:
            group = row[0].rsplit(" ", 1)[0]
        else:
            groups.setdefault(group, {})[row[0]] = row
    assert groups["More time"]["fib"][1:3] == [figures.time(f["cumulative_ns"]) for f in fibs]
    delta = fibs[1]["cumulative_ns"] - fibs[0]["cumulative_ns"]
    assert groups["More time"]["fib"][3] == f"▲ +{figures.time(delta)}"
    assert "publish_all" in groups["New"] and "publish" in groups["Gone"]
    assert played["rest"][0].endswith(".")


def test_samples_are_no_calls_and_files_have_names(browser, serve, tmp_path):
    """Folded stacks tell of no process: the file stands for it. Figures that are too long are shortened, not cut."""
    for name, count in ("one.folded", 123_456_789), ("other.folded", 5):
        (tmp_path / name).write_text(f"main;load;parse {count}\nmain;save 3\n")
    url = serve(tmp_path / "one.folded", tmp_path / "other.folded")
    played = browser.play("side", url=url, addresses=["v=table", "v=processes", "v=flame", "v=icicle&d=2"], until="Most self")
    assert played["problems"] == []
    table, processes, _, icicle = played["seen"]
    assert table["heads"][:2] == ["Function", "Samples"] and "per call" not in table["heads"]
    assert table["rows"][0][1:3] == ["123 M", "123 M"] and table["rows"][1][1:3] == ["6", "6"]
    assert table["pairs"]["Total"] == "123,456,800" and "Calls" not in table["pairs"]
    assert [row[0] for row in icicle["grid"][1:3]] == ["one.folded", "other.folded"]
    assert "null" not in str(played["seen"])
