"""The services that a specialist offers."""

from datetime import timedelta

from booking.slots.errors import ServiceLongerThanSlot
from booking.slots.slot_id import SlotId
from booking.slots.slots import find_slot
from booking.specialists.rules import Service
from booking.specialists.services import service_of


def service_for(slot: SlotId, service_id: str) -> Service:
    """A service that the slot's specialist offers and that can take place in the slot.

    Raises `ServiceNotFound`, `ServiceLongerThanSlot`, `SlotNotFound`.
    """
    service = service_of(slot.specialist_id, service_id)
    check_fits(service.duration_minutes, slot)
    return service


def check_fits(service_minutes: int, slot: SlotId) -> None:
    """Raises `ServiceLongerThanSlot`; of a slot that there is not, `SlotNotFound`."""
    if timedelta(minutes=service_minutes) > slot.end_at - slot.start_at:
        find_slot(slot)
        raise ServiceLongerThanSlot
