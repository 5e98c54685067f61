"""The services that a specialist offers."""

from datetime import datetime
from decimal import Decimal

from booking.caller import Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Step, TransactionCanceled
from booking.dynamodb.items import get
from booking.dynamodb.queries import Page, PageRequest, query_page
from booking.dynamodb.transaction import Transaction
from booking.errors import Forbidden
from booking.runtime.ids import is_id, new_id
from booking.specialists import profiles
from booking.specialists.errors import ServiceNotFound
from booking.specialists.rules import Service
from booking.specialists.table import ServiceItem, service_key

SERVICE_PREFIX = "svc"


def create_service(
    caller: Caller,
    *,
    title: str,
    description: str | None,
    duration_minutes: int,
    price: Decimal,
    now: datetime,
) -> Service:
    """A new service of the caller's. Raises `Forbidden` if the caller's account is deactivated."""
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
    transaction = Transaction()
    transaction.put(item, condition=ServiceItem.specialist_id.does_not_exist())
    is_open = profiles.check_open_in(transaction, caller.specialist_id)
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled as failure:
        if failure.failed(is_open):
            raise Forbidden from None
        raise
    return item.to_service()


def list_services(specialist_id: str, request: PageRequest) -> Page[Service]:
    """The specialist's services, in the order of their creation. Raises `SpecialistNotFound`."""
    profiles.check_specialist_id(specialist_id)
    page = query_page(ServiceItem.services, specialist_id, None, request, key_of=ServiceItem.list_key)
    if not page.items:
        profiles.get_profile(specialist_id)
    return page.map(ServiceItem.to_service)


def service_of(specialist_id: str, service_id: str) -> Service:
    """Raises `ServiceNotFound`, also for another specialist's service."""
    known_form = is_id(SERVICE_PREFIX, service_id)
    item = get(ServiceItem, specialist_id, service_key(service_id), consistent=True) if known_form else None
    if item is None:
        raise ServiceNotFound
    return item.to_service()


def check_offered_in(transaction: Transaction, specialist_id: str, service_id: str) -> Step:
    """The write happens only if the service is active."""
    is_active = ServiceItem.is_active.does_not_exist() | (ServiceItem.is_active == True)  # noqa: E712  # an expression
    item = ServiceItem(specialist_id=specialist_id, sk=service_key(service_id))
    return transaction.check(item, ServiceItem.service_id.exists() & is_active)
