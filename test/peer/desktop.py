# SPDX-License-Identifier: Apache-2.0
"""A desktop of its own for a test: an X server without a screen, a session bus, the bus of screen readers."""

import json
import os
import pathlib
import signal
import subprocess
import time

HERE = pathlib.Path(__file__).parent
SIZE = 1600, 1000
SETTINGS = f"""\
[GeneralSettings]
MaxListCount=1000
ShowCycles=true
ShowPercentage=false

[TipOfDay]
RunOnStart=false

[MainWindow]
{SIZE[0]}x{SIZE[1]} screen: Width={SIZE[0]}
{SIZE[0]}x{SIZE[1]} screen: Height={SIZE[1]}
"""
class Desktop:
    def __init__(self, home):
        self.started = []
        (home / ".config").mkdir(parents=True)
        (home / "run").mkdir(mode=0o700)
        (home / ".config/kcachegrindrc").write_text(SETTINGS)
        kept = {name: os.environ[name] for name in ("PATH",)}
        self.env = {**kept, "HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "LC_ALL": "C.UTF-8",
                    "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "QT_QPA_PLATFORM": "xcb"}
        number = self.start("Xvfb", "-displayfd", "1", "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp")
        self.env["DISPLAY"] = ":" + number
        self.env["DBUS_SESSION_BUS_ADDRESS"] = self.start("dbus-daemon", "--session", "--nofork", "--print-address=1")
        self.env["AT_SPI_BUS_ADDRESS"] = self.tell_readers("org.a11y.Bus.GetAddress").strip()
        self.tell_readers("org.freedesktop.DBus.Properties.Set", "string:org.a11y.Status", "string:IsEnabled",
                          "variant:boolean:true")

    def tell_readers(self, *words):
        """Has the bus of screen readers started, which Qt's programs answer on."""
        return subprocess.run(["dbus-send", "--session", "--print-reply=literal", "--dest=org.a11y.Bus", "/org/a11y/bus", *words],
                              env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout

    def start(self, *words):
        """A server: the first line it prints."""
        server = subprocess.Popen(words, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                  start_new_session=True)
        self.started.append(server)
        return server.stdout.readline().strip()

    def read(self, begin, program, title):
        """What kcachegrind_inside.py tells of a program, begun by begin(), once it has a window of that title.

        Of Qt 5.15's programs one in two never answers screen readers: it joins their bus, but puts nothing there. Then it
        is begun again.
        """
        for _ in range(30):
            begin()
            found = subprocess.run(["timeout", "60", "xdotool", "search", "--sync", "--onlyvisible", "--name", title],
                                   env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
            time.sleep(1)
            for _ in range(2):
                told = json.loads(subprocess.run(["/usr/bin/python3", HERE / "kcachegrind_inside.py", program], timeout=60,
                                                 env=self.env, check=True, stdout=subprocess.PIPE).stdout)
                if told:
                    return told
                time.sleep(0.5)
            subprocess.run(["xdotool", "windowkill", found[0]], env=self.env, check=False)  # it may have ended
            time.sleep(0.5)
        raise TimeoutError(f"{program} answers no screen reader")

    def picture(self, path):
        subprocess.run(["import", "-window", "root", path], env=self.env, check=True)

    def close(self):
        for server in reversed(self.started):
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(20)
            server.stdout.close()
