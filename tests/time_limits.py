"""How long a test may take, with its fixtures, before it fails: no test hangs."""

from pathlib import Path

TESTS = Path(__file__).parent
SECONDS = {
    "unit": 60,
    "integration": 60,
    "consistency": 60,
    "interleavings": 600,  # the first test runs all orders
    "mutants": 60,
    "smoke": 300,
    "e2e": 600,  # the first test of a run deploys a stack
    "web": 600,
    "localstack": 600,
    "sam_local": 1800,  # the first run of `sam local` makes images
}
"""By the folder that a test lies in."""


def seconds_for(test: Path) -> int:
    return SECONDS[test.relative_to(TESTS).parts[0]]
