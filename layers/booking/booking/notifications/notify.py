"""Who is notified of what when something happened to a booking."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from booking.background.retry import TryLater
from booking.bookings.calendar_file import to_icalendar
from booking.bookings.rules import Booking, Status
from booking.caller import Locale
from booking.notifications.delivery import Delivery, OutcomeUnknown, Refused, deliver_once
from booking.notifications.events import BookingEvent, EventType, publish
from booking.notifications.mail import Recipient, send_mail
from booking.notifications.messages import Audience, Occasion, compose
from booking.specialists.profiles import find_profile
from booking.specialists.table import ProfileItem
from booking.telemetry.metrics import count

# Nobody is mailed at expiry: most appointments that end this way took place.
_OCCASIONS = {
    EventType.CONFIRMED: Occasion.CONFIRMED,
    EventType.CANCELLED: Occasion.CANCELLED,
    EventType.RESCHEDULED: Occasion.RESCHEDULED,
    EventType.PROMOTED: Occasion.PROMOTED,
}


def notify(event: BookingEvent, now: datetime) -> None:
    """Publishes the event and, unless the booking has expired or was only held, mails client and specialist, each once.

    Whoever is promoted gets the promotion's mail only. What cannot be sent does not keep the rest from
    being sent; then it raises `OutcomeUnknown`, `TryLater` or `Refused`, and a repeat sends only what was not sent.
    """
    failures = [failure for step in _steps(event, now) if (failure := _failure_of(step)) is not None]
    for kind in (OutcomeUnknown, TryLater, Refused):
        for failure in failures:
            if isinstance(failure, kind):
                raise failure


def _steps(event: BookingEvent, now: datetime) -> Iterator[Callable[[], object]]:
    yield partial(deliver_once, f"event#{event.id}", partial(publish, event), now)
    occasion = _OCCASIONS.get(event.type)
    if event.type is EventType.CANCELLED and event.before and event.before.status is Status.HELD:
        return
    if occasion is None or (event.type is EventType.CONFIRMED and event.booking.from_wait_list):
        return
    specialist = find_profile(event.booking.specialist_id)
    for audience in Audience:
        yield partial(_mail, event, occasion, audience, specialist, now)


def _failure_of(step: Callable[[], object]) -> Exception | None:
    try:
        step()
    except (OutcomeUnknown, TryLater, Refused) as failure:
        return failure
    return None


def _mail(
    event: BookingEvent, occasion: Occasion, audience: Audience, specialist: ProfileItem | None, now: datetime
) -> None:
    address = _address(event.booking, audience, specialist)
    if address is None:
        return
    message = compose(
        occasion,
        audience,
        _locale(event.booking, audience, specialist),
        event.booking,
        specialist,
        before=event.before,
    )
    calendar = to_icalendar(event.booking, specialist, now)
    key = f"mail#{event.id}#{audience}"
    send = partial(send_mail, key, Recipient(address, audience), message, calendar, now)
    delivery = deliver_once(key, send, now)
    if delivery is Delivery.SENT:
        count("notifications_sent")


def _address(booking: Booking, audience: Audience, specialist: ProfileItem | None) -> str | None:
    if audience is Audience.CLIENT:
        return booking.client.email
    return specialist.email if specialist else None


def _locale(booking: Booking, audience: Audience, specialist: ProfileItem | None) -> Locale:
    if audience is Audience.CLIENT or specialist is None:
        return Locale(booking.client.locale)
    return specialist.locale
