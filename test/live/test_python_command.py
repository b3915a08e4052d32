# SPDX-License-Identifier: Apache-2.0
"""python -m sonde.profile: cProfile's command line, and the program as it is alone."""

import marshal
import signal
import subprocess

import pytest

from counting import packages_in

pytestmark = pytest.mark.smoke


@pytest.fixture
def start(python, sonde, clean_env, tmp_path):
    """start(*words): what `python *words` gave, with sonde installed."""
    env = clean_env | {"PYTHONPATH": str(packages_in(tmp_path, sonde))}

    def start(*words, **options):
        settings = {"cwd": tmp_path, "env": env, "text": True, "timeout": 60, "stdin": subprocess.DEVNULL,
                    "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.run([python, *map(str, words)], **{**settings, **options})

    return start


def app(folder, text, name="app.py"):
    (folder / name).write_text(text)
    return name


@pytest.mark.parametrize("text", [
    "print('as it is')", "import sys; sys.exit(3)", "import sys; sys.exit('a reason')", "raise SystemExit",
    "import os; os._exit(4)", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "import sys; sys.stderr.write('told\\n')", "import atexit; atexit.register(print, 'at the end')",
    "print(__name__, __file__, __builtins__.__name__, __spec__, __package__)",
    "import sys; print(sys.argv, sys.path[0])",
    "import sys; print(sys.modules['__main__'].__dict__ is globals())",
    "import threading; threading.Thread(target=print, args=('late',)).start()"])
def test_program_is_as_alone(start, text, tmp_path):
    alone = start(app(tmp_path, text), "-x", "word")
    ours = start("-m", "sonde.profile", "-o", "out.pstats", "app.py", "-x", "word")
    assert (ours.returncode, ours.stdout, ours.stderr) == (alone.returncode, alone.stdout, alone.stderr)


def test_an_error_is_told_as_alone_behind_the_report(start, tmp_path):
    app(tmp_path, "def f():\n    return 1 / 0\n\nf()\n")
    ours, alone = start("-m", "sonde.profile", "app.py"), start("app.py")
    assert ours.returncode == alone.returncode == 1
    assert ours.stderr.replace(str(tmp_path) + "/", "") == alone.stderr.replace(str(tmp_path) + "/", "")
    assert "app.py:1(f)" in ours.stdout


def test_interrupted_it_dies_of_the_signal(start, tmp_path):
    app(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGINT)")
    ours, alone = start("-m", "sonde.profile", "app.py"), start("app.py")
    assert ours.returncode == alone.returncode == -signal.SIGINT
    assert ours.stderr.replace(str(tmp_path) + "/", "") == alone.stderr.replace(str(tmp_path) + "/", "")


def test_the_report_goes_where_cprofiles_goes(start, tmp_path):
    app(tmp_path, "print('first')")
    lines = start("-m", "sonde.profile", "-s", "name", "app.py").stdout.splitlines()
    assert lines[0] == "first" and lines[1].strip().endswith("seconds")
    assert "   Ordered by: function name" in lines
    assert "   Ordered by: cumulative time" in start("-m", "sonde.profile", "app.py").stdout


def test_the_file_is_found_after_a_chdir(start, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    app(tmp_path, "import os\nos.chdir('elsewhere')\n")
    assert start("-m", "sonde.profile", "-o", "out.pstats", "app.py").returncode == 0
    with open(tmp_path / "out.pstats", "rb") as file:
        stats = marshal.load(file)
    assert ("~", 0, "<built-in method posix.chdir>") in stats


def test_a_module_with_words(start, tmp_path):
    (tmp_path / "package").mkdir()
    app(tmp_path / "package", "")
    app(tmp_path / "package", "import sys; print(__name__, __package__, sys.argv[1:])", "__main__.py")
    done = start("-m", "sonde.profile", "-o", "out.pstats", "-m", "package", "-v", "word")
    assert (done.stdout, done.returncode) == ("__main__ package ['-v', 'word']\n", 0)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_are_pickled(start, method, tmp_path):
    app(tmp_path, f"""
import multiprocessing

class Work:
    def __call__(self, x):
        return x * x

if __name__ == "__main__":
    multiprocessing.set_start_method({method!r})
    with multiprocessing.Pool(2) as pool:
        print(pool.map(Work(), range(4)))
""")
    done = start("-m", "sonde.profile", "-o", "out.pstats", "app.py")
    assert (done.stdout, done.stderr, done.returncode) == ("[0, 1, 4, 9]\n", "", 0)


@pytest.mark.parametrize("words, told", [
    ([], "Usage: "), (["-s", "demo", "app.py"], "option -s: invalid choice: 'demo'"),
    (["--no-such", "app.py"], "no such option"), (["missing.py"], "missing.py")])
def test_usage(start, words, told, tmp_path):
    done = start("-m", "sonde.profile", *words)
    assert told in done.stdout + done.stderr
    assert done.returncode == (1 if words == ["missing.py"] else 2)
