"""Cold starts, what they are made of, and warm requests: `python -m tests.bench.starts`, after `make build`."""

import os
import re
import statistics
import subprocess
import sys
from collections import Counter
from dataclasses import asdict

from tests.bench import figures, functions

RUNS = 5
SHOWN = 12
IMPORT = re.compile(r"import time:\s+(?P<self>\d+) \|\s+\d+ \| +(?P<module>[\w.]+)")
PARTS = ("CreateBooking", "BookingLayer/python", "DependenciesLayer/python")


def main() -> int:
    """Keeps them."""
    if not functions.is_built():
        print("error: nothing is built: run `make build` first", file=sys.stderr)
        return 1
    compared = [*functions.cold_starts(), functions.warm_requests()]
    figures.keep("starts", {"compared": [asdict(one) for one in compared], "imports": imports()})
    return 0


def imports() -> dict[str, float]:
    """Milliseconds that the built CreateBooking spends on importing each package, modules of theirs only."""
    runs = [_imported() for _ in range(RUNS)]
    medians = {package: statistics.median(run[package] for run in runs) / 1000 for package in runs[0]}
    by_time = sorted(medians.items(), key=lambda item: (-item[1], item[0]))
    others = sum(took for _, took in by_time[SHOWN:])
    return {package: round(took, 1) for package, took in (*by_time[:SHOWN], ("all others", others))}


def _imported() -> Counter[str]:
    """Microseconds by top-level package; Python's own are one."""
    path = os.pathsep.join(str(functions.BUILD / part) for part in PARTS)
    command = [sys.executable, "-S", "-X", "importtime", "-c", "import bookings.create_booking"]
    environment = {**functions.ENVIRONMENT, "PYTHONPATH": path}
    finished = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    took = Counter[str]()
    for found in IMPORT.finditer(finished.stderr):
        package = found["module"].partition(".")[0]
        took["Python itself" if package in sys.stdlib_module_names else package] += int(found["self"])
    return took


if __name__ == "__main__":
    sys.exit(main())
