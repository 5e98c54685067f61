"""Refusals that concern specialists and their services."""

from booking.errors import Conflict, NotFound


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
