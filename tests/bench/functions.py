"""What a cold start and a warm request cost, against the usual way of doing it: `python -m tests.bench.functions`.

Cold: from spawning the interpreter to the first answer, with the package that `sam build` made, against one function
with all routes, FastAPI, Mangum and boto3 as a default `sam build` packs them (sources only, nothing cut). Warm:
`POST /bookings` but for the store, against the same route as `tests.bench.usual` writes it. Both are CPU time, which is
what takes the time where nothing is waited for, and ratios within one run, pair by pair, since machines differ.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.settings import ROOT
from tests.bench.events import rest_event

WARM_REQUEST = Path(__file__).with_name("warm_request.py")
BUILD = ROOT / ".aws-sam" / "build"
COLD_BUDGET = 0.25
WARM_BUDGET = 1.0
COLD_PAIRS = 5
WARM_PAIRS = 5
WARM_REQUESTS = 1000
ENVIRONMENT = {
    **{f"{table}_TABLE": table for table in ("USERS", "CALENDAR", "BOOKINGS", "WAITLIST", "EPHEMERAL")},
    "SIGNING_KEY_SECRET": "key",
    "STACK_ID": "stack",
    "POWERTOOLS_SERVICE_NAME": "booking-api",
    "POWERTOOLS_METRICS_NAMESPACE": "BookingApi",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
}
ANSWER = "import json, os, sys; assert handler(json.loads(sys.argv[1]), None)['body']; os._exit(0)"
OURS = f"from {{module}} import handler; {ANSWER}"
USUAL = f"""
import boto3
boto3.resource("dynamodb")
from mangum import Mangum
from infra.app import create_app
handler = Mangum(create_app(), lifespan="off")
{ANSWER}
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What something takes, and what it takes the usual way: medians in seconds, and the median of the ratios."""

    what: str
    ours: float
    usual: float
    ratio: float
    budget: float

    @property
    def is_kept(self) -> bool:
        return self.ratio <= self.budget


def main() -> int:
    """Prints each ratio and whether it keeps its budget."""
    if not is_built():
        print("error: nothing is built: run `make build` first", file=sys.stderr)
        return 1
    for found in (*cold_starts(), warm_requests()):
        verdict = "kept" if found.is_kept else "NOT KEPT"
        print(
            f"{found.what}: {found.ours * 1e3:.2f} ms, the usual way {found.usual * 1e3:.2f} ms;"
            f" ratio {found.ratio:.2f}, budget {found.budget}: {verdict}"
        )
    return 0


def is_built() -> bool:
    """Whether `make build` has made the package that is measured."""
    return (BUILD / "CreateBooking").is_dir()


def cold_starts() -> list[Comparison]:
    """Of the function with the least to import, and of the one that matters most."""
    unsigned = rest_event("POST", "/bookings", body='{"slot_id": "none"}', token="none")
    with tempfile.TemporaryDirectory() as folder:
        usual = _usual_package(Path(folder))
        return [
            _cold_start("ops.get_health", rest_event("GET", "/health"), usual),
            _cold_start("bookings.create_booking", unsigned, usual),
        ]


def warm_requests() -> Comparison:
    """Of `POST /bookings`, for a hand-opened slot."""
    usual = {**ENVIRONMENT, "PYTHONPATH": str(ROOT / "layers" / "booking")}
    return _compared(
        "warm CPU of POST /bookings",
        lambda: _warm_seconds(_ours(), "ours", "-S"),
        lambda: _warm_seconds(usual, "usual"),
        WARM_PAIRS,
        WARM_BUDGET,
    )


def _cold_start(module: str, event: dict[str, Any], usual: dict[str, str]) -> Comparison:
    return _compared(
        f"cold start of {event['httpMethod']} {event['path']}",
        lambda: _cold_seconds(_ours(), OURS.format(module=module), event),
        lambda: _cold_seconds(usual, USUAL, event),
        COLD_PAIRS,
        COLD_BUDGET,
    )


def _compared(
    what: str, ours: Callable[[], float], usual: Callable[[], float], pairs: int, budget: float
) -> Comparison:
    seconds = [(ours(), usual()) for _ in range(pairs)]
    our_median, usual_median = (statistics.median(side) for side in zip(*seconds, strict=True))
    ratio = statistics.median(our / their for our, their in seconds)
    return Comparison(what, our_median, usual_median, ratio, budget)


def _ours() -> dict[str, str]:
    parts = (BUILD / "CreateBooking", BUILD / "BookingLayer" / "python", BUILD / "DependenciesLayer" / "python")
    return {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(map(str, parts))}


def _usual_package(folder: Path) -> dict[str, str]:
    requirements = ROOT / "layers" / "dependencies" / "requirements.txt"
    uv = str(ROOT / ".venv" / "bin" / "uv")
    install = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", str(folder)]
    subprocess.run([*install, "--requirement", str(requirements)], check=True)
    subprocess.run([*install, "boto3"], check=True)
    for name in ("functions", "layers/booking/booking", "layers/pages/booking_pages", "infra"):
        shutil.copytree(ROOT / name, folder / Path(name).name)
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)
    return {**ENVIRONMENT, "PYTHONPATH": f"{folder}:{folder / 'functions'}", "PYTHONDONTWRITEBYTECODE": "1"}


def _cold_seconds(environment: dict[str, str], program: str, event: dict[str, Any]) -> float:
    """CPU seconds from spawning the interpreter to its first answer."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-S", "-c", program, json.dumps(event)]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _warm_seconds(environment: dict[str, str], kind: str, *options: str) -> float:
    """CPU seconds of one request."""
    event = json.dumps(rest_event("POST", "/bookings"))
    command = [sys.executable, *options, str(WARM_REQUEST), kind, event, str(WARM_REQUESTS)]
    finished = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return float(finished.stderr)


if __name__ == "__main__":
    sys.exit(main())
