# SPDX-License-Identifier: Apache-2.0
"""seeds.py TARGET FOLDER SONDE: files to begin fuzzing with.

Tapes: recordings of a small program by each Python that is here, finished and killed, and made-up ones that hold
every kind of record. Dumps: of every profiler of each Python, and in each version of marshal.
"""

import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from tape_writer import LAUNCHER, OBJECT, RUNNING, THREAD_CPU, TSC, TYPE, Tape, pack, packed_tape  # noqa: E402

PROGRAM = """
import os, sys, threading

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def numbers():
    yield from range(3)

exec(compile("def odd(): pass\\nodd()", "na\\udce9me.py", "exec"))
thread = threading.Thread(target=fib, args=(3,), name="faden")
thread.start()
thread.join()
fib(5)
sum(numbers())
int("3")
if sys.argv[1:]:
    os.kill(os.getpid(), 9)
"""
LONGEST = 40 * 1024  # of bytes kept: enough of each kind, and quick


def pythons():
    tool = pathlib.Path(__file__).parents[2] / "tool/pythons"
    lines = subprocess.run([tool, "--long"], check=True, text=True, stdout=-1).stdout.splitlines()
    return [line.split()[:2] for line in lines if line.split()[3] == "yes"]


def recorded(folder, sonde):
    with tempfile.TemporaryDirectory() as place:
        program = pathlib.Path(place) / "app.py"
        program.write_text(PROGRAM)
        for path, version in pythons():
            for end in ("finished", "killed"):
                name = f"{version}-{end}.sonde"
                subprocess.run([sonde, "run", "-q", "-o", name, "--python", path, program,
                                *(["x"] if end == "killed" else [])], cwd=place, check=False)
                for n, tape in enumerate((pathlib.Path(place) / name).glob("*.tape")):
                    (folder / f"{version}-{end}-{n}.tape").write_bytes(tape.read_bytes()[:LONGEST])


def made_up(folder):
    tape = Tape(pid=7, clock=TSC, state=RUNNING, in_last_node=True, lost_events=3)
    thread = tape.thread("MainThread")
    main = tape.node(thread, None, tape.function("main", "/app.py", 1), calls=1, self_ns=5)
    below = tape.node(thread, main, tape.function("<lambda>", "<string>", 1, owner="A"), calls=2)
    tape.node(thread, below, tape.function("int", qualname="builtins.int", kind=TYPE), calls=9)
    tape.node(thread, below, tape.function("o", kind=OBJECT), calls=9, resumes=4)
    (folder / "made-agent.tape").write_bytes(tape.bytes())
    tape.process(8, "sh -c true", parent=7, status=9, reason="not Python")
    tape.process(9, "app.py", parent=7, flags=1 << 2)
    tape.process(7, "sleep", parent=6, flags=1 << 3)
    tape.process(0, "sh -c exit", parent=7, status=3 << 8)
    tape.duty, tape.called, tape.ancestors, tape.flags = "worker: crunch", "Process-1", (5, 4, 3, 1), 3 | 1 << 6
    (folder / "made-processes.tape").write_bytes(tape.bytes())
    tape = Tape(pid=7, clock=THREAD_CPU)
    for n in range(3):
        thread = tape.thread(f"T-{n}")
        f = tape.function("f", "/app.py", 3)
        tape.node(thread, tape.node(thread, None, f), f, calls=5, self_ns=100)
    (folder / "made-threads.tape").write_bytes(tape.bytes())
    tape = Tape(pid=6, role=LAUNCHER, python=0)
    tape.process(7, "app.py", status=0, reason="no agent")
    tape.process(8, "x", status=9)
    tape.process(9, "y", flags=2)
    (folder / "made-launcher.tape").write_bytes(tape.bytes())


def packed(folder, sonde):
    """Packs of recordings, and made-up ones: deflated and plain, living, damaged and unreadable tapes, notes."""
    with tempfile.TemporaryDirectory() as place:
        tapes = pathlib.Path(place)
        recorded(tapes, sonde)
        made_up(tapes)
        each = [(path.name, path.read_bytes()) for path in sorted(tapes.iterdir())]
        for name, _ in each:
            subprocess.run([sonde, "pack", tapes / name, "-o", folder / name.replace(".tape", ".sonde")], check=True)
    whole = [packed_tape(data, name.encode(), alive=n == 0) for n, (name, data) in enumerate(each) if "made" in name]
    _, unreadable = packed_tape(each[0][1], b"0.tape", bytes=0, blocks=0, flags=4, code=3, header=0, why=5)
    _, damaged = packed_tape(dict(each)["made-agent.tape"], b"~.tape", damaged_at=70)
    (folder / "made-plain.sonde").write_bytes(pack(whole, [(b"7.note", b"python 3.9.2 /x\nwhy\n")], deflate=False))
    (folder / "made-deflated.sonde").write_bytes(pack(whole))
    (folder / "made-unreadable.sonde").write_bytes(pack([(b"", unreadable + b"words"), *whole], deflate=False))
    (folder / "made-damaged.sonde").write_bytes(pack([(whole[0][0], damaged)], deflate=False))


def dumped(folder):
    from dumps.pythons import PYTHONS
    for version, python in PYTHONS.items():
        with tempfile.TemporaryDirectory() as place:
            writers = pathlib.Path(__file__).parents[1] / "dumps/writers.py"
            subprocess.run([python, "-W", "ignore", writers, place], check=True, stdout=subprocess.DEVNULL)
            for dump in pathlib.Path(place).glob("*.prof"):
                for how in (0, 8 + 16, 32 + 4, 64 + 2, 255):
                    if dump.stat().st_size < 4096:
                        (folder / f"{version}-{dump.stem}-{how}").write_bytes(dump.read_bytes() + bytes([how]))


PATTERNS = [r"[a-z_]\w+(?=\()|^$", r"(?P<n>a|b)*(?P=n)\1", r"(?i)x{2,3}?[^]\d-]+\Z", r"(?x) a b # c", r"(?(1)a|b)(c)",
            r"(?<=a)b\b|\x41\u0041\U00000041\101", r"(?a:\w\W\s\S\d\D\b\B[\W\D])", r"(?i-s:.)(?>a*)a++"]


def expressions(folder):
    for number, pattern in enumerate(PATTERNS):
        (folder / f"{number}").write_bytes(pattern.encode() + b"\0/srv/ab.py:41(xx\xc3\xa4)")


QUERIES = ["about\nrows?by=package&sort=name&q=f%20main\nmap?width=90&root=app", "boxes?view=icicle&depth=512&least=0&root=p0.t0.0",
           "boxes?view=flame&collapse=all\nboxes?view=inverted&hide=3,4&metric=calls\nboxes?view=callers&function=4",
           "path?path=p0.t0.0.1\npath?view=flame&path=0\nsandwich?function=9&root_callers=9&root_callees=9",
           "function?id=3&callers=2&callees=0&focus=1\nsearch?q=srv/app.py:12\ngraph?focus_on=4&nodes=9\ngraph",
           "source\nsource?file=1\nsource?function=2\ndiff?q=x\nrows?kinds=own,builtin&from=3&count=2&process=0&thread=1"]


def asked(folder):
    for number, text in enumerate(QUERIES):
        for which in range(3):
            (folder / f"{number}-{which}").write_bytes(bytes([which]) + text.encode())


def deflated(folder):
    import zlib
    texts = [b"", b"a" * 5000, bytes(range(256)) * 8, b"def f(): pass\n" * 40 + bytes(range(90))]
    for number, text in enumerate(texts):
        for level, strategy in (0, 0), (1, 0), (9, 0), (9, 2), (9, 3), (9, 4):
            packer = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
            room = len(text) + 9 * (level == 1)
            (folder / f"{number}-{level}-{strategy}").write_bytes(room.to_bytes(2, "big") + packer.compress(text) + packer.flush())


TRACES = {
    "object": b'{"traceEvents":[{"ph":"M","name":"process_name","pid":1,"tid":1,"args":{"name":"p"}},'
              b'{"ph":"X","name":"f (/a.py:1)","ts":1.5,"dur":20,"pid":1,"tid":1},'
              b'{"ph":"X","name":"g","ts":2,"dur":3,"pid":1,"tid":1}],"displayTimeUnit":"ns"}',
    "array": b'[{"ph":"B","name":"f","ts":1,"pid":1,"tid":2},{"ph":"E","ts":9,"pid":1,"tid":2}',
}
EVENTED = (b'{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":[{"name":"a","line":3},'
           b'{"name":"b"}]},"profiles":[{"type":"evented","unit":"seconds","events":[{"type":"O","frame":0,"at":0},'
           b'{"type":"O","frame":1,"at":1},{"type":"C","frame":1,"at":2},{"type":"C","frame":0,"at":3}]}]}')
GRIND = (b"# callgrind format\nversion: 1\npositions: instr line\nevents: Ir Dr\nob=(1) a\nfl=(1) x.c\nfn=(1) main\n"
         b"0x40 3 5 1\n+4 +1 2\n* -1 7\ncfi=(2) y.c\ncfn=(2) g\ncalls=3 9\n+8 * 90\njump=1 5\n\nfl=(2)\nfn=(2)\n0x90 9 90\n"
         b"totals: 104\n")


def formats(folder, sonde, name):
    """What we write of made-up recordings, raw and packed, and what others write and we do not."""
    import gzip
    from golden.test_formats import write_deep
    from orders import write_orders
    with tempfile.TemporaryDirectory() as place:
        for maker in write_deep, write_orders:
            recording = pathlib.Path(place) / f"{maker.__name__}.sonde"
            maker(recording)
            if name == "chrome":
                continue
            out = folder / maker.__name__
            subprocess.run([sonde, "convert", recording, "--to", name, "-o", out], check=True)
            data = out.read_bytes()
            data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
            out.write_bytes(data)
            (folder / (maker.__name__ + "-packed")).write_bytes(gzip.compress(data))
    for key, data in {"chrome": TRACES, "speedscope": {"evented": EVENTED}, "callgrind": {"valgrind": GRIND}}.get(name, {}).items():
        (folder / key).write_bytes(data)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(exist_ok=True)
    if sys.argv[1] == "pack":
        packed(folder, pathlib.Path(sys.argv[3]).resolve())
    elif sys.argv[1] == "pstats":
        dumped(folder)
    elif sys.argv[1] == "regex":
        expressions(folder)
    elif sys.argv[1] == "query":
        asked(folder)
    elif sys.argv[1] == "inflate":
        deflated(folder)
    elif sys.argv[1] != "tape":
        formats(folder, pathlib.Path(sys.argv[3]).resolve(), sys.argv[1])
    else:
        made_up(folder)
        recorded(folder, pathlib.Path(sys.argv[3]).resolve())
