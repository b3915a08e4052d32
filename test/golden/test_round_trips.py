# SPDX-License-Identifier: Apache-2.0
"""Ten recordings from every format into every other: self values to the nanosecond, names as each format's rule has them."""

import collections

import pytest

from recordings import MAKERS, NAMES

FORMATS = {"callgrind": "x.callgrind", "csv": "x.csv", "folded": "x.folded", "pprof": "x.pb.gz",
           "speedscope": "x.speedscope.json", "json": "x.json", "pstats": "x.pstats"}
# What a format tells functions apart by; callgrind files have names of our own for those that are alike otherwise.
KEYS = {**dict.fromkeys(FORMATS, ("qualname", "file", "line")), "pstats": ("file", "line", "name"), "callgrind": ("id",)}


def selves(data, to):
    """[self] of what `to` tells apart."""
    found = collections.Counter()
    for f in data["functions"]:
        found[tuple(f[key] for key in KEYS[to])] += f.get("self_ns", f.get("self"))
    return sorted(filter(None, found.values()))


@pytest.mark.parametrize("recording", MAKERS)
def test_self_values_of_every_pair(report, run_sonde, tmp_path, recording):
    MAKERS[recording](tmp_path / "r.sonde")
    own = report("r.sonde")
    for first, name in FORMATS.items():
        run_sonde("convert", "r.sonde", "-o", name, check=True)
        read = report(name)
        assert selves(read, first) == selves(own, first), first
        for second, other in FORMATS.items():
            if (first, second) == ("folded", "pstats"):  # samples, which a dump's times are not
                continue
            run_sonde("convert", name, "-o", "again-" + other, check=True)
            again = report("again-" + other)
            assert selves(again, second) == selves(read, second), (first, second)
            assert again.get("total_ns", again.get("total")) == own["total_ns"]


def escaped(name, changed):
    return "".join(changed.get(c, "?" if c < " " or c in "\x7f\u2028\u2029" else c) for c in name)


@pytest.mark.parametrize("recording", ["names", "letters"])
@pytest.mark.parametrize("to", FORMATS)
def test_names(report, run_sonde, tmp_path, recording, to):
    """Of whatever a program may call its functions and files."""
    MAKERS[recording](tmp_path / "r.sonde")
    names = {(f["name"] if to == "pstats" else f["qualname"], f["file"]) for f in report("r.sonde")["functions"]}
    run_sonde("convert", "r.sonde", "-o", FORMATS[to], check=True)
    found = {(f["qualname"], f["file"]) for f in report(FORMATS[to])["functions"]}
    if to == "folded":
        names = {tuple(escaped(text, {";": ":"}) for text in name) for name in names}
    if to == "callgrind":  # module::Class::name
        names = {(escaped(name, {}).replace("::", "."), escaped(file, {})) for name, file in names}
        found = {(next((n for n, at in names if at == file and name.replace("::", ".").endswith(n)), name), file)
                 for name, file in found}
    assert found == names and len(found) >= len({"names": NAMES, "letters": range(14)}[recording])
