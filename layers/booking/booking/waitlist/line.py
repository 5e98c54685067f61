"""Joining, leaving and looking at lines. Promotion belongs to `booking.reservations`.

A slot counts its waiters. Whoever frees the slot does so under a condition on that count, so a client
that joins at the same moment is either seen or makes that write fail and start again.
"""

from contextlib import suppress
from datetime import datetime

from booking.calendar.errors import SlotNotFound, SlotStarted
from booking.calendar.rules import has_started
from booking.calendar.slot_ids import SlotId
from booking.calendar.table import SlotItem, slot_key
from booking.caller import Caller
from booking.errors import BookingError, Forbidden
from booking.platform.clock import epoch_seconds
from booking.platform.queries import Page, PageRequest, query_every, query_first, query_page
from booking.platform.store import ConditionsFailed, RawItem, Transaction, get
from booking.waitlist.entry_ids import EntryId
from booking.waitlist.errors import AlreadyWaiting, EntryNotFound, HoldsSlot, SlotIsAvailable
from booking.waitlist.table import WaitListEntry, WaitListItem


def join(caller: Caller, slot_id: str, now: datetime) -> WaitListEntry:
    """The last place in the line for a booked slot.

    Raises `SlotNotFound`, `SlotStarted`, `SlotIsAvailable`, `HoldsSlot`, `AlreadyWaiting`.
    """
    slot = SlotId.parse(slot_id)
    if slot is None:
        raise SlotNotFound
    entry = WaitListItem(
        slot_id=slot.text,
        client_id=caller.user_id,
        entry_id=EntryId(slot, caller.user_id).text,
        client_email=caller.email,
        client_locale=caller.locale.value,
        joined_at=now,
        expires_at=epoch_seconds(slot.start_at),
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
        transaction.commit()
    except ConditionsFailed as failure:
        if not failure.at(counted):
            raise AlreadyWaiting from None
        raise _why_not_joined(slot, failure.old(counted), now) from None
    return entry.to_entry()


def leave(caller: Caller, entry_id: str, now: datetime) -> None:
    """Raises `EntryNotFound`, or `Forbidden` for someone else's entry."""
    entry = EntryId.parse(entry_id)
    if entry is None or has_started(entry.slot.start_at, now):
        raise EntryNotFound
    if entry.client_id != caller.user_id and not caller.is_admin:
        raise _why_not_theirs(entry)
    _remove(entry)


def leave_all(client_id: str, now: datetime) -> None:
    """Takes the client out of every line that has not ended, entry by entry, each with its count on the slot."""
    still_open = WaitListItem.expires_at > epoch_seconds(now)
    for item in query_every(WaitListItem.by_client, client_id, only=still_open):
        entry = EntryId.parse(item.entry_id)
        if entry is not None:
            with suppress(EntryNotFound):
                _remove(entry)


def own_entries(caller: Caller, request: PageRequest, now: datetime) -> Page[WaitListEntry]:
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


def _remove(entry: EntryId) -> None:
    transaction = Transaction()
    transaction.delete(
        WaitListItem(slot_id=entry.slot.text, client_id=entry.client_id),
        condition=WaitListItem.slot_id.exists(),
    )
    transaction.update(
        SlotItem(specialist_id=entry.slot.specialist_id, sk=slot_key(entry.slot.start_at)),
        [SlotItem.waiters.set(SlotItem.waiters - 1)],
        condition=(SlotItem.slot_id == entry.slot.text) & (SlotItem.waiters >= 1),
    )
    try:
        transaction.commit()
    except ConditionsFailed:
        raise EntryNotFound from None


def _why_not_joined(slot: SlotId, old: RawItem | None, now: datetime) -> BookingError:
    found = SlotItem.from_old(old) if old else None
    if found is None or found.slot_id != slot.text:
        return SlotNotFound()
    if has_started(found.start_at, now):
        return SlotStarted()
    if not found.booking_id:
        return SlotIsAvailable()
    return HoldsSlot()


def _why_not_theirs(entry: EntryId) -> BookingError:
    found = get(WaitListItem, entry.slot.text, entry.client_id)
    return EntryNotFound() if found is None else Forbidden()
