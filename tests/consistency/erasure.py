"""Clients who erase themselves while others act, and what that means to their bookings and their places in line."""

import time

from tests.consistency.evidence import UNANSWERED_ENDS_WITHIN
from tests.consistency.history import History, Kind, Operation, Outcome
from tests.consistency.requests import ask
from tests.consistency.tables import Tables
from tests.consistency.world import Account, World

MOST_ATTEMPTS = 4
"""Of one account: a stack limits them."""


async def erase_oneself(world: World, client: Account) -> None:
    """For good: asks until it is told that it is done. Not while something is open that may still be done for it."""
    if not world.spares or client in world.heirs or _is_owed_an_answer(world.history, client):
        return
    world.heirs[client] = world.spares.pop()
    told = {"email": client.email, "name": client.person, "guest": world.mail.guest_of(client.email)}
    for _ in range(MOST_ATTEMPTS):
        operation = world.history.new(Kind.ERASE, client.id, wanted=told)
        await ask(operation, client.http, "DELETE", "/users/me", json={"password": client.password})
        if operation.outcome is not Outcome.UNKNOWN:
            return


def _is_owed_an_answer(history: History, client: Account) -> bool:
    since = time.time() - UNANSWERED_ENDS_WITHIN.total_seconds()
    return any(
        found.actor == client.id and found.outcome is Outcome.UNKNOWN and found.start > since for found in history
    )


def spell_out(history: History, tables: Tables) -> None:
    """Writes into the history what has been done without being asked for alone."""
    _spell_out_erasures(history, tables)
    _spell_out_places_given_up(history, tables)


def _spell_out_places_given_up(history: History, tables: Tables) -> None:
    """Who gives a slot up that it has taken over leaves that slot's line, if it stands in it."""
    holders = {booking.id: booking.client for booking in tables.bookings if booking.is_taken_over}
    for change in list(history.of(Kind.CANCEL, Kind.RESCHEDULE)):
        if not change.may_have_happened or change.booking not in holders:
            continue
        slots = _slots_of(history, tables, change.booking)
        for join in list(history.of(Kind.JOIN)):
            is_its_holders = join.actor == holders[change.booking] and join.slot in slots
            if is_its_holders and join.may_have_happened and join.start <= change.latest_effect:
                part = history.new(Kind.LEAVE, join.actor, part_of=change.number, start=change.start, end=change.end)
                part.slot, part.specialist = join.slot, join.specialist


def _slots_of(history: History, tables: Tables, booking_id: str) -> set[str | None]:
    """Every slot that the booking may have been given up."""
    asked_for = {each.slot for each in history.of(Kind.BOOK, Kind.RESCHEDULE) if each.booking == booking_id}
    return asked_for | {booking.slot for booking in tables.bookings if booking.id == booking_id}


def _spell_out_erasures(history: History, tables: Tables) -> None:
    """Each has cancelled bookings, and left lines."""
    for erasure in list(history.of(Kind.ERASE)):
        if not erasure.may_have_happened:
            continue
        for booking in tables.bookings:
            if booking.client == erasure.actor and booking.status == "cancelled":
                part = _part_of(history, erasure, Kind.CANCEL)
                part.booking, part.slot, part.specialist = booking.id, booking.slot, booking.specialist
        for join in list(history.of(Kind.JOIN)):
            if join.actor == erasure.actor and join.may_have_happened:
                part = _part_of(history, erasure, Kind.LEAVE)
                part.slot, part.specialist = join.slot, join.specialist


def _part_of(history: History, erasure: Operation, kind: Kind) -> Operation:
    times = {"start": erasure.start, "end": erasure.end, "status": erasure.status}
    return history.new(kind, erasure.actor, part_of=erasure.number, **times)
