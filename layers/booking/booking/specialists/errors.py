"""Refusals that concern specialists and their services."""

from booking.errors import Conflict, Invalid, NotFound


class SpecialistNotFound(NotFound):
    """No such specialist."""

    sentence = "Specialist not found"
    reason = "specialist_not_found"


class ProfileNotFound(NotFound):
    """The caller has no specialist profile."""

    sentence = "Specialist profile not found"
    reason = "specialist_profile_not_found"


class ServiceNotFound(NotFound):
    """The specialist offers no such service."""

    sentence = "Service not found"
    reason = "service_not_found"


class ServiceNotOffered(Conflict):
    """Its specialist has switched it off."""

    sentence = "Service is not offered"
    reason = "service_not_offered"


class DateInThePast(Invalid):
    """What is over cannot be opened or closed any more."""

    sentence = "date must not be in the past"
    location = ("path", "date")


class DateTooFarAhead(Invalid):
    """Calendars reach 400 days ahead."""

    sentence = "date must not be more than 400 days ahead"
    location = ("path", "date")


class FirstDateInThePast(Invalid):
    """What is over cannot be opened or closed any more."""

    sentence = "date_from must not be in the past"
    location = ("body", "date_from")


class LastDateTooFarAhead(Invalid):
    """Calendars reach 400 days ahead."""

    sentence = "date_to must not be more than 400 days ahead"
    location = ("body", "date_to")


class LastDateBeforeFirst(Invalid):
    """A range of dates begins before it ends."""

    sentence = "date_to must not be before date_from"
    location = ("body", "date_to")


class TooManyDates(Invalid):
    """The dates of a range are written together."""

    sentence = "A range has at most 62 days"
    location = ("body", "date_to")
