# SPDX-License-Identifier: Apache-2.0
"""Writes tapes and packs as doc/format.md tells, byte for byte: recordings with known figures.

    tape = Tape(pid=100)
    thread = tape.thread("MainThread")
    main = tape.node(thread, None, tape.function("main", "/app.py", 1), calls=1, self_ns=5)
    tape.write(folder / "x.sonde")
"""

import struct
import zlib

from tape import block_sum

CELL = 64
HEADER = 4096
PYTHON, BUILTIN, TYPE, OBJECT, FOLDED, MORE = 1, 2, 3, 4, 5, 6
TEXTS, FUNCTIONS, NODES, THREADS, PROCESSES = 1, 2, 3, 4, 5
AGENT, LAUNCHER = 1, 2
RUNNING, FINISHED = 1, 2
TSC, MONOTONIC, THREAD_CPU = 1, 2, 3
STARTED = 1_790_000_000_000_000_000  # of every tape: 2026-09-21T13:33:20Z
SECOND = 1_000_000_000


class Tape:
    """A tape whose blocks hold all records of a kind (nodes: of a thread)."""

    def __init__(self, pid=100, parent=99, program="app.py", python=0x030D00F0, role=AGENT,
                 wall_ns=SECOND, cpu_ns=SECOND // 2, clock=MONOTONIC, state=FINISHED,
                 version=1, lost_events=0, in_last_node=False, flags=3, fault=0,
                 max_paths=0, more_functions=0, cut_texts=0, started=STARTED, begin_ns=0, start_ticks=1234,
                 duty="", called="", ancestors=(), more_processes=0):
        self.pid, self.parent, self.program, self.python = pid, parent, program, python
        self.role, self.wall_ns, self.cpu_ns, self.clock = role, wall_ns, cpu_ns, clock
        self.state, self.version, self.lost_events = state, version, lost_events
        self.flags, self.fault, self.max_paths = flags, fault, max_paths
        self.more_functions, self.cut_texts = more_functions, cut_texts
        self.started, self.begin_ns, self.start_ticks = started, begin_ns, start_ticks
        self.duty, self.called, self.more_processes = duty, called, more_processes
        self.ancestors = (*ancestors, 0, 0, 0, 0)[:4]
        self.in_last_node = in_last_node  # threads are in the node made last, else nowhere
        self.functions, self.threads, self.processes = [], [], []
        self.nodes = []  # of each thread

    def function(self, name, file="~", line=0, qualname=None, kind=None, owner="", hash=1):
        kind = kind or (BUILTIN if file == "~" else PYTHON)
        self.functions.append((name, qualname or name, file, owner, line, kind, hash))
        return len(self.functions) - 1

    def thread(self, name, native=0):
        self.threads.append((name, native or self.pid))
        self.nodes.append([(None, None, 0, 0, 0)])
        return len(self.threads) - 1

    def node(self, thread, parent, function, calls=1, self_ns=0, resumes=0):
        """parent: what node() returned for it, or None for the first function."""
        nodes = self.nodes[thread]
        nodes.append((parent or 0, function, calls, resumes, self_ns))
        return len(nodes) - 1

    def process(self, pid, name, parent=99, status=None, wall_ns=SECOND, reason="", flags=0, start_ns=0, cpu_ns=None):
        self.processes.append((pid, name, parent, status, wall_ns, reason, flags, start_ns,
                               self.cpu_ns if cpu_ns is None else cpu_ns))

    def _layout(self):
        """First record's cell of each block, in the order they are written."""
        at = HEADER // CELL
        cells = {}
        counts = [(FUNCTIONS, len(self.functions)), (THREADS, len(self.threads)),
                  (PROCESSES, len(self.processes))]
        counts += [((NODES, i), len(nodes)) for i, nodes in enumerate(self.nodes)]
        for key, count in counts:
            if count:
                cells[key] = at + 1
                at += 1 + count
        return cells, at

    def bytes(self):
        cells, texts_cell = self._layout()
        texts, seen = bytearray(), {}

        def text(value):
            data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
            if not data:
                return 0
            if data not in seen:
                seen[data] = (texts_cell + 1) * CELL + len(texts) | len(data) << 40
                texts.extend(data)
            return seen[data]

        def block(kind, count, records, owner=0, used=None):
            room = (len(records) + CELL - 1) // CELL * CELL
            head = struct.pack("<IIIIQQ32x", 0x4B4C4274, kind, 1 + room // CELL, owner,
                               count if used is None else used, 0)
            return head + bytes(records) + bytes(room - len(records))

        body = bytearray()
        if self.functions:
            records = bytearray()
            for i, (name, qualname, file, owner, line, kind, hash) in enumerate(self.functions):
                records += struct.pack("<QQQQIIQIIQ", text(name), text(qualname), text(file),
                                       text(owner), line, kind, hash, i, 0, 0)
            body += block(FUNCTIONS, len(self.functions), records)
        if self.threads:
            records = bytearray()
            for i, (name, native) in enumerate(self.threads):
                current = cells[NODES, i] + len(self.nodes[i]) - 1 if self.in_last_node else 0
                records += struct.pack("<QIIIIQQI20x", text(name), i, native, cells[NODES, i], 0,
                                       self.begin_ns, self.begin_ns + self.wall_ns, current)
            body += block(THREADS, len(self.threads), records)
        if self.processes:
            records = bytearray()
            for pid, name, parent, status, wall_ns, reason, flags, start_ns, cpu_ns in self.processes:
                if status is not None:
                    flags |= 1
                records += struct.pack("<QQIIIIQQQQ", text(name), text(reason), pid, parent,
                                       flags, status or 0, start_ns, start_ns + wall_ns, cpu_ns, 0)
            body += block(PROCESSES, len(self.processes), records)
        for i, nodes in enumerate(self.nodes):
            body += block(NODES, len(nodes), self._pack_nodes(nodes, cells, i),
                          owner=cells[THREADS] + i)
        head_texts = text(self.program), text("/usr/bin/python3" if self.role == AGENT else "")
        told = text(self.duty), text(self.called)
        body += block(TEXTS, 0, texts, used=len(texts))
        end = (HEADER + len(body)) // CELL
        header = struct.pack(
            "<QIIIIIIQIIQQIIQQQQQQQQQQQQQIIQQQQQQ4I", 0x50415445444E4F53, self.version, HEADER, self.role,
            self.state, self.flags, self.clock, 0, self.pid, self.parent, self.start_ticks, self.started, self.python, 0,
            *head_texts, *[self.begin_ns] * 2, *[self.begin_ns + self.wall_ns] * 2, self.cpu_ns, end, self.lost_events,
            0, 0, 0, self.max_paths, self.fault, 0, self.more_functions, self.cut_texts, 0,
            *told, self.more_processes, *self.ancestors)
        return header.ljust(HEADER, b"\0") + bytes(body)

    @staticmethod
    def _pack_nodes(nodes, cells, thread):
        first, functions = cells[NODES, thread], cells.get(FUNCTIONS, 0)
        records = bytearray(len(nodes) * CELL)
        pack = struct.Struct("<IIQQQ").pack_into
        for i, (parent, function, calls, resumes, self_ns) in enumerate(nodes):
            if i:
                pack(records, i * CELL, first + parent, functions + function, calls, resumes,
                     self_ns)
        return records

    def write(self, folder, name=None):
        """Adds it to the recording; returns the tape's path."""
        folder.mkdir(exist_ok=True)
        path = folder / (name or f"{self.pid}-{self.started:x}.tape")
        path.write_bytes(self.bytes())
        return path


SLICE = 1 << 20
WIDTHS = {FUNCTIONS: 56, NODES: 32, THREADS: 64, PROCESSES: 64}


def packed_tape(tape, name, /, alive=False, **changed):
    """(blocks, entry) of the list, of the bytes of a finished tape. changed: fields of the entry that lie."""
    content, blocks, [end] = b"", 0, struct.unpack_from("<Q", tape, 128)
    at = HEADER // CELL
    while at < end:
        _, kind, cells, owner, used, _, _ = struct.unpack_from("<IIIIQQQ", tape, at * CELL)
        records = tape[(at + 1) * CELL:(at + 1) * CELL + (used if kind == TEXTS else used * CELL)]
        content += struct.pack("<4I", at, kind, owner, used)
        content += records if kind == TEXTS else b"".join(records[byte::CELL] for byte in range(WIDTHS[kind]))
        blocks += 1
        at += cells
    fields = {"bytes": len(content), "ticks": 0, "ns": SECOND, "blocks": blocks, "cells": end, "damaged_at": 0,
              "flags": int(alive), "header": 248, "code": 0, "why": 0, "name": len(name)} | changed
    return content, struct.pack("<QQQ8I", *fields.values()) + tape[:fields["header"]] + name


def pack_of(content, listed, /, deflate=True, **changed):
    """The bytes of a pack of that content, whose list begins at `listed`. changed: fields of the tail that lie."""
    table, stored = b"", b""
    for at in range(0, len(content), SLICE):
        piece = content[at:at + SLICE]
        squeezed = zlib.compressobj(wbits=-15) if deflate else None
        data = squeezed.compress(piece) + squeezed.flush() if squeezed else piece
        table += struct.pack("<IIQ", len(data), int(deflate), block_sum(piece))
        stored += data
    fields = {"content": len(content), "list": listed, "slices": -(-len(content) // SLICE), "table": block_sum(table),
              "packed_ns": STARTED, "reserved": 0, "sum": 0, "magic": 0x444E4545444E4F53} | changed
    tail = struct.pack("<8Q", *fields.values())
    tail = tail[:48] + struct.pack("<Q", changed.get("sum") or block_sum(tail)) + tail[56:]
    return struct.pack("<QII", 0x4B415045444E4F53, 1, SLICE) + stored + table + tail


def pack(tapes, notes=(), **how):
    """The bytes of a pack of (content, entry) and of (name, text)."""
    listing = struct.pack("<2I", len(tapes), len(notes)) + b"".join(entry for _, entry in tapes)
    listing += b"".join(struct.pack("<2I", len(name), len(text)) + name + text for name, text in notes)
    content = b"".join(blocks for blocks, _ in tapes)
    return pack_of(content + listing, len(content), **how)
