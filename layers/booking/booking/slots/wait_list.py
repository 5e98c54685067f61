"""Joining, leaving and listing wait-lists (`booking.slots.promotion` is how waiting ends well).

A slot counts its waiters. Whoever frees the slot does so under a condition on that count, so a client
that joins at the same moment is either seen or makes that write fail and start again.
"""

from contextlib import suppress
from datetime import datetime
from functools import partial

from pynamodb.expressions.condition import Condition

from booking.accounts.table import IS_ACTIVE, UserItem
from booking.caller import Caller
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import TransactionCanceled
from booking.dynamodb.queries import Page, PageRequest, query_every, query_page
from booking.dynamodb.transaction import Transaction
from booking.errors import BookingError
from booking.runtime.clock import epoch_seconds
from booking.slots.client_item import client_attributes
from booking.slots.errors import AlreadyWaiting, EntryNotFound, HoldsSlot, SlotIsAvailable, SlotNotFound, SlotStarted
from booking.slots.fitting_service import service_for
from booking.slots.rules import Client, WaitListEntry, has_started
from booking.slots.slot_id import SlotId
from booking.slots.table import SlotItem
from booking.slots.wait_list_entry_id import EntryId
from booking.slots.wait_list_table import WaitListItem


def join_wait_list(caller: Caller, slot_id: str, now: datetime, *, service_id: str | None = None) -> WaitListEntry:
    """The last place in the wait-list of a booked slot, for one of its specialist's services if one is named.

    Raises `SlotNotFound`, `SlotStarted`, `SlotIsAvailable`, `HoldsSlot`, `AlreadyWaiting`, `ServiceNotFound`,
    `ServiceLongerThanSlot`.
    """
    slot = SlotId.parse(slot_id)
    if slot is None:
        raise SlotNotFound
    service = service_for(slot, service_id)
    entry = WaitListItem(
        slot_id=slot.text,
        entry_id=EntryId(slot, caller.user_id).text,
        joined_at=now,
        expires_at=epoch_seconds(slot.start_at),
        **client_attributes(Client(caller.user_id, caller.email, caller.locale), service),
    )
    transaction = Transaction()
    counted = transaction.update(
        SlotItem.at(slot),
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
    transaction = Transaction()
    _remove(transaction, entry.slot, entry.client_id, WaitListItem.slot_id.exists())
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled:
        raise EntryNotFound from None


def leave_all(client_id: str, now: datetime) -> None:
    """Removes an inactive client from every wait-list that has not ended, one by one, each with its slot's count."""
    still_open = WaitListItem.expires_at > epoch_seconds(now)
    for item in query_every(WaitListItem.by_client, client_id, only=still_open):
        slot = SlotId.parse(item.slot_id)
        if slot is not None:
            retrying_contention(partial(drop_inactive, slot, item.to_entry()))


def drop_inactive(slot: SlotId, waiter: WaitListEntry) -> None:
    """Removes a waiter whose account is not active from the wait-list, in one attempt.

    Nothing happens if the account is active by now, or the waiter has left its place. Raises `Contended`.
    """
    transaction = Transaction()
    _remove(transaction, slot, waiter.client.id, WaitListItem.joined_at == waiter.created_at)
    transaction.check(UserItem(user_id=waiter.client.id), ~IS_ACTIVE)
    with suppress(TransactionCanceled):
        transaction.commit()


def list_own_wait_list(caller: Caller, request: PageRequest, now: datetime) -> Page[WaitListEntry]:
    """The caller's entries, in the order of joining, until their slots start."""
    page = query_page(
        WaitListItem.by_client,
        caller.user_id,
        None,
        request,
        key_of=WaitListItem.client_list_key,
        only=WaitListItem.expires_at > epoch_seconds(now),
    )
    return page.map(WaitListItem.to_entry)


def _remove(transaction: Transaction, slot: SlotId, client_id: str, still_waits: Condition) -> None:
    transaction.delete(WaitListItem(slot_id=slot.text, client_id=client_id), condition=still_waits)
    transaction.update(
        SlotItem.at(slot),
        [SlotItem.waiters.set(SlotItem.waiters - 1)],
        condition=(SlotItem.slot_id == slot.text) & (SlotItem.waiters >= 1),
    )


def _why_not_joined(slot: SlotId, old: RawItem | None, now: datetime) -> BookingError:
    found = SlotItem.found(slot, old)
    if found is None or found.is_withdrawn:
        return SlotNotFound()
    if has_started(found.start_at, now):
        return SlotStarted()
    if not found.booking_id:
        return SlotIsAvailable()
    return HoldsSlot()
