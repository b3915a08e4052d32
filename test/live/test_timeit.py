# SPDX-License-Identifier: Apache-2.0
"""sonde timeit: timeit's options and habits, statements beside each other, other Pythons, the object in Python."""

import json
import pathlib
import re
import subprocess

import jsonschema
import pytest

from counting import package_of, packages_in

QUICK = ["--no-why", "-n", "200", "-r", "3"]


@pytest.fixture
def timed(run_sonde, python, root):
    """timed(*words): the JSON of sonde timeit, which is valid."""
    schema = json.loads((root / "doc/schema/timeit.json").read_text())

    def timed(*words, **options):
        done = run_sonde("timeit", "--json", "--python", python, *words, **options)
        assert (done.returncode, done.stderr) == (0, "")
        data = json.loads(done.stdout)
        jsonschema.validate(data, schema)
        return data

    return timed


@pytest.fixture
def text(run_sonde, python):
    """text(*words): what sonde timeit prints."""

    def text(*words, **options):
        done = run_sonde("timeit", "--python", python, *words, **options)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return text


@pytest.mark.smoke
def test_two_statements(timed, python_version):
    data = timed("--no-why", "sum(range(100))", "sum(range(200))", "-r", "3")
    assert data["python"]["version"].startswith("%d.%d." % python_version)
    a, b = data["statements"]
    for each in (a, b):
        ns = each["ns"]
        assert 0 < ns["min"] <= ns["median"] and ns["ci95"][0] <= ns["median"] <= ns["ci95"][1]
        assert each["timeit_ns"] > ns["min"] and not each["waits"]
    [c] = data["comparisons"]
    assert (c["a"], c["b"], c["verdict"]) == (0, 1, "a faster")
    assert 1.3 < c["ci95"][0] <= c["ratio"] <= c["ci95"][1] < 3
    assert data["launches"] == 3 and data["rounds"] >= 8 and 0 < data["statements"][0]["loops"]


def test_the_same_twice(timed):
    [c] = timed("--no-why", "x + 1", "x + 1", "-s", "x = 1")["comparisons"]
    assert c["verdict"] == "no difference proven"
    assert c["ci95"][0] < 1 < c["ci95"][1] or abs(c["ratio"] - 1) < 0.05


@pytest.mark.parametrize("words, setups, turns", [
    (["-n", "7", "-r", "3"], 3, 21), (["-n", "1", "-r", "1"], 1, 1), (["-n", "50", "-r", "0"], 1, 50),
    (["--number=5", "--repeat=2"], 2, 10)])
def test_number_and_repeat_are_kept(timed, tmp_path, words, setups, turns):
    setup = f"import os; fd = os.open({str(tmp_path / 'told')!r}, os.O_CREAT | os.O_APPEND | os.O_WRONLY)"
    timed("--no-why", *words, "-s", setup, "-s", "w = os.write; w(fd, b's')", "w(fd, b'.')")
    told = (tmp_path / "told").read_text()
    assert (told.count("s"), told.count(".")) == (setups, turns)


def test_setup_is_of_lines(timed):
    timed(*QUICK, "-s", "def f(x):", "-s", "    return x + 1", "-s", "y = 3", "f(y)")


def test_one_word_is_one_statement(timed):
    data = timed(*QUICK, "x = 1\nif x:\n    y = '''two\n  lines'''\n    assert len(y) == 11", "'a'  # a remark",
                 "for i in range(3):\n    continue")
    assert len(data["statements"]) == 3 and len(data["comparisons"]) == 2


def test_what_a_statement_finds(timed, tmp_path):
    """As under timeit: its modules, the current folder, a __main__ of its own."""
    (tmp_path / "loops.py").write_text("mine = 1")
    timed(*QUICK, "time.time(), gc.isenabled(), itertools.count, sys.path")
    timed(*QUICK, "-s", "import gc, sys; assert not gc.isenabled() and sys.path[0] in ('', '.'), sys.path\n"
                  "import loops; assert loops.mine\nassert __name__ == '__main__' and len(sys.argv) == 1", "1")


@pytest.mark.parametrize("unit, pattern", [("nsec", r"[\d.e+]+ nsec"), ("usec", r"[\d.]+ usec"),
                                           ("msec", r"[\d.e-]+ msec"), ("sec", r"[\d.e-]+ sec")])
def test_units(text, unit, pattern):
    assert re.match(rf"sum\(range\(1000\)\) +{pattern}   \(", text(*QUICK, "-r", "8", "-u", unit, "sum(range(1000))"))


def test_more_is_told(text):
    found = text("-v", *QUICK, "abs(1)", "abs(-1)")
    assert found.count("launches:") == 2 and "as timeit has it" in found and "of 200 loops" in found
    assert re.search(r"\d\.\d{4,} usec", text("-vvvv", *QUICK, "-u", "usec", "sum(range(999))"))


def test_process_time(timed):
    data = timed("-p", *QUICK, "time.sleep(0.001)", "-n", "3")
    assert data["statements"][0]["clock"] == "process CPU"
    assert data["statements"][0]["ns"]["median"] < 900_000


def test_what_waits(timed):
    data = timed("--no-why", "time.sleep(0.02)", "sum(range(1000))", "-r", "3")
    a, b = data["statements"]
    assert a["waits"] and a["clock"] == "wall" and not b["waits"] and b["clock"] == "thread CPU"
    assert 20e6 <= a["ns"]["median"] < 40e6 and a["ns"]["cpu"] < 5e6
    assert data["comparisons"][0]["verdict"] == "b faster"
    assert any(note.startswith("A waits: ") for note in data["notes"])


def test_what_is_left_behind(timed):
    data = timed("--no-why", "-r", "2", "-s", "kept = []", "kept.append(None)", "a = []; a.append(a)", "a = []")
    grown, cyclic, none = (each["left_behind"] for each in data["statements"])
    assert 5 < grown["bytes"] < 20 and grown["cyclic_objects"] == 0
    assert cyclic["cyclic_objects"] == 1
    assert none["cyclic_objects"] == 0 and none["blocks"] < 0.01
    assert [note.split(":")[0][:8] for note in data["notes"] if not note.startswith(("This", "C "))] \
        == ["A grows", "B leaves"]
    data = timed("--no-why", "-r", "2", "-s", "gc.enable()", "a = []; a.append(a)")
    assert any("switched the garbage collector on" in note for note in data["notes"])


def test_nothing_beside_the_loop(timed, text):
    data = timed("--no-why", "", "pass", "sum(range(50))")
    assert [each["ns"]["median"] < 1 for each in data["statements"]] == [True, True, False]
    assert data["comparisons"][1]["ratio"] is None and data["comparisons"][1]["verdict"] == "a faster"
    assert data["comparisons"][1]["difference_ns"] > 100
    assert "(empty)" in text("--no-why", "-r", "2", "")


def test_functions_of_a_file(timed, tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "near.py").write_text("n = 40\n")
    (folder / "app.py").write_text("import near\nassert __name__ == 'app', __name__\ndef work(n=near.n):\n"
                                   "    return list(range(n))\nclass Feed:\n    @staticmethod\n    def parse(n):\n"
                                   "        return work(n)\n")
    data = timed("app/app.py:work", "app/app.py:Feed.parse(400)", *QUICK, "-r", "5")
    assert [each["statement"] for each in data["statements"]] == ["app/app.py:work", "app/app.py:Feed.parse(400)"]
    assert data["comparisons"][0]["verdict"] == "a faster"
    assert not list(tmp_path.rglob("__pycache__/app.*"))


def test_across_pythons(run_sonde, request):
    pythons = [path for path, _ in request.config.sonde_pythons][:2]
    if len(pythons) < 2:
        pytest.skip("there is one Python")
    versions = [version for _, version in request.config.sonde_pythons][:2]
    done = run_sonde("timeit", "--json", "--no-why", "--across", ",".join(pythons), "sum(range(50))", "abs(1)",
                     check=True)
    data = json.loads(done.stdout)
    assert [each["version"] for each in data["pythons"]] == versions
    assert [(each["statement"], each["python"]) for each in data["statements"]] == [
        ("sum(range(50))", 0), ("abs(1)", 0), ("sum(range(50))", 1), ("abs(1)", 1)]
    assert [(c["a"], c["b"]) for c in data["comparisons"]] == [(0, 2), (1, 3), (0, 1), (2, 3)]
    assert [c["verdict"] for c in data["comparisons"][2:]] == ["b faster"] * 2
    again = run_sonde("timeit", "--no-why", "--across", ",".join(pythons), "abs(1)", *QUICK, check=True).stdout
    assert all(re.search(rf"^{re.escape(version)} +abs\(1\)", again, re.M) for version in versions)


def test_what_it_prints_is_dropped(text, timed):
    shown = text(*QUICK, "print('x' * 1000); sys.stderr.write('y')")
    assert "xxx" not in shown.split("\n", 1)[1]
    assert timed(*QUICK, "import os; os.write(1, b'x'); os.write(2, b'y')")


def test_what_the_setup_says_on_stderr_is_shown_once(run_sonde, python):
    done = run_sonde("timeit", "--python", python, *QUICK, "-s", "sys.stderr.write('told\\n')", "1")
    assert (done.returncode, done.stderr) == (0, "told\n")
    done = run_sonde("timeit", "--python", python, *QUICK, "len is 1")  # what the compiler warns of, as well
    assert (done.returncode, done.stderr.count("SyntaxWarning")) == (0, 1), done.stderr


def test_forms_of_output(run_sonde, python, tmp_path):
    done = run_sonde("timeit", "--python", python, "--markdown", *QUICK, "-r", "8", "sum(range(9))", "a = '|<b>*'")
    lines = done.stdout.splitlines()
    assert lines[0] == "|  | statement | time | 95 % |" and lines[2].startswith("| A | <code>sum(range(9))</code> | ")
    assert "&#124;&#60;b&#62;&#42;" in lines[3]
    done = run_sonde("timeit", "--python", python, *QUICK, "1", "-o", "out.txt")
    assert (done.stdout, done.returncode) == ("", 0) and (tmp_path / "out.txt").read_text().startswith("1 ")
    shown = json.loads(run_sonde("timeit", "--python", python, "--json", "--with-text", *QUICK, "1").stdout)
    assert shown["text"].startswith("1 ")


@pytest.mark.parametrize("words", [["-n", "200"], ["--no-why", "-n", "1", "-r", "1"]])
def test_older_pythons(run_sonde, sonde, words):
    """Timed they are from 3.6 on."""
    versions = pathlib.Path.home() / ".pyenv/versions"
    for path in [next(versions.glob(f"{v}.*/bin/python3"), None) for v in ("3.6", "3.8", "3.10")]:
        if path:
            data = json.loads(run_sonde("timeit", "--json", "--python", path, "sum(range(10))", *words).stdout)
            assert data["statements"][0]["ns"]["median"] > 50
            assert data["statements"][0].get("method", "none") == "none"
    package = package_of(sonde)
    assert not [path for path in package.glob("timing/**/*.pyc") if re.search(r"cpython-3[6-9]\.|cpython-310", path.name)]


@pytest.mark.wide
def test_in_python(python, sonde, clean_env, tmp_path):
    (tmp_path / "app.py").write_text("""
import sonde
def work():
    return sum(range(100))
if __name__ == "__main__":
    r = sonde.timeit("x + 1", "sum(range(x))", setup="x = 200", why=False)
    print(r)
    assert repr(r) == r.text.rstrip() and "A is faster" in repr(r), r
    a, b = r.statements
    assert 0 < a.median < b.median < 1e-4 and b.ci95[0] <= b.median <= b.ci95[1] and a.statement == "x + 1"
    [c] = r.comparisons
    assert (c.a, c.b, c.verdict) == (0, 1, "a faster") and c.ratio > 2, c.data
    assert "a faster" in repr(c) and "x + 1" in repr(a)
    assert sonde.timeit(work, why=False, number=100, repeat=3).statements[0].min > 0
    for wrong, error in ((("1 / 0",), RuntimeError), ((), ValueError), ((lambda: 1,), TypeError)):
        try:
            sonde.timeit(*wrong, why=False)
        except error as e:
            print(type(e).__name__, str(e).splitlines()[-1])
        else:
            raise AssertionError(wrong)
""")
    env = clean_env | {"PYTHONPATH": str(packages_in(tmp_path, sonde)), "PYTHONDONTWRITEBYTECODE": "1",
                       "PATH": f"{pathlib.Path(sonde).absolute().parent}:{clean_env['PATH']}"}
    done = subprocess.run([python, "app.py"], cwd=tmp_path, env=env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "RuntimeError sonde: cannot time: the statement: ZeroDivisionError: division by zero" in done.stdout
    assert "ValueError sonde: nothing to time" in done.stdout


def test_a_program_that_times_itself(python, sonde, clean_env, tmp_path):
    """Its file runs where a function of it is timed: told, not run for ever."""
    (tmp_path / "app.py").write_text("import sonde\ndef f(): pass\nsonde.timeit(f)\n")
    env = clean_env | {"PYTHONPATH": str(packages_in(tmp_path, sonde)), "PYTHONDONTWRITEBYTECODE": "1",
                       "PATH": f"{pathlib.Path(sonde).absolute().parent}:{clean_env['PATH']}"}
    done = subprocess.run([python, "app.py"], cwd=tmp_path, env=env, text=True, capture_output=True, timeout=60)
    assert done.returncode == 1 and "put it under if __name__ == '__main__'" in done.stderr


def test_agrees_with_timeit(timed, python):
    """The least of each, with the loop; beside each other, on a machine that may be busy."""
    code = "import timeit; print(min(timeit.repeat('sum(range(1000))', number=200, repeat=300)) / 200 * 1e9)"
    ours, theirs = [], []
    for _ in range(2):
        theirs.append(float(subprocess.run([python, "-c", code], check=True, stdout=subprocess.PIPE).stdout))
        ours.append(timed("--no-why", "-r", "2", "sum(range(1000))")["statements"][0]["timeit_ns"])
    assert min(ours) == pytest.approx(min(theirs), rel=0.15)


