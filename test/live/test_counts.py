# SPDX-License-Identifier: Apache-2.0
"""Calls, primitive calls and callers' counts of programs made up from seeds.

They are cProfile's for every function. Where cProfile is known to be wrong, the truth is
asked for: of threads by a profile function of our own in each thread, of the rest in
test_truth.py by programs that count themselves. doc/differences.md has the list.
"""

import pytest

import generated
from counting import Counter, differences, rows_of_report

SEEDS, SOME = range(200), range(50)
SMOKE = [0, 3, 5, 7, 12, 24, 27, 34]


@pytest.fixture(scope="module")
def counter(python, sonde, clean_env, tmp_path_factory):
    return Counter(python, sonde, clean_env, tmp_path_factory.mktemp("counts"))


def check(counter, seed):
    program = counter.folder / f"made{seed}.py"
    program.write_text(generated.program(seed))
    ours = rows_of_report(counter.report(counter.record(program), "--as-cprofile"))
    assert sum(row[1] for row in ours) > 100
    if not generated.has_threads(seed):
        assert differences(ours, counter.rows("cprofile", program)) == []
    if not generated.is_endless(seed):
        # What threading itself does before it sets a profile function, that one misses.
        mine = [row for row in ours if row[0][0] == str(program) or not generated.has_threads(seed)]
        truth = [row for row in counter.rows("truth", program)
                 if row[0][0] == str(program) or not generated.has_threads(seed)]
        assert differences(mine, truth) == []


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
