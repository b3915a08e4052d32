# SPDX-License-Identifier: Apache-2.0
"""Reads what KCacheGrind shows, by what Qt tells a screen reader: its list of functions and its status line, as JSON.

    kcachegrind_inside.py PROGRAM    (the system's python3: gi is a Debian package)

Asks each program on the bus of screen readers itself, without their registry. Prints null while it shows no list.
"""

import json
import os
import sys

from gi.repository import Gio, GLib

COLUMNS = "incl", "self", "called", "name", "location"
ACCESSIBLE = "org.a11y.atspi.Accessible"
FLAGS = Gio.DBusConnectionFlags
bus = Gio.DBusConnection.new_for_address_sync(
    os.environ["AT_SPI_BUS_ADDRESS"], FLAGS.AUTHENTICATION_CLIENT | FLAGS.MESSAGE_BUS_CONNECTION, None, None)


def call(owner, path, interface, method, arguments=None):
    return bus.call_sync(owner, path, interface, method, arguments, None, 0, 10_000, None).unpack()[0]


def own(method, arguments=None):
    return call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", method, arguments)


class Thing:
    def __init__(self, owner, path):
        self.owner, self.path = owner, path

    def name(self):
        return call(self.owner, self.path, "org.freedesktop.DBus.Properties", "Get", GLib.Variant("(ss)", (ACCESSIBLE, "Name")))

    def role(self):
        return call(self.owner, self.path, ACCESSIBLE, "GetRoleName")

    def children(self):
        return [Thing(*child) for child in call(self.owner, self.path, ACCESSIBLE, "GetChildren")]

    def below(self):
        for child in self.children():
            yield child
            if child.role() != "tree":
                yield from child.below()


def shown(window):
    """None until the list is filled and the status line tells the total."""
    every = list(window.below())
    texts = [name for name in (t.name() for t in every if t.role() == "label") if "Cost: " in name]
    for tree in every:
        cells = [] if tree.role() != "tree" else tree.children()
        if len(cells) <= len(COLUMNS) or cells[0].name() != "Incl.":
            continue
        names = [cell.name() for cell in cells[len(COLUMNS):]]
        rows = [dict(zip(COLUMNS, names[i:i + len(COLUMNS)])) for i in range(0, len(names), len(COLUMNS))]
        if texts and all(row["name"] for row in rows):
            return {"title": window.name(), "status": texts[0], "rows": rows}
    return None


def look(program):
    for owner in own("ListNames"):
        if not owner.startswith(":") or owner == bus.get_unique_name():
            continue
        root = Thing(owner, "/org/a11y/atspi/accessible/root")
        try:
            found = [shown(window) for window in root.children()] if root.name() == program else []
        except GLib.Error:
            continue  # no program to be read, or one that begins, or is ending
        for it in filter(None, found):
            return {"pid": own("GetConnectionUnixProcessID", GLib.Variant("(s)", (owner,))), **it}
    return None


json.dump(look(*sys.argv[1:]), sys.stdout)
