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
ANSWERS: dict[str, tuple[int, str | None]] = {
    **dict.fromkeys(
        ("GetDocs", "GetDocsAsset", "GetHealth", "GetMetrics", "GetOpenApi", "GetRedoc", "GetRoot"), (200, None)
    ),
    **dict.fromkeys(("GetPage", "GetPageAsset"), (200, None)),
    **dict.fromkeys(("ListOwnBookings", "ListOwnWaitList", "ListProfiles", "ListTimeOff", "ListUsers"), (200, None)),
    **dict.fromkeys(("SetSchedule", "UpdateOwnProfile"), (200, None)),
    **dict.fromkeys(("CreateService", "RegisterUser"), (201, None)),
    **dict.fromkeys(("ForgotPassword", "SendVerification"), (202, None)),
    **dict.fromkeys(("DeleteDate", "LogOut"), (204, None)),
    **dict.fromkeys(
        ("ChangePassword", "DeleteOwnUser", "ExportOwnUser", "GetOwnUser", "UpdateOwnUser"),
        (401, "invalid_credentials"),
    ),
    "LogIn": (401, "invalid_login"),
    "RefreshSession": (401, "invalid_refresh_token"),
    "UpdateUser": (404, "user_not_found"),
    **dict.fromkeys(("GetOwnProfile", "ListOwnSlots", "ListSpecialistBookings"), (404, "specialist_profile_not_found")),
    **dict.fromkeys(("GetOwnSchedule", "ListOwnDates", "ListOwnServices"), (404, "specialist_profile_not_found")),
    **dict.fromkeys(("GetAvailability", "GetProfile", "ListServices", "ListSlots"), (404, "specialist_not_found")),
    **dict.fromkeys(("GetSchedule", "ListDates"), (404, "specialist_not_found")),
    "UpdateService": (404, "service_not_found"),
    **dict.fromkeys(("CreateBooking", "CreateGuestBooking", "DeleteSlot", "JoinWaitList"), (404, "slot_not_found")),
    **dict.fromkeys(("CancelBooking", "ConfirmBooking", "GetBooking"), (404, "booking_not_found")),
    **dict.fromkeys(("GetCalendarFile", "RescheduleBooking", "SetAttendance"), (404, "booking_not_found")),
    "LeaveWaitList": (404, "wait_list_entry_not_found"),
    "DeleteTimeOff": (404, "time_off_not_found"),
    **dict.fromkeys(("ResetPassword", "VerifyEmail"), (422, "token_not_valid")),
    "CreateTimeOff": (422, "validation_error"),  # nor an end
    # No date stays in the future and within the next 400 days.
    **dict.fromkeys(("OpenSlot", "SetDate", "SetDates"), (422, "validation_error")),
}
"""What each function answers its event with, status and reason, sent by an admin whom no table knows."""

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
    assert (event["httpMethod"], event["resource"]) in function.routes
    assert event["path"] == event["resource"].format(**event["pathParameters"] or {})


@every_route
def test_a_functions_event_is_valid_input(function: Function) -> None:
    """An admin sends it; that the tables are empty is all that it is refused for, and it is what it is answered."""
    event = event_of(function)
    if "Authorization" in event["headers"]:
        event["headers"] |= bearer(an_admin())
    answer = handle(function, event)
    reason = json.loads(answer["body"])["error"]["reason"] if answer["statusCode"] >= 400 else None
    assert (answer["statusCode"], reason) == ANSWERS[function.name], answer["body"]


def test_the_dispatcher_takes_a_schedules_event() -> None:
    (dispatcher,) = (function for function in FUNCTIONS if function.name == "DispatchSweeps")
    assert handle(dispatcher, event_of(dispatcher)) == {"expire": {"shards": 0, "expiry_lag_seconds": 0}}


def test_the_sweeps_take_a_message_of_their_queue(log_lines: Callable[[], list[dict[str, Any]]]) -> None:
    (worker,) = (function for function in FUNCTIONS if function.name == "WorkOffShards")
    assert handle(worker, event_of(worker)) == {"batchItemFailures": []}
    assert [(line["sweep"], line["shard"]) for line in log_lines()] == [("expire", 0)]


def test_the_mails_function_takes_a_message_of_its_queue(log_lines: Callable[[], list[dict[str, Any]]]) -> None:
    (sender,) = (function for function in FUNCTIONS if function.name == "SendMail")
    assert handle(sender, event_of(sender)) == {"batchItemFailures": []}
    assert [line["message"] for line in log_lines()] == ["mail not sent: no sender is configured"]


def test_the_stream_function_takes_a_new_booking(log_lines: Callable[[], list[dict[str, Any]]]) -> None:
    (publish,) = (function for function in FUNCTIONS if function.name == "PublishEvents")
    assert handle(publish, event_of(publish)) == {"batchItemFailures": []}
    assert [line for line in log_lines() if line.get("level") == "ERROR"] == []
