"""The document: what FastAPI makes of the routes, completed."""

import re
from collections.abc import Iterator
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from booking import __version__
from infra.app import FUNCTIONS, route_modules
from infra.openapi.by_hand import BY_HAND, headers
from infra.openapi.errors import Errors
from infra.openapi.examples import add_examples

DOCUMENT = FUNCTIONS / "ops" / "openapi.json"


def document() -> dict[str, Any]:
    """The OpenAPI document of all routes."""
    routes = list(_named_routes())
    made = get_openapi(
        version=__version__,
        routes=routes,
        **{name: BY_HAND[name] for name in ("title", "description", "tags", "servers")},
    )
    documented = {route.operation_id: route for route in routes}
    errors = Errors()
    for operation in _operations(made):
        _take_null_from_parameters(operation)
        errors.document(operation, documented[operation["operationId"]])
        _document_success(operation)
    _complete_components(made["components"], errors)
    add_examples(made)
    return made


def _named_routes() -> Iterator[APIRoute]:
    """Every route, its operation called as its module, and grouped under its package unless it has another tag."""
    for module in route_modules():
        package, name = module.__name__.split(".")
        for route in module.router.routes:
            route.operation_id = re.sub(r"_(\w)", lambda found: found[1].upper(), name)
            route.tags = route.tags or [package]
            yield route


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
    is_paged = any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ()))
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            response["headers"] = headers("X-Request-ID", *(["Link"] if is_paged else [])) | response.get("headers", {})
            for content in response.get("content", {}).values():
                content["schema"].pop("title", None)  # made of the operation's id: it says nothing


def _complete_components(components: dict[str, Any], errors: Errors) -> None:
    schemas = components["schemas"]
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    components["schemas"] = dict(sorted((schemas | errors.schemas | BY_HAND["schemas"]).items()))
    components["responses"] = errors.responses
    components["headers"] = BY_HAND["headers"]
