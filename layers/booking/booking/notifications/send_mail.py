"""What the mail queue asks for: composes a mail about a booking, and sends it once."""

from datetime import datetime
from functools import partial

from booking.accounts.guests import issue_guest_token
from booking.bookings.calendar_file import to_icalendar
from booking.bookings.errors import BookingNotFound
from booking.bookings.read import find_booking
from booking.bookings.rules import Booking, Status
from booking.bookings.table import booking_of
from booking.caller import Locale
from booking.errors import StoreUnavailable
from booking.notifications.delivery import Delivery, NotSent, deliver_once
from booking.notifications.digests import keep_news
from booking.notifications.mail import post
from booking.notifications.mail_requests import MailRequest
from booking.notifications.messages import Audience, Message, Occasion, compose
from booking.notifications.recipients import Recipient, specialist_recipient
from booking.runtime.settings import settings
from booking.slots.rules import has_started
from booking.specialists.profiles import find_profile
from booking.specialists.rules import BookingMail
from booking.specialists.table import ProfileItem
from booking.telemetry.metrics import count


def send_mail(mail: MailRequest, now: datetime) -> Delivery:
    """Sends it unless it was sent before. A reminder is sent only while its booking stands and is still to come.

    Nobody is asked to confirm what has ended.

    To a specialist it is sent, kept for the next digest, or neither, as they have chosen by then.

    Raises `TryLater` or `Refused` as `deliver_once` does, `OutcomeUnknown`, and `StoreUnavailable`.
    """
    booking = booking_of(mail.booking)
    if mail.occasion is Occasion.REMINDER and not _is_still_due(booking, now):
        return Delivery.UNWANTED
    if mail.occasion is Occasion.HELD and booking.hold_expires_at and booking.hold_expires_at <= now:
        return Delivery.UNWANTED
    specialist = find_profile(booking.specialist_id)
    address = _address(booking, mail.audience, specialist)
    if address is None:
        return Delivery.UNWANTED
    if mail.audience is Audience.SPECIALIST and specialist and specialist.booking_mail is not BookingMail.EACH:
        is_wanted = specialist.booking_mail is BookingMail.DAILY
        keep = partial(keep_news, mail, booking.specialist_id, now)
        return deliver_once(mail.key, keep, now) if is_wanted else Delivery.UNWANTED
    recipient = Recipient(address, Audience.CLIENT)
    if mail.audience is Audience.SPECIALIST and specialist:
        recipient = specialist_recipient(specialist)
    delivery = deliver_once(mail.key, partial(_post, mail, specialist, recipient, now), now)
    if delivery is Delivery.SENT:
        count("reminders_sent" if mail.occasion is Occasion.REMINDER else "notifications_sent")
    return delivery


def _is_still_due(booking: Booking, now: datetime) -> bool:
    """Whether nobody has cancelled or moved it since the reminder was asked for."""
    try:
        stored = find_booking(booking.id)
    except BookingNotFound:
        return False
    is_the_same = stored.status is Status.CONFIRMED and stored.sequence == booking.sequence
    return is_the_same and not has_started(stored.slot_start_at, now)


def _post(mail: MailRequest, specialist: ProfileItem | None, recipient: Recipient, now: datetime) -> None:
    booking = booking_of(mail.booking)
    is_only_held = mail.occasion is Occasion.HELD
    calendar = None if is_only_held else to_icalendar(booking, specialist, now)
    post(mail.key, recipient, partial(_words, mail, specialist), now, calendar=calendar)


def _words(mail: MailRequest, specialist: ProfileItem | None) -> Message:
    booking, before = mail.bookings()
    locale = _locale(booking, mail.audience, specialist)
    link = _link(booking) if mail.audience is Audience.CLIENT and booking.guest_id else None
    return compose(mail.occasion, mail.audience, locale, booking, specialist, before=before, link=link)


def _link(booking: Booking) -> str:
    """What opens the booking for its guest; it is made here, so that no queue and no log ever has it."""
    try:
        token = issue_guest_token(booking.guest_id or "", booking.id)
    except StoreUnavailable as failure:
        raise NotSent("the key of links cannot be read") from failure
    return f"{settings().public_url}/manage#token={token}&booking={booking.id}"


def _address(booking: Booking, audience: Audience, specialist: ProfileItem | None) -> str | None:
    if audience is Audience.CLIENT:
        return booking.client.email
    return specialist.email if specialist else None


def _locale(booking: Booking, audience: Audience, specialist: ProfileItem | None) -> Locale:
    if audience is Audience.CLIENT or specialist is None:
        return Locale(booking.client.locale)
    return specialist.locale
