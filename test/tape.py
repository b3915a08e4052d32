# SPDX-License-Identifier: Apache-2.0
"""Reads tapes and packs by doc/format.md alone, sharing nothing with the C reader it checks.

Slow, strict and whole: a reference that leads nowhere is an error here.
"""

import pathlib
import struct
import types
import zlib

CELL = 64
HEADER_BYTES = 4096
MAGIC = 0x50415445444E4F53
BLOCK_MAGIC = 0x4B4C4274
TEXTS, FUNCTIONS, NODES, THREADS, PROCESSES = range(1, 6)
PYTHON, BUILTIN, TYPE, OBJECT, FOLDED, MORE = range(1, 7)
TSC, MONOTONIC, THREAD_CPU = range(1, 4)
AGENT, LAUNCHER = 1, 2
RUNNING, FINISHED = 1, 2

HEADER = struct.Struct("<QII IIII Q II QQ II QQ QQQQ QQ QQQQ QII QQQ QQQ 4I Q")
HEADER_FIELDS = ("magic version header_bytes role state flags clock zero pid parent_pid start_ticks started_ns "
                 "python reserved program executable first_ticks first_ns last_ticks last_ns cpu_ns end "
                 "lost_events healed backward paused_ns max_paths fault lost_processes more_functions cut_texts machine "
                 "duty called more_processes above_1 above_2 above_3 above_4 cpu_from_ns").split()
CONTROL_AT, CONTROL_BYTES = 320, 64
CONTROL = struct.Struct("<IBB2xII QQ QQQ8x III4x QQ QQ16x")
CONTROL_FIELDS = ("asked wish idle resets begun wish_ns reset_ns hold_ns unheard_ns unheard_before_ns "
                  "heard counting resets_done since_ticks since_ns granted_ns unheard_done_ns").split()
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
    """header, functions, nodes, threads, processes: records by cell, texts as str.

    source: its path, or its bytes. alive: whether its writer lived; None: not asked.
    """

    def __init__(self, source, *, sums=False, alive=None):
        path = "a tape" if isinstance(source, bytes) else source
        self.data = source if isinstance(source, bytes) else pathlib.Path(source).read_bytes()
        self.alive = alive
        if len(self.data) < HEADER.size:
            raise Damaged(f"{path}: {len(self.data)} bytes")
        self.header = types.SimpleNamespace(
            **dict(zip(HEADER_FIELDS, HEADER.unpack_from(self.data), strict=True)))
        if len(self.data) >= CONTROL_AT + CONTROL.size:
            self.header.__dict__.update(zip(CONTROL_FIELDS, CONTROL.unpack_from(self.data, CONTROL_AT), strict=True))
        if self.header.magic != MAGIC or self.header.version != 1 or self.header.header_bytes != 4096:
            raise Damaged(f"{path}: not a tape")
        self.functions, self.nodes, self.threads, self.processes = {}, {}, {}, {}
        self.by_kind = {FUNCTIONS: self.functions, NODES: self.nodes, THREADS: self.threads,
                        PROCESSES: self.processes}
        [seal] = struct.unpack_from("<Q", self.data, SEAL_AT)
        if sums and seal and block_sum(self.data[:CONTROL_AT] + bytes(CONTROL_BYTES) +
                                       self.data[CONTROL_AT + CONTROL_BYTES:SEAL_AT] + bytes(8)) != seal:
            raise Damaged("header: checksum")
        self.sealed = seal != 0
        self.blocks = list(self._blocks(sums))
        for cell, kind, owner, used, total in self.blocks:
            self._read_block(cell, kind, owner, used)
            size = used if kind == TEXTS else used * CELL
            if sums and total and block_sum(self.data[(cell + 1) * CELL:][:size]) != total:
                raise Damaged(f"cell {cell}: checksum")
        for name in "program", "executable", "duty", "called":
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
            if self.alive and thread.root not in self.nodes:
                if any(node.owner_thread == cell for node in self.nodes.values()):
                    raise Damaged(f"thread {cell}: nodes without their root")
                continue  # it came while the tape was copied, after the nodes
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


PACK_MAGIC, PACK_END, SLICE = 0x4B415045444E4F53, 0x444E4545444E4F53, 1 << 20
PACK_HEAD, PACK_SLICE, PACK_TAIL = struct.Struct("<QII"), struct.Struct("<IIQ"), struct.Struct("<8Q")
PACK_BLOCK, PACK_LIST, PACK_TAPE, PACK_NOTE = map(struct.Struct, ("<4I", "<2I", "<QQQ8I", "<2I"))
ALIVE, HEADER_DAMAGED, UNREADABLE = 1, 2, 4
WIDTHS = {FUNCTIONS: 56, NODES: 32, THREADS: 64, PROCESSES: 64}


class Taking:
    """Bytes taken one after another; those that are not there are an error."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def bytes(self, count):
        self.at += count
        if self.at > len(self.data):
            raise Damaged(f"{count} bytes more were told than are there")
        return self.data[self.at - count:self.at]

    def numbers(self, layout):
        return layout.unpack(self.bytes(layout.size))


def pack_content(data):
    """The content of a pack, and where its list begins."""
    if len(data) < PACK_HEAD.size + PACK_TAIL.size:
        raise Damaged("too short for a pack")
    if PACK_HEAD.unpack_from(data) != (PACK_MAGIC, 1, SLICE):
        raise Damaged("not the head of a pack")
    tail = data[-PACK_TAIL.size:]
    content_bytes, listed, slices, table_sum, _, reserved, total, magic = PACK_TAIL.unpack(tail)
    if magic != PACK_END or block_sum(tail[:48] + bytes(8) + tail[56:]) != total or reserved:
        raise Damaged("tail")
    if slices != -(-content_bytes // SLICE) or content_bytes - SLICE > 200 * len(data):
        raise Damaged("lengths")
    table = data[-PACK_TAIL.size - slices * PACK_SLICE.size:-PACK_TAIL.size]
    if block_sum(table) != table_sum:
        raise Damaged("checksum of the table")
    content, at = b"", PACK_HEAD.size
    for stored, way, checksum in PACK_SLICE.iter_unpack(table):
        slice_, length = data[at:at + stored], min(SLICE, content_bytes - len(content))
        if way == 1:
            inflate = zlib.decompressobj(-15)
            slice_ = inflate.decompress(slice_, length + 1)
            if not inflate.eof or inflate.unused_data:
                raise Damaged(f"stream at {at}")
        if way > 1 or len(slice_) != length or block_sum(slice_) != checksum:
            raise Damaged(f"slice at {at}")
        content += slice_
        at += stored
    if at + len(table) + PACK_TAIL.size != len(data):
        raise Damaged("bytes that nothing tells of")
    return content, listed


def unpacked(header, blocks):
    """The bytes of a tape of that header and (cell, kind, owner, count, records): without its writer's own."""
    [end] = struct.unpack_from("<Q", header, 128)
    cells = [block[0] for block in blocks] + [end]
    image = bytearray(end * CELL)
    image[:len(header)] = header
    for (cell, kind, owner, count, records), behind in zip(blocks, cells[1:], strict=True):
        if (cell + 1) * CELL + len(records) > behind * CELL:
            raise Damaged(f"block at cell {cell} overlaps the next")
        BLOCK.pack_into(image, cell * CELL, BLOCK_MAGIC, kind, behind - cell, owner, count, 0, 0)
        image[(cell + 1) * CELL:(cell + 1) * CELL + len(records)] = records
    return bytes(image)


class Pack:
    """tapes: {name: Tape, or the reason why there is none}; notes: {name: bytes}; moments: {name: (ticks, ns)}."""

    def __init__(self, path):
        content, listed = pack_content(pathlib.Path(path).read_bytes())
        blocks, listing = Taking(content[:listed]), Taking(content[listed:])
        self.tapes, self.notes, self.moments = {}, {}, {}
        tapes, notes = listing.numbers(PACK_LIST)
        for _ in range(tapes):
            self._tape(listing, blocks)
        for _ in range(notes):
            name, text = listing.numbers(PACK_NOTE)
            name = listing.bytes(name).decode()
            self.notes[name] = listing.bytes(text)
        if blocks.at != len(blocks.data) or listing.at != len(listing.data):
            raise Damaged("content that nothing tells of")
        if not all(name.endswith(".tape") and name[0] != "." and "/" not in name for name in self.tapes):
            raise Damaged("names")

    def _tape(self, listing, blocks):
        length, ticks, ns, count, cells, damaged_at, flags, header, code, why, name = listing.numbers(PACK_TAPE)
        header, name, why = listing.bytes(header), listing.bytes(name).decode(), listing.bytes(why).decode()
        if list(self.tapes) and name <= max(self.tapes):
            raise Damaged("order of names")
        begin = blocks.at
        found = sorted((self._block(blocks) for _ in range(count)), key=lambda block: block[0])
        if blocks.at - begin != length or bool(code) != bool(flags & UNREADABLE) or bool(why) != bool(code):
            raise Damaged(f"{name}: its list entry")
        self.moments[name] = (ticks, ns)
        if flags & UNREADABLE or damaged_at:
            self.tapes[name] = why or f"damaged at cell {damaged_at} of {cells}"
        else:
            self.tapes[name] = Tape(unpacked(header, found), alive=bool(flags & ALIVE))

    @staticmethod
    def _block(blocks):
        cell, kind, owner, count = blocks.numbers(PACK_BLOCK)
        if kind == TEXTS:
            return cell, kind, owner, count, blocks.bytes(count)
        columns = blocks.bytes(count * WIDTHS[kind])
        records = bytearray(count * CELL)
        for byte in range(WIDTHS[kind]):
            records[byte::CELL] = columns[byte * count:(byte + 1) * count]
        return cell, kind, owner, count, bytes(records)


def tapes(recording, role=AGENT):
    """The tapes of a recording, in order of their beginning. A killed writer may have left one not begun."""
    path = pathlib.Path(recording)
    if path.is_file():
        found = [tape for tape in Pack(path).tapes.values() if isinstance(tape, Tape)]
    else:
        found = [Tape(path) for path in path.glob("*.tape") if any(path.read_bytes()[:8])]
    return sorted((t for t in found if t.header.role == role), key=lambda t: t.header.started_ns)
