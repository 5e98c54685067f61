"""What the mail queue asks for: composes a mail about a booking, and sends it once."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from booking.accounts.guests import issue_guest_token
from booking.bookings.calendar_file import to_icalendar
from booking.bookings.errors import BookingNotFound
from booking.bookings.read import find_booking
from booking.bookings.rules import Booking, Status
from booking.caller import Locale
from booking.errors import StoreUnavailable
from booking.notifications.delivery import NotSent, deliver_once
from booking.notifications.digests import keep_for_digest
from booking.notifications.mail import send_once
from booking.notifications.mail_requests import MailRequest
from booking.notifications.messages import Audience, Message, Occasion, compose
from booking.notifications.recipients import Recipient, client_recipient, specialist_recipient
from booking.runtime.settings import settings
from booking.slots.rules import has_started
from booking.specialists.profiles import find_profile
from booking.specialists.rules import BookingMail, Profile
from booking.telemetry.metrics import count


def send_mail(mail: MailRequest, now: datetime) -> None:
    """Sends it unless it was sent before. A reminder is sent only while its booking stands and is still to come.

    Nobody is asked to confirm what has ended.

    To a specialist who has an address it is sent, kept for the next digest, or neither, as they have chosen by then.

    Raises `TryLater` or `Refused` as `deliver_once` does, `OutcomeUnknown`, and `StoreUnavailable`.
    """
    booking, _ = mail.bookings()
    if _is_over(mail.occasion, booking, now):
        return
    specialist = find_profile(booking.specialist_id)
    if mail.audience is Audience.CLIENT:
        _send(mail, client_recipient(booking), specialist, now)
    elif specialist and specialist.booking_mail is BookingMail.EACH:
        _send(mail, specialist_recipient(specialist), specialist, now)
    elif specialist and specialist.email and specialist.booking_mail is BookingMail.DAILY:
        deliver_once(mail.key, partial(keep_for_digest, mail, specialist.id, now), now)


def _is_over(occasion: Occasion, booking: Booking, now: datetime) -> bool:
    """Whether what the mail is about has ended meanwhile."""
    if occasion is Occasion.HELD:
        return booking.hold_expires_at is not None and booking.hold_expires_at <= now
    return occasion is Occasion.REMINDER and not _is_still_due(booking, now)


def _is_still_due(booking: Booking, now: datetime) -> bool:
    """Whether nobody has cancelled or moved it since the reminder was asked for."""
    try:
        stored = find_booking(booking.id)
    except BookingNotFound:
        return False
    is_the_same = stored.status is Status.CONFIRMED and stored.sequence == booking.sequence
    return is_the_same and not has_started(stored.slot_start_at, now)


def _send(mail: MailRequest, recipient: Recipient | None, specialist: Profile | None, now: datetime) -> None:
    if recipient and send_once(mail.key, recipient, partial(_words, mail, recipient.locale, specialist, now), now):
        count("reminders_sent" if mail.occasion is Occasion.REMINDER else "notifications_sent")


def _words(mail: MailRequest, locale: Locale, specialist: Profile | None, now: datetime) -> Message:
    booking, before = mail.bookings()
    link = _link(booking) if mail.audience is Audience.CLIENT and booking.guest_id else None
    words = compose(mail.occasion, mail.audience, locale, booking, specialist, before=before, link=link)
    is_only_held = mail.occasion is Occasion.HELD
    return words if is_only_held else replace(words, calendar=to_icalendar(booking, specialist, now))


def _link(booking: Booking) -> str:
    """What opens the booking for its guest; it is made here, so that no queue and no log ever has it."""
    try:
        token = issue_guest_token(booking.guest_id or "", booking.id)
    except StoreUnavailable as failure:
        raise NotSent("the key of links cannot be read") from failure
    return f"{settings().public_url}/manage#token={token}&booking={booking.id}"
