# SPDX-License-Identifier: Apache-2.0
"""sonde convert from every format into every other: self values to the integer, names as each format's rule has them."""

import gzip
import json
import lzma
import pathlib
import subprocess

import pytest

from orders import write_orders
from recordings import MAKERS, write_deep, write_names

FORMATS = {"callgrind": "x.callgrind", "csv": "x.csv", "folded": "x.folded", "pprof": "x.pb.gz",
           "speedscope": "x.speedscope.json", "json": "x.json"}
def zstd(data):
    """One frame of one raw block (RFC 8878)."""
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) + (len(data) << 3 | 1).to_bytes(3, "little") + data


ZSTD = zstd(b"a;b 7\nc 5\n")

@pytest.fixture(params=MAKERS)
def recording(request, tmp_path):
    MAKERS[request.param](tmp_path / "r.sonde")
    return request.param


def selves(report, *words):
    """Of functions that other formats tell apart: by name, file and line."""
    found = {}
    for f in report(*words)["functions"]:
        key = f["qualname"], f["file"], f["line"]
        found[key] = found.get(key, 0) + f.get("self_ns", f.get("self"))
    return sorted(filter(None, found.values()))


@pytest.mark.parametrize("to", FORMATS)
def test_self_values_survive(report, run_sonde, recording, to):
    run_sonde("convert", "r.sonde", "--to", to, "-o", FORMATS[to], check=True)
    if to == "callgrind":  # names them so that all are told apart
        every = sorted(f["self_ns"] for f in report("r.sonde")["functions"] if f["self_ns"])
        assert sorted(f["self_ns"] for f in report(FORMATS[to])["functions"] if f["self_ns"]) == every
    else:
        assert selves(report, FORMATS[to]) == selves(report, "r.sonde")


@pytest.mark.parametrize("first", FORMATS)
@pytest.mark.parametrize("second", FORMATS)
def test_every_pair(report, run_sonde, tmp_path, first, second):
    write_deep(tmp_path / "r.sonde")
    run_sonde("convert", "r.sonde", "--to", first, "-o", FORMATS[first], check=True)
    run_sonde("convert", FORMATS[first], "--to", second, "-o", "again-" + FORMATS[second], check=True)
    assert selves(report, "again-" + FORMATS[second]) == selves(report, "r.sonde")


def test_paths_survive_where_the_format_has_them(report, run_sonde, tmp_path):
    write_deep(tmp_path / "r.sonde")
    expected = {f["qualname"]: [f["self_ns"], f["cumulative_ns"]] for f in report("r.sonde")["functions"]
                if f["qualname"] != "load"}
    for to in "folded", "pprof", "speedscope":
        run_sonde("convert", "r.sonde", "--to", to, "-o", FORMATS[to], check=True)
        found = report(FORMATS[to])["functions"]
        assert {f["qualname"]: [f.get("self_ns", f.get("self")), f.get("cumulative_ns", f.get("cumulative"))]
                for f in found if f["qualname"] != "load"} == expected, to
        assert sum(f["qualname"] == "load" for f in found) == 2


def test_callers_survive_where_the_format_has_them(report, run_sonde, tmp_path):
    write_deep(tmp_path / "r.sonde")

    def edges(words):
        data = report(words)
        name = {f["id"]: (f["name"].rpartition("::")[2].partition(":")[0], pathlib.Path(f["file"]).parent.name)
                for f in data["functions"]}
        return sorted((name[f["id"]], name[c["id"]], c["calls"]) for f in data["functions"] for c in f["callers"])

    for to in "callgrind", "json", "pprof":
        run_sonde("convert", "r.sonde", "--to", to, "-o", FORMATS[to], check=True)
        assert edges(FORMATS[to]) == edges("r.sonde"), to


def test_names_survive_or_are_escaped(report, run_sonde, tmp_path):
    write_names(tmp_path / "r.sonde")
    names = {f["qualname"] for f in report("r.sonde")["functions"]}
    for to in "csv", "pprof", "speedscope", "json":
        run_sonde("convert", "r.sonde", "--to", to, "-o", FORMATS[to], check=True)
        assert {f["qualname"] for f in report(FORMATS[to])["functions"]} == names, to
    # folded stacks and callgrind have lines: what would end one is replaced, nothing else.
    run_sonde("convert", "r.sonde", "--to", "folded", "-o", "x.folded", check=True)
    plain = {"".join("?" if c < " " or c == "\x7f" else ":" if c == ";" else c for c in name) for name in names}
    found = {f["qualname"] for f in report("x.folded")["functions"]}
    assert len(plain & found) >= len(plain) - 1  # "(7) seven" and its like read back as they are


def test_callgrind_keeps_apart_what_kcachegrind_would_merge(run_sonde, tmp_path):
    write_deep(tmp_path / "r.sonde")
    run_sonde("convert", "r.sonde", "-o", "callgrind.out.1", check=True)
    text = (tmp_path / "callgrind.out.1").read_text()
    assert text.startswith("# callgrind format\n") and "events: ns\n" in text
    names = [line.partition(" ")[2] for line in text.splitlines() if line.startswith("fn=") and " " in line]
    names += [line.partition(" ")[2] for line in text.splitlines() if line.startswith("cfn=") and " " in line]
    assert "a.__init__::load" in names or "a::load" in names
    assert len(set(names)) == len(names) == 7 and "(program)" in names  # the caller of what nobody called


def test_gzip_is_taken_off_and_files_merge_across_formats(report, run_sonde, tmp_path):
    write_orders(tmp_path / "r.sonde")
    for to in "callgrind", "pprof", "json":
        run_sonde("convert", "r.sonde", "--to", to, "-o", FORMATS[to], check=True)
    plain = (tmp_path / "x.callgrind").read_bytes()
    for data in lzma.compress(plain), lzma.compress(plain[:99]) + lzma.compress(plain[99:]), \
            gzip.compress(plain[:99]) + gzip.compress(plain[99:]), gzip.compress(plain):
        (tmp_path / "packed").write_bytes(data)
        assert selves(report, "packed") == selves(report, "x.callgrind")
    (tmp_path / "zstd").write_bytes(ZSTD)
    assert report("zstd")["total"] == 12
    once = report("r.sonde")["total_ns"]
    assert report("r.sonde", "packed", "x.pb.gz", "x.json")["total_ns"] == 4 * once
    run_sonde("convert", "r.sonde", "-o", "x.folded", check=True)
    done = run_sonde("report", "x.folded", "x.json")
    assert done.returncode == 1 and "its figures are times, those of the other files are samples" in done.stderr


def test_formats_told_by_content(report, run_sonde, tmp_path):
    write_orders(tmp_path / "r.sonde")
    for to, name in FORMATS.items():
        run_sonde("convert", "r.sonde", "--to", to, "-o", name, check=True)
        (tmp_path / name).rename(tmp_path / "unnamed")
        assert sum(selves(report, "unnamed")) == sum(selves(report, "r.sonde")), to


TRACE = {"traceEvents": [
    {"ph": "M", "name": "process_name", "pid": 7, "tid": 7, "args": {"name": "app"}},
    {"ph": "M", "name": "thread_name", "pid": 7, "tid": 8, "args": {"name": "worker"}},
    {"ph": "X", "name": "inner (/a.py:9)", "ts": 10.5, "dur": 4.25, "pid": 7, "tid": 7},
    {"ph": "X", "name": "outer (/a.py:1)", "ts": 10, "dur": 20, "pid": 7, "tid": 7},
    {"ph": "B", "name": "outer (/a.py:1)", "ts": 1, "pid": 7, "tid": 8},
    {"ph": "B", "name": "inner (/a.py:9)", "ts": 2, "pid": 7, "tid": 8},
    {"ph": "E", "ts": 3, "pid": 7, "tid": 8}, {"ph": "i", "name": "x", "ts": 3, "pid": 7, "tid": 8},
    {"ph": "E", "ts": 5, "pid": 7, "tid": 8}]}


@pytest.mark.parametrize("form", ["object", "array", "cut"])
def test_a_trace(report, tmp_path, form):
    text = json.dumps(TRACE if form == "object" else TRACE["traceEvents"])
    (tmp_path / "t.json").write_text(text[:-1] if form == "cut" else text)
    found = {f["qualname"]: (f["calls"], f["self_ns"], f["cumulative_ns"], f["file"], f["line"])
             for f in report("t.json")["functions"]}
    assert found == {"outer": (2, 18750, 24000, "/a.py", 1), "inner": (2, 5250, 5250, "/a.py", 9)}
    assert {t["name"] for t in report("t.json")["threads"]} == {"", "worker"}


def test_events_that_begin_together(report, tmp_path):
    """The one told first is around the others; what does not end does so with the trace; places as py-spy tells them."""
    args = {"args": {"filename": "/a.py", "line": 7}}
    events = [{"ph": "B", "name": n, "ts": 5, "pid": 1, "tid": 1, **args} for n in ("outer", "middle", "inner")]
    events += [{"ph": "E", "ts": 9, "pid": 1, "tid": 1}] * 2
    (tmp_path / "t.json").write_text(json.dumps(events))
    found = {f["name"]: (f["self_ns"], f["cumulative_ns"], f["file"], f["line"]) for f in report("t.json")["functions"]}
    assert found == {"outer": (0, 4000, "/a.py", 7), "middle": (0, 4000, "/a.py", 7), "inner": (4000, 4000, "/a.py", 7)}


def test_dumps_that_are_packed(report, tmp_path, python):
    subprocess.run([python, "-m", "cProfile", "-o", "a.prof", "-m", "this"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    plain = (tmp_path / "a.prof").read_bytes()
    for pack in gzip.compress, lzma.compress:
        (tmp_path / "packed.prof").write_bytes(pack(plain))
        assert selves(report, "packed.prof") == selves(report, "a.prof")


def test_a_callgrind_file_of_c_goes_round(report, run_sonde, tmp_path):
    """Files that are not told, names with dots, jumps, calls: as they were."""
    (tmp_path / "v.out").write_text("# callgrind format\nevents: Ir\nfl=(1) a.c\nfn=(1) main\njfi=(3) z.h\njump=1 5\n1 5\ncfi=(2) ???\n"
                                    "cfn=(2) sort.part.0\ncalls=7 1\n2 40\nfl=(2)\nfn=(2)\n1 40\nfl=(3)\nfn=(3) inl\n4 2\n")
    for to in "callgrind", "pprof":
        run_sonde("convert", "v.out", "--to", to, "-o", FORMATS[to], check=True)
        found = {f["name"]: (f["self"], f["calls"]) for f in report(FORMATS[to])["functions"]}
        assert found == {"main": (5, to == "callgrind"), "sort.part.0": (40, 7), "inl": (2, to == "callgrind")}, to


def test_an_evented_speedscope(report, tmp_path):
    events = [{"type": t, "frame": f, "at": at} for t, f, at in
              (("O", 0, 1), ("O", 1, 2.5), ("C", 1, 4), ("O", 1, 4), ("C", 1, 6), ("C", 0, 10))]
    (tmp_path / "e").write_text(json.dumps({
        "$schema": "https://www.speedscope.app/file-format-schema.json", "profiles": [
            {"type": "evented", "name": "t", "unit": "milliseconds", "startValue": 0, "endValue": 10, "events": events}],
        "shared": {"frames": [{"name": "a", "file": "/a.py", "line": 1}, {"name": "b"}]}}))
    assert {f["name"]: (f["calls"], f["self_ns"]) for f in report("e")["functions"]} == {
        "a": (1, 5_500_000), "b": (2, 3_500_000)}


def test_a_pipe_is_told_by_its_content(run_sonde, tmp_path):
    write_orders(tmp_path / "r.sonde")
    for form in "folded", "callgrind", "json", "csv", "pprof", "speedscope", "pstats":
        made = run_sonde("convert", "r.sonde", "--to", form, "-o", "-", check=True, text=False).stdout
        (tmp_path / "made").write_bytes(made)
        for name in "-", "/dev/stdin", "/dev/fd/0":
            by_pipe = run_sonde("report", name, "--json", input=made, text=False, check=True)
            by_file = run_sonde("report", "made", "--json", check=True, text=False)
            assert selves_of(by_pipe.stdout) == selves_of(by_file.stdout) != []
    done = run_sonde("report", "-", input="what\n")
    assert done.returncode == 1 and done.stderr.count("\n") == 1


def selves_of(said):
    data = json.loads(said)
    return sorted((f["name"], f.get("self_ns", f.get("self"))) for f in data["functions"])


def test_what_is_open_at_the_end_of_an_evented_speedscope(report, tmp_path):
    events = [{"type": "O", "frame": 0, "at": 0}, {"type": "O", "frame": 1, "at": 1}]
    (tmp_path / "e").write_text(json.dumps({
        "$schema": "https://www.speedscope.app/file-format-schema.json", "profiles": [
            {"type": "evented", "name": "t", "unit": "seconds", "startValue": 0, "endValue": 3, "events": events}],
        "shared": {"frames": [{"name": "a"}, {"name": "b"}]}}))
    assert {f["name"]: (f["calls"], f["self_ns"]) for f in report("e")["functions"]} == {
        "a": (1, 10 ** 9), "b": (1, 2 * 10 ** 9)}


def test_samples_are_counted_where_they_fall_and_once_in_all_that_was_active(report, run_sonde, tmp_path):
    (tmp_path / "r.folded").write_text("a;b;a 10\na 1\n")
    got = report("r.folded")
    assert {f["name"]: (f["calls"], f["primitive_calls"], f["self"], f["cumulative"]) for f in got["functions"]} == {
        "a": (11, 11, 11, 11), "b": (10, 0, 0, 10)}
    assert (got["total_calls"], got["total"]) == (11, 11)
    said = run_sonde("report", "r.folded", check=True).stdout
    assert said.startswith("r.folded   11   11 samples\n")
    assert {(f["callers"][0]["calls"], f["callers"][0]["primitive_calls"]) for f in got["functions"]} == {(10, 10), (10, 0)}


def test_names_without_files_and_without_anything(run_sonde, report, tmp_path):
    (tmp_path / "n.folded").write_text("a;b 3\n;a 5\n")
    done = run_sonde("convert", "n.folded", "--to", "folded", "-o", "-", check=True)
    assert sorted(done.stdout.splitlines()) == [";a 5", "a;b 3"] and "taken for samples" in done.stderr
    run_sonde("convert", "n.folded", "-o", "n.callgrind", check=True)
    assert {f["name"]: f["self"] for f in report("n.callgrind")["functions"]} == {"a": 5, "b": 3, "???": 0}


def test_wall_and_cpu_time_are_not_one(run_sonde, tmp_path):
    write_orders(tmp_path / "r.sonde")
    run_sonde("convert", "r.sonde", "-o", "wall.json", check=True)
    data = json.loads((tmp_path / "wall.json").read_text())
    data["run"]["clock"] = "cpu"
    (tmp_path / "cpu.json").write_text(json.dumps(data))
    for words, said in ((["report", "r.sonde", "cpu.json"], "cannot be one profile: cpu.json: it tells cpu time"),
                        (["graph", "--compare", "r.sonde", "cpu.json", "-o", "-"], "cannot be compared: r.sonde")):
        done = run_sonde(*words)
        assert (done.returncode, done.stdout) == (1, "") and said in done.stderr
    run_sonde("convert", "r.sonde", "-o", "r.pb.gz", check=True)
    assert run_sonde("diff", "r.pb.gz", "r.sonde").returncode == 0


def test_a_callgrind_file_cut_between_two_functions(run_sonde, tmp_path):
    whole = "# callgrind format\nevents: ns\nsummary: 9\nfn=a\n1 5\n"
    (tmp_path / "half.callgrind").write_text(whole)
    (tmp_path / "whole.callgrind").write_text(whole + "fn=b\n2 4\n")
    assert "says that it holds 9 in all, and holds 5: it may be cut short" in run_sonde("report", "half.callgrind", check=True).stdout
    assert "it may be cut short" in run_sonde("convert", "half.callgrind", "-o", "x.json", check=True).stderr
    assert "cut short" not in run_sonde("report", "whole.callgrind", check=True).stdout


def test_a_speedscope_file_of_two_units(report, tmp_path):
    """As memray writes it: what is of the first one's unit is read."""
    profiles = [{"type": "sampled", "name": unit, "unit": unit, "samples": [[0], [0, 1]], "weights": weights}
                for unit, weights in (("bytes", [3, 4]), ("none", [1, 1]), ("bytes", [5, 6]))]
    (tmp_path / "m").write_text(json.dumps({"$schema": "https://www.speedscope.app/file-format-schema.json", "profiles": profiles,
                                            "shared": {"frames": [{"name": "a"}, {"name": "b"}]}}))
    found = report("m")
    assert (found["unit"], found["total"]) == ("bytes", 18) and selves(report, "m") == [8, 10]


@pytest.mark.parametrize(("name", "text", "said"), [
    ("x.folded", "a;b 12\nno count\n", "cannot read folded stacks: x.folded: byte 7: "),
    ("x.callgrind", "# callgrind format\nevents: ns\nfn=(3)\n1 2\n", "cannot read callgrind: x.callgrind: byte 30: "),
    ("x.callgrind", "# callgrind format\n1 2\n", "cannot read callgrind: x.callgrind: byte 19: "),
    ("x.callgrind", "# callgrind format\nevents: ns\nfn=a\n1 2.5x\nwhat\n", "callgrind: x.callgrind: byte "),
    ("x.trace.json", '[{"ph": "X", "ts": "0", "dur": 5}]', "chrome trace: x.trace.json: byte 19: a time that is no number"),
    ("x.trace.json", '[{"ph": "X", "ts": 1, "dur": -1}]', "chrome trace: x.trace.json: byte "),
    ("x.callgrind", "# callgrind format\nevents: ns\nfn=a\n1 1.5\n", "a cost that is no whole number"),
    ("x.callgrind", "# callgrind format\nevents: ns\nfn=a\n1 99999999999999999999999\n", "a cost that is no whole number"),
    ("words.txt", "total 12\nfiles 34\n", "words.txt"),
    ("x.csv", "file,line\n", "cannot read csv: x.csv: byte 0: "),
    ("x.speedscope.json", '{"$schema": "https://www.speedscope.app/file-format-schema.json", "profiles": [}', "speedscope: x.speedscope.json: byte 79: "),
    ("x.pb.gz", "\n\x02\x08", "pprof: x.pb.gz: byte "),
    ("x.json", '{"schema": "sonde.report/1"}', "json: x.json: byte 28: "),
    ("x.trace.json", '{"traceEvents": [{"ph": "X"', "chrome trace: x.trace.json: byte "),
    ("x.folded", gzip.compress(b"a 1\n" * 100)[:20], "gzip: x.folded: byte "),
    ("x.folded", lzma.compress(b"a 1\n" * 100)[:60], "xz: x.folded: byte 60: cut short"),
    ("x.folded", ZSTD[:-3], "zstd: x.folded: byte 16: cut short"),
    ("x.folded", ZSTD[:6] + b"\xff\xff\xff" + ZSTD[9:], "zstd: x.folded: byte "),
])
def test_what_is_wrong_is_told_with_its_byte(run_sonde, tmp_path, name, text, said):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    done = run_sonde("report", name)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1) and said in done.stderr, done.stderr


def test_stacks_that_are_empty(report, tmp_path):
    """py-spy writes them of threads it could not see: that is a function too."""
    (tmp_path / "s.folded").write_text(" 2\na;b 3\n")
    assert report("s.folded")["total"] == 5 and selves(report, "s.folded") == [2, 3]


def test_nested_without_end(run_sonde, tmp_path):
    (tmp_path / "deep.trace.json").write_text('[{"ph": "X", "args": {"x": ' + "[" * 1_000_000)
    (tmp_path / "deep.json").write_text('{"schema": "sonde.report/1", "x": ' + '{"a":' * 1_000_000)
    for name in "deep.trace.json", "deep.json":
        done = run_sonde("report", name)
        assert done.returncode == 1 and "nested too deeply" in done.stderr
    stack = ";".join(["f"] * 99_999)
    (tmp_path / "deep.folded").write_text(stack + " 5\n")
    assert run_sonde("report", "deep.folded").returncode == 0
    (tmp_path / "deep.folded").write_text(stack + ";f;f 5\n")
    assert "deeper than 100,000 frames" in run_sonde("report", "deep.folded").stderr


@pytest.mark.parametrize("by", ["process", "thread"])
def test_parts(report, run_sonde, tmp_path, by):
    write_deep(tmp_path / "r.sonde")
    run_sonde("convert", "r.sonde", "--by", by, "-o", "x.callgrind", check=True)
    text = (tmp_path / "x.callgrind").read_text()
    assert text.count("events: ns\n") == (1 if by == "process" else 2)
    assert sum(selves(report, "x.callgrind")) == sum(selves(report, "r.sonde"))
    assert run_sonde("convert", "x.callgrind", "--by", by, "-o", "y.callgrind").returncode == 1
    assert run_sonde("convert", "r.sonde", "--by", by, "-o", "y.folded").returncode == 2


def test_what_a_format_cannot_hold(run_sonde, tmp_path):
    write_orders(tmp_path / "r.sonde")
    assert "Call paths" in run_sonde("convert", "--lost", "--to", "callgrind").stdout
    assert run_sonde("convert", "--lost", "--to", "sonde").stdout == "Nothing.\n"
    done = run_sonde("convert", "r.sonde", "--to", "chrome", "-o", "t.json")
    assert done.returncode == 1 and "it tells when each call was" in done.stderr and not (tmp_path / "t.json").exists()
