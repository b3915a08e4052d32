# SPDX-License-Identifier: Apache-2.0
"""Forks: a child writes its own tape from its first event and never its parent's."""


import pytest

from tape import tapes

pytestmark = pytest.mark.smoke

COUNTED = """
import os, sys, threading

def parent_work():
    pass

def child_work():
    pass

def wait_for(pid):
    assert os.waitpid(pid, 0)[1] == 0
"""


@pytest.fixture
def recorded(run_sonde, python, tmp_path):
    """recorded(text): what the program printed, and its tapes by pid."""

    def run(text):
        (tmp_path / "app.py").write_text(text)
        done = run_sonde("run", "--python", python, "-o", "app.sonde", "app.py")
        assert (done.returncode, done.stderr) == (0, "")
        found = tapes(tmp_path / "app.sonde")
        assert all(tape.header.lost_events == 0 for tape in found)
        return done.stdout, {tape.header.pid: tape for tape in found}

    return run


def split(by_pid):
    """The parent, and its children."""
    [parent] = [t for t in by_pid.values() if t.header.parent_pid not in by_pid]
    return parent, [t for t in by_pid.values() if t is not parent]


def test_calls_are_each_processs_own(recorded):
    _, by_pid = recorded(COUNTED + """
for _ in range(5):
    parent_work()
for n in range(3):
    pid = os.fork()
    if pid == 0:
        for _ in range(10 + n):
            child_work()
        sys.exit()
    wait_for(pid)
for _ in range(6):
    parent_work()
""")
    parent, children = split(by_pid)
    assert (parent.calls("parent_work"), parent.calls("child_work")) == (11, 0)
    assert sorted(c.calls("child_work") for c in children) == [10, 11, 12]
    for child in children:
        assert child.calls("parent_work") == 0
        # What ran when it forked is there, with no call: the module called child_work.
        [node] = child.nodes_of("child_work")
        above = child.nodes[child.nodes[node].parent]
        assert child.functions[above.function].name == "<module>"
        assert above.calls == 0


def test_a_parents_tape_is_left_alone(recorded, tmp_path):
    """The child reads every byte of it before and after it has worked."""
    output, by_pid = recorded(COUNTED + """
import glob, hashlib, select, time

def digest():
    [path] = glob.glob(f"app.sonde/{os.getppid()}-*.tape")
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()

parent_work()
ready, go = os.pipe()
pid = os.fork()
if pid == 0:
    os.read(ready, 1)  # the parent waits in waitpid(): nothing of it runs
    while open(f"/proc/{os.getppid()}/stat").read().rpartition(")")[2].split()[0] != "S":
        os.sched_yield()
    before = digest()
    for _ in range(20_000):
        child_work()
    exec("def new_function(): pass\\nnew_function()")
    print(before == digest())
    sys.exit()
os.write(go, b"x")
wait_for(pid)
""")
    assert output == "True\n"
    parent, [child] = split(by_pid)
    assert child.calls("child_work") == 20_000
    assert parent.calls("new_function") == 0 and child.calls("new_function") == 1


def test_from_a_thread(recorded):
    _, by_pid = recorded(COUNTED + """
import warnings
warnings.simplefilter("ignore")  # forking amid threads is the matter here

def in_thread():
    pid = os.fork()
    if pid == 0:
        for _ in range(100):
            child_work()
        os._exit(0)
    wait_for(pid)
    parent_work()

def other(stop):
    while not stop.is_set():
        parent_work()

stop = threading.Event()
threading.Thread(target=other, args=(stop,)).start()
t = threading.Thread(target=in_thread)
t.start()
t.join()
stop.set()
""")
    parent, [child] = split(by_pid)
    assert child.calls("child_work") == 100 and parent.calls("child_work") == 0
    assert len(child.threads) == 1 and len(parent.threads) == 3
    [node] = child.nodes_of("child_work")
    assert child.functions[child.nodes[child.nodes[node].parent].function].name == "in_thread"


def test_deep_and_wide(recorded):
    """Every child forks two: 1 + 2 + 4 + 8 processes."""
    _, by_pid = recorded(COUNTED + """
def spread(depth):
    child_work()
    if depth == 0:
        return
    pids = []
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            spread(depth - 1)
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        wait_for(pid)

spread(3)
""")
    assert len(by_pid) == 15
    assert {t.calls("child_work") for t in by_pid.values()} == {1}
    assert {t.calls("spread") for t in by_pid.values()} == {1}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(recorded, method):
    _, by_pid = recorded(f"""
import multiprocessing

def square(n):
    return n * n

def whole():
    with multiprocessing.get_context("{method}").Pool(2) as pool:
        assert sum(pool.map(square, range(40), chunksize=5)) == sum(n * n for n in range(40))
        pool.close()
        pool.join()

if __name__ == "__main__":
    whole()
""")
    assert sum(t.calls("square") for t in by_pid.values()) == 40
    assert sum(t.calls("whole") for t in by_pid.values()) == 1
    assert [t.calls("square") for t in by_pid.values() if t.calls("whole")] == [0]


def test_subprocesses(recorded):
    _, by_pid = recorded("""
import os, subprocess, sys

def once():
    pass

code = "def once(): pass\\nfor _ in range(7): once()"
once()
subprocess.run([sys.executable, "-c", code], check=True)
subprocess.run([sys.executable, "-c", code], check=True, preexec_fn=once)
subprocess.run(f"'{sys.executable}' -c '{code}'", check=True, shell=True)
os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", code])
once()
""")
    counts = sorted(t.calls("once") for t in by_pid.values())
    # preexec_fn runs in a child that then execs: the same pid has two tapes.
    assert [c for c in counts if c == 7] == [7, 7, 7, 7]
    assert 2 in counts


def test_exec_keeps_what_was_before(run_sonde, python, tmp_path):
    (tmp_path / "app.py").write_text("""
import os, sys

def before():
    pass

for _ in range(9):
    before()
os.execv(sys.executable, [sys.executable, "-c", "def after(): pass\\nfor _ in range(4): after()"])
""")
    done = run_sonde("run", "--python", python, "-o", "app.sonde", "app.py")
    assert (done.returncode, done.stderr) == (0, "")
    first, second = tapes(tmp_path / "app.sonde")
    assert first.header.pid == second.header.pid
    assert (first.calls("before"), second.calls("after")) == (9, 4)
