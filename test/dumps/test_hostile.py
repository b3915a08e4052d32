# SPDX-License-Identifier: Apache-2.0
"""Dumps that an enemy made: refused in one line that names the byte, in a second and little memory, or read."""

import json
import marshal
import os
import re
import struct
import subprocess
import sys

import pytest

MEMORY = 64 << 20  # of bytes over the file's


def i(n):
    return b"i" + struct.pack("<i", n)


def text(s):
    return b"z" + bytes([len(s)]) + s


def key(name=b"f", line=1):
    return b")\x03" + text(b"m.py") + i(line) + text(name)


FIGURES = i(1) + i(1) + b"g" + bytes(8) + b"g" + bytes(8)
CODE = b"c" + bytes(20)  # and the five integers of 3.11


def function(callers=b"{0", k=key()):
    return k + b")\x05" + FIGURES + callers


def code_with(constant):
    """A dump whose key holds a code object, whose constants hold that."""
    return b"{)\x03" + text(b"profile") + i(0) + CODE + b"s" + bytes(4) + b")\x01" + constant


def nested(opening, depth=10 ** 6):
    return code_with(opening * depth)


def of_many(flagged, count):
    """That object once, and so many functions whose callers refer to it."""
    functions = b"".join(function(b"r" + struct.pack("<I", 0), key(line=n)) for n in range(2, count))
    return b"{" + function(flagged) + functions + b"0"


CALLERS = b"\xfb" + b"".join(key(b"g", n) + b")\x04" + FIGURES for n in range(3000)) + b"0"
HUGE = [struct.pack("<I", n) for n in (2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1)]

BOMBS = {
    "tuples in one another": nested(b")\x01"),
    "lists": nested(b"[\x01\0\0\0"),
    "dicts": nested(b"{"),
    "sets": nested(b"<\x01\0\0\0"),
    "slices": nested(b":"),
    "code": b"{)\x03" + text(b"profile") + i(0) + (CODE + b"s" + bytes(4) + b")\x01") * 10 ** 5,
    "dict that is a tuple": b"(\x01\0\0\0" * 10 ** 6,
    "a dict that is its own key": b"\xfbr\0\0\0\0" + b"0",
    "a dict that is its own value": b"\xfb" + key() + b"r\0\0\0\0" + b"0",
    "a key that holds itself": b"{\xa9\x03r\0\0\0\0" + i(1) + text(b"f"),
    "figures that hold themselves": b"{" + key() + b"\xa9\x05r\0\0\0\0",
    "callers that hold themselves": b"{" + key() + b")\x05" + FIGURES + b"\xfbr\0\0\0\0",
    "code that holds itself": b"{)\x03" + text(b"profile") + i(0) + b"\xe3" + bytes(20) + b"r\0\0\0\0",
    "the same callers for all": of_many(CALLERS, 20000),
    "a text for a key": b"{" + text(b"f") + i(1) + b"0",
    "a reference to nothing": b"{r\xff\xff\xff\xff",
    "a reference beyond": b"{\xa9\x03r\x09\0\0\0",
    "a number beyond": b"{" + key() + b")\x05l\x05\0\0\0" + b"\xff\x7f" * 5,
    "a bad digit": b"{" + key() + b")\x05l\x01\0\0\0\xff\xff",
    "no number": b"{" + key() + b")\x05" + i(1) + i(1) + b"f\x03a.b",
    "nothing": b"",
    "no dict": i(5),
    "json": b'{"schema": 1}',
    "a key of two": b"{)\x02" + text(b"a") + text(b"b"),
    "figures of four": b"{" + key() + b")\x04",
    "a count for a function": b"{" + key() + i(1),
    "sums beyond": marshal.dumps({("m", n, "f"): (2 ** 62, 2 ** 62, 0.0, 0.0, {}) for n in range(3)}),
}
BOMBS |= {f"{name} {n}": begun + count for n, count in enumerate(HUGE) for name, begun in {
    "a text of": b"{)\x03u", "an old text of": b"{)\x03t", "bytes of": b"{)\x03s", "a tuple of": b"{(",
    "a number of": b"{" + key() + b")\x05l", "a list of": code_with(b"["), "a set of": code_with(b">"),
    "text in code of": code_with(b"u"), "a number in code of": code_with(b"l")}.items()}
# Each function's callers are the same thousand: shared, yet no more than is bounded.
FINE = {"shared callers": of_many(b"\xfb" + key(b"g") + b")\x04" + FIGURES + b"0", 2000)}


# A child's peak begins with what its parent had when it was forked: so a small parent.
MEASURE = """
import json, os, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, done.stdout.decode(), done.stderr.decode(), used.ru_utime + used.ru_stime,
                  used.ru_maxrss * 1024]))
"""


def run_measured(command, folder, env):
    """(status, stdout, stderr, seconds of processor time, peak bytes)."""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", MEASURE, *command], cwd=folder, env=env,
                          stdout=subprocess.PIPE, check=True, timeout=60)
    return json.loads(done.stdout)


def within_bounds(seconds, memory, size, env):
    """Sanitizers take their own."""
    return "ASAN_OPTIONS" in env or (seconds < 1 and memory < size + MEMORY)


@pytest.mark.parametrize("name", BOMBS)
def test_refused_in_one_line(sonde, clean_env, tmp_path, name):
    (tmp_path / "bomb.prof").write_bytes(BOMBS[name])
    status, out, err, seconds, memory = run_measured([sonde, "report", "--pstats", "bomb.prof"], tmp_path, clean_env)
    assert (status, out) == (1, "")
    where = r"(byte [\d,]+: |counts of calls: )"
    assert re.fullmatch(r"sonde: cannot (read profile: bomb\.prof|sum profiles up): " + where + r"[^\n]+\n", err)
    assert within_bounds(seconds, memory, len(BOMBS[name]), clean_env)


@pytest.mark.parametrize("name", FINE)
def test_read_in_little_memory(sonde, clean_env, tmp_path, name):
    (tmp_path / "fine.prof").write_bytes(FINE[name])
    status, out, err, seconds, memory = run_measured(
        [sonde, "report", "--pstats", "--callers", "-n", "3", "fine.prof"], tmp_path, clean_env)
    assert (status, err) == (0, "") and "m.py:1(g)" in out
    assert within_bounds(seconds, memory, len(FINE[name]), clean_env)


READERS = ["report", "report --pstats", "report --all", "report --json", "convert -o x.pstats", "diff other.prof",
           "pstats"]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("source", ["/dev/zero", "/dev/urandom", "/dev/null", "fifo"])
def test_what_never_ends_or_begins_is_refused(sonde, clean_env, tmp_path, reader, source):
    """Neither waited for nor read; one rule for all commands."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "other.prof").write_bytes(marshal.dumps({("m.py", 1, "f"): (1, 1, 0.5, 0.5, {})}))
    script = f"exec {sonde} {reader} {source} < /dev/null"
    status, out, err, seconds, memory = run_measured(["bash", "-c", script], tmp_path, clean_env)
    told = out.splitlines()[0] if reader == "pstats" else err
    assert status == (0 if reader == "pstats" else 1)
    assert re.fullmatch(rf"(sonde: )?cannot read (profile|recording): {source}: (a pipe that nobody writes to"
                        r"|neither a regular file nor a pipe|not a regular file)\n?", told)
    assert within_bounds(seconds, memory, 0, clean_env)
    assert not (tmp_path / "x.pstats").exists()


@pytest.mark.parametrize("reader", READERS)
def test_a_pipe_is_read_as_a_file_is(sonde, clean_env, tmp_path, reader):
    stats = {(f"/srv/m{n}.py", n, f"f{n}"): (1, 1, 0.5, 0.5, {}) for n in range(20_000)}
    for name in "s.prof", "other.prof":
        (tmp_path / name).write_bytes(marshal.dumps(stats))
    texts = []
    for source in "s.prof", "<(cat s.prof)", "<(sleep 0.1; cat s.prof)":
        done = subprocess.run(["bash", "-c", f"{sonde} {reader} {source} < <(echo stats) && if [ -e x.pstats ]; then cat x.pstats; fi"],
                              cwd=tmp_path, env=clean_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.stderr == b""
        text = re.sub(rb'\bs\.prof|/dev/fd/\d+|(?<=")6[0-3](?=")', b"FILE", done.stdout)
        text = re.sub(rb"FILE +(?=[\d.]+ s )", b"FILE ", text)
        texts.append(re.sub(rb"\w+ \w+ +\d+ \d\d:\d\d:\d\d \d+(?= +FILE)", b"TIME", text))
    assert texts[0] == texts[1] == texts[2] and len(texts[0]) > 100
    script = f"mkfifo f; cat s.prof > f & {sonde} {reader} f < /dev/null"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=clean_env, stdout=subprocess.PIPE, timeout=20)
    assert done.returncode == 0


@pytest.mark.parametrize("begins, place", [(b"", 0), (b"{", 1), (marshal.dumps({("m.py", 1, "f"): 0})[:-1], 17)])
def test_a_pipe_of_something_else_is_not_read_on(sonde, clean_env, tmp_path, begins, place):
    (tmp_path / "head").write_bytes(begins)
    script = f"cat head /dev/zero | exec {sonde} report --pstats /dev/stdin"
    status, out, err, seconds, memory = run_measured(["bash", "-c", script], tmp_path, clean_env)
    assert (status, out) == (1, "") and f": byte {place}: " in err
    assert within_bounds(seconds, memory, 0, clean_env)


def test_a_long_pipe_takes_its_own_size(sonde, clean_env, tmp_path):
    """Nothing of it is there twice while it grows."""
    stats = {("m.py", 1, "f" * 90_000_000): (1, 1, 0.5, 0.5, {})}
    (tmp_path / "s.prof").write_bytes(marshal.dumps(stats))
    script = f"cat s.prof | exec {sonde} convert -o /dev/null --to pstats /dev/stdin; true"
    status, out, err, seconds, memory = run_measured(["bash", "-c", script], tmp_path, clean_env)
    assert within_bounds(0, memory, 90_000_000, clean_env)


def test_the_place_is_told(run_sonde, tmp_path):
    """As a person would count: the first byte is 0, thousands are set apart."""
    dump = marshal.dumps({("m.py", n, "f"): (1, 1, 0.0, 0.0, {}) for n in range(100)}, 2)
    (tmp_path / "cut.prof").write_bytes(dump[:1503])
    done = run_sonde("report", "--pstats", "cut.prof")
    assert (done.returncode, done.stdout) == (1, "")
    place = re.fullmatch(r"sonde: cannot read profile: cut\.prof: byte 1,(\d\d\d): marshal type '.' cut short \(the file "
                         r"is incomplete: 1,503 of at least 1,(\d\d\d) bytes\)\n", done.stderr)
    assert place and int(place[1]) < 503 < int(place[2])


def test_no_room_for_memory_is_one_line(sonde, clean_env, tmp_path):
    """Each allocation fails in turn: by less and less room."""
    if "ASAN_OPTIONS" in clean_env:
        pytest.skip("sanitizers reserve more than any limit")
    stats = {(f"/srv/m{n}.py", n, f"f{n}"): (1, 1, 0.5, 0.5, {(f"/srv/m{m}.py", m, f"f{m}"): (1, 1, 0.5, 0.5)
                                                             for m in range(n % 20)}) for n in range(20000)}
    (tmp_path / "s.prof").write_bytes(marshal.dumps(stats))
    statuses = set()
    for megabytes in (16, 24, 32, 48, 64, 96, 128, 200):
        command = f"ulimit -v {megabytes * 1024}; exec {sonde} report --pstats --callees -s name -n 1 s.prof"
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=clean_env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60)
        statuses.add(done.returncode)
        if done.returncode != 0:
            assert done.returncode == 1 and done.stdout == ""
            assert re.fullmatch(r"sonde: out of memory[^\n]*\n", done.stderr)
    assert statuses == {0, 1}


def test_a_file_that_becomes_shorter_is_an_error(sonde, clean_env, tmp_path):
    """It is mapped: its missing pages are mended, and one line tells."""
    keys = [(f"/srv/m{n}.py", n, f"f{n}") for n in range(2000)]
    stats = {key: (1, 1, 0.5, 0.5, {c: (1, 1, 0.5, 0.5) for c in keys[:30]}) for key in keys}
    dump = marshal.dumps(stats)
    (tmp_path / "truncate.py").write_text(TRUNCATES)
    (tmp_path / "s.prof").write_bytes(dump)
    done = subprocess.run([sys.executable, "truncate.py", sonde, "s.prof"], cwd=tmp_path, env=clean_env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == "sonde: cannot read profile: s.prof: it was written to while it was read (try again)\n"


# The command is held for a second when it has mapped the file, which is cut meanwhile.
TRUNCATES = """
import os, subprocess, sys, time
sonde, name = sys.argv[1:]
child = subprocess.Popen(["strace", "-qq", "-e", "trace=mmap", "-e", "signal=none", "-o", "/dev/null",
                          "-P", os.path.abspath(name), "-e", "inject=mmap:delay_exit=1000000", sonde, "report", "--pstats", "--callers", "-s",
                          "time", name])
while child.poll() is None:
    maps = ""
    for pid in os.listdir("/proc"):
        try:
            if pid.isdigit() and os.readlink(f"/proc/{pid}/exe").endswith("/sonde"):
                with open(f"/proc/{pid}/maps") as file:
                    maps += file.read()
        except OSError:
            continue
    if os.path.abspath(name) in maps:
        os.truncate(name, 4096)
        break
sys.exit(child.wait())
"""
