"""The services that a specialist offers."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from booking.calendar import profiles
from booking.calendar.errors import ServiceLongerThanSlot, ServiceNotFound
from booking.calendar.rules import Service
from booking.calendar.slot_ids import SlotId
from booking.calendar.slots import find_slot
from booking.calendar.table import ServiceItem, service_key
from booking.caller import Caller
from booking.platform.ids import is_id, new_id
from booking.platform.queries import Page, PageRequest, query_page
from booking.platform.store import create, get

SERVICE_PREFIX = "svc"


def add_service(
    caller: Caller,
    *,
    title: str,
    description: str | None,
    duration_minutes: int,
    price: Decimal,
    now: datetime,
) -> Service:
    """A new service of the caller's."""
    profiles.ensure(caller, now)
    service_id = new_id(SERVICE_PREFIX)
    item = ServiceItem(
        specialist_id=caller.specialist_id,
        sk=service_key(service_id),
        service_id=service_id,
        title=title,
        description=description,
        duration_minutes=duration_minutes,
        price=f"{price:.2f}",
        created_at=now,
    )
    create(item, condition=ServiceItem.specialist_id.does_not_exist())
    return item.to_service()


def list_services(specialist_id: str, request: PageRequest) -> Page[Service]:
    """The specialist's services, in the order of their creation. Raises `SpecialistNotFound`."""
    profiles.check_specialist_id(specialist_id)
    page = query_page(ServiceItem.services, specialist_id, None, request, key_of=ServiceItem.list_key)
    if not page.items:
        profiles.profile_of(specialist_id)
    return page.map(ServiceItem.to_service)


def service_of(specialist_id: str, service_id: str) -> Service:
    """Raises `ServiceNotFound`, also for another specialist's service."""
    known_form = is_id(SERVICE_PREFIX, service_id)
    item = get(ServiceItem, specialist_id, service_key(service_id), consistent=True) if known_form else None
    if item is None:
        raise ServiceNotFound
    return item.to_service()


def service_for(slot: SlotId, service_id: str) -> Service:
    """A service that the slot's specialist offers and that can take place in the slot.

    Raises `ServiceNotFound`, `ServiceLongerThanSlot`, `SlotNotFound`.
    """
    service = service_of(slot.specialist_id, service_id)
    check_fits(service.duration_minutes, slot)
    return service


def as_kept(service: Service | None) -> dict[str, Any]:
    """What bookings and wait-list entries keep of a service, so that it stays as it was when it was asked for."""
    return {
        "service_id": service.id if service else None,
        "service_title": service.title if service else None,
        "service_price": f"{service.price:.2f}" if service else None,
        "service_minutes": service.duration_minutes if service else None,
    }


def check_fits(service_minutes: int, slot: SlotId) -> None:
    """Raises `ServiceLongerThanSlot`; of a slot that there is not, `SlotNotFound`."""
    if timedelta(minutes=service_minutes) > slot.end_at - slot.start_at:
        find_slot(slot)
        raise ServiceLongerThanSlot
