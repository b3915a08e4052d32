# SPDX-License-Identifier: Apache-2.0
"""A shell with job control on a terminal of its own, and a person who types."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios

import pytest

# Interrupts are waited for, not handled: CPython may go to sleep in a read just after
# one came in, and would tell of it at the next key.
PROGRAM = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
print("tty", sys.stdin.isatty(), sys.stdout.isatty(), os.tcgetpgrp(0) == os.getpgrp(), flush=True)
while True:
    line = input("? ")
    print("got", line, flush=True)
    if line == "end":
        break
    if line == "wait":
        signal.sigwait([signal.SIGINT])
        print("interrupted", signal.sigpending(), flush=True)
"""


class Terminal:
    """bash on a pseudo terminal; expect() reads on until the pattern is there."""

    def __init__(self, env, folder):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "-i"],
                      {**env, "PS1": "ready> ", "TERM": "dumb", "HISTFILE": ""})
        self.text = ""
        self.expect("ready> ")

    def type(self, text):
        os.write(self.fd, text.encode())

    def expect(self, pattern):
        while not (found := re.search(pattern, self.text, re.S)):
            assert select.select([self.fd], [], [], 60)[0], f"no {pattern!r} in {self.text!r}"
            self.text += os.read(self.fd, 4096).decode()
        seen, self.text = self.text[:found.end()], self.text[found.end():]
        return seen

    def close(self):
        os.close(self.fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@pytest.fixture
def terminal(clean_env, tmp_path):
    it = Terminal(clean_env, tmp_path)
    yield it
    it.close()


@pytest.fixture
def command(sonde, python, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    return f"{sonde} run -q --python {python} program.py"


def test_program_has_the_terminal(terminal, command):
    terminal.type(f"{command}; echo status $?\n")
    terminal.expect(r"tty True True True\r\n\? ")
    terminal.type("hello\n")
    terminal.expect(r"got hello\r\n\? ")
    for _ in range(2):
        terminal.type("wait\n")
        terminal.expect("got wait\r\n")
        terminal.type("\x03")
        terminal.expect(r"\^Cinterrupted set\(\)\r\n\? ")
    terminal.type("end\n")
    terminal.expect(r"got end\r\nstatus 0\r\n")


def test_stop_and_foreground_again(terminal, command):
    terminal.type(f"{command}\n")
    terminal.expect(r"\? ")
    for _ in range(2):
        terminal.type("\x1a")
        terminal.expect(r"\[1\]\+  Stopped +.*program.py.*\r\nready> ")
        terminal.type("echo shell\n")
        terminal.expect(r"\nshell\r\nready> ")
        terminal.type("fg\n")
        terminal.expect("program.py\r\n")
        terminal.type("hello\n")
        terminal.expect(r"got hello\r\n\? ")
    terminal.type("end\n")
    terminal.expect(r"got end\r\n")
    terminal.expect("ready> ")
    terminal.type("echo status $?\n")
    terminal.expect(r"status 0\r\n")


def test_background_program_that_reads(terminal, command):
    """It stops when it reads, the shell says so, and the foreground brings it on."""
    terminal.type(f"{command} &\n")
    terminal.expect(r"\[1\] \d+")
    terminal.type("wait %1\n")
    terminal.expect(r"\[1\]\+  Stopped +.*program.py")
    terminal.type("fg\n")
    terminal.expect("program.py\r\n")
    terminal.type("end\n")
    terminal.expect(r"got end\r\n")


@pytest.mark.parametrize("key, number, word", [("\x03", signal.SIGINT, ""), ("\x1c", signal.SIGQUIT, "Quit")])
def test_death_by_the_keyboard(terminal, sonde, python, tmp_path, key, number, word):
    (tmp_path / "program.py").write_text(
        "import resource, signal; signal.signal(2, signal.SIG_DFL); resource.setrlimit(4, (0, 0));"
        "print('up', flush=True); signal.pause()")
    terminal.type(f"{sonde} run -q --python {python} program.py\n")
    terminal.expect("up\r\n")
    terminal.type(key)
    terminal.expect(word + ".*ready> " if word else "ready> ")
    terminal.type("echo status $?\n")
    terminal.expect(rf"status {128 + number}\r\n")
    assert list(tmp_path.glob("core*")) == []


def test_interrupt_ends_a_loop_of_the_shell(terminal, sonde, python, tmp_path):
    """bash goes on with its loop unless the command died of the signal."""
    (tmp_path / "program.py").write_text("import signal; signal.signal(2, signal.SIG_DFL); print('up', flush=True);"
                                         "signal.pause()")
    terminal.type(f"while true; do {sonde} run -q --python {python} program.py; done\n")
    terminal.expect("up\r\n")
    terminal.type("\x03")
    seen = terminal.expect("ready> ")
    assert "up" not in seen


def test_size_of_the_window(terminal, sonde, python, tmp_path):
    (tmp_path / "program.py").write_text(
        "import os, signal; signal.pthread_sigmask(signal.SIG_BLOCK, [28]); print('up', flush=True);"
        "print(signal.sigwait([28]), os.get_terminal_size())")
    terminal.type(f"{sonde} run -q --python {python} program.py\n")
    terminal.expect("up\r\n")
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
    terminal.expect("columns=77, lines=33")


def test_shell_as_the_program(terminal, sonde, tmp_path):
    """A program with job control of its own takes the terminal and gives it back."""
    terminal.type(f"PS1='inner> ' {sonde} run -q bash --norc --noprofile -i\n")
    terminal.expect("\ninner> ")
    terminal.type("sh -c 'echo up; read x'\n")
    terminal.expect("\nup\r\n")
    terminal.type("\x1a")
    terminal.expect(r"Stopped.*read x'\r\ninner> ")
    terminal.type("fg\n")
    terminal.expect("read x'\r\n")
    terminal.type("\n")
    terminal.expect("inner> ")
    terminal.type("exit 9\n")
    terminal.expect("exit 9\r\n")
    terminal.expect("ready> ")
    terminal.type("echo status $?\n")
    terminal.expect(r"status 9\r\n")
