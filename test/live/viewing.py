# SPDX-License-Identifier: Apache-2.0
"""What tests of `sonde view` as a server share: a server over a recording of known figures, and a client of it."""

import contextlib
import http.client
import pathlib
import re
import signal
import socket
import subprocess

import pytest

from orders import write_orders

PATIENCE = 60  # seconds until a client gives up: a hang is one, however busy the machine is


@pytest.fixture(scope="session", autouse=True)
def built(sonde):
    """What make build made; a sonde that was built without the page says so, and that is tested elsewhere."""
    folder = pathlib.Path(sonde).resolve().parent.parent
    if not list(folder.glob("lib*/python3*/site-packages/sonde/page/engine.wasm")):
        pytest.skip("this sonde was built without the page")


class View:
    def __init__(self, process, address):
        self.process, self.address = process, address
        self.port = int(re.match(r"http://127\.0\.0\.1:(\d+)/\?token=[0-9a-f]{64}$", address)[1])
        self.token = address[-64:]
        self.cookie = None

    def raw(self, data, timeout=PATIENCE):
        """What comes back for these bytes, up to the end of the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as s:
            with contextlib.suppress(OSError):
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
            back = b""
            with contextlib.suppress(ConnectionResetError):  # what was refused is not read to its end
                while piece := s.recv(65536):
                    back += piece
            return back

    def ask(self, path, method="GET", host=None, cookie=True, **headers):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        c.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        c.putheader("Host", host or f"127.0.0.1:{self.port}")
        if cookie and self.cookie:
            c.putheader("Cookie", self.cookie if cookie is True else cookie)
        for name, value in headers.items():
            c.putheader(name.replace("_", "-"), value)
        c.endheaders()
        answer = c.getresponse()
        if path == "/events" and answer.status == 200:
            body = answer.fp.read1(100)
        else:
            body = answer.read()
        c.close()
        return answer, body

    def enter(self):
        answer, _ = self.ask(f"/?token={self.token}")
        assert answer.status == 200
        self.cookie = answer.getheader("Set-Cookie").split(";")[0]
        return answer


@contextlib.contextmanager
def viewing(sonde, env, folder, *words):
    process = subprocess.Popen([sonde, "view", "-s", *words], cwd=folder, env=env, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        line = process.stdout.readline().strip()
        assert line, process.stderr.read()
        yield View(process, line)
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
        assert (process.returncode, said) == (0, "")


@pytest.fixture
def folder(tmp_path):
    write_orders(tmp_path / "orders.sonde")
    return tmp_path


@pytest.fixture
def view(sonde, clean_env, folder):
    with viewing(sonde, clean_env, folder, "orders.sonde") as view:
        yield view
