"""What items and dataclasses do not share is copied by hand: a field renamed on one side is not lost silently."""

from collections.abc import Set as AbstractSet
from dataclasses import fields

import pytest

from booking.accounts.table import UserItem
from booking.accounts.user import User
from booking.bookings.rules import Booking
from booking.bookings.table import BookingItem
from booking.dynamodb.items import Item, shared_names
from booking.specialists.opening_hours import Schedule
from booking.specialists.rules import Profile, Service
from booking.specialists.table import ProfileItem, ScheduleItem, ServiceItem


@pytest.mark.parametrize(
    ("item", "kind", "by_hand"),
    [
        (BookingItem, Booking, {"id", "client", "service", "specialist_name"}),
        (UserItem, User, {"id"}),
        (ProfileItem, Profile, {"id"}),
        (ServiceItem, Service, {"id", "currency"}),
        (ScheduleItem, Schedule, set()),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_every_other_field_has_an_attribute_of_its_name(
    item: type[Item], kind: type, by_hand: AbstractSet[str]
) -> None:
    assert {field.name for field in fields(kind)} - set(shared_names(item, kind)) == by_hand
