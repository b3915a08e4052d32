# SPDX-License-Identifier: Apache-2.0
"""sonde time: many runs of a command, the report on stderr, what was counted; GNU time's figures and its formats."""

import csv
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time

import jsonschema
import pytest

GNU_TIME = "/usr/bin/time"


@pytest.fixture
def timed(run_sonde, root):
    """timed(*words): the JSON of sonde time, which is valid, and how sonde ended."""
    schema = json.loads((root / "doc/schema/time.json").read_text())

    def timed(*words, status=0, **options):
        done = run_sonde("time", "--json", *words, **options)
        assert done.returncode == status, done.stderr
        data = json.loads(done.stdout)
        jsonschema.validate(data, schema)
        return data

    return timed


@pytest.mark.smoke
def test_runs_and_report(run_sonde):
    done = run_sonde("time", "--no-why", "echo", "it's")
    assert (done.returncode, done.stdout) == (0, "it's\n")  # the first run's alone
    lines = done.stderr.splitlines()
    assert re.fullmatch(r"echo 'it'\\''s'   10 runs", lines[0])
    assert re.match(r"real +\d", lines[2]) and re.match(r"user .* system .* waiting ", lines[3])
    assert re.match(r"max memory [\d.]+ MB   page faults \d+ \(0 from disk\)   switches \d+$", lines[4])
    assert "status 0" in lines and all(len(line) <= 80 for line in lines)


def test_the_number_of_runs(timed, run_sonde, tmp_path):
    count = ["sh", "-c", "echo x >> runs"]
    runs = tmp_path / "runs"
    assert timed("--no-why", "-r", "4", "--warmup", "2", *count)["commands"][0]["runs"] == 4
    assert runs.read_text() == "x\n" * 6
    runs.unlink()
    assert timed("-r", "1", *count)["commands"][0]["runs"] == 1
    assert runs.read_text() == "x\n"  # once, and nothing more: neither followed nor recorded
    [slow] = timed("--no-why", "sleep", "1.1")["commands"]
    assert slow["runs"] == 3  # for three seconds


def test_times_are_true(timed):
    [c] = timed("--no-why", "-r", "5", sys.executable, "-c", "import time; time.sleep(0.3)")["commands"]
    assert 0.3e9 < c["wall_ns"]["min"] <= c["wall_ns"]["median"] < 0.8e9
    assert 0.28e9 < c["waiting"]["all_ns"] < 0.6e9
    [c] = timed("--no-why", "-r", "5", sys.executable, "-c", "x = bytearray(300 << 20); x[::4096] = x[::4096]")["commands"]
    assert 300 << 20 < c["max_rss_bytes"] < 340 << 20
    assert c["page_faults"] > (300 << 20) / 4096 / 600


def test_a_small_program_takes_little_memory(timed):
    """What fork gives the child of ours is less than any program takes: it does not count to its peak."""
    ours = timed("--no-why", "-r", "3", "true")["commands"][0]["max_rss_bytes"]
    gnu = int(subprocess.run([GNU_TIME, "-f", "%M", "true"], capture_output=True, text=True).stderr) * 1024
    assert ours <= gnu + (256 << 10)


COMMANDS = {
    "true": ["true"], "false": ["false"], "status": ["sh", "-c", "exit 7"],
    "sleep": ["sleep", "0.4"], "killed": ["sh", "-c", "kill -9 $$"], "terminated": ["sh", "-c", "kill $$"],
    "busy": [sys.executable, "-c", "for i in range(6000000): pass"],
    "system": ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=600000", "status=none"],
    "memory": [sys.executable, "-c", "bytes(200 << 20)"],
    "forks": ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; done"],
    "a child that is busy": ["sh", "-c", sys.executable + " -c 'for i in range(3000000): pass'; true"],
    "a pipeline": ["sh", "-c", "seq 300000 | sort -n | tail -1"],
    "parallel": ["sh", "-c", f"{sys.executable} -c 'for i in range(3000000): pass' & "
                             f"{sys.executable} -c 'for i in range(3000000): pass' & wait"],
    "writes": ["dd", "if=/dev/zero", "of=written", "bs=1M", "count=20", "conv=fsync", "status=none"],
    "reads": ["sh", "-c", "cat written > /dev/null"],
    "threads": [sys.executable, "-c", "import threading, time\nt = [threading.Thread(target=time.sleep, args=(0.2,)) "
                                      "for i in range(20)]\nfor x in t: x.start()\nfor x in t: x.join()"],
    "stopped": ["sh", "-c", "(sleep 0.2; kill -CONT $$) & kill -STOP $$; wait"],
    "switches": [sys.executable, "-c", "import time\nfor i in range(200): time.sleep(0.0005)"],
    "imports": [sys.executable, "-c", "import json, decimal, asyncio"],
    "words": ["echo", "-n", "a b", ""],
}


RUNS = 5
TIMES = "eUS"
SLACK = {"M": 300, "R": 12, "w": 400, "c": 1000, "F": 2, "I": 64, "O": 64}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_field_of_gnu_time(sonde, tmp_path, clean_env, name):
    """The same command under both by turns: what is exact is equal, the least of counts is near."""
    fields = "MFRWcwIOrskZxXDpKtC"
    form = "\x1e" + "\x1f".join("%" + field for field in fields)
    (tmp_path / "written").write_bytes(b"x" * 1000)

    def run(*tool):
        done = subprocess.run([*tool, "-f", form, *COMMANDS[name]], cwd=tmp_path, env=clean_env, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=60)
        before, _, line = done.stderr.partition("\x1e")
        return dict(zip(fields, line.split("\x1f"), strict=True)), (done.returncode, before, done.stdout)

    theirs, ours = zip(*[(run(GNU_TIME), run(sonde, "time")) for _ in range(RUNS)], strict=True)
    assert {str(o[1]) for o in ours} == {str(t[1]) for t in theirs}
    for field in fields:
        if field not in SLACK:
            assert {o[0][field] for o in ours} == {t[0][field] for t in theirs}, field
            continue
        a, b = (min(float(each[0][field]) for each in side) for side in (theirs, ours))
        assert abs(a - b) <= max(SLACK[field], 0.1 * max(a, b)), (field, a, b)


@pytest.mark.parametrize("name", COMMANDS)
def test_times_are_gnu_times(sonde, tmp_path, clean_env, name):
    """GNU time under sonde time: of one and the same run, so that whatever else the machine does is in both."""
    form = "\x1e" + "\x1f".join("%" + field for field in TIMES)
    (tmp_path / "written").write_bytes(b"x" * 1000)
    least = [9e9] * len(TIMES)
    for _ in range(RUNS):
        done = subprocess.run([sonde, "time", "-f", form, GNU_TIME, "-f", form, *COMMANDS[name]], cwd=tmp_path,
                              env=clean_env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        theirs, ours = (line.partition("\n")[0].split("\x1f") for line in done.stderr.split("\x1e")[1:])
        more = [float(o) - float(t) for o, t in zip(ours, theirs, strict=True)]
        assert min(more) > -0.011, (theirs, ours)  # theirs are cut to hundredths, as ours
        least = [min(pair) for pair in zip(least, more)]
    assert max(least) < 0.03, least


FORMATS = ["%E %P %%", "a\\tb\\n\\\\c", "%q", "\\q", "%", "%C is %x", ""]


@pytest.mark.parametrize("form", FORMATS)
def test_formats_of_gnu_time(sonde, clean_env, form):
    def run(*tool):
        return subprocess.run([*tool, "-f", form, "sleep", "0.05"], env=clean_env, capture_output=True, text=True).stderr

    def rounded(text):
        return re.sub(r"0:00\.0\d \d+%", "ELAPSED", text)

    assert rounded(run(sonde, "time")) == rounded(run(GNU_TIME))


def test_portable_verbose_and_files(sonde, clean_env, tmp_path):
    def run(*words):
        return subprocess.run([*words], env=clean_env, cwd=tmp_path, capture_output=True, text=True)

    def shape(text):
        return re.sub(r"([\d.:]+|\?)%?$", "N", text, flags=re.M)

    for words in (["-p", "true"], ["-v", "true"], ["-v", "sh", "-c", "exit 3"], ["-q", "-p", "false"], ["-p", "false"]):
        assert shape(run(sonde, "time", *words).stderr) == shape(run(GNU_TIME, *words).stderr), words
    for tool, out in (([sonde, "time"], "ours"), ([GNU_TIME], "theirs")):
        run(*tool, "-p", "-o", out, "true")
        assert run(*tool, "-p", "-a", "-o", out, "true").stderr == ""
    assert shape((tmp_path / "ours").read_text()) == shape((tmp_path / "theirs").read_text())


def test_stdin(run_sonde, tmp_path):
    """A file and a pipe are read by each run from where they stand; once, a run has ours."""
    (tmp_path / "lines").write_text("1\n2\n3\n")
    words = ["time", "--no-why", "-r", "3", "--show-output", "wc", "-l"]
    with (tmp_path / "lines").open() as file:
        os.lseek(file.fileno(), 2, os.SEEK_SET)
        assert run_sonde(*words, stdin=file).stdout == "2\n2\n2\n"
    assert run_sonde(*words, input="1\n2\n").stdout == "2\n2\n2\n"
    assert run_sonde("time", "-r", "1", "cat", input="x" * 100000).stdout == "x" * 100000


def test_failures(run_sonde, timed):
    fails = ["sh", "-c", "echo no >&2; exit 3"]
    done = run_sonde("time", *fails)
    assert done.returncode == 3 and done.stderr.startswith("no\n") and "status 3" in done.stderr
    assert "   1 run\n" in done.stderr  # the series ended there
    [c] = timed("--no-why", "-i", "-r", "4", *fails, status=3)["commands"]
    assert (c["runs"], c["failed"], c["status"]) == (4, 4, 3)
    [c] = timed("-r", "2", "sh", "-c", "kill -11 $$", status=128 + 11)["commands"]
    assert (c["runs"], c["status"], c["signal"]) == (1, None, 11)


@pytest.mark.parametrize(("words", "status", "said"), [
    (["no-such-command"], 127, r"sonde: cannot run: no-such-command: no such file or command"),
    (["/"], 126, r"sonde: cannot run: /: a directory without __main__.py"),
    ([], 2, r"sonde: nothing to time: no command was given \(.*\)"),
    (["-r", "0", "true"], 2, r"sonde: .*-r 0.*"),
    (["-c", ""], 2, r"sonde: nothing to run: -c ''.*"),
    (["-c", "true", "true"], 2, r"sonde: one word too many: true .*"),
    (["--shell", "none", "-c", "true | true"], 2, r"sonde: this needs a shell: .*"),
    (["--json", "--markdown", "true"], 2, r"sonde: --json and --markdown .*"),
    (["-a", "true"], 2, r"sonde: -a appends to a file: .*"),
    (["--parameter-list", "n", "true"], 2, r"sonde: bad value: --parameter-list 'n': .*"),
    (["--prepare", "exit 4", "true"], 1, r"sonde: --prepare failed: exit 4: status 4"),
])
def test_bad_words(run_sonde, words, status, said):
    done = run_sonde("time", *words)
    assert done.returncode == status and done.stdout == ""
    assert re.fullmatch(said + "\n", done.stderr)


def test_prepare_and_its_like(run_sonde, tmp_path):
    run_sonde("time", "--no-why", "-r", "2", "--setup", "echo s >> log", "--prepare", "echo p >> log", "--conclude",
              "echo c >> log", "--cleanup", "echo e >> log", "sh", "-c", "echo x >> log")
    assert (tmp_path / "log").read_text().split() == ["s", "p", "x", "c", "p", "x", "c", "e"]


def test_parameters_shells_and_exports(timed, run_sonde, tmp_path):
    data = timed("--no-why", "-r", "2", "--parameter-list", "n=1,2", "--parameter-list", "w=a,b", "-c", "echo {n} {w} {x}")
    assert [c["command"] for c in data["commands"]] == ["echo 1 a {x}", "echo 1 b {x}", "echo 2 a {x}", "echo 2 b {x}"]
    assert data["commands"][3]["parameters"] == {"n": "2", "w": "b"}
    assert len(data["comparisons"]) == 3
    done = run_sonde("time", "--no-why", "-r", "2", "--parameter-list", "n=1,2", "--export-json", "a.json",
                     "--export-csv", "a.csv", "--export-markdown", "a.md", "-c", "echo '{n}' \"x,y\" | cat")
    assert done.returncode == 0 and done.stdout == "1 x,y\n2 x,y\n"
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["parameter_n"] for row in rows] == ["1", "2"] and rows[0]["command"] == "echo '1' \"x,y\" | cat"
    commands = json.loads((tmp_path / "a.json").read_text())["commands"]
    assert all(abs(c["wall_ns"]["mean"] / 1e9 - float(row["mean"])) < 1e-8 for c, row in zip(commands, rows, strict=True))
    assert (tmp_path / "a.md").read_text().count("\n| ") == 2
    assert timed("--no-why", "-r", "2", "--shell", "bash", "-c", "[[ -n $BASH ]]")["commands"][0]["failed"] == 0


def test_more_of_stdin_and_places(run_sonde, sonde, clean_env, tmp_path):
    with open("/dev/zero", "rb") as zeros:
        zero = subprocess.run([sonde, "time", "--no-why", "-r", "2", "--show-output", "sh", "-c", "head -c 9 | wc -c"],
                              cwd=tmp_path, env=clean_env, stdin=zeros, capture_output=True, text=True)
    assert zero.stdout == "9\n9\n"
    assert run_sonde("time", "-p", "-o", "/dev/stdout", "true").stdout.startswith("real ")
    done = run_sonde("time", "-o", "nowhere/x", "touch", "ran")
    assert done.returncode == 1 and "nowhere/x" in done.stderr and not (tmp_path / "ran").exists()
    assert "Elapsed" in run_sonde("time", "-v", "-f", "%e", "true").stderr
    done = run_sonde("time", "--json", "-r", "2", "--no-why", "sh", "-c", "echo out; echo err >&2")
    assert done.stderr == "err\n" and json.loads(done.stdout)["commands"][0]["runs"] == 2


def test_a_failing_cleanup_loses_nothing(run_sonde, tmp_path):
    done = run_sonde("time", "--no-why", "-r", "2", "--cleanup", "exit 4", "echo", "main")
    assert done.returncode == 1 and "2 runs" in done.stderr and "--cleanup failed: exit 4: status 4" in done.stderr
    done = run_sonde("time", "--no-why", "-r", "2", "--prepare", "exit 4", "--cleanup", "touch cleaned", "touch", "ran")
    assert done.returncode == 1 and (tmp_path / "cleaned").exists() and not (tmp_path / "ran").exists()
    done = run_sonde("time", "--no-why", "false")
    assert "The series ended with a run whose status was not 0" in " ".join(done.stderr.split())


def test_parameters_are_put_in_once(timed, run_sonde):
    found = timed("--no-why", "-r", "1", "--parameter-list", "n={m},2", "--parameter-list", "m={n}", "-c", "echo [{n}{m}]")
    assert [c["command"] for c in found["commands"]] == ["echo [{m}{n}]", "echo [2{n}]"]
    done = run_sonde("time", "--parameter-list", "n=1", "--parameter-list", "n=2", "-c", "echo {n}")
    assert done.returncode == 2 and "given twice" in done.stderr


def test_two_commands(timed, run_sonde):
    busy = f"{sys.executable} -c 'for i in range(%d): pass'"
    data = timed("--no-why", "-r", "10", "-c", busy % 2000000, "-c", busy % 20000000)
    [c] = data["comparisons"]
    assert c["verdict"] == "a faster" and 2 < c["ratio"] < 12 and c["ci95"][0] < c["ratio"] < c["ci95"][1]
    assert "user time" in c["because"][0]
    [same] = timed("--no-why", "-r", "3", "-c", "true", "-c", "true")["comparisons"]
    assert same["few_runs"] and same["verdict"] == "no difference proven"


def test_interrupted(sonde, clean_env):
    """^C is the command's; what was measured until then is told, and sonde ends by that signal too."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(sonde, [sonde, "time", "--no-why", "-r", "50", "sleep", "0.2"], clean_env)
    time.sleep(1)
    os.write(fd, b"\x03")
    said = b""
    while True:
        try:
            said += os.read(fd, 65536)
        except OSError:
            break
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT
    assert b"sleep 0.2" in said and b"SIGINT" in said


def test_terminated(sonde, clean_env):
    """A signal to sonde alone reaches the command."""
    done = subprocess.Popen([sonde, "time", "--no-why", "sleep", "30"], env=clean_env, stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)
    done.send_signal(signal.SIGTERM)
    _, said = done.communicate(timeout=10)
    assert done.returncode == -signal.SIGTERM and "SIGTERM" in said


def test_stderr_is_closed(sonde, clean_env):
    done = subprocess.run(["sh", "-c", '"$0" time --no-why -r 2 sh -c "exit 0" 2>&-', sonde], env=clean_env)
    assert done.returncode == 0
