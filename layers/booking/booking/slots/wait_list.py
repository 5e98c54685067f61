"""Joining, leaving and listing wait-lists (`booking.slots.promotion` is how waiting ends well).

Whoever waits is counted where what keeps it waiting is written: in the slot's item, and in the hour records of the time
that is needed beside it. Whoever frees one of them does so under a condition on that count, so a client that joins at
the same moment is either seen or makes that write fail and start again.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

from pynamodb.expressions.condition import Condition

from booking.accounts.table import IS_ACTIVE, UserItem
from booking.caller import Caller
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, Step, TransactionCanceled
from booking.dynamodb.items import get
from booking.dynamodb.queries import Page, PageRequest, query_every, query_page
from booking.dynamodb.transaction import Transaction
from booking.errors import BookingError
from booking.runtime.clock import epoch_seconds
from booking.slots.errors import AlreadyWaiting, EntryNotFound, HoldsSlot, SlotIsAvailable, SlotNotFound, SlotStarted
from booking.slots.hours import HourItem, Hours, count_waiting, first_taken, read_hour_records
from booking.slots.ids import EntryId, SlotId
from booking.slots.minutes import Minutes, minutes_between
from booking.slots.offered import terms_for
from booking.slots.read import find_slot
from booking.slots.rules import LONGEST_BUFFER, WaitListEntry, client_of, has_started
from booking.slots.table import IS_NOT_WITHDRAWN, SlotItem, client_attributes
from booking.slots.wait_list_table import LineItem, WaitListItem, delete_entry


def join(caller: Caller, slot: SlotId, service_id: str | None, now: datetime) -> WaitListEntry:
    """The last place in the wait-list of a slot that is taken, for one of its specialist's services if one is named.

    Raises `SlotNotFound`, `SlotStarted`, `SlotTooSoon`, `SlotIsAvailable`, `HoldsSlot`, `AlreadyWaiting`,
    `ServiceNotFound`, `ServiceNotOffered`, `ServiceLongerThanSlot`.
    """
    return retrying_contention(lambda: _join(caller, slot, service_id, now))


def _join(caller: Caller, slot: SlotId, service_id: str | None, now: datetime) -> WaitListEntry:
    around = _hours_around(slot) if slot.from_hours else ()
    terms = terms_for(caller, slot, service_id, now, hours=around)
    client = client_of(caller)
    entry = WaitListEntry(EntryId(slot, client.id).text, slot.text, client, terms.service, now)
    needed = slot.minutes_for(terms.service)
    transaction = Transaction()
    joined = transaction.put(_item_of(slot, entry), condition=WaitListItem.slot_id.does_not_exist())
    is_booked: Condition | None = SlotItem.booking_id.exists()
    if needed and (slot.from_hours or not find_slot(slot).is_booked):
        is_booked = None
        _wait_for_minute(transaction, slot, needed, terms.hours)
    elif needed:
        _wait_in_hours(transaction, slot, needed)
    if needed:
        transaction.put(LineItem.of(slot, entry), condition=LineItem.slot_id.does_not_exist())
    counted = None if slot.from_hours else _wait_in_slot(transaction, slot, client.id, is_booked, now)
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if counted and failure.failed(counted):
            raise _why_not_joined(slot, failure.old(counted), now) from None
        raise (AlreadyWaiting if failure.failed(joined) else Contended) from None
    return entry


def _wait_for_minute(transaction: Transaction, slot: SlotId, needed: Minutes, read: Hours) -> None:
    """The client is counted in all hours that it needs time of, if the minute that keeps it waiting is still taken."""
    hours = read or read_hour_records(slot.specialist_id, needed)
    taken = first_taken(hours, needed)
    if taken is None:
        raise SlotIsAvailable
    for hour in needed:
        is_taken = HourItem.taken.contains(taken[1]) if hour == taken[0] else None
        count_waiting(transaction, slot.specialist_id, hour, 1, condition=is_taken)


def _wait_in_hours(transaction: Transaction, slot: SlotId, needed: Minutes, change: int = 1) -> None:
    for hour in needed:
        count_waiting(transaction, slot.specialist_id, hour, change)


def _wait_in_slot(
    transaction: Transaction, slot: SlotId, client_id: str, is_booked: Condition | None, now: datetime
) -> Step:
    """The client is counted in a hand-opened slot that is not its own, and that is booked unless its time is taken."""
    is_waited_for = (
        (SlotItem.slot_id == slot.text)
        & (SlotItem.client_id.does_not_exist() | (SlotItem.client_id != client_id))
        & IS_NOT_WITHDRAWN
        & (SlotItem.start_at > now)
    )
    return transaction.update(
        SlotItem.at(slot),
        [SlotItem.waiters.set((SlotItem.waiters | 0) + 1), SlotItem.joins.set((SlotItem.joins | 0) + 1)],
        condition=is_waited_for if is_booked is None else is_waited_for & is_booked,
    )


def leave_wait_list(caller: Caller, entry_id: str, now: datetime) -> None:
    """Raises `EntryNotFound`, also for someone else's entry: ids can be computed, so a 403 would tell who waits."""
    wanted = EntryId.parse(entry_id)
    if wanted is None or has_started(wanted.slot.start_at, now):
        raise EntryNotFound
    if wanted.client_id != caller.user_id and not caller.is_admin:
        raise EntryNotFound
    retrying_contention(lambda: _leave(wanted.slot, wanted.client_id))


def _leave(slot: SlotId, client_id: str) -> None:
    item = get(WaitListItem, slot.text, client_id, consistent=True)
    if item is None:
        raise EntryNotFound
    try:
        _end(slot, item.to_entry())
    except TransactionCanceled:
        raise Contended from None


def leave_all(client_id: str, now: datetime) -> None:
    """Removes an inactive client from every wait-list that has not ended, one by one, each with its slot's count."""
    still_open = WaitListItem.expires_at > epoch_seconds(now)
    for item in query_every(WaitListItem.by_client, client_id, only=still_open):
        slot = SlotId.parse(item.slot_id)
        if slot is not None:
            retrying_contention(partial(drop_inactive, slot, item.to_entry()))


def forget_waiter(client_id: str, now: datetime) -> None:
    """The same, and removes the client from wait-lists that have ended, too."""
    leave_all(client_id, now)
    for item in query_every(WaitListItem.by_client, client_id, only=WaitListItem.expires_at <= epoch_seconds(now)):
        transaction = Transaction()
        transaction.delete(item)
        if slot := SlotId.parse(item.slot_id):
            transaction.delete(LineItem.at(slot, client_id, item.joined_at))
        retrying_contention(transaction.commit)


def drop_inactive(slot: SlotId, waiter: WaitListEntry) -> None:
    """Removes a waiter whose account is not active from the wait-list, in one attempt.

    Nothing happens if the account is active by now, or the waiter has left its place. Raises `Contended`.
    """
    with suppress(TransactionCanceled):
        _end(slot, waiter, unless_active=True)


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


def every_entry(client_id: str) -> Sequence[WaitListEntry]:
    """All of the client's entries that are stored."""
    return [item.to_entry() for item in query_every(WaitListItem.by_client, client_id)]


def _end(slot: SlotId, entry: WaitListEntry, *, unless_active: bool = False, is_counted: bool = True) -> None:
    """The entry ends, and is counted nowhere any more. Raises `TransactionCanceled`, `Contended`.

    A hand-opened slot may not count it: it can be deleted while somebody waits for the time beside it.
    """
    transaction = Transaction()
    delete_entry(transaction, slot, entry)
    _wait_in_hours(transaction, slot, slot.minutes_for(entry.service), -1)
    if unless_active:
        transaction.check(UserItem(user_id=entry.client.id), ~IS_ACTIVE)
    counted = _leave_slot(transaction, slot) if is_counted and not slot.from_hours else None
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if counted is None or not failure.failed(counted):
            raise
        _end(slot, entry, unless_active=unless_active, is_counted=False)


def _leave_slot(transaction: Transaction, slot: SlotId) -> Step:
    return transaction.update(
        SlotItem.at(slot),
        [SlotItem.waiters.set(SlotItem.waiters - 1)],
        condition=(SlotItem.slot_id == slot.text) & (SlotItem.waiters >= 1),
    )


def _item_of(slot: SlotId, entry: WaitListEntry) -> WaitListItem:
    return WaitListItem(
        slot_id=slot.text,
        entry_id=entry.id,
        joined_at=entry.created_at,
        expires_at=epoch_seconds(slot.start_at),
        **client_attributes(entry.client, entry.service),
    )


def _hours_around(slot: SlotId) -> Collection[datetime]:
    """The hours that a booking of the slot can need, whatever the service's buffers."""
    return minutes_between(slot.start_at - LONGEST_BUFFER, slot.end_at + LONGEST_BUFFER).keys()


def _why_not_joined(slot: SlotId, old: RawItem | None, now: datetime) -> BookingError:
    found = SlotItem.found(slot, old)
    if found is None or found.is_withdrawn:
        return SlotNotFound()
    if has_started(found.start_at, now):
        return SlotStarted()
    if not found.booking_id:
        return SlotIsAvailable()
    return HoldsSlot()
