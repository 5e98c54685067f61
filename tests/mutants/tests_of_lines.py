"""Which tests reach which line: recorded once by coverage, for as long as neither code nor tests change."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from coverage import CoverageData

from infra.settings import ROOT

STATE = ROOT / ".local" / "mutants"
SUITES = ("tests/unit", "tests/integration")
PACKAGE = Path("layers/booking/booking")
OF_EVERYTHING = ("tests/unit/test_template.py", "tests/integration/test_routes.py")
"""Hold the template and the OpenAPI document against all modules."""
READ = ("*.py", "*.json", "*.toml", "*.html")
"""Of the package's, the functions' and the tests' files."""
MOST_TESTS = 300
"""For one point: what these do not notice, hundreds of others that run more will hardly."""


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
        """Tests that run one of these lines, those first that run little else of the module; then files of more.

        What runs once and is remembered, an import or a cached client, is recorded for the test that came first, if for
        any. So the files that name the module follow. Where no test is recorded at all, they come first, with those
        that hold the template and the OpenAPI document against everything; then what runs any other line of the module
        or, where it has none that run, of those that import it.
        """
        lines = self._tests_by_line(module)
        chosen = set[str]().union(*(lines.get(number, set()) for number in range(first_line, last_line + 1)))
        files = sorted(str(file) for suite in SUITES for file in _naming(module, suite, "test_*.py"))
        if chosen:
            return [*_narrowest(chosen, lines), *files]
        if not any(lines.values()):
            lines = dict(
                enumerate(self._tests_by_any_line(str(user)) for user in _naming(module, str(PACKAGE), "**/*.py"))
            )
        return [*files, *OF_EVERYTHING, *_narrowest(set[str]().union(*lines.values()), lines)]

    def _tests_by_line(self, module: str) -> dict[int, set[str]]:
        by_line = self._data.contexts_by_lineno(str(ROOT / module))
        return {number: {_test(context) for context in contexts} - {""} for number, contexts in by_line.items()}

    def _tests_by_any_line(self, module: str) -> set[str]:
        return set[str]().union(*self._tests_by_line(module).values())


def _narrowest(tests: set[str], lines: Mapping[int, set[str]]) -> list[str]:
    breadth = {test: sum(test in of_line for of_line in lines.values()) for test in tests}
    return sorted(tests, key=lambda test: (breadth[test], test))[:MOST_TESTS]


def _naming(module: str, folder: str, pattern: str) -> Iterator[Path]:
    """Files that import the module."""
    dotted = ".".join(Path(module).with_suffix("").relative_to(PACKAGE.parent).parts)
    package, _, name = dotted.rpartition(".")
    imported = re.compile(rf"{re.escape(dotted)}\b|^from {re.escape(package)} import .*\b{name}\b", re.MULTILINE)
    for file in (ROOT / folder).glob(pattern):
        if imported.search(file.read_text()):
            yield file.relative_to(ROOT)


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
    for file in _recorded_from():
        seen.update(file.read_bytes())
    return seen.hexdigest()[:16]


def _recorded_from() -> list[Path]:
    """The code, the tests, and what both are held against."""
    tops = (PACKAGE, Path("functions"), *map(Path, SUITES))
    files = {file for top in tops for pattern in READ for file in (ROOT / top).rglob(pattern)}
    return sorted(files | set((ROOT / "tests").glob("*.py")) | {ROOT / "template.yaml"})
