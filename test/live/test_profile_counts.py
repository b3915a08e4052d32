# SPDX-License-Identifier: Apache-2.0
"""sonde.Profile's calls, primitive calls and callers' counts of programs made up from seeds.

They are cProfile's for every function; of programs with threads, which cProfile gets wrong,
the truth's. Ours tells a generator's resumptions from calls: added up they are cProfile's calls,
and which of them are primitive is not compared.
"""

import pytest

import generated
from counting import Counter, differences

SEEDS, SOME = range(200), range(20)
SMOKE = [0, 3, 7, 12]


@pytest.fixture(scope="module")
def counter(python, sonde, clean_env, tmp_path_factory):
    return Counter(python, sonde, clean_env, tmp_path_factory.mktemp("profile_counts"))


def resumed(rows):
    """Labels of generators and coroutines, where primitive calls of ours are all calls."""
    return {row[0] for row in rows if row[0][0] != "~" and row[1] == row[2]}


def without_primitive(rows, labels):
    return [(label, calls, None if label in labels else primitive,
             tuple((c, n, None if label in labels else p) for c, n, p in callers))
            for label, calls, primitive, callers in rows]


def check(counter, seed):
    program = counter.folder / f"made{seed}.py"
    program.write_text(generated.program(seed))
    ours = counter.rows("profile", program)
    assert sum(row[1] for row in ours) > 100
    if not generated.has_threads(seed):
        theirs = counter.rows("cprofile", program)
        differ = {row[0] for row in theirs if row[1] != row[2]} & resumed(ours)
        assert differ <= {row[0] for row in ours}
        assert differences(without_primitive(ours, differ), without_primitive(theirs, differ)) == []
        return
    mine = [row for row in ours if row[0][0] == str(program)]
    truth = [row for row in counter.rows("truth", program) if row[0][0] == str(program)]
    differ = {row[0] for row in truth if row[1] != row[2]} & resumed(mine)
    assert differences(without_primitive(mine, differ), without_primitive(truth, differ)) == []


@pytest.mark.smoke
@pytest.mark.parametrize("seed", SMOKE)
def test_few_on_each_python(counter, seed):
    check(counter, seed)


@pytest.mark.parametrize("seed", [seed for seed in SOME if seed not in SMOKE])
def test_some_on_the_newest(counter, seed):
    check(counter, seed)


@pytest.mark.long
@pytest.mark.smoke
@pytest.mark.parametrize("seed", [seed for seed in SEEDS if seed not in SMOKE])
def test_all_on_each_python(counter, seed):
    check(counter, seed)
