"""What routes say that they refuse is what their operations can raise, as far as their source tells."""

import ast
import importlib
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

import pytest

from booking import errors
from booking.accounts.errors import UserNotFound
from booking.api.errors import status_of
from booking.bookings.errors import BookingNotFound
from booking.slots.errors import BookedSlot, EntryNotFound, SlotAlreadyBooked, SlotNotFound
from booking.specialists.errors import ProfileNotFound, ServiceNotFound, SpecialistNotFound
from infra.settings import ROOT
from tests.unit.template_model import Function, functions

ROUTES = [f for f in functions() if f.routes and not f.handler.startswith(("ops.", "pages."))]
# Every route can answer these, or each of its kind: the document has them from elsewhere.
COMMON = (errors.Forbidden, errors.Invalid, errors.StoreUnavailable, errors.TooManyRequests, errors.Unauthenticated)


# A plan of promotions reads what is offered, of a specialist that there is, and claims nothing unless a booking moves.
PLANNING = {SpecialistNotFound, ServiceNotFound, SlotAlreadyBooked}


# Where the caller is the specialist, it is its profile that is not found.
OWN = (
    "GetOwnProfile",
    "GetOwnSchedule",
    "ListOwnDates",
    "ListOwnServices",
    "ListOwnSlots",
    "ListSpecialistBookings",
)
# What an operation asks others to do, which can raise these, and answers for itself.
HANDLED: Mapping[str, set[type[errors.BookingError]]] = {
    "UpdateUser": {BookedSlot, EntryNotFound, SlotNotFound},  # somebody else was faster to close a slot or an entry
    "CancelBooking": {SlotNotFound, *PLANNING},  # the id of a slot that a booking holds is one
    "RescheduleBooking": {SpecialistNotFound, ServiceNotFound},
    "DeleteSlot": PLANNING,
    "DeleteTimeOff": PLANNING,
    "DeleteOwnUser": {BookingNotFound, SlotNotFound, *PLANNING},
    "ExportOwnUser": {ProfileNotFound, SpecialistNotFound},
    "CreateBooking": {SpecialistNotFound},  # then there is no such slot
    "CreateGuestBooking": {SpecialistNotFound},
    "VerifyEmail": {UserNotFound},  # then the token is not valid
    "JoinWaitList": {SpecialistNotFound},
    **{name: {SpecialistNotFound} for name in OWN},
}


@pytest.mark.parametrize("function", ROUTES, ids=lambda function: function.name)
def test_a_route_declares_the_refusals_that_its_operation_can_raise_and_no_others(function: Function) -> None:
    package, name, _ = function.handler.split(".")
    operation = getattr(importlib.import_module(f"{package}.{name}"), name)

    raised = {kind for kind in _raised_by(operation, set()) if not issubclass(kind, COMMON)}

    by_status: dict[str, set[str]] = {}
    for kind in raised - HANDLED.get(function.name, set()):
        by_status.setdefault(str(int(status_of(kind))), set()).add(kind.sentence)
    assert _declared(function) == by_status


def _declared(function: Function) -> Mapping[str, set[str]]:
    """What the document says of a route, by status, without what all routes of its kind say."""
    document = json.loads((ROOT / "functions" / "ops" / "openapi.json").read_text())
    ((method, path),) = function.routes
    responses = document["paths"][path][method.lower()]["responses"]
    return {
        status: set(responses[status]["description"].split(" · ")) for status in ("404", "409") if status in responses
    }


def _raised_by(function: FunctionType, seen: set[FunctionType]) -> set[type[errors.BookingError]]:
    """The refusals that the function names outside of `except`, and those of what it names."""
    seen.add(function)
    found: set[type[errors.BookingError]] = set()
    for named in _named_by(function):
        if inspect.isclass(named) and issubclass(named, errors.BookingError) and hasattr(named, "sentence"):
            found.add(named)
        for inner in _functions_of(named):
            if inner.__module__.startswith("booking.") and inner not in seen:
                found |= _raised_by(inner, seen)
    return found


def _functions_of(named: Any) -> Iterator[FunctionType]:
    """The function itself, or the methods of a class."""
    for part in vars(named).values() if inspect.isclass(named) else [named]:
        function = inspect.unwrap(part) if callable(part) else part
        if isinstance(function, FunctionType) and function.__code__.co_filename.endswith(".py"):  # not a generated one
            yield function


def _named_by(function: FunctionType) -> Iterator[Any]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    caught = {
        id(node)
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler) and handler.type
        for node in ast.walk(handler.type)
    }
    for node in ast.walk(tree):
        if id(node) in caught:
            continue
        if isinstance(node, ast.Name):
            yield function.__globals__.get(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = function.__globals__.get(node.value.id)
            if isinstance(module, ModuleType):
                yield getattr(module, node.attr, None)
