"""What a specialist offers, read together: who it is, its opening hours, and the services that are asked about."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from booking.dynamodb.attributes import RawItem
from booking.dynamodb.items import get_all
from booking.runtime.ids import is_id
from booking.specialists import profiles
from booking.specialists.errors import ServiceNotFound, SpecialistNotFound
from booking.specialists.opening_hours import OpeningHours, Schedule
from booking.specialists.rules import Profile, Service
from booking.specialists.services import SERVICE_PREFIX
from booking.specialists.table import (
    DATE_KEY_PREFIX,
    PROFILE_KEY,
    SCHEDULE_KEY,
    SERVICE_KEY_PREFIX,
    CalendarItem,
    DateItem,
    ProfileItem,
    ScheduleItem,
    ServiceItem,
    date_key,
    service_key,
)

_FARTHEST_EAST = timedelta(days=1)
_SKIPPED_DAY = timedelta(days=1)
_FARTHEST_WEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Offer:
    """A specialist, when it is open, and those of the services asked for that there are.

    While it is `is_closed`, its account is deactivated and it offers nothing.
    """

    profile: Profile
    is_closed: bool
    hours: OpeningHours
    services: Mapping[str, Service]

    def service(self, service_id: str) -> Service:
        """Raises `ServiceNotFound`."""
        try:
            return self.services[service_id]
        except KeyError:
            raise ServiceNotFound from None


def read_offer(specialist_id: str, first: datetime, last: datetime, service_ids: Collection[str] = ()) -> Offer:
    """What there is to know for appointments that start from `first` to `last`, in one read of at most 31 days.

    Raises `SpecialistNotFound`.
    """
    return read_offer_and(specialist_id, first, last, service_ids, ())[0]


def read_offer_and(
    specialist_id: str, first: datetime, last: datetime, service_ids: Collection[str], keys: Collection[str]
) -> tuple[Offer, Mapping[str, RawItem]]:
    """The same, and in the same read items of the specialist's calendar with these keys, as they are stored.

    Raises `SpecialistNotFound`.
    """
    profiles.check_specialist_id(specialist_id)
    services = [service_key(service_id) for service_id in service_ids if is_id(SERVICE_PREFIX, service_id)]
    days = [date_key(day) for day in _days_anywhere(first, last)]
    wanted = dict.fromkeys([PROFILE_KEY, SCHEDULE_KEY, *services, *days, *keys])
    found = {raw["sk"]["S"]: raw for raw in get_all(CalendarItem, [(specialist_id, key) for key in wanted])}
    if PROFILE_KEY not in found or "erased" in found[PROFILE_KEY]:
        raise SpecialistNotFound
    return _offer_of(found), {key: raw for key, raw in found.items() if key in keys}


def _offer_of(found: Mapping[str, RawItem]) -> Offer:
    profile = ProfileItem.from_old(found[PROFILE_KEY])
    schedule = ScheduleItem.from_old(found[SCHEDULE_KEY]).to_schedule() if SCHEDULE_KEY in found else Schedule()
    dates = [DateItem.from_old(raw) for key, raw in found.items() if key.startswith(DATE_KEY_PREFIX)]
    services = [ServiceItem.from_old(raw) for key, raw in found.items() if key.startswith(SERVICE_KEY_PREFIX)]
    return Offer(
        profile.to_profile(),
        bool(profile.closed),
        OpeningHours(schedule, {item.date: item.to_hours() for item in dates}, ZoneInfo(profile.time_zone)),
        {item.service_id: item.to_service() for item in services},
    )


def _days_anywhere(first: datetime, last: datetime) -> list[date]:
    """The local days, whatever the time zone, whose hours can have a part between these instants."""
    day = (first - _FARTHEST_WEST - _SKIPPED_DAY).date()
    end = (last + _FARTHEST_EAST).date()
    return [day + timedelta(days=n) for n in range((end - day).days + 1)]
