# SPDX-License-Identifier: Apache-2.0
"""What a reader may rely on in every file, checked rather than promised."""

import re
import subprocess

import pytest

C = re.compile(r"(src|test|bench|include)/.*\.[ch]")
SCRIPT = re.compile(r".*\.py|tool/[\w-]+|\.ci/run|Makefile|.*meson\.(build|options)")


def tracked(root):
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    names = subprocess.run(command, cwd=root, check=True, text=True, stdout=subprocess.PIPE).stdout
    return [name for name in names.splitlines() if (root / name).is_file()]


@pytest.fixture(scope="module")
def sources(root):
    """{name: text} of every C file."""
    return {name: (root / name).read_text() for name in tracked(root) if C.fullmatch(name)}


def test_c_files_say_their_licence_and_what_they_are(sources):
    wrong = []
    for name, text in sources.items():
        first, second = text.split("\n")[:2]
        file = name.split("/")[-1]
        if first != "/* SPDX-License-Identifier: Apache-2.0 */" or not second.startswith(f"/* {file} - "):
            wrong.append(name)
    assert wrong == []


def test_scripts_say_their_licence(root):
    wrong = [name for name in tracked(root) if SCRIPT.fullmatch(name)
             and "# SPDX-License-Identifier: Apache-2.0" not in (root / name).read_text()[:200]]
    assert wrong == []


def test_layout_is_clang_formats(root, sources):
    files = [name for name in sources if not name.endswith(".h.in")]
    done = subprocess.run([root / "build/venv/bin/clang-format", "--dry-run", "-Werror", *files], cwd=root, text=True,
                          stderr=subprocess.PIPE)
    wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if ": error: " in line})
    assert wrong == [], "run: make format"


def test_lines_fit(sources):
    wrong = [f"{name}:{number}" for name, text in sources.items()
             for number, line in enumerate(text.split("\n"), 1) if len(line) > 88]
    assert wrong == []


def test_files_stay_small(sources):
    lines = {name: text.count("\n") for name, text in sources.items()}
    assert {name: n for name, n in lines.items() if n > 500} == {}


def test_no_junk_drawers(root):
    banned = re.compile(r".*(^|[/_-])(util|utils|common|misc|helper|helpers|manager)([._/-].*|$)")
    assert [name for name in tracked(root) if banned.fullmatch(name)] == []


def test_memory_is_given_back_in_base_alone(sources):
    call = re.compile(r"(?<![\w.>])free\(")
    assert [name for name, text in sources.items()
            if name.startswith("src/") and not name.startswith("src/base/") and call.search(text)] == []


def test_conditions_of_the_preprocessor_stay_low(sources):
    """What differs by Python or system is told apart in base, pyabi and the remote reads.

    Elsewhere a condition may only ask whether a name is there at all: a slot of Python's
    modules, the processor, a word of the build.
    """
    allowed = re.compile(r"src/(base|pyabi)/.*|src/sampler/remote\.c|(test|bench)/.*")
    plain = re.compile(r"#ifn?def (\w+_H|Py_mod_\w+|__x86_64__|SONDE_\w+)")
    wrong = [f"{name}: {line}" for name, text in sources.items() if not allowed.fullmatch(name)
             for line in re.findall(r"^\s*(#\s*(?:if|elif).*)", text, re.M)
             if not plain.fullmatch(line)]
    assert wrong == []


def test_rows_are_sorted(root):
    """All but the importers, whose order is the order of sniffing."""
    for build in sorted((root / "src").glob("*/meson.build")):
        for names in re.findall(r"^names = \[(.*?)\]", build.read_text(), re.M | re.S):
            rows = re.findall(r"'(\w+)'", names)
            assert build.parent.name == "import" or rows == sorted(rows), build


def test_no_place_of_one_machine(root):
    """No file names a folder of the machine it was written on."""
    place = re.compile(r"(?<![\w.}$])/(root|work|home/\w+)/\w")
    assert [name for name in tracked(root) if (root / name).suffix not in {".pack", ".png"}
            and place.search((root / name).read_text(errors="replace"))] == []
