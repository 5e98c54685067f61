"""The calendar table: all of a specialist's items in one partition, told apart by their sort key."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from booking.caller import Locale
from booking.dynamodb.attributes import EnumAttribute, InstantAttribute
from booking.dynamodb.items import GlobalIndex, Item, shared_names
from booking.runtime.clock import epoch_seconds, to_stored
from booking.runtime.ids import timer_shard_of
from booking.runtime.settings import settings
from booking.specialists.opening_hours import DayHours, Interval, Schedule, Weekday
from booking.specialists.rules import DEFAULT_TIME_ZONE, BookingMail, DateHours, Profile, Service

PROFILE_KEY = "profile"
SERVICE_KEY_PREFIX = "service#"
SCHEDULE_KEY = "schedule"
DATE_KEY_PREFIX = "date#"
_DATE_KEPT = timedelta(days=3)
LISTED = "listed"


class CalendarItem(Item):
    """The base of the items of this table."""

    class Meta:
        table_name = settings().calendar_table

    specialist_id = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)

    def key(self) -> Mapping[str, str]:
        """The item's key, for a page that goes on after it."""
        return {"specialist_id": self.specialist_id, "sk": self.sk}


class Profiles(GlobalIndex["ProfileItem"]):
    """Specialists with a name in the order of their creation, for the public list."""

    listed = UnicodeAttribute(hash_key=True)
    profile_order = UnicodeAttribute(range_key=True)


class Digests(GlobalIndex["ProfileItem"]):
    """Specialists who want a mail each morning, by the instant at which theirs is looked at next. Sparse."""

    timer = UnicodeAttribute(hash_key=True)
    due_at = InstantAttribute(range_key=True)


class ProfileItem(CalendarItem):
    """A specialist's profile; `listed` and `profile_order` put it into the public list.

    `timer`, with `due_at`, and `news_since`, up to where the last digest has told, are those of a daily digest.
    It is `closed` while its account is deactivated; nothing of it can be changed then, and it is not listed.
    `email` is where notifications go; it is on no page. That it is `email_verified` is noted once mail has found it so.
    Of a person who was `erased` only that is left, for a while.
    """

    user_id = UnicodeAttribute()
    email = UnicodeAttribute(null=True)
    email_verified = BooleanAttribute(null=True)
    display_name = UnicodeAttribute(null=True)
    description = UnicodeAttribute(null=True)
    time_zone = UnicodeAttribute(default=DEFAULT_TIME_ZONE)
    locale = EnumAttribute(Locale, default=Locale.EN)
    listed = UnicodeAttribute(null=True)
    profile_order = UnicodeAttribute(null=True)
    closed = BooleanAttribute(null=True)
    erased = BooleanAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    booking_mail = EnumAttribute(BookingMail, default=BookingMail.EACH)
    timer = UnicodeAttribute(null=True)
    due_at = InstantAttribute(null=True)
    news_since = InstantAttribute(null=True)

    profiles = Profiles()
    digests = Digests()

    def to_profile(self) -> Profile:
        """The profile that is stored here."""
        return Profile(id=self.specialist_id, **{name: getattr(self, name) for name in _OF_PROFILE})


_OF_PROFILE = shared_names(ProfileItem, Profile)


def digest_timer_key(shard: int) -> str:
    """A partition of the digests' timers."""
    return f"digest#{shard}"


def digest_timer(specialist_id: str) -> str:
    """The timer of a specialist who wants digests."""
    return digest_timer_key(timer_shard_of(specialist_id))


class Services(GlobalIndex["ServiceItem"]):
    """A specialist's services in the order of their creation: of this table's items only they have `created_at`."""

    specialist_id = UnicodeAttribute(hash_key=True)
    created_at = InstantAttribute(range_key=True)


class ServiceItem(CalendarItem):
    """A service; `price` is stored as the text of a decimal number, exactly."""

    service_id = UnicodeAttribute()
    title = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    duration_minutes = NumberAttribute()
    buffer_before_minutes = NumberAttribute(default=0)
    buffer_after_minutes = NumberAttribute(default=0)
    price = UnicodeAttribute()
    is_active = BooleanAttribute(default=True)
    created_at = InstantAttribute()

    services = Services()

    def list_key(self) -> Mapping[str, str]:
        """The item's key in the list of services, for a page that goes on after it."""
        return {**self.key(), "created_at": to_stored(self.created_at)}

    def to_service(self) -> Service:
        """The service as clients see it."""
        stored = {name: getattr(self, name) for name in _OF_SERVICE} | {"price": Decimal(self.price)}
        return Service(id=self.service_id, currency=settings().currency, **stored)


_OF_SERVICE = shared_names(ServiceItem, Service)


# Services of earlier releases do not say whether they are.
IS_ACTIVE = ServiceItem.is_active.does_not_exist() | (ServiceItem.is_active == True)  # noqa: E712  # an expression


def service_key(service_id: str) -> str:
    """The sort key of a service."""
    return f"{SERVICE_KEY_PREFIX}{service_id}"


class ScheduleItem(CalendarItem):
    """A specialist's week and rules of booking; an interval is stored as two minutes of the day."""

    hours = JSONAttribute()
    slot_minutes = NumberAttribute()
    step_minutes = NumberAttribute()
    min_notice_minutes = NumberAttribute()
    horizon_days = NumberAttribute()
    change_notice_minutes = NumberAttribute()
    version = NumberAttribute()

    @classmethod
    def of(cls, specialist_id: str, schedule: Schedule) -> "ScheduleItem":
        """The item of the schedule."""
        hours = {day.value: stored_hours(hours) for day, hours in schedule.hours.items()}
        return cls(
            specialist_id=specialist_id,
            sk=SCHEDULE_KEY,
            **{name: getattr(schedule, name) for name in _OF_SCHEDULE} | {"hours": hours},
        )

    def to_schedule(self) -> Schedule:
        """The schedule that is stored here."""
        hours = {Weekday(day): _from_stored(hours) for day, hours in self.hours.items()}
        return Schedule(**{name: getattr(self, name) for name in _OF_SCHEDULE} | {"hours": hours})


_OF_SCHEDULE = shared_names(ScheduleItem, Schedule)


class DateItem(CalendarItem):
    """The hours of one local day, in place of the week's; it ends by itself when the day is over everywhere."""

    hours = JSONAttribute()
    expires_at = NumberAttribute()

    @classmethod
    def of(cls, specialist_id: str, day: date, hours: DayHours) -> "DateItem":
        """The item of the day."""
        over = datetime.combine(day, time.min, UTC) + _DATE_KEPT
        return cls(
            specialist_id=specialist_id, sk=date_key(day), hours=stored_hours(hours), expires_at=epoch_seconds(over)
        )

    @property
    def date(self) -> date:
        """Which day."""
        return date.fromisoformat(self.sk.removeprefix(DATE_KEY_PREFIX))

    def to_hours(self) -> DayHours:
        """The day's hours."""
        return _from_stored(self.hours)

    def to_date_hours(self) -> DateHours:
        """The day with its hours."""
        return DateHours(self.date, self.to_hours())


def date_key(day: date) -> str:
    """The sort key of a day's own hours."""
    return f"{DATE_KEY_PREFIX}{day.isoformat()}"


def stored_hours(hours: DayHours) -> list[list[int]]:
    """Hours as they are stored."""
    return [[interval.start, interval.end] for interval in hours]


def _from_stored(hours: Sequence[Sequence[int]]) -> DayHours:
    return tuple(Interval(start, end) for start, end in hours)
