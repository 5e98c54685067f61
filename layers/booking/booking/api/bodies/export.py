"""All that is stored about an account, on the wire."""

from datetime import datetime

from booking.api.bodies.accounts import UserBody
from booking.api.bodies.bookings import ClientBookingBody, SpecialistBookingBody
from booking.api.bodies.fields import ResponseBody
from booking.api.bodies.hours import DateHoursBody, ScheduleBody
from booking.api.bodies.slots import SlotBody, TimeOffBody, WaitListEntryBody
from booking.api.bodies.specialists import OwnProfileBody, ServiceBody


class OpenSessionBody(ResponseBody):
    """A sign-in that has not ended; `begun_at` is null where an earlier release did not note it."""

    begun_at: datetime | None
    expires_at: datetime


class CalendarBody(ResponseBody):
    """A specialist's profile and all that it offers; null and empty for others."""

    profile: OwnProfileBody | None
    schedule: ScheduleBody | None
    services: list[ServiceBody]
    dates: list[DateHoursBody]
    time_off: list[TimeOffBody]
    slots: list[SlotBody]


class AccountDataBody(ResponseBody):
    """What is stored beside bookings."""

    user: UserBody
    sessions: list[OpenSessionBody]
    calendar: CalendarBody
    wait_list: list[WaitListEntryBody]


class ExportBody(ResponseBody):
    """All that is stored; `account` is null in all parts but the first, `Link` names the next part."""

    account: AccountDataBody | None
    bookings: list[ClientBookingBody]
    specialist_bookings: list[SpecialistBookingBody]
