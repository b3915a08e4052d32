# SPDX-License-Identifier: Apache-2.0
"""Cells of the matrix, a way to start times an end: which there are, and how one is run.

Tools: bare, sonde, cProfile, VizTracer; each says what it has of the worker's calls.
"""

import contextlib
import json
import mmap
import os
import pathlib
import pstats
import random
import re
import shutil
import signal
import subprocess
import time
import zipapp

from processes import ends

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 60  # at most, of a cell
LIMIT = 50 << 20  # bytes: more memory than that a worker that is to run out of it does not get
GROUPS = pathlib.Path("/sys/fs/cgroup/memory")
BLURRED = re.compile(rb"0x[0-9a-f]{6,}|(?<=PoolWorker-)\d+")  # addresses; which of two took the task

WAYS = re.findall(r'^    "(.+?)": ', (HERE / "ways.py").read_text().partition("WAYS = {")[2], re.M)
ENDS = list(ends.ENDS)
CALLED = ("Process", "Pool", "subprocess", "asyncio", "a venv", "another", "uv", "a zipapp", "-m")  # have terminate()


def excluded(way, end, version):
    """Why there is no such cell; None: there is."""
    if way == "the program itself" and end in ("terminate()", "parent ends"):
        return "nobody started it"
    if way == "os.exec of another Python" and end in ("terminate()", "parent ends"):
        return "it is the program itself, with another image"
    if end == "terminate()":
        if way.startswith("ProcessPoolExecutor"):
            return None if version >= (3, 14) else "its terminate_workers() came with 3.14"
        if way in ("a shell script", "subprocess, shell=True", "asyncio, shell"):
            return "would end the shell and leave the worker"
        if not way.startswith(CALLED):
            return "has no such method: see SIGTERM"
    if end == "parent ends":
        if way.startswith("ProcessPoolExecutor"):
            return "waits for its workers before it ends"
        if way == "os.system":
            return "waits for its command"
        if way.startswith("asyncio"):
            return "kills what its loop has left, at no known moment"
        if way == "os.forkpty":
            return "takes the terminal along: see SIGTERM"
    return None


def cells(version, ways=WAYS):
    return [(way, end) for way in ways for end in ENDS if not excluded(way, end, version)]


def sample(version, turn):
    """Each way once, each end at least once: which with which depends on turn."""
    chosen = []
    for place, way in enumerate(WAYS):
        order = [ENDS[(place * 5 + turn + step) % len(ENDS)] for step in range(len(ENDS))]
        chosen.append((way, next(end for end in order if not excluded(way, end, version))))
    return chosen


def can_limit():
    """Whether this process may make a group with a limit of memory."""
    return os.access(GROUPS, os.W_OK) and (GROUPS / "memory.limit_in_bytes").exists()


class Program:
    """The folder of the program, with all that its ways start; `env` says where that is."""

    def __init__(self, folder, python, other, uv, env):
        self.folder, self.python = folder, python
        folder.mkdir()
        for name in "ways.py", "ends.py":
            shutil.copy(HERE / name, folder / name)
        (folder / "worker").mkdir()
        shutil.copy(HERE / "ends.py", folder / "worker/__main__.py")
        zipapp.create_archive(folder / "worker", folder / "worker.pyz")
        (folder / "wrapper.sh").write_text('#!/bin/sh\n"$@"\nexit $?\n')
        (folder / "wrapper.sh").chmod(0o755)
        subprocess.run([python, "-m", "venv", "--without-pip", folder / "venv"], check=True, env=env)
        self.env = env | {"PYTHONDONTWRITEBYTECODE": "1", "OTHER": str(other), "UV": str(uv),
                          "VENV": str(folder / "venv/bin/python"), "UV_CACHE_DIR": str(folder / "uv")}


class Bare:
    name = "bare"

    def __init__(self, program):
        self.program, self.env = program, program.env

    def command(self, folder):
        return [self.program.python]

    def held(self, folder, pid):
        return 0


class Sonde(Bare):
    name = "sonde"

    def __init__(self, program, sonde):
        super().__init__(program)
        self.sonde = sonde

    def command(self, folder):
        return [self.sonde, "run", "-q", "-o", folder / "out.sonde", self.program.python]

    def report(self, folder):
        done = subprocess.run([self.sonde, "report", "--json", folder / "out.sonde"], env=self.env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS)
        return json.loads(done.stdout) if done.returncode == 0 else {"functions": [], "processes": []}

    def held(self, folder, pid):
        report = self.report(folder)
        there = any(process["pid"] == pid for process in report["processes"])
        return there * sum(f["calls"] for f in report["functions"] if f["name"] == "counted_leaf")


class CProfile(Bare):
    name = "cProfile"

    def command(self, folder):
        return [self.program.python, "-m", "cProfile", "-o", folder / "out.prof"]

    def held(self, folder, pid):
        with contextlib.suppress(OSError, EOFError, ValueError, TypeError):
            stats = pstats.Stats(str(folder / "out.prof")).stats
            return sum(calls for (_, _, name), (_, calls, *_) in stats.items() if name == "counted_leaf")
        return 0


class VizTracer(Bare):
    name = "VizTracer"

    def __init__(self, program, packages):
        super().__init__(program)
        self.env = self.env | {"PYTHONPATH": str(packages)}

    def command(self, folder):
        return [self.program.python, "-m", "viztracer", "--quiet", "-o", folder / "out.json", "--"]

    def held(self, folder, pid):
        with contextlib.suppress(OSError, ValueError):
            events = json.loads((folder / "out.json").read_text())["traceEvents"]
            return sum(event.get("name", "").startswith("counted_leaf ") for event in events)
        return 0


class Group:
    """A control group with little memory, for one worker, which enters it by itself."""

    def __init__(self, name):
        self.path = GROUPS / f"sonde-{os.getpid()}-{abs(hash(name))}"
        self.path.mkdir()
        (self.path / "memory.limit_in_bytes").write_text(str(LIMIT))
        with contextlib.suppress(OSError):  # where swap is counted as well
            (self.path / "memory.memsw.limit_in_bytes").write_text(str(LIMIT))

    def close(self):
        while self.path.exists():
            with contextlib.suppress(OSError):  # somebody is in it yet
                self.path.rmdir()
            time.sleep(0.01)


class Run:
    """One cell under one tool: status, out, err; calls begun and done; held by the tool."""

    def __init__(self, tool, way, end, folder, moment=0.0):
        self.tool, self.end, self.folder, self.moment = tool, end, folder, moment
        self.until = time.monotonic() + SECONDS
        self.status = self.held = None
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "progress").write_bytes(bytes(8 * ends.PLACES))
        with open(folder / "progress", "r+b") as file:
            self.places = memoryview(mmap.mmap(file.fileno(), 0)).cast("Q")
        self.group = Group(str(folder)) if end == "out of memory" and can_limit() else None
        env = tool.env | {"PROGRESS": str(folder / "progress")} | self.limits()
        command = [*tool.command(folder), tool.program.folder / "ways.py", way, end]
        command = ["env", "--default-signal=INT", *command]  # where the tests run in the background
        with open(folder / "out", "wb") as out, open(folder / "err", "wb") as err:
            self.process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err, start_new_session=True)
        try:
            self.drive()
        finally:
            self.end_all()
        self.out, self.err = (BLURRED.sub(b"", (folder / name).read_bytes()) for name in ("out", "err"))
        self.pid, self.begun, self.done = self.places[ends.PID], self.places[ends.BEGUN], self.places[ends.DONE]
        if self.held is None:
            self.held = tool.held(folder, self.pid)

    def limits(self):
        return {"LIMITED": str(self.group.path / "cgroup.procs")} if self.group else {}

    def wait_until(self, fact):
        while not fact():
            if time.monotonic() > self.until:
                raise TimeoutError(f"{self.tool.name}: {self.end}: {(self.folder / 'err').read_text()}")
            time.sleep(0.003)

    def state(self):
        """Of the worker, as ps has it; Z: it is not there."""
        try:
            return pathlib.Path(f"/proc/{self.places[ends.PID]}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return "Z"

    def is_over(self):
        return self.process.poll() is not None and (self.places[ends.PID] == 0 or self.state() in "ZX")

    def waits(self):
        return self.is_over() or (self.places[ends.WAITS] and self.state() == "S")

    def kill(self, number):
        if self.places[ends.PID]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.places[ends.PID], number)

    def drive(self):
        """What comes from outside."""
        if self.end in ("SIGTERM", "SIGINT", "never") or (self.end == "out of memory" and not self.group):
            self.wait_until(self.waits)
            if self.end == "never":
                self.held = self.tool.held(self.folder, self.places[ends.PID])
            self.kill({"SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT}.get(self.end, signal.SIGKILL))
        if self.end == "SIGKILL":
            self.wait_until(lambda: self.is_over() or self.places[ends.DONE] > 0)
            time.sleep(self.moment)
            self.kill(signal.SIGKILL)
        if self.end == "parent ends":
            self.wait_until(lambda: self.process.poll() is not None)
            self.places[ends.ORPHAN] = 1
        self.wait_until(self.is_over)
        self.status = self.process.wait()

    def end_all(self):
        """Nothing of the program is left: what is about to end (a fork server) has a second for it."""
        until = time.monotonic() + 1
        while self.process.poll() is not None and time.monotonic() < until:
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                break
            time.sleep(0.01)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.state() != "Z":
            self.kill(signal.SIGKILL)
        self.process.wait()
        if self.group:
            self.group.close()

    def seen(self):
        """What the user sees of it."""
        return self.status, self.out, self.err

    def is_exact(self):
        """A worker that is killed amid its calls may be within one."""
        return self.done <= self.held <= self.begun


def moment(way, end):
    """Of a kill: any, and the same each time."""
    return random.Random(way + end).uniform(0, 0.05)
