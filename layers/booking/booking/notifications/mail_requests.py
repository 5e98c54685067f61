"""The queue of mail: one message for each mail about a booking, which `SendMail` composes and sends.

Whoever asks never waits for SES. Who asks twice, since nobody knows whether the first time was heard, names the same
key, and the mail is sent once.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from booking.background.queues import TryLater, put_on_mail_queue
from booking.bookings.rules import Booking, Status
from booking.bookings.table import booking_of
from booking.dynamodb.attributes import RawItem
from booking.notifications.events import BookingEvent, EventType
from booking.notifications.messages import Audience, Occasion
from booking.runtime.clock import from_stored, to_stored

# Nobody is mailed at expiry: most appointments that end this way took place.
_OCCASIONS = {
    EventType.HELD: Occasion.HELD,
    EventType.CONFIRMED: Occasion.CONFIRMED,
    EventType.CANCELLED: Occasion.CANCELLED,
    EventType.RESCHEDULED: Occasion.RESCHEDULED,
    EventType.PROMOTED: Occasion.PROMOTED,
}


_DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class MailRequest:
    """A mail that somebody is to get; `key` names it for ever.

    `booking` is the booking's item as it was when there was something to say, `before` as it was before that.
    """

    key: str
    occasion: Occasion
    audience: Audience
    booking: RawItem
    before: RawItem | None = None

    def bookings(self) -> tuple[Booking, Booking | None]:
        """The booking then, and before that."""
        return booking_of(self.booking), booking_of(self.before) if self.before else None

    @property
    def text(self) -> str:
        """The message's body."""
        return json.dumps(
            {
                "mail": self.key,
                "occasion": self.occasion,
                "audience": self.audience,
                "booking": self.booking,
                "before": self.before,
            }
        )

    @classmethod
    def parse(cls, text: str) -> "MailRequest":
        """The inverse of `text`. Raises ValueError or KeyError for any other text."""
        content = json.loads(text)
        return cls(
            key=content["mail"],
            occasion=Occasion(content["occasion"]),
            audience=Audience(content["audience"]),
            booking=content["booking"],
            before=content["before"],
        )


@dataclass(frozen=True, slots=True)
class DigestRequest:
    """A specialist's digest of one `morning`; `since` is up to where an earlier one has told."""

    specialist_id: str
    since: datetime
    morning: datetime

    @property
    def key(self) -> str:
        """Names it for ever."""
        return f"digest#{self.specialist_id}#{to_stored(self.morning)}"

    @property
    def text(self) -> str:
        """The message's body."""
        return json.dumps(
            {
                "mail": self.key,
                "occasion": _DIGEST,
                "specialist": self.specialist_id,
                "since": to_stored(self.since),
                "morning": to_stored(self.morning),
            }
        )


def parse(text: str) -> MailRequest | DigestRequest:
    """What a message asks for. Raises ValueError or KeyError for any other text."""
    content = json.loads(text)
    if content["occasion"] != _DIGEST:
        return MailRequest.parse(text)
    return DigestRequest(content["specialist"], from_stored(content["since"]), from_stored(content["morning"]))


def mails_about(event: BookingEvent) -> list[MailRequest]:
    """What client and specialist are mailed of an event: nothing of one that was only held.

    But a guest is asked to confirm it. Whoever is promoted gets the promotion's mail only.
    """
    was_held = event.before is not None and event.before.status is Status.HELD
    occasion = _OCCASIONS.get(event.type)
    if occasion is Occasion.CANCELLED and was_held:
        return []
    if occasion is Occasion.HELD:
        return [_mail(event, occasion, Audience.CLIENT)] if event.booking.guest_id else []
    if occasion is None or (event.type is EventType.CONFIRMED and event.booking.from_wait_list):
        return []
    return [_mail(event, occasion, audience) for audience in Audience]


def _mail(event: BookingEvent, occasion: Occasion, audience: Audience) -> MailRequest:
    before = event.image_before if occasion is Occasion.RESCHEDULED else None  # nobody is told of it otherwise
    return MailRequest(f"mail#{event.id}#{audience}", occasion, audience, event.image, before)


def ask_for_mails(event: BookingEvent) -> TryLater | None:
    """Asks for all mails about an event, though some cannot be asked for now; of what is asked twice one is sent."""
    failure: TryLater | None = None
    for mail in mails_about(event):
        try:
            put_on_mail_queue(mail.text)
        except TryLater as error:
            failure = error
    return failure


def reminder_of(raw: RawItem) -> MailRequest:
    """The reminder of a stored booking; one that was moved is reminded anew."""
    booking = booking_of(raw)
    return MailRequest(f"reminder#{booking.id}#{booking.sequence}", Occasion.REMINDER, Audience.CLIENT, raw)
