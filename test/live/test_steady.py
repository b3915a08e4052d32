# SPDX-License-Identifier: Apache-2.0
"""What the agent, or a profile, asks of the kernel while it counts, and what of a process it leaves as it was."""

import collections
import re
import subprocess

import pytest
from counting import packages_in

# Threads that call, many new functions, paths that make the tape grow; all between two marks.
BUSY = """
import os, threading
makes = [f"def f{i}(n): return n and f{i - 1 if i else 0}(n - 1)" for i in range(400)]
codes = [compile(text, "made", "exec") for text in makes]
def work():
    for i in range(400):
        space["f%d" % i](20)
space = {}
threads = [threading.Thread(target=work) for _ in range(3)]
os.write(1, b"begin")
for code in codes: exec(code, space)
work()
[t.start() for t in threads]
[t.join() for t in threads]
os.write(1, b"end")
"""
# To grow: within the limit of file sizes, on a descriptor that is still the tape's; and a
# thread's CPU time, once. None of them blocks.
ALLOWED = {"mmap", "munmap", "fallocate", "ftruncate", "fstat", "newfstatat", "prlimit64", "getpid",
           "gettid", "clock_gettime"}


def calls_between(command, folder, env):
    """By system call, how often it was made between the marks."""
    trace = folder / "trace"
    subprocess.run(["strace", "-f", "-qq", "-o", trace, *command], cwd=folder, env=env, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
    lines = trace.read_text(errors="replace").splitlines()
    begin, end = (next(n for n, line in enumerate(lines) if f'write(1, "{mark}"' in line) for mark in ("begin", "end"))
    names = (re.match(r"\d+ +(?:--- (SIG\w+)|(\w+)\()", line) for line in lines[begin + 1:end])
    return collections.Counter(m[1] or m[2] for m in names if m)


@pytest.mark.smoke
def test_system_calls(sonde, python, clean_env, tmp_path):
    (tmp_path / "app.py").write_text(BUSY)
    bare = calls_between([python, "app.py"], tmp_path, clean_env)
    under = calls_between([sonde, "run", "-q", "-o", "out", python, "app.py"], tmp_path, clean_env)
    assert under["fallocate"] > 0, "the tape did not grow"
    assert under.keys() - bare.keys() <= ALLOWED, (under, bare)
    for name in ("rt_sigaction", "kill", "tgkill", "tkill", "setitimer", "timer_create"):
        assert under[name] == bare[name], name
    assert not [name for name in under if name.startswith("SIG")]


@pytest.mark.wide
def test_system_calls_of_a_profile(sonde, python, clean_env, tmp_path):
    """It asks for memory, and when it is on first, what the kernel's clock is; it has no file."""
    env = clean_env | {"PYTHONPATH": str(packages_in(tmp_path, sonde))}
    (tmp_path / "app.py").write_text("from sonde._profile import Profiler\n" + BUSY)
    bare = calls_between([python, "app.py"], tmp_path, env)
    text = BUSY.replace('os.write(1, b"begin")', 'profile = Profiler()\nos.write(1, b"begin")\nprofile.enable()')
    text = text.replace('os.write(1, b"end")', 'profile.disable(); profile.getstats()\nos.write(1, b"end")')
    (tmp_path / "app.py").write_text("from sonde._profile import Profiler\n" + text)
    under = calls_between([python, "app.py"], tmp_path, env)
    assert under["mmap"] > bare["mmap"]
    assert under.keys() - bare.keys() <= {"mmap", "munmap", "brk", "prlimit64", "openat", "read", "close"}, (under, bare)
    assert under["openat"] + under["open"] - bare["openat"] - bare["open"] <= 1
    for name in ("rt_sigaction", "kill", "tgkill", "tkill", "setitimer", "timer_create"):
        assert under[name] == bare[name], name


STATE = """
import gc, locale, os, resource, signal, sys, threading
def state():
    mask = os.umask(0); os.umask(mask)
    return {
        "signals": [signal.getsignal(s) for s in sorted(signal.valid_signals())],
        "dispositions": [l for l in open("/proc/self/status") if l.startswith(("SigBlk", "SigIgn", "SigCgt", "Threads"))],
        "mask": signal.pthread_sigmask(signal.SIG_BLOCK, []), "umask": mask, "cwd": os.getcwd(),
        "itimers": [signal.getitimer(n) for n in range(3)], "environ": dict(os.environb),
        "limits": [resource.getrlimit(n) for n in range(16)], "locale": locale.setlocale(locale.LC_ALL),
        "gc": (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), gc.get_debug(), list(gc.callbacks)),
        "tracing": (sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile()),
        "limit": sys.getrecursionlimit(), "switch": sys.getswitchinterval(), "fds": sorted(os.listdir("/proc/self/fd")),
        "hooks": (sys.excepthook, sys.displayhook, sys.unraisablehook, list(sys.meta_path), list(sys.path)),
        "none": sys.getrefcount(object) > 0, "wakeup": signal.set_wakeup_fd(-1),
    }
import sonde
state(); before = state()
sonde.start("rec"); len(""); during = state(); sonde.stop()
after = state()
for name in before:
    assert before[name] == during[name] or name in ("fds", "tracing"), (name, before[name], during[name])
    assert before[name] == after[name] or name == "fds", (name, before[name], after[name])
"""


PROFILED = STATE.replace('sonde.start("rec"); len(""); during = state(); sonde.stop()', """
from sonde._profile import Profiler
def tools(): return [sys.monitoring.get_tool(n) for n in range(6)] if hasattr(sys, "monitoring") else None
alone = tools()
profile = Profiler(); profile.enable(); len(""); during = state(); profile.disable()
assert tools() == alone
""")


@pytest.mark.smoke
@pytest.mark.parametrize("text", [STATE, PROFILED], ids=["agent", "profile"])
def test_state_before_and_after(python, sonde, clean_env, tmp_path, text):
    (tmp_path / "app.py").write_text(text)
    env = clean_env | {"PYTHONPATH": str(packages_in(tmp_path, sonde))}
    done = subprocess.run([python, "app.py"], cwd=tmp_path, env=env, text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, "")
