"""Which changes are made, and that what explains them still has something to explain."""

import tomllib
from pathlib import Path

import pytest

from infra.settings import ROOT
from tests.mutants.__main__ import sampled
from tests.mutants.mutations import mutants
from tests.mutants.tests_of_lines import PACKAGE

EXPLAINED = tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text())["mutant"]


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("x = a < b", {"x = (a <= b)", "x = (a >= b)"}),
        ("x = a is None", {"x = (a is not None)"}),
        ("x = a and b", {"x = (a or b)", "x = (a)", "x = (b)"}),
        ("x = not a", {"x = (a)"}),
        ("x = (A.b == c) & A.d.exists()", {"x = ((A.b != c)) & A.d.exists()", "x = (A.b == c)", "x = (A.d.exists())"}),
        ("x = a + 1", {"x = (a - 1)", "x = a + 2", "x = a + 0"}),
        ("x = f(a, b=c)", {"x = (f(a))"}),
        ("x = True", {"x = False"}),
        ("f(a)", {"pass"}),
        ("raise a", {"pass"}),
        ("x: int | None = a", set()),
        ('"""Says 1 thing."""', set()),
    ],
)
def test_one_point_is_changed(line: str, changed: set[str]) -> None:
    assert {mutant.text for mutant in mutants("m.py", line)} == changed


def test_a_mutant_is_known_by_its_function_and_its_text_wherever_it_stands() -> None:
    function = "class C:\n    def f(self):\n        return a < b\n"

    (one, *_), (other, *_) = mutants("m.py", function), mutants("n.py", "import a\n\n\n" + function)

    assert one.key == other.key == ("C.f", "return a < b", "return None")
    assert (one.first_line, other.first_line) == (3, 6)


def test_every_explained_mutant_is_still_there_and_has_a_reason() -> None:
    there = {mutant.key for file in (ROOT / PACKAGE).rglob("*.py") for mutant in mutants(file.name, file.read_text())}

    assert {(each["function"], each["was"], each["becomes"]) for each in EXPLAINED} <= there
    assert all(each["reason"].endswith(".") for each in EXPLAINED)


def test_a_sample_is_the_same_after_a_change_elsewhere() -> None:
    before = list(mutants("m.py", "def f():\n    return a < b\n\n\ndef g():\n    return c + 1\n"))
    after = list(mutants("m.py", "def g():\n    return c + 1\n\n\ndef f():\n    return a < b\n"))

    assert [mutant.key for mutant in sampled(before, 4, 1)] == [mutant.key for mutant in sampled(after, 4, 1)]
    assert [mutant.key for mutant in sampled(before, 4, 1)] != [mutant.key for mutant in sampled(before, 4, 2)]
