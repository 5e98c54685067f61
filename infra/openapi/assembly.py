"""The document: what FastAPI makes of the routes, completed."""

from collections.abc import Iterator
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from booking import __version__
from infra.app import FUNCTIONS, routers
from infra.openapi.errors import Errors
from infra.openapi.examples import add_examples
from infra.openapi.headers import HEADERS, headers_of_success
from infra.openapi.tags import TAGS

DOCUMENT = FUNCTIONS / "ops" / "openapi.json"
_DESCRIPTION = """Appointments with barbers, tutors and trainers.

No slot is ever booked twice. Every error has the same shape; `error.reason` is a stable word to switch on. The
reasons that are known are listed; a later version may know more.
Lists take `limit` with `offset`, or follow the `Link: <…>; rel="next"` header. A filtered list may end a page
early, with fewer items than `limit` or none: it goes on for as long as there is a link.
Unknown fields and query parameters are a 422, and so is a body where a route takes none. In a `PATCH`, what is absent
stays as it is.
A request may carry an `X-Request-ID` of its own (1 to 128 of `A-Za-z0-9._-`); the response, and every line that is
logged for it, then has the same.
"""


def document() -> dict[str, Any]:
    """The OpenAPI document of all routes."""
    routes = [route for router in routers() for route in router.routes]
    made = get_openapi(
        title="Booking API",
        version=__version__,
        description=_DESCRIPTION,
        routes=routes,
        tags=TAGS,
        servers=[{"url": ".", "description": "The stage that serves this document"}],
    )
    documented = {route.operation_id: route for route in routes if isinstance(route, APIRoute)}
    errors = Errors()
    for operation in _operations(made):
        _take_null_from_parameters(operation)
        errors.document(operation, documented[operation["operationId"]])
        _document_success(operation)
    _complete_components(made["components"], errors)
    add_examples(made)
    return made


def _operations(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for of_path in made["paths"].values():
        yield from of_path.values()


def _take_null_from_parameters(operation: dict[str, Any]) -> None:
    """A query or header is there or not: only code can give null for what is not."""
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        match schema.get("anyOf"):
            case [given, {"type": "null"}]:
                del schema["anyOf"]
                parameter["schema"] = given | schema


def _document_success(operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            response["headers"] = headers_of_success(operation) | response.get("headers", {})
            for content in response.get("content", {}).values():
                content["schema"].pop("title", None)  # made of the operation's id: it says nothing


def _complete_components(components: dict[str, Any], errors: Errors) -> None:
    schemas = components["schemas"]
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    components["schemas"] = dict(sorted((schemas | errors.schemas).items()))
    components["responses"] = errors.responses
    components["headers"] = HEADERS
