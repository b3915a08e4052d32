# SPDX-License-Identifier: Apache-2.0
"""Names of functions, files, threads and programs that are markup, script or worse: the page
shows them as text. Nothing runs, nothing is asked for, no policy has to step in; and so of every
file that sonde writes, opened in a browser, and of what it prints."""

import json
import re
import shutil
from urllib.parse import quote

import pytest

from browser.hostile import names, write_dump, write_recording
from browser.views import CHARTS, VIEWS, views_of
from terminal import on_terminal

SEARCHES = ["<script>", "'><", "onerror=", "%3C", "\\", "</script", "javascript:", "\u2028", "(", "__proto__"]


def addresses():
    """What a link may say: each word of the address with names in it, and addresses that are none."""
    tricks = [quote(name) for name in names()[:30]]
    words = ["v", "m", "f", "n", "r", "q", "s", "by", "x", "in", "t", "hide", "focus", "threads", "src", "line", "d", "c"]
    found = [f"{word}={tricks[i % len(tricks)]}" for i, word in enumerate(words)]
    return [*found, "javascript:globalThis.executed=1", "<img src=x onerror=globalThis.executed=1>", "v=__proto__", "v=constructor",
            "__proto__=1&constructor=2", "v=%ff%fe", "%", "&&&===", "f=99999999999999&n=p0.t0&r=p9.t9.9", "v=map&in=%3Cscript%3E"]


def hostile(folder, way):
    """The recording, or the dump, whose own name is a trick too."""
    if way == "dump":
        return write_dump(folder / "<img src=x onerror=globalThis.executed=1>.prof")
    return write_recording(folder / "<img src=x onerror=globalThis.executed=1>.sonde")


def ids_of(told, count):
    """Functions that are called as one of the names, the first `count` of them."""
    wanted = set(names())
    return [f["id"] for f in told["functions"] if f["name"] in wanted and f["file"].startswith("/srv/")][:count]


def check(played, charts=len(CHARTS)):
    assert played["executed"] is None and played["reports"] == [] and played["problems"] == []
    assert played["elements"] == [], "markup of a name became an element"
    assert played["odd"] == [] and played["pictures"] >= charts
    assert played["pages"] == 1 and played["copies"] >= 2 * charts


@pytest.mark.parametrize("way", ["served", "saved", "dump"])
def test_names_are_text(browser, serve, save, told, tmp_path, way):
    """One profile that holds them all, in every view; a saved page and a file of callers in some (in make
    check-long each name in each)."""
    file = hostile(tmp_path, way)
    report = told(file)
    url = (save if way == "saved" else serve)(file)
    views = {"dump": ["icicle", "table", "sandwich"], "saved": ["flame", "graph", "table", "processes"]}.get(way, list(VIEWS))
    played = browser.play("names", url=url, views=views_of(ids_of(report, 9)[8], *views), charts=list(CHARTS), keep=str(tmp_path),
                          each=["sandwich"], functions=ids_of(report, 400)[::30], searches=SEARCHES if way == "served" else [],
                          addresses=addresses() if way == "served" else [])
    charts = len(set(CHARTS) & set(views))
    check(played, charts)
    assert played["rows"] > 2 * len(names()), "each name in a table"
    assert played["menus"] > 0
    pictures = sorted(map(str, tmp_path.glob("*.svg")))
    assert len(pictures) == charts
    opened = browser.play("exports", files=pictures)
    assert [found for found in opened.values() if not found["shown"] or found["kind"] != "image/svg+xml" or silent(found)] == []


def test_names_are_text_where_sides_differ(browser, serve, tmp_path):
    files = [write_recording(tmp_path / "a.sonde"), write_recording(tmp_path / "b.sonde", slower=2)]
    url = serve(*files, options=["--diff"])
    played = browser.play("names", url=url, views={"diff": "v=diff", "icicle": "v=icicle&f=9", "table": "v=table"}, charts=["icicle"], each=["diff"],
                          functions=list(range(10)), searches=[], addresses=[])
    check(played, charts=1)
    assert played["rows"] > len(names())


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("way", ["served", "saved"])
@pytest.mark.parametrize("view", VIEWS)
def test_each_name_in_each_view(browser, serve, save, told, tmp_path, way, view):
    """Chosen, pointed at, with its menu, copied as text and as Markdown, as a picture; of a saved page every third."""
    file = hostile(tmp_path, way)
    ids = ids_of(told(file), 1000)[::3 if way == "saved" else 1]
    assert len(ids) > (100 if way == "saved" else 300)
    if view == "processes":  # shows all of them, whichever is chosen
        ids = ids[::10]
    played = browser.play("names", url=(save if way == "saved" else serve)(file), views=views_of(ids[0], view), charts=list(CHARTS),
                          each=[view], functions=ids, searches=names() if view == "icicle" else [], addresses=[], deep=True)
    check(played, charts=len(ids) if view in CHARTS else 0)
    assert played["went"] == len(ids)


def silent(found):
    """What came of an opened file, where anything did."""
    return found["executed"] or found["reports"] or found["asked"] or found["dialogs"] or found["errors"]


def test_exports_do_nothing_when_opened(browser, run_sonde, tmp_path):
    """As they are called, and as pages: a browser that takes a file for HTML by its first bytes is misled by none."""
    recording = hostile(tmp_path, "recording")
    made = []
    for name in ("o.json", "o.pstats", "callgrind.out.1", "o.speedscope.json", "o.csv", "o.folded", "o.pb.gz"):
        words = ["--to", "callgrind"] if name.startswith("callgrind") else []
        run_sonde("convert", recording, *words, "-o", name, check=True)
        made.append(tmp_path / name)
    run_sonde("graph", recording, "-n", "0", "-e", "0", "-o", "o.dot", check=True)
    made.append(tmp_path / "o.dot")
    if shutil.which("dot"):
        run_sonde("graph", recording, "-n", "0.1", "-e", "0", "--cluster", "-o", "o.svg", check=True)
        made.append(tmp_path / "o.svg")
    run_sonde("report", recording, "-n", "1000", "-o", "o.txt", check=True)
    run_sonde("view", "--html", "o.html", recording, check=True)
    made += [tmp_path / "o.txt", tmp_path / "o.html"]
    opened = browser.play("exports", files=list(map(str, made)))
    assert {name: found for name, found in opened.items() if silent(found)} == {}
    assert opened["o.html"]["kind"] == "text/html"
    for name in "o.json", "o.speedscope.json":
        assert json.loads((tmp_path / name).read_text()) and opened[name]["kind"] == "application/json"


# What steers a terminal or turns the direction of writing: C0, C1, DEL, line ends of Unicode, bidi controls.
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def test_nothing_raw_reaches_a_terminal(run_sonde, sonde, clean_env, tmp_path):
    """Every form that prints names, of more than 300 in all places, on a terminal; errors too."""
    one, two = write_recording(tmp_path / "a.sonde"), write_recording(tmp_path / "b.sonde", slower=2)
    forms = [["report", *words, file] for file in (one, write_dump(tmp_path / "a.prof")) for words in (
        ["-n", "2000"], ["--callers", "-n", "900"], ["--callees", "-n", "900"], ["--by", "file"],
        ["--by", "module"], ["--by", "package"], ["--pstats"], ["--all"])]
    forms += [["report", "--by", by, one] for by in ("thread", "process", "role")] + [["report", "--processes", one]]
    forms += [["report", "--tree", "-n", "900", one], ["diff", one, two], ["diff", "--tree", one, two]]
    printed = 0
    for words in forms:
        text = on_terminal(sonde, clean_env | {"NO_COLOR": "1"}, tmp_path, 180, *map(str, words))
        assert not RAW.search(text), (words, RAW.search(text))
        printed += len(text)
    assert printed > 1_000_000
    for name in names()[::9]:
        if "\0" not in name and len(name) < 200:
            for words in (["view", "-s", name], ["view", "-b", name, one], ["view", "--html", f"{name}/x", one]):
                done = run_sonde(*words)
                assert done.returncode and done.stderr.count("\n") == 1 and not RAW.search(done.stderr), words
