"""`make bench`: measures everything, part by part, and writes docs/performance.md and docs/scale.md.

A part that fails is named and does not keep the others from being measured; its figures stay those of the last time.
"""

import subprocess
import sys
import time

PARTS = ("starts", "cost", "sweeps", "lags", "backlog", "report")


def main() -> int:
    """The status is 1 when a part has failed or a budget is not kept."""
    failed = []
    started = time.monotonic()
    for part in PARTS:
        began = time.monotonic()
        print(f"== {part}", flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.bench.{part}"], check=False).returncode:
            failed.append(part)
        print(f"== {part}: {time.monotonic() - began:.0f} s", flush=True)
    print(f"== all of it: {time.monotonic() - started:.0f} s")
    if failed:
        print(f"not as it should be: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
