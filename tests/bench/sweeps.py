"""What a sweep costs: items read by what is stored, and how a backlog is worked off. `make bench` runs it.

Runs on moto in this process; figures are counted, not timed, but for the backlog, where time is shown as well.
"""

import os
import time
from dataclasses import MISSING, fields
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb import models as moto_models

from booking.runtime.settings import Settings

for _setting in fields(Settings):
    if _setting.default is MISSING or _setting.name.endswith("_table"):
        os.environ[_setting.name.upper()] = f"the-{_setting.name.replace('_', '-')}-of-bench"
os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "METRICS_FLUSH_SECONDS": "3600", "LOG_LEVEL": "ERROR"}
os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
os.environ.pop("AWS_ENDPOINT_URL", None)
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "BookingApi")

from booking.background.sweep import LEAST_TIME_LEFT_MS, PAGE_SIZE, Bounds  # noqa: E402
from booking.bookings.expire import expire_started  # noqa: E402
from booking.bookings.rules import Status, new_booking  # noqa: E402
from booking.bookings.table import BookingItem, expiry_timer  # noqa: E402
from booking.caller import SPECIALIST_PREFIX, USER_PREFIX, Locale  # noqa: E402
from booking.dynamodb.items import Item  # noqa: E402
from booking.runtime.ids import new_id  # noqa: E402
from booking.runtime.settings import settings  # noqa: E402
from booking.slots.rules import Client  # noqa: E402
from booking.slots.slot_id import SlotId  # noqa: E402  # after the environment is set
from booking.slots.table import SlotItem  # noqa: E402
from tests.instants import NOW  # noqa: E402
from tests.integration.store_calls import items_read  # noqa: E402
from tests.integration.sweeps import expire_everywhere, remind_everywhere  # noqa: E402
from tests.integration.tables import create_tables, delete_tables  # noqa: E402

if TYPE_CHECKING:
    from collections import Counter

QUARTER = timedelta(minutes=15)
DUE = 50
STORED = (1_000, 100_000)
BACKLOG = 10_000
ITEMS_PER_RUN = 1_000  # runs are bounded by time; here by items, so that the figures repeat


def main() -> int:
    """Prints the figures; the status is 1 when a budget is broken."""
    moto_models.copy = SimpleNamespace(deepcopy=lambda kept: kept)  # type: ignore[attr-defined,assignment]
    # Else moto copies whole tables for each transaction, to undo it if a condition fails; here none does.
    with mock_aws():
        within = _cost_follows_what_is_due()
        worked_off = _a_backlog_is_worked_off_shard_by_shard()
    return 0 if within and worked_off else 1


def _cost_follows_what_is_due() -> bool:
    print(f"A sweep with {DUE} due, by bookings stored")
    print(f"{'stored':>10} {'sweep':>8} {'done':>6} {'items read':>11} {'queries':>8}")
    reads: dict[str, set[int]] = {"expire": set(), "remind": set()}
    for stored in STORED:
        for kind, counts in reads.items():
            _store(DUE, stored, kind)
            with items_read() as read:
                outcomes = expire_everywhere(NOW) if kind == "expire" else remind_everywhere(NOW)
            done = outcomes["expired"] + outcomes["queued"]
            print(f"{stored:>10,} {kind:>8} {done:>6} {read['items']:>11} {read['queries']:>8}")
            counts.add(read["items"])
            delete_tables()
            if done != DUE or read["items"] > DUE or read["queries"] > 2 * settings().timer_shards:
                return False
    return all(len(different) == 1 for different in reads.values())


def _a_backlog_is_worked_off_shard_by_shard() -> bool:
    print(f"\nA backlog of {BACKLOG:,}, {ITEMS_PER_RUN:,} per run, {PAGE_SIZE} per query, shard by shard")
    _store(BACKLOG, BACKLOG, "expire")
    expired = 0
    for shard in range(settings().timer_shards):
        started = time.perf_counter()
        with items_read() as read:
            runs = _worked_off(shard)
        seconds = time.perf_counter() - started
        done = sum(run["expired"] for run in runs)
        print(
            f"  shard {shard}: {done:,} in {len(runs)} runs, read {read['items']:,} in {read['queries']} queries, "
            f"{seconds:.0f} s"
        )
        expired += done
    delete_tables()
    return expired == BACKLOG


def _worked_off(shard: int) -> "list[Counter[str]]":
    """The runs of one shard, each from where the one before it stopped."""
    runs: list[Counter[str]] = []
    reached = None
    while not runs or runs[-1]["unfinished"]:
        report = expire_started(NOW, shard, _time_for(ITEMS_PER_RUN), reached)
        runs, reached = [*runs, report.outcomes], report.reached
    return runs


def _time_for(items: int) -> Bounds:
    clock = iter([LEAST_TIME_LEFT_MS] * items)
    return Bounds(lambda: next(clock, 0))


def _store(due: int, total: int, kind: str) -> None:
    """So many bookings: some due, half of the rest to come, half of it long over."""
    create_tables()
    for number in range(total):
        if number < due:
            start = NOW if kind == "expire" else NOW + QUARTER
        else:
            start = NOW + timedelta(days=30) + number * QUARTER
        slot = SlotId.new(new_id(SPECIALIST_PREFIX), start, start + QUARTER)
        client = Client(new_id(USER_PREFIX), "a@example.com", Locale.EN)
        booking = BookingItem.of_new(new_booking(slot, client, None, NOW))
        if number >= due and number % 2:
            booking.status, booking.timer = Status.EXPIRED, None
        elif number >= due and number % 4 == 0:
            booking.timer = expiry_timer(booking.booking_id)
        _put(booking)
        if number < due:
            _put(_held(slot, booking.booking_id))


def _held(slot: SlotId, booking_id: str) -> SlotItem:
    return SlotItem.at(slot, slot_id=slot.text, start_at=slot.start_at, end_at=slot.end_at, booking_id=booking_id)


def _put(item: Item) -> None:
    """Past the API, which would take minutes for this many."""
    table = moto_models.dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables[item.Meta.table_name]
    table.put_item(item.serialize())


if __name__ == "__main__":
    raise SystemExit(main())
