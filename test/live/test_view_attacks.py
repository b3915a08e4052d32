# SPDX-License-Identifier: Apache-2.0
"""sonde view attacked: guesses, another network, another user, another site in a real browser's stead, and what
stands where it would write. What it must withstand is counted."""

import contextlib
import fcntl
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import textwrap

import pytest

from live.test_files import KINDS, NOBODY, modes, need_root, plant, state, strace
from live.viewing import PATIENCE, View, built, folder, view, viewing  # noqa: F401
from orders import write_orders

DIGITS = "0123456789abcdef"


def near(secret):
    """Every secret that differs in one digit, is cut or goes on: 960 and 65 of them."""
    for i, own in enumerate(secret):
        yield from (secret[:i] + digit + secret[i + 1:] for digit in DIGITS if digit != own)
        yield secret[:i]
    yield secret + "0"


def far(count, seed):
    chance = random.Random(seed)
    for _ in range(count):
        yield f"{chance.getrandbits(256):064x}"


def tell(view, request):
    """The head of the answer to one request; its connection is not used again."""
    with socket.socket() as s:
        s.settimeout(PATIENCE)
        s.connect(("127.0.0.1", view.port))
        s.sendall(request)
        return s.recv(65536)


def guess(view, token, count, seed):
    """So many guesses of the token, or of the cookie: how many were tried."""
    secret = view.token if token else view.cookie.partition("=")[2]
    tried = 0
    for text in [*near(secret), *far(count - 1025, seed)]:
        line = f"GET /?token={text} HTTP/1.1\r\n" if token else f"GET /q/about HTTP/1.1\r\nCookie: sonde-{view.port}={text}\r\n"
        back = tell(view, f"{line}Host: 127.0.0.1:{view.port}\r\n\r\n".encode())
        assert back.startswith(b"HTTP/1.1 403 ") and b"Set-Cookie" not in back and back.endswith(b"\r\n\r\n"), text
        tried += 1
    return tried


@pytest.mark.parametrize("many", [1025, pytest.param(50_000, marks=pytest.mark.long)])
def test_guessing_finds_nothing(view, many):
    """The token, then the cookie; the right one still counts when all the wrong ones were told."""
    tried = guess(view, True, many, 1)
    view.enter()
    tried += guess(view, False, many, 2)
    assert tried == 2 * many and view.ask("/q/about")[0].status == 200


def test_secrets_are_compared_in_constant_time(root):
    """Memcheck follows bytes that nobody wrote: no branch and no address may depend on what a secret holds."""
    program = root / "build/dev/test/unit/test_serve_secret"
    if not shutil.which("valgrind") or not program.exists():
        pytest.skip("there is no valgrind here (tool/packages test installs it)")
    done = subprocess.run(["valgrind", "-q", "--error-exitcode=9", program, "compare"], text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    done = subprocess.run(["valgrind", "-q", "--error-exitcode=9", program, "branch"], text=True, capture_output=True)
    assert done.returncode == 9 and "depends on uninitialised value" in done.stderr, "what does branch is found"


def addresses():
    """This machine's own, but the loopback ones."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _, name in socket.if_nameindex():
            with contextlib.suppress(OSError):
                whole = fcntl.ioctl(s, 0x8915, struct.pack("256s", name.encode()))  # SIOCGIFADDR
                found.append(socket.inet_ntoa(whole[20:24]))
    return [address for address in found if not address.startswith("127.")]


def test_no_other_address_of_the_machine_answers(view):
    for address in [*addresses(), "127.0.0.2", "127.255.255.254"]:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, view.port), PATIENCE)


KNOCK = """
import json, socket, sys
told = []
for address, port in json.loads(sys.argv[1]):
    try:
        socket.create_connection((address, port), 30).close()
        told.append("connected")
    except OSError as error:
        told.append(type(error).__name__)
print(json.dumps(told))
"""
LISTEN = "import socket, sys\ns = socket.create_server(('', 9))\nprint(flush=True)\nsys.stdin.read()"
WAIT = ["sh", "-c", "ip link set lo up && echo && exec cat"]


@contextlib.contextmanager
def networks():
    """Two network namespaces with a cable between them, which go with their processes: words to enter each."""
    with contextlib.ExitStack() as stack:
        pids = []
        for _ in range(2):
            waits = subprocess.Popen(["unshare", "-n", *WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            stack.callback(waits.communicate)
            if not waits.stdout.readline():
                pytest.skip("no network namespace may be made here")
            pids.append(waits.pid)
        enter = [["nsenter", "-t", str(pid), "-n"] for pid in pids]
        cable = ["ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", str(pids[1])]
        if subprocess.run([*enter[0], *cable], stderr=subprocess.DEVNULL).returncode != 0:
            pytest.skip("no virtual cable may be laid here")
        for i in range(2):
            subprocess.run([*enter[i], "ip", "address", "add", f"198.18.0.{i + 1}/24", "dev", "cable"], check=True)
            subprocess.run([*enter[i], "ip", "link", "set", "cable", "up"], check=True)
        yield enter


@need_root
def test_from_another_network_it_is_refused(sonde, clean_env, folder):
    if not shutil.which("ip") or not shutil.which("nsenter"):
        pytest.skip("no ip, or no nsenter")
    with networks() as (here, there):
        control = subprocess.Popen([*here, sys.executable, "-c", LISTEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        serving = subprocess.Popen([*here, sonde, "view", "-s", "orders.sonde"], cwd=folder, env=clean_env, text=True,
                                   stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        control.stdout.readline()
        port = View(serving, serving.stdout.readline().strip()).port
        knocks = [("198.18.0.1", 9), *[("198.18.0.1", port)] * 100, *[("127.0.0.1", port)] * 100]
        for enter, answers in (there, ["connected", *["ConnectionRefusedError"] * 200]), (here, [*["connected"] * 1,
                               *["ConnectionRefusedError"] * 100, *["connected"] * 100]):
            done = subprocess.run([*enter, sys.executable, "-c", KNOCK, json.dumps(knocks)], check=True, text=True,
                                  stdout=subprocess.PIPE)
            assert json.loads(done.stdout) == answers
        serving.send_signal(signal.SIGINT)
        serving.communicate(timeout=PATIENCE)
        control.communicate(timeout=PATIENCE)


PAGE_FLAGS = {"O_WRONLY", "O_TMPFILE", "O_CLOEXEC"}


def test_every_file_of_a_view(sonde, clean_env, tmp_path):
    """Under umask 000: the folder 0700, the browser's file and the saved page 0600, each made new."""
    write_orders(tmp_path / "orders.sonde")
    for place in "run", "temporary":
        (tmp_path / place).mkdir(mode=0o700)
    (tmp_path / "browser").write_text(f"#!/bin/sh\ncp \"$1\" {tmp_path}/seen\nls -ln \"$1\" > {tmp_path}/listed\n"
                                      f"kill -INT $(cat {tmp_path}/pid)\n")
    (tmp_path / "browser").chmod(0o755)
    env = {**clean_env, "XDG_RUNTIME_DIR": str(tmp_path / "run"), "TMPDIR": str(tmp_path / "temporary")}
    serves = "echo $$ > pid; exec \"$0\" view -b ./browser orders.sonde 2> said"
    made = [call for call in strace(["sh", "-c", serves, sonde], cwd=tmp_path, env=env, umask=0)
            if str(tmp_path) in call[1] + call[2] and call[1] not in (f"{tmp_path}/seen", f"{tmp_path}/listed")]
    [(how, folder, mode), (_, within, flags), (_, name, rest)] = made
    assert how.startswith("mkdir") and folder.startswith(f"{tmp_path}/run/sonde-view-") and mode == "0700"
    assert set(flags.split(", ")[0].split("|")) == PAGE_FLAGS and flags.endswith(", 0600") and within == f"{folder}/"
    assert name.startswith("/proc/self/fd/") and rest.startswith(f'AT_FDCWD, "{folder}/page.html.')
    assert (tmp_path / "listed").read_text().startswith("-rw------- 1 ") and "token=" in (tmp_path / "seen").read_text()
    assert list((tmp_path / "run").iterdir()) == []
    # Saved: a pack on its way, then the page.
    made = list(strace([sonde, "view", "--html", "out.html", "orders.sonde"], cwd=tmp_path, env=env, umask=0))
    [(_, folder, mode), *packs, (_, within, flags), (_, _, rest)] = [call for call in made if not call[1].startswith("/dev/")]
    assert folder.startswith(f"{tmp_path}/temporary/sonde-") and mode == "0700" and list((tmp_path / "temporary").iterdir()) == []
    assert all(call[1].startswith((folder, "/proc/self/fd/")) and ("0600" in call[2] or folder in call[2]) for call in packs)
    assert (within, set(flags.split(", ")[0].split("|")), flags[-4:]) == (".", PAGE_FLAGS, "0600") and "out.html." in rest
    assert modes(tmp_path)["out.html"] == "0o600"


@pytest.mark.parametrize("what", [*KINDS, "dangling"])
def test_planted_where_a_page_is_saved(run_sonde, tmp_path, what):
    (tmp_path / "victims").mkdir()
    (tmp_path / "place").mkdir()
    write_orders(tmp_path / "orders.sonde")
    (tmp_path / "victims/file").write_text("the victim's")
    plant(what, tmp_path / "place/out.html", tmp_path / "victims/file")
    before = state(tmp_path / "place"), state(tmp_path / "victims")
    done = run_sonde("view", "--html", "place/out.html", "orders.sonde", timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr in [f"sonde: cannot write: place/out.html: {why} (give another name)\n"
                           for why in ("not a regular file", "another user's file")]
    assert (state(tmp_path / "place"), state(tmp_path / "victims")) == before


# What another user of the machine tries; it tells what came of each.
INTRUDER = """
import json, os, socket, subprocess, sys
asked = json.loads(sys.argv[1])
told = {"reads": [], "writes": [], "heads": [], "words": ""}

def attempt(doing):
    try:
        return repr(doing())
    except OSError as error:
        return type(error).__name__

for path in asked["paths"]:
    told["reads"].append(attempt(lambda: open(path, "rb").read() if not os.path.isdir(path) else os.listdir(path)))
for path in asked["folders"]:
    told["writes"].append(attempt(lambda: open(path + "/planted", "wb")))
for request in asked["requests"]:
    with socket.create_connection(("127.0.0.1", asked["port"]), 60) as s:
        s.sendall(request.encode())
        s.shutdown(socket.SHUT_WR)
        back = b""
        while piece := s.recv(65536):
            back += piece
    told["heads"].append(back.decode("latin-1"))
for entry in os.listdir("/proc"):
    for name in ("cmdline", "environ", "comm", "maps"):
        if entry.isdigit() and name != "maps" or entry == str(asked["pid"]):
            try:
                told["words"] += open(f"/proc/{entry}/{name}", "rb").read().decode("latin-1")
            except OSError:
                pass
told["words"] += subprocess.run(["ps", "-eww", "-o", "pid,args"], capture_output=True, text=True).stdout
told["words"] += open("/proc/net/unix").read() + open("/proc/net/tcp").read()
print(json.dumps(told))
"""


def as_nobody(python, asked):
    done = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", python, "-c", INTRUDER,
                           json.dumps(asked)], text=True, capture_output=True, cwd="/", env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@need_root
def test_another_user_learns_nothing(sonde, clean_env, run_sonde):
    """In a folder that everybody may read, so that what keeps the other one out is the files' own modes."""
    python = shutil.which("python3", path="/usr/bin:/bin")
    if not python or not shutil.which("setpriv"):
        pytest.skip("no Python of the system, or no setpriv")
    with tempfile.TemporaryDirectory(prefix="sonde-", dir="/tmp") as name:
        place = pathlib.Path(name)
        place.chmod(0o755)
        write_orders(place / "orders.sonde")
        (place / "orders.sonde").chmod(0o700)
        (place / "run").mkdir(mode=0o755)
        (place / "source").mkdir()
        (place / "source/orders.py").write_text("SECRET = 1\n")
        (place / "source/orders.py").chmod(0o600)
        run_sonde("view", "--html", place / "page.html", "--source", place / "source", "--with-source", place / "orders.sonde",
                  check=True, umask=0)
        (place / "browser").write_text(f"#!/bin/sh\necho \"$1\" > {place}/asked.new; mv {place}/asked.new {place}/asked\n")
        (place / "browser").chmod(0o755)
        process = subprocess.Popen([sonde, "view", "-b", place / "browser", "--source", place / "source", place / "orders.sonde"],
                                   env=clean_env | {"XDG_RUNTIME_DIR": f"{place}/run"}, umask=0, stdin=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        try:
            while not (place / "asked").exists():
                assert process.poll() is None, process.stderr.read()
            sent = pathlib.Path((place / "asked").read_text().strip())
            view = View(process, sent.read_text().partition('0;url=')[2].partition('"')[0])
            proc = f"/proc/{process.pid}"
            routes = ["/", f"/?token={'0' * 64}", "/q/about", "/q/source?file=0", "/engine.wasm", "/page.js", "/events"]
            requests = [f"{method} {route} HTTP/1.1\r\nHost: 127.0.0.1:{view.port}\r\n\r\n" for route in routes
                        for method in ("GET", "HEAD", "PUT", "POST", "DELETE")]
            tape = str(next((place / "orders.sonde").glob("*.tape")))
            asked = {"paths": [str(sent), str(sent.parent), str(place / "page.html"), str(place / "orders.sonde"), tape,
                               f"{proc}/environ", f"{proc}/mem", f"{proc}/maps", f"{proc}/fd", f"{proc}/cwd/page.html",
                               str(place / "source/orders.py")],
                     "folders": [str(sent.parent), str(place), str(place / "orders.sonde")],
                     "requests": requests, "port": view.port, "pid": process.pid}
            for _ in range(2):  # before the browser came, and with its cookie given
                told = as_nobody(python, asked)
                assert set(told["reads"]) <= {"PermissionError", "FileNotFoundError"}, told["reads"]
                assert told["reads"].count("PermissionError") >= len(asked["paths"]) - 2 * (view.cookie is not None)
                assert set(told["writes"]) <= {"PermissionError", "FileNotFoundError"}
                assert all(head.startswith("HTTP/1.1 403 ") and head.endswith("\r\n\r\n") and "Set-Cookie" not in head
                           for head in told["heads"]), told["heads"]
                secrets = [view.token, *([view.cookie.partition("=")[2]] if view.cookie else [])]
                assert "sonde" in told["words"] and not [secret for secret in secrets if secret in told["words"]]
                if view.cookie is None:
                    view.enter()
            assert not sent.exists() and stat.S_IMODE((place / "page.html").stat().st_mode) == 0o600
            assert json.loads(view.ask("/q/about")[1])["title"].endswith("orders.sonde")
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)
