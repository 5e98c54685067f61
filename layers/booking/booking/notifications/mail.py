"""Sending mail through SES (the v1 API), or into the log where no sender is configured."""

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from booking.background.queues import TryLater
from booking.notifications.delivery import NotSent, Refused, Withheld, meaning_of
from booking.notifications.messages import Message
from booking.notifications.recipients import Recipient, count_mail
from booking.runtime import aws
from booking.runtime.settings import settings
from booking.telemetry.log import logger
from booking.telemetry.metrics import count

LONGEST_SEND_SECONDS = 10
KEY_HEADER = "X-Booking-Message"

_SEVEN_BIT = SMTP.clone(cte_type="7bit")


def post(
    key: str, recipient: Recipient, write: Callable[[], Message], now: datetime, *, calendar: bytes | None = None
) -> None:
    """Hands a message to SES; `key` names it (header `X-Booking-Message`), so that a duplicate can be told.

    It is written only once the address has room for it, and `write` may raise `NotSent`.
    Raises `NotSent` when it is certain that nothing was sent, `Refused` when nothing ever will be as things are,
    `Withheld` when the address has had its share of the day, `TryLater` when nobody knows.
    """
    if not settings().mail_sender:
        logger.info("mail not sent: no sender is configured", extra={"mail": key})
        return
    try:
        count_mail(key, recipient, now)
        address = _ascii_address(recipient.address)
        _send(address, _mail(key, address, write(), calendar))
    except Withheld:
        count("mail_withheld")
        logger.warning("mail withheld: its address has had its share of today", extra={"mail": key})
        raise
    except Refused as refusal:
        count("mail_refused")
        logger.exception("mail refused", extra={"mail": key, "error": str(refusal)})
        raise
    except NotSent as failure:
        logger.warning("mail not sent", extra={"mail": key, "error": str(failure)})
        raise
    except TryLater:
        logger.warning("nobody knows whether the mail was sent", extra={"mail": key})
        raise


def _send(address: str, mail: EmailMessage) -> None:
    try:
        _ses().send_raw_email(
            Source=settings().mail_sender,
            Destinations=[address],
            RawMessage={"Data": mail.as_bytes()},
        )
    except ClientError as error:
        raise meaning_of(error) from None  # SES's sentence names the recipient
    except (ConnectTimeoutError, EndpointConnectionError) as error:
        raise NotSent(type(error).__name__) from error
    except BotoCoreError as error:
        raise TryLater(f"nobody knows whether the mail was sent: {type(error).__name__}") from error


def _ascii_address(address: str) -> str:
    """The address as SES takes it, its domain in Punycode. Raises `Refused` for one that has no such form."""
    local_part, _, domain = address.rpartition("@")
    if not local_part.isascii():
        raise Refused("SES takes no address like this")
    return address if domain.isascii() else f"{local_part}@{_punycode(domain)}"


def _punycode(domain: str) -> str:
    import idna  # noqa: PLC0415  # few addresses need it

    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise Refused("SES takes no address like this") from None


def _ses() -> Any:
    """A client that tries once: an answer that was lost must not make the SDK send the mail again."""
    return aws.client("ses", attempts=1, read_timeout=LONGEST_SEND_SECONDS)


def _mail(key: str, recipient: str, message: Message, calendar: bytes | None) -> EmailMessage:
    mail = EmailMessage(_SEVEN_BIT)
    mail["From"] = settings().mail_sender
    mail["To"] = recipient
    mail["Subject"] = message.subject
    mail["Auto-Submitted"] = "auto-generated"
    mail[KEY_HEADER] = key
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    if calendar is not None:
        mail.add_attachment(
            calendar,
            maintype="text",
            subtype="calendar",
            filename="booking.ics",
            params={"charset": "utf-8"},
        )
    return mail
