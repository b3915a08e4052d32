# SPDX-License-Identifier: Apache-2.0
"""Reads tapes by doc/format.md alone, sharing nothing with the C reader it checks.

Slow, strict and whole: a reference that leads nowhere is an error here.
"""

import pathlib
import struct
import types

CELL = 64
HEADER_BYTES = 4096
MAGIC = 0x50415445444E4F53
BLOCK_MAGIC = 0x4B4C4274
TEXTS, FUNCTIONS, NODES, THREADS, PROCESSES = range(1, 6)
PYTHON, BUILTIN, TYPE, OBJECT, FOLDED, MORE = range(1, 7)
TSC, MONOTONIC, THREAD_CPU = range(1, 4)
AGENT, LAUNCHER = 1, 2
RUNNING, FINISHED = 1, 2

HEADER = struct.Struct("<QII IIII Q II QQ II QQ QQQQ QQ QQQQ QII QQQ")
HEADER_FIELDS = ("magic version header_bytes role state flags clock zero pid parent_pid start_ticks started_ns "
                 "python reserved program executable first_ticks first_ns last_ticks last_ns cpu_ns end "
                 "lost_events healed backward paused_ns max_paths fault lost_processes more_functions cut_texts machine").split()
SEAL_AT = HEADER_BYTES - 8
BLOCK = struct.Struct("<IIII QQ Q 24x")
RECORDS = {
    FUNCTIONS: (struct.Struct("<QQQQ II Q II 8x"),
                "name qualname file owner line kind hash order died".split()),
    NODES: (struct.Struct("<II QQQ 32x"), "parent function calls resumes self".split()),
    THREADS: (struct.Struct("<Q IIII QQ II 16x"),
              "name serial native root ended first last current merged".split()),
    PROCESSES: (struct.Struct("<QQ IIII QQQQ"),
                "name reason pid parent_pid flags status start_ns end_ns cpu_ns max_rss_bytes".split()),
}
TEXT_FIELDS = {"name", "qualname", "file", "owner", "reason", "program", "executable"}


class Damaged(Exception):
    pass


def block_sum(data):
    """Checksum of a sealed block's used bytes: eight lanes, one for each word of a cell."""
    mask, odd = 2**64 - 1, 0x9E3779B97F4A7C15

    def step(lane, word):
        lane = (lane ^ word) * odd & mask
        return (lane << 29 | lane >> 35) & mask

    lanes = list(range(8))
    padded = data + bytes(-len(data) % CELL)
    for at in range(0, len(padded), CELL):
        words = struct.unpack_from("<8Q", padded, at)
        lanes = [step(lane, word) for lane, word in zip(lanes, words, strict=True)]
    total = len(data)
    for lane in lanes:
        total = step(total, lane)
    return total or 1


class Tape:
    """header, functions, nodes, threads, processes: records by cell, texts as str."""

    def __init__(self, path, *, sums=False):
        self.data = pathlib.Path(path).read_bytes()
        if len(self.data) < HEADER.size:
            raise Damaged(f"{path}: {len(self.data)} bytes")
        self.header = types.SimpleNamespace(
            **dict(zip(HEADER_FIELDS, HEADER.unpack_from(self.data), strict=True)))
        if self.header.magic != MAGIC or self.header.version != 1 or self.header.header_bytes != 4096:
            raise Damaged(f"{path}: not a tape")
        self.functions, self.nodes, self.threads, self.processes = {}, {}, {}, {}
        self.by_kind = {FUNCTIONS: self.functions, NODES: self.nodes, THREADS: self.threads,
                        PROCESSES: self.processes}
        [seal] = struct.unpack_from("<Q", self.data, SEAL_AT)
        if sums and seal and block_sum(self.data[:SEAL_AT] + bytes(8)) != seal:
            raise Damaged("header: checksum")
        self.sealed = seal != 0
        self.blocks = list(self._blocks(sums))
        for cell, kind, owner, used, total in self.blocks:
            self._read_block(cell, kind, owner, used)
            size = used if kind == TEXTS else used * CELL
            if sums and total and block_sum(self.data[(cell + 1) * CELL:][:size]) != total:
                raise Damaged(f"cell {cell}: checksum")
        for name in "program", "executable":
            setattr(self.header, name, self.text(getattr(self.header, name)))
        self._check()

    def _blocks(self, sums):
        at = self.header.header_bytes // CELL
        while at < self.header.end:
            magic, kind, cells, owner, used, total, head = BLOCK.unpack_from(self.data, at * CELL)
            if sums and head and block_sum(self.data[at * CELL:][:32]) != head:
                raise Damaged(f"cell {at}: checksum of its head")
            size = used if kind == TEXTS else used * CELL
            if magic != BLOCK_MAGIC or cells == 0 or size > (cells - 1) * CELL:
                raise Damaged(f"block at cell {at}")
            yield at, kind, owner, used, total
            at += cells
        if at != self.header.end:
            raise Damaged(f"the last block ends at {at}, the tape at {self.header.end}")

    def _read_block(self, cell, kind, owner, used):
        if kind not in RECORDS:
            return
        layout, names = RECORDS[kind]
        for i in range(used):
            values = layout.unpack_from(self.data, (cell + 1 + i) * CELL)
            record = types.SimpleNamespace(**dict(zip(names, values, strict=True)))
            record.owner_thread = owner
            for name in TEXT_FIELDS & set(names):
                setattr(record, name, self.text(getattr(record, name)))
            self.by_kind[kind][cell + 1 + i] = record

    def _check(self):
        for cell, node in self.nodes.items():
            if node.parent and (node.parent >= cell or node.parent not in self.nodes):
                raise Damaged(f"node {cell}: parent {node.parent}")
            if bool(node.parent) != bool(node.function):
                raise Damaged(f"node {cell}: a root has no function, all others have one")
            if node.function and node.function not in self.functions:
                raise Damaged(f"node {cell}: function {node.function}")
        for cell, thread in self.threads.items():
            if self.nodes[thread.root].parent or self.nodes[thread.root].owner_thread != cell:
                raise Damaged(f"thread {cell}: root {thread.root}")

    def text(self, reference):
        offset, length = reference & (2**40 - 1), reference >> 40
        raw = self.data[offset:offset + length]
        if len(raw) != length:
            raise Damaged(f"text at {offset}")
        return raw.decode("utf-8", "surrogateescape")

    @property
    def ns_per_tick(self):
        h = self.header
        if h.clock != TSC or h.last_ticks <= h.first_ticks:
            return 1.0
        return (h.last_ns - h.first_ns) / (h.last_ticks - h.first_ticks)

    def calls(self, name):
        """Calls of all functions of that name or qualified name."""
        return sum(self.nodes[n].calls for n in self.nodes_of(name))

    def resumes(self, name):
        return sum(self.nodes[n].resumes for n in self.nodes_of(name))

    def nodes_of(self, name):
        cells = {c for c, f in self.functions.items() if name in (f.name, f.qualname)}
        return [n for n, node in self.nodes.items() if node.function in cells]


def tapes(recording, role=AGENT):
    """The tapes of a recording, in order of their beginning. A killed writer may have left one not begun."""
    found = [Tape(path) for path in pathlib.Path(recording).glob("*.tape") if any(path.read_bytes()[:8])]
    return sorted((t for t in found if t.header.role == role), key=lambda t: t.header.started_ns)
