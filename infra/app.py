"""One ASGI app of all routes, for the OpenAPI document and for `make dev`.

It is made of the routers that the Lambda functions serve one by one; `functions/` and the layers of our own
must be on the path.
"""

import importlib
from pathlib import Path
from types import ModuleType

from fastapi import APIRouter
from starlette.types import ASGIApp

from booking.api.application import application

FUNCTIONS = Path(__file__).resolve().parent.parent / "functions"


def route_modules() -> list[ModuleType]:
    """Every module of `functions/` that serves a route, in the order that the gateway matches in."""
    paths = sorted(FUNCTIONS.glob("*/*.py"))
    modules = [importlib.import_module(f"{path.parent.name}.{path.stem}") for path in paths]
    return sorted((module for module in modules if hasattr(module, "router")), key=_specificity)


def _specificity(module: ModuleType) -> list[tuple[bool, str]]:
    """Words come before parameters."""
    path: str = module.router.routes[0].path
    return [(part.startswith("{"), part) for part in path.split("/")]


def routers() -> list[APIRouter]:
    """The routers of these modules."""
    return [module.router for module in route_modules()]


def create_app() -> ASGIApp:
    """The app; a factory, so that importing this module imports no route."""
    return application(*routers())
