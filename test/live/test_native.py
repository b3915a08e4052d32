# SPDX-License-Identifier: Apache-2.0
"""Machine code and the files it lies in, beside binutils: every instruction of libraries has
the length objdump says, every symbol of nm is found where it begins and where it ends.
"""

import os
import pathlib
import re
import subprocess

import pytest

from stepping import ROOT, x86_only

pytestmark = x86_only

DUMP = ROOT / "build/dev/test/unit/native_dump"
# What ends a straight run of instructions, in objdump's words.
ENDS = re.compile(r"(?:(?:bnd|notrack|repz?|repnz|[cd]s|data16|rex\.W) )*"
                  r"(j\w+|call|ret|loop\w*|syscall|ud[012]|int3?|hlt|xbegin|sysret|iret|lret|ljmp|lcall)\b")


def libraries(python):
    """The Python's own code, and the C library it uses."""
    text = "import sys\nfor line in open('/proc/self/maps'):\n    print(line.split()[-1])"
    done = subprocess.run([python, "-c", text], check=True, text=True, stdout=subprocess.PIPE)
    paths = dict.fromkeys(done.stdout.split())
    return [path for path in paths if re.search(r"/libc\.so|/libc-|libpython|/bin/python", path)]


def disassembled(path, span=()):
    """(bytes, words) of each instruction."""
    with subprocess.Popen(["objdump", "-d", "--no-addresses", "--insn-width=16", *span, path], text=True,
                          stdout=subprocess.PIPE) as run:
        for line in run.stdout:
            fields = line.rstrip("\n").split("\t")
            if len(fields) == 3 and not fields[2].startswith((".byte", "rex", "(bad)")):
                yield fields[1].replace(" ", ""), fields[2]


def compare(path, span=()):
    lines = list(disassembled(path, span))
    done = subprocess.run([DUMP, "lengths"], input="\n".join(code for code, _ in lines), check=True, text=True,
                          stdout=subprocess.PIPE)
    wrong = [(code, words, found) for (code, words), found in zip(lines, done.stdout.split("\n"))
             if found.split() and (int(found.split()[0]) != len(code) // 2
                                   or (found.split()[1] != "0") != bool(ENDS.match(words)))]
    # fwait is an instruction of its own, which objdump shows with the next one.
    return len(lines), [row for row in wrong if not row[0].startswith("9b")]


def test_lengths_of_a_part_of_each_library(python):
    for path in libraries(python):
        [start] = re.findall(r"^ *\d+ \.text +\w+ +(\w+)", subprocess.run(["objdump", "-h", path], check=True, text=True,
                                                                          stdout=subprocess.PIPE).stdout, re.M)
        count, wrong = compare(path, (f"--start-address=0x{start}", f"--stop-address={int(start, 16) + 400_000:#x}"))
        # The range may end within one; the command of a shared build only calls the library.
        assert (count > 50_000 or "/bin/" in path) and wrong[:-1] == [] and len(wrong) <= 1, (path, wrong)


@pytest.mark.long
@pytest.mark.smoke
def test_lengths_of_all_instructions(python):
    for path in libraries(python):
        count, wrong = compare(path)
        assert wrong == [] and (count > 200_000 or "/bin/" in path), (path, count, wrong[:20])


def symbols(path):
    """{address: (size, {names})} of the functions that it exports."""
    found = {}
    out = subprocess.run(["readelf", "--dyn-syms", "-W", path], check=True, text=True, stdout=subprocess.PIPE).stdout
    for address, size, name in re.findall(
            r"^ *\d+: (\w+) +(\w+) FUNC +(?:GLOBAL|WEAK) +DEFAULT +(?!UND)\w+ ([\w.]+)", out, re.M):
        found.setdefault(int(address, 16), (int(size, 0), set()))[1].add(name)
    return found


def found_in(path, addresses):
    done = subprocess.run([DUMP, "functions", path], input="\n".join(f"{a:x}" for a in addresses), check=True,
                          text=True, stdout=subprocess.PIPE)
    return done.stdout.splitlines()


@pytest.mark.smoke
def test_functions_are_where_their_symbols_are(python):
    """At their first byte and at their last; and what is not there has no name."""
    for path in libraries(python):
        known = {a: row for a, row in symbols(path).items() if row[0] > 1}
        if os.path.basename(path).startswith("python") and len(known) < 100:
            continue  # the command of a shared build: it only calls the library
        assert len(known) > 1000, path
        for inside in (0, -1):
            at = [a + (size - 1 if inside else 0) for a, (size, _) in known.items()]
            wrong = []
            for (address, (size, names)), line in zip(known.items(), found_in(path, at)):
                start, end, *rest = line.split() + [""]
                if int(start, 16) != address or rest[0] not in names:
                    wrong.append((hex(address), size, names, line))
            assert len(wrong) <= len(known) * 0.005, (path, inside, len(wrong), wrong[:10])
        assert found_in(path, [1, 1 << 60]) == ["none", "none"]


def test_stubs_lead_to_what_they_name(python):
    """objdump's own labels for the PLT."""
    checked = 0
    for path in libraries(python):
        text = subprocess.run(["objdump", "-d", "-j", ".plt", "-j", ".plt.sec", path], text=True, stderr=subprocess.DEVNULL,
                              stdout=subprocess.PIPE).stdout
        stubs = re.findall(r"^(\w+) <([\w]+)(?:@[\w.]+)?@plt>:", text, re.M)
        for (address, name), line in zip(stubs, found_in(path, [int(a, 16) for a, _ in stubs])):
            assert line.split()[2:] == [name, "stub"], (path, address, name, line)
            checked += 1
    assert checked > 100


def test_no_file_and_no_elf(tmp_path):
    (tmp_path / "text").write_text("no ELF")
    (tmp_path / "short").write_bytes(pathlib.Path("/bin/sh").read_bytes()[:100])
    os.mkfifo(tmp_path / "pipe")
    for name in "text", "short", "absent", "pipe", ".":
        assert subprocess.run([DUMP, "functions", tmp_path / name], input="0\n", text=True,
                              stdout=subprocess.PIPE).stdout in ("", "none\n")


def test_damaged_files_are_read_or_refused(tmp_path):
    """Headers, symbols and frames overwritten: never a crash."""
    import random
    whole = pathlib.Path("/bin/true").read_bytes()
    chance = random.Random(7)
    addresses = "\n".join(f"{a:x}" for a in range(0, len(whole), 64))
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 30)):
            at = chance.choice((chance.randrange(64), chance.randrange(len(whole)), len(whole) - chance.randrange(1, 2000)))
            damaged[at] = chance.randrange(256)
        (tmp_path / "x").write_bytes(damaged[:chance.choice((len(whole), chance.randrange(len(whole))))])
        done = subprocess.run([DUMP, "functions", tmp_path / "x"], input=addresses, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=20, errors="replace")
        assert done.returncode in (0, 1) and done.stderr == ""
