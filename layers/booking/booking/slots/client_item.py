"""What bookings and wait-list entries have in common in storage: whose they are, and for which service."""

from decimal import Decimal
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from booking.caller import Locale
from booking.dynamodb.items import Item
from booking.slots.rules import Client
from booking.specialists.rules import BookedService


class ClientItem(Item):
    """The base of a client's items. What the service was called and what it cost are kept as they were."""

    client_id: UnicodeAttribute
    client_email = UnicodeAttribute(null=True)
    client_locale = UnicodeAttribute(default=str(Locale.EN))
    client_name = UnicodeAttribute(null=True)
    client_phone = UnicodeAttribute(null=True)
    service_id = UnicodeAttribute(null=True)
    service_title = UnicodeAttribute(null=True)
    service_price = UnicodeAttribute(null=True)
    service_currency = UnicodeAttribute(null=True)
    service_minutes = NumberAttribute(null=True)
    service_buffer_before = NumberAttribute(null=True)
    service_buffer_after = NumberAttribute(null=True)

    def client(self) -> Client:
        """Whose item it is."""
        return self.client_with_id(self.client_id)

    def client_with_id(self, client_id: str) -> Client:
        """The same for an item that keeps the client's id elsewhere."""
        return Client(client_id, self.client_email, self.client_locale, self.client_name, self.client_phone)

    def service(self) -> BookedService | None:
        """What it is for, if for a certain service."""
        if not self.service_id:
            return None
        price = Decimal(self.service_price) if self.service_price else None
        minutes = int(self.service_minutes) if self.service_minutes else None
        return BookedService(
            self.service_id,
            self.service_title,
            price,
            self.service_currency,
            minutes,
            int(self.service_buffer_before or 0),
            int(self.service_buffer_after or 0),
        )


def client_attributes(client: Client, service: BookedService | None) -> dict[str, Any]:
    """The attributes of an item for that client and that service."""
    attributes = {
        "client_id": client.id,
        "client_email": client.email,
        "client_locale": str(client.locale),
        "client_name": client.name,
        "client_phone": client.phone,
    }
    if service is None:
        return attributes
    return attributes | {
        "service_id": service.id,
        "service_title": service.title,
        "service_price": None if service.price is None else f"{service.price:.2f}",
        "service_currency": service.currency,
        "service_minutes": service.minutes,
        "service_buffer_before": service.buffer_before_minutes or None,
        "service_buffer_after": service.buffer_after_minutes or None,
    }
