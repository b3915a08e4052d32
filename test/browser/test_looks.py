# SPDX-License-Identifier: Apache-2.0
"""What the page says beside its charts, how the call graph is zoomed, and that its own sheet of keys is doc/view.md's."""

import marshal
import os
import re

from browser import figures
from browser.views import hottest


def test_the_call_graph_is_zoomed_and_moved(browser, serve, recording, told):
    fn = hottest(told(recording), "price_order")["id"]
    seen = browser.play("zoom", url=serve(recording), address=f"v=graph&f={fn}&g=60", width=900, height=520)
    assert seen["problems"] == []
    first, fit, larger, moved, wheel = (seen[name] for name in ("first", "fit", "larger", "moved", "wheel"))
    assert fit["wide"] <= fit["room"][0] and fit["high"] <= fit["room"][1] + 1, "all of it is in sight"
    assert seen["again"]["high"] == first["high"] and "z=fit" in fit["hash"]
    assert abs((larger["high"] - 8) / (first["high"] - 8) - 1.25**3) < 0.02
    assert (larger["at"][0] - moved["at"][0], moved["at"][1]) == (60, larger["at"][1])
    assert {step["name"] for step in seen.values() if isinstance(step, dict)} == {"price_order"}, "drawing about chooses nothing"
    assert wheel["high"] < moved["high"] and wheel["hash"] != larger["hash"]
    assert abs(seen["linked"] - wheel["high"]) < 0.01 * wheel["high"]


def test_the_side_tells_whose_the_time_is(browser, serve, recording, told):
    report = told(recording)
    (seen,) = browser.play("side", url=serve(recording), addresses=["v=table"], until="Own code")["seen"]
    parts = seen["sections"]["Spent in"]["pairs"]
    assert list(parts) == ["own code", "library", "builtin"]
    assert abs(sum(float(part.split(", ")[1].strip("< %")) for part in parts.values()) - 100) < 0.3
    most = max(report["functions"], key=lambda f: f["self_ns"])
    assert seen["sections"]["Most self"]["rows"][0][1].replace(" ", "") == figures.time(most["self_ns"]).replace(" ", "")
    assert [row[0] for row in seen["sections"]["Own code"]["rows"][:2]] == ["<module>", "main"]


def test_who_calls_most_stands_at_the_side_and_in_wide_tables(browser, serve, recording, told):
    functions = {f["id"]: f for f in told(recording)["functions"]}
    several = [f for f in functions.values() if len([c for c in f["callers"] if c["id"] != f["id"]]) > 2]
    f = max(several, key=lambda f: f["calls"])
    caller = max((c for c in f["callers"] if c["id"] != f["id"]), key=lambda c: c["calls"])
    (seen,) = browser.play("side", url=serve(recording), addresses=[f"v=table&s=calls&f={f['id']}"], width=1920, height=1080,
                           there="#view tr[data-at] td:nth-child(10):not(:empty)")["seen"]
    name = functions[caller["id"]]["qualname"].replace(".<locals>", "").removeprefix("builtins.")
    said = f"{name}, {figures.percent(caller['calls'], f['calls'])} %"
    assert seen["pairs"]["Mostly called from"] == said
    at = seen["heads"].index("Mostly called from")
    cells = {(row[0].split(",")[0], row[1]): row[at] for row in seen["rows"]}
    own = f["qualname"].replace(".<locals>", "").removeprefix("builtins.")
    assert cells[own, figures.count(f["calls"])].split() == said.replace(",", "").split()


def test_no_box_calls_measured_what_may_be_otherwise(browser, serve, tmp_path):
    """snakeviz#112: c had 4 s from a and 1 s from b; what it called is known of both together alone."""
    main, a, b, c, d, e = (("/srv/x.py", line, name) for line, name in enumerate(("main", "a", "b", "c", "d", "e"), 1))
    (tmp_path / "x.prof").write_bytes(marshal.dumps({
        main: (1, 1, 0.0, 5.0, {}), a: (1, 1, 0.0, 4.0, {main: (1, 1, 0.0, 4.0)}), b: (1, 1, 0.0, 1.0, {main: (1, 1, 0.0, 1.0)}),
        c: (2, 2, 0.0, 5.0, {a: (1, 1, 0.0, 4.0), b: (1, 1, 0.0, 1.0)}), d: (2, 2, 3.5, 3.5, {c: (2, 2, 3.5, 3.5)}),
        e: (2, 2, 1.5, 1.5, {c: (2, 2, 1.5, 1.5)})}))
    url = serve(tmp_path / "x.prof")
    (whole,) = browser.play("side", url=url, addresses=["v=table&s=name"])["seen"]
    ids = {row[0][0]: i for i, row in enumerate(sorted(whole["rows"], key=lambda row: row[0]))}
    assert sorted(ids) == ["a", "b", "c", "d", "e", "m"]
    shown = browser.play("side", url=serve(tmp_path / "x.prof"), addresses=[f"v=icicle&f={fn}" for fn in range(6)])
    told = {tuple(row[:2]) for seen in shown["seen"] for row in seen["grid"] if row[0] in "a b c d e main".split()}
    assert {("main", "5.00 s"), ("a", "4.00 s"), ("b", "1.00 s"), ("c", "4.00 s")} <= told
    assert {value for name, value in told if name in "de"} and all(
        value.startswith("guessed ") for name, value in told if name in "de")
    assert not any(value.startswith("guessed ") for name, value in told if name in ("main", "a", "b", "c"))


def test_the_keys_of_the_page_are_those_of_its_manual(browser, root, serve, recording):
    """PAGE=write pytest test/browser/test_looks.py puts them in."""
    keys = browser.play("sheet", url=serve(recording))["keys"]
    table = "| key | does |\n|---|---|\n" + "".join(
        f"| {' '.join(f'`{key}`' for key in pressed)} | {says} |\n" for says, pressed in keys)
    page = root / "doc/view.md"
    text = page.read_text()
    fresh = re.sub(r"(<!-- keys -->\n).*?(<!-- end -->)", lambda m: m[1] + table + m[2], text, flags=re.S)
    if os.environ.get("PAGE") == "write":
        page.write_text(fresh)
    assert fresh == text


def test_rows_that_tell_nothing_are_spared(browser, serve, recording, dump):
    """A file of one thread, or of no paths, begins with its functions; of several threads each has a row."""
    def texts(file):
        svg = browser.play("pictures", url=serve(file), views={"icicle": "d=20", "sunburst": "v=sunburst"})["found"]
        return [re.findall(r"<text[^>]*>([^<]*)</text>", svg[view]["svg"]) for view in ("icicle", "sunburst")]

    icicle, sunburst = texts(dump)
    assert "orders.prof" in icicle and "files without paths" not in icicle and any("main" in text for text in icicle)
    assert "files without paths" not in "".join(sunburst)
    assert "MainThread" in texts(recording)[0]
