"""Who is notified of what when something happened to a booking: subscribers by an event, people by mail."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from booking.background.mail_queue import put_on_mail_queue
from booking.background.retry import TryLater
from booking.notifications.delivery import OutcomeUnknown, Refused, deliver_once
from booking.notifications.events import BookingEvent, publish
from booking.notifications.mail_requests import mails_about


def notify(event: BookingEvent, now: datetime) -> None:
    """Publishes the event once, and asks for its mails; neither keeps the other from being done.

    Then raises `OutcomeUnknown`, `TryLater` or `Refused`; a repeat publishes only what was not published, and of mails
    that were asked for twice one is sent.
    """
    steps: tuple[Callable[[], object], ...] = (
        partial(deliver_once, f"event#{event.id}", partial(publish, event), now),
        *(partial(put_on_mail_queue, mail.text) for mail in mails_about(event)),
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
