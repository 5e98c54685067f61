"""Sending mail through SES (the v1 API), or into the log where no sender is configured."""

from email.message import EmailMessage

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from booking.notifications.delivery import NotSent
from booking.notifications.messages import Message
from booking.platform import aws
from booking.platform.log import logger
from booking.platform.settings import settings
from booking.platform.sweep import TryLater

_MESSAGE_ID_DOMAIN = "booking-api"


def send_mail(key: str, recipient: str, message: Message, calendar: bytes | None) -> None:
    """Sends a message; `key` names it, so that a mailbox can tell a duplicate by its Message-ID.

    Raises `NotSent` when it is certain that nothing was sent, `TryLater` when nobody knows.
    """
    if not settings().mail_sender:
        logger.info("mail not sent: no sender is configured", extra={"mail": key})
        return
    mail = _mail(key, recipient, message, calendar)
    try:
        aws.client("ses").send_raw_email(
            Source=settings().mail_sender,
            Destinations=[recipient],
            RawMessage={"Data": mail.as_bytes()},
        )
    except (ClientError, ConnectTimeoutError, EndpointConnectionError) as error:
        logger.warning("mail not sent", extra={"mail": key, "error": type(error).__name__})
        raise NotSent(type(error).__name__) from error
    except BotoCoreError as error:
        raise TryLater("nobody knows whether the mail was sent") from error


def _mail(key: str, recipient: str, message: Message, calendar: bytes | None) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = settings().mail_sender
    mail["To"] = recipient
    mail["Subject"] = message.subject
    mail["Message-ID"] = f"<{key.replace('#', '.')}@{_MESSAGE_ID_DOMAIN}>"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    if calendar is not None:
        mail.add_attachment(calendar, maintype="text", subtype="calendar", filename="booking.ics")
    return mail
