# SPDX-License-Identifier: Apache-2.0
"""Beside other profilers, debuggers and tracers: their results are what they are alone, and
sonde's counts are right, or the report says in one line what is missing."""

import json
import platform
import re
import subprocess
import sys
import textwrap

import pytest
from conftest import version_of
from live.dap import debug

APP = """
import threading

def leaf(n):
    if n % 2:
        return [n].count(n)
    return len(str(n))

def work(n):
    total = 0
    for i in range(n):
        total += leaf(i)
    return total

def numbers(n):
    for i in range(n):
        yield work(i)

def fails():
    try:
        {}["x"]
    except KeyError:
        return leaf(1)

def main():
    threads = [threading.Thread(target=work, args=(50,)) for _ in range(3)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    print(sum(numbers(20)), fails(), work(10))

if __name__ == "__main__":
    main()
"""
TRUTH = {"leaf": 150 + 190 + 1 + 10, "work": 3 + 20 + 1, "numbers": 1, "fails": 1, "main": 1}
# Makes main() run under a tool that the program itself calls.
INSIDE = "import sys; sys.path.insert(0, '.'); import app, json\n"


@pytest.fixture(scope="session")
def tools(python, python_version, root):
    """A folder with what test/tools.txt names, for this Python."""
    version = "%d.%d" % python_version
    folder, wanted = root / f"build/tools-{version}", (root / "test/tools.txt").read_text()
    stamp = folder / "tools.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        lines = [line.partition("#") for line in wanted.splitlines()]
        names = [name.strip() for name, _, below in lines if name.strip()
                 and (not below or python_version < tuple(map(int, below.split()[-1].split("."))))]
        tags = [f"manylinux_2_{minor}_{platform.machine()}" for minor in (36, 35, 34, 31, 28, 27, 24, 17)]
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--no-deps", "--upgrade", "--target", folder, "--only-binary=:all:",
                        "--implementation", "cp", "--python-version", version,
                        *(f"--platform={tag}" for tag in tags), *names], check=True)
        stamp.write_text(wanted)
    return folder


@pytest.fixture
def both(sonde, run_sonde, python, clean_env, tools, tmp_path):
    """both(words, ...): what a command prints and leaves in `result`, alone and under sonde,
    must be equal; returns it and the report."""

    def run(command, words, env, stdin):
        result = tmp_path / "result"
        result.unlink(missing_ok=True)
        done = subprocess.run([*command, *words], cwd=tmp_path, env=env, input=stdin, text=True, timeout=100,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.returncode, done.stdout, done.stderr, result.read_text() if result.exists() else None

    def both(*words, files=(), env=(), stdin="", blur=None, options=()):
        for name, text in {"app.py": APP, **dict(files)}.items():
            (tmp_path / name).write_text(textwrap.dedent(text))
        settings = clean_env | {"PYTHONPATH": str(tools), "PYTHONDONTWRITEBYTECODE": "1", **dict(env)}
        out = tmp_path / "out.sonde"
        bare = run([python], words, settings, stdin)
        under = run([sonde, "run", "-q", *options, "-o", out, python], words, settings, stdin)
        if blur:
            bare, under = ([re.sub(blur, "*", str(part)) for part in parts] for parts in (bare, under))
        for one, other in zip(bare, under):
            assert other == one
        return under, json.loads(run_sonde("report", "--json", out, check=True).stdout)

    return both


def counts(report, truth=TRUTH):
    found = dict.fromkeys(truth, 0)
    for f in report["functions"]:
        if f["name"] in truth and f["file"].endswith("app.py"):
            found[f["name"]] += f["calls"]
    return found


def assert_ours(report, version, truth=TRUTH):
    """Right; or, on 3.11 where a thread has room for one profiler, said to be incomplete."""
    if counts(report, truth) == truth:
        assert report["quality"]["exact"] or version < (3, 12), report["quality"]
        return
    assert version < (3, 12), counts(report, truth)
    assert not report["quality"]["exact"]
    assert any("profil" in note for note in report["quality"]["notes"]), report["quality"]
    found = counts(report, truth)
    assert all(found[name] <= truth[name] for name in truth), found


RESULT = "open('result', 'w').write(json.dumps(seen, sort_keys=True, default=str))\n"
FROM_APP = "lambda code: code.co_filename.endswith('app.py')"

# name: the program, and since when Python has what it needs.
PROGRAMS = {
    "settrace": ((3, 11), """
        seen = []
        def trace(frame, event, arg):
            if frame.f_code.co_filename.endswith("app.py"):
                seen.append([event, frame.f_code.co_name, frame.f_lineno])
                return trace
        sys.settrace(trace); app.fails(); app.work(4); list(app.numbers(3)); sys.settrace(None); app.main()
        """),
    "setprofile": ((3, 11), """
        seen = []
        def note(frame, event, arg):
            if frame.f_code.co_filename.endswith("app.py"):
                seen.append([event, frame.f_code.co_name, getattr(arg, "__name__", None)])
        sys.setprofile(note); app.fails(); app.work(4); list(app.numbers(3)); sys.setprofile(None); app.main()
        """),
    "threading_setprofile": ((3, 11), """
        import threading
        seen = []
        def note(frame, event, arg):
            if frame.f_code.co_filename.endswith("app.py"):
                seen.append([event, frame.f_code.co_name])
        threading.setprofile(note); threading.settrace(lambda f, e, a: None)
        t = threading.Thread(target=app.work, args=(5,)); t.start(); t.join()
        threading.setprofile(None); threading.settrace(None); app.main()
        """),
    "cprofile_inside": ((3, 11), """
        import cProfile, pstats
        profile = cProfile.Profile(); profile.enable(); app.fails(); app.work(7); list(app.numbers(3)); profile.disable()
        seen = sorted([str(k), v[0], v[1]] for k, v in pstats.Stats(profile).stats.items())
        app.main()
        """),
    "cprofile_twice": ((3, 11), """
        import cProfile
        seen = []
        with cProfile.Profile() as one:
            try:
                with cProfile.Profile() as two: app.work(3)
            except ValueError as e: seen.append(str(e))
        seen += sorted([e.code.co_name, e.callcount] for e in one.getstats() if hasattr(e.code, "co_name"))
        app.main()
        """),
    "profile": ((3, 11), """
        import profile, pstats
        p = profile.Profile(bias=0); p.runcall(app.work, 9); p.create_stats()
        seen = sorted([str(k), v[0], v[1]] for k, v in p.stats.items()); app.main()
        """),
    "tracemalloc": ((3, 11), """
        import tracemalloc
        tracemalloc.start(5)
        kept = [bytes(100 + i) for i in range(50)]; made = app.work(5); app.main()
        stats = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, __file__, 5)]).statistics("lineno")
        seen = sorted([s.traceback[0].lineno, s.size, s.count] for s in stats if s.traceback[0].lineno == 4)
        seen.append(tracemalloc.get_object_traceback(kept[3]).format())
        """),
    "faulthandler": ((3, 11), """
        import faulthandler, signal
        faulthandler.enable(); faulthandler.register(signal.SIGUSR1); faulthandler.dump_traceback_later(50)
        def f(n): return f(n - 1) if n else signal.raise_signal(signal.SIGUSR1)
        f(4); faulthandler.cancel_dump_traceback_later(); app.main(); seen = faulthandler.is_enabled()
        """),
    "bdb": ((3, 11), """
        import bdb
        seen = []
        class B(bdb.Bdb):
            def user_line(self, frame): seen.append([frame.f_code.co_name, frame.f_lineno])
            def user_exception(self, frame, info): seen.append(info[0].__name__)
        b = B(); b.runcall(app.fails); b.runcall(app.work, 3); app.main()
        """),
    "trace": ((3, 11), """
        import trace
        t = trace.Trace(count=1, trace=0, countfuncs=0); t.runfunc(app.work, 6)
        seen = sorted([k[1], v] for k, v in t.results().counts.items() if k[0].endswith("app.py")); app.main()
        """),
    "monitoring_tool": ((3, 12), """
        m, E, seen = sys.monitoring, sys.monitoring.events, []
        m.use_tool_id(1, "another")
        def note(kind):
            def on(code, *rest):
                if code.co_filename.endswith("app.py"): seen.append([kind, code.co_name, str(rest[0])])
            return on
        for kind in "LINE", "PY_START", "PY_RETURN", "PY_YIELD", "PY_RESUME", "RAISE", "PY_UNWIND", "CALL":
            m.register_callback(1, getattr(E, kind), note(kind))
        m.set_events(1, E.LINE | E.PY_START | E.PY_RETURN | E.PY_YIELD | E.PY_RESUME | E.RAISE | E.PY_UNWIND | E.CALL)
        app.fails(); app.work(4); list(app.numbers(3)); m.set_events(1, 0); m.free_tool_id(1); app.main()
        """),
    "monitoring_disables": ((3, 12), """
        m, E, seen = sys.monitoring, sys.monitoring.events, []
        m.use_tool_id(5, "another")
        def on(code, at):
            if code.co_filename.endswith("app.py"): seen.append([code.co_name, at])
            return m.DISABLE
        m.register_callback(5, E.PY_START, on); m.register_callback(5, E.LINE, on)
        m.set_local_events(5, app.leaf.__code__, E.LINE); m.set_events(5, E.PY_START)
        app.work(4); app.work(5); m.restart_events(); app.work(2); m.set_events(5, 0); m.free_tool_id(5); app.main()
        """),
    "every_other_tool_id": ((3, 12), """
        seen = []
        for n in 0, 1, 2, 5: sys.monitoring.use_tool_id(n, "x"); sys.monitoring.set_events(n, 1)
        try: sys.monitoring.use_tool_id(6, "x")
        except ValueError as e: seen.append(str(e))
        app.main()
        """),
    "line_profiler": ((3, 11), """
        import line_profiler
        p = line_profiler.LineProfiler(app.work, app.leaf); p.enable(); app.work(9); p.disable(); app.main()
        seen = sorted([k[2], [[l, n] for l, n, _ in v]] for k, v in p.get_stats().timings.items())
        """),
}
# What main() and the tool's own part call in each.
CALLED = {
    "settrace": {"leaf": 1 + 4 + 3, "work": 1 + 3, "numbers": 1, "fails": 1},
    "setprofile": {"leaf": 1 + 4 + 3, "work": 1 + 3, "numbers": 1, "fails": 1},
    "threading_setprofile": {"leaf": 5, "work": 1},
    "cprofile_inside": {"leaf": 1 + 7 + 3, "work": 1 + 3, "numbers": 1, "fails": 1},
    "cprofile_twice": {"leaf": 3, "work": 1},
    "profile": {"leaf": 9, "work": 1},
    "tracemalloc": {"leaf": 5, "work": 1},
    "bdb": {"leaf": 1 + 3, "work": 1, "fails": 1},
    "trace": {"leaf": 6, "work": 1},
    "monitoring_tool": {"leaf": 1 + 4 + 3, "work": 1 + 3, "numbers": 1, "fails": 1},
    "monitoring_disables": {"leaf": 4 + 5 + 2, "work": 3},
    "line_profiler": {"leaf": 9, "work": 1},
}


def since(version, needed, what):
    if version < needed:
        pytest.skip(f"{what} is of Python {'.'.join(map(str, needed))} and later")


@pytest.mark.smoke
@pytest.mark.long
@pytest.mark.parametrize("name", PROGRAMS)
def test_in_the_program(both, python_version, name):
    needed, text = PROGRAMS[name]
    since(python_version, needed, name)
    program = INSIDE + textwrap.dedent(text) + RESULT
    under, report = both("tool.py", files={"tool.py": program}, blur=r"0x[0-9a-f]+")
    assert under[3] not in (None, "None", "[]")
    truth = {f: n + CALLED.get(name, {}).get(f, 0) for f, n in TRUTH.items()}
    if name == "cprofile_twice" and "already" in under[3]:  # since 3.12; was refused before it ran
        truth["leaf"], truth["work"] = truth["leaf"] - 3, truth["work"] - 1
    assert_ours(report, python_version, truth)


@pytest.mark.smoke
@pytest.mark.long
@pytest.mark.parametrize("core", ["ctrace", "sysmon", "pytrace"])
@pytest.mark.parametrize("branch", [(), ("--branch",)], ids=["lines", "branches"])
def test_coverage(both, python_version, core, branch):
    if core == "sysmon":
        since(python_version, (3, 14) if branch else (3, 12), "coverage's sysmon core")
    script = """
        import sys, json, coverage
        from coverage.cmdline import main
        status = main(["run", *sys.argv[1:], "--concurrency=thread", "app.py"])
        main(["json", "-q", "-o", "result.json"])
        found = json.load(open("result.json")); del found["meta"]["timestamp"]
        open("result", "w").write(json.dumps([status, found], sort_keys=True))
        """
    under, report = both("cover.py", *branch, files={"cover.py": script}, env={"COVERAGE_CORE": core})
    assert '"percent_statements_covered": 100.0' in under[3] and under[2] == ""
    assert_ours(report, python_version)


PDB = "b app.py:6\nc\np n\nw\nc\np i\nu\np i\ncl 1\nb fails\nc\nn\nn\nr\nq\n"


@pytest.mark.smoke
def test_pdb(both, python_version):
    under, report = both("-m", "pdb", "app.py", stdin=PDB)
    assert "-> return [n].count(n)" in under[1] and "fails()" in under[1]
    assert_ours(report, python_version, {"main": 1, "fails": 1})


@pytest.mark.smoke
@pytest.mark.long
def test_breakpoint_and_post_mortem(both, python, python_version):
    program = "import app, pdb\napp.work(3)\nbreakpoint()\napp.work(2)\ntry: 1 / 0\nexcept ZeroDivisionError: pdb.post_mortem()\n"
    late = r"> \S+\(\d\)<module>\(\)\n-> (breakpoint|app.work)\(.*\n"
    if version_of(python) != "3.13.0":  # stops a line later there: doc/differences.md
        late = None
    under, report = both("tool.py", files={"tool.py": program}, stdin="c\nw\nc\n", blur=late)
    assert "-> try: 1 / 0" in under[1]
    assert_ours(report, python_version, {"work": 2, "leaf": 5})


@pytest.mark.smoke
@pytest.mark.long
def test_debugpy(sonde, python, python_version, clean_env, tools, run_sonde, tmp_path):
    """A client sets a breakpoint, meets it in the main thread, looks, and goes on."""
    (tmp_path / "app.py").write_text(APP)
    env = clean_env | {"PYTHONPATH": str(tools), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    out = tmp_path / "out.sonde"
    line = APP.splitlines().index("        return leaf(1)") + 1
    bare = debug([python], tmp_path, env, line)
    under = debug([sonde, "run", "-q", "-o", out, python], tmp_path, env, line)
    assert under == bare
    assert under["hit"][0] == ["fails", line] and under["value"] == "2"
    report = json.loads(run_sonde("report", "--json", out, check=True).stdout)
    assert_ours(report, python_version)  # what the debugger evaluates is no event


@pytest.mark.smoke
@pytest.mark.long
def test_cprofile_of_the_whole(both, python_version):
    script = """
        import json, pstats, runpy, subprocess, sys
        sys.argv = ["cProfile", "-o", "out.prof", "app.py"]
        try: runpy.run_module("cProfile", run_name="__main__", alter_sys=True)
        except SystemExit: pass
        stats = pstats.Stats("out.prof").stats
        seen = sorted([k[2], v[0], v[1]] for k, v in stats.items() if k[0].endswith("app.py"))
        open("result", "w").write(json.dumps(seen))
        """
    under, report = both("tool.py", files={"tool.py": script})
    assert "leaf" in under[3]
    assert_ours(report, python_version)


PYTEST = "import app\n" + "\n".join(
    f"def test_{n}():\n    assert app.work({n}) >= {n}" for n in range(4)) + "\ndef test_fails():\n    assert app.fails() == 2\n"


@pytest.mark.smoke
@pytest.mark.long
@pytest.mark.parametrize("cover", [(), ("--cov=app", "--cov-report=term-missing")], ids=["pytest", "pytest-cov"])
def test_pytest(both, python_version, cover):
    under, report = both("-m", "pytest", "-p", "no:cacheprovider", *cover, "test_app.py",
                         files={"test_app.py": PYTEST}, blur=r"in \d+\.\d+s|0x[0-9a-f]+|=====+")
    assert "1 failed, 4 passed" in under[1]
    assert_ours(report, python_version, {"leaf": 6 + 1, "work": 4, "fails": 1})


@pytest.mark.smoke
@pytest.mark.long
def test_sampling_profiler(both, python_version):
    if python_version >= (3, 15):
        pytest.skip("pyinstrument has no wheel for 3.15 yet")
    program = INSIDE + "import pyinstrument\np = pyinstrument.Profiler(); p.start(); app.work(9); p.stop()\n" + \
        "app.main(); seen = [p.last_session.sample_count >= 0]\n" + RESULT
    _, report = both("tool.py", files={"tool.py": program})
    assert_ours(report, python_version, TRUTH | {"leaf": TRUTH["leaf"] + 9, "work": TRUTH["work"] + 1})


@pytest.mark.smoke
@pytest.mark.long
def test_viztracer(both, python_version):
    if python_version >= (3, 15):
        pytest.skip("viztracer has no wheel for 3.15 yet")
    program = INSIDE + textwrap.dedent("""
        import collections, viztracer
        t = viztracer.VizTracer(output_file="t.json", verbose=0); t.start(); app.work(9); app.fails(); t.stop()
        t.parse(); names = [e["name"] for e in t.data["traceEvents"] if e["ph"] == "X"]
        seen = sorted(collections.Counter(n for n in names if "app.py" in n or "builtin" in n).items()); app.main()
        """) + RESULT
    under, report = both("tool.py", files={"tool.py": program})
    assert "leaf" in under[3]
    assert_ours(report, python_version, TRUTH | {"leaf": TRUTH["leaf"] + 10, "work": TRUTH["work"] + 1, "fails": 2})


@pytest.mark.smoke
def test_every_tool_id_taken(run_sonde, python, python_version, clean_env, tmp_path):
    """Nothing is left for sonde: the program runs as ever, and one line says why alone."""
    since(python_version, (3, 12), "sys.monitoring")
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nfor n in range(6): sys.monitoring.use_tool_id(n, 'other')\n")
    why = "sys.monitoring's tools 3, 4 and 5 are taken by others"
    done = run_sonde("run", "-o", "out", "--python", python, "app.py", env=clean_env | {"PYTHONPATH": "."})
    assert (done.returncode, done.stdout) == (0, "215 1 10\n")
    assert why in done.stderr and done.stderr.count("\n") == 1
    report = run_sonde("report", "out.sonde")
    assert report.returncode == 1 and why in report.stderr and report.stderr.count("\n") == 1


@pytest.mark.smoke
@pytest.mark.long
def test_sonde_under_sonde(both, python, python_version, sonde):
    """Two of us: the inner one has the program, and the outer one the launcher's end."""
    script = f"""
        import subprocess, sys
        done = subprocess.run([{str(sonde)!r}, "run", "-q", "-o", "inner.sonde", sys.executable, "app.py"])
        sys.exit(done.returncode)
        """
    both("outer.py", files={"outer.py": script})
