"""Writes the OpenAPI document that `GET /openapi.json` serves (`make openapi`)."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from booking import __version__
from booking.api.authentication import OnlyFor
from booking.api.errors import described
from booking.errors import Forbidden, Unauthenticated
from infra.app import FUNCTIONS, routers

DOCUMENT = FUNCTIONS / "ops" / "openapi.json"
_DESCRIPTION = """Appointments with barbers, tutors and trainers.

No slot is ever booked twice. Every error has the same shape; `error.reason` is a stable word to switch on.
Lists take `limit` with `offset`, or follow the `Link: <…>; rel="next"` header. A filtered list may end a page
early, with fewer items than `limit` or none: it goes on for as long as there is a link.
Unknown fields and query parameters are a 422, and so is a body where a route takes none. In a `PATCH`, what is absent
stays as it is.
"""
_ERROR = {
    "title": "Error",
    "description": "The shape of every error.",
    "type": "object",
    "required": ["error", "detail", "request_id"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "detail", "reason"],
            "properties": {
                "code": {"type": "string", "examples": ["http_404"]},
                "message": {"type": "string", "examples": ["Slot not found"]},
                "detail": {"$ref": "#/components/schemas/ErrorDetail"},
                "reason": {"type": "string", "examples": ["slot_not_found"]},
            },
        },
        "detail": {"$ref": "#/components/schemas/ErrorDetail"},
        "request_id": {"type": "string"},
    },
}
_ERROR_DETAIL = {
    "title": "ErrorDetail",
    "description": "The sentence, or for a 422 where and why.",
    "anyOf": [
        {"type": "string"},
        {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "msg", "type"],
                "properties": {
                    "loc": {
                        "type": "array",
                        "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                    },
                    "msg": {"type": "string"},
                    "type": {"type": "string"},
                },
            },
        },
    ],
}
_EVERYWHERE = {
    "400": "The body cannot be read",
    "413": "The body is larger than 64 KiB",
    "422": "The request breaks a rule that its types or this document state",
    "429": "Too many requests",
    "500": "An unexpected failure",
    "503": "The store is busy; try again after `Retry-After` seconds",
}


def document() -> dict[str, Any]:
    """The OpenAPI document of all routes."""
    routes = [route for router in routers() for route in router.routes]
    made = get_openapi(
        title="Booking API",
        version=__version__,
        description=_DESCRIPTION,
        routes=routes,
        servers=[{"url": ".", "description": "The stage that serves this document"}],
    )
    schemas = made["components"]["schemas"]
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas |= {"Error": _ERROR, "ErrorDetail": _ERROR_DETAIL}
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                _document_errors(made["paths"][route.path][method.lower()], route)
    return made


def _document_errors(operation: dict[str, Any], route: APIRoute) -> None:
    """What every route of its kind can answer; what a route says of its own accord stays."""
    responses = operation["responses"]
    responses.pop("422", None)
    for code, description in _common_errors(operation, route).items():
        responses.setdefault(code, described(description))


def _common_errors(operation: Mapping[str, Any], route: APIRoute) -> dict[str, str]:
    common = dict(_EVERYWHERE)
    if "requestBody" not in operation:
        del common["400"]
    if "security" in operation:
        common["401"] = Unauthenticated.sentence
    if _is_only_for_a_role(route.dependant):
        common["403"] = Forbidden.sentence
    return common


def _is_only_for_a_role(dependant: Dependant) -> bool:
    return isinstance(dependant.call, OnlyFor) or any(map(_is_only_for_a_role, dependant.dependencies))


if __name__ == "__main__":
    DOCUMENT.write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
