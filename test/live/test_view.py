# SPDX-License-Identifier: Apache-2.0
"""sonde view as a server: who may ask it, what it gives, how it stands hostile clients; and the saved page."""

import base64
import contextlib
import gzip
import hashlib
import http.client
import json
import lzma
import marshal
import os
import pathlib
import re
import select
import signal
import socket
import stat
import struct
import subprocess
import time

import pytest

from live.viewing import View, built, folder, view, viewing  # noqa: F401
from tape_writer import Tape

HEADERS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"}
POLICY = ("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
          "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
ROUTES = ["/", "/page.css", "/page.js", "/engine.wasm", "/q/about", "/q/rows?count=3", "/events"]


def test_it_shows_the_profile(view, folder, run_sonde):
    first = view.enter()
    cookie = first.getheader("Set-Cookie")
    assert re.fullmatch(rf"sonde-{view.port}=[0-9a-f]{{64}}; HttpOnly; SameSite=Strict; Path=/", cookie)
    assert view.token not in cookie
    report = json.loads(run_sonde("report", "--json", "orders.sonde").stdout)
    about = json.loads(view.ask("/q/about")[1])
    assert (about["title"], about["total"]) == ("orders.sonde", report["total_ns"])
    rows = json.loads(view.ask("/q/rows?count=100")[1])
    assert rows["id"][0] == report["functions"][0]["id"]
    for path, kind in ("/page.css", "text/css"), ("/page.js", "text/javascript"), ("/engine.wasm", "application/wasm"):
        answer, body = view.ask(path)
        assert answer.getheader("Content-Type").startswith(kind) and body
    wrong, body = view.ask("/q/boxes?view=cake")
    assert wrong.status == 400 and list(json.loads(body)) == ["error"]
    assert view.ask("/q/nothing")[0].status == 404
    head, body = view.ask("/q/about", "HEAD")
    assert (head.status, body) == (200, b"") and int(head.getheader("Content-Length")) > 100


def test_every_answer_has_its_headers(view):
    view.enter()
    for path in [*ROUTES, "/none", "/q/none"]:
        for method, cookie in ("GET", True), ("HEAD", True), ("POST", True), ("GET", False):
            if (path, method) == ("/events", "HEAD"):
                continue
            answer, _ = view.ask(path, method, cookie=cookie)
            assert {name: answer.getheader(name) for name in HEADERS} == HEADERS
            assert answer.getheader("Content-Security-Policy") == POLICY
            assert not [name for name, _ in answer.getheaders() if name.lower().startswith("access-control")]


def listening(pid):
    """Addresses of the process' listening sockets."""
    inodes = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            inodes.update(re.findall(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{fd}")))
    found = []
    for name in "tcp", "tcp6", "udp", "udp6":
        for line in pathlib.Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes and fields[3] in ("0A", "07"):
                found.append((name, fields[1]))
    return found


def test_it_listens_on_loopback_alone(view):
    assert listening(view.process.pid) == [("tcp", f"0100007F:{view.port:04X}")]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org", "localhost.evil.org", "127.0.0.2", ""])
def test_other_addresses_are_refused(run_sonde, folder, host):
    done = run_sonde("view", "-s", "-H", host, "orders.sonde")
    assert (done.returncode, done.stdout) == (2, "") and "ssh -L 8080:localhost:8080" in done.stderr


def test_a_port_that_is_taken(sonde, clean_env, folder, run_sonde, view):
    done = run_sonde("view", "-s", "-p", str(view.port), "orders.sonde")
    assert done.returncode == 1 and "in use" in done.stderr
    with viewing(sonde, clean_env, folder, "orders.sonde") as another:
        assert another.port != view.port


def hosts(port):
    names = ["evil.test", "127.0.0.1.evil.test", "localhost.evil", "evil-localhost", "localhost6", "127.0.0.2", "127.1", "0",
             "0.0.0.0", "0x7f000001", "2130706433", "017700000001", "127.0.0.1.", "localhost.", "LOCALHOST", "[::]",
             "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "::1", "[::1%lo]", "ip6-localhost", "xn--localhost", "user@localhost",
             "localhost@evil.test", "localhost,evil.test", "evil.test localhost", "localhost/", "localhost#", "a" * 300]
    forms = [f"{name}:{port}" for name in names]
    forms += ["127.0.0.1", "localhost", "[::1]", f"127.0.0.1:{port + 1}", f"localhost:{port - 1}", f"127.0.0.1:0{port}",
              f"127.0.0.1:+{port}", f"127.0.0.1:{port}:", f"127.0.0.1:{port}/", f"http://127.0.0.1:{port}", ":", f":{port}",
              f"127.0.0.1 :{port}", f"127.0.0.1: {port}", "", "*", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:80", "[", "[::1",
              f"127.0.0.1\t:{port}", f"127.0.0.1:{port}\x0b", f"127.0.0.1:{port}, 127.0.0.1:{port}", "null", "%31", "@"]
    return forms


def test_a_host_must_be_ours(view):
    view.enter()
    wrong = hosts(view.port)
    assert len(wrong) >= 56  # with the lines and targets below 64
    for host in wrong:
        back = view.raw(f"GET /q/about HTTP/1.1\r\nHost: {host}\r\nCookie: {view.cookie}\r\n\r\n".encode("latin-1"))
        status, _, body = back.partition(b"\r\n\r\n")
        assert re.match(rb"HTTP/1.1 (403|400) ", status) and body == b"", (host, back[:200])
    for lines in "", "Host: a\r\nHost: 127.0.0.1:{p}\r\n", "Host: 127.0.0.1:{p}\r\nHost: 127.0.0.1:{p}\r\n":
        back = view.raw(f"GET /q/about HTTP/1.1\r\n{lines.format(p=view.port)}Cookie: {view.cookie}\r\n\r\n".encode())
        assert back.startswith(b"HTTP/1.1 403 ") and back.endswith(b"\r\n\r\n")
    for target in f"http://127.0.0.1:{view.port}/q/about", "http://evil.test/q/about", "*", "about", "//evil/q/about":
        back = view.raw(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{view.port}\r\nCookie: {view.cookie}\r\n\r\n".encode())
        assert re.match(rb"HTTP/1.1 (400|404) ", back) and back.endswith(b"\r\n\r\n")
    for host in "127.0.0.1", "localhost", "[::1]":
        assert view.ask("/q/about", host=f"{host}:{view.port}")[0].status == 200


def test_nobody_without_the_secret(view):
    wrong = ["", "0" * 64, view.token[:63], view.token + "0", view.token.upper(),
             ("1" if view.token[0] == "0" else "0") + view.token[1:]]
    for path in ROUTES:
        assert view.ask(path)[0].status == 403
        for token in wrong:
            answer, body = view.ask(f"{path}{'&' if '?' in path else '?'}token={token}")
            assert (answer.status, body) == (403, b"")
            assert view.ask(path, cookie=f"sonde-{view.port}={token}")[0].status == 403
    # Of other routes not even the right one.
    assert view.ask(f"/q/about?token={view.token}")[0].status == 403
    view.enter()
    assert view.ask(f"/?token={view.token}", cookie=False)[0].status == 403, "it is good once"
    for path in ROUTES:
        assert view.ask(path)[0].status == 200
        for cookie in (view.cookie[:-1], view.cookie + "0", view.cookie.replace("=", "=0"), f"x{view.cookie}",
                       f"sonde-{view.port}={view.token}", "sonde-1=" + view.cookie[-64:]):
            assert view.ask(path, cookie=cookie)[0].status == 403
    assert view.ask("/q/about", cookie=f"a=b; {view.cookie}; c=d")[0].status == 200


def test_other_sites_get_nothing(view):
    view.enter()
    own = f"http://127.0.0.1:{view.port}"
    for origin in ("http://evil.test", "null", "https://127.0.0.1", f"https://127.0.0.1:{view.port}", own + "/", own + ".evil.test",
                   "http://127.0.0.1", f"http://127.0.0.1:{view.port + 1}", "file://", ""):
        for path in ROUTES:
            answer, body = view.ask(path, Origin=origin)
            assert (answer.status, body) == (403, b""), origin
    for site in "cross-site", "same-site", "Same-Origin", "":
        for path in ROUTES[1:]:
            for mode in "cors", "no-cors", "navigate", "websocket", "nested-navigate":
                answer, body = view.ask(path, Sec_Fetch_Site=site, Sec_Fetch_Mode=mode)
                assert (answer.status, body) == (403, b"")
        assert view.ask("/", Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors")[0].status == 403
    for dest in "iframe", "frame", "embed", "object", "script", "image", "empty", "":
        answer, body = view.ask("/", Sec_Fetch_Site="same-site", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest=dest)
        assert (answer.status, body) == (403, b""), dest
    assert view.ask("/", Sec_Fetch_Site="same-site", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document")[0].status == 200
    assert view.ask("/q/about", Origin=own, Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="cors")[0].status == 200
    # Where a browser comes to the page from the file that was opened in it, or by typing.
    assert view.ask("/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0].status == 200
    assert view.ask("/", Sec_Fetch_Site="none", Sec_Fetch_Mode="navigate")[0].status == 200


def test_only_reading(view):
    view.enter()
    for method in "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get", "GETX":
        answer, body = view.ask("/q/about", method)
        assert (answer.status, body, answer.getheader("Allow")) == (405, b"", "GET, HEAD")
    for method in "CONNECT", "G(T":
        back = view.raw(f"{method} /q/about HTTP/1.1\r\nHost: 127.0.0.1:{view.port}\r\nCookie: {view.cookie}\r\n\r\n".encode())
        assert re.match(rb"HTTP/1.1 40[05] ", back)
    for field in "Content-Length: 5", "Content-Length: -1", "Transfer-Encoding: chunked", "Upgrade: websocket", "Connection : x":
        back = view.raw((f"GET /q/about HTTP/1.1\r\nHost: 127.0.0.1:{view.port}\r\nCookie: {view.cookie}\r\n{field}\r\n\r\n"
                         "hello").encode())
        assert back.startswith(b"HTTP/1.1 400 ") and back.count(b"HTTP/1.1") == 1


def test_no_path_leads_anywhere(view, folder):
    view.enter()
    (folder / "secret.txt").write_text("a secret of the folder")
    dots = ["..", "%2e%2e", ".%2e", "%2e.", "%252e%252e", "..%00", "%c0%ae%c0%ae", "..;", "....", "%uff0e%uff0e", ".", "..\\", "%5c.."]
    slashes = ["/", "%2f", "%252f", "\\", "%5c", "//", "/./", "%c0%af"]
    targets = ["etc/passwd", "secret.txt", "proc/self/environ"]
    tried = 0
    for route in "/", "/q/", "/page.css/", "/events/", "/static/":
        for dot in dots:
            for slash in slashes:
                for target in targets[tried % 3:tried % 3 + 1]:
                    path = route + (dot + slash) * 6 + target
                    back = view.raw(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{view.port}\r\nCookie: {view.cookie}\r\n"
                                    "Connection: close\r\n\r\n".encode())
                    assert re.match(rb"HTTP/1.1 (404|400) ", back), path
                    assert b"root:" not in back and b"a secret" not in back and b"PATH=" not in back
                    tried += 1
    assert tried >= 500


def test_slow_clients_keep_nobody_waiting(view):
    view.enter()
    slow = []
    for i in range(200):
        s = socket.create_connection(("127.0.0.1", view.port), 5)
        with contextlib.suppress(OSError):
            s.sendall(b"GET /q/about HTT"[:i % 16])
        slow.append(s)
    for _ in range(5):
        assert view.ask("/q/about")[0].status == 200
    descriptors = len(os.listdir(f"/proc/{view.process.pid}/fd"))
    assert descriptors < 50
    for s in slow:
        s.close()


def test_an_answer_is_sent_at_once(view):
    """In one piece. What comes as two waits between them until the first is acknowledged, 40 ms where nothing is asked."""
    view.enter()
    data_segments_in = 152  # of struct tcp_info
    fields = f"Host: 127.0.0.1:{view.port}\r\nCookie: {view.cookie}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", view.port), 30) as s:
        for count in range(1, 4):
            s.sendall(f"GET /q/about HTTP/1.1\r\n{fields}".encode())
            answer = s.recv(100_000)
            assert answer.startswith(b"HTTP/1.1 200 OK") and answer.endswith(b"}\n")
            assert struct.unpack_from("=I", s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), data_segments_in) == (count,)


@pytest.mark.long
def test_a_head_that_trickles_in_is_let_go(view):
    """Ten seconds from its first byte on, however many come: a byte is no reason to wait longer. A busy machine
    can only be late, so the test has a lower bound and an end."""
    with socket.create_connection(("127.0.0.1", view.port)) as s:
        begun, sent = time.monotonic(), 0
        while not select.select([s], [], [], 0.5)[0]:
            assert sent < 400, "it waits as long as bytes come"
            s.sendall(b"X")
            sent += 1
        with contextlib.suppress(ConnectionResetError):  # where a byte was still on its way
            assert s.recv(1) == b"", "it is let go without a word"
        assert time.monotonic() - begun >= 10 and sent >= 2
    view.enter()


def test_large_and_odd_requests(view):
    view.enter()
    fine = f"Host: 127.0.0.1:{view.port}\r\nCookie: {view.cookie}\r\n\r\n"
    back = view.raw(b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n")
    assert back == b"" or back.startswith(b"HTTP/1.1 431 ")
    assert json.loads(view.ask("/q/boxes?root=" + "1." * 20_000 + "1")[1])["error"]
    for request in (b"\0\0\0\0\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET / HTTP/1.1\nHost: x\n\n", b"\r\n\r\n",
                    b"GET  / HTTP/1.1\r\n\r\n", b"GET /\x80 HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n folded: x\r\n\r\n",
                    b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20):
        assert not view.raw(request).startswith(b"HTTP/1.1 2")
    # Several at once on one connection are answered one by one.
    back = view.raw((f"GET /q/about HTTP/1.1\r\n{fine}" * 3).encode())
    assert back.count(b"HTTP/1.1 200 OK") == 3
    assert view.ask("/q/about")[0].status == 200


def test_the_token_is_in_no_words_of_a_process(sonde, clean_env, folder):
    """The browser is given a file, which is its user's alone and goes when the page was opened."""
    browser = folder / "browser"
    browser.write_text(f"#!/bin/sh\necho \"$@\" > {folder}/asked.new; mv {folder}/asked.new {folder}/asked; exec sleep 8\n")
    browser.chmod(0o755)
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    process = subprocess.Popen([sonde, "view", "-b", browser, "orders.sonde"], cwd=folder, text=True, stderr=subprocess.PIPE,
                               env=clean_env | {"XDG_RUNTIME_DIR": str(runtime)}, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while not (folder / "asked").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    page = pathlib.Path((folder / "asked").read_text().strip())
    assert page.parent.parent == runtime
    assert stat.S_IMODE(page.stat().st_mode) == 0o600 and stat.S_IMODE(page.parent.stat().st_mode) == 0o700
    address = re.search(r'content="0;url=([^"]*)"', page.read_text())[1]
    view = View(process, address)
    words = b""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        for name in "cmdline", "environ":
            with contextlib.suppress(OSError):
                words += (entry / name).read_bytes()
    assert view.token.encode() not in words
    view.enter()
    assert not page.exists() and not page.parent.exists()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 0 and view.token not in said


def test_words_that_do_not_fit(run_sonde, folder):
    for words, said in ((["-p", "0"], "-p"), (["-p", "65536"], "65535"), (["--base-url", "x"], "--base-url"),
                        (["--base-url", "//evil/"], "--base-url"), (["--allow-host", "a b"], "--allow-host"),
                        (["--allow-host", "*"], "--allow-host"), (["--frame-from", "*"], "--frame-from"),
                        (["--frame-from", "https://a; script-src *"], "--frame-from"), (["-s", "-b", "x"], "-b"),
                        (["-b", "no-such-browser"], "no-such-browser")):
        done = run_sonde("view", *words, "orders.sonde")
        assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1, words
    assert run_sonde("view", "-s", "nothing.prof").returncode == 1


def test_behind_a_proxy(sonde, clean_env, folder):
    process = subprocess.Popen([sonde, "view", "-s", "--base-url", "/p/1/", "--allow-host", "hub.example.org", "--frame-from",
                                "https://hub.example.org", "orders.sonde"], cwd=folder, env=clean_env, text=True,
                               stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    address = process.stdout.readline().strip()
    port, token = re.fullmatch(r"http://127.0.0.1:(\d+)/p/1/\?token=([0-9a-f]{64})", address).groups()
    view = View(process, f"http://127.0.0.1:{port}/?token={token}")
    answer, _ = view.ask(f"/p/1/?token={token}", host="hub.example.org", Origin="https://hub.example.org")
    assert answer.status == 200 and "Path=/p/1/" in answer.getheader("Set-Cookie")
    assert answer.getheader("Content-Security-Policy").endswith("frame-ancestors https://hub.example.org")
    view.cookie = answer.getheader("Set-Cookie").split(";")[0]
    for path in "/p/1/q/about", "/q/about":
        assert view.ask(path, host="hub.example.org")[0].status == 200
    for dest, status in ("iframe", 200), ("document", 200), ("embed", 403):
        assert view.ask("/p/1/", host="hub.example.org", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate",
                        Sec_Fetch_Dest=dest)[0].status == status
    assert view.ask("/q/about", host="hub.example.org.evil.test")[0].status == 403
    assert view.ask("/p/q/about", host="hub.example.org")[0].status == 404
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 0


def write_sides(folder):
    for name, old, costs in ("a.sonde", True, (5, 7, 11)), ("b.sonde", False, (5, 9, 13)):
        tape = Tape(pid=5, wall_ns=10**9)
        thread = tape.thread("MainThread")
        main = tape.node(thread, None, tape.function("main", "/srv/x.py", 1), 1, costs[0] * 10**6)
        tape.node(thread, main, tape.function("same", "/srv/x.py", 9), 3, costs[1] * 10**6)
        other = tape.function(*(("gone", "/srv/x.py", 20) if old else ("new", "/srv/y.py", 70)), hash=9 if old else 8)
        tape.node(thread, main, other, 2, costs[2] * 10**6)
        tape.write(folder / name)


def test_two_sides(sonde, clean_env, tmp_path, run_sonde):
    write_sides(tmp_path)
    with viewing(sonde, clean_env, tmp_path, "--diff", "a.sonde", "b.sonde") as view:
        view.enter()
        about = json.loads(view.ask("/q/about")[1])
        assert about["views"]["diff"] is None and about["title"] == "b.sonde"
        found = json.loads(view.ask("/q/diff")[1])
        assert (found["before"], found["after"]) == ({"title": "a.sonde", "runs": 1, "total": 23_000_000},
                                                     {"title": "b.sonde", "runs": 1, "total": 27_000_000})
        names = dict(zip(found["functions"]["id"], found["functions"]["name"]))
        rows = {names[id]: row for id, *row in zip(*(found[key] for key in (
            "id", "change", "before_value", "after_value", "before_self", "after_self", "calls_before", "calls_after")))}
        ms = 10**6
        assert rows == {"main": ["changed", 23 * ms, 27 * ms, 5 * ms, 5 * ms, 1, 1], "same": ["changed", 7 * ms, 9 * ms, 7 * ms, 9 * ms, 3, 3],
                        "gone": ["gone", 11 * ms, 0, 11 * ms, 0, 2, 0], "new": ["new", 0, 13 * ms, 0, 13 * ms, 0, 2]}
        assert [names[id] for id in found["id"]] == ["new", "gone", "main", "same"], "the largest difference first"
        truth = json.loads(run_sonde("diff", "--json", "a.sonde", "b.sonde").stdout)
        assert {f["name"]: (f["before_ns"], f["after_ns"]) for f in truth["functions"]} == {name: tuple(row[3:5]) for name, row in rows.items()}
        # What is gone has a name, and no row elsewhere.
        shown = json.loads(view.ask("/q/rows")[1])
        assert "gone" not in shown["functions"]["name"] and shown["total"] == 27 * ms
        assert json.loads(view.ask("/q/diff?q=gone")[1])["matches"] == 1
    with viewing(sonde, clean_env, tmp_path, "a.sonde") as view:
        view.enter()
        assert "--diff" in json.loads(view.ask("/q/diff")[1])["error"]
    for words in (["--diff", "a.sonde"], ["--diff", "a.sonde", "b.sonde", "c.sonde"], ["--diff", "a.sonde", "none.sonde"]):
        done = run_sonde("view", "-s", *words)
        assert done.returncode and done.stderr.count("\n") == 1


def test_what_the_probe_cost_stands_where_it_was_measured(sonde, clean_env, python, tmp_path, run_sonde):
    env = {**clean_env, "PATH": f"{os.path.dirname(python)}:/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    (tmp_path / "app.py").write_text("def one(x): return abs(x)\nfor i in range(20000): one(i)\n")
    run_sonde("run", "--python", python, "-o", "app.sonde", "app.py", env=env, check=True)

    def shown():
        with viewing(sonde, env, tmp_path, "app.sonde") as view:
            view.enter()
            functions = json.loads(view.ask("/q/rows?count=5000")[1])["id"]
            return (json.loads(view.ask("/q/about")[1])["quality"]["probe_ns"],
                    {id: json.loads(view.ask(f"/q/function?id={id}")[1])["probe_self"] for id in functions})

    none, parts = shown()
    assert none is None and set(parts.values()) == {None}
    report = json.loads(run_sonde("report", "--json", "app.sonde", env=env, check=True).stdout)
    told, parts = shown()
    assert told == pytest.approx(report["quality"]["probe_ns"], rel=1e-6) and told > 0
    assert parts == {f["id"]: f["self_ns"] - f["corrected_self_ns"] for f in report["functions"]}


def write_sources(folder):
    """A dump whose functions lie in files of all kinds, hostile ones among them; the folder that is allowed."""
    src = folder / "src"
    (src / "deep").mkdir(parents=True)
    (src / "plain.py").write_text("def f():\n    return '<script>'\n")
    (src / "deep/inner.py").write_bytes(b"# latin: \xe9\r\nx = 1")
    (src / "large.py").write_text("#" * (5 << 20))
    (folder / "outside.py").write_text("a secret outside\n")
    (src / "link.py").symlink_to(folder / "outside.py")
    (src / "inside_link.py").symlink_to(src / "plain.py")
    (src / "folder_link").symlink_to(folder)
    os.mkfifo(src / "pipe.py")
    (folder / "srcfoo").mkdir()
    (folder / "srcfoo/near.py").write_text("a secret nearby\n")
    shown = [src / "plain.py", src / "deep/inner.py"]
    hidden = [src / "large.py", src / "link.py", src / "inside_link.py", src / "folder_link/outside.py", src / "pipe.py", src / "none.py",
              src / "deep", f"{src}/../outside.py", f"{src}/deep/../../outside.py", f"{src}//etc/passwd", f"{src}foo/near.py",
              "/etc/shadow", "/etc/passwd", "/proc/self/environ", "/dev/zero", "/dev/stdin", "/proc/self/fd/0", "plain.py", "",
              "src/plain.py", "<string>", f"{src}", f"{src}/", f"{src}/plain.py/", f"{src}/plain.py\0.py", "/proc/self/root/etc/passwd"]
    functions = {(str(file), i, f"f{i}"): (1, 1, 1.0, 1.0, {}) for i, file in enumerate([*shown, *hidden], 1)}
    (folder / "sources.prof").write_bytes(marshal.dumps(functions))
    return src, len(shown), len(hidden)


def test_source_below_the_roots_alone(sonde, clean_env, tmp_path):
    src, shown, hidden = write_sources(tmp_path)
    with viewing(sonde, clean_env, tmp_path, "--source", "src", "sources.prof") as view:
        view.enter()
        listed = json.loads(view.ask("/q/source")[1])
        texts = {}
        for id, path in zip(listed["files"]["id"], listed["files"]["path"]):
            answer = json.loads(view.ask(f"/q/source?file={id}")[1])
            assert (answer["text"] is None) == (answer["why"] is not None) and answer["path"] == path
            if answer["text"] is not None:
                texts[path] = answer["text"]
        assert texts == {f"{src}/plain.py": ["def f():", "    return '<script>'"], f"{src}/deep/inner.py": ["# latin: \udce9", "x = 1"]}
        assert json.loads(view.ask("/q/about")[1])["views"]["source"] is None
        for query in "source?file=/etc/passwd", "source?path=/etc/passwd", "source?file=9999", "source?file=1&function=1":
            assert view.ask(f"/q/{query}")[0].status == 400
    with viewing(sonde, clean_env, tmp_path, "sources.prof") as view:
        view.enter()
        for id in range(shown + hidden):
            answer, body = view.ask(f"/q/source?file={id}")
            assert answer.status == 400 or "--source" in json.loads(body)["why"]


def test_source_in_a_saved_page(run_sonde, tmp_path, root):
    src, _, _ = write_sources(tmp_path)
    run_sonde("view", "--html", "out.html", "--source", "src", "--with-source", "sources.prof", check=True)
    held = blocks((tmp_path / "out.html").read_text())
    files = {name: text for name, text in held.values() if name.startswith("sonde-source:")}
    assert files == {f"sonde-source:{src}/plain.py": (src / "plain.py").read_bytes(),
                     f"sonde-source:{src}/deep/inner.py": (src / "deep/inner.py").read_bytes()}
    run_sonde("view", "--html", "out.html", "--source", "src", "sources.prof", check=True)
    assert len(blocks((tmp_path / "out.html").read_text())) == 2
    for words in (["--with-source", "--html", "x.html"], ["--with-source", "-s", "--source", "src"], ["--source", "none", "-s"]):
        done = run_sonde("view", *words, "sources.prof")
        assert done.returncode == 2 and done.stderr.count("\n") == 1


def blocks(page):
    found = re.findall(r'<script type="application/octet-stream" id="([^"]*)"(?: data-name="([^"]*)")?>([^<]*)</script>', page)
    return {id: (name, gzip.decompress(base64.b64decode(text))) for id, name, text in found}


def test_a_saved_page_is_one_file_under_its_policy(run_sonde, folder, sonde, root):
    run_sonde("view", "--html", "out.html", "orders.sonde", check=True)
    page = (folder / "out.html").read_text()
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)[1]
    style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
    script = re.findall(r"<script>(.*?)</script>", page, re.S)
    assert len(script) == 1
    sums = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script[0], style)]
    assert policy == (f"default-src 'none'; script-src 'sha256-{sums[0]}' 'wasm-unsafe-eval'; style-src 'sha256-{sums[1]}'; "
                      "img-src data: blob:; worker-src blob:; base-uri 'none'; form-action 'none'")
    assert page.index("Content-Security-Policy") < page.index("<style>") < page.index("<script>")
    held = blocks(page)
    assert list(held) == ["sonde-engine", "sonde-file-0"]
    assert held["sonde-engine"][1].startswith(b"\0asm")
    assert held["sonde-file-0"][0] == "orders.pack.sonde"
    (folder / "again.sonde").write_bytes(held["sonde-file-0"][1])
    assert run_sonde("report", "again.sonde").stdout.split("\n", 1)[1] == run_sonde("report", "orders.sonde").stdout.split("\n", 1)[1]
    assert len(gzip.compress(page.encode())) < 500_000
    assert not re.search(r"""\s(src|href)=(?!["']?data:,)""", re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.S))
    assert [p for p in os.listdir(folder) if "part" in p or "view" in p] == []


def test_a_saved_page_of_hostile_names(run_sonde, folder):
    name = '"><script>alert(1)<&quot;.prof'
    run_sonde("convert", "orders.sonde", "-o", "plain.pstats", check=True)
    (folder / name).write_bytes((folder / "plain.pstats").read_bytes())
    run_sonde("view", "--html", "out.html", name, "plain.pstats", check=True)
    page = (folder / "out.html").read_text()
    assert "<script>alert" not in page and list(blocks(page)) == ["sonde-engine", "sonde-file-0", "sonde-file-1"]


def test_a_saved_page_of_packed_files(run_sonde, folder):
    """The page undoes its own packing alone: others are taken off before."""
    run_sonde("convert", "orders.sonde", "-o", "plain.pstats", check=True)
    plain = (folder / "plain.pstats").read_bytes()
    for name, packed in ("a.prof.gz", gzip.compress(plain)), ("b.prof.xz", lzma.compress(plain)), ("c.prof", gzip.compress(plain)):
        (folder / name).write_bytes(packed)
    run_sonde("view", "--html", "out.html", "a.prof.gz", "b.prof.xz", "c.prof", check=True)
    held = list(blocks((folder / "out.html").read_text()).values())
    assert held[1:] == [("a.prof", plain), ("b.prof", plain), ("c.prof", plain)]


def test_what_cannot_be_saved(run_sonde, folder):
    (folder / "there").mkdir()
    for words in (["--html", "there", "orders.sonde"], ["--html", "no/such/x.html", "orders.sonde"], ["--html", "x.html", "none.prof"]):
        done = run_sonde("view", *words)
        assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert not (folder / "x.html").exists()
    assert run_sonde("view", "--html", "", "orders.sonde").stderr == "sonde: empty file name: '' (is a variable not set?)\n"
    assert run_sonde("view", "--html", "-", "orders.sonde").stdout.startswith("<!doctype html>")


def test_a_recording_that_is_being_written_is_read_anew(sonde, clean_env, tmp_path, python):
    program = tmp_path / "busy.py"
    program.write_text("import time\ndef step():\n    time.sleep(0.01)\nwhile True:\n    step()\n")
    busy = subprocess.Popen([sonde, "run", "--python", python, "-o", "busy.sonde", program], cwd=tmp_path, env=clean_env)
    try:
        deadline = time.monotonic() + 20
        while not list(tmp_path.glob("busy.sonde/*.tape")) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)
        with viewing(sonde, clean_env, tmp_path, "busy.sonde") as view:
            view.enter()
            before = json.loads(view.ask("/q/about")[1])
            assert before["live"] and before["generation"] == 1
            c = http.client.HTTPConnection("127.0.0.1", view.port, timeout=15)
            c.request("GET", "/events", headers={"Cookie": view.cookie})
            answer, text = c.getresponse(), b""
            assert answer.getheader("Content-Type") == "text/event-stream"
            while b"data: " not in text or not text.endswith(b"\n\n"):
                text += answer.fp.readline()
            event = re.search(rb"event: changed\ndata: (.*)\n\n", text)[1]
            assert json.loads(event)["generation"] == 2
            after = json.loads(view.ask("/q/about")[1])
            assert after["generation"] >= 2 and after["calls"] > before["calls"]
            c.close()
    finally:
        busy.send_signal(signal.SIGTERM)
        busy.wait(10)
