"""Messages of the mail queue, one by one: sent at the pace of SES, kept for a while when they cannot be, or put aside.

What fails for the moment comes again by itself, as often as it takes: its age decides, not the number of tries.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from booking.accounts.mailed_links import AccountMail
from booking.background.queues import TryLater, reason_of, send_dead_letter
from booking.background.sweep import Bounds
from booking.errors import StoreUnavailable
from booking.notifications.mail_requests import DigestRequest, MailRequest, parse
from booking.notifications.send_account_mail import reader_of, send_account_mail
from booking.notifications.send_digest import send_digest
from booking.notifications.send_mail import send_mail
from booking.runtime.settings import settings
from booking.telemetry.log import logger

SOURCE = "queue.send_mail"
TRIED_FOR = timedelta(hours=12)


@dataclass
class Pace:
    """Lets things happen no more often than every so many seconds."""

    seconds: float
    _next: float = field(default=0.0, init=False)

    def wait(self) -> None:
        """Returns when it is time for the next."""
        now = time.monotonic()
        time.sleep(max(0.0, self._next - now))
        self._next = max(now, self._next) + self.seconds


@cache
def pace() -> Pace:
    """An environment's share of the rate, when as many send at once as the queue allows."""
    return Pace(settings().mail_concurrency / settings().mails_per_second)


def work_on(body: str, queued_at: datetime, now: datetime, bounds: Bounds) -> None:
    """Sends what a message asks for. Raises `TryLater` or `StoreUnavailable` if it must come again."""
    if bounds.time_is_short():
        raise TryLater("the time of this run is over")
    try:
        _send(body, now)
    except (TryLater, StoreUnavailable) as failure:
        if now - queued_at < TRIED_FOR:
            raise
        _put_aside(body, failure)
    except Exception as error:  # noqa: BLE001  # the outermost edge of one message's work
        logger.exception("a mail cannot be sent")
        _put_aside(body, error)


def _send(body: str, now: datetime) -> None:
    """What is asked for an address that nobody has takes nothing of the pace: anybody can ask for that."""
    mail = AccountMail.parse(body)
    if mail is None:
        pace().wait()
        _send_about_bookings(parse(body), now)
    elif user := reader_of(mail):
        pace().wait()
        send_account_mail(mail, user, now)


def _send_about_bookings(request: MailRequest | DigestRequest, now: datetime) -> None:
    if isinstance(request, DigestRequest):
        send_digest(request, now)
    else:
        send_mail(request, now)


def _put_aside(body: str, error: Exception) -> None:
    send_dead_letter(SOURCE, reason_of(error), {"message": body})
