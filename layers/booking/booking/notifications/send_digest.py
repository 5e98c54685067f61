"""The morning's mail of a specialist who wants one a day."""

from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from booking.bookings.read import confirmed_bookings
from booking.notifications.delivery import Delivery, deliver_once
from booking.notifications.digests import instant, news_of
from booking.notifications.mail import post
from booking.notifications.mail_requests import DigestRequest
from booking.notifications.messages import compose_digest
from booking.notifications.recipients import specialist_recipient
from booking.specialists.profiles import find_profile
from booking.specialists.rules import BookingMail
from booking.specialists.table import ProfileItem
from booking.telemetry.metrics import count


def send_digest(digest: DigestRequest, now: datetime) -> Delivery:
    """Sends it once if there is something to say to somebody who still wants it. Raises as `send_mail` does."""
    specialist = find_profile(digest.specialist_id)
    if specialist is None or not _wants(specialist):
        return Delivery.UNWANTED
    zone = ZoneInfo(specialist.time_zone)
    day = digest.morning.astimezone(zone).date()
    begin, end = (instant(date, time.min, zone) for date in (day, day + timedelta(days=1)))
    bookings = confirmed_bookings(digest.specialist_id, begin, end)
    news = [(mail.occasion, *mail.bookings()) for mail in news_of(digest)]
    if not news and not bookings:
        return Delivery.UNWANTED
    recipient = specialist_recipient(specialist)
    write = partial(compose_digest, specialist, day, news, bookings)
    delivery = deliver_once(digest.key, partial(post, digest.key, recipient, write, now), now)
    if delivery is Delivery.SENT:
        count("notifications_sent")
    return delivery


def _wants(specialist: ProfileItem) -> bool:
    return specialist.booking_mail is BookingMail.DAILY and bool(specialist.email) and not specialist.closed
