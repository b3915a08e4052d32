# SPDX-License-Identifier: Apache-2.0
"""The page by keyboard, its address, its pictures and copies, files dropped on it, and what
axe-core says of it."""

import base64
import gzip
import marshal
import pathlib
import re
import struct
import subprocess
import time
import xml.etree.ElementTree as ET
from urllib.parse import unquote, urlparse

import pytest

from browser.views import CHARTS, VIEWS, hottest, pictures, views_of


def test_the_hottest_function_is_found_by_keyboard_alone(browser, serve, recording, told):
    played = browser.play("walk", url=serve(recording))
    assert played["problems"] == []
    assert played["hottest"]["pairs"]["Rank by self time"].startswith("1 of ")
    assert hottest(told(recording))["qualname"].replace(".<locals>", "").endswith(played["hottest"]["name"])
    assert played["focus"] == "true"
    # Levels come one after another, and where keys led is where the path says.
    assert [step["level"] for step in played["path"]] == list(range(2, len(played["path"]) + 2))
    assert played["crumbs"][-1] == played["path"][-1]["cells"][0]
    assert played["stops"] < 40


def test_back_forward_and_links_show_the_same(browser, serve, recording, told):
    fn = hottest(told(recording), "Rule.matches")["id"]
    played = browser.play("history", url=serve(recording), fn=fn)
    states = played["states"]
    assert played["problems"] == []
    assert all(a["hash"] != b["hash"] for a, b in zip(states, states[1:]))
    assert played["back"] == states[:-1]
    assert played["forward"] == states[1:]
    assert played["linked"] == states


def test_a_link_to_another_profile_says_so_and_leads_out(browser, serve, recording):
    lost = {"sandwich": "f=999999", "map": "in=nosuch", "source": "src=9999", "table": "by=bogus", "flame": "r=999999",
            "graph": "g=100000", "sunburst": "focus=999999"}
    played = browser.play("lost", url=serve(recording), addresses=[f"v={view}&{word}" for view, word in lost.items()])
    assert [one["hash"] for one in played["seen"]] == [f"#v={view}" for view in lost]
    assert all(one["said"].startswith("The address asks for what this profile has not: ") and one["left"] == (view == "sandwich")
               for view, one in zip(lost, played["seen"], strict=True)), played["seen"]


def test_a_file_written_anew_is_shown_in_every_tab(browser, serve, tmp_path):
    file, then = tmp_path / "app.prof", tmp_path / "next.prof"
    for path, names in ((file, ["one", "two"]), (then, ["zero", "one", "two", "three"])):
        path.write_bytes(marshal.dumps({("app.py", 7 + len(name), name): (len(name), len(name), 0.5, 0.5, {}) for name in names}))
    played = browser.play("again", url=serve(file), file=str(file), next=str(then), chosen="two")
    assert played["problems"] == []
    names = {key: {row[0].partition(",")[0] for row in played[key]} for key in ("first", "still", "loaded", "later")}
    assert names["first"] == names["still"] == {"one", "two"}
    assert names["loaded"] == names["later"] == {"zero", "one", "two", "three"}
    assert played["name"] == "app.prof", "what was chosen has another id now: nothing is"


@pytest.mark.parametrize("look", [{}, {"theme": "dark"}, {"width": 390, "height": 844}], ids=["light", "dark", "narrow"])
def test_axe_finds_nothing(browser, serve, recording, dump, told, look):
    for file in (recording, dump):
        fn = hottest(told(file))["id"]
        names = [name for name in VIEWS if name != "processes" or file is recording]
        played = browser.play("axe", url=serve(file), views={**views_of(fn, *names), "search": "q=order",
                                                            "nothing found": "v=table&q=zzzz"}, **look)
        assert {name: found for name, found in played["found"].items() if found} == {}


def test_charts_are_saved_and_stacks_copied(browser, serve, recording, told):
    fn = hottest(told(recording), "Rule.matches")["id"]
    played = browser.play("pictures", url=serve(recording), views=views_of(fn, *CHARTS))
    assert played["problems"] == []
    for name, found in played["found"].items():
        assert found["svg_name"] == f"orders-{name}.svg" and found["png_name"] == f"orders-{name}.png"
        picture = ET.fromstring(found["svg"])
        shapes = [e for e in picture.iter() if e.tag.endswith(("rect", "path"))]
        texts = "".join(e.text or "" for e in picture.iter() if e.tag.endswith("text"))
        assert len(shapes) > 5 and "m" in texts, name
        head = base64.b64decode(found["png"])
        assert head[:8] == b"\x89PNG\r\n\x1a\n" and found["png_bytes"] > 2000
        width, height = struct.unpack(">II", head[16:24])
        assert width > 600 and height > 100
    lines = played["copied"]["c"].splitlines()
    assert lines[-1].startswith("Rule.matches (") and ".py:" in lines[-1]
    marked = played["copied"]["C"].splitlines()
    assert [line.count("  ") for line in marked] == sorted(line.count("  ") for line in marked)
    assert marked[-1].lstrip().startswith("- Rule.matches (")


@pytest.mark.parametrize("way", ["served", "saved"])
def test_files_are_dropped(browser, serve, save, recording, dump, tmp_path, way):
    """What can be read is shown; what cannot leaves the profile before, with one line that says why."""
    packed = tmp_path / "orders.prof.gz"
    packed.write_bytes(gzip.compress(dump.read_bytes()))
    folded = tmp_path / "stacks.folded"
    folded.write_text("main;load;parse 5\nmain;load 3\nmain;save 8\n")
    bad = {"cut.prof": dump.read_bytes()[:300], "noise.bin": bytes(range(256)) * 8, "empty.prof": b"",
           "page.xz": b"\xfd7zXZ\0" + bytes(40), "page.zst": b"\x28\xb5\x2f\xfd" + bytes(40),
           "torn.gz": gzip.compress(b"x" * 4000)[:20]}
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    again = tmp_path / "again.prof"
    again.write_bytes(dump.read_bytes())
    drops = [[dump], [packed], [folded], [again, dump], [folded, dump], *([tmp_path / name] for name in bad)]
    url = (serve if way == "served" else save)(recording)
    played = browser.play("open", url=url, drops=[[str(p) for p in drop] for drop in drops])
    seen = played["seen"]
    assert seen[0]["files"] == "orders.prof" and seen[0]["rows"] > 5 and seen[0]["banner"] is None
    assert seen[1]["rows"] == seen[0]["rows"] and seen[1]["total"] == seen[0]["total"]
    assert "16" in seen[2]["total"] and seen[2]["rows"] == 4
    assert seen[3]["files"] == "again.prof\norders.prof" and seen[3]["rows"] == seen[0]["rows"]
    assert seen[4]["banner"].startswith("Cannot read these 2 files.") and "samples" in seen[4]["banner"]
    for name, told in zip(bad, seen[5:], strict=True):
        assert told["banner"].startswith(f"Cannot read {name}."), told
        assert "You still see" in told["banner"] and told["files"] == seen[3]["files"]
    by_name = dict(zip(bad, (told["banner"] for told in seen[5:]), strict=True))
    assert "sonde convert page.xz -o page" in by_name["page.xz"]
    assert "sonde convert page.zst -o page" in by_name["page.zst"]


def test_a_saved_page_lives_in_a_sandboxed_frame(browser, save, recording, told):
    played = browser.play("notebook", url=save(recording))
    assert played["problems"] == []
    assert (played["first"], played["second"]) == ("Icicle", "Table")
    assert hottest(told(recording))["qualname"].replace(".<locals>", "").endswith(played["chosen"])


def test_a_page_without_a_profile_takes_one(browser, save, recording, dump, tmp_path):
    text = pathlib.Path(unquote(urlparse(save(recording)).path)).read_text()
    empty = tmp_path / "empty.html"
    empty.write_text(re.sub(r'<script type="application/octet-stream" id="sonde-file-.*?</script>', "", text, flags=re.S))
    played = browser.play("empty", url=empty.as_uri(), drop=str(dump), picture=pictures("empty"))
    assert played["problems"] == []
    assert "Drop a profile here" in played["empty"] and "sonde run app.py" in played["empty"]
    assert played["files"] == "orders.prof" and played["rows"] > 5


def test_a_recording_that_grows_is_followed(browser, serve, sonde, pythons_newest, tmp_path):
    (tmp_path / "grows.py").write_text("import time\ndef step(): return len('x')\n"
                                       "while True:\n    step()\n    time.sleep(.01)\n")
    running = subprocess.Popen([sonde, "run", "--python", pythons_newest, "-o", "grows.sonde", "grows.py"], cwd=tmp_path,
                               stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        report = [sonde, "report", "--json", "-n1", "grows.sonde"]
        while time.monotonic() < deadline and subprocess.run(report, cwd=tmp_path, capture_output=True).returncode != 0:
            time.sleep(.1)
        played = browser.play("live", url=serve(tmp_path / "grows.sonde"))
    finally:
        running.terminate()
        running.wait(20)
    assert played["problems"] == []
    assert played["first"] < played["second"] <= played["paused"] == played["still"] < played["last"]


def test_parts_that_need_no_browser(browser, root):
    """web/test: figures, the address, paths, lines of Python."""
    tests = sorted((root / "web/test").glob("*.test.ts"))
    done = subprocess.run([root / "build/venv/bin/node", "--test", *tests], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE)
    assert tests and done.returncode == 0, done.stdout
