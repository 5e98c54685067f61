"""On which terms a slot can be had: for which service, and until when its booking can be changed.

Whether somebody else has it is another question (`booking.slots.table`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.caller import Caller, Guest, is_staff
from booking.slots.errors import ServiceLongerThanSlot, SlotNotFound, SlotStarted, SlotTooSoon
from booking.slots.hours import Hours, hour_key, hours_among
from booking.slots.ids import SlotId
from booking.slots.read import find_slot
from booking.slots.rules import FARTHEST_AHEAD, has_started
from booking.specialists.errors import ServiceNotOffered, SpecialistNotFound
from booking.specialists.offer import Offer, read_offer_and
from booking.specialists.rules import BookedService
from booking.specialists.services import service_of


@dataclass(frozen=True, slots=True)
class Terms:
    """For which service the slot is had, and until when the booking's client may change it.

    `hours` are the hour records that were read along with them.
    """

    service: BookedService | None
    changeable_until: datetime
    hours: Hours


def terms_for(
    caller: Caller | Guest, slot: SlotId, service_id: str | None, now: datetime, *, hours: Collection[datetime] = ()
) -> Terms:
    """The terms for a caller who asks for the slot with one of the specialist's services, or without.

    They take one read, of a hand-opened slot without a service none. Raises `SlotNotFound`, `SlotStarted`,
    `SlotTooSoon`, `ServiceNotFound`, `ServiceNotOffered`, `ServiceLongerThanSlot`.
    """
    if not slot.from_hours:
        return Terms(_service_in(slot, service_id), slot.start_at, {})
    offer, records = _read(slot, [] if service_id is None else [service_id], hours)
    service = None if service_id is None else offer.service(service_id)
    if service and not service.is_active:
        raise ServiceNotOffered
    _check_offered(offer, caller, slot, service.duration_minutes if service else None, now)
    changeable_until = offer.hours.schedule.changeable_until(slot.start_at)
    return Terms(service.as_booked() if service else None, changeable_until, records)


def terms_of_move(
    caller: Caller | Guest, slot: SlotId, service: BookedService | None, now: datetime, *, hours: Collection[datetime]
) -> Terms:
    """The terms for a booking that moves to the slot with the service that it has, which need not be offered any more.

    Raises `SlotNotFound`, `SlotStarted`, `SlotTooSoon`, `ServiceLongerThanSlot`.
    """
    minutes = service.minutes if service else None
    if not slot.from_hours:
        _check_fits(minutes, slot)
        return Terms(service, slot.start_at, {})
    offer, records = _read(slot, [], hours)
    _check_offered(offer, caller, slot, minutes, now)
    return Terms(service, offer.hours.schedule.changeable_until(slot.start_at), records)


def _check_offered(offer: Offer, caller: Caller | Guest, slot: SlotId, minutes: int | None, now: datetime) -> None:
    """That the opening hours have the slot, so long as the service takes, or as a slot without one is.

    Notice and horizon bind clients only. Raises `SlotNotFound`, `SlotStarted`, `SlotTooSoon`.
    """
    if not _is_open(offer, slot, minutes) or slot.start_at > now + FARTHEST_AHEAD:
        raise SlotNotFound
    if has_started(slot.start_at, now):
        raise SlotStarted
    if is_staff(caller, slot.specialist_id):
        return
    schedule = offer.hours.schedule
    if slot.start_at < schedule.earliest_start(now):
        raise SlotTooSoon
    if slot.start_at > schedule.latest_start(now):
        raise SlotNotFound


def is_offered_to_waiters(offer: Offer, slot: SlotId, service: BookedService | None, now: datetime) -> bool:
    """Whether clients could book the slot as of now, for the service that was asked for, if nothing took its time."""
    if offer.is_closed or has_started(slot.start_at, now):
        return False
    current = offer.services.get(service.id) if service else None
    if service and not (current and current.is_active):
        return False
    if not slot.from_hours:
        return True
    schedule = offer.hours.schedule
    within = schedule.earliest_start(now) <= slot.start_at <= schedule.latest_start(now)
    return within and _is_open(offer, slot, current.duration_minutes if current else None)


def _is_open(offer: Offer, slot: SlotId, minutes: int | None) -> bool:
    length = timedelta(minutes=minutes or offer.hours.schedule.slot_minutes)
    return (
        not offer.is_closed and slot.end_at - slot.start_at == length and offer.hours.has_start(slot.start_at, length)
    )


def _read(slot: SlotId, service_ids: Collection[str], hours: Collection[datetime]) -> tuple[Offer, Hours]:
    keys = [hour_key(hour) for hour in hours]
    try:
        offer, found = read_offer_and(slot.specialist_id, slot.start_at, slot.start_at, service_ids, keys)
    except SpecialistNotFound:
        raise SlotNotFound from None
    return offer, hours_among(found.values(), slot.specialist_id, hours)


def _service_in(slot: SlotId, service_id: str | None) -> BookedService | None:
    if service_id is None:
        return None
    service = service_of(slot.specialist_id, service_id)
    if not service.is_active:
        raise ServiceNotOffered
    _check_fits(service.duration_minutes, slot)
    return service.as_booked()


def _check_fits(minutes: int | None, slot: SlotId) -> None:
    if minutes and timedelta(minutes=minutes) > slot.end_at - slot.start_at:
        find_slot(slot)
        raise ServiceLongerThanSlot
