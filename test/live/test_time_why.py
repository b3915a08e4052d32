# SPDX-License-Identifier: Apache-2.0
"""sonde time: why. System calls as strace counts them, what programs of known kind wait for, imports, functions."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading

import jsonschema
import pytest


@pytest.fixture
def timed(run_sonde, root):
    schema = json.loads((root / "doc/schema/time.json").read_text())

    def timed(*words, **options):
        done = run_sonde("time", "--json", "-r", "2", *words, **options)
        assert (done.returncode, done.stderr) == (0, "")
        data = json.loads(done.stdout)
        jsonschema.validate(data, schema)
        return data

    return timed


def strace_counts(words, cwd, env):
    """{name: calls} of a command and all it starts."""
    subprocess.run(["strace", "-f", "-qq", "-c", "-o", "counts", *words], cwd=cwd, env=env, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    rows = [line.split() for line in (cwd / "counts").read_text().splitlines()]
    return {row[-1]: int(row[3]) for row in rows if len(row) >= 5 and row[3].isdigit() and row[-1] != "total"}


@pytest.mark.parametrize("words", [
    ["true"], ["ls", "/etc"], ["dd", "if=/dev/zero", "of=/dev/null", "bs=1k", "count=1000", "status=none"],
    ["sh", "-c", "/bin/true; /bin/true; echo x | cat"], [sys.executable, "-I", "-c", "import json"],
], ids=lambda words: words[0].rpartition("/")[2])
def test_system_calls_as_strace_has_them(timed, tmp_path, clean_env, words):
    theirs = strace_counts(words, tmp_path, clean_env)
    [c] = timed("-c", subprocess.list2cmdline(words) if words[0] != "sh" else f"sh -c '{words[2]}'")["commands"]
    ours = {row["name"]: row["calls"] for row in c["syscalls"]["by_name"]}
    ours.pop("restart_syscall", None), theirs.pop("restart_syscall", None)
    # The end of a process is a call that does not return; strace -c does not count it.
    for name in ("exit_group", "exit"):
        ours.pop(name, None), theirs.pop(name, None)
    if words[0] == sys.executable:  # where it has memory depends on its hashes
        for name in "mmap", "munmap", "brk":
            assert abs(ours.pop(name, 0) - theirs.pop(name, 0)) <= 3
    assert ours == theirs


def waits(timed, words):
    [c] = timed(*words)["commands"]
    waiting = dict(c["waiting"])
    return waiting.pop("all_ns") / 1e6, {k.removesuffix("_ns"): v / 1e6 for k, v in waiting.items()}, c


@pytest.mark.parametrize(("kind", "code"), [
    ("sleep", "import time; time.sleep(0.3)"),
    ("sleep", "import select; select.select([], [], [], 0.3)"),
    ("sleep", "import subprocess; subprocess.run(['sleep', '0.3'])"),  # a child's wait is what that waits for
    ("sleep", "import threading, time; t = threading.Thread(target=time.sleep, args=(0.3,)); t.start(); t.join()"),
    ("sleep", "import os, time\nr, w = os.pipe()\nif not os.fork(): time.sleep(0.3); os._exit(0)\nos.close(w); os.read(r, 1)"),
    ("disk", "import os\nf = os.open('x', os.O_CREAT | os.O_RDWR)\nfor i in range(60): os.pwrite(f, bytes(1 << 20), 0); os.fsync(f)"),
])
def test_what_is_waited_for(timed, kind, code):
    all_ms, of, c = waits(timed, [sys.executable, "-c", code])
    assert all_ms > (250 if kind == "sleep" else 5) and of[kind] > 1
    assert of[kind] == max(ms for name, ms in of.items() if name != "unknown"), of
    assert of[kind] > 0.7 * all_ms or kind == "disk"  # others may keep the processors from it as well
    assert abs(sum(of.values()) - all_ms) < 0.02 * all_ms + 1
    if kind == "sleep":
        assert any("It waits for time to pass" in sentence for sentence in c["because"])


def test_the_network(timed):
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def answer():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Timer(0.3, lambda c=connection: (c.sendall(b"x"), c.close())).start()

    threading.Thread(target=answer, daemon=True).start()
    all_ms, of, _ = waits(timed, [sys.executable, "-c", f"import socket; s = socket.create_connection(('127.0.0.1', {port})); s.recv(1)"])
    server.close()
    assert all_ms > 250 and of["network"] > 0.8 * all_ms


def test_a_busy_program_waits_for_nothing(timed):
    _, of, c = waits(timed, [sys.executable, "-c", "for i in range(8000000): pass"])
    assert sum(ms for name, ms in of.items() if name != "unknown") < 0.1 * c["wall_ns"]["mean"] / 1e6
    assert re.match(r"Of its time is (\d+ % waiting, )?\d+ % in its own code \(user time\)", c["because"][0])  # for a processor


@pytest.mark.smoke
def test_a_python_program(timed, python, tmp_path):
    (tmp_path / "app.py").write_text(textwrap.dedent("""
        import decimal, json
        def hot():
            total = 0
            for i in range(3000000): total += i
        def cold(): pass
        hot(); cold()
    """))
    [c] = timed("--python", python, "app.py")["commands"]
    told = c["python"]
    assert os.path.samefile(told["path"], python)
    assert 1e6 < told["start_ns"] < c["wall_ns"]["mean"]
    packages = {row["package"]: row["self_ns"] for row in told["imports"]}
    assert "json" in packages and packages["json"] > 1e5 and "site" not in packages and "encodings" not in packages
    assert sum(packages.values()) == told["imports_ns"]
    assert told["functions"][0]["name"] == "hot" and told["functions"][0]["calls"] == 1
    assert any("hot (app.py:3)" in sentence for sentence in c["because"])


def test_two_python_programs(timed, python, tmp_path):
    for name, turns in (("a", 1000000), ("b", 6000000)):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(f"""
            def same():
                for i in range(1000000): pass
            def work():
                for i in range({turns}): pass
            same(); work()
        """))
    data = timed("-r", "10", "-c", f"{python} a.py", "-c", f"{python} b.py")
    [c] = data["comparisons"]
    assert c["functions"][0]["name"] == "work"
    assert c["functions"][0]["after_ns"] > 3 * c["functions"][0]["before_ns"]
    # Where the machine is so busy that nothing is proven, nothing is explained.
    assert any("work (" in sentence for sentence in c["because"]) or "no difference" in c["verdict"]


def test_what_is_traced_behaves_as_ever(run_sonde, tmp_path):
    """Daemons it leaves live on, group stops and signals work, its status is its own, in the followed run as well."""
    code = textwrap.dedent("""
        import os, signal, subprocess, sys, time
        hits = []
        signal.signal(signal.SIGUSR1, lambda *_: hits.append(1))
        os.kill(os.getpid(), signal.SIGUSR1)
        if not os.fork():
            os.setsid(); time.sleep(1.5); open('daemon', 'a').write('x'); os._exit(0)
        child = os.fork()
        if not child:
            os.kill(os.getpid(), signal.SIGSTOP); os._exit(5)
        os.waitpid(child, os.WUNTRACED)
        os.kill(child, signal.SIGCONT)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5 and hits == [1]
        assert subprocess.run(['sh', '-c', 'kill -15 $$']).returncode == -15
        open('done', 'a').write('x')
    """)
    done = run_sonde("time", "-r", "2", sys.executable, "-c", code)
    assert done.returncode == 0 and "system calls" in done.stderr, done.stderr
    runs = (tmp_path / "done").read_text()
    assert runs == "x" * 5  # two, followed, for imports, recorded
    for _ in range(100):
        if (tmp_path / "daemon").exists() and (tmp_path / "daemon").read_text() == runs:
            break
        threading.Event().wait(0.1)
    assert (tmp_path / "daemon").read_text() == runs


@pytest.mark.skipif(os.geteuid() != 0, reason="makes files that give rights")
def test_rights_are_not_taken_away(sonde, clean_env):
    """A program that is nobody's by its file is so in each run, for root by following it, for others by not doing so."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        shutil.copyfile("/usr/bin/id", folder / "own")
        for owner, user, said in ((65534, 0, "system calls, about"), (0, 65534, "whose file gives it rights")):
            os.chown(folder / "own", owner, owner)
            (folder / "own").chmod(0o6755)
            done = subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", sonde, "time", "-r", "2",
                                   "sh", "-c", f"./own -u >> uids-{user}"], cwd=folder, env=clean_env | {"TMPDIR": name},
                                  capture_output=True, text=True, stdin=subprocess.DEVNULL)
            if done.returncode == 127:
                pytest.skip("nobody may not see this folder's sonde")
            assert done.returncode == 0 and said in " ".join(done.stderr.split()), done.stderr
            assert (folder / f"uids-{user}").read_text() == f"{owner}\n" * 3


def test_who_follows_programs_itself_is_not_followed(run_sonde, tmp_path):
    done = run_sonde("time", "-r", "2", "strace", "-f", "-o", "st", "sh", "-c", "/bin/true; exit 4", "-i")
    assert done.returncode == 4
    done = run_sonde("time", "-r", "2", "strace", "-f", "-o", "st", "sh", "-c", "/bin/true")
    assert done.returncode == 0 and "it follows programs itself" in " ".join(done.stderr.split())
    assert (tmp_path / "st").read_text().count("execve(") == 2


def test_more_runs_are_made_as_the_timed_ones(run_sonde, tmp_path):
    """Between setup and cleanup, each prepared and concluded; what ends otherwise is not told of."""
    (tmp_path / "app.py").write_text("import os, sys\nopen('log', 'a').write('x')\nsys.exit(0 if os.path.exists('data') else 9)\n")
    done = run_sonde("time", "-r", "2", "--setup", "touch data; printf s >> log", "--prepare", "printf p >> log", "--conclude",
                     "printf c >> log", "--cleanup", "rm data; printf e >> log", sys.executable, "app.py")
    assert done.returncode == 0 and (tmp_path / "log").read_text() == "s" + "pxc" * 5 + "e"
    counting = 'n=$(cat n 2>/dev/null || echo 0); n=$((n+1)); echo $n > n; [ $n -le 2 ] || exit 3; sleep 0.05'
    done = run_sonde("time", "-r", "2", "sh", "-c", counting)
    assert done.returncode == 0 and "it ended otherwise than the timed runs did" in " ".join(done.stderr.split())
    assert "system calls" not in done.stderr


def test_a_signal_ends_the_extra_runs_too(sonde, clean_env, tmp_path):
    """While it is followed; the report is there, and sonde ends by the signal."""
    done = subprocess.Popen([sonde, "time", "-r", "2", sys.executable, "-c", "import time; time.sleep(0.6)"], env=clean_env,
                            cwd=tmp_path, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    threading.Event().wait(1.6)
    done.send_signal(signal.SIGTERM)
    _, said = done.communicate(timeout=20)
    assert done.returncode == -signal.SIGTERM
    assert "2 runs" in said and "a signal came" in " ".join(said.split())


def test_many_threads(timed):
    code = "import threading, time\nt = [threading.Thread(target=time.sleep, args=(0.3,)) for i in range(700)]\n" \
           "for x in t: x.start()\nfor x in t: x.join()"
    [c] = timed("-r", "1", "--runs", "2", sys.executable, "-c", code)["commands"]
    assert c["syscalls"]["cpu_ns"] < 20 * c["wall_ns"]["mean"]  # never more than processors could have done


def test_without_permission_to_trace(run_sonde, sonde, clean_env, tmp_path, request):
    """A filter that refuses ptrace, as containers have one: times are there, and it says what is not."""
    root = request.config.rootpath
    subprocess.run(["cc", "-o", "refuse", str(root / "test/live/refuse_ptrace.c")], cwd=tmp_path, check=True)
    done = subprocess.run(["./refuse", sonde, "time", "-r", "2", "true"], cwd=tmp_path, env=clean_env, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and "real" in done.stderr
    assert "note: System calls were not followed: Operation not permitted." in done.stderr
