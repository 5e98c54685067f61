"""What a cold start and a warm request cost, against the usual way of doing it: `python -m tests.bench.functions`.

Cold: from spawning the interpreter to the first answer, with the package that `sam build` made, against one function
with all routes, FastAPI, Mangum and boto3 as a default `sam build` packs them (sources only, nothing cut). Warm: CPU
time of `POST /bookings` with a store that answers at once, against a function that answers a constant. Both are ratios
within one run, pair by pair, since machines differ.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from infra.settings import ROOT
from tests.bench.events import rest_event

BUILD = ROOT / ".aws-sam" / "build"
COLD_BUDGET = 0.30
WARM_BUDGET = 1.5
PAIRS = 9
WARM_REQUESTS = 2000
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
ANSWER = "import json, sys; print(handler(json.loads(sys.argv[1]), None)['statusCode'])"
OURS = f"from {{module}} import handler; {ANSWER}"
USUAL = f"""
import boto3
boto3.resource("dynamodb")
from mangum import Mangum
from infra.app import create_app
handler = Mangum(create_app(), lifespan="off")
{ANSWER}
"""
WARM = """
import json, os, sys, time
event, kind, requests = json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3])
sys.stdout = open(os.devnull, "w")
if kind == "constant":
    from fastapi import FastAPI
    from mangum import Mangum
    app = FastAPI(openapi_url=None)
    @app.api_route(event["path"], methods=[event["httpMethod"]])
    async def answer():
        return {"status": "ok"}
    handler = Mangum(app, lifespan="off")
elif kind == "GET /health":
    from ops.get_health import handler
else:
    from datetime import UTC, datetime, timedelta
    from bookings.create_booking import handler
    from booking.accounts.access_tokens import issue_access_token
    from booking.slots.slot_id import SlotId
    from booking.caller import Caller, Role
    from booking.runtime import aws, signing
    signing.SIGNING_KEYS._cached = signing._Keys.of(json.dumps({"current": "k" * 64}))
    aws.client("dynamodb")._make_api_call = lambda *_: {}
    now = datetime.now(UTC)
    token = issue_access_token(Caller("usr_" + "A" * 22, Role.CLIENT, "a@example.com"), now)
    slot = SlotId.new("spc_" + "A" * 22, now + timedelta(hours=1), now + timedelta(hours=2))
    event["headers"]["Authorization"] = "Bearer " + token
    event["multiValueHeaders"]["Authorization"] = ["Bearer " + token]
    event["body"] = json.dumps({"slot_id": slot.text})
for _ in range(50):
    assert handler(event, None)["statusCode"] in (200, 201)
started = time.process_time()
for _ in range(requests):
    handler(event, None)
sys.stderr.write(str((time.process_time() - started) / requests))
"""


def main() -> int:
    """Prints each ratio and whether it keeps its budget."""
    if not (BUILD / "CreateBooking").is_dir():
        print("error: nothing is built: run `make build` first", file=sys.stderr)
        return 1
    _cold()
    _warm()
    return 0


def _cold() -> None:
    with tempfile.TemporaryDirectory() as folder:
        usual = _usual_package(Path(folder))
        for module, event in (
            ("ops.get_health", rest_event("GET", "/health")),
            ("bookings.create_booking", _unsigned_booking()),
        ):
            program = OURS.format(module=module)
            pairs = [(_spawn(_ours(), program, event), _spawn(usual, USUAL, event)) for _ in range(PAIRS)]
            _print(f"cold start of {module}, ms, and the usual way", pairs, 1e3, COLD_BUDGET)


def _warm() -> None:
    for path, event in (
        ("GET /health", rest_event("GET", "/health")),
        ("POST /bookings", rest_event("POST", "/bookings")),
    ):
        pairs = [(_warm_seconds(event, path), _warm_seconds(event, "constant")) for _ in range(PAIRS // 3)]
        _print(f"warm CPU of {path}, µs, and a constant", pairs, 1e6, WARM_BUDGET)


def _print(what: str, pairs: list[tuple[float, float]], unit: float, budget: float) -> None:
    ours, theirs = (statistics.median(side) * unit for side in zip(*pairs, strict=True))
    ratio = statistics.median(our / their for our, their in pairs)
    verdict = "kept" if ratio <= budget else "NOT KEPT"
    print(f"{what}: {ours:.0f}, {theirs:.0f}; ratio {ratio:.2f}, budget {budget}: {verdict}")


def _unsigned_booking() -> dict[str, Any]:
    return rest_event("POST", "/bookings", body='{"slot_id": "none"}', token="none")


def _ours() -> dict[str, str]:
    parts = (BUILD / "CreateBooking", BUILD / "BookingLayer" / "python", BUILD / "DependenciesLayer" / "python")
    return {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(map(str, parts))}


def _usual_package(folder: Path) -> dict[str, str]:
    requirements = ROOT / "layers" / "dependencies" / "requirements.txt"
    uv = str(ROOT / ".venv" / "bin" / "uv")
    install = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", str(folder)]
    subprocess.run([*install, "--requirement", str(requirements)], check=True)
    subprocess.run([*install, "boto3"], check=True)
    for name in ("functions", "layers/booking/booking", "infra"):
        shutil.copytree(ROOT / name, folder / Path(name).name)
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)
    return {**ENVIRONMENT, "PYTHONPATH": f"{folder}:{folder / 'functions'}", "PYTHONDONTWRITEBYTECODE": "1"}


def _spawn(environment: dict[str, str], program: str, event: dict[str, Any]) -> float:
    """Seconds from spawning the interpreter to its first answer."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-S", "-c", program, json.dumps(event)], env=environment, check=True, capture_output=True
    )
    return time.perf_counter() - started


def _warm_seconds(event: dict[str, Any], kind: str) -> float:
    command = [sys.executable, "-S", "-c", WARM, json.dumps(event), kind, str(WARM_REQUESTS)]
    finished = subprocess.run(command, env=_ours(), check=True, capture_output=True, text=True)
    return float(finished.stderr)


if __name__ == "__main__":
    sys.exit(main())
