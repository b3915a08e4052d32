# SPDX-License-Identifier: Apache-2.0
"""Every process that a program starts is in its recording: entered, or listed with the reason why not.

The programs tell themselves what they started: pid and status, as they saw them.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import zipfile

import jsonschema
import pytest

from counting import packages_in
from tape import tapes

NOBODY = 65534

# way(label, call): call() gives the pid it started and how that ended, as wait(2) has it.
BEGIN = """
import os, signal, subprocess, sys, time

facts = open("facts", "w")

def way(label, call):
    pid, status = call()
    facts.write(f"{label}\\t{pid}\\t{status}\\n")

def popen(*command, **options):
    def call():
        child = subprocess.Popen(command if len(command) > 1 else command[0], **options)
        code = child.wait()
        return child.pid, -code if code < 0 else code << 8
    return call

def waited(pid):
    return os.waitpid(pid, 0)

python = sys.executable
whole = os.environ
"""


@pytest.fixture
def started(run_sonde, python, clean_env, tmp_path, root):
    """started(program, words): {label: (row, status)}, where the program says and prints the same without sonde."""
    schema = jsonschema.Draft202012Validator(json.loads((root / "doc/schema/report.json").read_text()))

    def run(program, *words, env=(), bare=True):
        (tmp_path / "app.py").write_text(BEGIN + program)
        settings = {"env": {**clean_env, **dict(env)}}
        done = run_sonde("run", *words, "--python", python, "-o", "x", "app.py", **settings)
        facts = [line.split("\t") for line in (tmp_path / "facts").read_text().splitlines()]
        if bare:
            alone = subprocess.run([python, "app.py"], cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=-1, stderr=-1,
                                   text=True, timeout=120, **settings)
            again = [line.split("\t") for line in (tmp_path / "facts").read_text().splitlines()]
            assert (done.returncode, done.stdout, done.stderr) == (alone.returncode, alone.stdout, alone.stderr)
            assert [(label, status) for label, _, status in facts] == [(label, status) for label, _, status in again]
        report = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)
        schema.validate(report)
        run.rows = rows = report["processes"]
        run.calls = {f["name"]: f["calls"] for f in report["functions"]}
        found = {}
        for label, pid, status in facts:
            of_it = [row for row in rows if row["pid"] == int(pid)]
            found[label] = (of_it[-1] if of_it else None, int(status))
        return found

    return run


def ended_as(row, status):
    """What the program saw is what the recording tells."""
    return (row["exit"], row["signal"]) == ((None, status & 0x7F) if status & 0x7F else (status >> 8, None))


NOT_ENTERED = """
way("-I", popen(python, "-I", "-c", "raise SystemExit(1)"))
way("-S", popen(python, "-S", "-c", "raise SystemExit(2)"))
way("-E", popen(python, "-E", "-c", "raise SystemExit(3)"))
way("bundled", popen(python, "-qIs", "-c", "raise SystemExit(4)"))
way("behind others", popen(python, "-X", "dev", "-Wignore", "-W", "ignore", "-qS", "-c", "raise SystemExit(5)"))
way("env={}", popen(python, "-c", "raise SystemExit(6)", env={}))
way("env is another", popen(python, "-c", "raise SystemExit(7)", env={"PYTHONPATH": whole.get("PYTHONPATH", ""), "SECRET": "x"}))
way("PYTHONPATH is another", popen(python, "-c", "raise SystemExit(8)", env={**whole, "PYTHONPATH": "/nowhere"}))
way("env -i", popen("env", "-i", python, "-c", "raise SystemExit(9)"))
way("env -u", popen("/usr/bin/env", "-u", "PYTHONPATH", "A=b", python, "-c", "raise SystemExit(10)"))
way("env -i of another", popen("env", "-i", "/bin/true"))
way("env -i of a script", popen("env", "-i", "./isolated"))
way("nice -I", popen("nice", "-n", "1", python, "-I", "-c", "raise SystemExit(21)"))
way("nohup nice -I", popen("nohup", "nice", "-1", python, "-I", "-c", "raise SystemExit(22)"))
way("timeout -I", popen("timeout", "-k", "9", "--preserve-status", "60", python, "-I", "-c", "raise SystemExit(23)"))
way("timeout", popen("timeout", "60", python, "--version", stdout=-1))
way("setsid -I", popen("setsid", python, "-I", "-c", "raise SystemExit(24)"))
way("stdbuf -I", popen("stdbuf", "-o", "L", "-eL", python, "-I", "-c", "raise SystemExit(25)"))
way("taskset -I", popen("taskset", "-a", "0xffffffff", python, "-I", "-c", "raise SystemExit(26)"))
way("nice of another", popen("nice", "true"))
way("recording is another", popen(python, "-c", "raise SystemExit(27)", env={**whole, "SONDE_RECORDING": "/nowhere"}))
way("env of another recording", popen("env", "SONDE_RECORDING=/nowhere", python, "-c", "raise SystemExit(28)"))
way("sudo", popen("./sudo", "-u", "root", python, "-c", "raise SystemExit(11)"))
way("static", popen("./static"))
way("not Python", popen("true"))
way("script", popen("./tool"))
way("script of Python", popen("./isolated"))
way("shell", popen("exit 13", shell=True))
way("shell -I", popen(f"exec {python} -I -c 'raise SystemExit(14)'", shell=True))
way("killed", popen("kill -9 $$", shell=True))
way("posix_spawn", lambda: waited(os.posix_spawn(python, [python, "-E", "-c", "raise SystemExit(15)"], whole)))
way("posix_spawn {}", lambda: waited(os.posix_spawn(python, [python, "-c", "raise SystemExit(16)"], {})))
way("posix_spawnp", lambda: waited(os.posix_spawnp("sh", ["sh", "-c", "exit 17"], dict(whole))))
way("spawnve", lambda: (os.spawnve(os.P_NOWAIT, python, [python, "-I", "-c", "raise SystemExit(18)"], whole), 0))
"""

EXPECTED = {
    "-I": ("python", "Python was started with -I"), "-S": ("python", "Python was started with -S"),
    "-E": ("python", "Python was started with -E"), "bundled": ("python", "Python was started with -I"),
    "behind others": ("python", "Python was started with -S"),
    "env={}": ("python", "its environment was replaced"), "env is another": ("python", "its environment was replaced"),
    "PYTHONPATH is another": ("python", "its PYTHONPATH was replaced"),
    "env -i": ("env", "its environment was replaced"), "env -u": ("env", "its PYTHONPATH was replaced"),
    "env -i of another": ("env", "not Python"), "env -i of a script": ("env", "Python was started with -I"),
    "nice -I": ("nice", "Python was started with -I"), "nohup nice -I": ("nohup", "Python was started with -I"),
    "timeout -I": ("timeout", "Python was started with -I"), "timeout": ("timeout", "not Python"),
    "setsid -I": ("setsid", "Python was started with -I"), "stdbuf -I": ("stdbuf", "Python was started with -I"),
    "taskset -I": ("taskset", "Python was started with -I"), "nice of another": ("nice", "not Python"),
    "recording is another": ("python", "its SONDE_RECORDING was replaced"),
    "env of another recording": ("env", "its SONDE_RECORDING was replaced"),
    "sudo": ("sudo", "sudo gives it an environment of its own"),
    "static": ("static", "not Python"), "not Python": ("true", "not Python"), "script": ("tool", "not Python"),
    "script of Python": ("isolated", "Python was started with -I"),
    "shell": ("sh -c exit", "not Python"), "shell -I": ("sh -c exec", "Python was started with -I"),
    "killed": ("sh -c kill", "not Python"),
    "posix_spawn": ("python", "Python was started with -E"), "posix_spawn {}": ("python", "its environment was replaced"),
    "posix_spawnp": ("sh -c exit", "not Python"), "spawnve": ("python", "Python was started with -I"),
}


@pytest.mark.smoke
def test_those_that_cannot_be_entered(started, python, tmp_path):
    """What keeps the agent out is told, and how each ended; none prints a word more than without sonde."""
    scripts = {"sudo": '#!/bin/sh\nshift 2\nexec env -i "$@"\n', "tool": "#!/bin/sh\nexit 12\n",
               "isolated": f"#!{python} -I\nraise SystemExit(19)\n"}
    for name, text in scripts.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "static.c").write_text("int main(void) { return 20; }\n")
    subprocess.run(["cc", "-static", "-o", "static", "static.c"], cwd=tmp_path, check=True)
    found = started(NOT_ENTERED)
    base = pathlib.Path(python).name
    assert found.keys() == EXPECTED.keys()
    for label, (row, status) in found.items():
        name, reason = EXPECTED[label]
        assert (row["name"], row["entered"], row["reason"]) == (base if name == "python" else name, False, reason), label
        assert label == "spawnve" or ended_as(row, status), label
        assert (row["role"], row["alive"], row["parent"]) == ("child", label == "spawnve" and row["alive"], started_pid(found))


def started_pid(found):
    """Of the program: the parent of all it started."""
    [pid] = {row["parent"] for row, _ in found.values()}
    return pid


ENTERED = """
code = "raise SystemExit(3)"
way("list", popen(python, "-c", code))
way("options that matter not", popen(python, "-sPBq", "-W", "ignore", "-c", code, "-I", "-S"))
way("script's own -I", popen(python, "other.py", "-I"))
way("shell", popen(f"exec {python} -c 'raise SystemExit(4)'", shell=True))
way("env", popen("env", "A=b", python, "-c", code))
way("preexec", popen(python, "-c", code, preexec_fn=lambda: None))
way("close_fds", popen(python, "-c", code, close_fds=False))
way("copied", popen(python, "-c", code, env={**whole, "A": "b"}))
way("posix_spawn", lambda: waited(os.posix_spawn(python, [python, "-c", code], whole)))
way("killed", popen(python, "-c", "import os; os.kill(os.getpid(), 9)"))

def forked(act):
    pid = os.fork()
    if pid == 0:
        act()
    return pid

way("fork", lambda: waited(forked(lambda: os._exit(5))))
way("wait", lambda: (forked(lambda: os._exit(6)), os.wait()[1]))
way("wait3", lambda: (forked(lambda: os._exit(7)), os.wait3(0)[1]))
def by_wait4():
    pid = forked(lambda: os.abort())
    return os.wait4(pid, 0)[:2]
way("wait4", by_wait4)
def by_waitid(act):
    pid = forked(act)
    got = os.waitid(os.P_PID, pid, os.WEXITED)
    return pid, got.si_status << 8 if got.si_code == os.CLD_EXITED else got.si_status
way("waitid", lambda: by_waitid(lambda: os._exit(8)))
way("waitid of one killed", lambda: by_waitid(lambda: os.kill(os.getpid(), 15)))
way("exec", lambda: waited(forked(lambda: os.execv(python, [python, "-c", "raise SystemExit(9)"]))))
way("exec of another", lambda: waited(forked(lambda: os.execvp("sh", ["sh", "-c", "exit 10"]))))

def pty():
    import warnings
    warnings.simplefilter("ignore")
    pid, fd = os.forkpty()
    if pid == 0:
        os._exit(11)
    return os.waitpid(pid, 0)
way("forkpty", pty)
"""


@pytest.mark.smoke
def test_those_that_are_entered(started, tmp_path):
    (tmp_path / "other.py").write_text("raise SystemExit(12)")
    found = started("import resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n" + ENTERED)
    assert len(found) == 19
    for label, (row, status) in found.items():
        another = label == "exec of another"
        assert (row["entered"], row["reason"]) == ((False, "not Python") if another else (True, None)), label
        assert ended_as(row, status), label
        forked = label in ("fork", "wait", "wait3", "wait4", "waitid", "waitid of one killed", "forkpty")
        assert row["role"] == ("worker" if forked else "child"), label
    assert found["exec of another"][0]["name"] == "sh -c exit"
    rows = started.rows
    images = [row for row in rows if row["pid"] == found["exec"][0]["pid"]]
    assert [(row["role"], row["exit"]) for row in images] == [("worker", None), ("child", 9)]
    preexec = [row for row in rows if row["pid"] == found["preexec"][0]["pid"]]
    assert [row["role"] for row in preexec] == ["worker", "child"]
    before = {}
    for i, row in enumerate(rows):
        assert i == 0 or row["parent"] in before or row["parent"] in (r["pid"] for r in rows[:i]), "parents come first"
        before[row["pid"]] = i


def test_system_tells_its_end(started):
    """os.system() does not know the pid of its shell: it is known where a Python is below it."""
    started("""
facts.write("a\\t0\\t%d\\n" % os.system("exit 3"))
facts.write("b\\t0\\t%d\\n" % os.system("cd . && " + python + " -c 'raise SystemExit(4)'; exit 5"))
facts.write("c\\t0\\t%d\\n" % os.system("kill -9 $$"))
""")
    main, first, second, below, third = started.rows
    assert [(row["name"], row["exit"], row["signal"]) for row in (first, second, third)] == [
        ("sh -c exit", 3, None), ("sh -c cd", 5, None), ("sh -c kill", None, 9)]
    assert first["pid"] is None and first["wall_ns"] > 0 and second["pid"] == below["parent"] != main["pid"]


def test_what_could_not_be_executed(started):
    started("""
import errno
try:
    subprocess.run(["no-such-command"])
except OSError as e:
    print(errno.errorcode[e.errno])
try:
    os.execv("/no/such", ["secret"])
except OSError as e:
    print(errno.errorcode[e.errno])
""")
    assert [(row["name"], row["entered"]) for row in started.rows] == [
        ("app.py", True), ("no-such-command", False)], "a failed exec made no image"
    assert started.rows[1]["reason"] == "it could not be executed"


def test_what_could_not_be_executed_whatever_started_it(started):
    """A row for each: by a fork or by posix_spawn, for a path, a right or a folder that is not there."""
    started("""
for command, options in [("/no/such", {}), (".", {}), ("/etc/passwd", {}), ("true", {"cwd": "/no/such"}), ("true", {}),
                         ("/bin/true", {"close_fds": False}), ("/no/such", {"close_fds": False})]:
    try:
        print(subprocess.run([command], **options).returncode)
    except OSError as e:
        print(type(e).__name__)
""")
    refused = "it could not be executed"
    assert [(row["name"], row["reason"]) for row in started.rows[1:]] == [
        ("such", refused), (".", refused), ("passwd", refused), ("true", refused), ("true", "not Python"),
        ("true", "not Python"), ("such", refused)]
    assert all(row["exit"] == 0 if row["reason"] == "not Python" else row["exit"] in (127, 255) for row in started.rows[1:])


def test_names_of_programs(started, tmp_path):
    """An archive's and a folder's are their own, not that of the module in them; and stdin's."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/__main__.py").write_text("len('')")
    with zipfile.ZipFile(tmp_path / "tool.pyz", "w") as archive:
        archive.writestr("__main__.py", "len('')")
    started("""
for words in ["tool.pyz"], ["./tool.pyz", "x"], ["folder"], ["folder/"], ["-"], [], ["-m", "folder"], ["-c", "len('')"]:
    subprocess.run([python, *words], input=b"len('')", check=True)
""")
    assert [row["program"] for row in started.rows[1:]] == [
        "tool.pyz", "tool.pyz", "folder", "folder", "-", "-", "folder", "-c"]


def test_a_recording_that_is_moved(sonde, clean_env, run_sonde, python, tmp_path):
    """Who begins after that finds it no more, and works as ever: that is the reason, and no other."""
    (tmp_path / "app.py").write_text("""
import os, subprocess, sys
os.rename("x.sonde", "moved.sonde")
subprocess.run([sys.executable, "-c", "print(1)"])
pid = os.fork()
if pid == 0:
    os._exit(len("ab"))
os.waitpid(pid, 0)
""")
    done = run_sonde("run", "--python", python, "-o", "x", "app.py")
    assert (done.returncode, done.stdout) == (0, "1\n") and done.stderr.startswith("sonde: recording gone: ")
    rows = json.loads(run_sonde("report", "--json", "moved.sonde", check=True).stdout)["processes"]
    assert [(row["entered"], row["reason"]) for row in rows] == [(True, None)] + [
        (False, "the recording had been moved or removed")] * 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a program of another user's")
def test_set_user_id(started, python, tmp_path):
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != pathlib.Path("/"):
            folder.chmod(folder.stat().st_mode | 0o711)
    for name, owner, mode in (("user", (NOBODY, 0), 0o4755), ("group", (0, NOBODY), 0o2755)):
        shutil.copy("/bin/true", tmp_path / name)
        os.chown(tmp_path / name, *owner)
        (tmp_path / name).chmod(mode)
    found = started('way("user", popen("./user"))\nway("group", popen("./group"))')
    assert {label: row["reason"] for label, (row, _) in found.items()} == {
        "user": "it is set-user-ID", "group": "it is set-group-ID"}


def old_pythons():
    root = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    found = {path.parent.parent.name.rpartition(".")[0]: str(path) for path in root.glob("versions/*/bin/python")}
    return {version: path for version, path in found.items() if version in ("2.7", "3.6", "3.8", "3.10")}


@pytest.mark.skipif(not old_pythons(), reason="there is no older Python here")
def test_pythons_without_an_agent(started):
    """They say so themselves, wherever they stand: directly, and below a shell that stays."""
    pythons = old_pythons()
    lines = [f'way("{v}", popen("{path}", "-c", "raise SystemExit(6)"))' for v, path in pythons.items()]
    lines += [f"""way("shell", popen("cd .; {path} -c 'pass'; exit 7", shell=True))""" for path in pythons.values()]
    found = started("\n".join(lines))
    for version in pythons:
        row, status = found[version]
        assert ended_as(row, status) and not row["entered"]
        assert row["reason"].startswith(f"no agent for Python {version}."), row
    shells = {row["pid"] for row in started.rows if row["name"] == "sh -c cd"}
    below = [row for row in started.rows if row["parent"] in shells]
    assert len(below) == len(shells) == len(pythons)
    assert all(row["reason"].startswith("no agent for Python ") for row in below)


ROLES = """
import concurrent.futures, functools, multiprocessing

def crunch(n=1):
    return n * 2

class Perpetual(multiprocessing.Process):
    def run(self):
        crunch()

class Slotted(multiprocessing.Process):
    _name = property(lambda self: print("never called by sonde"), lambda self, value: None)
    def run(self):
        pass

class Callable:
    def __call__(self):
        crunch()
    def method(self):
        crunch()

def main(method):
    context = multiprocessing.get_context(method)
    def run(process):
        process.start()
        process.join()
        facts.write(f"{process.name}\\t{process.pid}\\t{process.exitcode << 8}\\n")
    run(context.Process(target=crunch))
    run(context.Process(target=crunch, name="reader"))
    run(context.Process(target=Callable()))
    run(context.Process(target=Callable().method))
    run(context.Process(target=functools.partial(crunch, 2)))
    run(context.Process(target=time.sleep, args=(0,)))
    with context.Pool(1) as pool:
        pool.map(crunch, range(3))
        pool.close()
        pool.join()
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        list(pool.map(crunch, range(3)))

if __name__ == "__main__":
    main(METHOD)
"""

FIRST = {"fork": "Fork", "spawn": "Spawn", "forkserver": "ForkServer"}


@pytest.mark.smoke
@pytest.mark.parametrize("method", FIRST)
def test_roles_and_names(started, method):
    found = started(f"METHOD = {method!r}\n" + ROLES)
    assert all(ended_as(row, status) for row, status in found.values())
    process, worker = FIRST[method] + "Process-", FIRST[method] + "PoolWorker-"
    told = [(row["role"], row["name"].rstrip("0123456789")) for row in started.rows
            if row["role"].startswith("worker")]
    assert sorted(told) == sorted([
        ("worker: crunch", process), ("worker: crunch", "reader"), ("worker: Callable", process),
        ("worker: Callable.method", process), ("worker: partial", process), ("worker: sleep", process),
        ("worker: Pool", worker), ("worker: ProcessPoolExecutor", process)])
    helpers = [row["role"] for row in started.rows if row["role"] in ("resource_tracker", "forkserver")]
    assert helpers.count("forkserver") == (method == "forkserver")
    assert method == "fork" or helpers.count("resource_tracker") == 1
    assert len(started.rows) == 1 + 8 + len(helpers), "each once, and no others"
    if method == "forkserver":
        [server] = [row["pid"] for row in started.rows if row["role"] == "forkserver"]
        assert {row["parent"] for row in started.rows if row["role"].startswith("worker")} == {server}


@pytest.mark.parametrize("end", ["kill", "terminate"])
def test_written_by_copies(started, end):
    """What is known of a worker is in the file at once: however soon it is killed."""
    started(f"""
import multiprocessing

def crunch(ready):
    ready.set()
    time.sleep(100)

context = multiprocessing.get_context("fork")
ready = context.Event()
child = context.Process(target=crunch, args=(ready,))
child.start()
ready.wait()
child.{end}()
child.join()
""", "--io", "pwrite")
    assert [(row["name"], row["role"], row["signal"]) for row in started.rows] == [
        ("app.py", "main", None), ("ForkProcess-1", "worker: crunch", 9 if end == "kill" else 15)]


def test_classes_of_processes(started):
    """A class with a run() of its own has its name; nothing of the program's is called to learn one."""
    started("METHOD = 'fork'\n" + ROLES.replace("main(METHOD)", """
    multiprocessing.set_start_method(METHOD)
    for kind in Perpetual, Slotted:
        process = kind()
        process.start()
        process.join()
    """.strip()))
    assert [(row["role"], row["name"]) for row in started.rows] == [
        ("main", "app.py"), ("worker: Perpetual", "Perpetual-1"), ("worker: Slotted", "app.py")]


def test_a_process_of_a_process(started):
    """The inner one tells its own role, though the outer's beginning is on its stack."""
    started("""
import multiprocessing

def inner():
    os._exit(3)

def outer():
    child = multiprocessing.get_context("fork").Process(target=inner, name="in")
    child.start()
    child.join()
    pid = os.fork()
    if pid == 0:
        os._exit(4)
    os.waitpid(pid, 0)

child = multiprocessing.get_context("fork").Process(target=outer, name="out")
child.start()
child.join()
""")
    assert [(row["role"], row["name"], row["exit"]) for row in started.rows] == [
        ("main", "app.py", 0), ("worker: outer", "out", 0), ("worker: inner", "in", 3), ("worker", "app.py", 4)]
    assert started.rows[2]["parent"] == started.rows[3]["parent"] == started.rows[1]["pid"]


@pytest.mark.wide
def test_parents_that_nobody_saw(started, tmp_path):
    """Shells between, and a daemon whose parents have ended."""
    (tmp_path / "low.py").write_text("pass")
    started("""
subprocess.run(["sh", "-c", f"sh -c 'timeout 60 env A=b {python} low.py; true'; true"])
pid = os.fork()
if pid == 0:
    os.setsid()
    if os.fork() == 0:
        open("daemon", "w").write(str(os.getpid()))
        time.sleep(0.2)
    os._exit(0)
os.waitpid(pid, 0)
time.sleep(0.4)
""", bare=False)
    main = started.rows[0]
    [low] = [row for row in started.rows if row["name"] == "low.py"]
    [shell] = [row for row in started.rows if row["name"].startswith("sh -c")]
    assert low["parent"] == shell["pid"] and shell["parent"] == main["pid"]
    [middle] = [row for row in started.rows if row["role"] == "worker" and row["parent"] == main["pid"]]
    [daemon] = [row for row in started.rows if row["pid"] == int((tmp_path / "daemon").read_text())]
    assert (daemon["parent"], daemon["entered"]) == (middle["pid"], True)


CHOSEN = """
import multiprocessing

def crunch():
    pass

def other():
    pass

def main(method):
    context = multiprocessing.get_context(method)
    for target, name in (crunch, "a"), (other, "b"), (other, "reader-7"):
        process = context.Process(target=target, name=name)
        process.start()
        process.join()
    subprocess.run([python, "tool.py"])
    subprocess.run([python, "helper.py"])
    subprocess.run([python, "-m", "module"])

if __name__ == "__main__":
    main(METHOD)
"""


@pytest.fixture
def chosen(started, tmp_path):
    """chosen(method, glob): names of the rows entered, and of those left out."""
    for name in "tool", "helper", "module":
        (tmp_path / f"{name}.py").write_text(f"def in_{name}(): pass\nin_{name}()")

    def run(method, *words):
        started(f"METHOD = {method!r}\n" + CHOSEN, *words, bare=words[-1] == "reader*")
        assert all(row["entered"] or row["reason"].startswith("left out by --") for row in started.rows)
        return ([row["name"] for row in started.rows if row["entered"]],
                sorted(row["name"] for row in started.rows if not row["entered"]))

    return run


@pytest.mark.wide
@pytest.mark.parametrize("method", FIRST)
def test_children_that_match(chosen, started, method):
    helpers = {"fork": [], "spawn": ["resource_tracker"], "forkserver": ["forkserver", "resource_tracker"]}[method]
    assert chosen(method, "--children", "crunch") == (
        ["app.py", "a"], sorted(["b", "reader-7", "tool.py", "helper.py", "module", *helpers]))
    assert {row["reason"] for row in started.rows if not row["entered"]} == {"left out by --children"}
    assert "other" not in started.calls and started.calls["crunch"] == 1
    assert chosen(method, "--children", "reader*")[0] == ["app.py", "reader-7"]
    assert chosen(method, "--children=*.py")[0] == (["app.py", "a", "b", "reader-7", "tool.py", "helper.py"]
                                                  if method == "fork" else ["app.py", "tool.py", "helper.py"])
    assert [n for n in started.calls if n.startswith("in_")] and "in_module" not in started.calls
    assert chosen(method, "--children", "mod[u]le")[0] == ["app.py", "module"]
    assert chosen(method, "--children", "0")[0] == ["app.py"]
    assert chosen(method, "--children", "no,children=0,clock=cpu")[0] == ["app.py"]


def test_children_that_are_not_wanted_at_all(chosen, started):
    entered, out = chosen("fork", "--no-children")
    assert entered == ["app.py"] and len(out) == 6
    assert {row["reason"] for row in started.rows if not row["entered"]} == {"left out by --no-children"}


def test_what_is_left_out_runs_at_its_own_speed(started, tmp_path):
    """A worker that does not match counts nothing from its beginning on, and keeps no event of the interpreter."""
    started("""
import multiprocessing

def burn(deep):
    return deep and burn(deep - 1)

def other():
    print([sys.monitoring.get_events(tool) for tool in range(6)] if hasattr(sys, "monitoring") else sys.getprofile())
    for deep in range(300):
        burn(deep)

child = multiprocessing.get_context("fork").Process(target=other)
child.start()
child.join()
""", "--children", "crunch")
    [tape] = [tape for tape in tapes(tmp_path / "x.sonde") if tape.header.called]
    assert tape.calls("burn") == 0 and tape.calls("_bootstrap") == 1
    assert [(row["name"], row["entered"]) for row in started.rows] == [("app.py", True), ("ForkProcess-1", False)]


@pytest.mark.parametrize("glob", ["", "0,x", "x" * 256])
def test_a_glob_that_cannot_be(run_sonde, tmp_path, glob):
    (tmp_path / "app.py").write_text("print('it ran')")
    done = run_sonde("run", "--children", glob, "app.py")
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith("sonde: bad value: --children '")
    assert not list(tmp_path.glob("*.sonde"))


def test_while_recording_is_stopped(run_sonde, sonde, python, clean_env, tmp_path):
    """sonde.stop() stops counting, not listing."""
    (tmp_path / "app.py").write_text(BEGIN + """
import sonde
sonde.stop()
way("true", popen("true"))
pid = os.fork()
if pid == 0:
    os._exit(3)
os.waitpid(pid, 0)
""")
    run_sonde("run", "--python", python, "-o", "x", "app.py", check=True,
              env={**clean_env, "PYTHONPATH": str(packages_in(tmp_path, sonde))})
    rows = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)["processes"]
    assert [(row["name"], row["exit"], row["reason"]) for row in rows[1:]] == [
        ("true", 0, "not Python"), ("app.py", 3, "recording was stopped")]


def test_while_it_runs(run_sonde, sonde, python, clean_env, tmp_path):
    """What has not ended yet is told as alive, entered or not."""
    (tmp_path / "app.py").write_text(BEGIN + """
child = subprocess.Popen(["sleep", "100"])
pid = os.fork()
if pid == 0:
    print("ready", flush=True)
    time.sleep(100)
os.waitpid(pid, 0)
child.kill()
""")
    run = subprocess.Popen([sonde, "run", "--python", python, "-o", "x", "app.py"], cwd=tmp_path, env=clean_env,
                           stdout=-1, stderr=-1, text=True, start_new_session=True)
    try:
        assert run.stdout.readline() == "ready\n"
        rows = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)["processes"]
        assert [(row["name"], row["alive"], row["entered"], row["exit"]) for row in rows] == [
            ("app.py", True, True, None), ("sleep", True, False, None), ("app.py", True, True, None)]
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()


def test_many_at_a_time(started):
    """Three hundred started before one is waited for, in another order."""
    started("""
children = [subprocess.Popen(["sh", "-c", f"exit {n % 200}"]) for n in range(300)]
for child in children[::2] + children[1::2]:
    facts.write(f"x\\t{child.pid}\\t{child.wait() << 8}\\n")
""")
    rows = [row for row in started.rows if row["name"] == "sh -c exit"]
    assert sorted(row["exit"] for row in rows) == sorted(n % 200 for n in range(300))
    assert len({row["pid"] for row in rows}) == 300


def test_no_argument_is_kept(started, tmp_path):
    """Of a command line nothing but its base name, and of a shell's the first word of the command."""
    started("""
subprocess.run(["true", "canary-1"])
subprocess.run("TOKEN=canary-2 true canary-3", shell=True)
subprocess.run("'/no such/canary' 2>&1; true", shell=True, stdout=-1)
subprocess.run("echo $HOME canary-4 | tr a b; canary-5=1", shell=True, stdout=-1, stderr=-1)
subprocess.run("$canary_6", shell=True)
subprocess.run(["sh", "-c", "exit 0", "canary-7"])
os.system("true canary-8")
subprocess.run([python, "-c", "pass", "canary-9"], env={"canary": "canary-10"})
""")
    assert [row["name"] for row in started.rows[1:-1]] == [
        "true", "sh -c true", "sh -c canary", "sh -c echo", "sh -c", "sh -c exit", "sh -c true"]
    for path in (tmp_path / "x.sonde").iterdir():
        assert b"canary-" not in path.read_bytes()


def test_signatures_and_errors_are_posixs(started):
    """What stands before a function of posix gives what it gave."""
    started("""
import inspect, _posixsubprocess

subprocess.run(["true"])
for f in (os.posix_spawn, os.posix_spawnp, os.system, os.waitpid, os.wait, os.wait3, os.wait4, os.waitid, os.fork,
          os.forkpty, os.execv, os.execve, _posixsubprocess.fork_exec):
    print(f, f.__module__, f.__doc__, f.__text_signature__)
print(os.execve in os.supports_fd, len(os.supports_fd), {f.__name__ for f in os.supports_fd if f in os.supports_fd} ==
      {f.__name__ for f in os.supports_fd})
for f, args, names in [(os.waitpid, (1,), {}), (os.waitpid, ("x", 0), {}), (os.waitpid, (-1, 0), {}), (os.wait, (), {}),
                       (os.wait3, (0, 1), {}), (os.wait4, (), {"pid": "x"}), (os.waitid, (os.P_ALL, 0, os.WEXITED), {}),
                       (os.system, (), {}), (os.system, (1,), {}), (os.system, (), {"command": "exit 3"}),
                       (os.system, (), {"x": 1}), (os.system, ("a\\0b",), {}), (os.system, (b"exit 4",), {}),
                       (os.posix_spawn, (), {}), (os.posix_spawn, ("x", [], {}), {}), (os.posix_spawn, ("/no", ["x"], {}), {}),
                       (os.posix_spawn, ("/no", "x", 3), {}), (os.execv, ("x",), {}), (os.execv, ("/no", []), {}),
                       (os.execv, ("/no", [1]), {}), (os.execv, ("/no", ("x",)), {}), (os.execve, ("/no", ["x"], 5), {}),
                       (os.execve, (), {"path": "/no", "argv": ["x"], "env": {"A": 1}}), (os.fork, (1,), {}),
                       (_posixsubprocess.fork_exec, (), {}), (_posixsubprocess.fork_exec, (1, 2, 3, 4, 5, 6), {})]:
    try:
        print(f.__name__, args, f(*args, **names))
    except Exception as e:
        print(f.__name__, args, type(e), e)
""")
