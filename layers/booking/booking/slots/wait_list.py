"""Joining, leaving and looking at lines. Promotion belongs to `booking.bookings`.

A slot counts its waiters. Whoever frees the slot does so under a condition on that count, so a client
that joins at the same moment is either seen or makes that write fail and start again.
"""

from contextlib import suppress
from datetime import datetime

from pynamodb.expressions.condition import Condition

from booking.accounts.table import IS_ACTIVE, UserItem
from booking.caller import Caller
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import TransactionCanceled
from booking.dynamodb.queries import Page, PageRequest, query_every, query_first, query_page
from booking.dynamodb.transaction import Transaction
from booking.errors import BookingError
from booking.runtime.clock import epoch_seconds
from booking.slots.errors import AlreadyWaiting, EntryNotFound, HoldsSlot, SlotIsAvailable, SlotNotFound, SlotStarted
from booking.slots.fitting_service import service_for
from booking.slots.rules import has_started
from booking.slots.slot_id import SlotId
from booking.slots.table import SlotItem, slot_key
from booking.slots.wait_list_entry_id import EntryId
from booking.slots.wait_list_table import WaitListEntry, WaitListItem
from booking.specialists.services import as_kept


def join_wait_list(caller: Caller, slot_id: str, now: datetime, *, service_id: str | None = None) -> WaitListEntry:
    """The last place in the line for a booked slot, for one of its specialist's services if one is named.

    Raises `SlotNotFound`, `SlotStarted`, `SlotIsAvailable`, `HoldsSlot`, `AlreadyWaiting`, `ServiceNotFound`,
    `ServiceLongerThanSlot`.
    """
    slot = SlotId.parse(slot_id)
    if slot is None:
        raise SlotNotFound
    service = None if service_id is None else service_for(slot, service_id)
    entry = WaitListItem(
        slot_id=slot.text,
        client_id=caller.user_id,
        entry_id=EntryId(slot, caller.user_id).text,
        client_email=caller.email,
        client_locale=caller.locale.value,
        joined_at=now,
        expires_at=epoch_seconds(slot.start_at),
        **as_kept(service),
    )
    transaction = Transaction()
    counted = transaction.update(
        SlotItem(specialist_id=slot.specialist_id, sk=slot_key(slot.start_at)),
        [SlotItem.waiters.set((SlotItem.waiters | 0) + 1)],
        condition=(SlotItem.slot_id == slot.text)
        & SlotItem.booking_id.exists()
        & (SlotItem.client_id != caller.user_id)
        & (SlotItem.start_at > now),
    )
    transaction.put(entry, condition=WaitListItem.slot_id.does_not_exist())
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled as failure:
        if not failure.failed(counted):
            raise AlreadyWaiting from None
        raise _why_not_joined(slot, failure.old(counted), now) from None
    return entry.to_entry()


def leave_wait_list(caller: Caller, entry_id: str, now: datetime) -> None:
    """Raises `EntryNotFound`, also for someone else's entry: ids can be computed, so a 403 would tell who waits."""
    entry = EntryId.parse(entry_id)
    if entry is None or has_started(entry.slot.start_at, now):
        raise EntryNotFound
    if entry.client_id != caller.user_id and not caller.is_admin:
        raise EntryNotFound
    _leave(entry)


def leave_all(client_id: str, now: datetime) -> None:
    """Takes the client out of every line that has not ended, entry by entry, each with its count on the slot."""
    still_open = WaitListItem.expires_at > epoch_seconds(now)
    for item in query_every(WaitListItem.by_client, client_id, only=still_open):
        entry = EntryId.parse(item.entry_id)
        if entry is not None:
            with suppress(EntryNotFound):
                _leave(entry)


def drop_inactive(slot: SlotId, waiter: WaitListItem) -> None:
    """Takes a waiter whose account is not active out of the line.

    Nothing happens if the account is active by now, or the waiter has left its place.
    """
    transaction = Transaction()
    _take_out(transaction, slot, waiter.client_id, WaitListItem.joined_at == waiter.joined_at)
    transaction.check(UserItem(user_id=waiter.client_id), ~IS_ACTIVE)
    with suppress(TransactionCanceled):
        retrying_contention(transaction.commit)


def list_own_wait_list(caller: Caller, request: PageRequest, now: datetime) -> Page[WaitListEntry]:
    """The caller's places, in the order of joining; lines whose slot has started are over."""
    page = query_page(
        WaitListItem.by_client,
        caller.user_id,
        None,
        request,
        key_of=WaitListItem.client_list_key,
        only=WaitListItem.expires_at > epoch_seconds(now),
    )
    return page.map(WaitListItem.to_entry)


def first_in_line(slot_id: str) -> WaitListItem | None:
    """Who is next for the slot, as of now."""
    return query_first(WaitListItem.by_joined, slot_id, consistent=True)


def _leave(entry: EntryId) -> None:
    transaction = Transaction()
    _take_out(transaction, entry.slot, entry.client_id, WaitListItem.slot_id.exists())
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled:
        raise EntryNotFound from None


def _take_out(transaction: Transaction, slot: SlotId, client_id: str, still_waits: Condition) -> None:
    transaction.delete(WaitListItem(slot_id=slot.text, client_id=client_id), condition=still_waits)
    transaction.update(
        SlotItem(specialist_id=slot.specialist_id, sk=slot_key(slot.start_at)),
        [SlotItem.waiters.set(SlotItem.waiters - 1)],
        condition=(SlotItem.slot_id == slot.text) & (SlotItem.waiters >= 1),
    )


def _why_not_joined(slot: SlotId, old: RawItem | None, now: datetime) -> BookingError:
    found = SlotItem.from_old(old) if old else None
    if found is None or found.slot_id != slot.text:
        return SlotNotFound()
    if has_started(found.start_at, now):
        return SlotStarted()
    if not found.booking_id:
        return SlotIsAvailable()
    return HoldsSlot()
