# SPDX-License-Identifier: Apache-2.0
"""sonde.Profile's calls, primitive calls and callers' counts of programs made up from seeds.

They are cProfile's for every function; of programs with threads, which cProfile gets wrong,
the truth's. Ours tells a generator's resumptions from calls: added up they are cProfile's calls,
and which of them are primitive is not compared.
"""

import pytest

import generated
from counting import Counter, differences_but_for_resumes

SEEDS, SOME = range(200), range(20)
SMOKE = [0, 3, 7, 12]


@pytest.fixture(scope="module")
def counter(python, sonde, clean_env, tmp_path_factory):
    return Counter(python, sonde, clean_env, tmp_path_factory.mktemp("profile_counts"))


def check(counter, seed):
    program = counter.folder / f"made{seed}.py"
    program.write_text(generated.program(seed))
    ours = counter.rows("profile", program)
    assert sum(row[1] for row in ours) > 100
    if not generated.has_threads(seed):
        assert differences_but_for_resumes(ours, counter.rows("cprofile", program)) == []
        return
    mine, truth = ([row for row in rows if row[0][0] == str(program)] for rows in (ours, counter.rows("truth", program)))
    assert differences_but_for_resumes(mine, truth) == []


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
