# SPDX-License-Identifier: Apache-2.0
"""A worker started in every way that ends in every way: its calls are in the report, the program is as it was."""

import concurrent.futures

import pytest
from processes import matrix

WHOLE = (3, 11), (3, 13), (3, 15)  # Pythons on which make check-long has every cell


@pytest.fixture(scope="module")
def tools(request, python, sonde, clean_env, servers, tmp_path_factory):
    """Bare and sonde over the program."""
    pythons = [path for path, _ in matrix_pythons(request)]
    other = pythons[(pythons.index(python) + 1) % len(pythons)] if python in pythons else pythons[0]
    program = matrix.Program(tmp_path_factory.mktemp("matrix") / "program", python, other, servers / "bin/uv", clean_env)
    return matrix.Bare(program), matrix.Sonde(program, sonde)


def matrix_pythons(request):
    from conftest import find_pythons
    return find_pythons() or request.config.sonde_pythons


def wrong(tools, way, end, folder):
    """What is not as it should be in a cell, as a line; None: nothing."""
    bare, under = (matrix.Run(tool, way, end, folder, matrix.moment(way, end)) for tool in tools)
    said = []
    if under.seen() != bare.seen():
        said.append(f"seen {under.seen()}, alone {bare.seen()}")
    wanted = {matrix.ends.CALLS} if end != "parent ends" else {matrix.ends.CALLS, 2 * matrix.ends.CALLS}
    if end != "SIGKILL" and (under.done != bare.done or under.done not in wanted):
        said.append(f"the worker did {under.done}, alone {bare.done}")
    if not under.is_exact():
        said.append(f"{under.held} calls held; done {under.done}, begun {under.begun}")
    if under.end == "never" and under.held != matrix.ends.CALLS:
        said.append(f"{under.held} calls while it ran")
    return f"{way}, {end}: {'; '.join(said)}" if said else None


def check(tools, chosen, folder):
    def one(place):
        try:
            return wrong(tools, *chosen[place], folder / str(place))
        except TimeoutError as error:
            return f"{chosen[place]}: {error}"

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        assert [line for line in pool.map(one, range(len(chosen))) if line] == []


def test_there_are_enough(python_version):
    assert len(matrix.WAYS) >= 20 and len(matrix.ENDS) >= 8
    assert matrix.WAYS == list(dict.fromkeys(matrix.WAYS))
    chosen = matrix.sample(python_version, 0)
    assert {way for way, _ in chosen} == {*matrix.WAYS} and {end for _, end in chosen} == {*matrix.ENDS}


def test_each_way_and_each_end(tools, python_version, tmp_path):
    check(tools, matrix.sample(python_version, 0), tmp_path)


@pytest.mark.smoke
def test_some_on_each_python(tools, python_version, tmp_path):
    turn = python_version[1]
    check(tools, matrix.sample(python_version, turn)[turn % 4::4], tmp_path)


@pytest.mark.long
@pytest.mark.smoke
@pytest.mark.parametrize("way", matrix.WAYS)
def test_whole(tools, python_version, tmp_path, way):
    if python_version in WHOLE:
        check(tools, matrix.cells(python_version, [way]), tmp_path)
    else:
        check(tools, [cell for cell in matrix.sample(python_version, 1) if cell[0] == way], tmp_path)
