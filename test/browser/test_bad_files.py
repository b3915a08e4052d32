# SPDX-License-Identifier: Apache-2.0
"""Files that are no profile, or were one, or are made to hurt, dropped on the page, chosen in it and named to
`sonde view`: one clear line that says what to do, and the profile before stays and works."""

import gzip
import json
import lzma
import marshal
import os
import re
import resource
import struct

import pytest

GIB = 1 << 30
SPEEDSCOPE = {"$schema": "https://www.speedscope.app/file-format-schema.json", "shared": {"frames": [{"name": "a"}]},
              "profiles": [{"type": "sampled", "unit": "none", "samples": [[0, 4294967295]], "weights": [1]}]}


def write_all(folder, dump):
    """{name: what is said of it in the page}; what a command says of it is nearly the same."""
    whole = dump.read_bytes()
    unknown = "formats tells what can be read"
    files = {
        "empty.prof": (b"", "file is empty"), "cut.prof": (whole[:len(whole) // 2], "byte"), "noise.bin": (bytes(range(256)) * 8, unknown),
        "letter.txt": (b"dear all,\nthis is no profile\n", unknown), "picture.png": (b"\x89PNG\r\n\x1a\n" + bytes(100), unknown),
        "pickle.prof": (b"\x80\x04\x95" + bytes(60), "byte 0"), "program.elf": (b"\x7fELF" + bytes(60), unknown),
        "page.html": (b"<!doctype html><script>globalThis.executed = 1</script>", unknown),
        "x.zip": (b"PK\3\4" + bytes(60), "zip (unpack it"), "x.bz2": (b"BZh91AY&SY" + bytes(60), "bzip2 (unpack it"),
        "x.prof.xz": (lzma.compress(whole), "sonde convert x.prof.xz -o x.prof"),
        "my $(x) file.prof.zst": (b"\x28\xb5\x2f\xfd" + bytes(60), "sonde convert 'my $(x) file.prof.zst' -o 'my $(x) file.prof'"),
        "torn.prof.gz": (gzip.compress(whole)[:-20], "gzip -t torn.prof.gz"),
        "changed.prof.gz": (flip(gzip.compress(whole), -6), "gzip -t changed.prof.gz"),
        "twice.prof.gz": (gzip.compress(gzip.compress(whole)), "packed once more"),
        "bomb.folded.gz": (gzip.compress(b"main;f 5\n" + bytes(64 << 20)), "200 times its size"),
        "deep.json": (b'{"schema":"sonde.report/1","functions":' + b"[" * 10**6, "deep"), "array.json": (b"[" * 10**6, "byte 0"),
        "deep.prof": (b"{" + b"(\x01\0\0\0" * 10**6, "byte"), "counts.prof": (b"{(\xff\xff\xff\x7f", "byte"),
        "deep.folded": (b";".join([b"again"] * 10**6) + b" 5\n", "100,000 frames"),
        "ids.speedscope.json": (json.dumps(SPEEDSCOPE).encode(), "not in the list"),
        "counts.pack.sonde": (b"SONDEPAK" + struct.pack("<II", 1, 1 << 20) + b"\xff" * 200, "byte"),
        "cut.tape": (b"SONDETAP" + bytes(100), "cut short"),
    }
    for name, (content, _) in files.items():
        (folder / name).write_bytes(content)
    heads = {"five.bin": b"", "five.prof": whole[:300], "five.folded": b"main;f 5\n", "five.json": b'{"schema":"sonde.report/1",'}
    for name, head in heads.items():  # five GB, of which next to nothing is on the disk
        (folder / name).write_bytes(head)
        os.truncate(folder / name, 5 * GIB)
    (folder / "folder.sonde").mkdir()
    said = {name: text for name, (_, text) in files.items()}
    return said | dict.fromkeys(heads, "2 GiB") | {"folder.sonde": "sonde pack folder.sonde", "gone.prof": "cannot read it"}


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 255]) + data[at + 1:]


SOME = {"cut.prof", "noise.bin", "my $(x) file.prof.zst", "bomb.folded.gz", "deep.json", "deep.folded", "counts.pack.sonde", "five.folded",
        "folder.sonde", "gone.prof"}


@pytest.mark.parametrize("way", ["served", pytest.param("saved", marks=pytest.mark.long)])
def test_the_profile_before_stays_and_works(browser, serve, save, recording, dump, tmp_path, way):
    said = write_all(tmp_path, dump)
    names = [name for name in said if way == "saved" or name in SOME]
    drops = [("choose", [name]) for name in names if name.startswith("five")] + [("drop", [name]) for name in names]
    drops += [("drop", [dump, tmp_path / "cut.prof"]), ("drop", [tmp_path / "five.bin", dump])]
    url = (serve if way == "served" else save)(recording)
    large = tmp_path / "large.folded"
    large.write_text("".join(f"main;f{i % 977};g{i % 1013};h{i} {i}\n" for i in range(200_000)))
    last = tmp_path / "last.prof"
    last.write_bytes(dump.read_bytes())
    played = browser.play("bad", url=url, twice=[str(large), str(tmp_path / "five.bin"), str(large), str(last)], drops=[{"how": how, "paths": [str(tmp_path / name) for name in names]}
                                                  for how, names in drops] + [{"how": "drop", "paths": [str(dump)]}])
    assert played["problems"] == [] and played["reports"] == []
    assert played["workers"] == 1 and played["after"]["files"] == "last.prof" and played["after"]["banners"] == []
    before, *told, last = [played["before"], *played["seen"]]
    for (how, names), now in zip(drops, told, strict=True):
        assert len(now["banners"]) == 1, (how, names, now)
        [text] = now["banners"]
        title = f"Cannot read {names[0]}." if len(names) == 1 else "Cannot read these 2 files."
        assert text.startswith(title) and "You still see" in text and text.count("\n") <= 1, text
        if len(names) == 1:
            assert said[names[0]].lower() in text.lower(), text
        assert re.search(r"\(.+\)\. You still see", text), "it says what to do: " + text
        assert (now["files"], now["rows"], now["again"], now["loading"]) == (before["files"], before["rows"], before["rows"], 0)
    assert last["files"] == "orders.prof" and last["rows"] and last["banners"] == []


def test_named_to_the_command(run_sonde, dump, tmp_path):
    """One line, within bounds of memory and of processor time that such files do not fit into."""
    said = write_all(tmp_path, dump)
    os.symlink("loop.prof", tmp_path / "loop.prof")
    heads = {"five.callgrind": b"# callgrind format\nversion: 1\nevents: Ir\nfn=main\n1 5\n", "five.pb.gz": b"\x0a\x04\x08\x01\x10\x02",
             "five.csv": b"file,line,name,qualname,calls,primitive_calls,self_ns,cumulative_ns\na.py,1,f,f,1,1,5,5\n"}
    for name, head in heads.items():
        (tmp_path / name).write_bytes(head)
        os.truncate(tmp_path / name, 5 * GIB)

    def little():
        resource.setrlimit(resource.RLIMIT_DATA, (GIB, GIB))
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))

    for name in [*said, *heads, "loop.prof", "/dev/null", "/dev/zero", "/proc/self/mem"]:
        if name == "x.prof.xz":
            continue  # which a command reads
        for words in (["view", "-s", name], ["view", "--html", "out.html", name]):
            done = run_sonde(*words, preexec_fn=little)
            assert (done.returncode, done.stdout) == (1, ""), (words, done.stderr)
            assert re.fullmatch(r"sonde: [^:\n]+: [^\n]+\n", done.stderr) and name in done.stderr, done.stderr
    assert not (tmp_path / "out.html").exists()
