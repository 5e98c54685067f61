"""`make bench-check`: holds what is counted (calls, units, items read) to budgets.toml; nothing is timed."""

import os
import subprocess
import sys
from tempfile import TemporaryDirectory

from tests.bench import figures
from tests.bench.verdicts import of_counts

COUNTED = (("cost", "2"), ("sweeps", "200", "1000"))
"""Rounds of all operations; bookings stored, of which sweeps and pages must read the same."""


def main() -> int:
    """Prints what takes more than it may; the status is 1 when something does."""
    with TemporaryDirectory() as folder:
        environment = {**os.environ, figures.FOLDER_VARIABLE: folder}
        for part, *arguments in COUNTED:
            subprocess.run([sys.executable, "-m", f"tests.bench.{part}", *arguments], env=environment, check=True)
        found = figures.all_kept(folder)
    counts = list(of_counts(found["operations"]["operations"], found["reads"]))
    exceeded = [verdict for verdict in counts if not verdict.is_kept]
    for verdict in exceeded:
        print(verdict)
    print(f"{len(exceeded)} of {len(counts)} counts are over budget" if exceeded else f"{len(counts)} counts are kept")
    return 1 if exceeded else 0


if __name__ == "__main__":
    sys.exit(main())
