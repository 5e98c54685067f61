"""How far a slot's id travels between a route and the table: through few modules, without coming back to one often.

A module is on the way when one of its functions is called with the id, or with something that carries it; functions
that `dataclass` has made are nobody's to read, and properties are read like any field: neither counts. What one module
asks another several times in a row is one visit.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from types import FrameType

from booking.bookings.create import Wish, create_booking
from booking.bookings.end import cancel_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.dynamodb.items import Item
from tests.integration.people import NOW, a_booking, a_client, a_slot, a_specialist, a_waiter

TRANSACTION = "booking.dynamodb.transaction"
"""What every step of a write passes, however many it has."""


@contextmanager
def the_way_of(slot_id: str) -> Iterator[Counter[str]]:
    """Counts for each module how often the id visits it."""
    visits: Counter[str] = Counter()
    asked_last: dict[str, str] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        module = frame.f_globals.get("__name__", "")
        if event != "call" or not module.startswith("booking.") or is_generated_or_property(frame):
            return
        asking = caller_of(frame)
        if module == asking or not any(carries(value, slot_id) for value in frame.f_locals.values()):
            return
        if asked_last.get(asking) != module:
            visits[module] += 1
        asked_last[asking] = module

    sys.setprofile(note)
    try:
        yield visits
    finally:
        sys.setprofile(None)


def is_generated_or_property(frame: FrameType) -> bool:
    of = type(frame.f_locals.get("self"))
    return frame.f_code.co_filename.startswith("<") or isinstance(getattr(of, frame.f_code.co_name, None), property)


def caller_of(frame: FrameType) -> str:
    """The module of ours that called, behind what generators and libraries put in between."""
    before = frame.f_back
    while before and not before.f_globals.get("__name__", "").startswith("booking."):
        before = before.f_back
    return before.f_globals["__name__"] if before else ""


def carries(value: object, slot_id: str, depth: int = 3) -> bool:
    if isinstance(value, str):
        return value == slot_id
    if depth == 0:
        return False
    return any(carries(part, slot_id, depth - 1) for part in parts_of(value))


def parts_of(value: object) -> list[object]:
    if isinstance(value, Item):
        return list(value.attribute_values.values())
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name, None) for field in fields(value)]
    return []


class TestBooking:
    def test_passes_the_slot_through_eight_modules(self) -> None:
        client, slot = a_client(), a_slot(a_specialist())

        with the_way_of(slot.id) as way:
            create_booking(client, Wish(slot.id), NOW)

        assert len(way) <= 8, way
        assert comes_back_often(way) == []


class TestPromotion:
    def test_is_twelve_modules_from_a_cancellation(self) -> None:
        specialist = a_specialist()
        booking = a_booking(specialist, a_client())
        join_wait_list(a_waiter(), booking.slot_id, NOW)

        with the_way_of(booking.slot_id) as way:
            cancel_booking(specialist, booking.id, NOW)

        assert len(way) <= 12, way
        assert comes_back_often(way) == []


def comes_back_often(way: Counter[str]) -> list[str]:
    """Modules that the id has left more than twice and come back to."""
    return [module for module, visits in way.items() if visits > 3 and module != TRANSACTION]
