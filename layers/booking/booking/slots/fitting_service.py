"""Whether a service fits into a slot."""

from datetime import timedelta

from booking.slots.errors import ServiceLongerThanSlot
from booking.slots.read import find_slot
from booking.slots.slot_id import SlotId
from booking.specialists.rules import BookedService
from booking.specialists.services import service_of


def service_for(slot: SlotId, service_id: str | None) -> BookedService | None:
    """A service that the slot's specialist offers and that can take place in the slot, if one is asked for.

    Raises `ServiceNotFound`, `ServiceLongerThanSlot`, `SlotNotFound`.
    """
    if service_id is None:
        return None
    service = service_of(slot.specialist_id, service_id)
    check_fits(service.duration_minutes, slot)
    return service.as_booked()


def check_fits(service_minutes: int, slot: SlotId) -> None:
    """Raises `ServiceLongerThanSlot`; of a slot that there is not, `SlotNotFound`."""
    if timedelta(minutes=service_minutes) > slot.end_at - slot.start_at:
        find_slot(slot)
        raise ServiceLongerThanSlot
