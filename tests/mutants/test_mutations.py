"""Which changes are made, and that what explains them still has something to explain."""

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from infra.settings import ROOT
from tests.mutants.__main__ import sampled
from tests.mutants.mutations import mutants
from tests.mutants.tests_of_lines import PACKAGE, _recorded_from

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
    names = {each["function"].rpartition(".")[2] for each in EXPLAINED}
    texts = [file.read_text() for file in (ROOT / PACKAGE).rglob("*.py")]
    there = {
        mutant.key
        for text in texts
        if any(f"def {name}" in text for name in names)  # of all modules, it would take long
        for mutant in mutants("", text)
    }

    assert {(each["function"], each["was"], each["becomes"]) for each in EXPLAINED} <= there
    assert all(each["reason"].endswith(".") for each in EXPLAINED)


def test_a_sample_is_the_same_after_a_change_elsewhere() -> None:
    before = list(mutants("m.py", "def f():\n    return a < b\n\n\ndef g():\n    return c + 1\n"))
    after = list(mutants("m.py", "def g():\n    return c + 1\n\n\ndef f():\n    return a < b\n"))

    assert [mutant.key for mutant in sampled(before, 4, 1)] == [mutant.key for mutant in sampled(after, 4, 1)]
    assert [mutant.key for mutant in sampled(before, 4, 1)] != [mutant.key for mutant in sampled(before, 4, 2)]


RULES = "def test_holds():\n    assert {} == 1\n\n\ndef test_dies():\n    import os\n    os.kill(os.getpid(), {})\n"


def verdict(folder: Path, test: str) -> str:
    """In a process of its own: it forks."""
    ended = subprocess.run(
        [sys.executable, "-c", "import sys; from tests.mutants.runner import run; print(run(sys.argv[1:], 30))", test],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout.strip() or ended.stderr.strip().splitlines()[-1]


def a_file_of_tests(folder: Path, value: str) -> None:
    (folder / "test_rules.py").write_text(RULES.format(value, int(signal.SIGKILL)))


@pytest.mark.parametrize(("value", "expected"), [("1", "survived"), ("2", "killed")])
def test_a_mutant_is_killed_when_a_test_fails(tmp_path: Path, value: str, expected: str) -> None:
    a_file_of_tests(tmp_path, value)

    assert verdict(tmp_path, "test_rules.py::test_holds") == expected


@pytest.mark.parametrize("broken", ["test_rules.py", "conftest.py"])
def test_a_mutant_is_killed_when_the_tests_cannot_be_imported(tmp_path: Path, broken: str) -> None:
    a_file_of_tests(tmp_path, "1")
    (tmp_path / broken).write_text("raise ImportError")

    assert verdict(tmp_path, "test_rules.py::test_holds") == "killed"


@pytest.mark.parametrize(
    "test", ["test_rules.py::test_renamed", "test_moved.py::test_holds", "test_rules.py::test_dies"]
)
def test_tests_that_do_not_run_kill_no_mutant(tmp_path: Path, test: str) -> None:
    a_file_of_tests(tmp_path, "1")

    assert "NoVerdict: " in verdict(tmp_path, test)


@pytest.mark.parametrize(
    "file",
    [
        "template.yaml",
        "tests/conftest.py",
        "tests/credentials.py",
        "tests/instants.py",
        "tests/integration/conftest.py",
        "functions/ops/openapi.json",
        "layers/booking/booking/notifications/messages/en.toml",
    ],
)
def test_what_the_tests_read_makes_the_record_of_their_lines_anew(file: str) -> None:
    assert ROOT / file in _recorded_from()
