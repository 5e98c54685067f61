"""The morning's mail of a specialist who wants one a day."""

from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from booking.bookings.read import confirmed_bookings
from booking.notifications.digests import entries_of, instant
from booking.notifications.mail import send_once
from booking.notifications.mail_requests import DigestRequest
from booking.notifications.messages import compose_digest
from booking.notifications.recipients import specialist_recipient
from booking.specialists.profiles import find_profile
from booking.specialists.rules import BookingMail
from booking.telemetry.metrics import count


def send_digest(digest: DigestRequest, now: datetime) -> None:
    """Sends it once if there is something to say to somebody who still wants it. Raises as `send_mail` does."""
    specialist = find_profile(digest.specialist_id)
    if specialist is None or specialist.closed or specialist.booking_mail is not BookingMail.DAILY:
        return
    zone = ZoneInfo(specialist.time_zone)
    day = digest.morning.astimezone(zone).date()
    begin, end = (instant(date, time.min, zone) for date in (day, day + timedelta(days=1)))
    bookings = confirmed_bookings(digest.specialist_id, begin, end)
    happened = [(mail.occasion, *mail.bookings()) for mail in entries_of(digest)]
    if not happened and not bookings:
        return
    write = partial(compose_digest, specialist, day, happened, bookings)
    if send_once(digest.key, specialist_recipient(specialist), write, now):
        count("notifications_sent")
