# SPDX-License-Identifier: Apache-2.0
"""What a construct of the language does, as a tree of calls written by hand, and how that
is brought beside what sonde counted.

A tree is written `f 2, gen 1+3 (len 4)`: a name, how often it was called (1 where nothing
is said) and, behind +, resumed; in parentheses what it called. `thread (...)` is what ran
in other threads. Only functions of the construct's own file count, and those made in C
that they call; what a library does in between is left out.
"""

import dataclasses
import functools
import re

PHASES = "cold", "warm", "hot"
TOKEN = re.compile(r"\s*(?:(?P<mark>[(),])|(?P<name>[^(),\s]+)(?:\s+(?P<calls>\d+)(?:\+(?P<resumes>\d+))?)?)")


def parse(text):
    """{path: (calls, resumes)}; paths are tuples of names."""
    found, above, last = {}, (), None
    at = 0
    while at < len(text.rstrip()):
        match = TOKEN.match(text, at)
        assert match, text[at:]
        at = match.end()
        if match["mark"] == "(":
            above += (last,)
        elif match["mark"] == ")":
            above = above[:-1]
        elif match["name"]:
            last = match["name"]
            calls, resumes = int(match["calls"] or 1), int(match["resumes"] or 0)
            assert above + (last,) not in found, text
            found[above + (last,)] = calls, resumes
    assert above == (), text
    return found


def show(tree):
    """What parse() reads, in order of name."""
    def level(above):
        parts = []
        for path in sorted(tree):
            if path[:-1] != above:
                continue
            calls, resumes = tree[path]
            counts = f" {calls}+{resumes}" if resumes else f" {calls}" if calls != 1 else ""
            inside = level(path)
            parts.append(path[-1] + counts + (f" ({inside})" if inside else ""))
        return ", ".join(parts)
    return level(())


@dataclasses.dataclass(frozen=True)
class Elsewhere:
    """Where another tree holds: versions "3.12", "3.12-3.13" or "3.13.0-3.13.9"."""
    versions: str
    tree: str
    why: str  # a key of reasons.REASONS

    def ends(self):
        first, _, last = self.versions.partition("-")
        return [tuple(int(n) for n in v.split(".")) for v in (first, last or first)]

    def holds(self, version):
        """version: (3, 13, 0)."""
        first, last = self.ends()
        return first <= version[:len(first)] and version[:len(last)] <= last

    def meets(self, version):
        """version: (3, 13). Does it hold on any of these?"""
        first, last = self.ends()
        return first[:2] <= version <= last[:2]


@dataclasses.dataclass(frozen=True)
class Construct:
    """text: what a module holds, and behind a line `---` what is run and counted."""
    name: str
    text: str
    truth: str
    since: str = "3.11"
    truths: tuple = ()   # Elsewhere: the interpreter itself does something else there
    differs: tuple = ()  # Elsewhere: what sonde counts there, which is not the truth
    warm: int = 100
    ends: bool = False   # runs at the end of its process

    @functools.cached_property
    def module(self):
        return "c_" + re.sub(r"\W+", "_", self.name)

    def exists(self, version):
        return version >= tuple(int(n) for n in self.since.split("."))

    def truth_on(self, version):
        return parse(next((e.tree for e in self.truths if e.holds(version)), self.truth))

    def expected_on(self, version):
        found = next((e.tree for e in self.differs if e.holds(version)), None)
        return self.truth_on(version) if found is None else parse(found)

    def program(self):
        setup, _, body = trimmed(self.text).rpartition("---\n")
        lines = "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
        return f"{setup}\n\ndef run():\n{lines}"


def trimmed(text):
    lines = text.strip("\n").splitlines()
    margin = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "".join(line[margin:].rstrip() + "\n" for line in lines)


@dataclasses.dataclass(frozen=True)
class Place:
    """A node's place: which construct's it is, in which phase, and its path there."""
    module: str | None = None
    phase: str | None = None
    path: tuple = ()
    shown: bool = False
    python: bool = False  # shown, and not made in C


class Counted:
    """The trees of all constructs in the report of a recording, with its call tree."""

    def __init__(self, report):
        functions = {f["id"]: f for f in report["functions"]}
        main = min(n["thread"] for n in report["nodes"])
        places, self.counts = {}, {}
        for n in report["nodes"]:
            above = places[n["parent"]] if n["parent"] is not None else Place(
                path=() if n["thread"] == main else ("thread",))
            place = places[n["id"]] = place_of(functions[n["function"]], above)
            if place.module and place.path is not above.path:
                counts = self.counts.setdefault((place.module, place.phase), {})
                calls, resumes = counts.get(place.path, (0, 0))
                counts[place.path] = calls + n["calls"], resumes + n["resumes"]

    def tree(self, module, phase, runs):
        """{path: (calls, resumes)} beneath run() in a phase, or of what ran outside the
        phases. In other threads all phases are one: that is divided by how often it ran."""
        found = {}
        for path, counts in self.counts.get((module, None), {}).items():
            if path[0] == "thread":
                found[path] = tuple(n / runs if n % runs else n // runs for n in counts)
                found[("thread",)] = 1, 0
            elif phase is None and path[0] != "<module>":
                found[path] = counts
        for path, counts in self.counts.get((module, phase), {}).items():
            if phase is not None and len(path) > 1:
                found[path[1:]] = counts
        return {path: counts for path, counts in found.items()
                if any(counts) or any(other[:len(path)] == path and other != path for other in found)}


def place_of(f, above):
    """The place of a node with function f."""
    folder, _, name = f["file"].rpartition("/")
    if f["file"].endswith("/constructs/phases.py"):
        return Place(phase=f["name"] if f["name"] in PHASES else None)
    if folder.endswith("/constructs"):
        module = re.sub(r"(__part)?\.py$", "", name)
    elif above.python if f["file"] == "~" else above.shown and not folder and not name.startswith("<frozen"):
        module = above.module
    else:
        return dataclasses.replace(above, shown=False, python=False)
    name = f["qualname"].rpartition("<locals>.")[2].removeprefix("builtins.").replace(" ", "_")
    return Place(module, above.phase, folded((*above.path, name)), True, f["file"] != "~")


def folded(names):
    """Of a function that calls itself two are shown."""
    return names[:-1] if names[-3:-1] == names[-1:] * 2 else names


def differences(counted, expected):
    return [f"{' > '.join(path)}: {show_one(counted.get(path))}, not {show_one(expected.get(path))}"
            for path in sorted(counted.keys() | expected.keys())
            if counted.get(path) != expected.get(path)]


def show_one(counts):
    return "nothing" if counts is None else f"{counts[0]}+{counts[1]}"
