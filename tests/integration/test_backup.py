"""Copies of all tables, and their restoration, on moto; the deployed stack's are in tests/e2e/test_operations.py."""

from datetime import date
from pathlib import Path

import pytest

from booking.accounts.errors import RefreshTokenRejected, TokenNotValid
from booking.accounts.mailed_links import Purpose, issue_token
from booking.accounts.register import Registration, register_user
from booking.accounts.sessions import open_session, refresh_session
from booking.administration.verify_email import verify_email
from booking.bookings.change_hours import set_dates
from booking.bookings.create import Wish, create_booking
from booking.bookings.delete import delete_time_off
from booking.bookings.end import cancel_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.slots.time_off import create_time_off
from infra.cli import CommandError
from infra.operate.backup import back_up, replace, restore
from tests.integration.opening_hours import opened, slot_at, taken
from tests.integration.operated import Moto
from tests.integration.people import HOUR, NOW, SECOND, a_client, a_slot, a_specialist, a_waiter
from tests.integration.tables import empty_tables, slot_item, stored, stored_in_calendar


def test_after_a_restoration_over_data_a_slot_has_the_one_booking_of_the_copy(tmp_path: Path) -> None:
    specialist, ann, ben = a_specialist(), a_client(), a_client()
    slot = a_slot(specialist)
    booking = create_booking(ann, Wish(slot.id), NOW)
    back_up(Moto(), tmp_path / "copy", NOW)
    cancel_booking(ann, booking.id, now=NOW)
    create_booking(ben, Wish(slot.id), NOW)
    a_slot(specialist, starts_in=5 * (slot.end_at - slot.start_at))

    replace(Moto(), tmp_path / "copy", NOW)

    (left,) = stored("bookings")
    assert (left["booking_id"], left["status"]) == (booking.id, "confirmed")
    assert slot_item(slot.id)["booking_id"] == booking.id
    assert len(stored_in_calendar("slot")) == 1


def test_opening_hours_and_what_is_taken_of_them_are_put_back(tmp_path: Path) -> None:
    specialist, ann, ben = opened(a_specialist()), a_client(), a_waiter()
    set_dates(specialist, date(2030, 3, 2), date(2030, 3, 3), [], NOW)
    time_off = create_time_off(specialist, NOW + 3 * HOUR, NOW + 4 * HOUR, NOW)
    booking = create_booking(ann, Wish(slot_at(specialist, "10:00")), NOW)
    join_wait_list(ben, slot_at(specialist, "10:00"), NOW)
    back_up(Moto(), tmp_path / "copy", NOW)
    before = {table: stored(table) for table in ("calendar", "waitlist")}
    empty_tables()

    restore(Moto(), tmp_path / "copy", NOW)

    assert {table: stored(table) for table in before} == before
    cancel_booking(ann, booking.id, now=NOW)
    assert [item["status"] for item in stored("bookings") if item["client_id"] == ben.user_id] == ["confirmed"]
    delete_time_off(specialist, time_off.id, NOW)
    assert taken(specialist) == {"10": set(range(60))}


def test_tables_that_hold_something_are_not_restored_into_unasked(tmp_path: Path) -> None:
    a_slot(a_specialist())
    back_up(Moto(), tmp_path / "copy", NOW)
    with pytest.raises(CommandError, match="CalendarTable is not empty"):
        restore(Moto(), tmp_path / "copy", NOW)


def test_a_copy_of_another_stack_replaces_nothing_unless_that_stack_is_named(tmp_path: Path) -> None:
    another, this = Moto("booking-api-staging"), Moto("booking-api-prod")
    back_up(another, tmp_path / "copy", NOW)
    a_slot(a_specialist())
    before = {table: stored(table) for table in ("users", "calendar", "bookings")}

    for named in ("", "booking-api-prod", "booking-api"):
        with pytest.raises(CommandError, match=r"is a copy of booking-api-staging.*FROM=booking-api-staging"):
            replace(this, tmp_path / "copy", NOW, copy_of=named)
    assert {table: stored(table) for table in before} == before

    replace(this, tmp_path / "copy", NOW, copy_of="booking-api-staging")
    assert (stored("users"), stored("calendar")) == ([], [])


def test_a_copy_of_another_stack_may_fill_empty_tables(tmp_path: Path) -> None:
    a_slot(a_specialist())
    counts = back_up(Moto("booking-api-prod"), tmp_path / "copy", NOW)
    empty_tables()
    assert restore(Moto("booking-api-prod-2"), tmp_path / "copy", NOW) == counts


@pytest.mark.parametrize("stack_is_another", [True, False])
def test_no_restoration_revives_a_session(tmp_path: Path, *, stack_is_another: bool) -> None:
    user = register_user(Registration("ann@example.com", "correct horse"), source_address="192.0.2.1", now=NOW)
    copied = open_session(user, NOW)
    back_up(Moto(), tmp_path / "copy", NOW)
    since = open_session(user, NOW)
    if stack_is_another:
        empty_tables()
        restore(Moto(), tmp_path / "copy", NOW)
    else:
        replace(Moto(), tmp_path / "copy", NOW)
    assert stored("users")
    for session in (copied, since):
        with pytest.raises(RefreshTokenRejected):
            refresh_session(session.refresh_token, NOW + SECOND)


def test_no_restoration_revives_a_mailed_link(tmp_path: Path) -> None:
    user = register_user(Registration("ann@example.com", "correct horse"), source_address="192.0.2.1", now=NOW)
    token = issue_token(Purpose.VERIFICATION, user, NOW)
    back_up(Moto(), tmp_path / "copy", NOW)
    replace(Moto(), tmp_path / "copy", NOW)
    with pytest.raises(TokenNotValid):
        verify_email(token, source_address="192.0.2.1", now=NOW)


def test_a_restoration_that_was_interrupted_may_be_run_again(tmp_path: Path) -> None:
    a_slot(a_specialist())
    counts = back_up(Moto(), tmp_path / "copy", NOW)
    before = {table: stored(table) for table in ("users", "calendar", "bookings")}
    assert replace(Moto(), tmp_path / "copy", NOW) == replace(Moto(), tmp_path / "copy", NOW) == counts
    assert {table: stored(table) for table in before} == before
