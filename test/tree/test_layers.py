# SPDX-License-Identifier: Apache-2.0
"""The tree is what LAYERS says: every include names its folder and goes down."""

import re

import pytest

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
# What the page is compiled from: it may use no library.
PAGE = {"base", "tape", "pstats", "model", "import", "export"}
LIBRARIES = re.compile(r"Python|pcre2|zlib|zstd|lzma|libelf|gelf|dwarf|microhttpd|ncurses|histedit|cmocka")


def read_layers(root):
    layers = {}
    for line in (root / "LAYERS").read_text().splitlines():
        if not line.startswith("#"):
            layer, _, below = line.partition(":")
            layers[layer] = set(below.split())
    return layers


@pytest.fixture(scope="module")
def includes(root):
    """(file, layer, is_quoted, what) of every include of src/."""
    found = []
    for path in sorted((root / "src").glob("*/*.[ch]")):
        for mark, what in INCLUDE.findall(path.read_text()):
            found.append((str(path.relative_to(root)), path.parent.name, mark == '"', what))
    return found


def test_layers_name_only_lower_layers(root):
    seen = set()
    for layer, below in read_layers(root).items():
        assert below <= seen, f"{layer} includes what is not listed above it"
        seen.add(layer)


def test_every_folder_is_a_layer(root):
    folders = {path.parent.name for path in (root / "src").glob("*/*.[ch]")}
    assert folders <= set(read_layers(root))


def test_every_file_lies_in_a_folder(root):
    assert not list((root / "src").glob("*.[ch]"))
    assert not list((root / "src").glob("*/*/*.[ch]"))


def test_includes_name_their_folder(includes):
    assert [i for i in includes if i[2] and "/" not in i[3]] == []


def test_includes_go_down(root, includes):
    layers = read_layers(root)
    wrong = [f"{file} includes {what}" for file, layer, quoted, what in includes
             if quoted and what.split("/")[0] not in layers[layer] | {layer}]
    assert wrong == []


def test_included_files_exist(root, includes):
    made = {"list.h"}  # from the rows of the folder's meson.build
    wrong = [f"{file} includes {what}" for file, _, quoted, what in includes
             if quoted and what.split("/")[-1] not in made and not (root / "src" / what).is_file()]
    assert wrong == []


def test_only_what_runs_in_python_includes_python(includes):
    inside = {"agent", "binding", "calls", "profile", "pyabi", "step"}
    assert [i for i in includes if i[3] == "Python.h" and i[1] not in inside] == []


def test_the_page_uses_no_library(includes):
    """But for what compresses: the page brings its own body of these."""
    doors = {"src/base/in_file.c", "src/base/out.c", "src/base/unpack.c"}
    wrong = [i for i in includes if i[1] in PAGE and i[0] not in doors and LIBRARIES.match(i[3])]
    assert wrong == []


def test_each_source_is_built(root):
    """Every .c of a folder with a meson.build is named there, by file or by row."""
    missing = []
    for path in sorted((root / "src").glob("*/*.c")):
        build = path.parent / "meson.build"
        text = build.read_text() if build.is_file() else ""
        if f"'{path.name}'" not in text and f"'{path.stem}'" not in text:
            missing.append(str(path.relative_to(root)))
    assert missing == []
