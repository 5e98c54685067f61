"""Clients that do random things to the same few slots at the same time, and write down what they are told."""

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.consistency.history import History, Kind, Operation, Outcome
from tests.e2e.people import LOOPBACK, unused_address

ANSWER_SECONDS = 35.0
"""Longer than any function may run: what is not answered then never will be."""
SLOT = timedelta(minutes=30)
SPECIALISTS = 3
SLOTS_EACH = 6
MOST_SLOTS_EACH = 10
LONGEST_PAUSE_SECONDS = 0.05
RETRIES_OF_UNANSWERED = 2
WARM_UP_REQUESTS = 120
"""Asked before the time begins, since cold starts of all functions at once take longer than all that follows."""


@dataclass
class Account:
    """Somebody with a token, and a connection of their own."""

    name: str
    id: str
    http: httpx.AsyncClient


@dataclass
class KnownBooking:
    """A booking that is believed to be confirmed."""

    id: str
    slot: str
    owner: Account
    specialist: Account


type Doing = Callable[[World, Account], Coroutine[Any, Any, None]]


@dataclass
class World:
    """What the clients know together, right or not: where to find something to fight over."""

    history: History
    luck: random.Random
    doings: Mapping[Doing, float]
    specialists: list[Account] = field(default_factory=list)
    clients: list[Account] = field(default_factory=list)
    slots: dict[str, Account] = field(default_factory=dict)
    bookings: dict[str, KnownBooking] = field(default_factory=dict)
    entries: dict[str, tuple[Account, str]] = field(default_factory=dict)
    first_day: datetime = field(
        default_factory=lambda: (
            datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=40)
        )
    )

    def any_slot(self, of: Account | None = None) -> str | None:
        """Half the time one that nobody is known to hold."""
        found = [slot for slot, owner in self.slots.items() if of is None or owner is of]
        held = {booking.slot for booking in self.bookings.values()}
        free = [slot for slot in found if slot not in held]
        chosen = free if free and self.luck.random() < 0.5 else found
        return self.luck.choice(chosen) if chosen else None

    def any_booking(self, of: Account | None = None) -> KnownBooking | None:
        found = [booking for booking in self.bookings.values() if of is None or booking.owner is of]
        return self.luck.choice(found) if found else None


async def run(
    url: str,
    *,
    seconds: float,
    clients: int,
    seed: int,
    when_warm: Callable[[], None] | None = None,
    doings: Mapping[Doing, float] | None = None,
) -> World:
    """Everything that so many clients did in that time; with `when_warm`, after the functions have been warmed up.

    `doings` says what they do, and how often in proportion.
    """
    world = World(History(), random.Random(seed), doings or DOINGS)
    limit = httpx.Limits(max_connections=4)
    accounts = [("specialist", f"S{number}") for number in range(SPECIALISTS)]
    accounts += [("client", f"C{number}") for number in range(clients)]
    made: list[Account] = []
    for role, name in accounts:
        made.append(await sign_up(url, role, name, limit))
    world.specialists, world.clients = made[:SPECIALISTS], made[SPECIALISTS:]
    try:
        for specialist in world.specialists:
            for _ in range(SLOTS_EACH):
                await open_slot(world, specialist)
        if when_warm:
            await everybody(world, lambda: len(world.history) < WARM_UP_REQUESTS)
            when_warm()
        deadline = time.monotonic() + seconds
        await everybody(world, lambda: time.monotonic() < deadline)
    finally:
        for account in made:
            await account.http.aclose()
    return world


async def sign_up(url: str, role: str, name: str, limits: httpx.Limits) -> Account:
    """A new account; a stack that limits registrations may ask to wait."""
    here = httpx.URL(url).host in LOOPBACK
    transport = httpx.AsyncHTTPTransport(local_address=unused_address() if here else None, limits=limits)
    base = httpx.URL(url).copy_with(host="127.0.0.1") if here else httpx.URL(url)
    http = httpx.AsyncClient(base_url=base, transport=transport, timeout=ANSWER_SECONDS, trust_env=False)
    credentials = {"email": f"{secrets.token_hex(8)}@example.com", "password": secrets.token_urlsafe(16)}
    user = await patiently(lambda: http.post("/auth/register", json={**credentials, "role": role}))
    session = await patiently(lambda: http.post("/auth/login", json=credentials))
    http.headers["Authorization"] = f"Bearer {session['access_token']}"
    return Account(name, user["id"], http)


async def patiently(send: Callable[[], Coroutine[Any, Any, httpx.Response]]) -> dict[str, Any]:
    answer = await send()
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        await asyncio.sleep(int(answer.headers["Retry-After"]))
        return await patiently(send)
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body


async def everybody(world: World, goes_on: Callable[[], bool]) -> None:
    """All clients at once, as long as that holds."""
    await asyncio.gather(*(live(world, client, goes_on) for client in world.clients))


async def live(world: World, client: Account, goes_on: Callable[[], bool]) -> None:
    """One client's time: one thing after the other."""
    doings, weights = list(world.doings), list(world.doings.values())
    while goes_on():
        (do,) = world.luck.choices(doings, weights)
        await do(world, client)
        await asyncio.sleep(world.luck.uniform(0, LONGEST_PAUSE_SECONDS))


# --- What a client does -----------------------------------------------------------------------------------------------


async def book(world: World, client: Account) -> None:
    slot = world.any_slot()
    if slot:
        await insisting(world, lambda retry_of: book_once(world, client, slot, None, retry_of))


async def book_with_key(world: World, client: Account) -> None:
    """The same request once, twice in a row, or twice at once; now and then its key for another slot."""
    slot, other = world.any_slot(), world.any_slot()
    if not slot or not other:
        return
    key = secrets.token_hex(6)
    first = await insisting(world, lambda retry_of: book_once(world, client, slot, key, retry_of))
    choice = world.luck.random()
    if choice < 0.3:
        await book_once(world, client, slot, key, first.number)
    elif choice < 0.5:
        again = (book_once(world, client, slot, key, first.number) for _ in range(2))
        await asyncio.gather(*again)
    elif choice < 0.6:
        await book_once(world, client, other, key, None)


async def cancel(world: World, client: Account) -> None:
    """Its own booking, or one of anybody's by the specialist."""
    booking = world.any_booking(of=client)
    actor = client
    if booking is None or world.luck.random() < 0.2:
        booking = world.any_booking()
        actor = booking.specialist if booking else client
    if booking:
        chosen = booking
        await insisting(world, lambda retry_of: cancel_once(world, actor, chosen, retry_of))


async def reschedule(world: World, client: Account) -> None:
    booking = world.any_booking(of=client)
    if booking is None:
        return
    slot = world.any_slot(of=None if world.luck.random() < 0.1 else booking.specialist)
    if slot and slot != booking.slot:
        chosen, target = booking, slot
        await insisting(world, lambda retry_of: reschedule_once(world, client, chosen, target, retry_of))


async def join(world: World, client: Account) -> None:
    slot = world.any_slot()
    if slot:
        await insisting(world, lambda retry_of: join_once(world, client, slot, retry_of))


async def leave(world: World, client: Account) -> None:
    own = [(entry, slot) for entry, (owner, slot) in world.entries.items() if owner is client]
    if own:
        entry, slot = world.luck.choice(own)
        await insisting(world, lambda retry_of: leave_once(world, client, entry, slot, retry_of))


async def open_a_slot(world: World, _: Account) -> None:
    specialist = world.luck.choice(world.specialists)
    if sum(owner is specialist for owner in world.slots.values()) < MOST_SLOTS_EACH:
        await open_slot(world, specialist)


async def delete_a_slot(world: World, _: Account) -> None:
    slot = world.any_slot()
    if slot:
        owner = world.slots[slot]
        await insisting(world, lambda retry_of: delete_once(world, owner, slot, retry_of))


async def look_for_promotions(world: World, client: Account) -> None:
    """Learns which bookings the client was given without asking."""
    try:
        answer = await client.http.get("/bookings/me", params={"status": "confirmed", "limit": "50"})
    except httpx.TransportError:
        return
    for found in answer.json() if answer.is_success else ():
        owner = world.slots.get(found["slot_id"])
        if owner:
            world.bookings.setdefault(found["id"], KnownBooking(found["id"], found["slot_id"], client, owner))


DOINGS: Mapping[Doing, float] = {
    book: 20,
    book_with_key: 10,
    cancel: 18,
    reschedule: 24,
    join: 10,
    leave: 4,
    open_a_slot: 6,
    delete_a_slot: 4,
    look_for_promotions: 8,
}


# --- One request, written down ----------------------------------------------------------------------------------------


async def insisting(world: World, send: Callable[[int | None], Coroutine[Any, Any, Operation]]) -> Operation:
    """Sends the request; when no answer tells what became of it, sometimes sends it again."""
    first = operation = await send(None)
    for _ in range(RETRIES_OF_UNANSWERED):
        if operation.outcome is not Outcome.UNKNOWN or world.luck.random() < 0.4:
            break
        operation = await send(first.number)
    return first


async def ask(operation: Operation, http: httpx.AsyncClient, method: str, path: str, **more: Any) -> None:
    operation.start = time.time()
    try:
        answer = await http.request(method, path, **more)
    except httpx.TransportError:
        operation.end = time.time()
        return
    operation.end = time.time()
    operation.status = answer.status_code
    try:
        body = answer.json() if answer.content else {}
    except ValueError:
        body = {"not JSON": answer.text[:200]}
    operation.body = body
    if not _tells_of_a_dead_function(answer):
        operation.reason = (body.get("error") or {}).get("reason")


def _tells_of_a_dead_function(answer: httpx.Response) -> bool:
    """Whether the gateway says so: functions never answer without this header, not even a 500 of their own."""
    return answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR and "x-content-type-options" not in answer.headers


async def book_once(world: World, client: Account, slot: str, key: str | None, retry_of: int | None) -> Operation:
    operation = world.history.new(Kind.BOOK, client.id, slot=slot, key=key, retry_of=retry_of)
    headers = {"Idempotency-Key": key} if key else {}
    await ask(operation, client.http, "POST", "/bookings", json={"slot_id": slot}, headers=headers)
    if operation.outcome is Outcome.DONE and operation.body:
        operation.booking = operation.body["id"]
        owner = world.slots.get(slot)
        if owner and not retry_of:
            world.bookings[operation.body["id"]] = KnownBooking(operation.body["id"], slot, client, owner)
        await read_once(world, client, operation.body["id"])
    if operation.reason == "slot_not_found":
        world.slots.pop(slot, None)
    return operation


async def read_once(world: World, client: Account, booking: str) -> None:
    operation = world.history.new(Kind.READ, client.id, booking=booking)
    await ask(operation, client.http, "GET", f"/bookings/{booking}")


async def cancel_once(world: World, actor: Account, booking: KnownBooking, retry_of: int | None) -> Operation:
    operation = world.history.new(Kind.CANCEL, actor.id, slot=booking.slot, booking=booking.id, retry_of=retry_of)
    await ask(operation, actor.http, "PATCH", f"/bookings/{booking.id}/cancel")
    if operation.outcome is not Outcome.UNKNOWN:
        world.bookings.pop(booking.id, None)
    return operation


async def reschedule_once(
    world: World, client: Account, booking: KnownBooking, slot: str, retry_of: int | None
) -> Operation:
    operation = world.history.new(Kind.RESCHEDULE, client.id, slot=slot, booking=booking.id, retry_of=retry_of)
    await ask(operation, client.http, "PATCH", f"/bookings/{booking.id}/reschedule", json={"slot_id": slot})
    if operation.outcome is Outcome.DONE:
        booking.slot = slot
    if operation.reason == "booking_not_confirmed":
        world.bookings.pop(booking.id, None)
    return operation


async def join_once(world: World, client: Account, slot: str, retry_of: int | None) -> Operation:
    operation = world.history.new(Kind.JOIN, client.id, slot=slot, retry_of=retry_of)
    await ask(operation, client.http, "POST", "/bookings/wait-list", json={"slot_id": slot})
    if operation.outcome is Outcome.DONE and operation.body:
        world.entries[operation.body["id"]] = (client, slot)
    return operation


async def leave_once(world: World, client: Account, entry: str, slot: str, retry_of: int | None) -> Operation:
    operation = world.history.new(Kind.LEAVE, client.id, slot=slot, retry_of=retry_of)
    await ask(operation, client.http, "DELETE", f"/bookings/wait-list/{entry}")
    if operation.outcome is not Outcome.UNKNOWN:
        world.entries.pop(entry, None)
    return operation


async def open_slot(world: World, specialist: Account) -> None:
    """Over one day of few half hours, so that slots overlap often; some lie over midnight."""
    start = world.first_day + SLOT / 2 * world.luck.randrange(-2, 24)
    times = (start.strftime("%Y-%m-%dT%H:%M:%SZ"), (start + SLOT).strftime("%Y-%m-%dT%H:%M:%SZ"))
    operation = world.history.new(Kind.OPEN, specialist.id, times=times)
    body = {"start_at": times[0], "end_at": times[1]}
    await ask(operation, specialist.http, "POST", "/specialists/me/slots", json=body)
    if operation.outcome is Outcome.DONE and operation.body:
        operation.slot = operation.body["id"]
        world.slots[operation.body["id"]] = specialist


async def delete_once(world: World, specialist: Account, slot: str, retry_of: int | None) -> Operation:
    operation = world.history.new(Kind.DELETE, specialist.id, slot=slot, retry_of=retry_of)
    await ask(operation, specialist.http, "DELETE", f"/specialists/me/slots/{slot}")
    if operation.outcome is Outcome.DONE or operation.reason == "slot_not_found":
        world.slots.pop(slot, None)
    return operation
