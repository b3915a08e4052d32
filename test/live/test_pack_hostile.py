# SPDX-License-Identifier: Apache-2.0
"""Packs made to hurt: bombs, counts of 2^32 - 1, names that are paths, tapes that overlap. Each is refused in one
line that names the byte, within a second and 64 MB, and nothing is written."""

import json
import random
import re
import struct
import subprocess
import sys
import zlib

import pytest

import tape_writer
from tape import block_sum
from tape_writer import SLICE, pack, pack_of, packed_tape

HUGE = 0xFFFFFFFF
PEAK = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stdout.buffer.write(b"%d %d %f\\n" % (done.returncode, used.ru_maxrss, used.ru_utime + used.ru_stime) + done.stderr)
"""


@pytest.fixture
def read(sonde, clean_env, tmp_path):
    """read(bytes): (status, KB at most, seconds of processor time, stderr) of `sonde report x.sonde`."""

    def run(data):
        (tmp_path / "x.sonde").write_bytes(data)
        before = sorted(tmp_path.rglob("*"))
        done = subprocess.run([sys.executable, "-c", PEAK, sonde, "report", "--json", "x.sonde"], cwd=tmp_path,
                              env=clean_env, stdout=-1, timeout=60, check=True)
        assert sorted(tmp_path.rglob("*")) == before
        first, _, told = done.stdout.decode("utf-8", "surrogateescape").partition("\n")
        status, kilobytes, seconds = first.split()
        return int(status), int(kilobytes), float(seconds), told

    return run


def made(pid=100, nodes=2):
    tape = tape_writer.Tape(pid=pid)
    thread = tape.thread("MainThread")
    f = [tape.function("main", "/app.py", 1), tape.function("len")]
    chance = random.Random(pid)
    for n in range(nodes):
        tape.node(thread, n and 1, f[n > 0], calls=n + 1, self_ns=chance.getrandbits(20))
    return tape.bytes()


def one(name=b"100-1.tape", /, **changed):
    return packed_tape(made(), name, **changed)


def at(content, offset, layout, *values):
    """The content with other bytes there."""
    data = struct.pack(layout, *values)
    return content[:offset] + data + content[offset + len(data):]


def blocks(change):
    """A pack whose tape has other blocks: change(content) gives them."""
    content, _ = one()
    other = change(content)
    return pack([(other, one(bytes=len(other))[1])])


def listed(change, tapes=None, notes=()):
    """A pack with another list: change(list) gives it."""
    tapes = tapes or [one()]
    content = b"".join(blocks for blocks, _ in tapes)
    listing = struct.pack("<2I", len(tapes), len(notes)) + b"".join(entry for _, entry in tapes)
    listing += b"".join(struct.pack("<2I", len(name), len(text)) + name + text for name, text in notes)
    return pack_of(content + change(listing), len(content))


def framed(slices, content, listed=0, way=1):
    """A pack of (stored bytes, checksum) that tells that length of its content."""
    table = b"".join(struct.pack("<IIQ", len(data), way, checksum) for data, checksum in slices)
    tail = struct.pack("<8Q", content, listed, len(slices), block_sum(table), 0, 0, 0, 0x444E4545444E4F53)
    tail = tail[:48] + struct.pack("<Q", block_sum(tail)) + tail[56:]
    return struct.pack("<QII", 0x4B415045444E4F53, 1, SLICE) + b"".join(data for data, _ in slices) + table + tail


def deflated(data):
    squeeze = zlib.compressobj(9, wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


def bomb():
    """A gigabyte of zeros in a megabyte."""
    zeros = deflated(bytes(SLICE))
    assert SLICE / len(zeros) > 1000
    return framed([(zeros, 1)] * 1024, 1024 * SLICE)


def overlong():
    """Slices of a gigabyte each, that tell of no more than they may."""
    squeeze = zlib.compressobj(9, wbits=-15)
    long = b"".join(squeeze.compress(bytes(SLICE)) for _ in range(1024)) + squeeze.flush()
    return framed([(long, 1)] * 3, 3 * SLICE)


def one_kind(kind):
    return lambda content: at(content, 4, "<I", kind)


FIRST = 16  # of the content: the first block's head
REFUSED = {
    "a bomb": (bomb, "it would expand to more than 200 times its length"),
    "slices that are longer than told": (overlong, "damaged: it does not inflate to its length"),
    "a slice shorter than told": (lambda: framed([(deflated(b"x"), 1)], 1000), "does not inflate"),
    "a slice of another sum": (lambda: framed([(deflated(bytes(1000)), 7)], 1000), "its checksum is another"),
    "a slice of no bytes": (lambda: framed([(b"", 1)], 1000), "a slice that cannot be"),
    "a slice stored shorter": (lambda: framed([(b"x", 1)], 1000, way=0), "a slice that cannot be"),
    "an unknown way": (lambda: framed([(bytes(1000), 1)], 1000, way=2), "a slice that cannot be"),
    "no content": (lambda: framed([], 0), "lengths that cannot be"),
    "content without end": (lambda: pack([one()], content=2**64 - 1), "more than 200 times"),
    "a list behind the content": (lambda: pack([one()], list=10**6), "lengths that cannot be"),
    "slices without end": (lambda: pack([one()], slices=2**60), "lengths that cannot be"),
    "a slice too many": (lambda: pack([one()], slices=2), "lengths that cannot be"),
    "reserved bytes": (lambda: pack([one()], reserved=1), "lengths that cannot be"),
    "a table of another sum": (lambda: pack([one()], table=5), "its table is damaged"),
    "a tail of another sum": (lambda: pack([one()], sum=5), "its tail is damaged"),
    "another end": (lambda: pack([one()], magic=5), "cut short"),
    "bytes that nothing tells of": (lambda: (lambda p: p[:-80] + b"more" + p[-80:])(pack([one()])), "more than its table"),
    "a list of no tape": (lambda: listed(lambda l: bytes(8)), "its list makes no sense"),
    "no list": (lambda: listed(lambda l: b"1234"), "it has no list"),
    "tapes without end": (lambda: listed(lambda l: at(l, 0, "<I", HUGE)), "its list makes no sense"),
    "notes without end": (lambda: listed(lambda l: at(l, 4, "<I", HUGE)), "its list makes no sense"),
    "a list cut short": (lambda: listed(lambda l: l[:-1]), "its list makes no sense"),
    "a list with more behind": (lambda: listed(lambda l: l + b"x"), "its list makes no sense"),
    "a note without end": (lambda: listed(lambda l: at(l, len(l) - 10, "<I", HUGE), notes=[(b"7.note", b"")]),
                           "its list makes no sense"),
    "a note that is a path": (lambda: pack([one()], [(b"../7.note", b"")]), "its list makes no sense"),
    "blocks in no tape": (lambda: pack([one(bytes=10)]), "its list makes no sense"),
    "blocks that are not there": (lambda: pack([one(bytes=2**62)]), "its list makes no sense"),
    "two tapes of the same bytes": (lambda: pack([one(), (b"", one(b"200-1.tape")[1])]), "its list makes no sense"),
    "unknown flags": (lambda: pack([one(flags=8)]), "its list makes no sense"),
    "an error without words": (lambda: pack([one(flags=4, code=3, header=0)]), "its list makes no sense"),
    "another header": (lambda: pack([one(header=100)]), "its list makes no sense"),
    "a header without end": (lambda: pack([one(header=HUGE)]), "its list makes no sense"),
    "a name without end": (lambda: pack([one(name=HUGE)]), "its list makes no sense"),
    "more cells than a pack holds": (lambda: pack([one(cells=2**26 + 1)]), "its list makes no sense"),
    "damage behind the end": (lambda: pack([one(damaged_at=2**20)]), "its list makes no sense"),
    "records without end": (lambda: blocks(lambda c: at(c, 12, "<I", HUGE)), "its tape makes no sense"),
    "no kind": (lambda: blocks(one_kind(0)), "its tape makes no sense"),
    "an unknown kind": (lambda: blocks(one_kind(6)), "its tape makes no sense"),
    "a block in the header": (lambda: blocks(lambda c: at(c, 0, "<I", 63)), "its tape makes no sense"),
    "a block behind the end": (lambda: blocks(lambda c: at(c, 0, "<I", HUGE)), "its tape makes no sense"),
    "blocks that overlap": (lambda: blocks(lambda c: at(c, FIRST + 2 * 56, "<I", 65)), "its tape makes no sense"),
    "blocks cut short": (lambda: blocks(lambda c: c[:-1]), "its tape makes no sense"),
    "bytes behind the blocks": (lambda: blocks(lambda c: c + b"x"), "its tape makes no sense"),
    "cells that are not its own": (lambda: pack([one(cells=64)]), "its tape makes no sense"),
}
for name in (b"../../1.tape", b"/etc/1.tape", b"a/1.tape", b"1.tap", b".tape", b"..tape", b"1\0.tape", b"x" * 251 + b".tape"):
    REFUSED[f"the name {name[:20]!r}"] = (lambda name=name: pack([one(name)]), "its list makes no sense")
for names in ((b"2.tape", b"1.tape"), (b"1.tape", b"1.tape")):
    REFUSED[f"the names {names}"] = (lambda names=names: pack([one(name) for name in names]), "its list makes no sense")


@pytest.mark.parametrize("data, why", REFUSED.values(), ids=REFUSED.keys())
def test_refused(read, data, why):
    status, kilobytes, seconds, told = read(data())
    assert status == 1
    assert re.fullmatch(r"sonde: cannot read recording: x\.sonde: byte \d+: .*\n", told) and why in told
    assert kilobytes < 64 << 10 and seconds < 1


def test_a_longer_header_is_a_later_one(read):
    """What it tells beyond what is known is passed over."""
    content, entry = one(header=4096)
    assert len(entry) == 56 + 4096 + len(b"100-1.tape")
    assert read(pack([(content, entry)]))[0] == 0
    assert read(pack([one(header=4097)]))[0] == 1


def test_the_hostile_ones_are_near_to_one_that_is_read(read):
    """What they change is all that is wrong with them."""
    for data in (pack([one()]), blocks(lambda content: content), listed(lambda listing: listing),
                 pack([one(), one(b"200-1.tape")], [(b"7.note", b"text")])):
        assert read(data)[0] == 0


def test_what_expands_as_far_as_it_may(read):
    """Two hundred times as much and not more: empty blocks, the dearest there is, in four times that memory."""
    count = 600_000
    content = b"".join(struct.pack("<4I", 64 + n, 3, 0, 0) for n in range(count))
    data = pack([(content, one(bytes=len(content), blocks=count, cells=64 + count)[1])])
    status, kilobytes, seconds, _ = read(data)
    assert status == 0 and kilobytes < (64 << 10) + 4 * (len(content) >> 10) and seconds < 2


def test_a_damaged_slice_costs_the_tapes_in_it(run_sonde, tmp_path):
    """The others are read, and the report says that one is left out and where the damage is."""
    tapes = [packed_tape(made(pid, nodes=40_000), b"%d-1.tape" % pid) for pid in (101, 102, 103)]
    assert all(len(content) > SLICE for content, _ in tapes)
    data = bytearray(pack(tapes, deflate=False))
    data[16 + 20] ^= 1
    (tmp_path / "x.sonde").write_bytes(data)
    report = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)
    assert [p["pid"] for p in report["processes"]] == [102, 103]
    assert report["quality"]["truncated"] and report["quality"]["notes"][0] == (
        "A tape is left out: cannot read recording: x.sonde: byte 16: damaged: its checksum is another.")
    data[16 + 20 + 2 * SLICE] ^= 1  # of the second tape's end and the third's beginning
    (tmp_path / "x.sonde").write_bytes(data)
    done = run_sonde("report", "x.sonde")
    assert (done.returncode, done.stderr) == (
        1, "sonde: cannot read recording: x.sonde: byte 16: damaged: its checksum is another\n")


def test_names_reach_no_terminal_raw(run_sonde, tmp_path):
    _, odd = one(b"\x1b[31m\xe2\x80\xae2.tape", bytes=0, blocks=0, flags=4, code=3, header=0, why=5)
    data = pack([(b"", odd + b"\x1b[1m!"), one()])
    (tmp_path / "x.sonde").write_bytes(data)
    done = run_sonde("report", "x.sonde")
    assert done.returncode == 0 and "A tape is left out" in done.stdout
    assert not set("\x1b\u202e") & set(done.stdout + done.stderr)
