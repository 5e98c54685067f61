"""Writes the OpenAPI document that `GET /openapi.json` serves: `python -m infra.openapi [--check]`."""

import json
import sys
from pathlib import Path
from typing import Any

from fastapi.openapi.utils import get_openapi

from booking import __version__
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
    for operation in _operations(made):
        _document_errors(operation)
    return made


def _operations(made: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in made["paths"].values() for operation in path.values()]


def _document_errors(operation: dict[str, Any]) -> None:
    """Every route can answer these; what a route says of its own accord stays."""
    responses = operation["responses"]
    everywhere = dict(_EVERYWHERE)
    if "requestBody" not in operation:
        del everywhere["400"]
    responses.pop("422", None)
    for code, description in everywhere.items():
        responses.setdefault(
            code,
            {
                "description": description,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            },
        )


def main() -> int:
    """Writes the document, or with `--check` says whether the written one is current."""
    text = json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv:
        DOCUMENT.write_text(text, encoding="utf-8")
        return 0
    if DOCUMENT.exists() and DOCUMENT.read_text(encoding="utf-8") == text:
        return 0
    print(f"{DOCUMENT.relative_to(Path.cwd())} is out of date: run `make openapi`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
