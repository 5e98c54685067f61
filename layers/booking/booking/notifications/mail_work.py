"""Messages of the mail queue, one by one: sent, kept for a while when they cannot be, or given up.

What fails for the moment comes again by itself, as often as it takes: its age decides, not the number of tries.
"""

from datetime import datetime, timedelta

from booking.accounts.mailed_links import AccountMail
from booking.background.queues import TryLater, reason_of, send_dead_letter
from booking.background.sweep import Bounds
from booking.errors import StoreUnavailable
from booking.notifications.mail_requests import DigestRequest, MailRequest, parse
from booking.notifications.send_account_mail import send_account_mail
from booking.notifications.send_digest import send_digest
from booking.notifications.send_mail import send_mail
from booking.telemetry.log import logger

SOURCE = "queue.send_mail"
TRIED_FOR = timedelta(hours=12)


def work_on(body: str, queued_at: datetime, now: datetime, bounds: Bounds) -> None:
    """Sends what a message asks for. Raises `TryLater` or `StoreUnavailable` if it must come again."""
    if bounds.time_is_short():
        raise TryLater("the time of this run is over")
    try:
        _send(body, now)
    except (TryLater, StoreUnavailable) as failure:
        if now - queued_at < TRIED_FOR:
            raise
        _give_up(body, failure)
    except Exception as error:  # noqa: BLE001  # the outermost edge of one message's work
        logger.exception("a mail cannot be sent")
        _give_up(body, error)


def _send(body: str, now: datetime) -> None:
    match parse(body):
        case AccountMail() as mail:
            send_account_mail(mail, now)
        case DigestRequest() as digest:
            send_digest(digest, now)
        case MailRequest() as mail:
            send_mail(mail, now)


def _give_up(body: str, error: Exception) -> None:
    send_dead_letter(SOURCE, reason_of(error), {"message": body})
