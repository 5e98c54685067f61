"""Which tests reach which line: recorded once by coverage, for as long as neither code nor tests change."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from coverage import CoverageData

from infra.local.settings import ROOT

STATE = ROOT / ".local" / "mutants"
SUITES = ("tests/unit", "tests/integration")
PACKAGE = Path("layers/booking/booking")


class TestsFail(Exception):
    """Without any change."""


class TestsOfLines:
    """The record."""

    def __init__(self) -> None:
        record = STATE / f"coverage-{_fingerprint()}"
        if not record.exists():
            _record(record)
        self._data = CoverageData(str(record))
        self._data.read()

    def reaching(self, module: str, first_line: int, last_line: int) -> list[str]:
        """Tests that run one of these lines, those first that run little else of the module; then more that may.

        What runs once and is remembered, an import or a cached client, is recorded for the test that came first. So
        the tests in files that name the module follow. For what no test is recorded, so do all that run any of it, and
        those that hold the template and the OpenAPI document against everything.
        """
        by_line = self._data.contexts_by_lineno(str(ROOT / module))
        lines = {number: {_test(context) for context in contexts} - {""} for number, contexts in by_line.items()}
        chosen = set[str]().union(*(lines.get(number, set()) for number in range(first_line, last_line + 1)))
        others = set(self._in_files_that_name(module))
        if not chosen:
            others |= set[str]().union(*lines.values(), self._in_files({"tests/unit/test_template.py"}))
        breadth = {test: sum(test in tests for tests in lines.values()) for test in chosen | others}
        return sorted(breadth, key=lambda test: (test not in chosen, breadth[test], test))

    def _in_files_that_name(self, module: str) -> Iterator[str]:
        dotted = ".".join(Path(module).with_suffix("").relative_to(PACKAGE.parent).parts)
        package, _, name = dotted.rpartition(".")
        naming = {
            str(file.relative_to(ROOT))
            for suite in SUITES
            for file in (ROOT / suite).glob("test_*.py")
            if dotted in (text := file.read_text())
            or any(line.startswith(f"from {package} import") and name in line for line in text.splitlines())
        }
        return self._in_files(naming)

    def _in_files(self, names: set[str]) -> Iterator[str]:
        tests = (_test(context) for context in self._data.measured_contexts())
        return (test for test in tests if test.partition("::")[0] in names)


def _test(context: str) -> str:
    return context.rpartition("|")[0]


def _record(record: Path) -> None:
    record.parent.mkdir(parents=True, exist_ok=True)
    under_way = record.with_suffix(".part")
    options = ["-q", "--cov", "--cov-context=test", "--cov-report=", "--no-cov-on-fail"]
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *SUITES],
        cwd=ROOT,
        env={**os.environ, "COVERAGE_FILE": str(under_way)},
        check=False,
    )
    if finished.returncode:
        raise TestsFail
    under_way.rename(record)


def _fingerprint() -> str:
    seen = hashlib.sha256()
    for top in (PACKAGE, Path("functions"), *map(Path, SUITES)):
        for file in sorted((ROOT / top).rglob("*.py")):
            seen.update(file.read_bytes())
    return seen.hexdigest()[:16]
