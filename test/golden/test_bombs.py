# SPDX-License-Identifier: Apache-2.0
"""Small files that would come to much: refused in one line, or read, in a second and little memory."""

import gzip
import json
import lzma
import marshal
import os

import pytest

from dumps.test_hostile import run_measured, within_bounds


def members(begin, piece, times, pack=gzip.compress):
    """Hundreds of MiB, of which a MiB is left when packed."""
    return pack(begin) + pack(piece * (2 ** 24 // len(piece))) * times


def varint(n):
    return bytes([n & 127 | 128]) + varint(n >> 7) if n > 127 else bytes([n])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


SPEEDSCOPE = {"$schema": "https://www.speedscope.app/file-format-schema.json"}
PPROF = field(1, b"\x08\x01\x10\x02") + b"".join(field(6, t) for t in (b"", b"time", b"nanoseconds"))
BOMBS = {
    "zeros.folded": members(b"", b"\0", 64),
    "lines.folded": members(b"a;b 1\n", b"a;b 1\n", 42),
    "lines.callgrind": members(b"# callgrind format\n", b"\n", 64),
    "blanks.trace.json": members(b'{"traceEvents": [', b" ", 64),
    "blanks.json": members(b'{"schema": "sonde.report/1", ', b" ", 64),
    "zeros.pb.gz": members(PPROF, b"\0", 64),
    "empty samples.pb.gz": members(PPROF, field(2, b""), 64),
    "dump.prof": members(b"{", b"0", 64),
    "lines.xz": members(b"a;b 1\n", b"a;b 1\n", 400, lzma.compress),
    "packed twice.gz": gzip.compress(members(b"a;b 1\n", b"a;b 1\n", 42)),
    "packed itself.gz": gzip.compress(gzip.compress(gzip.compress(b"a;b 1\n"))),
    "deep.trace.json": b'[{"ph": "X", "args": {"x": ' + b"[" * 10 ** 6,
    "deep.json": b'{"schema": "sonde.report/1", "x": ' + b'{"a":' * 10 ** 6,
    "deep.speedscope.json": json.dumps(SPEEDSCOPE).encode()[:-1] + b', "x": ' + b"[" * 10 ** 6,
    "long string.pb": PPROF + b"\x32" + varint(2 ** 64 - 1) + b"x",
    "long sample.pb": PPROF + b"\x12" + varint(2 ** 32 - 1) + b"x",
    "far string.pb": PPROF + field(2, b"\x08\x01\x10\x01") + field(4, b"\x08\x01\x22\x02\x08\x01")
    + field(5, b"\x08\x01\x10" + varint(2 ** 32 - 1)),
    "no location.pb": PPROF + field(2, b"\x08" + varint(2 ** 64 - 1) + b"\x10\x01"),
    "many empty.pb": PPROF + field(2, b"") * 10 ** 5 + field(4, b"") * 10 ** 5 + field(5, b"") * 10 ** 5,
    "calls.callgrind": b"# callgrind format\nevents: ns\nfn=(1) a\n1 1\ncfn=(1)\ncalls=4294967295 1\n1 18446744073709551615\n",
    "round.callgrind": b"# callgrind format\nevents: ns\nfn=(1) a\n1 1\ncfn=(2) b\ncalls=1 1\n1 5\nfn=(2)\n1 1\ncfn=(1)\ncalls=1 1\n1 5\n",
    "number.callgrind": b"# callgrind format\nevents: ns\nfn=(4294967295) a\n4294967295 1\nfn=(18446744073709551615) b\n1 1\n",
    "frames.speedscope.json": json.dumps(SPEEDSCOPE | {"shared": {"frames": [{"name": "a"}]}, "profiles": [
        {"type": "sampled", "unit": "none", "samples": [[0, 4294967295]], "weights": [1]}]}).encode(),
    "entities.xml": b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol">' + b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)) + b"]><l>&a9;</l>",
}


@pytest.mark.parametrize("name", BOMBS)
def test_it_is_refused_or_read(sonde, clean_env, tmp_path, name):
    (tmp_path / name).write_bytes(BOMBS[name])
    status, _, said, seconds, memory = run_measured([sonde, "report", name], tmp_path, clean_env)
    assert status in (0, 1) and said.count("\n") == status and (not status or said.startswith("sonde: cannot ")), said
    # Over the file's size and what the command takes for a small one.
    (tmp_path / "small.folded").write_text("a;b 1\n")
    least = run_measured([sonde, "report", "small.folded"], tmp_path, clean_env)[4]
    assert within_bounds(seconds, memory, os.path.getsize(tmp_path / name) + least, clean_env), (seconds, memory)


def test_many_of_one_name_are_told_apart(sonde, clean_env, tmp_path):
    """By what KCacheGrind tells functions apart, these are one: of a name, a line and a base name of a file."""
    dump = {(f"/{n}/x.c", n % 3, "f"): (1, 1, 0.5, 0.5, {}) for n in range(50000)}
    (tmp_path / "x.prof").write_bytes(marshal.dumps(dump))
    _, _, _, seconds, memory = run_measured([sonde, "convert", "x.prof", "-o", "x.callgrind"], tmp_path, clean_env)
    names = [line for line in (tmp_path / "x.callgrind").read_text().splitlines() if line.startswith("fn=(") and " f" in line]
    assert len(names) == len({line.split(" ")[1] for line in names}) == len(dump)
    assert within_bounds(seconds, memory, 2 * os.path.getsize(tmp_path / "x.prof"), clean_env), (seconds, memory)
