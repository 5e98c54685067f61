"""A backlog on the embedded stack beside the same in the simulation: `python -m tests.bench.backlog [bookings]`.

Brings up a stack of its own (`BENCH_EMULATOR_PORT`, `BENCH_PORT`), stores bookings that are due past the API,
dispatches the expiry and looks how long it takes. What the simulation is told is measured with a few beforehand: how
long an item and a message take one worker, and what they use of the processors, which is what bounds many workers on
one machine. The two agree when their bookings per second are within `AGREEMENT` of each other.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any

import psutil

from infra.cli import CommandError, run
from infra.local.stack import Stack
from infra.settings import ROOT
from tests.bench import figures
from tests.bench.simulation import Due, Setup, swept
from tests.e2e.deployed import afresh

SHARDS = 8
BACKLOG = 5_000
AT_FIRST, A_FEW = 160, 800
OWN_SHARD = SHARDS  # that no dispatch looks into
AGREEMENT = 0.30
EVERY_MINUTES = 60  # no dispatch comes in between
RUN_SECONDS = 45.0  # a worker's time-out, less what `background.sweep` leaves of it
LONGEST_SECONDS = 900.0
PUTS = 25
PARAMETERS = {
    "TimerShards": str(SHARDS),
    "SweepConcurrency": str(SHARDS),
    "ExpirySweepMinutes": str(EVERY_MINUTES),
    "ReminderSweepMinutes": str(EVERY_MINUTES),
    "MetricsFlushSeconds": "3600",
}

# How the stack calls what expires bookings.
DISPATCHER = "DispatchSweepsName"
WORKER = "WorkOffShardsName"
QUEUE = "SweepQueueUrl"
PUBLISHER = "PublishEventsName"


def main(bookings: int) -> int:
    """Prints both and their ratio; the status is 1 when they disagree."""
    with stack_of_its_own() as stack:
        backlog = Backlog(stack)
        backlog.switch_off(PUBLISHER)
        costs = backlog.costs()
        backlog.store(bookings)
        due = backlog.left()
        took = backlog.worked_off()
    simulated = swept(costs.setup(), [Due(0.0, [due[shard] for shard in range(SHARDS)])]).ended
    found = {
        "bookings": bookings,
        "shards": SHARDS,
        "per_item_ms": round(costs.per_item * 1000, 1),
        "per_message_ms": round(costs.per_message * 1000),
        "at_most_per_second": round(costs.capacity, 1),
        "measured_per_second": round(bookings / took, 1),
        "simulated_per_second": round(bookings / simulated, 1),
        "ratio": round(simulated / took, 2),
    }
    figures.keep("backlog", found)
    print(json.dumps(found, indent=1))
    agrees = abs(found["ratio"] - 1) <= AGREEMENT
    print(f"simulation and stack {'agree' if agrees else 'DISAGREE'} within {AGREEMENT:.0%}")
    return 0 if agrees else 1


@contextmanager
def stack_of_its_own(parameters: Mapping[str, str] = PARAMETERS) -> Iterator[Stack]:
    """An embedded stack with nothing in it, lent to the package `booking`."""
    stack = Stack(
        state=ROOT / ".local" / "bench",
        emulator_port=int(os.environ.get("BENCH_EMULATOR_PORT", "4990")),
        front_door_port=int(os.environ.get("BENCH_PORT", "8990")),
        parameters=parameters,
    )
    with afresh(stack):
        os.environ["TIMER_SHARDS"] = str(SHARDS)
        stack.deployed().lend_to_booking()
        yield stack


@dataclass(frozen=True, slots=True)
class Costs:
    """How long one worker by itself takes, in seconds; how many items a second the machine has processors for."""

    per_item: float
    per_message: float
    capacity: float

    def setup(self) -> Setup:
        """What the simulation is told."""
        return Setup(
            shards=SHARDS,
            workers=SHARDS,
            every=EVERY_MINUTES * 60.0,
            run=RUN_SECONDS,
            per_item=self.per_item,
            per_message=self.per_message,
            capacity=self.capacity,
        )


class Backlog:
    """The deployed stack's expiry: what it has to do, and how fast it does it."""

    def __init__(self, stack: Stack) -> None:
        self._outputs = stack.outputs()
        self._dynamodb, self._sqs = stack.client("dynamodb"), stack.client("sqs")
        self._lambda = stack.client("lambda")
        about = stack.emulator.running()
        if about is None:
            raise CommandError("The embedded AWS has ended.")
        self._emulator = psutil.Process(about["pid"])

    def switch_off(self, function: str) -> None:
        """What leads to the function of that output waits: it would take the processors that are measured."""
        for mapping in self._mappings(function):
            self._lambda.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)

    def publish_from_now_on(self) -> None:
        """What has changed so far is published to nobody."""
        for mapping in self._mappings(PUBLISHER):
            self._lambda.delete_event_source_mapping(UUID=mapping["UUID"])
            self._lambda.create_event_source_mapping(
                EventSourceArn=mapping["EventSourceArn"],
                FunctionName=mapping["FunctionArn"],
                FunctionResponseTypes=mapping["FunctionResponseTypes"],
                StartingPosition="LATEST",
                BatchSize=mapping["BatchSize"],
            )

    def _mappings(self, function: str) -> list[dict[str, Any]]:
        name = self._outputs[function].partition(":")[0]
        every = self._lambda.list_event_source_mappings()["EventSourceMappings"]
        return [mapping for mapping in every if name in mapping["FunctionArn"]]

    def store(self, bookings: int, shard: int | None = None) -> None:
        """So many bookings are due, in one shard or in all."""
        from tests.bench.due_bookings import started  # noqa: PLC0415  # after the environment is set

        for some in batched(started(bookings, datetime.now(UTC), shard), PUTS, strict=False):
            self._put(self._outputs["BookingsTableName"], [made.booking.serialize() for made in some])
            self._put(self._outputs["CalendarTableName"], [made.slot.serialize() for made in some])

    def costs(self) -> Costs:
        """Of a few items: what all workers at once use of the processors, and how long one takes by itself."""
        self.store(AT_FIRST)
        self.worked_off()  # the first time of all starts environments
        self.store(A_FEW)
        before = self._processor_seconds()
        self.worked_off()
        emulator, together = (
            (after - first) / A_FEW for after, first in zip(self._processor_seconds(), before, strict=True)
        )
        self.store(A_FEW, OWN_SHARD)
        per_item = _seconds(lambda: self._work_on(OWN_SHARD)) / A_FEW
        self.store(1, OWN_SHARD)
        per_message = max(0.0, _seconds(lambda: self._hand_over(OWN_SHARD)) - per_item)
        return Costs(per_item, per_message, min(1 / emulator, free_processors() / together))

    def worked_off(self) -> float:
        """Dispatches; the seconds until nothing is left."""

        def until_done() -> None:
            self._lambda.invoke(FunctionName=self._outputs[DISPATCHER], Payload='{"sweep": "expire"}')
            self._wait(range(SHARDS))

        return _seconds(until_done)

    def left(self) -> Counter[int]:
        """How many are due, by shard."""
        return Counter({shard: self._count(shard) for shard in range(SHARDS)})

    def _work_on(self, shard: int) -> None:
        event = {"Records": [{"messageId": "1", "body": self._message(shard), "eventSource": "aws:sqs"}]}
        answer = self._lambda.invoke(FunctionName=self._outputs[WORKER], Payload=json.dumps(event))
        if "FunctionError" in answer or self._count(shard):
            raise CommandError(f"The worker has not done its work: {answer['Payload'].read()}")

    def _hand_over(self, shard: int) -> None:
        self._sqs.send_message(QueueUrl=self._outputs[QUEUE], MessageBody=self._message(shard))
        self._wait([shard])

    def _message(self, shard: int) -> str:
        from booking.background.shards import ShardMessage  # noqa: PLC0415  # after the environment is set

        return ShardMessage("expire", shard, datetime.now(UTC) + timedelta(minutes=EVERY_MINUTES)).text

    def _wait(self, shards: Iterable[int]) -> None:
        deadline = time.monotonic() + LONGEST_SECONDS
        for shard in shards:
            while self._is_due(shard):
                if time.monotonic() > deadline:
                    raise CommandError(f"{self.left().total()} bookings are still due after {LONGEST_SECONDS:.0f} s.")
                time.sleep(0.2)

    def _is_due(self, shard: int) -> bool:
        return bool(self._query(shard, Limit=1)["Items"])

    def _count(self, shard: int) -> int:
        return int(self._query(shard, Select="COUNT")["Count"])

    def _query(self, shard: int, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._dynamodb.query(
            TableName=self._outputs["BookingsTableName"],
            IndexName="timers",
            KeyConditionExpression="timer = :timer",
            ExpressionAttributeValues={":timer": {"S": f"expire#{shard}"}},
            **more,
        )
        return answer

    def make_booking(self) -> str:
        """One that is weeks from being due; its id."""
        from tests.bench.due_bookings import booked  # noqa: PLC0415  # after the environment is set

        now = datetime.now(UTC)
        booking = booked(now + timedelta(days=30), now).booking
        self._put(self._outputs["BookingsTableName"], [booking.serialize()])
        return booking.booking_id

    def _put(self, table: str, items: Iterable[Mapping[str, Any]]) -> None:
        self._dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}} for item in items]})

    def _processor_seconds(self) -> tuple[float, float]:
        """What the emulator has used, and what it has used together with its functions."""
        own, functions = self._emulator, self._emulator.children(recursive=True)
        used = [_used(process) for process in (own, *functions)]
        return used[0], sum(used)


def free_processors() -> float:
    """How many processors are free for as many programs as want them: others may be at work on the machine."""
    with ProcessPoolExecutor(SHARDS) as pool:
        return sum(pool.map(_share, range(SHARDS)))


def _share(_: int) -> float:
    started, used = time.monotonic(), time.process_time()
    while time.monotonic() < started + 1:
        pass
    return time.process_time() - used


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _seconds(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    run(lambda: main(int(sys.argv[1]) if len(sys.argv) > 1 else BACKLOG))
