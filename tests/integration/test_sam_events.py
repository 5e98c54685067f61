"""events/*.json, which `sam local invoke` is fed with: one for every function, and every function takes its own."""

import importlib
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID

from infra.settings import ROOT
from tests.integration.api import bearer
from tests.integration.people import an_admin
from tests.unit.template_model import Function, functions

FUNCTIONS = functions()
CONTEXT = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 60_000,
    aws_request_id="a-request",
    invoked_function_arn=f"arn:aws:lambda:us-east-1:{DEFAULT_ACCOUNT_ID}:function:any",
)
REFUSED = {
    **dict.fromkeys(("GetMe", "Login", "Refresh"), 401),
    "CreateSlot": 422,  # no date stays in the future and within the next 400 days
}

every_route = pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.routes], ids=lambda f: f.name)


def event_of(function: Function) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{function.name}.json").read_text())
    return event


def handle(function: Function, event: dict[str, Any]) -> dict[str, Any]:
    module, _, name = function.handler.rpartition(".")
    answer: dict[str, Any] = getattr(importlib.import_module(module), name)(event, CONTEXT)
    return answer


def test_every_function_has_an_event_and_every_event_a_function() -> None:
    assert {path.stem for path in (ROOT / "events").iterdir()} == {function.name for function in FUNCTIONS}


@every_route
def test_an_event_is_a_request_for_the_functions_route(function: Function) -> None:
    event = event_of(function)
    assert [(event["httpMethod"], event["resource"])] == list(function.routes)
    assert event["path"] == event["resource"].format(**event["pathParameters"] or {})


@every_route
def test_a_functions_event_is_valid_input(function: Function) -> None:
    """An admin sends it; that the tables are empty is all that it is refused for."""
    event = event_of(function)
    if "Authorization" in event["headers"]:
        event["headers"] |= bearer(an_admin())
    answer = handle(function, event)
    assert answer["statusCode"] in {200, 201, 204, REFUSED.get(function.name, 404)}, answer["body"]


def test_the_sweeps_take_a_schedules_event() -> None:
    for name in ("ExpireStartedSlots", "RemindUpcoming"):
        (sweep,) = (function for function in FUNCTIONS if function.name == name)
        assert sum(value for value in handle(sweep, event_of(sweep)).values() if isinstance(value, int)) == 0


def test_the_stream_function_takes_a_new_booking(log_lines: Callable[[], list[dict[str, Any]]]) -> None:
    (publish,) = (function for function in FUNCTIONS if function.name == "PublishEvents")
    assert handle(publish, event_of(publish)) == {"batchItemFailures": []}
    assert [line for line in log_lines() if line.get("level") == "ERROR"] == []
