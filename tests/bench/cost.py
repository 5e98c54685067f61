"""What a million bookings cost on AWS, from measured capacity units and CPU time: `python -m tests.bench.cost`.

Runs the functions' own handlers in this process against an emulator, which accounts capacity as DynamoDB does: twice
for a transaction, once more for each index that a write changes. CPU time is this machine's, scaled to the share of a
processor that Lambda grants by memory; each call to DynamoDB is assumed to take 5 ms. Prices stand below.
"""

import io
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.local.stack import Stack
from infra.settings import template

EMULATOR_PORT = int(os.environ.get("BENCH_EMULATOR_PORT", "4990"))
ROUNDS = 10
MILLION = 1_000_000

# List prices of us-east-1 in US dollars, on demand, x86, without the free tier, as published in 2025 (DynamoDB's
# since November 2024).
WRITE_UNIT = 0.625 / MILLION
READ_UNIT = 0.125 / MILLION
GATEWAY_REQUEST = 3.50 / MILLION
INVOCATION = 0.20 / MILLION
GIGABYTE_SECOND = 0.0000166667
LOGGED_GIGABYTE = 0.50
BUS_EVENT = 1.00 / MILLION
MAIL = 100.0 / MILLION

STORE_CALL_MS = 5.0
ONE_PROCESSOR_MB = 1769
LOGGED_BY_AWS_BYTES = 900  # START, END and REPORT lines, and the gateway's access log

# What happens for one booking.
OPERATIONS: dict[str, tuple[float, str]] = {
    "list a specialist's slots": (3.0, "ListSlots"),
    "log in": (0.5, "LogIn"),
    "book": (1.0, "CreateBooking"),
    "list my bookings": (1.0, "ListOwnBookings"),
    "reschedule": (0.05, "RescheduleBooking"),
    "cancel": (0.15, "CancelBooking"),
    "ask for a reminder": (0.85, "WorkOffShards"),
    "expire": (0.85, "WorkOffShards"),
    "publish a change": (2.05, "PublishEvents"),
    "send a mail": (2 * (1.0 + 0.05 + 0.15) + 0.85, "SendMail"),  # of an expiry nobody is mailed
}
BY_GATEWAY = {"ListSlots", "LogIn", "CreateBooking", "ListOwnBookings", "RescheduleBooking", "CancelBooking"}
DONE_TOGETHER = {"WorkOffShards": 20, "PublishEvents": 5, "SendMail": 2}
MAILS = {"send a mail": 1}
EVENTS = {"publish a change": 1}

READS = {"GetItem", "BatchGetItem", "Query"}
READ_UNIT_BYTES = 4096


@dataclass
class Measured:
    """What one operation takes, on average."""

    rounds: int = 0
    write_units: float = 0
    read_units: float = 0
    calls: int = 0
    cpu_seconds: float = 0
    logged_bytes: int = 0

    def per_round(self, total: float) -> float:
        """The average of a total."""
        return total / max(1, self.rounds)


@dataclass
class Meter:
    """Asks each call to DynamoDB what it consumed, and adds it to the operation at hand."""

    log: io.StringIO
    current: Measured = field(default_factory=Measured)

    def install(self, session: Any) -> None:
        """Before the session's first client is made."""
        session.register("provide-client-params.dynamodb", self._ask)
        session.register("after-call.dynamodb", self._note)

    @contextmanager
    def measuring(self, measured: Measured, items: int = 1) -> Iterator[None]:
        """What happens inside is done for so many items of the operation."""
        before, self.current = self.current, measured
        logged, started = len(self.log.getvalue()), time.process_time()
        yield
        measured.cpu_seconds += time.process_time() - started
        measured.logged_bytes += len(self.log.getvalue()) - logged
        measured.rounds += items
        self.current = before

    def _ask(self, params: dict[str, Any], model: Any, **_: Any) -> dict[str, Any]:
        asks = model.input_shape is not None and "ReturnConsumedCapacity" in model.input_shape.members
        # Conditions that are only checked cost as much as writes, which the emulator leaves out.
        checks = sum("ConditionCheck" in step for step in params.get("TransactItems", []))
        self.current.write_units += 2 * checks
        return {**params, **({"ReturnConsumedCapacity": "TOTAL"} if asks else {})}

    def _note(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity", [])
        units = sum(about["CapacityUnits"] for about in ([consumed] if isinstance(consumed, dict) else consumed))
        self.current.calls += 1
        if model.name in READS:
            size = len(json.dumps(parsed.get("Items", []), default=str))
            self.current.read_units += max(units, -(-size // READ_UNIT_BYTES) * 0.5 if model.name == "Query" else 0)
        else:
            self.current.write_units += units


def main() -> int:
    """Prints the figures of docs/deploy.md."""
    with emulator() as endpoint:
        environment(endpoint)
        log = sys.stdout = io.StringIO()
        try:
            measured = measure(Meter(log))
        finally:
            sys.stdout = sys.__stdout__
    print_table(measured)
    return 0


@contextmanager
def emulator() -> Iterator[str]:
    """An emulator of its own, for as long as it takes."""
    with TemporaryDirectory() as folder:
        stack = Stack(state=Path(folder), emulator_port=EMULATOR_PORT)
        try:
            stack._start_emulator()
            yield stack.endpoint
        finally:
            stack.down()


def environment(endpoint: str) -> None:
    """What the functions find in theirs."""
    for name in template()["Globals"]["Function"]["Environment"]["Variables"]:
        if name.endswith(("_TABLE", "_KEY_SECRET")):
            os.environ[name] = name.lower()
    os.environ |= {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AUTH_LOGIN_MAX_ATTEMPTS": "1000000",
        "EVENT_BUS_NAME": "bench",
        "REMINDER_LOOKAHEAD_MINUTES": "600",
        "METRICS_FLUSH_SECONDS": "3600",
        "MAIL_SENDER": "noreply@example.com",
        "MAILS_PER_SECOND": "1000",
        "MAIL_UNVERIFIED_MAX_PER_DAY": "1000",
        "MAIL_SPECIALIST_MAX_PER_DAY": "1000",
        "POWERTOOLS_SERVICE_NAME": "booking-api",
        "POWERTOOLS_METRICS_NAMESPACE": "BookingApi",
    }


def measure(meter: Meter) -> dict[str, Measured]:
    """Does everything `ROUNDS` times; the first time of all is not counted, since it loads modules."""
    from booking.runtime import aws  # noqa: PLC0415 - after the environment is set

    meter.install(aws.session())
    from tests.bench.journey import Journey  # noqa: PLC0415 - after the environment is set

    journey = Journey()
    measured = {operation: Measured() for operation in OPERATIONS}
    journey.round(lambda *_: meter.measuring(Measured()))
    for _ in range(ROUNDS):
        journey.round(lambda operation, items=1: meter.measuring(measured[operation], items))
    return measured


def dollars(operation: str, function: str, took: Measured) -> dict[str, float]:
    """What a million times of the operation cost, by service."""
    invocations = 1 / DONE_TOGETHER.get(function, 1)
    logged = took.per_round(took.logged_bytes) + LOGGED_BY_AWS_BYTES * invocations
    gigabytes = memory_mb(function) / 1024
    return {
        "DynamoDB": took.per_round(took.write_units) * WRITE_UNIT * MILLION
        + took.per_round(took.read_units) * READ_UNIT * MILLION,
        "Lambda": invocations * INVOCATION * MILLION
        + estimated_ms(function, took) / 1000 * gigabytes * GIGABYTE_SECOND * MILLION,
        "API Gateway": GATEWAY_REQUEST * MILLION if function in BY_GATEWAY else 0,
        "Logs": logged * MILLION / 1e9 * LOGGED_GIGABYTE,
        "EventBridge": EVENTS.get(operation, 0) * BUS_EVENT * MILLION,
    }


def memory_mb(function: str) -> int:
    """What the template grants."""
    loaded = template()
    default = loaded["Globals"]["Function"]["MemorySize"]
    return int(loaded["Resources"][function]["Properties"].get("MemorySize", default))


def estimated_ms(function: str, took: Measured) -> float:
    """How long a function runs on Lambda."""
    share = min(1.0, memory_mb(function) / ONE_PROCESSOR_MB)
    return took.per_round(took.cpu_seconds) * 1000 / share + took.per_round(took.calls) * STORE_CALL_MS


def print_table(measured: dict[str, Measured]) -> None:
    """Markdown, as in docs/deploy.md."""
    total: dict[str, float] = defaultdict(float)
    mails = 0.0
    print("| operation | per booking | calls | write units | read units | CPU ms | ms on Lambda | $ per million |")
    print("| --- | --: | --: | --: | --: | --: | --: | --: |")
    for operation, (share, function) in OPERATIONS.items():
        took = measured[operation]
        costs = dollars(operation, function, took)
        for service, amount in costs.items():
            total[service] += share * amount
        mails += share * MAILS.get(operation, 0)
        figures = [took.calls, took.write_units, took.read_units, took.cpu_seconds * 1000]
        shown = " | ".join(f"{took.per_round(figure):.1f}" for figure in figures)
        print(f"| {operation} | {share:g} | {shown} | {estimated_ms(function, took):.0f} | {sum(costs.values()):.2f} |")
    services = ", ".join(
        f"{service} ${amount:.2f}" for service, amount in sorted(total.items(), key=itemgetter(1), reverse=True)
    )
    print(f"\nA million bookings: ${sum(total.values()):.2f} ({services}).")
    print(f"Mail, where SES sends it: {mails:.2f} per booking, ${mails * MAIL * MILLION:.0f} per million bookings.")


if __name__ == "__main__":
    sys.exit(main())
