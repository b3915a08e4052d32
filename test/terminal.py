# SPDX-License-Identifier: Apache-2.0
"""A command on a terminal of its own."""

import fcntl
import os
import pty
import subprocess
import termios


def on_terminal(sonde, env, cwd, columns, *words):
    """What it prints to a terminal that wide."""
    controller, terminal = pty.openpty()
    size = columns.to_bytes(2, "little")
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, b"\x32\0" + size + b"\0" * 4)
    process = subprocess.Popen([sonde, *words], cwd=cwd, env=env, stdin=terminal, stdout=terminal)
    os.close(terminal)
    text = b""
    while True:
        try:
            piece = os.read(controller, 65536)
        except OSError:  # it has gone
            break
        text += piece
    os.close(controller)
    assert process.wait() == 0
    return text.decode().replace("\r\n", "\n")
