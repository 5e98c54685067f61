"""One ASGI app of all routes, for the OpenAPI document and for `make dev`.

It is made of the routers that the Lambda functions serve one by one; `functions/` and the layers of our own
must be on the path.
"""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from fastapi import APIRouter
from starlette.types import ASGIApp

from booking.api.application import application

FUNCTIONS = Path(__file__).resolve().parent.parent / "functions"


def route_modules() -> Iterator[ModuleType]:
    """Every module of `functions/` that serves a route."""
    for path in sorted(FUNCTIONS.glob("*/*.py")):
        module = importlib.import_module(f"{path.parent.name}.{path.stem}")
        if hasattr(module, "router"):
            yield module


def routers() -> list[APIRouter]:
    """The routers in the order that the gateway matches in: words before parameters."""
    return sorted((module.router for module in route_modules()), key=_specificity)


def _specificity(router: APIRouter) -> list[tuple[bool, str]]:
    path: str = router.routes[0].path  # type: ignore[attr-defined]  # all of ours are API routes
    return [(part.startswith("{"), part) for part in path.split("/")]


def create_app() -> ASGIApp:
    """The app; a factory, so that importing this module imports no route."""
    return application(*routers())
