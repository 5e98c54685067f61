"""Clients that do random things to the same few slots at the same time, and write down what they are told."""

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.consistency.appointments import keep_an_appointment, say_who_came
from tests.consistency.erasure import erase_oneself
from tests.consistency.guests import book_as_guest, book_for_somebody, use_a_link, use_a_link_elsewhere
from tests.consistency.history import History
from tests.consistency.mail import Mail
from tests.consistency.offers import next_change_of_clocks
from tests.consistency.requests import (
    Intervals,
    book_once,
    cancel_once,
    change_service,
    confirm_once,
    connection,
    create_service,
    delete_once,
    end_off_once,
    insisting,
    join_once,
    leave_once,
    list_once,
    open_slot,
    reschedule_once,
    set_date,
    set_week,
    take_off,
)
from tests.consistency.world import SERVICES, Account, Doing, KnownBooking, Specialist, Wish, World

SLOT = timedelta(minutes=30)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
"""The specialists'; clocks are changed in all of them, in one by half an hour."""
HOLD_SECONDS = 60
"""As short as a hold can be."""
SLOTS_EACH = 4
MOST_SLOTS_EACH = 8
MOST_TIMES_OFF_EACH = 2
CLIENTS_FOR_ONE_SPARE = 4
LONGEST_PAUSE_SECONDS = 0.05
WARM_UP_REQUESTS = 250
"""Asked before the time begins, since cold starts of all functions at once take longer than all that follows."""
WEEKS: tuple[Intervals, ...] = (
    [["00:30", "03:30"], ["04:00", "07:00"]],
    [["00:30", "07:00"]],
    [["01:15", "02:15"], ["02:30", "06:15"]],
)
"""Hours to choose from: around the change of the clocks, one beginning in what is left out when they go forward."""


async def run(
    url: str,
    *,
    seconds: float,
    clients: int,
    seed: int,
    mail: Mail,
    when_warm: Callable[[], None] | None = None,
    doings: Mapping[Doing, float] | None = None,
) -> World:
    """Everything that so many clients did in that time; with `when_warm`, after the functions have been warmed up.

    `doings` says what they do, and how often in proportion.
    """
    world = World(History(), random.Random(seed), doings or DOINGS, url, mail)
    made: list[Account] = []
    try:
        for number, zone in enumerate(ZONES):
            account = await sign_up(url, "specialist", f"S{number}")
            made.append(account)
            day = next_change_of_clocks(zone, datetime.now(UTC))
            world.specialists.append(Specialist(account.name, account.id, account.http, zone=zone, day=day))
        spares = clients // CLIENTS_FOR_ONE_SPARE
        made += [await sign_up(url, "client", f"C{number}") for number in range(clients + spares)]
        world.clients, world.spares = made[len(ZONES) :][:clients], made[len(ZONES) + clients :]
        world.verified = world.clients[::2]
        for client in world.verified:
            mail.verify(client.id)
        for specialist in world.specialists:
            await move_in(world, specialist)
        if when_warm:
            await everybody(world, lambda: len(world.history) < WARM_UP_REQUESTS)
            when_warm()
        deadline = time.monotonic() + seconds
        await everybody(world, lambda: time.monotonic() < deadline)
    finally:
        for account in (*made, *world.guests):
            await account.http.aclose()
    return world


async def sign_up(url: str, role: str, name: str) -> Account:
    """A new account; a stack that limits registrations may ask to wait."""
    http = connection(url)
    credentials = {"email": f"{secrets.token_hex(8)}@example.com", "password": secrets.token_urlsafe(16)}
    account = Account(name, "", http, **credentials)
    about = {"role": role, "display_name": account.person}
    user = await patiently(lambda: http.post("/auth/register", json={**credentials, **about}))
    session = await patiently(lambda: http.post("/auth/login", json=credentials))
    http.headers["Authorization"] = f"Bearer {session['access_token']}"
    account.id = user["id"]
    return account


async def patiently(send: Callable[[], Coroutine[Any, Any, httpx.Response]]) -> dict[str, Any]:
    answer = await send()
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        await asyncio.sleep(int(answer.headers["Retry-After"]))
        return await patiently(send)
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body


async def move_in(world: World, specialist: Specialist) -> None:
    """The specialist describes the week and some services, opens a few slots, and the clients look at all of it."""
    await patiently(lambda: specialist.http.patch("/specialists/me", json={"time_zone": specialist.zone}))
    await set_week(world, specialist, WEEKS[0])
    for service in SERVICES:
        await create_service(world, specialist, service)
    for _ in range(SLOTS_EACH):
        await open_at_random(world, specialist)
    for service_id in (None, *specialist.services):
        await list_once(world, world.clients[0], specialist, service_id)


async def everybody(world: World, goes_on: Callable[[], bool]) -> None:
    """All clients at once, as long as that holds."""
    await asyncio.gather(*(live(world, client, goes_on) for client in world.clients))


async def live(world: World, client: Account, goes_on: Callable[[], bool]) -> None:
    """One client's time: one thing after the other."""
    doings, weights = list(world.doings), list(world.doings.values())
    while goes_on():
        (do,) = world.luck.choices(doings, weights)
        await do(world, client)
        client = world.heirs.get(client, client)
        await asyncio.sleep(world.luck.uniform(0, LONGEST_PAUSE_SECONDS))


# --- What a client does -----------------------------------------------------------------------------------------------


async def book(world: World, client: Account) -> None:
    await book_if_any(world, client, world.any_slot())


async def book_from_hours(world: World, client: Account) -> None:
    await book_if_any(world, client, world.any_from_hours())


async def book_if_any(world: World, client: Account, wish: Wish | None) -> None:
    if wish:
        await insisting(world, lambda retry_of: book_once(world, client, wish, None, retry_of))


async def hold(world: World, client: Account) -> None:
    """A slot of either kind; some are confirmed at once, some later, the others end by themselves."""
    wish = world.luck.choice([world.any_slot, world.any_from_hours])()
    if wish is None:
        return
    slot = wish
    held = await insisting(world, lambda retry_of: book_once(world, client, slot, None, retry_of, HOLD_SECONDS))
    if held.booking and world.luck.random() < 0.5:
        booking = KnownBooking(held.booking, client, slot)
        await insisting(world, lambda retry_of: confirm_once(world, client, booking, retry_of))


async def confirm(world: World, client: Account) -> None:
    """Any booking of its own, whether it is held or not; now and then by the specialist."""
    booking = world.any_booking(of=client)
    if booking:
        chosen = booking
        actor = client if world.luck.random() < 0.8 else chosen.place.specialist
        await insisting(world, lambda retry_of: confirm_once(world, actor, chosen, retry_of))


async def book_what_is_listed(world: World, client: Account) -> None:
    """Looks what is free, and asks for some of it at once."""
    specialist = world.any_specialist()
    service = world.luck.choice([None, *specialist.services])
    listing = await list_once(world, client, specialist, service)
    slots = (listing.body or {}).get("slots", [])
    free = [slot for slot in slots if not slot["is_booked"]]
    if free:
        slot = world.luck.choice(free)
        times = (slot["start_at"], slot["end_at"])
        wish = Wish(slot["id"], times, specialist, service, listing.number)
        await book_once(world, client, wish, None, None)


async def book_with_key(world: World, client: Account) -> None:
    """The same request once, twice in a row, or twice at once; now and then its key for another slot."""
    any_of = world.luck.choice([world.any_slot, world.any_from_hours])
    wish, other = any_of(), any_of()
    if not wish or not other:
        return
    key = secrets.token_hex(6)
    first = await insisting(world, lambda retry_of: book_once(world, client, wish, key, retry_of))
    choice = world.luck.random()
    if choice < 0.3:
        await book_once(world, client, wish, key, first.number)
    elif choice < 0.5:
        again = (book_once(world, client, wish, key, first.number) for _ in range(2))
        await asyncio.gather(*again)
    elif choice < 0.6:
        await book_once(world, client, other, key, None)


async def cancel(world: World, client: Account) -> None:
    """Its own booking, or one of anybody's by the specialist."""
    booking = world.any_booking(of=client)
    actor = client
    if booking is None or world.luck.random() < 0.2:
        booking = world.any_booking()
        actor = booking.place.specialist if booking else client
    if booking:
        chosen = booking
        await insisting(world, lambda retry_of: cancel_once(world, actor, chosen, retry_of))


async def reschedule(world: World, client: Account) -> None:
    """To a slot of either kind, once in a while one of another specialist's or of the wrong length."""
    booking = world.any_booking(of=client)
    if booking is None:
        return
    chosen, choice = booking, world.luck.random()
    if choice < 0.6:
        wish = world.any_target(booking)
    elif choice < 0.9:
        wish = world.any_slot(of=booking.place.specialist)
    else:
        wish = world.luck.choice([world.any_slot, world.any_from_hours])()
    if wish and wish.slot != booking.place.slot:
        target = wish
        await insisting(world, lambda retry_of: reschedule_once(world, client, chosen, target, retry_of))


async def join(world: World, client: Account) -> None:
    await join_if_any(world, client, world.any_slot())


async def join_from_hours(world: World, client: Account) -> None:
    await join_if_any(world, client, world.any_from_hours())


async def join_if_any(world: World, client: Account, wish: Wish | None) -> None:
    if wish:
        await insisting(world, lambda retry_of: join_once(world, client, wish, retry_of))


async def leave(world: World, client: Account) -> None:
    own = [(entry, wish) for entry, (owner, wish) in world.entries.items() if owner is client]
    if own:
        entry, wish = world.luck.choice(own)
        await insisting(world, lambda retry_of: leave_once(world, client, entry, wish, retry_of))


async def look_for_promotions(world: World, client: Account) -> None:
    """Learns which bookings the client was given without asking."""
    try:
        answer = await client.http.get("/bookings/me", params={"status": "confirmed", "limit": "50"})
    except httpx.TransportError:
        return
    owners = {specialist.specialist_id: specialist for specialist in world.specialists}
    for found in answer.json() if answer.is_success else ():
        times = (found["slot_start_at"], found["slot_end_at"])
        place = Wish(found["slot_id"], times, owners[found["specialist_id"]], found["service_id"])
        world.bookings.setdefault(found["id"], KnownBooking(found["id"], client, place))


async def list_slots(world: World, client: Account) -> None:
    specialist = world.any_specialist()
    await list_once(world, client, specialist, world.luck.choice([None, *specialist.services]))


# --- What a specialist does, whose turn it is when it is a client's --------------------------------------------------


async def open_a_slot(world: World, _: Account) -> None:
    specialist = world.any_specialist()
    if sum(slot.specialist is specialist for slot in world.slots.values()) < MOST_SLOTS_EACH:
        await open_at_random(world, specialist)


async def open_at_random(world: World, specialist: Specialist) -> None:
    """Over some hours of one day, so that slots overlap often; some lie over midnight."""
    start = specialist.begin + SLOT / 2 * world.luck.randrange(-2, 24)
    await open_slot(world, specialist, start, SLOT * world.luck.choice([1, 1, 2, 3]))


async def delete_a_slot(world: World, _: Account) -> None:
    slot = world.any_slot()
    if slot:
        await insisting(world, lambda retry_of: delete_once(world, slot, retry_of))


async def take_time_off(world: World, _: Account) -> None:
    specialist = world.any_specialist()
    if sum(off.specialist is specialist for off in world.times_off.values()) < MOST_TIMES_OFF_EACH:
        start = specialist.begin + SLOT / 2 * world.luck.randrange(32)
        await take_off(world, specialist, start, SLOT / 2 * world.luck.randrange(1, 7))


async def end_time_off(world: World, _: Account) -> None:
    if world.times_off:
        off = world.luck.choice(list(world.times_off.values()))
        await insisting(world, lambda retry_of: end_off_once(world, off, retry_of))


async def look_for_time_off(world: World, _: Account) -> None:
    """Learns which time off a specialist has taken without being told."""
    specialist = world.any_specialist()
    try:
        answer = await specialist.http.get("/specialists/me/time-off")
    except httpx.TransportError:
        return
    for found in answer.json() if answer.is_success else ():
        times = (found["start_at"], found["end_at"])
        world.times_off.setdefault(found["id"], Wish(found["id"], times, specialist))


async def change_the_week(world: World, _: Account) -> None:
    await set_week(world, world.any_specialist(), world.luck.choice(WEEKS))


async def change_the_date(world: World, _: Account) -> None:
    """A day off, other hours, or those of the week again."""
    await set_date(world, world.any_specialist(), world.luck.choice([None, None, None, [], *WEEKS]))


async def change_a_service(world: World, _: Account) -> None:
    """Switches it off for a moment, or gives it other buffers."""
    specialist = world.any_specialist()
    service = world.luck.choice(list(specialist.services))
    wanted = specialist.services[service]
    if world.luck.random() < 0.5:
        await change_service(world, specialist, service, {**wanted, "is_active": False})
        await asyncio.sleep(world.luck.uniform(0, 1))
        await change_service(world, specialist, service, {**wanted, "is_active": True})
    else:
        buffers = {"buffer_after_minutes": world.luck.choice([0, 15, 30])}
        await change_service(world, specialist, service, {**wanted, **buffers})


DOINGS: Mapping[Doing, float] = {
    book: 12,
    book_from_hours: 14,
    book_what_is_listed: 8,
    book_with_key: 10,
    hold: 8,
    confirm: 6,
    cancel: 22,
    reschedule: 24,
    join: 8,
    join_from_hours: 12,
    leave: 4,
    look_for_promotions: 8,
    list_slots: 3,
    open_a_slot: 6,
    delete_a_slot: 5,
    take_time_off: 4,
    end_time_off: 4,
    look_for_time_off: 1,
    change_the_week: 0.7,
    change_the_date: 0.7,
    change_a_service: 1,
    book_as_guest: 4,
    use_a_link: 7,
    use_a_link_elsewhere: 3,
    book_for_somebody: 1.5,
    say_who_came: 1,
    keep_an_appointment: 1.5,
    erase_oneself: 0.5,
}
