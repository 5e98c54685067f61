"""The smoke check as pytest: SMOKE_CHECKLIST.md, executed against the stack at `SMOKE_URL` (`make smoke URL=…`).

A section is a class, a step a test, both called by their docstrings; they run in the order in which they are written.
Nothing is collected without `SMOKE_URL`. `METRICS_TOKEN` holds the scrapers' token of a stack that asks for one;
`SMOKE_SOURCE_ADDRESS` is which address of this machine to call from.
"""

import os
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.smoke.run import Run

ANSWER_SECONDS = 60.0
LOOPBACK = {"localhost", "127.0.0.1"}
URL = os.environ.get("SMOKE_URL", "").rstrip("/")
SHOWN_AS = {"passed": "ok", "failed": "FAILED", "skipped": "skipped"}

collect_ignore_glob = [] if URL else ["test_*.py"]
_failures: list[str] = []
_sections: list[str] = []


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """This run, which all steps share."""
    here = httpx.URL(URL).host in LOOPBACK
    address = os.environ.get("SMOKE_SOURCE_ADDRESS")
    transport = httpx.HTTPTransport(local_address=address) if address else None
    base = httpx.URL(URL).copy_with(host="127.0.0.1") if here else httpx.URL(URL)
    with httpx.Client(base_url=base, timeout=ANSWER_SECONDS, trust_env=not here, transport=transport) as api:
        run = Run(api)
        yield run
    if run.waited_seconds:
        print(f"\nWaited {run.waited_seconds} s for rate limits of earlier runs.")
    left = ", ".join(person.email for person in run.people.values()) or "(none)"
    print(f"\nWhat remains: the accounts {left} and a service.")


def pytest_sessionstart() -> None:
    parsed = httpx.URL(URL)
    if URL and (parsed.scheme not in {"http", "https"} or not parsed.host):
        pytest.exit(f"{URL!r} is not a base URL, such as http://localhost:8000", returncode=1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if (step := getattr(item, "function", None)) and (section := getattr(item, "cls", None)):
            item.user_properties += [("section", name_of(section)), ("step", name_of(step))]


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """The table stands instead of dots."""
    is_counted = report.when == "call" or report.outcome != "passed"
    return (report.outcome, "", "") if is_counted else ("", "", "")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A row of the table; what failed is named on stderr, too."""
    if report.when != "call" and report.outcome == "passed":
        return
    about = dict(report.user_properties)
    section, step = str(about["section"]), str(about["step"])
    if section not in _sections:
        _sections.append(section)
        print(f"\n{section}")
    print(f"  {SHOWN_AS[report.outcome]:<7}  {step:<68}  {report.duration * 1000:>6.0f} ms", flush=True)
    if report.outcome == "failed":
        print(f"           {why(report)}")
        _failures.append(f"error: {section}: {step}: {why(report)}")


def pytest_sessionfinish() -> None:
    print(*_failures, sep="\n", file=sys.stderr)


def name_of(documented: object) -> str:
    """A section or a step as SMOKE_CHECKLIST.md calls it."""
    return (documented.__doc__ or "").strip().splitlines()[0].rstrip(".")


def why(report: pytest.TestReport) -> str:
    """The sentence of a failure."""
    crash = getattr(report.longrepr, "reprcrash", None)
    said = crash.message if crash else str(report.longrepr)
    return str(said).splitlines()[0].removeprefix("AssertionError: ")
