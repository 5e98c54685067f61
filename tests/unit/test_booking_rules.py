"""Who may do what with a booking, and until when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from booking.accounts.errors import OwnAdminRights
from booking.accounts.user import check_keeps_own_rights
from booking.bookings.errors import BookingHasExpired, NotConfirmed
from booking.bookings.rules import Booking, Status, check_may_cancel, check_may_reschedule, check_may_see
from booking.bookings.table import expiry_timer, reminder_timer
from booking.caller import Caller, Locale, Role, specialist_id_of
from booking.errors import BookingError, Forbidden
from booking.runtime.ids import new_id
from booking.slots.errors import SlotStarted
from booking.slots.rules import Client
from tests.instants import TICK

START = datetime(2030, 3, 1, 9, 0, tzinfo=UTC)
CLIENT = Caller(new_id("usr"), Role.CLIENT, "c@example.com")
SPECIALIST = Caller(new_id("usr"), Role.SPECIALIST, "s@example.com")
PEOPLE = {
    "client": CLIENT,
    "specialist": SPECIALIST,
    "admin": Caller(new_id("usr"), Role.ADMIN, "a@example.com"),
    "another client": Caller(new_id("usr"), Role.CLIENT, "o@example.com"),
    "another specialist": Caller(new_id("usr"), Role.SPECIALIST, "p@example.com"),
}
BOOKING = Booking(
    id=new_id("bkg"),
    slot_id="slt",
    client=Client(CLIENT.user_id, CLIENT.email, Locale.EN),
    specialist_id=specialist_id_of(SPECIALIST.user_id),
    service=None,
    status=Status.CONFIRMED,
    slot_start_at=START,
    slot_end_at=START + timedelta(hours=1),
    created_at=START - timedelta(days=1),
    changeable_until=START,
)
TIMES = {"before the start": START - TICK, "at the start": START, "after the start": START + TICK}
MATRIX = list(product(PEOPLE, Status, TIMES))


def refusal_to_cancel(who: str, status: Status, when: str) -> type[BookingError] | None:
    if who.startswith("another"):
        return Forbidden
    if status is Status.EXPIRED:
        return BookingHasExpired
    return SlotStarted if (status, who) == (Status.CONFIRMED, "client") and when != "before the start" else None


def refusal_to_move(who: str, status: Status, when: str) -> type[BookingError] | None:
    if who.startswith("another"):
        return Forbidden
    if status is not Status.CONFIRMED:
        return NotConfirmed
    return SlotStarted if who == "client" and when != "before the start" else None


@pytest.mark.parametrize(("who", "status", "when"), MATRIX)
def test_who_may_cancel(who: str, status: Status, when: str) -> None:
    expected = refusal_to_cancel(who, status, when)
    attempt = replace(BOOKING, status=status), PEOPLE[who], TIMES[when]

    if expected is None:
        check_may_cancel(*attempt)
        return
    with pytest.raises(expected):
        check_may_cancel(*attempt)


@pytest.mark.parametrize(("who", "status", "when"), MATRIX)
def test_who_may_move(who: str, status: Status, when: str) -> None:
    expected = refusal_to_move(who, status, when)
    attempt = replace(BOOKING, status=status), PEOPLE[who], TIMES[when]

    if expected is None:
        check_may_reschedule(*attempt)
        return
    with pytest.raises(expected):
        check_may_reschedule(*attempt)


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_see(who: str) -> None:
    if not who.startswith("another"):
        check_may_see(BOOKING, PEOPLE[who], START)
        return
    with pytest.raises(Forbidden):
        check_may_see(BOOKING, PEOPLE[who], START)


def test_a_specialist_that_books_a_colleague_is_a_client_of_that_booking() -> None:
    booking = replace(BOOKING, client=replace(BOOKING.client, id=PEOPLE["another specialist"].user_id))

    with pytest.raises(SlotStarted):
        check_may_cancel(booking, PEOPLE["another specialist"], START)


def test_timers_are_spread_over_all_shards_and_stay_in_one() -> None:
    ids = [new_id("bkg") for _ in range(200)]

    assert {reminder_timer(booking_id) for booking_id in ids} == {f"remind#{shard}" for shard in range(4)}
    for booking_id in ids:
        assert expiry_timer(booking_id).partition("#")[2] == reminder_timer(booking_id).partition("#")[2]


@pytest.mark.parametrize(
    ("is_active", "role", "is_allowed"),
    [
        (None, None, True),
        (True, Role.ADMIN, True),
        (False, None, False),
        (None, Role.CLIENT, False),
        (None, Role.SPECIALIST, False),
    ],
)
def test_admins_keep_their_own_rights_and_may_take_others(
    *, is_active: bool | None, role: Role | None, is_allowed: bool
) -> None:
    admin = PEOPLE["admin"]

    check_keeps_own_rights(admin, CLIENT.user_id, is_active=is_active, role=role)
    if is_allowed:
        check_keeps_own_rights(admin, admin.user_id, is_active=is_active, role=role)
        return
    with pytest.raises(OwnAdminRights):
        check_keeps_own_rights(admin, admin.user_id, is_active=is_active, role=role)
