"""Runs tests in a tree that is its own: `python tests/mutants/runner.py`, in that tree.

Reads one JSON line per run, `{"module": …, "text": …, "tests": […], "seconds": …}`, and answers with one: `"killed"`,
`"survived"` or `"too slow"`. What does not belong to the project is imported once; each run is a fork of that.
Ends where a run says nothing about the module: when a test is not there, or its process was killed.
"""

import contextlib
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

OUTSIDE = ("boto3", "fastapi", "hypothesis", "icalendar", "mangum", "moto.dynamodb.models", "pynamodb.models", "yaml")
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
KILLED = (
    pytest.ExitCode.TESTS_FAILED,
    pytest.ExitCode.INTERRUPTED,  # a file of tests cannot be imported
    pytest.ExitCode.USAGE_ERROR,  # nor can a conftest: of the files that are asked for, each is there
)


class NoVerdict(Exception):
    """The tests did not run as they were asked for, for a reason that is not the module's."""


class Chosen:
    """Takes these tests and files of tests, in this order, out of what is collected."""

    def __init__(self, tests: list[str]) -> None:
        self.tests = tests

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        place = {name: number for number, name in enumerate(self.tests)}

        def of(item: pytest.Item) -> int:
            return place.get(item.nodeid, place.get(item.nodeid.partition("::")[0], len(place)))

        items[:] = sorted((item for item in items if of(item) < len(place)), key=of)


def run(tests: list[str], seconds: float) -> str:
    """What became of the tests, within that time.

    Raises NoVerdict when it was none of these.
    """
    files = sorted({test.partition("::")[0] for test in tests})
    if missing := [file for file in files if not Path(file).is_file()]:
        raise NoVerdict(f"no such files: {missing}")
    child = os.fork()
    if not child:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        os._exit(pytest.main([*OPTIONS, *files], plugins=[Chosen(tests)]))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return _verdict(os.waitstatus_to_exitcode(status), tests)
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "too slow"


def _verdict(status: int, tests: list[str]) -> str:
    if status == pytest.ExitCode.OK:
        return "survived"
    if status in KILLED:
        return "killed"
    raise NoVerdict(f"the tests ended with status {status}: {tests}")


def main() -> None:
    """Until there is nothing left to read."""
    for module in OUTSIDE:
        importlib.import_module(module)
    sys.path[:] = [entry for entry in sys.path if Path(entry) != Path(__file__).parent]
    for number, line in enumerate(sys.stdin):
        wanted = json.loads(line)
        file = Path(wanted["module"])
        original = file.read_text()
        try:
            file.write_text(wanted["text"])
            os.utime(file, (number, number))  # what was compiled of the last one is not taken for this one's
            print(json.dumps(run(wanted["tests"], wanted["seconds"])), flush=True)
        finally:
            file.write_text(original)


if __name__ == "__main__":
    main()
