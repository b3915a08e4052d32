# SPDX-License-Identifier: Apache-2.0
"""Statements in a loop as timeit has it, timed block by block in turn.

The order is a file of (key, value) pairs, "KEY LENGTH\\n" and so many bytes each:

    mode       "time", "step" or "kernel"
    setup      what each statement is prepared by
    file, code a statement; file: the program whose names it uses, empty for none
    number     so many loops a launch, in one block; 0: blocks of BLOCK ns
    loops      of a block, by statement, where an earlier launch found them; 0: find them
    cold       1: a loop takes so long that none is spent on warming up
    ns         how long to go on; most_ns: for "kernel", by the wall clock
    turned     1: the statements are compiled and taken in the opposite order
    process    1: CPU time is the process's, not the thread's
    first      1: what setup prints on stderr is let through, and growth is looked for
    wanted     "01..": for "kernel", which statements
    package, log, warm, stepped, limit_ns   for "step": see sonde_steps.py

The answer is lines of words; main() tells them. A statement that ends the process is told by its
absence, and by the byte of the order that says what runs (STATE).
"""
import gc
import itertools
import os
import sys
import time

BLOCK_NS = 500000
EMPTY_NS = 100000  # a block of the empty statement, which runs beside the others
GROWTH_BLOCKS = 24
WARM_NS, WARM_BLOCKS = 20000000, 8  # each at least, of each statement
FLUSH_NS = 50000000
ONLY_AST = 0x400
STATE = b"state 1\n"

SHAPES = {
    "time": """\
def inner(_wall, _cpu):
    SETUP
    _it = yield
    while 1:
        _w0 = _wall()
        _c0 = _cpu()
        for _i in _it:
            STATEMENT
        _c1 = _cpu()
        _w1 = _wall()
        _it = yield _w1 - _w0, _c1 - _c0
""",
    "step": """\
def inner(_it):
    SETUP
    for _i in _it:
        STATEMENT
""",
}
SHAPES["kernel"] = SHAPES["time"]


class Failed(Exception):
    """A statement or the setup raised, or does not compile: (what, index, error)."""


class Report:
    """Lines for sonde, sent when they are old enough: it waits for none longer than it allows a loop."""

    def __init__(self, order, fd):
        self.order, self.fd, self.pid = order, fd, os.getpid()
        self.lines, self.sent = [], time.perf_counter()

    def tell(self, *words):
        self.lines.append(" ".join(map(str, words)))
        if (time.perf_counter() - self.sent) * 1e9 > FLUSH_NS:
            self.send()

    def send(self):
        if os.getpid() != self.pid:
            os._exit(0)  # a copy that the statement made
        data = "".join(line + "\n" for line in self.lines).encode("utf-8", "surrogateescape")
        while data:
            data = data[os.write(self.fd, data):]
        self.lines, self.sent = [], time.perf_counter()

    def at(self, index):
        """What runs now, for who comes to know how the process ended; -1: the setup."""
        if os.getpid() != self.pid:
            os._exit(0)
        os.pwrite(self.order, bytes([index + 2]), len(STATE))


def read_order(fd):
    """{key: value}; "statements": [(file, code)]."""
    with os.fdopen(os.dup(fd), "rb") as file:
        file.seek(0)
        data = file.read()
    order, at, file = {"statements": [], "loops": [], "log": []}, 0, ""
    while at < len(data):
        end = data.index(b"\n", at)
        key, length = data[at:end].decode().split()
        value = data[end + 1:end + 1 + int(length)].decode("utf-8", "surrogateescape")
        at = end + 1 + int(length)
        if key == "file":
            file = value
        elif key == "code":
            order["statements"].append((file, value))
        elif key == "loops":
            order["loops"].append(int(value))
        elif key == "log":
            order["log"].append(value)
        else:
            order[key] = value
    return order


def load(path, loaded):
    """The names of a program, which is not __main__ to itself."""
    if path not in loaded:
        import io
        import types
        name = os.path.basename(path)
        name = name[:-3] if name.endswith(".py") else name
        module = types.ModuleType(name)
        module.__file__ = os.path.abspath(path)
        sys.path.insert(0, os.path.dirname(module.__file__))
        sys.modules[name] = module
        with getattr(io, "open_code", io.FileIO)(module.__file__) as file:
            code = compile(file.read(), module.__file__, "exec")
        exec(code, module.__dict__)
        loaded[path] = module.__dict__
    return loaded[path]


def names():
    """What a statement finds without an import: what it finds under timeit."""
    return {"__name__": "__main__", "__builtins__": __builtins__, "gc": gc, "itertools": itertools, "sys": sys,
            "time": time}


def label(index):
    return "<statement %s>" % chr(ord("A") + index) if 0 <= index < 26 else "<statement %d>" % (index + 1)


def move(node, lines):
    """Down by so many lines, with all below it."""
    todo = [node]
    while todo:
        node = todo.pop()
        for field in ("lineno", "end_lineno"):
            if getattr(node, field, None) is not None:
                setattr(node, field, getattr(node, field) + lines)
        for field in node._fields:
            value = getattr(node, field, None)
            todo.extend(item for item in (value if isinstance(value, list) else [value]) if hasattr(item, "_fields"))


def put(node, parts):
    """The statements that stand for a name in a shape."""
    for field in ("body",):
        body = getattr(node, field, None)
        for i in range(len(body or ()) - 1, -1, -1):
            name = getattr(getattr(body[i], "value", None), "id", None)
            if name in parts:
                body[i:i + 1] = parts[name]
            else:
                put(body[i], parts)


def parse(code, index, lines=0):
    """A list of statements, checked as timeit checks them: outside of any function."""
    try:
        compile(code, label(index) if index >= 0 else "<setup>", "exec", dont_inherit=True)
        body = compile(code, label(index), "exec", ONLY_AST, dont_inherit=True).body
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError) as error:
        if getattr(error, "lineno", None) and error.text is None:
            error.text = code.split("\n")[error.lineno - 1]  # which Python looks for in a file
        raise Failed("compile", index, error)
    for node in body:
        move(node, lines)
    return body


def make(shape, setup, code, index, space):
    """The function that has setup and statement in it; its source, for tracebacks."""
    above = setup.count("\n") + 1
    quiet, sys.stderr = sys.stderr, None  # its warnings were given by set_up()
    try:
        parts = {"SETUP": parse(setup, -1) or parse("pass", -1),
                 "STATEMENT": parse(code, index, above) or parse("pass", index, above)}
        tree = compile(SHAPES[shape], label(index), "exec", ONLY_AST)
        move(tree, above + code.count("\n") + 1)
        put(tree, parts)
        compiled = compile(tree, label(index), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError) as error:
        raise Failed("compile", index, error)
    finally:
        sys.stderr = quiet
    place = {}
    exec(compiled, space, place)
    return place["inner"], (above, setup + "\n" + code)


def describe(failed):
    """What Python would print of it: lines that show where, and the last one, which says what."""
    what, index, error = failed.args
    try:
        import traceback
        if what == "compile":
            lines = traceback.format_exception_only(type(error), error)
        else:
            at = error.__traceback__
            while at and at.tb_frame.f_code.co_filename == __file__:
                at = at.tb_next
            show_sources()
            lines = numbered(traceback.TracebackException(type(error), error, at)).format()
        lines = "".join(lines).splitlines()
    except BaseException:  # the statement may have left nothing whole
        lines = ["%s: %s" % (type(error).__name__, error)]
    return lines


sources = {}  # by file name: the lines of the setup, and all of the source


def numbered(told):
    """The lines of setup and statement each from 1 on, as they were typed."""
    chain, seen = [told], []
    while chain:
        told = chain.pop()
        seen.append(told)
        for frame in told.stack:
            above, _ = sources.get(frame.filename, (0, ""))
            if above and frame.lineno and frame.line is not None:
                if frame.lineno <= above:
                    frame.filename = "<setup>"
                else:
                    frame.lineno -= above
                    if getattr(frame, "end_lineno", None):
                        frame.end_lineno -= above
        chain += [each for each in (told.__cause__, told.__context__) if each and each not in seen]
    return seen[0]


def show_sources():
    import linecache
    for name, (_, source) in sources.items():
        linecache.cache[name] = (len(source), None, [line + "\n" for line in source.split("\n")], name)


class Statement:
    """One of those to time, its setup done."""

    def __init__(self, inner, clocks, index):
        self.index, self.loops = index, 1
        self.turn = inner(*clocks).send
        self.turn(None)

    def block(self, report, loops):
        """(wall, cpu), in ns."""
        report.at(self.index)
        return self.turn(itertools.repeat(None, loops))


def timed(statement, report, loops):
    try:
        return statement.block(report, loops)
    except BaseException as error:
        raise Failed("run", statement.index, error)


try:
    from resource import RUSAGE_THREAD, getrusage

    def switches():
        """How often this thread gave the processor up of itself, and pages were brought in."""
        usage = getrusage(RUSAGE_THREAD)
        return usage.ru_nvcsw, usage.ru_minflt + usage.ru_majflt
except ImportError:
    def switches():
        return 0, 0


def measured(statement, report, loops):
    """What a block takes that is to be of some length: what others do meanwhile is not in it."""
    before = switches()[0]
    wall, cpu = timed(statement, report, loops)
    report.tell("warm", statement.index, loops, wall)
    return max(1, wall if switches()[0] > before else cpu)


def fit(statement, report, ns):
    """As many loops as take that long; returns what the first one took."""
    loops, first = 1, None
    while True:
        taken = measured(statement, report, loops)
        first = first or taken
        if taken >= ns or loops > 1 << 40:
            break
        loops = max(loops + 1, min(loops * 10, int(loops * ns * 1.2 / taken)))
    statement.loops = max(1, int(loops * ns / taken))
    return first


def warm_up(statement, report, first):
    """Until the code has settled: specialised, its memory there. Returns what a loop takes at its best: two
    copies of a statement shall have blocks of one length, whatever disturbed the first ones."""
    used, blocks, best = 0, 0, first
    while first < WARM_NS and (used < WARM_NS or blocks < WARM_BLOCKS):
        taken = measured(statement, report, statement.loops)
        used += taken
        blocks += 1
        best = min(best, taken / statement.loops)
    return best


def one_block(statement, report):
    before = switches()
    wall, cpu = timed(statement, report, statement.loops)
    after = switches()
    report.tell("b", statement.index, statement.loops, wall, cpu, after[0] - before[0], after[1] - before[1])


def rounds(statements, empty, report, ns):
    """Each there and back, the empty statement around them, for so long and at least once."""
    end, turn = time.perf_counter() + ns / 1e9, False
    while True:
        report.tell("r")
        order = statements[::-1] if turn else statements
        for statement in (empty, *order, *order[::-1], empty):
            one_block(statement, report)
        turn = not turn
        if time.perf_counter() >= end:
            break


def counted(statements, empty, report, number):
    """One block each of just so many loops."""
    report.tell("r")
    for statement in (empty, *statements):
        statement.loops = number
        one_block(statement, report)


def clock_cost(empty, report):
    """What a block of no loops reads."""
    pairs = [empty.block(report, 0) for _ in range(25)]
    report.tell("zero", *(sorted(times)[len(pairs) // 2] for times in zip(*pairs)))


def resident():
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def growth(statements, report):
    """What each loop leaves behind: bytes, blocks of Python's allocator, objects only a collection frees."""
    gc.collect()
    blocks = getattr(sys, "getallocatedblocks", lambda: 0)
    for statement in statements:
        found = []
        for _ in range(2):
            before = resident(), blocks()
            for _ in range(GROWTH_BLOCKS):
                timed(statement, report, statement.loops)
            found.append((resident() - before[0], blocks() - before[1], gc.collect()))
        # What one of them leaves may be no more than room for more; memory may come by the 2 MB.
        left = [sum(both) // 2 if min(both) > 0 else min(both) for both in zip(*found)]
        report.tell("grow", statement.index, GROWTH_BLOCKS * statement.loops, *left)


def run_timed(order, statements, empty, report):
    number, ns = int(order["number"]), int(order["ns"])
    clock_cost(empty, report)
    collected = sum(each["collections"] for each in gc.get_stats()) if hasattr(gc, "get_stats") else 0
    if number:
        counted(statements, empty, report, number)
    else:
        known = order["loops"]
        for statement in statements:
            if order["cold"] == "1":
                statement.loops = known[statement.index]
                continue
            best = warm_up(statement, report, fit(statement, report, BLOCK_NS))
            statement.loops = known[statement.index] or max(1, int(BLOCK_NS / best))
        fit(empty, report, EMPTY_NS)
        rounds(statements, empty, report, ns)
        if gc.isenabled() and hasattr(gc, "get_stats"):
            collected = sum(each["collections"] for each in gc.get_stats()) - collected
            report.tell("gc", collected)
        elif order["first"] == "1":
            growth([each for each in statements if each.loops > 1], report)


def run_kernel(order, statements, report):
    """Each for so long of the processor at a stretch: user and system time are told apart by ticks."""
    import resource
    for statement in statements:
        if order["wanted"][statement.index] == "0":
            continue
        fit(statement, report, BLOCK_NS)
        end, loops, wall, cpu = time.perf_counter() + int(order["most_ns"]) / 1e9, 0, 0, 0
        before = resource.getrusage(resource.RUSAGE_SELF)
        while cpu < int(order["ns"]) and time.perf_counter() < end:
            took = timed(statement, report, statement.loops)
            wall, cpu, loops = wall + took[0], cpu + took[1], loops + statement.loops
            report.tell("r")
        after = resource.getrusage(resource.RUSAGE_SELF)
        report.tell("kernel", statement.index, loops, wall,
                    *(round((getattr(after, field) - getattr(before, field)) * 1e9)
                      for field in ("ru_utime", "ru_stime")),
                    after.ru_minflt - before.ru_minflt, after.ru_majflt - before.ru_majflt)


def set_up(order, report):
    """The statements in the order they are to be compiled in, each with its setup done."""
    cpu = time.process_time if order["process"] == "1" else getattr(time, "thread_time", time.process_time)
    clocks = [getattr(time, "perf_counter_ns", None) or in_ns(time.perf_counter),
              getattr(time, cpu.__name__ + "_ns", None) or in_ns(cpu)]
    found, loaded, functions = {}, {}, {}
    jobs = list(enumerate(order["statements"]))
    parse(order["setup"], -1)
    for index, (file, code) in jobs:  # all, before any setup runs
        parse(code, index)
    for index, (file, code) in reversed(jobs) if order.get("turned") == "1" else jobs:
        report.at(-1)
        try:
            space = load(file, loaded) if file else names()
        except BaseException as error:
            raise Failed("load", index, error)
        functions[index], sources[label(index)] = make("time", order["setup"], code, index, space)
        try:
            found[index] = Statement(functions[index], clocks, index)
        except BaseException as error:
            raise Failed("setup", index, error)
    empty = Statement(make("time", "pass", "pass", len(jobs), names())[0], clocks, len(jobs))
    return [found[index] for index in sorted(found)], empty


def in_ns(clock):
    return lambda: int(clock() * 1e9)


def silence():
    """Nothing that the loops print is shown."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 2)
    os.close(nothing)


def work(order, report):
    mode = order["mode"]
    report.tell("python", "%d.%d.%d" % sys.version_info[:3], sys.implementation.name)
    report.send()
    gc.disable()
    if mode == "step":
        sys.path.insert(0, os.path.dirname(__file__))
        write, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        import sonde_steps
        sys.dont_write_bytecode = write
        del sys.path[0]
        return sonde_steps.run(order, report)
    statements, empty = set_up(order, report)
    silence()
    if mode == "kernel":
        run_kernel(order, statements, report)
    else:
        run_timed(order, statements, empty, report)
    return None


def main(order_fd, report_fd):
    for fd in (order_fd, report_fd):
        os.set_inheritable(fd, False)
    order = read_order(order_fd)
    report = Report(order_fd, report_fd)
    try:
        work(order, report)
        report.tell("end")
    except Failed as failed:
        gc.enable()
        what, index, error = failed.args
        lines = describe(failed)
        report.tell("failed", what, index, len(lines))
        report.lines.extend(line.replace("\n", " ") for line in lines)
        if what == "compile":
            report.tell("joined", joined(order))
        report.tell("end")
    report.send()
    os._exit(0)  # what the statements left behind is not waited for


def joined(order):
    """1: the statements are the lines of one."""
    try:
        compile("\n".join(code for _, code in order["statements"]), "<lines>", "exec", dont_inherit=True)
    except Exception:
        return 0
    return 1 if len(order["statements"]) > 1 else 0
