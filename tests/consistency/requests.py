"""One request each, and what the client is told: written into the history."""

import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.consistency.history import Kind, Operation, Outcome
from tests.consistency.tables import is_from_hours
from tests.consistency.world import Account, KnownBooking, Specialist, Wish, World
from tests.e2e.people import LOOPBACK, unused_address

ANSWER_SECONDS = 35.0
"""Longer than any function may run: what is not answered then never will be."""
RETRIES_OF_UNANSWERED = 2
STEP_MINUTES = 15
SLOT_MINUTES = 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

type Intervals = list[list[str]]


def connection(url: str) -> httpx.AsyncClient:
    """From a source address of its own, where the stack is here."""
    here = httpx.URL(url).host in LOOPBACK
    limits = httpx.Limits(max_connections=4)
    transport = httpx.AsyncHTTPTransport(local_address=unused_address() if here else None, limits=limits)
    base = httpx.URL(url).copy_with(host="127.0.0.1") if here else httpx.URL(url)
    return httpx.AsyncClient(base_url=base, transport=transport, timeout=ANSWER_SECONDS, trust_env=False)


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
    operation.body = {"slots": body} if isinstance(body, list) else body
    if not _tells_of_a_dead_function(answer):
        operation.reason = (operation.body.get("error") or {}).get("reason")


def _tells_of_a_dead_function(answer: httpx.Response) -> bool:
    """Whether the gateway says so: functions never answer without this header, not even a 500 of their own."""
    return answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR and "x-content-type-options" not in answer.headers


def about_wish(wish: Wish) -> dict[str, Any]:
    return {
        "slot": wish.slot,
        "times": wish.times,
        "specialist": wish.specialist.specialist_id,
        "service": wish.service,
        "listing": wish.listing,
    }


def body_of(wish: Wish) -> dict[str, Any]:
    return {"slot_id": wish.slot, **({"service_id": wish.service} if wish.service else {})}


# --- Bookings and wait-lists ------------------------------------------------------------------------------------------


async def book_once(
    world: World, client: Account, wish: Wish, key: str | None, retry_of: int | None, hold_seconds: int | None = None
) -> Operation:
    about = about_wish(wish) | {"hold_seconds": hold_seconds}
    operation = world.history.new(Kind.BOOK, client.id, key=key, retry_of=retry_of, **about)
    headers = {"Idempotency-Key": key} if key else {}
    body = body_of(wish) | ({"hold_seconds": hold_seconds} if hold_seconds else {})
    await ask(operation, client.http, "POST", "/bookings", json=body, headers=headers)
    return await booked(world, client, wish, operation)


async def booked(world: World, client: Account, wish: Wish, operation: Operation) -> Operation:
    """Takes down what came of the wish, and reads the booking."""
    if operation.outcome is Outcome.DONE and operation.body:
        operation.booking = operation.body["id"]
        if not operation.retry_of:
            world.bookings[operation.body["id"]] = KnownBooking(operation.body["id"], client, wish)
        await read_once(world, client, operation.body["id"])
    if operation.reason == "slot_not_found":
        world.forget(wish)
    return operation


async def read_once(world: World, client: Account, booking: str) -> None:
    operation = world.history.new(Kind.READ, client.id, booking=booking)
    await ask(operation, client.http, "GET", f"/bookings/{booking}")


async def confirm_once(world: World, actor: Account, booking: KnownBooking, retry_of: int | None) -> Operation:
    about = {"slot": booking.place.slot, "specialist": booking.place.specialist.specialist_id, "booking": booking.id}
    operation = world.history.new(Kind.CONFIRM, actor.id, retry_of=retry_of, **about)
    await ask(operation, actor.http, "POST", f"/bookings/{booking.id}/confirm")
    if operation.reason == "hold_ended":
        world.bookings.pop(booking.id, None)
    return operation


async def cancel_once(world: World, actor: Account, booking: KnownBooking, retry_of: int | None) -> Operation:
    about = {"slot": booking.place.slot, "specialist": booking.place.specialist.specialist_id, "booking": booking.id}
    operation = world.history.new(Kind.CANCEL, actor.id, retry_of=retry_of, **about)
    await ask(operation, actor.http, "PATCH", f"/bookings/{booking.id}/cancel")
    if operation.outcome is not Outcome.UNKNOWN:
        world.bookings.pop(booking.id, None)
    return operation


async def say_once(world: World, booking: KnownBooking, attendance: str | None, retry_of: int | None) -> Operation:
    """Whether its client has come; asked by its specialist."""
    specialist, said = booking.place.specialist, {"attendance": attendance}
    operation = world.history.new(Kind.ATTEND, specialist.id, booking=booking.id, wanted=said, retry_of=retry_of)
    await ask(operation, specialist.http, "PATCH", f"/bookings/{booking.id}/attendance", json=said)
    return operation


async def reschedule_once(
    world: World, client: Account, booking: KnownBooking, wish: Wish, retry_of: int | None
) -> Operation:
    about = about_wish(wish) | {"booking": booking.id}
    operation = world.history.new(Kind.RESCHEDULE, client.id, retry_of=retry_of, **about)
    await ask(operation, client.http, "PATCH", f"/bookings/{booking.id}/reschedule", json={"slot_id": wish.slot})
    if operation.outcome is Outcome.DONE:
        booking.place = Wish(wish.slot, wish.times, wish.specialist, booking.place.service)
    if operation.reason == "booking_not_confirmed":
        world.bookings.pop(booking.id, None)
    return operation


async def join_once(world: World, client: Account, wish: Wish, retry_of: int | None) -> Operation:
    operation = world.history.new(Kind.JOIN, client.id, retry_of=retry_of, **about_wish(wish))
    await ask(operation, client.http, "POST", "/bookings/wait-list", json=body_of(wish))
    if operation.outcome is Outcome.DONE and operation.body:
        world.entries[operation.body["id"]] = (client, wish)
    return operation


async def leave_once(world: World, client: Account, entry: str, wish: Wish, retry_of: int | None) -> Operation:
    about = {"slot": wish.slot, "specialist": wish.specialist.specialist_id}
    operation = world.history.new(Kind.LEAVE, client.id, retry_of=retry_of, **about)
    await ask(operation, client.http, "DELETE", f"/bookings/wait-list/{entry}")
    if operation.outcome is not Outcome.UNKNOWN:
        world.entries.pop(entry, None)
    return operation


async def list_once(world: World, client: Account, specialist: Specialist, service: str | None) -> Operation:
    """The slots of the specialist's day, which anybody may see."""
    wanted = {"date": specialist.day.isoformat()}
    about = {"specialist": specialist.specialist_id, "service": service, "wanted": wanted}
    operation = world.history.new(Kind.LIST, client.id, **about)
    query = {**wanted, "tz": specialist.zone, "limit": "100", **({"service_id": service} if service else {})}
    await ask(operation, client.http, "GET", f"/specialists/{specialist.specialist_id}/slots", params=query)
    if operation.outcome is Outcome.DONE and operation.body:
        for slot in operation.body["slots"]:
            del slot["specialist_id"]
            if is_from_hours(slot["id"]):
                wish = Wish(slot["id"], (slot["start_at"], slot["end_at"]), specialist, service)
                world.from_hours.setdefault((wish.slot, service), wish)
    return operation


# --- A specialist's time ----------------------------------------------------------------------------------------------


async def open_slot(world: World, specialist: Specialist, start: datetime, length: timedelta) -> None:
    """One that everybody hears of."""
    wish = await open_once(world, specialist, start, length)
    if wish:
        world.slots[wish.slot] = wish


async def open_once(world: World, specialist: Specialist, start: datetime, length: timedelta) -> Wish | None:
    times = _times(start, length)
    operation = world.history.new(Kind.OPEN, specialist.id, specialist=specialist.specialist_id, times=times)
    body = {"start_at": times[0], "end_at": times[1]}
    await ask(operation, specialist.http, "POST", "/specialists/me/slots", json=body)
    if operation.outcome is Outcome.DONE and operation.body:
        operation.slot = operation.body["id"]
        return Wish(operation.body["id"], times, specialist)
    return None


async def delete_once(world: World, slot: Wish, retry_of: int | None) -> Operation:
    operation = _asked_of_specialist(world, Kind.DELETE, slot, retry_of)
    await ask(operation, slot.specialist.http, "DELETE", f"/specialists/me/slots/{slot.slot}")
    if operation.outcome is Outcome.DONE or operation.reason == "slot_not_found":
        world.forget(slot)
    return operation


async def take_off(world: World, specialist: Specialist, start: datetime, length: timedelta) -> None:
    times = _times(start, length)
    operation = world.history.new(Kind.TAKE_OFF, specialist.id, specialist=specialist.specialist_id, times=times)
    body = {"start_at": times[0], "end_at": times[1]}
    await ask(operation, specialist.http, "POST", "/specialists/me/time-off", json=body)
    if operation.outcome is Outcome.DONE and operation.body:
        operation.slot = operation.body["id"]
        world.times_off[operation.body["id"]] = Wish(operation.body["id"], times, specialist)


async def end_off_once(world: World, off: Wish, retry_of: int | None) -> Operation:
    operation = _asked_of_specialist(world, Kind.END_OFF, off, retry_of)
    await ask(operation, off.specialist.http, "DELETE", f"/specialists/me/time-off/{off.slot}")
    if operation.outcome is not Outcome.UNKNOWN:
        world.times_off.pop(off.slot, None)
    return operation


def _asked_of_specialist(world: World, kind: Kind, wish: Wish, retry_of: int | None) -> Operation:
    return world.history.new(kind, wish.specialist.id, retry_of=retry_of, **about_wish(wish))


async def set_week(world: World, specialist: Specialist, hours: Intervals) -> None:
    """The same hours on each day of the week."""
    rules = {"step_minutes": STEP_MINUTES, "slot_minutes": SLOT_MINUTES}
    wanted = {"time_zone": specialist.zone, "hours": hours, **rules}
    operation = _changed(world, Kind.SET_WEEK, specialist, wanted)
    body = {"hours": dict.fromkeys(WEEKDAYS, _on_the_wire(hours)), "horizon_days": 400, **rules}
    await ask(operation, specialist.http, "PUT", "/specialists/me/schedule", json=body)


async def set_date(world: World, specialist: Specialist, hours: Intervals | None) -> None:
    """The specialist's day has hours of its own, or none of its own any more."""
    operation = _changed(world, Kind.SET_DATE, specialist, {"date": specialist.day.isoformat(), "hours": hours})
    path = f"/specialists/me/schedule/dates/{specialist.day.isoformat()}"
    if hours is None:
        await ask(operation, specialist.http, "DELETE", path)
    else:
        await ask(operation, specialist.http, "PUT", path, json={"hours": _on_the_wire(hours)})


async def create_service(world: World, specialist: Specialist, wanted: Mapping[str, Any]) -> None:
    operation = _changed(world, Kind.SET_SERVICE, specialist, wanted)
    title = f"{wanted['duration_minutes']} minutes"
    body = {**wanted, "title": title, "price": "30.00"}
    del body["is_active"]
    await ask(operation, specialist.http, "POST", "/specialists/me/services", json=body)
    if operation.outcome is Outcome.DONE and operation.body:
        operation.service = operation.body["id"]
        specialist.services[operation.body["id"]] = wanted


async def change_service(world: World, specialist: Specialist, service: str, wanted: Mapping[str, Any]) -> None:
    """Everything that may change is sent at once, so that each request says how the service is from then on."""
    operation = _changed(world, Kind.SET_SERVICE, specialist, wanted)
    operation.service = service
    await ask(operation, specialist.http, "PATCH", f"/specialists/me/services/{service}", json=dict(wanted))


def _changed(world: World, kind: Kind, specialist: Specialist, wanted: Mapping[str, Any]) -> Operation:
    about = {"specialist": specialist.specialist_id, "wanted": dict(wanted)}
    return world.history.new(kind, specialist.id, **about)


def _on_the_wire(hours: Intervals) -> list[dict[str, str]]:
    return [{"from": start, "to": end} for start, end in hours]


def _times(start: datetime, length: timedelta) -> tuple[str, str]:
    return (start.strftime("%Y-%m-%dT%H:%M:%SZ"), (start + length).strftime("%Y-%m-%dT%H:%M:%SZ"))
