# SPDX-License-Identifier: Apache-2.0
"""A program under sonde is the program: its output, its status, what it sees of itself."""

import os
import select
import subprocess
import textwrap

import pytest
from live.programs import PROGRAMS

STDIN = b"first line\nsecond\n"
INNER = ("SONDE_RECORDING", "SONDE_OPTIONS")


def both(sonde, python, words, env, tmp_path, **options):
    """The results of the words bare and under sonde, in the same folder."""
    folder = tmp_path / "work"
    folder.mkdir(exist_ok=True)
    results = []
    for command in ([python, *words],
                    [sonde, "run", "-q", "-o", tmp_path / "out", "--python", python, *words]):
        settings = {"input": STDIN, "stdout": -1, "stderr": -1, "start_new_session": True,
                    "cwd": folder, "env": env, "timeout": 60, **options}
        results.append(subprocess.run(command, **settings))
    return results


def assert_same(bare, under):
    assert under.stdout == bare.stdout
    assert under.stderr == bare.stderr
    assert under.returncode == bare.returncode


@pytest.mark.smoke
@pytest.mark.parametrize("name", PROGRAMS)
def test_script(sonde, python, clean_env, tmp_path, name):
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(PROGRAMS[name]))
    assert_same(*both(sonde, python, [path, "a b", "--", "-x", "é"], clean_env, tmp_path))


@pytest.mark.smoke
def test_environment(sonde, python, clean_env, tmp_path):
    """It differs by PYTHONPATH's first entry and by what tells the agent its place."""
    env = {**clean_env, "PYTHONPATH": "/one:/two", "ODD": "a\nb=c", "EMPTY": ""}
    code = "import os, sys; sys.stdout.buffer.write(repr(sorted(os.environb.items())).encode())"
    bare, under = both(sonde, python, ["-c", code], env, tmp_path)
    bare, under = (dict(eval(r.stdout)) for r in (bare, under))
    assert {k for k in under if under.get(k) != bare.get(k)} == {b"PYTHONPATH", *map(os.fsencode, INNER)}
    assert bare.keys() - under.keys() == set()
    hook, rest = under[b"PYTHONPATH"].split(b":", 1)
    assert rest == b"/one:/two" and hook.endswith(b"/sonde/hook")
    assert under[b"SONDE_RECORDING"] == os.fsencode(tmp_path / "out.sonde")


@pytest.mark.smoke
@pytest.mark.parametrize("python_path", [None, "", "/one:/two", ":/one", "one"])
def test_path_whatever_python_path(sonde, python, clean_env, tmp_path, python_path):
    env = clean_env if python_path is None else {**clean_env, "PYTHONPATH": python_path}
    assert_same(*both(sonde, python, ["-c", "import sys; print(sys.path)"], env, tmp_path))


def test_signals_ignored_and_blocked(sonde, python, clean_env, tmp_path):
    """What was ignored or blocked when sonde was called is so in the program."""
    code = textwrap.dedent("""
        import os, signal, sys
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR1, signal.SIGTERM])
        os.execv(sys.argv[1], sys.argv[1:])
        """)
    # All but SigQ, how many signals wait for all processes of this user.
    look = "print(*[l for l in open('/proc/self/status') if l[:3] == 'Sig' and l[3] != 'Q'], sep='')"
    results = [subprocess.run([python, "-c", code, *command], stdout=-1, cwd=tmp_path, env=clean_env)
               for command in ([python, "-c", look],
                               [sonde, "run", "-q", "--python", python, "-c", look])]
    assert_same(*results)


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_streams(sonde, python, clean_env, tmp_path, closed):
    code = textwrap.dedent("""
        import os, sys
        seen = [str(stream) for stream in (sys.stdin, sys.stdout, sys.stderr)]
        seen += [os.readlink(f"/proc/self/fd/{n}") for n in range(3) if os.path.exists(f"/proc/self/fd/{n}")]
        open("seen", "a").write(repr(seen) + "\\n")
        sys.exit(6)
        """)

    def close():
        for fd in closed:
            os.close(fd)

    script = tmp_path / "program.py"
    script.write_text(code)
    null = {"input": None, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL}
    bare, under = both(sonde, python, [script], clean_env, tmp_path, preexec_fn=close, **null)
    assert (bare.returncode, under.returncode) == (6, 6)
    seen = (tmp_path / "work/seen").read_text().splitlines()
    assert seen[0] == seen[1]
    assert any((tmp_path / "out.sonde").iterdir())


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_full_device(sonde, python, clean_env, tmp_path, stream):
    words = ["-c", "import sys; print('x' * 100000); sys.stderr.write('e')"]
    with open("/dev/full", "wb") as full:
        assert_same(*both(sonde, python, words, clean_env, tmp_path, **{stream: full}))


def test_pipes_end_with_the_program(sonde, python, clean_env, tmp_path):
    """Who reads the program's output sees its end when the program closes it."""
    code = "import os, sys; os.close(1); os.close(3); sys.stdin.read()"
    read, write = os.pipe()
    child = subprocess.Popen([sonde, "run", "-q", "--python", python, "-c",
                              code.replace("3", str(write))],
                             stdin=-1, stdout=-1, pass_fds=[write], cwd=tmp_path, env=clean_env)
    os.close(write)
    assert child.stdout.read() == b""
    assert os.read(read, 1) == b""
    assert child.poll() is None
    child.stdin.close()
    assert child.wait() == 0
    child.stdout.close()
    os.close(read)


def test_upstream_sees_that_nobody_reads(sonde, python, clean_env, tmp_path):
    code = "import os, sys; os.close(0); print('closed', flush=True); os.read(%d, 1)"
    read, write = os.pipe()
    child = subprocess.Popen([sonde, "run", "-q", "--python", python, "-c", code % read],
                             stdin=-1, stdout=-1, pass_fds=[read], cwd=tmp_path, env=clean_env)
    assert child.stdout.readline() == b"closed\n"
    poll = select.poll()
    poll.register(child.stdin, 0)
    assert poll.poll(60_000) == [(child.stdin.fileno(), select.POLLERR)]
    os.close(write)
    assert child.wait() == 0
    os.close(read)
    child.stdin.close()
    child.stdout.close()
