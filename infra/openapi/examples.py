"""Examples: of every property, of whole bodies, and of parameters.

They belong to names, not to the fields in code, which every cold start would pay for: a `slot_id` is the same slot in
all bodies, and a body's example is made of those of its properties. A field that declares `examples` shows them; in a
whole body what is known of its name comes first, since it fits the other names.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from booking import __version__

_CLIENT = "usr_fuTD7AtO47n9dnVeA_xwXA"
_SPECIALIST_USER = "usr_jSzF5pS_y-TL32xoteel-w"
_SPECIALIST = "spc_jSzF5pS_y-TL32xoteel-w"
_SERVICE = "svc_NIxlhoKuhwHT6dIfGRhySQ"
_SLOT = "slt_jSzF5pS_y-TL32xoteel-wAGvsEAGwQAAGtJ0gDlxd0"
_BOOKING = "bkg_IdeDJJiGGxZmb4kaVoT9Nw"
_ENTRY = "wle_jSzF5pS_y-TL32xoteel-wAGvsEAGwQAAGtJ0gDlxd1-5MPsC07juf12dV4D_HBc"
_TIME_OFF = "off_tNxm3egGJhvdqGB9hweqcg"
_TOKEN = "eyJhbGciOiJIUzI1NiJ9…"  # noqa: S105  # the beginning of any

OF_NAME: Mapping[str, Any] = {
    "access_token": _TOKEN,
    "attendance": None,
    "begun_at": "2030-02-14T16:20:00Z",
    "booked_slots": 5,
    "buffer_after_minutes": 10,
    "buffer_before_minutes": 0,
    "cancel_reason": None,
    "cancelled_at": None,
    "change_notice_minutes": 1440,
    "changeable_until": "2030-02-28T09:00:00Z",
    "client_email": "ann@example.com",
    "client_id": _CLIENT,
    "created_at": "2030-02-14T16:20:00Z",
    "currency": "EUR",
    "date": "2030-03-01",
    "date_from": "2030-03-01",
    "date_to": "2030-03-31",
    "current_password": "battery staple",
    "days": 7,
    "description": "Wash, cut and style",
    "display_name": "Kemal's barbershop",
    "duration_minutes": 30,
    "email": "ann@example.com",
    "email_verified": True,
    "end_at": "2030-03-01T09:30:00Z",
    "entry_id": _ENTRY,
    "expires_at": "2030-03-16T16:20:00Z",
    "expires_in": 900,
    "free_slots": 11,
    "from": "09:00",
    "hold_expires_at": None,
    "hold_seconds": 600,
    "horizon_days": 60,
    "is_booked": False,
    "locale": "en",
    "message": "A link is on its way.",
    "min_notice_minutes": 120,
    "name": "Ann Fischer",
    "note": "Second floor, please ring twice",
    "password": "correct horse battery staple",
    "payment_ref": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "phone": "+493012345678",
    "price": "25.00",
    "reason": "I have fallen ill",
    "refresh_token": "r8Yx…",
    "role": "client",
    "service_id": _SERVICE,
    "slot_end_at": "2030-03-01T09:30:00Z",
    "slot_id": _SLOT,
    "slot_minutes": 60,
    "slot_start_at": "2030-03-01T09:00:00Z",
    "specialist_id": _SPECIALIST,
    "specialist_name": "Kemal's barbershop",
    "start_at": "2030-03-01T09:00:00Z",
    "step_minutes": 15,
    "time_zone": "Europe/Berlin",
    "title": "Haircut",
    "to": "13:00",
    "token": f"{_CLIENT}.Vh2z…",
    "total_slots": 16,
    "user_id": _SPECIALIST_USER,
    "version": 3,
}
_OF_PLACE: Mapping[str, Any] = {
    # in a path, after this word
    "bookings.id": _BOOKING,
    "services.id": _SERVICE,
    "slots.id": _SLOT,
    "specialists.id": _SPECIALIST,
    "time-off.id": _TIME_OFF,
    "users.id": _CLIENT,
    # in a query or a header
    "parameter.Idempotency-Key": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "parameter.cursor": "AQIDBAUGBwg",
    "parameter.limit": 20,
    "parameter.offset": 40,
    "parameter.tz": "Europe/Berlin",
    # in a body
    "BookingBody.id": _BOOKING,
    "ChangedProfileBody.description": "Barber in Kreuzberg since 2009",
    "ChangedProfileBody.id": _SPECIALIST,
    "ConflictBody.id": _BOOKING,
    "Health.version": __version__,
    "NewBooking.client": None,
    "OwnProfileBody.description": "Barber in Kreuzberg since 2009",
    "OwnProfileBody.id": _SPECIALIST,
    "ProfileBody.description": "Barber in Kreuzberg since 2009",
    "ProfileBody.id": _SPECIALIST,
    "ProfileChanges.description": "Barber in Kreuzberg since 2009",
    "ServiceBody.id": _SERVICE,
    "SlotBody.id": _SLOT,
    "ClientBookingBody.id": _BOOKING,
    "SpecialistBookingBody.id": _BOOKING,
    "TimeOffBody.id": _TIME_OFF,
    "BookingClientBody.id": _CLIENT,
    "UserBody.id": _CLIENT,
    "WaitListEntryBody.id": _ENTRY,
    "AttendanceChange.attendance": "attended",
    "Status.status": "confirmed",
}
_OF_FORMAT: Mapping[str, str] = {"date": "2030-03-01", "date-time": "2030-03-01T09:00:00Z"}


class _NoExample(Exception):
    """Nothing is known to show there."""


def add_examples(document: dict[str, Any]) -> None:
    """Adds those that the document lacks, save where none is known for a name."""
    examples = _Examples(document["components"]["schemas"])
    examples.add_to_properties()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                examples.add_to_parameter(parameter, path)
            for content in _json_contents(operation):
                examples.add_to_content(content)


def _json_contents(operation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is sent and answered as JSON when all goes well."""
    good = (response for status, response in operation["responses"].items() if status.startswith("2"))
    for part in (operation.get("requestBody", {}), *good):
        if found := part.get("content", {}).get("application/json"):
            yield found


class _Examples:
    """Makes them, from the document's schemas."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def add_to_properties(self) -> None:
        for title, schema in self._schemas.items():
            for name, part in schema.get("properties", {}).items():
                if "$ref" in part or part.get("type") in {"array", "object"}:  # its parts have theirs
                    continue
                with suppress(_NoExample):
                    part.setdefault("examples", [self._of(part, title, name)])

    def add_to_parameter(self, parameter: Mapping[str, Any], path: str) -> None:
        """In the schema: pages that try a request out would send a parameter's own example."""
        name, schema = parameter["name"], parameter["schema"]
        place = path.partition("/{id}")[0].rpartition("/")[2] if name == "id" else "parameter"
        with suppress(_NoExample):
            schema.setdefault("examples", [self._of(schema, place, name)])

    def add_to_content(self, content: dict[str, Any]) -> None:
        with suppress(_NoExample):
            content.setdefault("example", self._of(content["schema"]))

    def _of(self, schema: Mapping[str, Any], title: str = "", name: str = "") -> Any:
        """Of the property `name` in the schema `title`, or of a whole schema. Raises `_NoExample`."""
        match schema:
            case {"$ref": reference}:
                referred = reference.rpartition("/")[2]
                return self._of(self._schemas[referred], referred, name)
            case {"type": "object", "properties": properties}:
                return {inner: self._of(part, title, inner) for inner, part in properties.items()}
            case {"type": "object", "propertyNames": names, "additionalProperties": values}:
                return {self._of(names): self._of(values, title, name)}
            case {"type": "array", "items": items}:
                return [self._of(items, title, name)]
        return self._of_value(schema, title, name)

    def _of_value(self, schema: Mapping[str, Any], title: str, name: str) -> Any:
        for known, key in ((_OF_PLACE, f"{title}.{name}"), (OF_NAME, name)):
            if key in known:
                return known[key]
        match schema:
            case {"examples": [example, *_]} | {"const": example} | {"enum": [example, *_]} | {"default": example}:
                return example
            case {"format": "date-time" | "date" as kind}:
                return _OF_FORMAT[kind]
            case {"anyOf": [first, *_]}:
                return self._of(first, title, name)
            case {"type": "boolean"}:
                return True
        raise _NoExample
