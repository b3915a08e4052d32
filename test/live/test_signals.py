# SPDX-License-Identifier: Apache-2.0
"""Signals, stops and ends: the launcher is not noticed between a program and its world."""

import contextlib
import os
import signal
import subprocess
import textwrap

import pytest

HANDLED = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
           signal.SIGALRM, signal.SIGWINCH, signal.SIGCONT, signal.SIGTSTP, signal.SIGPIPE, signal.SIGRTMIN + 3]

# Writes the number of each signal it gets, and "end" when its stdin is closed.
COUNTER = """
    import os, signal, sys
    def on(number, frame):
        os.write(1, b"%d\\n" % number)
    for number in map(int, sys.argv[1:]):
        signal.signal(number, on)
    os.write(1, b"pid %d\\n" % os.getpid())
    for line in sys.stdin:
        os.write(1, line.encode())
    os.write(1, b"end\\n")
    """


@contextlib.contextmanager
def started(sonde, python, env, folder, code, *words):
    """The launcher, in a process group of its own that is killed at the end."""
    script = folder / "program.py"
    script.write_text(textwrap.dedent(code))
    command = [sonde, "run", "-q", "-o", "out", "--python", python, script, *map(str, words)]
    process = subprocess.Popen(command, stdin=-1, stdout=-1, process_group=0,
                               cwd=folder, env=env, text=True, bufsize=1)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGCONT)
        process.stdin.close()
        process.stdout.close()
        process.wait()


def say(process, text):
    """The line comes back when all that was sent before has been handled."""
    process.stdin.write(text + "\n")
    got = []
    while not got or got[-1] != text:
        got.append(process.stdout.readline().strip())
        assert got[-1] != "", "the program is gone"
    return got[:-1]


@pytest.mark.parametrize("number", HANDLED)
def test_each_signal_arrives_once(sonde, python, clean_env, tmp_path, number):
    """Sent to the launcher alone, to the group, to the program alone.

    The barrier takes the launcher's way and comes last of what is pending: when it
    arrives, all before has. (Without it, a signal to the launcher on the heels of the
    same one to the group is taken for that one: at most some milliseconds later.)
    """
    barrier = signal.SIGRTMIN + 5
    with started(sonde, python, clean_env, tmp_path, COUNTER, int(number), int(barrier)) as process:
        pid = int(process.stdout.readline().split()[1])
        for target in (process.pid, -process.pid, pid, -process.pid, process.pid, process.pid):
            os.kill(target, number)
            assert process.stdout.readline() == f"{int(number)}\n"
            os.kill(process.pid, barrier)
            assert process.stdout.readline() == f"{int(barrier)}\n"


def test_value_of_a_queued_signal(sonde, python, clean_env, tmp_path):
    code = """
        import ctypes, signal
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
        print("ready", flush=True)
        info = (ctypes.c_int * 32)()
        print(ctypes.CDLL(None).sigwaitinfo((ctypes.c_ulong * 16)(1 << 33), info), info[2], info[6])
        """
    send = ["-c", "import ctypes, sys; ctypes.CDLL(None).sigqueue(int(sys.argv[1]), 34, ctypes.c_void_p(77))"]
    with started(sonde, python, clean_env, tmp_path, code) as process:
        assert process.stdout.readline() == "ready\n"
        subprocess.run([python, *send, str(process.pid)], check=True)
        assert process.stdout.readline().split() == ["34", "-1", "77"]


def test_group_signal_of_the_program_itself(sonde, python, clean_env, tmp_path):
    code = """
        import os, signal, sys
        signal.signal(signal.SIGTERM, lambda *a: print("term", flush=True))
        for line in sys.stdin:
            os.killpg(0, signal.SIGTERM)
            print(line.strip(), flush=True)
        """
    with started(sonde, python, clean_env, tmp_path, code) as process:
        for _ in range(5):
            assert say(process, "x") == ["term"]


@pytest.mark.parametrize("pattern", ["^[^ ]*python[^ ]* /", "sonde run", "program.py"])
def test_pkill_reaches_the_program_once(sonde, python, clean_env, tmp_path, pattern):
    """By the program's words, by the launcher's, and by words that both have."""
    with started(sonde, python, clean_env, tmp_path, COUNTER, 10) as process:
        process.stdout.readline()
        for _ in range(2):
            subprocess.run(["pkill", "-USR1", "-g", str(process.pid), "-f", pattern], check=True)
            assert process.stdout.readline() == "10\n"
            assert say(process, "still here") == []


def test_launcher_killed_leaves_the_program_alone(sonde, python, clean_env, tmp_path):
    with started(sonde, python, clean_env, tmp_path, COUNTER) as process:
        process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert say(process, "still here") == []
        process.stdin.close()
        assert process.stdout.readline() == "end\n"
        assert process.stdout.readline() == ""


def wait_for(process, options):
    pid, status = os.waitpid(process.pid, options)
    assert pid == process.pid
    return status


STOPS = [signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU]


@pytest.mark.parametrize("number", STOPS)
@pytest.mark.parametrize("stopped", ["launcher", "program", "group"])
@pytest.mark.parametrize("continued", ["launcher", "program", "group"])
def test_stopped_and_continued_together(sonde, python, clean_env, tmp_path, number, stopped, continued):
    if (number, stopped) == (signal.SIGSTOP, "launcher"):
        stopped = "program"  # no process can pass that one on
    if (number, stopped, continued) == (signal.SIGSTOP, "group", "program"):
        continued = "group"  # all that could tell the launcher is stopped as well
    barrier = signal.SIGRTMIN + 5
    words = [int(signal.SIGCONT), int(barrier)]
    with started(sonde, python, clean_env, tmp_path, COUNTER, *words) as process:
        pids = {"launcher": process.pid, "group": -process.pid,
                "program": int(process.stdout.readline().split()[1])}
        for _ in range(2):
            os.kill(pids[stopped], number)
            status = wait_for(process, os.WUNTRACED)
            assert os.WIFSTOPPED(status) and os.WSTOPSIG(status) == number
            os.kill(pids[continued], signal.SIGCONT)
            assert say(process, "runs again") == [str(int(signal.SIGCONT))]
            assert os.WIFCONTINUED(wait_for(process, os.WCONTINUED))
            os.kill(process.pid, barrier)  # the launcher is itself again
            assert process.stdout.readline() == f"{int(barrier)}\n"
        process.stdin.close()
        assert process.stdout.readline() == "end\n"
        assert wait_for(process, 0) == 0


def test_program_that_stops_itself(sonde, python, clean_env, tmp_path):
    code = """
        import os, signal
        print("stopping", flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)
        print("continued", flush=True)
        """
    with started(sonde, python, clean_env, tmp_path, code) as process:
        assert os.WSTOPSIG(wait_for(process, os.WUNTRACED)) == signal.SIGSTOP
        os.kill(process.pid, signal.SIGCONT)
        assert process.stdout.read() == "stopping\ncontinued\n"
        assert wait_for(process, 0) == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGINT,
                                    signal.SIGABRT, signal.SIGRTMIN, signal.SIGPIPE])
def test_launcher_dies_of_the_same_signal(sonde, python, clean_env, tmp_path, number):
    code = "import os, resource, signal, sys; resource.setrlimit(resource.RLIMIT_CORE, (0, 0));" \
           "signal.signal(int(sys.argv[1]), signal.SIG_DFL) if sys.argv[1] != '9' else 0;" \
           "os.kill(os.getpid(), int(sys.argv[1]))"
    done = subprocess.run([sonde, "run", "-q", "--python", python, "-c", code, str(int(number))],
                          cwd=tmp_path, env=clean_env)
    assert done.returncode == -number
    assert list(tmp_path.glob("core*")) == []


def test_timer_of_who_became_sonde(sonde, python, clean_env, tmp_path):
    """A timer outlives exec: bare, the program would get its signal."""
    code = "import os, signal, sys; signal.setitimer(signal.ITIMER_REAL, 1); os.execv(sys.argv[1], sys.argv[1:])"
    wait = "import signal; signal.signal(signal.SIGALRM, lambda *a: print('rang')); signal.pause()"
    done = subprocess.run([python, "-c", code, sonde, "run", "-q", "--python", python, "-c", wait],
                          cwd=tmp_path, env=clean_env, stdout=-1, timeout=60)
    assert (done.stdout, done.returncode) == (b"rang\n", 0)


def test_no_process_stays_behind(sonde, python, clean_env, tmp_path):
    with started(sonde, python, clean_env, tmp_path, COUNTER) as process:
        process.stdout.readline()
        group = process.pid
        process.stdin.close()
        assert wait_for(process, 0) == 0
        with pytest.raises(ProcessLookupError):
            os.killpg(group, 0)


def test_as_process_1(sonde, python, clean_env, tmp_path):
    """In a container it is process 1: it reaps, passes signals on, tells the status."""
    unshare = ["unshare", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if subprocess.run([*unshare, "true"], stderr=-1).returncode != 0:
        pytest.skip("no user namespaces here: nothing can be process 1 of one")
    code = "import os, sys; os.fork() or os.fork() or os._exit(0); os.kill(os.getpid(), 15)"
    done = subprocess.run([*unshare, sonde, "run", "-q", "--python", python, "-c", code],
                          cwd=tmp_path, env=clean_env, timeout=60)
    assert done.returncode == 128 + signal.SIGTERM
