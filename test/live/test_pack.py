# SPDX-License-Identifier: Apache-2.0
"""sonde pack: every command reads a pack as it reads its recording, also one packed while it was being written."""

import json
import os
import re
import resource
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tarfile
import time

import pytest

import tape_writer
from disks import disk
from tape import FINISHED, RUNNING, SEAL_AT, SLICE, Pack, Tape, pack_content, tapes

PROGRAM = """
import os, signal, sys, threading, time

def leaf(n):
    return sorted(range(n), key=lambda v: -v)

def tree(n):
    if n:
        tree(n - 1), leaf(n), tree(n - 1)

def numbers():
    yield from range(5)

def work(end):
    tree(4)
    if end == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if end == "asleep":
        signal.setitimer(signal.ITIMER_REAL, 0.05)  # ends it in time.sleep
        time.sleep(60)
    os._exit(3)

for end in ("exit", "killed", "asleep"):
    if os.fork() == 0:
        work(end)
    os.wait()
thread = threading.Thread(target=tree, args=(6,), name="faden ü")
thread.start()
thread.join()
list(numbers())
tree(7)
os.execv(sys.executable, [sys.executable, "-c", "print('another program')"])
"""
VIEWS = [["report"], ["report", "--json"], ["report", "--json", "--tree"], ["report", "--tree", "-n", "99"],
         ["report", "--callers", "--callees"], ["report", "--processes"], ["report", "--as-cprofile", "-s", "calls"],
         ["report", "--by", "thread"], ["report", "--by", "role", "--json"], ["report", "--pstats", "-s", "name"],
         ["report", "--all"], []]


def estrange(tape):
    """As of another machine: what the probe costs is not measured then, and no report depends on when it was."""
    data = bytearray(tape.read_bytes())
    struct.pack_into("<Q", data, 200, 1)
    if len(data) >= 4096:
        struct.pack_into("<Q", data, SEAL_AT, 0)
    tape.write_bytes(data)


def record(run_sonde, python, folder, program=PROGRAM):
    (folder / "app.py").write_text(program)
    done = run_sonde("run", "-q", "-o", "app.sonde", "--python", python, "app.py", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    for tape in (folder / "app.sonde").glob("*.tape"):
        estrange(tape)
    return folder / "app.sonde"


def pack(run_sonde, recording, *words):
    done = run_sonde("pack", recording, *words)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return recording.with_suffix(".pack.sonde")


def reads_alike(run_sonde, recording, views):
    """Each view of the recording, and of its pack in its place: byte for byte. All that was printed."""

    def read():
        done = [run_sonde(*words, *[recording.name] * bool(words), text=False) for words in views]
        return [(one.returncode, one.stdout, one.stderr) for one in done]

    path = pack(run_sonde, recording)
    for one in (recording, path):
        os.utime(one, (1.8e9, 1.8e9))  # which pstats prints
    ours = read()
    recording.rename(recording.with_suffix(".aside"))
    path.rename(recording)
    for words, one, other in zip(views, ours, read(), strict=True):
        assert one == other, words
    return [(out + err).decode("utf-8", "surrogateescape") for _, out, err in ours]


@pytest.mark.smoke
def test_every_view_is_the_same(run_sonde, python, tmp_path):
    recording = record(run_sonde, python, tmp_path)
    (recording / "77.note").write_text("python 3.9.2 /usr/bin/python3.9\nno such file\n")
    printed = reads_alike(run_sonde, recording, VIEWS)
    assert len(json.loads(printed[1])["processes"]) == 6
    assert "no agent for Python 3.9.2" in printed[5] and printed[-1].startswith("app.sonde: ")


def test_two_recordings_are_read_together(run_sonde, python, tmp_path):
    one = record(run_sonde, python, tmp_path)
    (tmp_path / "other").mkdir()
    two = record(run_sonde, python, tmp_path / "other", "sorted(map(abs, range(9)))")
    both = run_sonde("report", "--json", one, two, check=True).stdout
    packs = [pack(run_sonde, recording) for recording in (one, two)]
    assert run_sonde("report", "--json", packs[0], two, check=True).stdout == both
    assert run_sonde("report", "--json", *packs, check=True).stdout == both


def made_up():
    tape = tape_writer.Tape()
    thread = tape.thread("MainThread")
    main = tape.node(thread, None, tape.function("main", "/app.py", 1), calls=1, self_ns=5)
    tape.node(thread, main, tape.function("len"), calls=3, self_ns=2)
    return tape


def cut(recording):
    [path] = [p for p in recording.glob("*.tape") if Tape(p).threads and Tape(p).header.state == FINISHED]
    os.truncate(path, path.stat().st_size // 2)


def flip(recording):
    [path] = [p for p in recording.glob("*.tape") if Tape(p).threads and Tape(p).header.state == FINISHED]
    block = Tape(path).blocks[-1]
    data = bytearray(path.read_bytes())
    data[(block[0] + 1) * 64 + 3] ^= 1
    path.write_bytes(data)


def newer(recording):
    data = bytearray(made_up().bytes())
    data[8] = 2
    (recording / "9-9.tape").write_bytes(data)


@pytest.mark.parametrize("damage, told", [
    (cut, "is damaged or cut short at byte"), (flip, "is damaged or cut short at byte"),
    (lambda recording: (recording / "1-0.tape").touch(), "1-0.tape: empty (nothing was recorded in it)"),
    (lambda recording: (recording / "1-0.tape").write_text("no tape at all"), "1-0.tape: not a recording of sonde"),
    (lambda recording: (recording / "1-0.tape").mkdir(), "1-0.tape: a directory"),
    (newer, "9-9.tape: written in version 2 of the format"),
], ids=["cut", "flip", "empty", "foreign", "directory", "newer"])
def test_damage_is_told_the_same(run_sonde, python, tmp_path, damage, told):
    recording = record(run_sonde, python, tmp_path)
    damage(recording)
    printed = reads_alike(run_sonde, recording, [["report"], ["report", "--json"]])
    assert all(told in text for text in printed)


@pytest.mark.parametrize("kept", [lambda tape: tape.header.role == 2, lambda tape: False], ids=["launcher", "nothing"])
def test_nothing_recorded(run_sonde, python, tmp_path, kept):
    recording = record(run_sonde, python, tmp_path)
    (recording / "1-0.tape").touch()
    for path in recording.glob("*.tape"):
        if path.stat().st_size and not kept(Tape(path)):
            path.unlink()
    if any(path.stat().st_size for path in recording.iterdir()):
        [printed] = reads_alike(run_sonde, recording, [["report"]])
        assert printed.startswith("sonde: cannot read recording: app.sonde/1-0.tape: empty")
    else:
        done = run_sonde("pack", "app.sonde")
        assert (done.returncode, done.stderr) == (
            1, "sonde: cannot read recording: app.sonde/1-0.tape: empty (nothing was recorded in it)\n")
        assert not (tmp_path / "app.pack.sonde").exists()


# While it is being written.

LIVE = """
import os, sys, threading, time

def asleep():
    time.sleep(3600)

def step():
    return [abs(v) for v in range(10)]

for _ in range(4321):
    step()
if os.fork() == 0:
    asleep()
threading.Thread(target=asleep, daemon=True).start()
print("ready", flush=True)
asleep()
"""
SLEEPERS = 3


class Running:
    """A program under sonde run, in a group of its own; ends with the test."""

    def __init__(self, sonde, env, python, folder, program):
        (folder / "live.py").write_text(program)
        self.recording = folder / "live.sonde"
        self.process = subprocess.Popen([sonde, "run", "-q", "-o", "live", "--python", python, "live.py"], cwd=folder,
                                        env=env, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self.process.stdout.readline() == "ready\n"

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def live(sonde, clean_env, python, tmp_path):
    running = []

    def start(program):
        running.append(Running(sonde, clean_env, python, tmp_path, program))
        return running[-1]

    yield start
    for program in running:
        if program.process.returncode is None:
            program.end()


def figures(run_sonde, recording):
    report = json.loads(run_sonde("report", "--json", recording, check=True).stdout)
    return report, {f["qualname"]: f for f in report["functions"]}


def when_asleep(run_sonde, recording):
    """The functions of LIVE as soon as all of it sleeps."""
    deadline, functions = time.monotonic() + 30, {}
    while functions.get("time.sleep", {"calls": 0})["calls"] < SLEEPERS:
        assert time.monotonic() < deadline
        _, functions = figures(run_sonde, recording)
    return functions


@pytest.mark.smoke
def test_a_recording_being_written_is_packed_as_it_is_then(run_sonde, live, tmp_path):
    """What sleeps is charged up to the moment of packing: after a reader before it, before one after it."""
    program = live(LIVE)
    before = when_asleep(run_sonde, program.recording)
    path = pack(run_sonde, program.recording)
    _, after = figures(run_sonde, program.recording)
    report, then = figures(run_sonde, path)
    assert {name: f["calls"] for name, f in then.items()} == {name: f["calls"] for name, f in before.items()}
    assert then["step"]["calls"] == 4321
    sleeps = [f["time.sleep"]["self_ns"] for f in (before, then, after)]
    assert sleeps == sorted(sleeps) and sleeps[0] < sleeps[1] < sleeps[2]
    alive = [p["alive"] for p in report["processes"] if p["entered"]]
    assert alive == [True, True] and {p["exit"] for p in report["processes"]} == {None}
    program.end()
    time.sleep(0.1)
    again, still = figures(run_sonde, path)
    assert [(f["id"], f["calls"], f["self_ns"], f["cumulative_ns"]) for f in still.values()] == \
        [(f["id"], f["calls"], f["self_ns"], f["cumulative_ns"]) for f in then.values()], "what is packed stands still"
    assert again["processes"] == report["processes"]
    assert all(tape.alive and tape.header.state == RUNNING for tape in Pack(path).tapes.values())
    [note] = [note for note in report["quality"]["notes"] if "packed" in note]
    assert re.fullmatch(r"It was packed while it was running, at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: "
                        r"this is what it had done so far\.", note)
    assert report["quality"]["exact"] and not report["quality"]["truncated"]
    dead, _ = figures(run_sonde, program.recording)
    assert [p["alive"] for p in dead["processes"]] == [False, False]


BUSY = """
import os, sys, threading, time

def made(n):
    space = {}
    for i in range(10):
        exec(f"def fresh_{n}_{i}(v): return abs(v) + len(str(v))", space)
    return [f for name, f in space.items() if name.startswith("fresh")]

def walk(n, functions):
    for f in functions:
        f(n)
    if n:
        walk(n - 1, functions), walk(n - 1, functions[::2])

def work():
    for n in range(10**9):
        walk(n % 4, made(n))
        time.sleep(0.002)
        if n % 20 == 19:
            thread = threading.Thread(target=walk, args=(2, made(n)))
            thread.start()
            thread.join()

print("ready", flush=True)
for _ in range(3):
    if os.fork() == 0:
        break
work()
"""


def begun(path):
    with open(path, "rb") as tape:
        return any(tape.read(8))


def test_packs_of_a_busy_program_are_whole(run_sonde, live, tmp_path):
    """New functions, paths, threads at each moment: a pack refers to nothing that is not in it, and never shrinks."""
    program = live(BUSY)
    deadline, calls = time.monotonic() + 30, 0
    while sum(begun(path) for path in program.recording.glob("*.tape")) < 5:
        assert time.monotonic() < deadline
    for n in range(8):
        path = tmp_path / f"{n}.sonde"
        pack(run_sonde, program.recording, "-o", path)
        report, _ = figures(run_sonde, path)
        assert not report["quality"]["truncated"] and report["quality"]["lost_events"] == 0
        assert "<unknown>" not in {f["name"] for f in report["functions"]}
        assert report["total_calls"] >= calls, "what was counted stays"
        calls = report["total_calls"]
        if n % 4 == 3:
            found = tapes(path)  # strict: a reference that leads nowhere is an error
            assert sum(node.calls for tape in found for node in tape.nodes.values()) == calls
            assert len(found) == 4 and all(tape.alive for tape in found)


# Where it goes.

@pytest.fixture
def recording(run_sonde, python, tmp_path):
    return record(run_sonde, python, tmp_path, "sorted(map(abs, range(9)))")


def test_beside_the_recording_for_its_owner_alone(run_sonde, recording, tmp_path):
    before = {path: path.read_bytes() for path in recording.iterdir()}
    run_sonde("pack", recording, umask=0, check=True)
    path = recording.with_suffix(".pack.sonde")
    assert path == tmp_path / "app.pack.sonde" and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {path: path.read_bytes() for path in recording.iterdir()} == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["app.pack.sonde", "app.py", "app.sonde"]
    path.write_text("older")
    os.chmod(path, 0o644)
    run_sonde("pack", f"{recording}/", umask=0, check=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and list(Pack(path).tapes)


def test_from_within(run_sonde, recording, tmp_path):
    assert run_sonde("pack", ".", cwd=recording).returncode == 0
    assert run_sonde("pack", "app.sonde/../app.sonde/.", "-o", "x.sonde").returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.pack.sonde", "app.py", "app.sonde", "x.sonde"]


def test_the_newest_here(run_sonde, python, recording, tmp_path):
    done = run_sonde("pack")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "sonde: app.sonde\n")
    os.utime(tmp_path / "app.pack.sonde", (2e9, 2e9))
    assert run_sonde("report").stderr == "sonde: app.sonde\n", "a pack beside its recording is older than it seems"
    (tmp_path / "app.pack.sonde").rename(tmp_path / "sent.pack.sonde")
    assert run_sonde("report").stderr == "sonde: sent.pack.sonde\n"
    assert run_sonde().stdout.startswith("sent.pack.sonde: ")
    assert run_sonde("pack").stderr == "sonde: app.sonde\n", "a pack is not packed"
    shutil.rmtree(recording)
    (tmp_path / "app.pack.sonde").unlink()
    assert "no *.sonde to pack" in run_sonde("pack").stderr
    (tmp_path / "text.sonde").write_text("no pack")
    os.utime(tmp_path / "text.sonde", (3e9, 3e9))
    assert run_sonde("report").stderr == "sonde: sent.pack.sonde\n"


def test_to_stdout(sonde, run_sonde, recording, tmp_path):
    done = run_sonde("pack", "-o", "-", "app.sonde", text=False)
    assert (done.returncode, done.stderr) == (0, b"")
    (tmp_path / "piped.sonde").write_bytes(done.stdout)
    assert run_sonde("report", "--json", "piped.sonde").stdout == run_sonde("report", "--json", "app.sonde").stdout
    with open("/dev/full", "wb") as full:
        done = run_sonde("pack", "-o", "-", "app.sonde", stdout=full)
    assert (done.returncode, done.stderr) == (1, "sonde: cannot write: standard output: No space left on device\n")


def on_a_terminal(words, folder, env):
    """(status, what was shown) of a command whose stdout and stderr are a terminal."""
    main, side = os.openpty()
    process = subprocess.Popen(words, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=side, stderr=side)
    os.close(side)
    shown = b""
    try:
        while piece := os.read(main, 4096):
            shown += piece
    except OSError:  # the other end is closed
        pass
    os.close(main)
    return process.wait(), shown.decode().replace("\r\n", "\n")


def test_what_a_terminal_shows(sonde, run_sonde, clean_env, recording, live, tmp_path):
    status, shown = on_a_terminal([sonde, "pack", "app.sonde"], tmp_path, clean_env)
    assert status == 0
    assert re.fullmatch(r"sonde: app\.pack\.sonde: [\d.]+ K?B of [\d.]+ KB, 1 process\n", shown)
    status, shown = on_a_terminal([sonde, "pack", "-o", "-", "app.sonde"], tmp_path, clean_env)
    assert (status, shown) == (2, "sonde: a pack is no text: -o -: stdout is a terminal (-o FILE, or a pipe)\n")
    when_asleep(run_sonde, live(LIVE).recording)
    status, shown = on_a_terminal([sonde, "pack", "live.sonde"], tmp_path, clean_env)
    assert re.search(r"of [\d.]+ [KM]B, 2 processes \(2 of them running\)\n$", shown)


@pytest.mark.parametrize("words, status, text", [
    (["nothing.sonde"], 1, "cannot read recording: nothing.sonde: no such file (sonde run -o nothing.sonde app.py makes it)"),
    (["app.py"], 2, "a program, not a profile: app.py (sonde run app.py records it, sonde pack takes the recording)"),
    (["app.pack.sonde"], 1, "cannot pack: app.pack.sonde: it is a pack (cp copies it)"),
    (["app.sonde", "b.sonde"], 2, "one word too many: b.sonde (one recording at a time)"),
    (["app.sonde", "-o", "folder"], 1, "cannot write: folder: not a regular file (give another name)"),
    (["app.sonde", "-o", "link"], 1, "cannot write: link: not a regular file (give another name)"),
    (["app.sonde", "-o", "no/x"], 1, "cannot write: no/x: No such file or directory"),
    (["folder"], 1, "cannot read recording: folder: a directory that is no recording: there is no tape in it (sonde run "
                    "makes recordings)"),
    (["text"], 1, "cannot read recording: text: not a recording of sonde (sonde formats tells what can be read)"),
    (["x/1-1.tape"], 2, "cannot pack: x/1-1.tape: one tape, not its recording (-o FILE packs it alone)"),
])
def test_refused(run_sonde, recording, tmp_path, words, status, text):
    pack(run_sonde, recording)
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("app.py")
    (tmp_path / "text").write_text("some text that is longer than the head of a tape would be " * 5)
    before = sorted(tmp_path.rglob("*"))
    done = run_sonde("pack", *words)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", f"sonde: {text}\n")
    assert sorted(tmp_path.rglob("*")) == before


def test_run_does_not_replace_a_pack(run_sonde, python, recording):
    path = pack(run_sonde, recording)
    held = path.read_bytes()
    done = run_sonde("run", "-o", "app.pack.sonde", "--python", python, "-c", "print('ran')")
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert done.stderr == ("sonde: cannot record: app.pack.sonde: it is a pack, and stays (-o names another place); the "
                           "program runs unprofiled\n")
    assert path.read_bytes() == held
    shutil.rmtree(recording)
    path.unlink()
    assert run_sonde("report", path.name).stderr == (
        "sonde: cannot read recording: app.pack.sonde: no such file (sonde pack makes it of a recording)\n")


def test_a_full_disk_leaves_nothing(run_sonde, recording, tmp_path):
    with disk(64 * 1024) as folder:
        (folder / "fill").write_bytes(bytes(64 * 1024))
        done = run_sonde("pack", recording, "-o", folder / "x.sonde")
        assert (done.returncode, done.stderr) == (1, f"sonde: cannot write: {folder}/x.sonde: No space left on device\n")
        assert [path.name for path in folder.iterdir()] == ["fill"]


ASKED = ("asked", "wish", "idle", "resets", "wish_ns", "reset_ns")  # of a finished tape: it is in no sum, and dropped


def test_another_reader_agrees(run_sonde, python, tmp_path):
    recording = record(run_sonde, python, tmp_path)
    (recording / "77.note").write_text("python 3.9.2 /usr/bin/python3.9\n")
    path = pack(run_sonde, recording)
    packed = Pack(path)
    assert packed.notes == {"77.note": b"python 3.9.2 /usr/bin/python3.9\n"}
    assert sorted(packed.tapes) == sorted(p.name for p in recording.glob("*.tape"))
    for name, tape in packed.tapes.items():
        theirs = Tape(recording / name)
        heads = [{k: v for k, v in vars(t.header).items() if k not in ASKED} for t in (tape, theirs)]
        assert heads[0] == heads[1] and not tape.alive
        assert [list(map(vars, kind.values())) for kind in tape.by_kind.values()] == \
            [list(map(vars, kind.values())) for kind in theirs.by_kind.values()]
        assert list(tape.nodes) == list(theirs.nodes)


def test_a_pack_written_by_the_page_is_read(run_sonde, tmp_path):
    """Deflated, and stored as it is: a browser hands that over."""
    tape = made_up().bytes()
    expected = None
    made_up().write(tmp_path / "made.sonde", "100-1.tape")
    expected = run_sonde("report", "--json", "made.sonde", check=True).stdout
    for deflate in (True, False):
        (tmp_path / "x.sonde").write_bytes(tape_writer.pack([tape_writer.packed_tape(tape, b"100-1.tape")],
                                                            [(b"7.note", b"")], deflate=deflate))
        done = run_sonde("report", "--json", "x.sonde")
        assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


def test_content_of_whole_slices(run_sonde, recording):
    """Notes of just the length that makes the content end with a slice, and a byte before and behind that."""
    short = 8 + len("1000.note")
    left = SLICE - len(pack_content(pack(run_sonde, recording).read_bytes())[0])
    notes = [short + 4096] * (left // (short + 4096) - 1)
    notes += [(left - sum(notes)) // 2, -(-(left - sum(notes)) // 2)]
    for more in (-1, 0, 1):
        for n, length in enumerate(notes):
            (recording / f"{1000 + n}.note").write_bytes(b"x" * (length - short + more * (n == len(notes) - 1)))
        data = pack(run_sonde, recording).read_bytes()
        assert len(pack_content(data)[0]) == SLICE + more
        assert run_sonde("report", "--json", "app.pack.sonde").stdout == run_sonde("report", "--json", "app.sonde").stdout


# What it takes.

LARGE = """
import sys

def a(n):
    if n:
        a(n - 1), b(n - 1)

def b(n):
    if n:
        a(n - 1), b(n - 1)

a(17)
"""


def peak_kb(sonde, env, folder, *words):
    """The most memory a command took."""
    code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    return int(subprocess.run([sys.executable, "-c", code, sonde, *map(str, words)], cwd=folder, env=env, check=True,
                              stdout=-1).stdout)


def gzipped(recording):
    path = recording.with_suffix(".tgz")
    with tarfile.open(path, "w:gz") as tar:
        tar.add(recording, recording.name)
    return path.stat().st_size


def size_of(recording):
    return sum(path.stat().st_size for path in recording.iterdir())


def test_in_little_memory(run_sonde, sonde, clean_env, python, tmp_path):
    recording = record(run_sonde, python, tmp_path, LARGE)
    assert size_of(recording) > 16 << 20
    assert peak_kb(sonde, clean_env, tmp_path, "pack", "app.sonde") < 12 << 10


def test_small(run_sonde, python, tmp_path):
    """A third of what tar and gzip make of it at most, and a twelfth of what it is."""
    recording = record(run_sonde, python, tmp_path, LARGE.replace("17", "15"))
    pack(run_sonde, recording)
    size = size_of(recording)
    packed = (tmp_path / "app.pack.sonde").stat().st_size
    assert packed < gzipped(recording) / 3 and packed < size / 12


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def test_one_that_is_killed_leaves_nothing(sonde, clean_env, run_sonde, python, tmp_path):
    """In mid-write: by the signal for a file that grows too large."""
    recording = record(run_sonde, python, tmp_path, LARGE)
    (tmp_path / "app.pack.sonde").write_text("as it was")
    before = sorted(path.name for path in tmp_path.iterdir())
    done = subprocess.run([sonde, "pack", recording], env=clean_env, preexec_fn=limit_files)
    assert done.returncode == -signal.SIGXFSZ
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "app.pack.sonde").read_text() == "as it was"


def test_like_processes_share(run_sonde, python, tmp_path):
    """Forty processes that ran the same code: a fifth of tar and gzip."""
    program = "import os\nfor _ in range(40):\n    if os.fork() == 0:\n        os._exit(len(sorted(map(abs, range(9)))))\n    os.wait()"
    recording = record(run_sonde, python, tmp_path, program)
    path = pack(run_sonde, recording)
    assert len(Pack(path).tapes) == 42
    assert path.stat().st_size < gzipped(recording) / 5


@pytest.mark.long
def test_a_gigabyte_within_64_mb(run_sonde, sonde, clean_env, python, tmp_path):
    """Sixteen processes of a million call paths each."""
    recording = record(run_sonde, python, tmp_path, LARGE.replace("17", "19"))
    [path] = [path for path in recording.glob("*.tape") if path.stat().st_size > 64 << 20]
    for n in range(15):
        shutil.copy(path, recording / f"{n}-1.tape")
    assert size_of(recording) > 1 << 30
    assert peak_kb(sonde, clean_env, tmp_path, "pack", "app.sonde") < 16 << 10
    shutil.copy(path, tmp_path / "one.tape")
    shutil.rmtree(recording)
    one, all_of_them = (json.loads(run_sonde("report", "--json", "-n", "1", name, check=True).stdout)
                        for name in ("one.tape", "app.pack.sonde"))
    assert all_of_them["total_calls"] == 16 * one["total_calls"]
    assert all_of_them["total_ns"] == 16 * one["total_ns"]
