"""Who is notified of what when something happened to a booking: subscribers by an event, people by mail."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from booking.background.mail_queue import put_on_mail_queue
from booking.background.retry import TryLater
from booking.notifications.delivery import OutcomeUnknown, Refused, deliver_once
from booking.notifications.events import BookingEvent, publish
from booking.notifications.guest_bookings import take_over_for_account
from booking.notifications.mail_queue import mails_about


def notify(event: BookingEvent, now: datetime) -> None:
    """Publishes the event once, asks for its mails, and hands a guest's booking to its account.

    None of it keeps the rest from being done.

    Then raises `OutcomeUnknown`, `TryLater` or `Refused`; a repeat publishes only what was not published, and of mails
    that were asked for twice one is sent.
    """
    steps: tuple[Callable[[], object], ...] = (
        partial(deliver_once, f"event#{event.id}", partial(publish, event), now),
        *(partial(put_on_mail_queue, mail.text) for mail in mails_about(event)),
        partial(take_over_for_account, event),
    )
    failures = [failure for step in steps if (failure := _failure_of(step)) is not None]
    for kind in (OutcomeUnknown, TryLater, Refused):
        for failure in failures:
            if isinstance(failure, kind):
                raise failure


def _failure_of(step: Callable[[], object]) -> Exception | None:
    try:
        step()
    except (OutcomeUnknown, TryLater, Refused) as failure:
        return failure
    return None
