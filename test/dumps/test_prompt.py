# SPDX-License-Identifier: Apache-2.0
"""sonde pstats answers as python -m pstats does, byte for byte; and tree and diff beside it."""

import marshal
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from .pythons import NEWEST, PYTHONS

SCRIPTS = [
    "", "\n\n", "help\n", "?\n", "quit\n", "EOF\nstats\n", "stats 3",
    "stats 3\n\n\nsort time\nstats 5\nreverse\nstats 4\ncallers 3 m\ncallees .2\nstats (\n",
    "?sort\nhelp nothing\nhelp help\n!ls\n%%\nfoo bar\n  sort   cum\nsort\nsort cu\nstats 3\nsort calls name\nstats 3\n",
    "read\nread two.prof\nstats 2\nread\nadd three.prof\nstats 2\nadd nothing.prof\nread nothing\nadd .\nread .\nadd\n"
    "callees 3\nadd one.prof\ncallees 3\nstrip\ncallees 3\nquit\nstats\n",
    "stats 1.5 -1 nan inf 0.5 1.0 3\nstats 1_0\r\nstats 0x10\nstats 1e-2\nstats 007\n stats\t2 \nstats5\nstats(5)\n\nEOF",
    "stats 1e-05 .5\nstats 0.30000000000000004\nstats \\bf 'a\"b\nstats a'b\nstats ä\nstats 1e400 2\nstats 1__0 +3\n",
    "stats -inf Infinity NaN 2\nstats 1e999 -0.0 2\nstats 5. 2\nstats .\nstats e5\nstats 1e5\nstats 0_1.0_1\n",
    "".join(f"help {topic}\n" for topic in ("add callees callers EOF quit read reverse sort stats strip help".split())),
    "sort time extra\nsort time\nsort 1\nsort file line\nstats 2\nreverse\nstats 2\nadd two.prof\nstats 2\nreverse\nstats 2",
    "stats 2\rstats 1\r\n\r\nsort nfl\n?\n? sort\nhelp  sort \n\x1cstats 1\x1f\n", "stats 2\r",
]
FILES = [[], ["one.prof"], ["two.prof", "one.prof"], ["nothing.prof", "one.prof"], ["one.prof", "nothing.prof"],
         ["empty.prof"], ["one.prof", "three.prof", "two.prof"]]
if tuple(map(int, NEWEST.split("."))) < (3, 15):
    FILES.remove(["empty.prof"])  # an older pstats refuses one


@pytest.fixture
def dumps(dumps_of, tmp_path):
    folder = dumps_of(NEWEST)
    for name, of in ("one", "classes-cprofile"), ("two", "recursion-cprofile"), ("three", "names-cprofile"):
        (tmp_path / f"{name}.prof").write_bytes((folder / f"{of}.prof").read_bytes())
    if (folder / "classes-sampled.prof").exists():
        (tmp_path / "sampled.prof").write_bytes((folder / "classes-sampled.prof").read_bytes())
    (tmp_path / "empty.prof").write_bytes(marshal.dumps({}))
    return tmp_path


def check(sonde, clean_env, folder, files, script):
    told = []
    for command in [PYTHONS[NEWEST], "-m", "pstats", *files], [sonde, "pstats", *files]:
        done = subprocess.run(command, input=script.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
                              env=clean_env | {"PYTHONUTF8": "1"}, timeout=60)
        told.append((done.stdout, done.returncode, done.stderr))
    assert told[1] == told[0]


@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_scripts(sonde, clean_env, dumps, number):
    for files in FILES[number % 3::3] + FILES[1:2]:
        check(sonde, clean_env, dumps, files, SCRIPTS[number])


@pytest.mark.long
@pytest.mark.parametrize("files", FILES, ids=" ".join)
def test_all_scripts_on_all_files(sonde, clean_env, dumps, files):
    for script in SCRIPTS:
        check(sonde, clean_env, dumps, files, script)


@pytest.mark.skipif("3.15" not in PYTHONS, reason="there is no Python 3.15 here, whose sampler writes such files")
def test_what_a_sampler_wrote(sonde, clean_env, dumps):
    for script in ("stats 3\nsort samples\nstats 3\nsort calls\nsort sam\nsort nsamples name\nstats 2\nsort psamples\n"
                   "stats 2\ncallers 2\ncallees 2\nadd one.prof\nstats 3\nstrip\nstats 2\n",
                   "read one.prof\nsort samples\nsort calls\nstats 2\nread sampled.prof\nstats 2\n"):
        check(sonde, clean_env, dumps, ["sampled.prof"], script)


def answers(run_sonde, files, script):
    done = run_sonde("pstats", *files, input=script)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_what_is_no_dump_is_told(run_sonde, dumps):
    (dumps / "bad.prof").write_bytes(b"{(")
    text = answers(run_sonde, ["one.prof"], "read bad.prof\nadd bad.prof\nstats 1\n")
    assert "one.prof% cannot read profile: bad.prof: byte 1: marshal type '(' cut short" in text
    assert "one.prof% Failed to load statistics for bad.prof: cannot read profile: bad.prof: byte 1: " in text
    assert "List reduced from" in text  # what was there stays


def test_diff(run_sonde, dumps):
    before = {("/a/m.py", 1, "f"): (2, 2, 1.0, 1.0, {}), ("/a/m.py", 9, "moved"): (1, 1, 0.5, 0.5, {}),
              ("/a/m.py", 20, "gone"): (3, 3, 0.25, 0.25, {})}
    after = {("/a/m.py", 12, "moved"): (1, 4, 0.125, 0.5, {}), ("/a/m.py", 1, "f"): (2, 2, 3.0, 3.0, {}),
             ("/a/m.py", 30, "new"): (1, 1, 0.0625, 0.1, {})}
    (dumps / "b.prof").write_bytes(marshal.dumps(before))
    (dumps / "a.prof").write_bytes(marshal.dumps(after))
    (dumps / "a file.prof").write_bytes(marshal.dumps(after))
    of_all, of_one = ((
        done.stdout.partition(" More runs")[0] for done in
        (run_sonde("diff", "b.prof", "a.prof"), run_sonde("diff", "b.prof", "a.prof", "--strip-dirs", "-n", "1", "--only",
                                                          "[fn]"))))
    note = run_sonde("diff", "b.prof", "a.prof").stdout.rpartition("note: ")[2]
    text = answers(run_sonde, ["b.prof"], "diff a.prof\ndiff a file.prof\nstrip\ndiff a.prof 1 [fn]\ndiff\n"
                                          "diff none.prof\ndiff a.prof (\n")
    parts = text.split("b.prof% ")[1:]
    assert parts[0] == of_all + "note: " + note and "moved" in parts[0]
    assert parts[1] == parts[0].replace("a.prof", "a file.prof")
    assert parts[2:] == ["", of_one + "note: " + note, "diff what? (diff FILE compares with that file)\n",
                         "cannot read recording: none.prof: no such file\n",
                         "bad regular expression: diff '(': missing ), unterminated subpattern at character 1\n",
                         "\nGoodbye.\n"]


def test_diff_refuses_what_the_command_refuses(run_sonde, dumps):
    (dumps / "s.prof").write_bytes(marshal.dumps({("/x.py", 1, "f"): (1, 1, .1, .1, {}), ("__sampled__",): True}))
    (dumps / "p.prof").write_bytes(marshal.dumps({("/x.py", 1, "f"): (1, 1, .1, .1, {("/x.py", 2, "g"): 1})}))
    (dumps / "c.prof").write_bytes(marshal.dumps({("/x.py", 1, "f"): (1, 1, .1, .1, {("/x.py", 2, "g"): (1, 1, .1, .1)})}))
    for name, said in ("s.prof", "cannot compare: c.prof: counted, s.prof: sampled"), (
            "p.prof", "cannot compare: c.prof: by cProfile, p.prof: by the module profile"):
        text = answers(run_sonde, ["c.prof"], f"diff {name}\n")
        assert text.split("c.prof% ")[1].startswith(said) and run_sonde("diff", "c.prof", name).returncode == 2


def test_tree(run_sonde, dumps):
    (dumps / "app.py").write_text("def f(): pass\ndef g(): f()\nfor n in range(3): g()\n")
    assert run_sonde("run", "-q", "-o", "app", "app.py").returncode == 0
    text = answers(run_sonde, ["app.sonde"], "tree f\ntree [\ntree nosuch\nadd one.prof\ntree\nstats 1\n")
    paths, bad, none = text.split("app.sonde% ")[1:4]
    assert bad.startswith("bad regular expression: tree '[': ") and " functions matches.\n" in none
    assert re.search(r" 1   <module>  app.py:1\n.* 3     g  app.py:2\n.* 3       f  app.py:1\n", paths)
    assert "No call paths: one.prof keeps callers alone (sonde run records paths).\n" in text


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command, folder, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(command[0], command, env | {"TERM": "xterm"})
        self.text = ""

    def wait_for(self, text, begin=0):
        end = time.monotonic() + 20
        while text not in self.text[begin:]:
            assert time.monotonic() < end, self.text
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    self.text += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    break
        assert text in self.text[begin:], self.text

    def send(self, text, expected):
        begin = len(self.text)
        os.write(self.fd, text.encode())
        self.wait_for(expected, begin)
        return self.text[begin:]

    def end(self):
        while True:
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                more = b""
            if not more:
                break
            self.text += more.decode(errors="replace")
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.fixture
def terminal(sonde, clean_env, dumps):
    t = Terminal([sonde, "pstats", "one.prof"], dumps, clean_env)
    t.wait_for("Welcome to the profile statistics browser.")
    t.wait_for("one.prof% ")
    return t


def test_on_a_terminal(terminal, run_sonde):
    expected = run_sonde("report", "--pstats", "-n", "2", "one.prof").stdout.replace("\n", "\r\n")
    assert expected in terminal.send("stats 2\n", "one.prof% ")
    assert "diff  tree" in terminal.send("help\n", "strip")  + terminal.send("\n", "diff  tree")
    assert "Ordered by: internal time" in terminal.send("so\tti\t\nstats 1\n", "Ordered by")
    assert "stats  strip" in terminal.send("st\t\t", "stats  strip")
    terminal.send("a\t 1\n", "List reduced")
    terminal.send("sort n\t", "name  nfl")
    # Before the next prompt the terminal edits lines itself, and a ^D would be its own.
    terminal.send("\x15help q\t\n", "Leave the profile browser.\r\none.prof% ")
    begin = terminal.send("\x1b[A\n", "Leave the profile browser.\r\none.prof% ")  # the line before
    assert "help quit" in begin
    os.write(terminal.fd, b"\x04")
    terminal.wait_for("Goodbye.")
    assert terminal.end() == 0


def test_what_is_typed_is_utf_8_in_any_locale(sonde, clean_env, dumps):
    """As Python takes it: no locale, or the plain one, means UTF-8."""
    (dumps / "caf\u00e9.prof").write_bytes((dumps / "one.prof").read_bytes())
    terminal = Terminal([sonde, "pstats"], dumps, clean_env | {"LC_ALL": "C"})
    terminal.wait_for("% ")
    terminal.send("read caf\u00e9.prof\n", "caf\u00e9.prof% ")
    terminal.send("quit\n", "Goodbye.")
    assert terminal.end() == 0


def test_an_interrupt_ends_it_silently(terminal, sonde, clean_env, dumps):
    before = len(terminal.text)
    os.write(terminal.fd, b"sta\x03")
    assert terminal.end() == 0
    assert "Goodbye" not in terminal.text[before:] and "sonde" not in terminal.text[before:]
    with subprocess.Popen([sonde, "pstats", "one.prof"], cwd=dumps, env=clean_env, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        said = b""
        while not said.endswith(b"one.prof% "):
            said += os.read(process.stdout.fileno(), 4096)
        process.send_signal(signal.SIGINT)
        assert (*process.communicate(timeout=20), process.returncode) == (b"", b"", 0)


def test_an_interrupt_stops_what_is_printed(sonde, clean_env, tmp_path):
    """On a terminal, and into a pipe that nobody reads any more: at once, as python does."""
    stats = {(f"/srv/m{n}.py", n, f"f{n}"): (1, 1, 0.5, 0.5, {}) for n in range(50_000)}
    (tmp_path / "one.prof").write_bytes(marshal.dumps(stats))
    terminal = Terminal([sonde, "pstats", "one.prof"], tmp_path, clean_env)
    terminal.wait_for("one.prof% ")
    terminal.send("stats\n", "ncalls")
    os.write(terminal.fd, b"\x03")
    begin = len(terminal.text)
    assert terminal.end() == 0 and len(terminal.text) - begin < 500_000  # of 3.4 million
    with subprocess.Popen([sonde, "pstats", "one.prof"], cwd=tmp_path, env=clean_env, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(b"stats\n")
        process.stdin.flush()
        while b"ncalls" not in process.stdout.read1(4096):
            pass
        time.sleep(0.1)  # it waits for the pipe to be read
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_a_full_device_is_told(run_sonde, dumps):
    with open("/dev/full", "wb") as full:
        done = run_sonde("pstats", "one.prof", input="stats\n", stdout=full)
    assert (done.returncode, done.stderr) == (1, "sonde: cannot write: standard output: No space left on device\n")
