"""What is done without an account: by guests with the links in their mail, and by specialists for who calls."""

import secrets

from tests.consistency.history import Kind, Operation, Outcome
from tests.consistency.requests import (
    about_wish,
    ask,
    body_of,
    booked,
    cancel_once,
    confirm_once,
    connection,
    insisting,
    reschedule_once,
)
from tests.consistency.world import Account, Wish, World

HOLD_SECONDS = 30 * 60
MOST_ATTEMPTS = 8
"""Of one address: a stack limits them."""


async def book_as_guest(world: World, _: Account) -> None:
    """With a new address, that of another guest, or a client's own; what is not confirmed by a link stays held."""
    wish = world.luck.choice([world.any_slot, world.any_from_hours])()
    if wish:
        slot, guest = wish, someone(world)
        await insisting(world, lambda retry_of: book_guest_once(world, guest, slot, retry_of))


async def book_for_somebody(world: World, _: Account) -> None:
    """Confirmed at once."""
    wish = world.luck.choice([world.any_slot, world.any_from_hours])()
    if wish:
        slot, guest = wish, someone(world)
        await insisting(world, lambda retry_of: book_for_once(world, guest, slot, retry_of))


async def use_a_link(world: World, _: Account) -> None:
    """To confirm, to move or to cancel the booking that it opens."""
    booking = world.any_of_a_guest()
    if booking is None:
        return
    chosen, choice = booking, world.luck.random()
    target = world.any_target(booking)
    if choice < 0.4:
        await insisting(world, lambda retry_of: confirm_once(world, chosen.client, chosen, retry_of))
    elif choice < 0.7 and target:
        await insisting(world, lambda retry_of: reschedule_once(world, chosen.client, chosen, target, retry_of))
    else:
        await insisting(world, lambda retry_of: cancel_once(world, chosen.client, chosen, retry_of))


async def use_a_link_elsewhere(world: World, _: Account) -> None:
    """Tries to cancel another booking with it, as often one of the same address as there is one."""
    own, other = world.any_of_a_guest(), world.any_booking()
    if own and other and own is not other:
        operation = world.history.new(Kind.INTRUDE, own.client.id, booking=other.id)
        await ask(operation, own.client.http, "PATCH", f"/bookings/{other.id}/cancel")


def someone(world: World) -> Account:
    """A guest without any link yet."""
    erased = {client.email for client in world.heirs}
    known = [guest.email for guest in world.guests[-4:] if guest.email not in erased]
    own = [client.email for client in world.verified if client.email not in erased]
    choice = world.luck.random()
    chosen = known if choice < 0.3 else own if choice < 0.6 else []
    email = world.luck.choice(chosen) if chosen else ""
    if not email or sum(guest.email == email for guest in world.guests) >= MOST_ATTEMPTS:
        email = f"{secrets.token_hex(8)}@example.com"
    guest = Account("G", world.mail.guest_of(email), connection(world.url), email)
    world.guests.append(guest)
    return guest


async def book_guest_once(world: World, guest: Account, wish: Wish, retry_of: int | None) -> Operation:
    about = about_wish(wish) | {"hold_seconds": HOLD_SECONDS}
    operation = world.history.new(Kind.BOOK, guest.id, retry_of=retry_of, **about)
    body = {**body_of(wish), "name": guest.person, "email": guest.email}
    await ask(operation, guest.http, "POST", "/bookings/guest", json=body)
    return await _mailed(world, guest, wish, operation)


async def book_for_once(world: World, guest: Account, wish: Wish, retry_of: int | None) -> Operation:
    operation = world.history.new(Kind.BOOK, guest.id, retry_of=retry_of, **about_wish(wish))
    body = {**body_of(wish), "client": {"name": guest.person, "email": guest.email}}
    await ask(operation, wish.specialist.http, "POST", "/bookings", json=body)
    return await _mailed(world, guest, wish, operation)


async def _mailed(world: World, guest: Account, wish: Wish, operation: Operation) -> Operation:
    """The guest has the link from now on."""
    if operation.outcome is Outcome.DONE and operation.body:
        guest.http.headers["Authorization"] = f"Bearer {world.mail.link(guest.id, operation.body['id'])}"
    return await booked(world, guest, wish, operation)
