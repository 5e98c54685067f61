"""Appointments that take place during a run: of their clients is said whether they have come."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from tests.consistency.requests import book_once, cancel_once, insisting, open_once, reschedule_once, say_once
from tests.consistency.world import Account, KnownBooking, Wish, World

SAID = ("attended", "no_show", None)
SECOND = timedelta(seconds=1)
BEGINS_IN = 3 * SECOND
"""Time enough to book it."""
THINGS_SAID = 4


async def say_who_came(world: World, _: Account) -> None:
    """Of any booking; but for appointments of this moment, all of them are to come."""
    booking = world.any_booking()
    if booking:
        await _say(world, booking)


async def _say(world: World, booking: KnownBooking) -> None:
    said = world.luck.choice(SAID)
    await insisting(world, lambda retry_of: say_once(world, booking, said, retry_of))


async def keep_an_appointment(world: World, client: Account) -> None:
    """Books a slot of this moment; once it has begun, its specialist says who came, or cancels or moves it."""
    specialist = world.any_specialist()
    begin = datetime.now(UTC).replace(microsecond=0) + BEGINS_IN
    slot = await open_once(world, specialist, begin, SECOND)
    if slot is None:
        return
    made = await insisting(world, lambda retry_of: book_once(world, client, slot, None, retry_of))
    if made.booking is None:
        return
    booking = KnownBooking(made.booking, client, slot)
    tomorrow = begin.replace(second=0) + timedelta(days=1, minutes=world.luck.randrange(600))
    later = await open_once(world, specialist, tomorrow, timedelta(minutes=1))
    await insisting(world, lambda retry_of: say_once(world, booking, "attended", retry_of))
    await asyncio.sleep(max(0.0, begin.timestamp() - time.time()))
    await asyncio.gather(*(_after_it_has_begun(world, booking, later) for _ in range(2)))
    world.bookings.pop(booking.id, None)


async def _after_it_has_begun(world: World, booking: KnownBooking, later: Wish | None) -> None:
    specialist = booking.place.specialist
    for _ in range(THINGS_SAID):
        choice = world.luck.random()
        if choice < 0.1:
            await insisting(world, lambda retry_of: cancel_once(world, specialist, booking, retry_of))
        elif choice < 0.2 and later:
            await insisting(world, lambda retry_of: reschedule_once(world, specialist, booking, later, retry_of))
        else:
            await _say(world, booking)
