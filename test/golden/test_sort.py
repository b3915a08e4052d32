# SPDX-License-Identifier: Apache-2.0
"""Sort keys: pstats' own thirteen and every abbreviation, in pstats' order."""

import json
import pstats

import pytest

from orders import write_orders


class Words(pstats.Stats):
    """Knows the keys without a profile."""

    def __init__(self):
        self.sort_arg_dict = {}


ACCEPTED = Words().get_sort_arg_defs()
KEYS = list(pstats.Stats.sort_arg_dict_default)


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sort") / "orders.sonde"
    write_orders(folder)
    return folder


@pytest.fixture
def functions(orders, run_sonde):
    def functions(*words):
        done = run_sonde("report", "--json", orders, *words)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)["functions"]

    return functions


def row(f):
    """The tuple pstats sorts."""
    key = f["file"], f["line"], f["name"]
    return (f["primitive_calls"], f["calls"], f["self_ns"], f["cumulative_ns"], *key,
            pstats.func_std_string(key))


def test_every_abbreviation_of_pstats_and_no_other(orders, run_sonde):
    assert len(KEYS) == 13 and len(ACCEPTED) == 66
    words = {key[:end] for key in KEYS for end in range(len(key) + 1)} | {"x", "callss", "Calls"}
    refused = {word for word in words if run_sonde("report", orders, "-n1", "-s", word).returncode}
    assert refused == words - set(ACCEPTED)


@pytest.mark.parametrize("word", sorted(ACCEPTED, key=lambda word: (ACCEPTED[word][1], len(word))))
def test_order_is_that_of_pstats(functions, word):
    rows = [row(f) for f in functions("-s", word)]
    key = pstats.TupleComp(ACCEPTED[word][0]).compare
    for a, b in zip(rows, rows[1:]):
        assert key(a, b) <= 0


def test_keys_follow_one_another(functions):
    rows = [row(f) for f in functions("-s", "file,line,calls")]
    assert rows == sorted(rows, key=lambda r: (r[4], r[5], -r[1]))
    assert [row(f) for f in functions("-s", "file,line,calls", "--reverse")] == rows[::-1]


def test_unknown_keys_are_told(orders, run_sonde):
    for words in "cum", "", "time,", "time,cum", ",".join(["nfl"] * 65):
        done = run_sonde("report", orders, "-s", words)
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr.startswith(("sonde: unknown sort key: '", "sonde: ambiguous sort key: 'cum' (cumtime, cumulative)", "sonde: too many sort keys: '"))
        assert done.stderr.count("\n") == 1
