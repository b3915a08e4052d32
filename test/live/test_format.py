# SPDX-License-Identifier: Apache-2.0
"""doc/format.md is what tapes and packs are: read by it alone they say what `sonde report` says."""

import json
import re
import struct

import pytest

import tape as reader
import tape_writer

PROGRAM = """
import threading

def café(n):
    return n if n == 0 else café(n - 1)

def numbers():
    yield from range(5)

class A:
    def m(self): return sorted([3, 1], key=lambda v: -v)

exec(compile("def odd(): pass\\nodd()", "na\\udce9me\\ud800.py", "exec"))
t = threading.Thread(target=café, args=(5,), name="faden ü")
t.start()
t.join()
list(numbers())
A().m()
for _ in range(100):
    café(30)
"""


@pytest.fixture
def recording(run_sonde, python, tmp_path):
    (tmp_path / "app.py").write_text(PROGRAM)
    done = run_sonde("run", "--python", python, "-o", "app.sonde", "app.py")
    assert (done.returncode, done.stderr) == (0, "")
    return tmp_path / "app.sonde"


def sums(tape):
    """[calls, resumes, ns] by (file, line, name)."""
    found = {}
    for node in tape.nodes.values():
        if node.function:
            f = tape.functions[node.function]
            row = found.setdefault((f.file, f.line, f.name), [0, 0, 0])
            for i, value in enumerate((node.calls, node.resumes, node.self * tape.ns_per_tick)):
                row[i] += value
    return found


@pytest.mark.smoke
def test_two_readers_agree(recording, run_sonde):
    [path] = [p for p in recording.glob("*.tape") if reader.Tape(p).header.role == reader.AGENT]
    tape = reader.Tape(path, sums=True)
    assert tape.header.state == reader.FINISHED
    assert all(block[4] for block in tape.blocks) and tape.sealed, "every block is sealed, and the header"
    assert (tape.header.program, len(tape.threads)) == ("app.py", 2)
    assert {t.name for t in tape.threads.values()} == {"", "faden ü"} or \
        {t.name for t in tape.threads.values()} == {"MainThread", "faden ü"}
    done = run_sonde("report", "--json", recording, check=True, text=False, encoding=None)
    report = json.loads(done.stdout.decode("utf-8", "surrogateescape"))
    theirs = {}
    for f in report["functions"]:
        row = theirs.setdefault((f["file"], f["line"], f["name"]), [0, 0, 0])
        for i, key in enumerate(("calls", "resumes", "self_ns")):
            row[i] += f[key]
    ours = sums(tape)
    plain = {key: row for key, row in ours.items() if key[0].isascii()}
    assert len(plain) > 30
    for key, row in plain.items():
        assert theirs[key][:2] == row[:2], key
        assert abs(theirs[key][2] - row[2]) <= len(tape.nodes) + row[2] * 1e-9, key
    assert ours[(str(recording.parent / "app.py"), 4, "café")][0] == 6 + 3100


@pytest.mark.smoke
def test_texts_keep_their_bytes(recording):
    [tape] = reader.tapes(recording)
    raw = {f.file.encode("utf-8", "surrogateescape") for f in tape.functions.values() if f.name == "odd"}
    assert raw == {b"na\xe9me\xed\xa0\x80.py"}


def test_the_writer_of_tests_writes_the_same(tmp_path):
    tape = tape_writer.Tape(pid=7, parent=6)
    thread = tape.thread("MainThread")
    main = tape.node(thread, None, tape.function("main", "/app.py", 1), calls=1, self_ns=5)
    tape.node(thread, main, tape.function("len"), calls=3, self_ns=2)
    tape.write(tmp_path / "made.sonde")
    [back] = reader.tapes(tmp_path / "made.sonde")
    assert (back.header.pid, back.header.parent_pid) == (7, 6)
    assert (back.calls("main"), back.calls("len")) == (1, 3)


SIZES = {"uint64_t": 8, "uint32_t": 4, "tape_text": 8, "uint8_t": 1, "struct clock_pair": 16,
         "struct tape_control": 64, "struct tape_answer": 64}


def offsets(body, lengths=None):
    """{field: offset} of the struct with that body; lengths: of arrays, by name."""
    offset, found = 0, {}
    for line in re.sub(r"/\*.*?\*/", "", body, flags=re.S).split(";"):
        if match := re.match(r"\s*(struct \w+|\w+) (.*)", line.strip(), re.S):
            for field in match[2].split(","):
                word = re.match(r"\s*(\w+)(?:\[(\w+)\])?", field)
                found[word[1]] = offset
                offset += SIZES[match[1]] * int((lengths or {}).get(word[2], word[2] or 1))
    return found


def test_the_page_has_the_offsets(root):
    """Each table of doc/format.md beside the struct it tells of."""
    page, header = (root / "doc/format.md").read_text(), (root / "src/tape/layout.h").read_text()
    assert f"0x{reader.MAGIC:x}" in page and f"0x{reader.MAGIC:x}u" in header
    tables = re.findall(r"\n## Header.*?(?=\n## |\Z)|\n### \w+, one cell.*?(?=\n##|\Z)", page, re.S)
    structs = re.findall(r"struct tape_(header|function|node|thread|process) \{(.*?)\n\};", header, re.S)
    assert len(tables) == len(structs) == 5
    order = {re.search(r"#+ (\w+)", t)[1].lower(): t for t in tables}
    for name, body in structs:
        expected = offsets(body, dict(re.findall(r"(\w+) = (\d+)", header)))
        rows = re.findall(r"^\| (\d+) \| (\d+) \| (\w+) \|", order[name], re.M)
        assert {field: int(at) for at, _, field in rows} == \
            {field: at for field, at in expected.items() if field in {r[2] for r in rows}}
        sizes_told = [int(size) for size in re.findall(r"^\| \d+ \| (\d+) \|", order[name], re.M)]
        assert name == "header" or sum(sizes_told) == reader.CELL


def test_the_page_has_the_offsets_of_what_is_asked(root):
    page, header = (root / "doc/format.md").read_text(), (root / "src/tape/layout.h").read_text()
    tables = dict(re.findall(r"\n\| (control|answer) \| bytes \| name \| \|\n(.*?)(?=\n\n)", page, re.S))
    for name, begin in ("control", reader.CONTROL_AT), ("answer", reader.CONTROL_AT + reader.CONTROL_BYTES):
        [body] = re.findall(rf"struct tape_{name} \{{(.*?)\n\}};", header, re.S)
        expected = offsets(body, dict(re.findall(r"(\w+) = (\d+)", header)))
        rows = re.findall(r"^\| (\d+) \| (\d+) \| (\w+) \|", tables[name], re.M)
        assert {field: int(at) - begin for at, _, field in rows if not field.startswith("reserved")} == \
            {field: at for field, at in expected.items() if field != "more" and not field.startswith("reserved")}
        assert sum(int(size) for _, size, _ in rows) == 64
    assert reader.CONTROL.size == 128


def test_the_page_has_the_offsets_of_packs(root):
    page, header = (root / "doc/format.md").read_text(), (root / "src/tape/pack_layout.h").read_text()
    assert all(f"0x{magic:x}" in page and f"0x{magic:x}u" in header for magic in (reader.PACK_MAGIC, reader.PACK_END))
    tables = dict(re.findall(r"\n\| (head|slice|tail|block|tape)\b[^|]* \| bytes \| name \| \|\n(.*?)(?=\n\n)", page, re.S))
    layouts = {"head": reader.PACK_HEAD, "slice": reader.PACK_SLICE, "tail": reader.PACK_TAIL, "block": reader.PACK_BLOCK,
               "tape": reader.PACK_TAPE}
    assert tables.keys() == layouts.keys()
    for name, layout in layouts.items():
        [body] = re.findall(rf"struct pack_{name} \{{(.*?)\n\}};", header, re.S)
        rows = re.findall(r"^\| (\d+) \| (\d+) \| (\w+) \|", tables[name], re.M)
        assert {field: int(at) for at, _, field in rows} == offsets(body), name
        assert sum(int(size) for _, size, _ in rows) == layout.size


def test_the_page_has_the_layouts_of_the_reader(root):
    assert reader.HEADER.size == struct.calcsize("<" + "Q" * 32)
    assert {layout.size for layout, _ in reader.RECORDS.values()} == {reader.BLOCK.size} == {reader.CELL}
