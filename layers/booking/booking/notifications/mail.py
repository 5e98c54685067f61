"""Sending mail through SES (the v1 API), or into the log where no sender is configured."""

from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from booking.notifications.delivery import NotSent, Refused
from booking.notifications.messages import Message
from booking.platform import aws
from booking.platform.log import logger
from booking.platform.settings import settings
from booking.platform.sweep import TryLater

LONGEST_SEND_SECONDS = 10
KEY_HEADER = "X-Booking-Message"

# What SES answers when this mail, rather than the moment, is wrong; anything else may pass.
_REFUSALS = frozenset({"InvalidParameterValue", "MessageRejected", "ValidationError"})
_SEVEN_BIT = SMTP.clone(cte_type="7bit")


def send_mail(key: str, recipient: str, message: Message, calendar: bytes | None) -> None:
    """Sends a message; `key` names it (header `X-Booking-Message`), so that a duplicate can be told.

    Raises `NotSent` when it is certain that nothing was sent, `Refused` when nothing ever will be,
    `TryLater` when nobody knows.
    """
    if not settings().mail_sender:
        logger.info("mail not sent: no sender is configured", extra={"mail": key})
        return
    mail = _mail(key, recipient, message, calendar)
    try:
        _ses().send_raw_email(
            Source=settings().mail_sender,
            Destinations=[recipient],
            RawMessage={"Data": mail.as_bytes()},
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        logger.warning("mail not sent", extra={"mail": key, "error": code})
        raise (Refused if code in _REFUSALS else NotSent)(code) from None  # SES's sentence names the recipient
    except (ConnectTimeoutError, EndpointConnectionError) as error:
        logger.warning("mail not sent", extra={"mail": key, "error": type(error).__name__})
        raise NotSent(type(error).__name__) from error
    except BotoCoreError as error:
        logger.warning("nobody knows whether the mail was sent", extra={"mail": key, "error": type(error).__name__})
        raise TryLater("nobody knows whether the mail was sent") from error


@cache
def _ses() -> Any:
    """A client that tries once: an answer that was lost must not make the SDK send the mail again."""
    config = Config(
        connect_timeout=aws.CONNECT_TIMEOUT_SECONDS,
        read_timeout=LONGEST_SEND_SECONDS,
        parameter_validation=False,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return aws.session().create_client("ses", config=config)


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
