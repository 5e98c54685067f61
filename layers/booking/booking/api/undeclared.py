"""Input that a route does not declare: refused, so that a typo is not lost silently.

Unknown fields of bodies are refused by the bodies themselves (`booking.api.bodies.fields.RequestBody`).
"""

from collections.abc import Iterator
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

ANY_QUERY = "takes any query"
"""The tag of routes that ignore query parameters that they do not know: pages, whose addresses people pass on."""


async def refuse_undeclared_input(request: Request) -> None:
    """Raises `RequestValidationError` for query parameters that the route does not take, or a body where it takes none.

    It is the first thing that a route asks, also before who is calling.
    """
    route: APIRoute = request.scope["route"]
    asked = request.scope["query_string"] and ANY_QUERY not in route.tags
    problems = list(_unknown_parameters(request, route)) if asked else []
    if route.body_field is None and await request.body():
        problems.append(_problem("body", msg="This route takes no body"))
    if problems:
        raise RequestValidationError(problems)


def _unknown_parameters(request: Request, route: APIRoute) -> Iterator[dict[str, Any]]:
    declared = set(_declared_parameters(route.dependant))
    for name in request.query_params:
        if name not in declared:
            yield _problem("query", name, msg="This route does not know the parameter")


def _declared_parameters(dependant: Dependant) -> Iterator[str]:
    """The query parameters of the endpoint and of everything that it depends on."""
    yield from (field.alias for field in dependant.query_params)
    for dependency in dependant.dependencies:
        yield from _declared_parameters(dependency)


def _problem(*location: str, msg: str) -> dict[str, Any]:
    return {"type": "extra_forbidden", "loc": location, "msg": msg}
