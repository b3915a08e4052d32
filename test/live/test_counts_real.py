# SPDX-License-Identifier: Apache-2.0
"""Counts of real programs from PyPI (test/programs.txt) are cProfile's, and their times sum."""

import subprocess
import sys

import pytest

from counting import Counter, differences, differences_but_for_resumes, rows_of_report

DOCUTILS = '''
from docutils.core import publish_string

SECTION = """
Section {n}
===========

A paragraph with *emphasis*, **strong**, ``literal``, a link_{n}, a note [{n}]_ and a
|word| that is `interpreted`. It goes on. http://example.org/{n}

.. _link_{n}: http://example.org/link/{n}
.. [{n}] A footnote.

- one
- two

  1. nested
  2. list

=====  =====
A      not A
=====  =====
False  True
True   False
=====  =====

.. code:: python

   def f(x):
       return x + {n}

.. note:: Careful with {n}.

term {n}
    Its definition.

>>> doctest({n})
{n}
"""


def main():
    text = ".. |word| replace:: term\\n\\n" + "".join(SECTION.format(n=n) for n in range(1, SIZE))
    html = publish_string(text, writer_name="html5", settings_overrides={
        "_disable_config": True, "embed_stylesheet": False, "datestamp": None})
    assert html.count(b"<section") == SIZE - 1
'''

BLACK = '''
import pathlib
import black

FILE = pathlib.Path(black.__file__).with_name("NAME")  # the same on every Python


def main():
    done = black.format_str(FILE.read_text(), mode=black.Mode(line_length=60))
    assert done.count("\\n") > LINES
'''

SQLGLOT = '''
import sqlglot
from sqlglot.optimizer import optimize

QUERY = """
WITH recent AS (SELECT id, name, SUM(price * amount) AS total, COUNT(*) AS n FROM orders
  JOIN customers ON orders.customer = customers.id WHERE day > DATE '2020-01-01' AND
  (state IN ('a', 'b') OR NOT open) GROUP BY id, name HAVING SUM(price) > {n})
SELECT name, total, RANK() OVER (PARTITION BY name ORDER BY total DESC) AS place,
  CASE WHEN total > 10 THEN 'much' ELSE 'little' END AS size
FROM recent LEFT JOIN (SELECT DISTINCT id FROM banned) AS b ON b.id = recent.id
WHERE b.id IS NULL ORDER BY total DESC LIMIT {n}
"""
SCHEMA = {
    "orders": {"customer": "INT", "price": "DOUBLE", "amount": "INT", "day": "DATE",
               "state": "TEXT", "open": "BOOLEAN"},
    "customers": {"id": "INT", "name": "TEXT"}, "banned": {"id": "INT"}}


def main():
    for n in range(SIZE):
        tree = sqlglot.parse_one(QUERY.format(n=n))
        for dialect in "mysql", "postgres", "bigquery", "tsql":
            assert tree.sql(dialect=dialect, pretty=True)
        assert optimize(tree, schema=SCHEMA).sql()
'''

SMALL = {"docutils": DOCUTILS.replace("SIZE", "3"), "sqlglot": SQLGLOT.replace("SIZE", "1"),
         "black": BLACK.replace("NAME", "ranges.py").replace("LINES", "500")}
LARGE = {"docutils": DOCUTILS.replace("SIZE", "40"), "sqlglot": SQLGLOT.replace("SIZE", "6"),
         "black": BLACK.replace("NAME", "trans.py").replace("LINES", "2500")}


@pytest.fixture(scope="session")
def programs(root):
    """A folder with the packages of test/programs.txt, as Python code."""
    folder, wanted = root / "build/programs", root / "test/programs.txt"
    stamp = folder / "programs.txt"
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--no-deps", "--upgrade", "--target", folder, "--only-binary=:all:", "--platform", "any",
                        "--implementation", "py", "--abi", "none", "--python-version", "3.11",
                        "-r", wanted], check=True)
        stamp.write_text(wanted.read_text())
    return folder


@pytest.fixture(scope="module")
def counter(python, sonde, clean_env, tmp_path_factory, programs):
    counter = Counter(python, sonde, clean_env, tmp_path_factory.mktemp("real"))
    counter.add_path(programs)
    return counter


def check(counter, name, text):
    program = counter.folder / f"{name}.py"
    program.write_text(text)
    recording = counter.record(program)
    ours = rows_of_report(counter.report(recording, "--as-cprofile"))
    assert len(ours) > 300
    assert differences(ours, counter.rows("cprofile", program)) == []
    report = counter.report(recording)
    assert sum(f["self_ns"] for f in report["functions"]) == pytest.approx(report["total_ns"], rel=0.001)
    assert max(f["cumulative_ns"] for f in report["functions"]) <= report["run"]["wall_ns"] * len(report["threads"])


@pytest.mark.wide
@pytest.mark.parametrize("name", SMALL)
def test_a_profile_of_it(counter, name):
    program = counter.folder / f"{name}.py"
    program.write_text(SMALL[name])
    ours = counter.rows("profile", program)
    assert len(ours) > 300
    assert differences_but_for_resumes(ours, counter.rows("cprofile", program)) == []


@pytest.mark.smoke
@pytest.mark.parametrize("name", SMALL)
def test_small_on_each_python(counter, name):
    check(counter, name, SMALL[name])


@pytest.mark.parametrize("name", LARGE)
def test_large_on_the_newest(counter, name):
    check(counter, name, LARGE[name])


@pytest.mark.long
@pytest.mark.smoke
@pytest.mark.parametrize("name", LARGE)
def test_large_on_each_python(counter, name):
    check(counter, name, LARGE[name])
