"""The services that a specialist offers."""

from datetime import datetime
from decimal import Decimal
from typing import NotRequired, TypedDict, Unpack

from pynamodb.expressions.condition import Condition

from booking.caller import Caller
from booking.dynamodb.errors import Step, TransactionCanceled
from booking.dynamodb.items import get
from booking.dynamodb.queries import Page, PageRequest, query_page
from booking.dynamodb.transaction import Transaction
from booking.runtime.ids import is_id, new_id
from booking.specialists import profiles
from booking.specialists.errors import ServiceNotFound
from booking.specialists.rules import Service
from booking.specialists.table import IS_ACTIVE, ServiceItem, service_key

SERVICE_PREFIX = "svc"


class NewService(TypedDict):
    """What a specialist says of a new service; without buffers the time around appointments is free."""

    title: str
    description: str | None
    duration_minutes: int
    price: Decimal
    buffer_before_minutes: NotRequired[int]
    buffer_after_minutes: NotRequired[int]


class ServiceChanges(TypedDict, total=False):
    """What a specialist changes of a service; what is absent stays as it is, and None clears the description."""

    title: str
    description: str | None
    duration_minutes: int
    price: Decimal
    buffer_before_minutes: int
    buffer_after_minutes: int
    is_active: bool


def create_service(caller: Caller, *, now: datetime, **wanted: Unpack[NewService]) -> Service:
    """A new service of the caller's. Raises `Forbidden` if the caller's account is deactivated."""
    profiles.ensure(caller, now)
    service_id = new_id(SERVICE_PREFIX)
    item = ServiceItem(
        specialist_id=caller.specialist_id,
        sk=service_key(service_id),
        service_id=service_id,
        title=wanted["title"],
        description=wanted["description"],
        duration_minutes=wanted["duration_minutes"],
        buffer_before_minutes=wanted.get("buffer_before_minutes", 0),
        buffer_after_minutes=wanted.get("buffer_after_minutes", 0),
        price=_stored_price(wanted["price"]),
        created_at=now,
    )
    transaction = Transaction()
    transaction.put(item, condition=ServiceItem.specialist_id.does_not_exist())
    profiles.commit_while_open(transaction, caller.specialist_id)
    return item.to_service()


def update_service(caller: Caller, service_id: str, **changes: Unpack[ServiceChanges]) -> Service:
    """The caller's service as it then stands; bookings keep what they were made with.

    Raises `ServiceNotFound`, also for another specialist's service, and `Forbidden` if the caller's account is
    deactivated.
    """
    _check_service_id(service_id)
    actions = [ServiceItem.service_id.set(service_id)]  # it has that one: no expression may be empty
    for name, value in changes.items():
        attribute = getattr(ServiceItem, name)
        stored = _stored_price(value) if isinstance(value, Decimal) else value
        actions.append(attribute.remove() if stored is None else attribute.set(stored))
    transaction = Transaction()
    key = ServiceItem(specialist_id=caller.specialist_id, sk=service_key(service_id))
    transaction.update(key, actions, condition=ServiceItem.specialist_id.exists())
    try:
        profiles.commit_while_open(transaction, caller.specialist_id)
    except TransactionCanceled:
        raise ServiceNotFound from None
    return service_of(caller.specialist_id, service_id)


def list_services(specialist_id: str, request: PageRequest) -> Page[Service]:
    """The specialist's active services, in the order of their creation. Raises `SpecialistNotFound`."""
    profiles.check_specialist_id(specialist_id)
    return _page(specialist_id, request, only=IS_ACTIVE)


def list_own_services(caller: Caller, request: PageRequest) -> Page[Service]:
    """All of the caller's services, in the order of their creation. Raises `ProfileNotFound`."""
    with profiles.own_profile():
        return _page(caller.specialist_id, request)


def service_of(specialist_id: str, service_id: str) -> Service:
    """Raises `ServiceNotFound`, also for another specialist's service."""
    _check_service_id(service_id)
    item = get(ServiceItem, specialist_id, service_key(service_id), consistent=True)
    if item is None:
        raise ServiceNotFound
    return item.to_service()


def check_offered_in(transaction: Transaction, specialist_id: str, service_id: str) -> Step:
    """The write happens only if the service is active."""
    item = ServiceItem(specialist_id=specialist_id, sk=service_key(service_id))
    return transaction.check(item, ServiceItem.service_id.exists() & IS_ACTIVE)


def _page(specialist_id: str, request: PageRequest, *, only: Condition | None = None) -> Page[Service]:
    page = query_page(ServiceItem.services, specialist_id, None, request, key_of=ServiceItem.list_key, only=only)
    if not page.items:
        profiles.get_profile(specialist_id)
    return page.map(ServiceItem.to_service)


def _check_service_id(service_id: str) -> None:
    """The store never sees what cannot be a service's id."""
    if not is_id(SERVICE_PREFIX, service_id):
        raise ServiceNotFound


def _stored_price(price: Decimal) -> str:
    return f"{price:.2f}"
