"""The kinds of refusal that an operation can answer with.

Each refusal is a class of its own in the slice that it belongs to; it states its sentence (shown to
people) and its reason (a stable word that programs switch on). The kind says what sort of refusal it
is; `booking.api.errors` is the only place that knows which status a kind becomes.
"""

from typing import ClassVar


class BookingError(Exception):
    """A refusal with a sentence for people and a reason for programs."""

    sentence: ClassVar[str]
    reason: ClassVar[str]

    def __str__(self) -> str:
        return self.sentence


class NotFound(BookingError):
    """What was asked for does not exist, or not for this caller."""


class Conflict(BookingError):
    """The request is sound, but the present state forbids it."""


class Invalid(BookingError):
    """A value breaks a rule that its type alone cannot express.

    `location` is where the value stands in the request: `("body", "end_at")`; None where the answer names no place.
    """

    reason = "validation_error"
    location: ClassVar[tuple[str, str] | None] = None


class DatesReversed(Invalid):
    """A range of days begins before it ends."""

    sentence = "date_to must not be before date_from"
    location = ("query", "date_to")


class Unauthenticated(BookingError):
    """The caller did not prove who it is."""

    sentence = "Could not validate credentials"
    reason = "invalid_credentials"


class Forbidden(BookingError):
    """The caller is known and may not do this."""

    sentence = "Not enough permissions"
    reason = "not_enough_permissions"


class TooManyRequests(BookingError):
    """The caller has used up its attempts; `retry_after` seconds from now one is free again."""

    sentence = "Too many requests. Please try again later."
    reason = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        super().__init__(self.sentence)
        self.retry_after = retry_after


class StoreUnavailable(BookingError):
    """The store stays throttled, contended or out of reach after retries."""

    sentence = "The service is busy. Please try again."
    reason = "store_unavailable"
    retry_after = 1
