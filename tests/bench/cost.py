"""What bookings and a stack at rest cost on AWS, by measured units and CPU time: `python -m tests.bench.cost [rounds]`.

Runs the functions' own handlers in this process against an emulator, which accounts capacity as DynamoDB does: twice
for a transaction, once more for each index that a write changes. CPU time is this machine's, scaled to the share of a
processor that Lambda grants by memory; each call to DynamoDB is assumed to take 5 ms. Prices stand below.
"""

import io
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.local.stack import Stack
from infra.settings import template
from tests.bench import figures
from tests.bench.at_rest import Idle, Schedule, parts, schedules

EMULATOR_PORT = int(os.environ.get("BENCH_EMULATOR_PORT", "4990"))
ROUNDS = 10
MILLION = 1_000_000

# List prices of us-east-1 in US dollars, on demand, arm64, without the free tier, as published in 2025 (DynamoDB's
# since November 2024).
WRITE_UNIT = 0.625 / MILLION
READ_UNIT = 0.125 / MILLION
GATEWAY_REQUEST = 3.50 / MILLION
INVOCATION = 0.20 / MILLION
GIGABYTE_SECOND = 0.0000133334
LOGGED_GIGABYTE = 0.50
BUS_EVENT = 1.00 / MILLION
QUEUE_REQUEST = 0.40 / MILLION
MAIL = 100.0 / MILLION

STORE_CALL_MS = 5.0
ONE_PROCESSOR_MB = 1769
LOGGED_BY_AWS_BYTES = 350  # the gateway's access log; Lambda reports only what fails

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
FOR_MAIL_ALONE = {"SendMail"}
# A message is sent, received and deleted: a shard's for all its items, a mail's is sent by itself and received in twos.
QUEUE_REQUESTS = {"ask for a reminder": 3 / 20, "expire": 3 / 20, "send a mail": 1 + 2 / 2}

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


def main(rounds: int) -> int:
    """Keeps the figures of docs/performance.md."""
    operations, at_rest = measured(rounds)
    figures.keep("operations", {"operations": operations})
    figures.keep("at_rest", {"parts": at_rest})
    return 0


def measured(rounds: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Each operation with what it takes and costs, and each part of a stack at rest."""
    with emulator() as endpoint:
        environment(endpoint)
        log = sys.stdout = io.StringIO()
        try:
            meter = Meter(log)
            took = measure(meter, rounds)
            idle = [idle_run(meter, schedule) for schedule in schedules()]
        finally:
            sys.stdout = sys.__stdout__
    operations = [about(operation, *OPERATIONS[operation], found) for operation, found in took.items()]
    return operations, [part.figures() for part in parts(idle, GIGABYTE_SECOND, READ_UNIT, LOGGED_GIGABYTE)]


def about(operation: str, share: float, function: str, took: Measured) -> dict[str, Any]:
    """An operation's figures; costs are dollars for a million times."""
    return {
        "operation": operation,
        "function": function,
        "per_booking": share,
        "calls": round(took.per_round(took.calls), 2),
        "write_units": round(took.per_round(took.write_units), 2),
        "read_units": round(took.per_round(took.read_units), 2),
        "cpu_ms": round(took.per_round(took.cpu_seconds) * 1000, 1),
        "lambda_ms": round(estimated_ms(function, took), 1),
        "mails": MAILS.get(operation, 0),
        "is_mail": function in FOR_MAIL_ALONE,
        "dollars": {part: round(amount, 3) for part, amount in dollars(operation, function, took).items()},
    }


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
        if name.endswith(("_TABLE", "_KEY_SECRET", "STACK_ID")):
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


def measure(meter: Meter, rounds: int) -> dict[str, Measured]:
    """Does everything so many times; the first time of all is not counted, since it loads modules."""
    from booking.runtime import aws  # noqa: PLC0415 - after the environment is set

    meter.install(aws.session())
    from tests.bench.journey import Journey  # noqa: PLC0415 - after the environment is set

    journey = Journey()
    took = {operation: Measured() for operation in OPERATIONS}
    journey.round(lambda *_: meter.measuring(Measured()))
    for _ in range(rounds):
        journey.round(lambda operation, items=1: meter.measuring(took[operation], items))
    return took


def idle_run(meter: Meter, schedule: Schedule) -> Idle:
    """What a scheduled function takes that finds nothing to do; its first run is not counted."""
    from tests.bench.journey import context  # noqa: PLC0415 - after the environment is set

    module, _, name = template()["Resources"][schedule.function]["Properties"]["Handler"].rpartition(".")
    handler, took = getattr(import_module(module), name), Measured()
    handler(schedule.event, context())
    logged = len(meter.log.getvalue())
    with meter.measuring(took):
        handler(schedule.event, context())
    return Idle(
        schedule,
        estimated_ms(schedule.function, took) / 1000 * memory_mb(schedule.function) / 1024,
        took.read_units,
        took.logged_bytes + LOGGED_BY_AWS_BYTES,
        own_metrics(meter.log.getvalue()[logged:]),
    )


def own_metrics(log: str) -> frozenset[str]:
    """The metrics that lines of a log make in CloudWatch (embedded metric format), each with its dimensions."""
    lines = [json.loads(line) for line in log.splitlines() if '"_aws"' in line]
    return frozenset(
        f"{metric['Name']} {json.dumps([line.get(name) for name in directive['Dimensions'][0]])}"
        for line in lines
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    )


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
        "SQS": QUEUE_REQUESTS.get(operation, 0) * QUEUE_REQUEST * MILLION,
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


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
