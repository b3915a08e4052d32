# SPDX-License-Identifier: Apache-2.0
"""Servers with workers, under load, a worker killed, then all: every process and every call is in the report."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest
from tape import tapes

WSGI = """
import os

def handled(path):
    return f"{os.getpid()} {path}".encode()

def application(environ, start_response):
    body = handled(environ["PATH_INFO"])
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
ASGI = """
import os

def handled(path):
    return f"{os.getpid()} {path}".encode()

async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    body = handled(scope["path"])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
"""


class Connection(http.client.HTTPConnection):
    """Over a socket in a folder."""

    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Load(threading.Thread):
    """Asks one thing after another: how often it asked, and what answered, by pid."""

    def __init__(self, path):
        super().__init__()
        self.path, self.asked, self.answers, self.goes_on = path, 0, [], True

    def ask(self):
        """One request on a connection of its own: whether it was answered."""
        connection = Connection(self.path)
        try:
            connection.connect()
            self.asked += 1
            connection.request("GET", f"/{self.asked}")
            answer = connection.getresponse().read().split()
            self.answers.append(int(answer[0]))
            return True
        except (OSError, http.client.HTTPException, IndexError):
            return False
        finally:
            connection.close()

    def run(self):
        while self.goes_on:
            if not self.ask():
                time.sleep(0.002)


class Server:
    """Under sonde, with as many clients; the recording is out.sonde in its folder."""

    def __init__(self, command, clients, folder, env):
        self.folder, self.path = folder, folder / "socket"
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True)
        self.loads = [Load(self.path) for _ in range(clients)]

    def begin(self, workers):
        """Until so many workers have answered."""
        until = time.monotonic() + 30
        first = self.loads[0]
        while len({*first.answers}) < workers:
            assert time.monotonic() < until and self.process.poll() is None, (self.folder / "log").read_text()
            first.ask() or time.sleep(0.02)
        for load in self.loads:
            load.start()

    def answered_by(self):
        return {pid for load in self.loads for pid in load.answers}

    def kill_one(self):
        """A worker that answers; returns when another has taken its place and answered."""
        before = self.answered_by()
        victim = self.loads[0].answers[-1]
        os.kill(victim, signal.SIGKILL)
        until = time.monotonic() + 30
        while self.answered_by() == before:
            assert time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.01)
        return victim

    def kill_all(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        for load in self.loads:
            load.goes_on = False
        for load in self.loads:
            load.join()
        self.process.wait()

    def close(self):
        for load in self.loads:
            load.goes_on = False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def check(server, sonde, env, workers):
    """All of them are there; calls are the answers, but for what was under way."""
    asked = sum(load.asked for load in server.loads)
    answers = [pid for load in server.loads for pid in load.answers]
    assert len({*answers}) == workers
    found = {tape.header.pid: tape for tape in tapes(server.folder / "out.sonde")}
    for pid in {*answers}:
        assert answers.count(pid) <= found[pid].calls("handled"), pid
    done = subprocess.run([sonde, "report", "--json", server.folder / "out.sonde"], env=env, check=True, text=True,
                          stdout=subprocess.PIPE)
    report = json.loads(done.stdout)
    [calls] = [f["calls"] for f in report["functions"] if f["name"] == "handled"]
    print(f"{len(answers)} answers, {asked - len(answers)} not answered; {calls} calls in {len(found)} processes")
    assert len(answers) <= calls <= asked
    assert asked - len(answers) <= 2 * len(server.loads)  # of the two kills, at most one of each client
    parents = {process["pid"]: process["parent"] for process in report["processes"]}
    assert {*answers} <= {*parents}
    return {parents[pid] for pid in {*answers}} & {*parents}, found


def pythonpath(env, servers):
    return env | {"PYTHONPATH": str(servers), "PYTHONDONTWRITEBYTECODE": "1"}


def run_gunicorn(sonde, python, env, folder, seconds):
    (folder / "app.py").write_text(WSGI)
    command = [sonde, "run", "-q", "-o", "out.sonde", "--python", python, "-m", "gunicorn", "--workers", "4",
               "--bind", "unix:socket", "--no-control-socket", "app:application"]
    server = Server(command, 6, folder, env)
    try:
        server.begin(4)
        time.sleep(seconds / 2)
        server.kill_one()
        time.sleep(seconds / 2)
        server.kill_all()
    finally:
        server.close()
    [master], found = check(server, sonde, env, 5)
    assert len(found) == 6 and master in found  # master, four workers, the one in the dead one's place


def test_gunicorn(sonde, python, clean_env, servers, tmp_path):
    run_gunicorn(sonde, python, pythonpath(clean_env, servers), tmp_path, 2)


@pytest.mark.long
@pytest.mark.smoke
def test_gunicorn_for_twenty_seconds(sonde, python, clean_env, servers, tmp_path):
    run_gunicorn(sonde, python, pythonpath(clean_env, servers), tmp_path, 20)


@pytest.mark.wide
def test_uvicorn(sonde, python, clean_env, servers, tmp_path):
    (tmp_path / "app.py").write_text(ASGI)
    command = [sonde, "run", "-q", "-o", "out.sonde", "--python", python, "-m", "uvicorn", "--workers", "2",
               "--uds", "socket", "--no-access-log", "app:application"]
    server = Server(command, 2, tmp_path, pythonpath(clean_env, servers))
    try:
        server.begin(2)
        time.sleep(0.5)
        server.kill_one()
        time.sleep(0.5)
        server.kill_all()
    finally:
        server.close()
    [master], found = check(server, sonde, clean_env, 3)
    assert master in found
